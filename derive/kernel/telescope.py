"""Sums over time in one written form, so that neighbouring terms cancel wherever the sum stands."""

from __future__ import annotations

from fractions import Fraction

from ..language.expr import Expr, children
from ..language.times import Index, Limit, Sum
from ..language.tree import at
from .sums import outside, product, products, total

ONE = Fraction(1)


def sums(node: Sum) -> Expr:
    """Σ_t Σ c g = Σ c Σ_t g, where the latest time in each g is t: Σ_{a..b} g(t − 1) = Σ_{a−1..b−1} g(t)."""
    terms = []
    for coefficient, factors in products(node.body):
        body = product(ONE, factors)
        late = max(offsets(body, node.symbol), default=0)
        body = at(body, {node.symbol: Index(node.symbol, -late)}) if late else body
        terms.append(outside(coefficient, {}, Sum(body, node.symbol, node.low + late, node.high + late)))
    return total(terms)


def offsets(node, symbol):
    """How far each time in ``node`` is from ``symbol``."""
    if isinstance(node, Index):
        return [node.offset] if node.symbol == symbol else []
    if isinstance(node, (Sum, Limit)) and node.symbol == symbol:
        return [] if isinstance(node, Limit) else offsets(node.low, symbol) + offsets(node.high, symbol)
    return [offset for child in children(node) for offset in offsets(child, symbol)]
