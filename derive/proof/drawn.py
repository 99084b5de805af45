"""Is every state that an integral runs over drawn by a density, so that the rules may exchange and merge integrals?

The means of states drawn from p(A | B) = p(A, B) / p(B) exist, by assumption.  In each term of an integrand, every
state that is integrated over stands in more densities of the numerator than of the denominator; in the other terms
some factor falls off.
"""

from __future__ import annotations

from itertools import combinations

from ..errors import Inconclusive
from ..kernel.ranges import Ranges
from ..kernel.states import apart, run
from ..kernel.sums import product, products
from ..language.alphabets import alphabet_of
from ..language.density import Density, Integral
from ..language.expr import walk
from ..language.goal import has_densities
from ..language.times import Index, Item, Product, Span
from .integrability import Integrability
from .symbolic import floors


def drawn(ranges: Ranges, *sides) -> None:
    """Raise ``Inconclusive`` for an integral that may diverge: over a state that nothing draws or falls off with."""
    checker = Integrability(floors(*sides))
    for part in (
        part for side in sides for part in walk(side) if isinstance(part, Integral) and not alphabet_of(part.over)
    ):
        body, variables = part, []
        while isinstance(body, Integral):
            variables += one_by_one(body.over) if None in (body.low, body.high) else []
            body = body.body
        for coefficient, factors in products(body) if variables else ():
            loose = [one for one in variables if known([one], factors, ranges) < 1]
            sure = [one for one in variables if one not in loose]
            some = [group for size in range(2, len(sure) + 1) for group in combinations(sure, size)]
            rest = {f: count for f, count in factors.items() if loose and count > 0 and not has_densities(f)}
            falls = checker.fall(product(coefficient, rest), loose)
            if not falls or any(known(group, factors, ranges) < 1 for group in some):
                raise Inconclusive(f"{part!r} may diverge: no density of it draws {(loose or sure)[0]!r}")


def known(variables, factors, ranges) -> int:
    """How many densities are about one of ``variables`` for sure, less those below the line that may be."""
    total, bound = 0, list(map(run, variables))
    for factor, count in factors.items():
        density = factor.body if isinstance(factor, Product) else factor
        if not isinstance(density, Density):
            continue
        states = (*density.targets, *density.given)
        runs = [run(one) for part in states for one in one_by_one(part)]
        spans = factor is not density or any(isinstance(one, Span) for one in (*states, *variables))
        may = meets(runs, bound, ranges)
        below = factor is density and meets(map(run, density.given), bound, ranges)
        total += count * ((any(one in bound for one in runs) or (spans and may)) - below if count > 0 else may)
    return total


def meets(runs, bound, ranges) -> bool:
    return any(not apart(one, other, ranges) for one in runs for other in bound)


def one_by_one(state) -> list:
    """The states of a run of fixed length."""
    if not isinstance(state, Span) or state.low.symbol != state.high.symbol:
        return [state]
    times = range(state.low.offset, state.high.offset + 1)
    return [Item(state.sequence, Index(state.low.symbol, time)) for time in times]
