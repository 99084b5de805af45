"""An operator that a step may not evaluate is one uninterpreted symbol: equal arguments give the same symbol.

Each such symbol remembers what its inside depends on, so that no variable is bound, and no derivative taken, past it.
"""

from __future__ import annotations

import sympy as sp

from ..errors import Inconclusive
from ..kernel.positive import positive
from .normalform import Field
from .signs import sign_of_value
from .translate import Translator


class Uninterpreted(Translator):
    """The part of a translation into SymPy that leaves operators uninterpreted."""

    def __init__(self, index=None):
        super().__init__(index)
        self.field = Field()
        self.known: list[tuple] = []  # uninterpreted operators: kind, what is inside, the symbol that stands for it
        self.inside: dict[sp.Symbol, frozenset] = {}  # the symbols that an uninterpreted one depends on

    def uninterpreted(self, kind, *inside, positive=False):
        """One symbol for each value of ``inside``: equal insides, proved by the field, get the same symbol."""
        for other, values, symbol in self.known:
            same = other == kind and len(values) == len(inside)
            if same and all(a == b or self.field.is_zero(a - b) for a, b in zip(values, inside, strict=True)):
                return symbol
        symbol = sp.Symbol(f"operator.{len(self.known)}", real=True, positive=True if positive else None)
        self.known.append((kind, inside, symbol))
        return self.hide(symbol, inside)

    def sure(self, node, low, high) -> bool:
        """Is this integral positive, as its integrand is?"""
        if low is None or high is None:
            return positive(node.body)
        return positive(node.body) and sign_of_value(self.field, high - low) == 1

    def hide(self, symbol, inside):
        """Remember what the inside of ``symbol`` depends on."""
        self.inside[symbol] = self.reach(*inside)
        return symbol

    def reach(self, *parts) -> frozenset:
        """All symbols that ``parts`` depend on, those inside of uninterpreted ones among them."""
        seen = frozenset().union(*(part.free_symbols for part in parts))
        return seen.union(*(self.inside.get(symbol, ()) for symbol in seen))

    def depends_on(self, symbol, variables) -> bool:
        return not self.inside.get(symbol, frozenset()).isdisjoint(variables)

    def open(self, value, *variables):
        """Return ``value``, unless a variable that is about to be bound is hidden in an uninterpreted operator."""
        bound = frozenset().union(*(variable.free_symbols for variable in variables))
        if any(self.depends_on(symbol, bound) for symbol in value.free_symbols):
            raise Inconclusive(
                f"{value} hides {bound} in an operator that this justification does not open; split the step"
            )
        return value

    def derivative(self, value, symbol):
        """The derivative of a value; an uninterpreted operator that depends on the symbol has such a derivative."""
        total = sp.diff(value, symbol)
        for other in sorted(value.free_symbols, key=str):
            if self.depends_on(other, {symbol}):
                total += sp.diff(value, other) * self.derivative_inside(other, symbol)
        return total

    def derivative_inside(self, other, symbol):
        return self.uninterpreted(("Derivative", str(symbol)), other)
