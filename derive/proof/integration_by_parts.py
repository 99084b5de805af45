"""Integration by parts: ∫ F′ dy = 0 for a smooth F that falls off at both ends.

The two sides of a step differ by one integral, ∫ I dy.  F is sought among the products in I with one derivative
less, or one power of y less beside a Gaussian exp(A); whatever is found must differentiate back to I.
"""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from ..errors import Inconclusive
from .falling import decaying, must_fall, parts
from .functions import Generic, arbitrary
from .signs import sign_of_value
from .symbolic import Symbolic, floors

ROUNDS, MOST = 4, 40  # how often the candidates are differentiated for more of them, and how many there may be


def by_parts(goal, left, right, chart, index, least) -> str:
    """How ``left = right`` was decided: up to an integral of a derivative."""
    translate = Symbolic(
        replace(goal.justification, linear=True, mean="mean"), goal.standard, floors(left, right), index, chart, least
    )
    names, field = decaying(left, right), translate.field
    difference = translate(left) - translate(right)
    for _, coefficient in field.groups(field.terms(difference)):
        total, y = one_integral(translate, sp.fraction(field.lower(coefficient))[0], names)
        if field.is_zero(total):
            continue
        primitive = sp.Add(*(sp.exp(a) * lowered(translate, a, g, y, names) for a, g in parts(translate, total, y)))
        if not field.is_zero(sp.diff(primitive, y) - total):
            raise Inconclusive(f"no product was found whose derivative is {total}")
        must_fall(translate, primitive, y, names)
    return "integration by parts"


def one_integral(translate, numerator, names):
    """The integrand, and its variable, of a sum of integrals over the line with constants before them.

    One of them need not be seen to converge: it does, as the others do, and the integral of the derivative.
    """
    symbols = sorted((s for s in numerator.free_symbols if s in translate.insides), key=str)
    y, total = sp.Dummy("y", real=True), sp.S.Zero
    rest, open_ = numerator, False
    for symbol in symbols:
        constant = sp.diff(numerator, symbol)
        (over, low, high), *more = translate.insides[symbol][1]
        if more or (low, high) != (None, None) or any(s in translate.insides for s in constant.free_symbols):
            raise Inconclusive("integration by parts knows single integrals over the line, with constants before them")
        inside = translate.insides[symbol][0]
        try:
            must_fall(translate, inside, over, names)
        except Inconclusive:
            if open_ or sign_of_value(translate.field, constant) not in (1, -1):
                raise
            open_ = True
        total += translate.field.plain(constant) * inside.subs(over, y)
        rest = rest - constant * symbol
    if not translate.field.is_zero(sp.expand(rest)):
        raise Inconclusive(f"{rest} is left over, which is no integral")
    return total, y


def lowered(translate, exponent, coefficient, y, names):
    """G with G′ + A′ G = ``coefficient``, for the exponent A; zero if none is found."""
    rate = sp.diff(exponent, y)

    def derivative(term):
        return sp.expand(sp.diff(term, y) + rate * term)

    target = sp.expand(coefficient)
    candidates, todo = [], [target]
    for _ in range(ROUNDS):
        new = [c for one in todo for term in sp.Add.make_args(one) for c in _lower(term, y, rate != 0, names)]
        new = [c for c in dict.fromkeys(new) if c not in candidates][: MOST - len(candidates)]
        candidates += new
        todo = [derivative(c) for c in new]
    if not candidates:
        return sp.S.Zero
    weights = [sp.Dummy() for _ in candidates]
    error = sp.expand(target - sum(w * derivative(c) for w, c in zip(weights, candidates, strict=True)))
    moving = [y, *sorted((f for f in error.atoms(Generic, sp.log) if f.has(y)), key=str)]
    equations = sp.Poly(sp.fraction(sp.together(error))[0], *moving).coeffs()
    solution = next(iter(sp.linsolve(equations, *weights)), None)
    if solution is None:
        return sp.S.Zero
    solution = [part.subs(dict.fromkeys(weights, 0)) for part in solution]
    return sp.Add(*(w * c for w, c in zip(solution, candidates, strict=True)))


def _lower(term, y, gaussian, names):
    """The moving part of a term, with one derivative less; beside a Gaussian also with one power of ``y`` less."""
    _, moving = term.as_independent(y, *(f for f in term.atoms(Generic) if f.has(y)), as_Add=False)
    for factor in sp.Mul.make_args(moving):
        if isinstance(factor, Generic):
            yield from (moving / factor * less for less in _primitives(factor, y, names))
    if gaussian and moving.as_powers_dict()[y] >= 1:
        yield moving / y


def _primitives(value, y, names):
    """The function whose derivative by ``y`` the function value is, up to a constant: one order less."""
    name, *orders = type(value).__name__.split(".")
    moving = [place for place, arg in enumerate(value.args) if arg.has(y)]
    if len(moving) == 1 and len(orders) == len(value.args) and int(orders[moving[0]]):
        less = [int(order) - (place == moving[0]) for place, order in enumerate(orders)]
        yield arbitrary(name, tuple(less), not any(less) and name in names)(*value.args)
