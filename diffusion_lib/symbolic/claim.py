"""A claim: one equality, with what it may use."""

from __future__ import annotations

from dataclasses import dataclass

from diffusion_lib.symbolic.density import Density, E, Law
from diffusion_lib.symbolic.expr import Expr, walk
from diffusion_lib.symbolic.licences import Licence
from diffusion_lib.symbolic.times import Item, OutOfRange
from diffusion_lib.symbolic.tree import Fact, free_indices


@dataclass(frozen=True)
class Claim:
    """``left = right``, by a licence and the facts that it cites; ``model`` holds all definitions of the derivation."""

    name: str
    left: Expr
    right: Expr
    licence: Licence
    facts: tuple[Fact, ...] = ()
    standard: bool = False  # does the step cite that the noise is standard normal?
    model: tuple[Fact, ...] = ()
    hypotheses: tuple[tuple[Expr, Expr], ...] = ()  # pairs (smaller, larger)

    def __str__(self):
        return f"{self.left!r} = {self.right!r}"

    def symbols(self) -> list[str]:
        """The index symbols that the claim is about."""
        return sorted(free_indices(self.left) | free_indices(self.right))

    def first_times(self) -> dict[str, int]:
        """The smallest value of each index symbol at which every sequence in the claim has begun."""
        return first_times(self.left, self.right)

    def check_times(self, index: dict[str, int]) -> None:
        """Raise ``OutOfRange`` at a time before a sequence in the claim has begun."""
        for symbol, first in self.first_times().items():
            if index[symbol] < first:
                raise OutOfRange(f"{self} begins at {symbol} = {first}")


def first_times(*nodes) -> dict[str, int]:
    """The smallest value of each free index symbol at which every sequence in ``nodes`` has begun."""
    found: dict[str, int] = {}
    free = frozenset().union(*map(free_indices, nodes))
    for part in (part for node in nodes for part in walk(node) if isinstance(part, Item)):
        symbol = part.index.symbol
        if symbol in free:
            found[symbol] = max(found.get(symbol, 1), part.sequence.start - part.index.offset)
    return found


def contains(kind, *nodes) -> bool:
    """Does a node of type ``kind`` occur in any of ``nodes``?"""
    return any(isinstance(part, kind) for node in nodes for part in walk(node))


def has_densities(*nodes) -> bool:
    """Is this a statement about densities, and not only about numbers?"""
    parts = [part for node in nodes for part in walk(node)]
    return any(isinstance(p, Density) or (isinstance(p, E) and isinstance(p.under, (Law, Density))) for p in parts)
