"""What is known of times in a place: i ≤ j + c, for index symbols i and j, or zero.

A free symbol has a least value; a bound one lies between the ends of its sum.  Whether one time is at most another is
then a question about shortest paths, which is decided: the answer is yes for all values, or it is not proved.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..errors import Inconclusive
from ..language.times import Index


class Ranges:
    """``bounds`` maps (i, j) to the least known c with i ≤ j + c; None stands for zero."""

    def __init__(self, bounds: dict[tuple[str | None, str | None], int] | None = None):
        self.bounds = dict(bounds or {})

    @classmethod
    def least(cls, first: dict[str, int], orders: Iterable[tuple[Index, Index]] = ()) -> Ranges:
        """Every symbol is at least what ``first`` says, and the times of each pair in ``orders`` are in order."""
        ranges = cls({(None, symbol): -least for symbol, least in first.items()})
        for early, late in orders:
            ranges._know(early.symbol, late.symbol, late.offset - early.offset - 1)
        return ranges

    def within(self, symbol: str, low: Index, high: Index | None) -> Ranges:
        """The same in the body of a sum: low ≤ symbol ≤ high, and nothing of an outer symbol of that name."""
        if symbol in (low.symbol, getattr(high, "symbol", None)):
            raise Inconclusive(f"the ends of a sum over {symbol} depend on {symbol}; take another index")
        inner = Ranges({pair: c for pair, c in self.bounds.items() if symbol not in pair})
        inner._know(low.symbol, symbol, -low.offset)
        if high is not None:
            inner._know(symbol, high.symbol, high.offset)
        return inner

    def _know(self, one, other, c):
        if one != other:
            self.bounds[one, other] = min(c, self.bounds.get((one, other), c))

    def at_most(self, one: Index, other: Index) -> bool:
        """Is one ≤ other proved, for all values?"""
        if one.symbol == other.symbol:
            return one.offset <= other.offset
        gap = self._shortest(one.symbol, other.symbol)
        return gap is not None and one.offset + gap <= other.offset

    def same(self, one: Index, other: Index) -> bool:
        return one == other or (self.at_most(one, other) and self.at_most(other, one))

    def _shortest(self, start, end):
        """The least c with start ≤ end + c, by Bellman and Ford."""
        reach = {start: 0}
        for _ in range(len(self.bounds) + 1):
            for (one, other), c in self.bounds.items():
                if one in reach and reach[one] + c < reach.get(other, reach[one] + c + 1):
                    reach[other] = reach[one] + c
        return reach.get(end)
