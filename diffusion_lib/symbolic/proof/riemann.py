"""The Riemann limit: Σ_{t=1..T} f(t/T)/T → ∫_0^1 f(u) du, for an f that is continuous from 0 to 1, both ends included.

The integral stands on the other side of the step, so that nothing is guessed: each term, times T, must be the
integrand at t/T, or at the left end (t − 1)/T.  That the integrand is defined up to both ends is proved with the side.
"""

from __future__ import annotations

from fractions import Fraction

from diffusion_lib.symbolic.kernel.sums import product, products, total
from diffusion_lib.symbolic.language.density import KL, Derivative, E, Integral, Var
from diffusion_lib.symbolic.language.expr import Num, Symbol, rebuild, walk
from diffusion_lib.symbolic.language.times import Index, Item, Limit, Span, Sum
from diffusion_lib.symbolic.language.tree import free_indices
from diffusion_lib.symbolic.proof.symbolic import Symbolic, floors

CLOSED = (KL, Derivative, E, Integral, Limit, Span, Sum, Var)


def riemann(claim, left, right):
    """Both sides with each limit of a sum replaced by the integral on the other side that it tends to."""
    return _replaced(claim, left, _integrals(right)), _replaced(claim, right, _integrals(left))


def _integrals(node):
    found = [part for part in walk(node) if isinstance(part, Integral) and isinstance(part.over, Symbol)]
    return [part for part in found if (part.low, part.high) == (Num(Fraction(0)), Num(Fraction(1)))]


def _replaced(claim, node, integrals):
    if isinstance(node, Limit) and any(type(part) is Sum for part in walk(node.body)):
        return _limit(claim, node, integrals)
    return rebuild(node, lambda child: _replaced(claim, child, integrals)) if integrals else node


def _limit(claim, node, integrals):
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
        found = [one for one in integrals if _tends(claim, summed[0], term, one, node.symbol)]
        if not found:
            return node
        terms.append(product(coefficient, still) * found[0])
    return total(terms)


def _tends(claim, summed, term, integral, symbol) -> bool:
    """Is ``term``, times T, the integrand at a place of each of the T equal parts of (0, 1)?"""
    t, T = Index(summed.symbol), Index(symbol)
    body, low = integral.body, summed.low
    odd = any(isinstance(part, CLOSED) for node in (body, term) for part in walk(node))
    moved = any(isinstance(part, Item) for part in walk(term)) and _members(term, (summed.symbol, symbol))
    if low.symbol is not None or low.offset not in (0, 1) or summed.high != T + (low.offset - 1) or odd or moved:
        return False
    if not free_indices(body).isdisjoint((summed.symbol, symbol)):
        return False
    for shift in (low.offset, low.offset - 1):
        place = (t - shift if shift else t) / T
        world = Symbolic(claim.licence, claim.standard, floors(term))
        at_place = world(_put(body, integral.over, place))
        if world.field.is_zero(world(term * T) - at_place):
            return True
    return False


def _members(term, symbols) -> bool:
    return any(isinstance(part, Item) and part.index.symbol in symbols for part in walk(term))


def _put(node, variable, value):
    return value if node == variable else rebuild(node, lambda child: _put(child, variable, value))
