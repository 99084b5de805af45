"""The Riemann limit: Σ_{t=1..T} f(t/T)/T → ∫_0^1 f(u) du, for an f that is continuous from 0 to 1, both ends included.

The integral stands on the other side of the step, so that nothing is guessed: each term, times T, must be the
integrand at t/T, or at the left end (t − 1)/T.  That the integrand is defined up to both ends is proved with the side.

Stieltjes: Σ_{t=1..T} f(w(t/T)) (w(t/T) − w((t−1)/T)) → ∫_{w(0)}^{w(1)} f(v) dv, for a smooth w: what w does between its
ends does not matter.

Products: Π (1 + f(t/T)/T) → exp ∫_0^1 f, as Σ f(t/T)/T → ∫ f and Σ (f(t/T)/T)² → 0; and Π c over T steps is a power.
"""

from __future__ import annotations

from fractions import Fraction

import sympy as sp

from ..kernel.sums import product, products, total
from ..language.density import KL, Derivative, E, Integral, Var
from ..language.expr import Num, Pow, Symbol, exp, put, rebuild, walk
from ..language.functions import Apply
from ..language.times import Index, Item, Limit, Product, Span, Sum
from ..language.tree import free_indices
from .symbolic import Symbolic, floors

ZERO, ONE = Num(Fraction(0)), Num(Fraction(1))
UNIT = (ZERO, ONE)
CLOSED = (KL, Derivative, E, Integral, Limit, Span, Sum, Var)


def riemann(goal, left, right):
    """Both sides with each limit of a sum replaced by the integral on the other side that it tends to."""
    return _replaced(goal, left, _integrals(right)), _replaced(goal, right, _integrals(left))


def _integrals(node):
    found = [part for part in walk(node) if isinstance(part, Integral) and isinstance(part.over, Symbol)]
    return [part for part in found if (part.low, part.high) == UNIT or _clock(part)]


def _clock(integral):
    """The function w if the integral runs from w(0) to w(1), and 1; or from w(1) to w(0), and −1."""
    low, high = integral.low, integral.high
    ends = [end.args for end in (low, high) if isinstance(end, Apply) and not end.function.order]
    turns = {((ZERO,), (ONE,)): 1, ((ONE,), (ZERO,)): -1}
    if tuple(ends) not in turns or low.function != high.function:
        return None
    return low.function, turns[tuple(ends)]


def _replaced(goal, node, integrals):
    whole = node.body if isinstance(node, Limit) else None
    if isinstance(whole, Product) and whole.low.symbol is None and whole.symbol not in free_indices(whole.body):
        return Limit(Pow(whole.body, whole.high - (whole.low.offset - 1)), node.symbol)
    if isinstance(whole, Product):
        steps = Sum(whole.body - 1, whole.symbol, whole.low, whole.high)
        found = _limit(goal, Limit(steps, node.symbol), integrals)
        return node if isinstance(found, Limit) else exp(found)
    if whole is not None and any(type(part) is Sum for part in walk(whole)):
        return _limit(goal, node, integrals)
    return rebuild(node, lambda child: _replaced(goal, child, integrals))


def _limit(goal, node, integrals):
    """The limit of a sum of terms is the sum of their limits, if each of them exists."""
    terms = []
    for coefficient, factors in products(node.body):
        summed = [part for part, count in factors.items() if type(part) is Sum and count == 1]
        rest = {part: count for part, count in factors.items() if part not in summed}
        moving = {part: count for part, count in rest.items() if node.symbol in free_indices(part)}
        still = {part: count for part, count in rest.items() if part not in moving}
        if len(summed) != 1:
            terms.append(Limit(product(coefficient, factors), node.symbol))
            continue
        term = product(Fraction(1), moving) * summed[0].body
        fitting = [one for one in integrals if _steps(summed[0], term, one, node.symbol)]
        found = [(ratio, one) for one in fitting if (ratio := _tends(goal, summed[0], term, one))]
        if not found:
            return node
        ratio, integral = found[0]
        terms.append(product(coefficient * ratio, still) * integral)
    return total(terms)


def _steps(summed, term, integral, symbol) -> bool:
    """Is this a sum over T steps, of terms in which nothing is closed, and is the integrand free of t and T?"""
    low, body, names = summed.low, integral.body, (summed.symbol, symbol)
    odd = any(isinstance(part, CLOSED) for node in (body, term) for part in walk(node))
    whole = low.symbol is None and low.offset in (0, 1) and summed.high == Index(symbol) + (low.offset - 1)
    return whole and not odd and not _members(term, names) and free_indices(body).isdisjoint(names)


def _tends(goal, summed, term, integral) -> Fraction | None:
    """The number c if ``term`` is c times the integrand at a place of each part, times how long the part is."""
    t, T = Index(summed.symbol), Index(summed.high.symbol)
    clock = None if (integral.low, integral.high) == UNIT else _clock(integral)
    ends = [(t - shift if shift else t) / T for shift in (summed.low.offset, summed.low.offset - 1)]
    places, length = ends, 1 / T
    if clock is not None:
        w, turn = clock
        places = [w(end) for end in ends]
        length = turn * (places[1] - places[0])
    for place in places:
        translate = Symbolic(goal.justification, goal.standard, floors(term))
        part, whole = translate(term), translate(put(integral.body, integral.over, place) * length)
        ratio = _ratio(part, whole)
        if ratio and translate.field.is_zero(part - ratio * whole):
            return Fraction(int(ratio.p), int(ratio.q))
    return None


def _ratio(part, whole):
    """How many times ``whole`` goes into ``part``, by one of its terms: a guess."""
    (term, number), *_ = sorted(sp.expand(whole).as_coefficients_dict().items(), key=lambda pair: str(pair[0]))
    return sp.expand(part).as_coefficients_dict()[term] / number


def _members(term, symbols) -> bool:
    return any(isinstance(part, Item) and part.index.symbol in symbols for part in walk(term))
