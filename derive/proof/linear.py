"""Integrals as linear maps: sums and constants come out, what stays inside is one symbol.

∫ (Σ cₖ gₖ) dy = Σ cₖ ∫ gₖ dy, where cₖ is free of y and gₖ a product of powers of y, of function values, roots and
logarithms that depend on y, and of one exponential.  Equal insides, proved by the field, get the same symbol.

A justification that exchanges knows two rules more: d/dx ∫ g dy = ∫ dg/dx dy for ends free of x, and
∫ h(x) ∫ g(x, y) dy dx is one integral over both, whichever comes first.  ``convergence`` checks that all converge.
"""

from __future__ import annotations

import sympy as sp

from ..errors import Inconclusive
from .signs import sign_of_value
from .uninterpreted import Uninterpreted


class Linear(Uninterpreted):
    """``bounds`` is a tuple of (variable, low, high), one for each variable of integration."""

    def __init__(self, index=None):
        super().__init__(index)
        self.insides: dict[sp.Symbol, tuple] = {}  # an integral's symbol -> what is inside, bounds

    def pulled(self, body, bounds):
        """The integral of ``body``, with sums and constants pulled out."""
        variables = frozenset(variable for variable, _, _ in bounds)
        if not all(variable.is_Symbol for variable in variables):
            raise Inconclusive(f"{variables} are no variables that run over the real numbers")
        total = sp.S.Zero
        for exponent, coefficient in self.field.terms(body):
            still, moving = self.split(sp.expand(self.field.lower(exponent)), variables, sp.Add)
            over, under = sp.fraction(self.field.lower(coefficient))
            below, moving_below = self.split(sp.factor(under), variables, sp.Mul)
            for term in sp.Add.make_args(sp.expand(over)):
                factor, inside = self.split(term, variables, sp.Mul)
                total += self.plain(factor / below, still) * self.one(self.plain(inside / moving_below, moving), bounds)
        return total

    def linear_mean(self, body, weight, variable):
        """The mean of ``body`` for a weight that integrates to one."""
        bounds = ((variable, None, None),)
        return self.pulled(body * weight, bounds) / self.pulled(weight, bounds)

    def split(self, expr, variables, kind):
        """``expr`` in two terms or factors, of which only the second one depends on ``variables``."""
        dependent = [symbol for symbol in expr.free_symbols if self.moves(symbol, variables)]
        parts = kind.make_args(expr)
        still = [part for part in parts if part.free_symbols.isdisjoint(dependent)]
        return kind(*still), kind(*(part for part in parts if part not in still))

    def moves(self, symbol, variables) -> bool:
        meaning = self.field.plain(symbol)
        return not self.reach(meaning).isdisjoint(variables)

    def plain(self, factor, exponent):
        return self.field.plain(factor) * sp.exp(self.field.plain(exponent))

    def one(self, inside, bounds):
        """The symbol of an integral out of which nothing can be pulled."""
        inner = self.inner(inside, bounds) if self.justification.exchanges else None
        if inner is not None:
            body, more = self.insides[inner]
            return self.pulled(sp.diff(inside, inner) * body, tuple(sorted((*bounds, *more), key=str)))
        label = ("∫", *((str(variable), low is None, high is None) for variable, low, high in bounds))
        symbol = self.uninterpreted(label, inside, *ends(bounds), positive=self.is_above_zero(inside, bounds))
        if symbol not in self.insides:
            self.insides[symbol] = inside, bounds
            bound = {variable for variable, _, _ in bounds}
            self.inside[symbol] = self.reach(inside) - bound | self.reach(*ends(bounds))
        return symbol

    def is_above_zero(self, inside, bounds) -> bool:
        lengths = [high - low for _, low, high in bounds if low is not None and high is not None]
        return all(sign_of_value(self.field, part) == 1 for part in (*lengths, inside))

    def inner(self, inside, bounds):
        """The integral in ``inside`` that may become one with the integral around it."""
        variables = frozenset(variable for variable, _, _ in bounds)
        found = [symbol for symbol in inside.free_symbols if symbol in self.insides]
        found = [symbol for symbol in found if self.depends_on(symbol, variables)]
        if len(found) != 1:
            return None
        rest, (_, more) = sp.diff(inside, found[0]), self.insides[found[0]]
        if rest.has(found[0]) or sp.expand(inside - rest * found[0]) != 0:
            return None
        bound = frozenset(variable for variable, _, _ in more)
        captured = bound & (variables | self.reach(rest, *ends(bounds)))
        return None if captured or variables & self.reach(*ends(more)) else found[0]

    def derivative_inside(self, other, symbol):
        if not self.justification.exchanges or other not in self.insides:
            return super().derivative_inside(other, symbol)
        inside, bounds = self.insides[other]
        if symbol in self.reach(*ends(bounds)):
            raise Inconclusive(f"an end of an integral moves with {symbol}; substitute first")
        return self.pulled(self.derivative(inside, symbol), bounds)


def ends(bounds):
    """The finite ends."""
    return [end for _, low, high in bounds for end in (low, high) if end is not None]
