"""Does a value fall off at both ends of the line, faster than every power?

A product falls off in y if one of its factors does: a positive function or one of its derivatives, at an argument that
is linear in y, or exp(a y² + …) with a < 0; and if all other factors are tame: powers of y, and functions at
polynomials in y.  As f > 0 has f′² ≤ 2 f sup |f″| over a neighbourhood, f′²/f falls off as well, and so do f log f
and f′ log f, but f″ log f need not.
"""

from __future__ import annotations

import sympy as sp

from ..errors import Inconclusive
from ..language.expr import walk
from ..language.functions import Apply
from .functions import Generic
from .signs import sign_of_value


def decaying(*nodes) -> dict[str, int]:
    """The names of the functions in ``nodes`` that fall off, with all their derivatives, and in how many arguments."""
    found = [part.function for node in nodes for part in walk(node) if isinstance(part, Apply)]
    return {function.name: function.falling for function in found if function.falling}


def must_fall(translate, expr, y, names) -> None:
    """Raise ``Inconclusive`` unless every term of ``expr`` falls off in ``y``."""
    for exponent, coefficient in parts(translate, expr, y):
        over, under = sp.fraction(sp.together(coefficient))
        steep = falling_exponent(translate, exponent, y)
        for term in sp.Add.make_args(sp.expand(over)):
            if not falls(translate, term / sp.factor(under), y, names, steep):
                raise Inconclusive(f"{term / under} is not seen to fall off with {y}")


def parts(translate, expr, y):
    """(exponent, coefficient) with the generators written out; nothing may hide ``y``."""
    if any(translate.depends_on(symbol, {y}) for symbol in expr.free_symbols):
        raise Inconclusive(f"{expr} hides {y} in an operator; split the step")
    field = translate.field
    return [
        (sp.expand(field.plain(field.lower(exponent))), field.plain(field.lower(coefficient)))
        for exponent, coefficient in field.groups(field.terms(expr))
    ]


def falling_exponent(translate, exponent, y) -> bool:
    """Is exp(exponent) a Gaussian?  Raise for an exponential that grows, or that falls off in one direction only."""
    if not exponent.has(y):
        return False
    over, under = sp.fraction(sp.together(exponent))
    square = not under.has(y) and over.is_polynomial(y) and sp.degree(over, y) == 2
    if square and sign_of_value(translate.field, sp.Poly(over, y).LC() / under) == -1:
        return True
    raise Inconclusive(f"exp({exponent}) is not seen to fall off with {y}")


def falls(translate, term, y, names, steep) -> bool:
    """Are all factors tame, and does one of them fall off, or the exponential beside them if it is ``steep``?"""
    powers, logs = {}, set()
    for base, power in (part.as_base_exp() for part in sp.Mul.make_args(term) if part.has(y)):
        inside = base.args[0] if isinstance(base, sp.log) else base
        decays = is_decaying(translate, inside, y, names)
        name, *orders = type(inside).__name__.split(".")
        if not power.is_Integer or (power < 0 and (not decays or inside is not base or any(map(int, orders)))):
            return False
        if decays:
            logs |= {(name, inside.args)} if inside is not base else set()
            order = min(sum(map(int, orders)), 2)
            found = powers.setdefault((name, inside.args), [0, 0, 0])
            found[order] += power if inside is base else 0
        elif inside is not base or not (base == y or is_tame(base, y)):
            return False
    degrees = {f: 2 * plain + first for f, (plain, first, _) in powers.items()}  # of the root of f
    small = {f for f, degree in degrees.items() if degree > (0 if f in logs or not powers[f][1] else -1)}
    bounded = {f for f, (plain, *_) in powers.items() if plain >= 0 and f not in logs}
    falling = steep or bool(small) or any(powers[f][2] for f in bounded)
    return falling and powers.keys() <= small | bounded


def is_tame(part, y) -> bool:
    """A function at polynomials in ``y``."""
    return isinstance(part, Generic) and all(arg.is_polynomial(y) for arg in part.args)


def is_decaying(translate, part, y, names) -> bool:
    """Is ``part`` a rapidly decreasing function, or a derivative, at an argument whose rate in ``y`` is never zero?"""
    places = names.get(type(part).__name__.partition(".")[0], 0) if is_tame(part, y) else 0
    rates = [sp.expand(sp.diff(arg, y)) for arg in part.args[:places]]
    return any(not rate.has(y) and sign_of_value(translate.field, rate) in (1, -1) for rate in rates)
