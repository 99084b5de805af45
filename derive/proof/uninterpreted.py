"""What a step may not open is one symbol: equal insides, the same symbol, and nothing else is known of it.

Each such symbol remembers what its inside hangs on, so that no variable is bound, and no derivative taken, past it.
"""

from __future__ import annotations

import sympy as sp

from ..errors import DerivationError, Inconclusive
from ..kernel.positive import positive
from .integrals import sign
from .normalform import Field
from .translate import Translator


class Opaque(Translator):
    """The part of a translation into SymPy that keeps operators closed."""

    def __init__(self, index=None):
        super().__init__(index)
        self.field = Field()
        self.known: list[tuple] = []  # opaque operators: kind, what is inside, the symbol that stands for it
        self.inside: dict[sp.Symbol, frozenset] = {}  # the symbols that an opaque one hangs on

    def opaque(self, kind, *inside, positive=False):
        """One symbol for each value of ``inside``: equal insides, proved by the field, get the same symbol."""
        for other, values, symbol in self.known:
            same = other == kind and len(values) == len(inside)
            if same and all(a == b or self.field.is_zero(a - b) for a, b in zip(values, inside, strict=True)):
                return symbol
        symbol = sp.Symbol(f"opaque.{len(self.known)}", real=True, positive=True if positive else None)
        self.known.append((kind, inside, symbol))
        return self.hide(symbol, inside)

    def sure(self, node, low, high) -> bool:
        """Is this integral positive, as its integrand is?"""
        if low is None or high is None:
            return positive(node.body)
        try:
            return positive(node.body) and sign(self.field, self.field.rational(high - low)) == 1
        except DerivationError:
            return False

    def hide(self, symbol, inside):
        """Remember what ``symbol`` stands for hangs on."""
        self.inside[symbol] = self.reach(*inside)
        return symbol

    def reach(self, *parts) -> frozenset:
        """All symbols that ``parts`` hang on, those inside of opaque ones among them."""
        seen = frozenset().union(*(part.free_symbols for part in parts))
        return seen.union(*(self.inside.get(symbol, ()) for symbol in seen))

    def hangs_on(self, symbol, variables) -> bool:
        return not self.inside.get(symbol, frozenset()).isdisjoint(variables)

    def open(self, value, *variables):
        """Return ``value``, unless a variable that is about to be bound hides in something opaque."""
        bound = frozenset().union(*(variable.free_symbols for variable in variables))
        if any(self.hangs_on(symbol, bound) for symbol in value.free_symbols):
            raise Inconclusive(f"{value} hides {bound} in an operator that this licence does not open; split the step")
        return value

    def slope(self, value, symbol):
        """The derivative of a value; something opaque that hangs on the symbol has an opaque derivative."""
        total = sp.diff(value, symbol)
        for other in sorted(value.free_symbols, key=str):
            if self.hangs_on(other, {symbol}):
                total += sp.diff(value, other) * self.slope_inside(other, symbol)
        return total

    def slope_inside(self, other, symbol):
        return self.opaque(("Derivative", str(symbol)), other)
