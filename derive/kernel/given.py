"""The tower rule for a mean that names no density: E[E[f | A, B] | B] = E[f | B], and what is known comes out.

All such means are taken under one joint distribution of everything random.  ``Free`` knows what a term depends on; a
state or a noise that is not proved to be among the conditions stays inside.
"""

from __future__ import annotations

from ..language.density import E
from ..language.expr import Expr, Num, Pow
from ..language.times import Item, Span
from . import sums
from .states import holds, run, union

RANDOM = ("state", "noise")


def mean(rewriter, body, given, ranges) -> Expr:
    """E[body | given], as Σ c E[m | given] with c known; ``body`` is rewritten already."""
    conditions = _conditions(given, ranges)
    if conditions is None:
        return E(body, given=given)
    terms = []
    for coefficient, factors in sums.products(body):
        known = {f: n for f, n in factors.items() if _known(f, conditions, rewriter.free, ranges)}
        moving = {f: n for f, n in factors.items() if f not in known}
        terms.append(sums.outside(coefficient, known, _one(rewriter, moving, given, conditions, ranges)))
    return sums.total(terms)


def variance(rewriter, body, given, ranges) -> Expr:
    """Var[f | B] = E[f² | B] − E[f | B]²."""
    two = Num(sums.ONE.value * 2)
    first = mean(rewriter, body, given, ranges)
    return mean(rewriter, Pow(body, two), given, ranges) - Pow(first, two)


def _one(rewriter, moving, given, conditions, ranges) -> Expr:
    """E[m | B] of one product; an inner mean given more than B, of which the other factors are known, is merged."""
    if not moving:
        return sums.ONE
    for inner, count in moving.items():
        more = _conditions(inner.given, ranges) if _plain(inner) and count == 1 else None
        rest = {f: n for f, n in moving.items() if f is not inner}
        if more is None or not all(holds(more, one, ranges) for one in conditions):
            continue
        if all(_known(f, more, rewriter.free, ranges) for f in rest):
            return mean(rewriter, sums.product(sums.ONE.value, rest) * inner.body, given, ranges)
    return E(sums.product(sums.ONE.value, moving), given=given)


def _plain(node) -> bool:
    return isinstance(node, E) and node.under is None


def _conditions(given, ranges):
    """The set of states that is given; None if something else is."""
    if not all(isinstance(part, (Item, Span)) and part.sequence.role == "state" for part in given):
        return None
    return union(map(run, given), ranges)


def _known(node, conditions, free, ranges) -> bool:
    """Is everything random that ``node`` depends on proved to be among the conditions?"""
    runs = map(run, node.given) if _plain(node) and _conditions(node.given, ranges) is not None else free(node, ranges)
    return all(holds(conditions, one, ranges) for one in runs if getattr(one[0], "role", "") in RANDOM)
