"""Signs, from the form (products, quotients and sums of positive things) or from the factors of a value."""

from __future__ import annotations

from itertools import combinations

import sympy as sp

from ..errors import DerivationError


def sign_of_value(field, value) -> int | None:
    """1 or -1 if the value is proved to have that sign, 0 if it is proved to be non-negative, else None."""
    try:
        _, coefficient = field.single(value)
        over, under = sp.fraction(field.lower(coefficient))
        signs = [_sign(part) for part in (over, under)]
    except DerivationError:
        return None
    return None if None in signs or signs[1] == 0 else signs[0] * signs[1]


def steady(field, value, grows) -> bool:
    """Is there no value of a symbol at which the fastest term in a quotient, root, exponent or logarithm vanishes?

    Nor may another term become the fastest: the difference of any two exponents has one sign from some time on.
    """
    powers = [part.as_base_exp() for part in value.atoms(sp.exp, sp.Pow)]
    exponents = [sp.expand(power * sp.log(base)) for base, power in powers if power.has(grows)]
    if not all(part.is_polynomial(grows) for part in exponents):  # one alone, such as (1 - 1/n)^n, has no rival
        exponents = [] if len(exponents) == 1 else [sp.nan]
    for one, other in combinations([sp.S.Zero, *exponents], 2):
        gap = sp.Poly(one - other, grows) if one != sp.nan != other else None
        if gap is None or (gap.degree() > 0 and sign_of_value(field, gap.LC()) not in (1, -1)):
            return False
    for part in sp.preorder_traversal(value):
        closed = isinstance(part, (sp.exp, sp.log)) or (part.is_Pow and not (part.exp.is_Integer and part.exp > 0))
        for side in (side for arg in part.args for side in sp.fraction(sp.together(arg)) if closed and side.has(grows)):
            moving = [generator for generator in sp.Poly(side).gens if generator.has(grows)]
            polynomial = sp.Poly(side, *moving)
            leading = [polynomial.LC()] if moving == [grows] else polynomial.coeffs()
            if any(sign_of_value(field, coefficient) not in (1, -1) for coefficient in leading):
                return False
    return True


def _sign(polynomial):
    number, factors = sp.factor_list(polynomial)
    if number == 0:
        return 0
    sign = int(sp.sign(number))
    for factor, count in factors:
        known = sign_of(factor)
        if known is None and count % 2 and sign_of(factor, strict=False) is None:
            return None
        if known is not None:
            sign *= known**count
        elif count % 2:
            sign = 0 if sign * sign_of(factor, strict=False) >= 0 else None
        else:
            sign = 0 if sign >= 0 else None
        if sign is None:
            return None
    return sign


def sign_of(expr, strict: bool = True) -> int | None:
    """Return 1 or -1 if a polynomial is proved positive or negative, else None.

    It is proved by its coefficients: all of one sign, odd powers of positive symbols only.  ``strict`` excludes a zero.
    """
    expr = sp.expand(expr)
    unsure = sorted((s for s in expr.free_symbols if not s.is_positive), key=str)
    if not expr.free_symbols:
        return int(sp.sign(expr)) or None
    polynomial = sp.Poly(expr, *sorted(expr.free_symbols, key=str))
    signs, never_zero = set(), False
    for powers, coefficient in polynomial.terms():
        odd = [power for symbol, power in zip(polynomial.gens, powers, strict=True) if symbol in unsure and power]
        if any(power % 2 for power in odd) or coefficient.is_real is not True:
            return None
        signs.add(int(sp.sign(coefficient)))
        never_zero |= not odd
    return signs.pop() if len(signs) == 1 and (never_zero or not strict) else None
