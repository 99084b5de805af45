"""Substitution: ∫ h(αu + β) du = ∫ h(w) dw / |α|, with the ends moved along, for an α that is never zero.

Both sides are brought to one variable w, which is the argument of one and the same function, or in which a Gaussian
is exp(−w²); in it they must be equal.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from ..errors import DerivationError, Inconclusive
from .falling import decaying, must_fall, parts
from .functions import Generic
from .signs import sign_of_value
from .symbolic import Symbolic, floors


def substituted(goal, left, right, chart, index, least) -> str | None:
    """How ``left = right`` was decided: in the variable of one of the functions, or of a Gaussian."""
    problem = None
    for place in (None, 0, 1, 2):
        translate = Changed(
            replace(goal.justification, linear=True, mean="mean"),
            goal.standard,
            floors(left, right),
            index,
            chart,
            least,
        )
        translate.place, translate.decaying = place, decaying(left, right)
        try:
            if translate.field.is_zero(translate(left) - translate(right)):
                return "substitution"
        except DerivationError as error:
            problem = error
    if problem is not None:
        raise problem
    return None


class Changed(Symbolic):
    """Integrals in w; ``place`` is that of the function, by name, whose argument w is; None is a Gaussian."""

    place: int | None = None
    decaying: dict[str, int]
    common = sp.Dummy("w", real=True)

    def one(self, inside, bounds):
        if len(bounds) > 1 or bounds[0][0] is self.common:
            return super().one(inside, bounds)
        ((u, low, high),) = bounds
        if any(self.depends_on(symbol, {u}) for symbol in inside.free_symbols):
            raise Inconclusive(f"{inside} hides {u} in an operator; split the step")
        if None in (low, high):
            must_fall(self, inside, u, self.decaying)
        rate, shift = self.line(inside, u)
        sign = sign_of_value(self.field, rate)
        if sign not in (1, -1) or rate.has(u) or shift.has(u):
            raise Inconclusive(f"{rate} is not seen to be different from zero, and constant in {u}")
        inside = inside.subs(u, (self.common - shift) / rate) / (sign * rate)
        ends = [None if end is None else rate * end + shift for end in (low, high)]
        return self.pulled(inside, ((self.common, *ends[::sign]),))

    def line(self, inside, u):
        """α and β of w = αu + β."""
        found = [f for f in inside.atoms(Generic) if f.has(u) and len(f.args) == 1]
        found = sorted(found, key=lambda f: (type(f).__name__, str(f)))
        if self.place is not None and self.place < len(found):
            rate = sp.expand(sp.diff(found[self.place].args[0], u))
            return rate, sp.expand(found[self.place].args[0] - rate * u)
        for exponent, _ in parts(self, inside, u):
            if exponent.is_polynomial(u) and sp.degree(exponent, u) == 2:
                a, b, _ = sp.Poly(exponent, u).all_coeffs()
                return sp.sqrt(-a), b / (2 * a) * sp.sqrt(-a)
        return sp.S.One, sp.S.Zero
