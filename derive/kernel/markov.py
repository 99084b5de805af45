"""The Markov property: of conditions on one side a chain remembers the nearest, and its joint is a product of pairs."""

from __future__ import annotations

from fractions import Fraction

from ..language.density import Density
from ..language.expr import Expr
from ..language.times import Index, Item, Product, Span
from . import sums
from .states import in_order, union, written

FRESH = "step:"  # the index of a product that a rule writes; no author can declare it


def plain(distribution, states) -> Expr:
    """p(A) as it stands; of no states it is 1."""
    return Density(distribution, tuple(map(written, states)), ()) if states else sums.product(Fraction(1), {})


def joint(distribution, states, ranges) -> Expr:
    """p(A); of a Markov chain with states a < b < c < … p(x_a) p(x_a, x_b) / p(x_a) · p(x_b, x_c) / p(x_b) …"""
    runs = path(distribution, states, ranges) if states else None
    if runs is None:
        return plain(distribution, states)
    thing, last, _ = runs[0]
    s = Index(FRESH)

    def step(before, after):
        pair = union([(thing, before, before), (thing, after, after)], ranges)
        return Density(distribution, tuple(map(written, pair)), ()) / Density(distribution, (Item(thing, before),), ())

    found = Density(distribution, (Item(thing, last),), ())
    within = Density(distribution, (Span(thing, s - 1, s),), ()) / Density(distribution, (Item(thing, s - 1),), ())
    for _, low, high in runs:
        if low != last:
            found = found * step(last, low)
        if low.symbol == high.symbol and high.offset - low.offset <= sums.LARGEST:
            for time in range(low.offset, high.offset):
                found = found * step(Index(low.symbol, time), Index(low.symbol, time + 1))
        elif low != high:  # it may be of one state, and the product empty
            found = found * Product(within, (s, low + 1, high))
        last = high
    return found


def path(distribution, states, ranges):
    """The runs of one sequence in the order of time, if it is proved; None if there is nothing to split."""
    if not distribution.markov or len({one[0] for one in states}) > 1:
        return None
    runs = in_order(states, ranges)
    if runs is None or (len(runs) == 1 and ranges.at_most(runs[0][2], runs[0][1] + 1)):
        return None
    short = len(runs) == 2 and all(ranges.at_most(high, low) for _, low, high in runs)
    return None if short else runs


def nearest(targets, given, ranges):
    """Of conditions that are all earlier (or all later) than every target, a chain remembers the nearest one."""
    if len({one[0] for one in (*targets, *given)}) > 1:
        return given
    for one in (one for one in given if ranges.at_most(one[1], one[2])):
        last, first = one[2], one[1]
        early = all(ranges.at_most(last + 1, target[1]) for target in targets)
        late = all(ranges.at_most(target[2] + 1, first) for target in targets)
        if early and all(ranges.at_most(other[2], last) for other in given):
            return ((one[0], last, last),)
        if late and all(ranges.at_most(first, other[1]) for other in given):
            return ((one[0], first, first),)
    return given
