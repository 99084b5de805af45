"""Limits of sums at a point: sums of 4, 8, 16, … terms, and what they tend to by Richardson's extrapolation.

The sum of a smooth function over T equal steps differs from its limit by a series in 1/T.  Each doubling of T removes
one more of its terms, so that a thousand terms give a dozen digits.
"""

from __future__ import annotations

from itertools import pairwise

from mpmath import mp

from ..errors import Inconclusive
from ..language.expr import walk
from ..language.goal import Goal
from ..language.times import Limit, Sum
from .analysis import INTEGRAL_DIGITS
from .evaluate import compare
from .points import Point

FIRST, DOUBLINGS, SAMPLES = 8, 6, 2
TOLERANCE = mp.mpf(10) ** -9


def of_sums(*sides) -> bool:
    """Is there a limit of sums, all of them over ordinary numbers?"""
    limits = [part for side in sides for part in walk(side) if isinstance(part, Limit)]
    return any(type(part) is Sum for limit in limits for part in walk(limit.body))


def at_sums(goal: Goal, left, right) -> str:
    """Evaluate a goal about limits of sums at random points; return the name of the search."""
    if goal.symbols():
        raise Inconclusive(f"{goal} has a limit of sums and other times")
    with mp.workdps(INTEGRAL_DIGITS):
        for number in range(SAMPLES):
            compare(goal, SumPoint(str(number), {}, goal.justification), left, right, TOLERANCE, absolute=True)
    return f"{SAMPLES} points, {FIRST * 2**DOUBLINGS} steps"


class SumPoint(Point):
    """One random point, at which limits are extrapolated and integrals computed."""

    def Limit(self, node):
        row = []
        for k in range(DOUBLINGS + 1):
            with self.bind(node.symbol, FIRST * 2**k):
                row.append(mp.mpf(1) * self(node.body))
        for order in range(1, DOUBLINGS + 1):
            row = [b + (b - a) / (2**order - 1) for a, b in pairwise(row)]
        return row[0]

    def Integral(self, node):
        return self.area(node)
