"""Means and variances of sums over time: E Σ = Σ E, and Var Σ c ε = Σ c² Var ε for noises at different times."""

from __future__ import annotations

from ..language.density import E, Var
from ..language.expr import Expr, Num, Pow, rebuild
from ..language.times import Item, Sum
from ..language.tree import free_indices
from . import sums
from .given import RANDOM


def apart(node, rules, free, ranges) -> Expr:
    """``node`` with each sum over time taken out of the means and variances around it."""
    if isinstance(node, Sum):
        within = ranges.within(node.symbol, node.low, node.high)
        return type(node)(apart(node.body, rules, free, within), node.symbol, node.low, node.high)
    node = rebuild(node, lambda child: apart(child, rules, free, ranges))
    if isinstance(node, E) and node.under is None and "linearity" in rules:
        return sums.total(_mean(one, node.given) for one in sums.products(node.body)) if _summed(node.body) else node
    if isinstance(node, Var) and not node.given and "uncorrelated" in rules:
        return _variance(node, free, ranges)
    return node


def _summed(node):
    return any(type(part) is Sum for _, factors in sums.products(node) for part in factors)


def _mean(one, given):
    """E[c Σ g] = c Σ E[g], where the other factors do not mention the index of the sum."""
    coefficient, factors = one
    for part, count in factors.items():
        rest = {f: n for f, n in factors.items() if f is not part}
        if type(part) is Sum and count == 1 and not any(part.symbol in free_indices(f) for f in (*rest, *given)):
            body = E(sums.product(sums.ONE.value, rest) * part.body, given=given)
            return sums.outside(coefficient, {}, Sum(body, part.symbol, part.low, part.high))
    return sums.outside(coefficient, {}, E(sums.product(sums.ONE.value, factors), given=given))


def _variance(node, free, ranges):
    """Var(Σ c ε) of one sum whose terms are constants times the noise of that time, or of one at a fixed distance."""
    parts = sums.products(node.body)
    if len(parts) != 1 or len(parts[0][1]) != 1 or type(next(iter(parts[0][1]))) is not Sum:
        return node
    (coefficient, factors), two = parts[0], Num(sums.ONE.value * 2)
    summed, count = next(iter(factors.items()))
    inner = sums.products(summed.body)
    if count != 1 or len(inner) != 1:
        return node
    within = ranges.within(summed.symbol, summed.low, summed.high)
    scale, pieces = inner[0]
    noises = [f for f, n in pieces.items() if n == 1 and isinstance(f, Item) and f.sequence.role == "noise"]
    rest = {f: n for f, n in pieces.items() if f not in noises}
    random = any(getattr(one[0], "role", "") in RANDOM for f in rest for one in free(f, within))
    if len(noises) != 1 or random or noises[0].index.symbol != summed.symbol:
        return node
    body = Pow(sums.product(scale, rest), two) * Var(noises[0])
    return sums.outside(coefficient**2, {}, Sum(body, summed.symbol, summed.low, summed.high))
