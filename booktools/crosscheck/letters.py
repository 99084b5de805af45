"""Letters: a name for each real number in a goal, and the interval that it lies in."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .language import Expr, Index, Item, Symbol
from .ranges import CLOSED

DIGITS = str.maketrans("-", "m")


@dataclass(frozen=True)
class Letter:
    """A real number between ``low`` and ``high`` (None is infinite); ``stated`` is the end that it may be equal to."""

    name: str
    low: Fraction | None = None
    high: Fraction | None = None
    stated: Fraction | None = None


class Letters:
    """The letters of one goal; ``earliest`` is the least value of each free index symbol."""

    def __init__(self, earliest: dict[str, int]):
        self.earliest = earliest

    def of(self, node: Expr) -> Letter | Fraction | int:
        """The letter of a symbol, of a member of a sequence or of a time's symbol; a number where one is stated."""
        if isinstance(node, Symbol):
            end = node.domain.high if node.role == CLOSED else None
            return Letter(plain(node.name), node.domain.low, node.domain.high, end)
        if isinstance(node, Index):
            if node.symbol is None:
                return node.offset
            first = Fraction(self.earliest.get(node.symbol, 1))
            return Letter(f"time_{plain(node.symbol)}", first - Fraction(1, 2))
        assert isinstance(node, Item)
        sequence, index = node.sequence, node.index
        border = index.offset + (self.earliest.get(index.symbol, 1) if index.symbol else 0) == sequence.start
        if index.symbol is None and border and sequence.first is not None:
            return sequence.first
        name = f"{plain(sequence.name)}__{plain(index.symbol or '')}{str(index.offset).translate(DIGITS)}"
        end = sequence.first if border and sequence.first in (sequence.domain.low, sequence.domain.high) else None
        return Letter(name, sequence.domain.low, sequence.domain.high, end)


def plain(name: str) -> str:
    """``name`` in letters that every program takes."""
    return "".join(c if c.isalnum() and c.isascii() else "_" if c == "_" else f"q{ord(c)}" for c in name)
