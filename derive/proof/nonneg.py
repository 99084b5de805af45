"""Gaps: an inequality is an equality with a named gap that is never negative.

A gap is proved non-negative by its form: a Kullback–Leibler divergence (Gibbs), a sum, product, expectation or
integral of something non-negative, or a quotient of polynomials whose coefficients show the sign on the whole domain.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm

from ..errors import DerivationError, Inconclusive
from ..justifications import justification
from ..kernel.positive import positive
from ..kernel.sums import product, products, total
from ..kernel.wellformed import exists
from ..language.alphabets import decided
from ..language.density import KL, Density, E, Integral
from ..language.expr import Add, Div, Func, Least, Mul, Num, Pow, log, rebuild, walk
from ..language.goal import Goal, has_densities
from ..language.times import Index, Sum
from ..language.tree import at, first_times, unfold
from .defined import border_cases, defined
from .integrals import inside
from .signs import sign_of_value
from .symbolic import Symbolic, floors


def non_negative(goal: Goal, gap, strict: bool = False) -> None:
    """Prove ``gap`` ≥ 0 (> 0 if ``strict``) on the domain, or raise ``Inconclusive``."""
    least = first_times(gap, least=goal.start)
    exists(gap, least, goal.stated, goal.orders())
    (gap,) = unfold((gap,), goal.facts, goal.start)
    cases, late = border_cases([gap], least)
    for symbol, first in cases.items():
        _one_case(at(gap, {symbol: Index(None, first)}), strict, {})
    _one_case(gap, strict, late)


def _one_case(gap, strict, least):
    if not has_densities(gap):
        defined(gap, least=least)
    if not all(_Sign(least).proved(case, strict, {}) for (case,) in decided(gap)):
        raise Inconclusive(
            f"the sign of the gap {gap!r} is not known; write it as a divergence or a product of positive terms"
        )


class _Sign:
    """Proves signs by form; ``least`` holds the least value of each index symbol."""

    def __init__(self, least):
        self.least = least

    def proved(self, node, strict, ranges) -> bool:
        """Is ``node`` non-negative?  ``ranges`` holds the values that variables of integration run over."""
        if positive(node):
            return True
        if isinstance(node, KL):  # Gibbs needs two densities of the same variables
            return not strict and _targets(node.p) == _targets(node.q)
        if isinstance(node, (Add, Mul)):
            parts = node.terms if isinstance(node, Add) else node.factors
            if all(self.proved(part, strict, ranges) for part in parts):
                return True
        if isinstance(node, Div) and self.proved(node.over, strict, ranges) and self.proved(node.under, True, ranges):
            return True
        if isinstance(node, Sum):  # an empty sum is zero
            first = self.least.get(node.low.symbol, 1 if node.low.symbol else 0) + node.low.offset
            inner = _Sign({**self.least, node.symbol: first})
            return not (strict and type(node) is Sum) and inner.proved(node.body, strict, ranges)
        if isinstance(node, E):
            return self.proved(node.body, strict, ranges)
        if isinstance(node, Integral):
            if node.low is None or node.high is None:
                return self.proved(node.body, strict, ranges)
            length = node.high if node.low == Num(0) else node.high - node.low
            return self.proved(length, True, ranges) and self.proved(
                node.body, strict, {**ranges, node.over: (node.low, node.high)}
            )
        even = isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value % 2 == 0
        if even and node.power.value > 0 and not strict:
            return True
        return self.sign(node, ranges) in (1, 1 if strict else 0) or self.tangent(node, strict, ranges)

    def tangent(self, node, strict, ranges) -> bool:
        """By a tangent: 1 − 1/u ≤ log u ≤ u − 1 and exp u ≥ 1 + u, each times something that is never negative.

        Several logarithms become one first; |u| ≥ ±u, and it is one of them.
        """
        terms = one_log(products(written_out(node)))
        for place, (coefficient, factors) in enumerate(terms):
            curves = [f for f, n in factors.items() if n == 1 and curved(f)]
            weight = product(coefficient, {f: n for f, n in factors.items() if f not in curves[:1]})
            if not curves or any(map(curved, walk(weight))):
                continue
            rest = total([product(c, f) for other, (c, f) in enumerate(terms) if other != place])
            for side, line in tangents(curves[0]):
                bounded = self.proved(weight if side > 0 else -weight, False, ranges)
                if bounded and self.remains(rest + weight * line, strict, ranges):
                    return True
            values = [curves[0].arg, -curves[0].arg] if curves[0].name == "abs" else []
            if values and all(self.remains(rest + weight * value, strict, ranges) for value in values):
                return True
        return False

    def remains(self, node, strict, ranges) -> bool:
        return self.proved(node, strict, ranges) or (not strict and self.vanishes(node))

    def vanishes(self, node) -> bool:
        translate = Symbolic(justification("integration"), floors=floors(node), least=self.least)
        try:
            return translate.field.is_zero(translate(node))
        except DerivationError:
            return False

    def sign(self, node, ranges):
        translate = Symbolic(justification("integration"), floors=floors(node), least=self.least)
        try:
            value = translate(node)
            for variable, (low, high) in ranges.items():
                value = value.subs(translate(variable), inside(translate(low), translate(high)))
            return sign_of_value(translate.field, value)
        except DerivationError:
            return None


def _targets(density):
    return density.targets if isinstance(density, Density) else (getattr(density, "at", None),)


def curved(node) -> bool:
    return isinstance(node, Func) and node.name in ("log", "exp", "abs")


def is_log(node) -> bool:
    return isinstance(node, Func) and node.name == "log"


def written_out(node):
    node = rebuild(node, written_out)
    return node.written_out() if isinstance(node, Least) else node


def one_log(terms):
    """Σ c log u with numbers c as one logarithm of a product of whole powers."""
    logs = [(c, *f) for c, f in terms if len(f) == 1 and all(is_log(part) and n == 1 for part, n in f.items())]
    if len(logs) < 2:
        return terms
    denominator = lcm(*(c.denominator for c, _ in logs))
    whole = product(Fraction(1), {part.arg: int(c * denominator) for c, part in logs})
    return [pair for pair in terms if (pair[0], *pair[1]) not in logs] + [(Fraction(1, denominator), {log(whole): 1})]


def tangents(curve):
    """(1, a line below the curve), (−1, a line above it)."""
    if curve.name == "abs":
        return [(1, curve.arg), (1, -curve.arg), (1, Num(Fraction(0)))]
    if curve.name == "exp":
        return [(1, 1 + curve.arg)]
    return [(1, 1 - 1 / curve.arg), (-1, curve.arg - 1)]
