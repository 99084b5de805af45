"""Integrals: a closed form by a rule, and the antiderivative differentiated back.

An integral from a computer algebra system is a goal, not a proof: SymPy 1.14 returns 0 for the integral of
1/(ax² + bx + c) with real symbols.  Here every antiderivative is differentiated, and the result must equal the
integrand by the decision procedure of ``normalform``.

With A = a y² + b y + c and a < 0, an antiderivative of k exp(A) is

    F(y) = k √(π/−a) exp(c − b²/(4a)) Φ(√(−2a) (y + b/(2a))),     F(−∞) = 0,     F(∞) = k √(π/−a) exp(c − b²/(4a)).
"""

from __future__ import annotations

import sympy as sp

from ..errors import Inconclusive
from .functions import Phi
from .signs import sign_of_value


def gaussian(field, integrand, y, low=None, high=None):
    """∫ integrand dy for a sum of exponentials of polynomials of degree two in y; an end that is None is infinite."""
    total = sp.S.Zero
    for exponent, factor in field.terms(integrand):
        exponent, factor = field.plain(field.lower(exponent)), field.plain(field.lower(factor))
        over, under = sp.fraction(sp.together(exponent))
        if under.has(y) or factor.has(y) or sp.degree(over, y) != 2:
            raise Inconclusive(f"{integrand} is not a Gaussian in {y}; expand it first")
        a, b, c = (part / under for part in sp.Poly(over, y).all_coeffs())
        if sign_of_value(field, -a) != 1:
            raise Inconclusive(f"the coefficient {a} of {y}² is not known to be negative")
        peak = factor * sp.sqrt(sp.pi / -a) * sp.exp(c - b**2 / (4 * a))
        antiderivative = peak * Phi(sp.sqrt(-2 * a) * (y + b / (2 * a)))
        if not field.is_zero(sp.diff(antiderivative, y) - factor * sp.exp(exponent)):
            raise Inconclusive(f"the antiderivative of {integrand} does not differentiate back")
        total += peak if high is None else antiderivative.subs(y, high)
        total -= 0 if low is None else antiderivative.subs(y, low)
    return total


def definite(field, integrand, y, low, high):
    """∫ integrand dy from low to high, for an integrand that is proved to be continuous between them."""
    between = inside(low, high)
    under = sp.fraction(sp.together(integrand))[1]
    if under.has(y) and sign_of_value(field, under.subs(y, between)) not in (1, -1):
        raise Inconclusive(f"{integrand} may have a pole between {low} and {high}")
    antiderivative = sp.integrate(integrand, y)
    antiderivative = antiderivative.replace(
        sp.log, lambda part: sp.log(-part if sign_of_value(field, part.subs(y, between)) == -1 else part)
    )
    if antiderivative.has(sp.Integral, sp.Piecewise) or not field.is_zero(sp.diff(antiderivative, y) - integrand):
        raise Inconclusive(f"the antiderivative {antiderivative} of {integrand} does not differentiate back")
    return antiderivative.subs(y, high) - antiderivative.subs(y, low)


def inside(low, high):
    """A point that runs over the open interval from low to high, by a symbol of its own; an end None is infinite."""
    fraction = sp.Dummy("fraction", positive=True)
    if low is None:
        return high - fraction
    return low + fraction if high is None else low + (high - low) * fraction / (1 + fraction)
