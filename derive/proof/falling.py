"""Does a value fall off at both ends of the line, faster than every power?

A product falls off in y if one of its factors does: a positive function or one of its derivatives, at an argument that
is linear in y, or exp(a y² + …) with a < 0; and if all other factors are tame: powers of y, and functions at
polynomials in y.
"""

from __future__ import annotations

import sympy as sp

from ..errors import Inconclusive
from ..language.expr import walk
from ..language.functions import Apply
from .functions import Generic
from .signs import sign_of_value


def bells(*nodes) -> dict[str, int]:
    """The names of the functions in ``nodes`` that fall off, with all their derivatives, and in how many arguments."""
    found = [part.function for node in nodes for part in walk(node) if isinstance(part, Apply)]
    return {function.name: function.falling for function in found if function.falling}


def must_fall(translate, expr, y, names) -> None:
    """Raise ``Inconclusive`` unless every term of ``expr`` falls off in ``y``."""
    for exponent, coefficient in parts(translate, expr, y):
        over, under = sp.fraction(sp.together(coefficient))
        if under.has(y) or exponent is None:
            raise Inconclusive(f"{expr} is not seen to fall off with {y}")
        steep = falling_exponent(translate, exponent, y)
        for term in sp.Add.make_args(sp.expand(over)):
            if not (tame(term, y) and (steep or any(falls(translate, part, y, names) for part in factors(term)))):
                raise Inconclusive(f"{term} is not seen to fall off with {y}")


def parts(translate, expr, y):
    """(exponent, coefficient) with the generators written out; nothing may hide ``y``."""
    if any(translate.depends_on(symbol, {y}) for symbol in expr.free_symbols):
        raise Inconclusive(f"{expr} hides {y} in an operator; split the step")
    field = translate.field
    return [
        (sp.expand(field.plain(field.lower(exponent))), field.plain(field.lower(coefficient)))
        for exponent, coefficient in field.groups(field.terms(expr))
    ]


def factors(term):
    return [base for base in (part.as_base_exp()[0] for part in sp.Mul.make_args(term))]


def falling_exponent(translate, exponent, y) -> bool:
    """Is exp(exponent) a bell?  Raise for one that grows, or falls in one direction only."""
    if not exponent.has(y):
        return False
    over, under = sp.fraction(sp.together(exponent))
    square = not under.has(y) and over.is_polynomial(y) and sp.degree(over, y) == 2
    if square and sign_of_value(translate.field, sp.Poly(over, y).LC() / under) == -1:
        return True
    raise Inconclusive(f"exp({exponent}) is not seen to fall off with {y}")


def tame(term, y) -> bool:
    """Powers of ``y``, and functions at polynomials in it."""
    for part in sp.Mul.make_args(term):
        base, power = part.as_base_exp()
        plain = base == y or (isinstance(base, Generic) and all(arg.is_polynomial(y) for arg in base.args))
        if part.has(y) and not (plain and power.is_Integer and power > 0):
            return False
    return True


def falls(translate, part, y, names) -> bool:
    """Is ``part`` a bell, or a derivative of one, at an argument that moves with ``y`` at a rate that is never zero?"""
    places = names.get(type(part).__name__.partition(".")[0], 0) if isinstance(part, Generic) else 0
    slopes = [sp.expand(sp.diff(arg, y)) for arg in part.args[:places]]
    return any(not slope.has(y) and sign_of_value(translate.field, slope) in (1, -1) for slope in slopes)
