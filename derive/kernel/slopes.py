"""The rules of differentiation, on written terms."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import Inconclusive
from ..language.expr import Add, Div, Expr, Func, Mul, Neg, Num, Pow, Symbol, walk
from .sums import ZERO, total


def slope(node: Expr, of: Callable[[Symbol], Expr]) -> Expr:
    """The derivative of ``node``, where that of a symbol is ``of(symbol)``."""
    if isinstance(node, Symbol):
        return of(node)
    if not any(isinstance(part, Symbol) and of(part) != ZERO for part in walk(node)):
        return ZERO
    if isinstance(node, Add):
        return total(slope(term, of) for term in node.terms)
    if isinstance(node, Neg):
        return Neg(slope(node.arg, of))
    if isinstance(node, Mul):
        around = [(node.factors[:k], f, node.factors[k + 1 :]) for k, f in enumerate(node.factors)]
        return total(Mul((slope(factor, of), *before, *after)) for before, factor, after in around)
    if isinstance(node, Div):
        return slope(node.over, of) / node.under - node.over * slope(node.under, of) / node.under**2
    if isinstance(node, Pow) and isinstance(node.power, Num):
        return node.power * node.base ** Num(node.power.value - 1) * slope(node.base, of)
    if isinstance(node, Func) and node.name in ("log", "exp", "sqrt"):
        inner = slope(node.arg, of)
        return inner / node.arg if node.name == "log" else inner * node if node.name == "exp" else inner / (2 * node)
    raise Inconclusive(f"the derivative of {node!r} is not known by the rules")
