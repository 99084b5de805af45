"""Derivatives of integrals over the line: when they may be taken inside.  This module is trusted.

A statement by exchange holds for each functional that exchanges with derivatives, as sums do.  An integral over the
line does so where the integrand and its derivative have an integrable bound near each value: where some factor falls
off faster than every power, whatever the value, and no other grows faster than a power or has a pole.  By contrast,
d/dr ∫ r³ exp(-r⁴ y²) dy = √π at r = 0, and the integral of the derivative is 0.
"""

from __future__ import annotations

from derive.language.density import Density, Derivative, E, Integral, Normal
from derive.language.expr import Div, Expr, Func, Mul, Num, Pow, Symbol, children, walk
from derive.language.functions import Apply
from derive.language.vectors import Gradient


def exchangeable(sides) -> bool:
    """Does every integral over the line have such a bound, for each variable that ``sides`` differentiate by?"""
    parts = [part for side in sides for part in walk(side)]
    moving = {part.by for part in parts if isinstance(part, (Derivative, Gradient))}
    whole = [part for part in parts if isinstance(part, Integral) and (part.low, part.high) == (None, None)]
    whole += [Integral(p.body * p.under, p.under.at) for p in parts if isinstance(p, E) and isinstance(p.under, Normal)]
    return all(_bounded(each, by) for each in whole if isinstance(each.over, Symbol) for by in moving - {each.over})


def _bounded(integral: Integral, by) -> bool:
    y, parts = integral.over, walk(integral.body)
    if by not in parts:
        return True
    return any(_falls(part, y, by) for part in _factors(integral.body)) and not _wild(integral.body, y, by)


def _factors(node) -> list[Expr]:
    if isinstance(node, Mul):
        return [part for factor in node.factors for part in _factors(factor)]
    if isinstance(node, Div):
        return _factors(node.over)
    return _factors(node.body) if isinstance(node, (Derivative, Integral)) else [node]


def _falls(part, y, by) -> bool:
    """Does it fall off in ``y`` as fast whatever ``by`` is?"""
    if isinstance(part, Apply):
        return part.function.domain.low is not None and y in part.args and all(_apart(arg, y, by) for arg in part.args)
    return isinstance(part, Normal) and part.at == y and not (y in walk(part.mean) or y in walk(part.variance))


def _apart(node, y, by) -> bool:
    return node in (y, by) or y not in walk(node) or by not in walk(node)


def _wild(node, y, by) -> bool:
    """Is there something that depends on both, and may grow faster than a power or have a pole?"""
    whole = isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value >= 0
    if isinstance(node, (Func, Density)) or (
        isinstance(node, Pow) and not (whole and node.power.value.denominator == 1)
    ):
        odd = node
    else:
        odd = node.under if isinstance(node, Div) else node.variance if isinstance(node, Normal) else y
    return not _apart(odd, y, by) or any(_wild(part, y, by) for part in children(node))
