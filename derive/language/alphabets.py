"""Finite alphabets: states whose values are symbols, and not numbers.

    K = F.alphabet("K")            a set of symbols; K.size is their number
    x = F.states("x", K)           a symbol for each time
    m = F.symbol("m", K)           one symbol, such as the mask
    Iverson(x[t], m)               the bracket [x_t = m]: 1 if the two are one symbol, and 0 otherwise
    Q(x[t - 1], x[t], t)           a transition matrix is a function of two symbols and a time
    Integral(f, x[t])              the sum of f over all symbols; a density of such states is a probability

A symbol stands in brackets, in densities and as an argument of functions, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from ..errors import ArgumentError
from .density import Density, Integral
from .expr import Expr, Interval, Num, Symbol, children, rebuild, walk
from .functions import Apply
from .times import Span

ZERO, ONE = Num(Fraction(0)), Num(Fraction(1))


@dataclass(frozen=True)
class Alphabet(Interval):
    """The domain of a symbol: a finite set, which is not empty."""

    size: Symbol | None = None


@dataclass(frozen=True, repr=False)
class Iverson(Expr):
    """1 if ``left`` and ``right`` are the same symbol, and 0 otherwise."""

    left: Expr
    right: Expr


def alphabet_of(node) -> Alphabet | None:
    """The alphabet that the values of ``node`` are from, if it is no number."""
    domain = getattr(getattr(node, "sequence", node), "domain", None)
    return domain if isinstance(domain, Alphabet) else None


def has_symbols(*nodes) -> bool:
    return any(alphabet_of(part) for node in nodes for part in walk(node))


def no_numbers(*nodes) -> None:
    """Raise ``ArgumentError`` where a symbol stands in the place of a number, or a number in that of a symbol."""
    for node in nodes:
        if alphabet_of(node):
            raise ArgumentError(f"{node!r} is a symbol of an alphabet, and no number; compare it by Iverson(…)")
        for part in walk(node):
            if isinstance(part, Iverson) and (not alphabet_of(part.left) or _domain(part.left) != _domain(part.right)):
                raise ArgumentError(f"{part!r} compares what is not of one alphabet; take two symbols of the same one")
            for child in (child for child in children(part) if alphabet_of(child)):
                summed = isinstance(part, Integral) and child is part.over and hasattr(child, "sequence")
                summed = summed and part.low is None and part.high is None
                named = isinstance(part, Iverson) or (isinstance(part, Apply) and not part.function.order)
                if not (summed or isinstance(part, Density) or (named and not isinstance(child, Span))):
                    raise ArgumentError(f"{child!r} in {part!r} is a symbol of an alphabet, and no number")


def _domain(node):
    return getattr(node, "sequence", node).domain if alphabet_of(node) else None


def patterns(symbols) -> Iterator[dict]:
    """Each way in which symbols can agree, as a map to one of those that are the same; one pattern holds."""
    if not symbols:
        yield {}
        return
    *before, last = symbols
    for found in patterns(before):
        for other in dict.fromkeys(found.values()):
            if _domain(other) == _domain(last):
                yield found | {last: other}
        yield found | {last: last}


def brackets(*nodes) -> list[Iverson]:
    return list(dict.fromkeys(part for node in nodes for part in walk(node) if isinstance(part, Iverson)))


def decided(*nodes) -> Iterator[tuple[Expr, ...]]:
    """``nodes`` for each way in which the symbols in their brackets can agree, with 1 or 0 for every bracket."""
    symbols = dict.fromkeys(side for part in brackets(*nodes) for side in (part.left, part.right))
    for same in patterns(list(symbols)):

        def value(node, same=same):
            if isinstance(node, Iverson):
                return ONE if same[node.left] == same[node.right] else ZERO
            return rebuild(node, value)

        yield tuple(map(value, nodes))
