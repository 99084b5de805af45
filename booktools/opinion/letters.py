"""Letters: a name for each real number in a claim, and the interval that it lies in."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from .language import Expr, Index, Item, Symbol

DIGITS = str.maketrans("-", "m")


@dataclass(frozen=True)
class Letter:
    """A real number between ``low`` and ``high`` (None is infinite); ``closed`` says that it may be equal to them."""

    name: str
    low: Fraction | None = None
    high: Fraction | None = None
    closed: bool = False


class Letters:
    """The letters of one claim; ``earliest`` is the least value of each free index symbol."""

    def __init__(self, earliest: dict[str, int]):
        self.earliest = earliest

    def of(self, node: Expr) -> Letter | Fraction | int:
        """The letter of a symbol, of a member of a sequence or of a time's symbol; a number where one is stated."""
        if isinstance(node, Symbol):
            return Letter(_plain(node.name), node.domain.low, node.domain.high)
        if isinstance(node, Index):
            if node.symbol is None:
                return node.offset
            first = Fraction(self.earliest.get(node.symbol, 1))
            return Letter(f"time_{_plain(node.symbol)}", first - Fraction(1, 2))
        assert isinstance(node, Item)
        sequence, index = node.sequence, node.index
        border = index.offset + (self.earliest.get(index.symbol, 1) if index.symbol else 0) == sequence.start
        if index.symbol is None and border and sequence.first is not None:
            return sequence.first
        name = f"{_plain(sequence.name)}__{_plain(index.symbol or '')}{str(index.offset).translate(DIGITS)}"
        closed = border and sequence.first is not None
        return Letter(name, sequence.domain.low, sequence.domain.high, closed)


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() and c.isascii() else "_" if c == "_" else f"q{ord(c)}" for c in name)
