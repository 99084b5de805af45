"""Sums over an alphabet, and the cases of a bracket.

Σ_y [y = a] g(y) = g(a), Σ_y c = K c, and sums and constants come out of Σ_y.  An equality with brackets of free symbols
holds if it holds for each way in which these can agree.
"""

from __future__ import annotations

from ..language.alphabets import ONE, ZERO, Iverson, alphabet_of, patterns
from ..language.density import KL, Density, Distribution, E, Integral
from ..language.expr import Expr, rebuild
from ..language.functions import Apply
from ..language.times import Item, Limit, Span, Sum
from ..language.tree import bound_by, free_indices, measure_of
from . import sums
from .free import Free
from .ranges import Ranges
from .states import all_apart, run

OPAQUE = (Density, E, KL, Integral, Sum, Limit, Item, Span)  # a symbol inside of these cannot be another one


def summed(node, free: Free, ranges: Ranges) -> Expr:
    """``node`` with its sums over alphabets taken as far as the rule goes."""
    if isinstance(node, (Sum, Limit)):
        ends = (node.low, node.high) if isinstance(node, Sum) else ()
        inside = ranges.within(node.symbol, *ends) if ends else ranges
        return type(node)(summed(node.body, free, inside), node.symbol, *ends) if ends else node
    node = rebuild(node, lambda child: summed(child, free, ranges))
    if isinstance(node, Iverson) and node.left == node.right:
        return ONE
    if not isinstance(node, Integral) or not alphabet_of(node.over) or isinstance(node.over, Span):
        return node
    return sums.total(_one(part, node.over, free, ranges) for part in sums.products(node.body))


def _one(part, over, free, ranges) -> Expr:
    """The sum of one product: at the symbol that a bracket picks, or with what stands still before it."""
    coefficient, factors = part
    for bracket in (f for f, count in factors.items() if isinstance(f, Iverson) and count > 0):
        for here, there in ((bracket.left, bracket.right), (bracket.right, bracket.left)):
            rest = sums.product(coefficient, {f: n for f, n in factors.items() if f != bracket})
            picked = here == over and all_apart(free(there, ranges), [run(over)], ranges)
            new = _at(rest, over, there, free, ranges) if picked else None
            if new is not None:
                return new
    still = {f: n for f, n in factors.items() if all_apart(free(f, ranges), [run(over)], ranges)}
    moving = {f: n for f, n in factors.items() if f not in still}
    body = Integral(sums.product(sums.ONE.value, moving), over) if moving else alphabet_of(over).size
    return sums.outside(coefficient, still, body)


def _at(node, over, there, free, ranges):
    """``node`` with ``there`` for the symbol ``over``; None where that cannot be written."""
    if node == over:
        return there
    if isinstance(node, Iverson) and over in (node.left, node.right) and there in (node.left, node.right):
        return ONE
    if all_apart(free(node, ranges), [run(over)], ranges):
        return node
    if isinstance(node, OPAQUE):
        return None
    failed = []

    def change(child):
        new = _at(child, over, there, free, ranges)
        failed.extend([child] if new is None else [])
        return child if new is None else new

    new = rebuild(node, change)
    return None if failed else new


def cases(left, right, ranges: Ranges):
    """Both sides for each way in which the free symbols in their brackets can agree."""
    found: dict = {}
    for side in (left, right):
        _Case(ranges, found=found)(side)
    for same in patterns(list(found)):
        case = _Case(ranges, same)
        yield case(left), case(right)


class _Case:
    """``same`` maps each free symbol to that which it is; ``shut`` and ``over`` are what is bound around a place."""

    def __init__(self, ranges, same=None, found=None, shut=(), over=frozenset()):
        self.ranges, self.same, self.found, self.shut, self.over = ranges, same, found, shut, over

    def loose(self, symbol) -> bool:
        """Is this the same symbol here as outside of all that binds?"""
        return free_indices(symbol).isdisjoint(self.over) and all_apart([run(symbol)], self.shut, self.ranges)

    def symbol(self, node):
        other = (self.same or {}).get(node, node)
        return other if self.loose(node) and self.loose(other) else node

    def __call__(self, node):
        if isinstance(node, Density) or isinstance(measure_of(node), Distribution):
            return node
        if isinstance(node, (Iverson, Apply)):
            if isinstance(node, Iverson) and self.loose(node.left) and self.loose(node.right):
                if self.same is not None:
                    return ONE if self.same[node.left] == self.same[node.right] else ZERO
                self.found.update({node.left: None, node.right: None})
            return rebuild(node, lambda arg: self.symbol(arg) if alphabet_of(arg) else self(arg))
        inner = self
        if isinstance(node, Sum):
            within = self.ranges.within(node.symbol, node.low, node.high)
            inner = _Case(within, self.same, self.found, self.shut, self.over | {node.symbol})
        elif isinstance(node, Limit):
            inner = _Case(self.ranges, self.same, self.found, self.shut, self.over | {node.symbol})
        elif bound_by(node):
            shut = (*self.shut, *map(run, bound_by(node)))
            inner = _Case(self.ranges, self.same, self.found, shut, self.over)
        return rebuild(node, inner)
