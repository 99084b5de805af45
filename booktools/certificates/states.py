"""Sets of states, marginals and sums over states, as the scripts for finite spaces write them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass

from derive.language.density import Distribution
from derive.language.expr import Expr
from derive.language.times import Index, Item, Sequence, Span, Sum

from .premises import type_of
from .statement import Translator


@dataclass(frozen=True, repr=False)
class Marginal(Expr):
    """q(A): the density of the states at the times in ``parts``, which are pairs (first, last)."""

    distribution: Distribution
    sequence: Sequence
    parts: tuple[tuple[Index, Index], ...]

    def __repr__(self):
        return f"{self.distribution.name}{self.parts}"


@dataclass(frozen=True, repr=False)
class Over(Expr):
    """The sum of ``body`` over the states at the times in ``parts``."""

    sequence: Sequence
    parts: tuple[tuple[Index, Index], ...]
    body: Expr

    def __repr__(self):
        return f"over{self.parts}({self.body!r})"


END = Index("∞")  # later than all times
ALL = ((Index(None, 0), END),)


class Unknown(Exception):
    """Times whose order is not known."""


class Times:
    """The order of times.  ``ranges``: for an index the least value, and what it is at most."""

    def __init__(self, ranges: dict[str, tuple[int, Index | None]]):
        self.ranges = ranges

    def within(self, node: Sum) -> Times:
        low = node.low.offset if node.low.symbol is None else self.least(node.low)
        return Times({**self.ranges, node.symbol: (low, node.high)})

    def least(self, index: Index) -> int:
        return index.offset + (self.ranges.get(index.symbol, (0, None))[0] if index.symbol else 0)

    def before(self, a: Index, b: Index, gap: int = 0) -> bool:
        """Is a + gap ≤ b for certain?"""
        if END.symbol in (a.symbol, b.symbol):
            return b.symbol == END.symbol
        if a.symbol == b.symbol:
            return a.offset + gap <= b.offset
        if a.symbol is None:
            return a.offset + gap <= self.least(b)
        high = self.ranges.get(a.symbol, (0, None))[1]
        return high is not None and high.symbol != a.symbol and self.before(high + a.offset, b, gap)

    def apart(self, one, other) -> bool:
        return all(self.before(a[1], b[0], 1) or self.before(b[1], a[0], 1) for a in one for b in other)

    def covers(self, one, other) -> bool:
        return all(any(self.before(a[0], b[0]) and self.before(b[1], a[1]) for a in one) for b in other)

    def union(self, *sets) -> tuple:
        """Sorted, without overlaps, and with neighbours as one."""
        found: list = []
        for part in dict.fromkeys(part for each in sets for part in each):
            place = next((n for n, other in enumerate(found) if not self.before(other[1], part[0])), len(found))
            found.insert(place, part)
        done: list = []
        for low, high in found:
            if done and self.before(done[-1][0], low) and self.before(low, done[-1][1] + 1):
                done[-1] = (done[-1][0], high if self.before(done[-1][1], high) else done[-1][1])
            else:
                done.append((low, high))
        return tuple(done)

    def without(self, one, other) -> tuple:
        """The times in ``one`` that are not in ``other``."""
        for low, high in other:
            rest = []
            for first, last in one:
                if self.apart([(first, last)], [(low, high)]):
                    rest.append((first, last))
                elif self.before(first, low) and self.before(high, last):
                    rest += [(first, low - 1)] if first != low else []
                    rest += [(high + 1, last)] if high != last else []
                elif not (self.before(low, first) and self.before(last, high)):
                    raise Unknown(f"{first!r}..{last!r} without {low!r}..{high!r}")
            one = rest
        return tuple(one)


def parts_of(nodes, times: Times) -> tuple:
    return times.union([(n.index, n.index) if isinstance(n, Item) else (n.low, n.high) for n in nodes])


class Words(Translator):
    """The translator, with words for marginals and sums over states."""

    times = Times({})

    def __call__(self, node):
        if isinstance(node, Marginal):
            distribution = self.distribution(node.distribution)
            return f"(Densities.marginal {self.values()} {distribution} {self.parts(node.parts)} {self.way(node)})"
        if isinstance(node, Over):
            place = f"{self.values()} {self.parts(node.parts)}"
            return f"(Variables.over {place} {self.of_states(node, node.body)} {self.way(node)})"
        return super().__call__(node)

    def of_states(self, node, body) -> str:
        return f"(fun {self.way(node)} : {type_of(node.sequence)} => {self(body)})"

    def way(self, node) -> str:
        return self.path(node)

    def parts(self, parts) -> str:
        words = [
            f"from {self.index(a)}"
            if b == END
            else f"only {self.index(a)}"
            if a == b
            else f"span {self.index(a)} {self.index(b)}"
            for a, b in parts
        ]
        return f"({' ∪ '.join(words)})" if words else "none"

    @contextmanager
    def at_time(self, symbol: str):
        """The scope of what a sum binds."""
        self.local.append(symbol)
        try:
            yield
        finally:
            self.local.pop()

    def free(self, node):
        if isinstance(node, Marginal):
            return {Span(node.sequence, low, high) for low, high in node.parts}
        if isinstance(node, Over):
            inside = self.free(node.body)
            states = {part for part in inside if isinstance(part, (Item, Span)) and part.sequence == node.sequence}
            left = self.times.without(parts_of(states, self.times), node.parts)
            return inside - states | {Span(node.sequence, low, high) for low, high in left}
        return super().free(node)

    def states(self, node):
        """The times of the states that ``node`` depends on, or None if they are not known."""
        found = self.free(node)
        if any(isinstance(part, Sequence) for part in found):
            return None
        return parts_of([part for part in found if isinstance(part, (Item, Span))], self.times)
