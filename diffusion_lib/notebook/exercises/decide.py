"""Is the answer equal to the right one, on the whole domain?  Yes, or not decided; never by trying numbers.

A letter of (0, 1) becomes u/(1 + u) with u > 0, so that the signs of α, 1 − α and 1 − αα′ are seen from coefficients.
The decision procedure of the derivations then brings the difference to a normal form.  Its work is bounded
beforehand, by the number of terms that the difference can have, and by processor time after that.
"""

from __future__ import annotations

import math

import sympy as sp

from diffusion_lib.errors import DerivationError, Inconclusive
from diffusion_lib.symbolic.normalform import Field, sign_of
from diffusion_lib.symbolic.patience import patience

TERMS, SECONDS = 300_000, 20


def proved_equal(given: sp.Expr, right: sp.Expr) -> bool:
    """True if the difference is zero wherever both have a value; False if that is not decided."""
    difference = given - right
    if difference == 0:
        return True
    if terms(difference) > TERMS:
        return False
    try:
        with patience(SECONDS):
            return _Signed().is_zero(difference.xreplace(chart(difference.free_symbols)))
    except (DerivationError, sp.PolynomialError, ArithmeticError, RecursionError, NotImplementedError):
        return False


def chart(letters) -> dict[sp.Symbol, sp.Expr]:
    """u/(1 + u) for each letter of the interval (0, 1)."""
    shares = [letter for letter in letters if letter.is_integer is False]
    odds = {letter: sp.Symbol(f"odds of {letter}", positive=True) for letter in shares}
    return {letter: u / (1 + u) for letter, u in odds.items()}


def terms(expr: sp.Expr) -> int:
    """At most how many terms ``expr`` has when it is one expanded quotient."""
    kernels = {part for part in expr.atoms(sp.Pow, sp.exp, sp.log, sp.Abs) if not (part.is_Pow and part.exp.is_Integer)}
    generators = len(expr.free_symbols) + len(kernels)
    over, under = _degrees(expr)
    return math.comb(over + under + generators, generators)


def _degrees(expr) -> tuple[int, int]:
    """Bounds for the degrees of numerator and denominator, letters, roots and logarithms all counted."""
    if expr.is_Symbol:
        return 1, int(expr.is_integer is False)
    if expr.is_Add:
        pairs = {(sp.denom(part), _degrees(part)) for part in expr.args}
        under = sum({bottom: below for bottom, (_, below) in pairs}.values())
        return max(over for _, (over, _) in pairs) + under, under
    if expr.is_Mul:
        pairs = list(map(_degrees, expr.args))
        return sum(over for over, _ in pairs), sum(under for _, under in pairs)
    if expr.is_Pow and expr.exp.is_Rational:
        over, under = (abs(expr.exp.p) * degree for degree in _degrees(expr.base))
        return (under, over) if expr.exp < 0 else (over, under)
    return (1 + sum(sum(_degrees(part)) for part in expr.args), 0) if expr.args else (0, 0)


class _Signed(Field):
    """The field of the derivations, with e and with |u| where the sign of u is proved."""

    def terms(self, expr):
        if expr is sp.E:
            return [(sp.S.One, sp.S.One)]
        if not isinstance(expr, sp.Abs):
            return super().terms(expr)
        inside = self.lower(self.rational(expr.args[0]))
        signs = [sign_of(part) for part in sp.fraction(inside)]
        if None in signs:
            raise Inconclusive(f"the sign of {expr.args[0]} is not known on the domain")
        return [(sp.S.Zero, math.prod(signs) * inside)]
