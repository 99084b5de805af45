"""What is positive by its form: products, quotients and sums of positive things."""

from __future__ import annotations

from ..language.density import Density, E, Integral, Normal
from ..language.expr import Add, Div, Func, Mul, Num, Pi, Pow, Symbol
from ..language.functions import Apply
from ..language.times import Item, Product
from .ranges import Ranges
from .states import inside, run


def positive(node) -> bool:
    """Is ``node`` positive by its form?"""
    if isinstance(node, Num):
        return node.value > 0
    if isinstance(node, (Pi, Normal, Density)) or (isinstance(node, Func) and node.name in ("exp", "Phi")):
        return True
    if isinstance(node, Apply):
        return node.function.positive
    if isinstance(node, (Symbol, Item)):
        domain = node.domain if isinstance(node, Symbol) else node.sequence.domain
        first = node.sequence.first if isinstance(node, Item) else None
        return domain.low is not None and domain.low >= 0 and (first is None or first > 0)
    if isinstance(node, (Add, Mul)):
        return all(map(positive, node.terms if isinstance(node, Add) else node.factors))
    if isinstance(node, Div):
        return positive(node.over) and positive(node.under)
    if isinstance(node, Pow):
        return positive(node.base)
    if isinstance(node, Product) or (isinstance(node, Integral) and (node.low is None or node.high is None)):
        return positive(node.body)
    if isinstance(node, E):  # weights are positive on the whole line, and add up to one
        return positive(node.body) or _square_of_target(node)
    return isinstance(node, Func) and node.name == "sqrt" and positive(node.arg)


def _square_of_target(mean) -> bool:
    """An even power of a variable that a density draws is zero at one place only."""
    if not isinstance(mean.under, Density) or not isinstance(mean.body, Pow) or not isinstance(mean.body.base, Item):
        return False
    drawn = any(inside(run(mean.body.base), run(target), Ranges()) for target in mean.under.targets)
    return drawn and isinstance(mean.body.power, Num) and mean.body.power.value > 0 == mean.body.power.value % 2
