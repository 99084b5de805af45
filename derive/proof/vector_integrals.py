"""Integrals over vectors: an integral is linear, and exchanges with derivatives, where a justification says so.

What is left inside is one symbol; integrands that the field proves to be equal have the same one.
"""

from __future__ import annotations

from ..errors import DerivationError, Inconclusive
from ..justifications import CLOSED, JUSTIFICATIONS
from ..kernel.positive import positive
from ..kernel.sums import ONE, ZERO, product, products, times, total
from ..language.density import KL, E, Integral, Var
from ..language.dependence import atoms, moves
from ..language.expr import Expr, Mul, Symbol, walk
from ..language.text import text
from ..language.vectors import is_variable
from .decide import GIVEN_UP
from .differentiation import derivative
from .symbolic import Symbolic, floors


class Integrals:
    """The part of ``vectors.Coordinates`` for integrals."""

    def _Integral(self, node):
        over = node.over
        if not is_variable(over) or (node.low, node.high) != (None, None):
            raise Inconclusive(f"{node!r} is no integral over all vectors, of which alone rules are known")
        for part in walk(node.body):
            if isinstance(part, (E, Var, KL)):
                raise Inconclusive(f"{part!r} is a mean inside of an integral over vectors; write it as an integral")
        for part in atoms(node.body):
            if part != over and moves(part, over, self.goal.stated):
                raise Inconclusive(f"{part!r} may vary with {over!r}, over which {node!r} runs; put its definition in")
        return self.integral(self(node.body), over)

    def integral(self, body: Expr, over: Symbol) -> Expr:
        self.inside.append(body)
        if not self.by.linear:
            return self.one(body, over)
        found = []
        for c, factors in products(body):
            moving = {f: n for f, n in factors.items() if self.reaches(f, over)}
            rest = {f: n for f, n in factors.items() if f not in moving}
            split = self.split(moving, over)
            inner = self.sum(self.summand(split, over)) if split else self.one(product(ONE.value, moving), over)
            outside = product(c, rest)
            found.append(inner if outside == ONE else Mul((outside, inner)))
        return total(found)

    def split(self, factors, over):
        """∫ Σ_i a_i b_i c dy = Σ_i a_i ∫ b_i c dy: the sum, the factors a_i, and those inside; None without a sum."""
        found = []
        for symbol in sorted((f for f, n in factors.items() if n == 1 and f in self.sums), key=text):
            still = {f: n for f, n in self.sums[symbol].items() if not self.reaches(f, over)}
            moving = {f: n for f, n in self.sums[symbol].items() if f not in still}
            rest = {f: n for f, n in factors.items() if f != symbol}
            if not any(map(self.moves, rest)):
                found.append((symbol, still, times(moving, rest)))
        return next((each for each in found if each[1]), found[0] if found else None)

    def summand(self, split, over):
        _, still, inside = split
        return times(still, {self.one(product(ONE.value, inside), over): 1})

    def reaches(self, node, variable) -> bool:
        """Does ``node`` depend on a variable, also where a symbol stands for what does?"""
        return any(variable in walk(self.atoms.get(leaf, self.values.get(leaf, leaf))) for leaf in self.leaves(node))

    def one(self, inside: Expr, over: Symbol) -> Symbol:
        """The symbol of an integral out of which nothing is pulled."""
        for symbol, (other, variable) in self.integrals.items():
            if variable == over and self.equal(inside, other):
                return symbol
        label, node = f"∫ {text(inside)} d{over.name}", Integral(inside, over)
        symbol = self.coordinate(label, node) if self.moves(inside) else self.value(label, node, positive(inside))
        self.integrals[symbol] = inside, over
        return symbol

    def equal(self, one: Expr, other: Expr) -> bool:
        by = JUSTIFICATIONS["differentiation"] if self.by.differentiates else CLOSED
        translate = Symbolic(by, floors=floors(one, other))
        try:
            return one == other or translate.field.is_zero(translate(one) - translate(other))
        except (DerivationError, *GIVEN_UP):
            return False

    def derivative_of_integral(self, symbol, by, partial) -> Expr:
        """The derivative by ``by`` of the integral that ``symbol`` stands for."""
        inside, over = self.integrals[symbol]
        if not self.reaches(symbol, by):
            return ZERO
        if not self.by.exchanges:
            raise Inconclusive(f"{symbol!r} moves with {by!r}; exchange the derivative and the integral in a step")
        return self.integral(derivative(inside, partial), over)
