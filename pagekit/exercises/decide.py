"""Is the answer equal to the right one, on the whole domain?  Yes, or not decided; never by trying numbers.

A symbol of (0, 1) becomes u/(1 + u) with u > 0, so that the signs of α, 1 − α and 1 − αα′ are seen from coefficients.
The decision procedure of the derivations then brings the difference to a normal form.  Its work is bounded
beforehand, by the number of terms that the difference can have, and then by CPU time.
"""

from __future__ import annotations

import math

import sympy as sp

from derive.errors import DerivationError, Inconclusive
from derive.proof.normalform import Field
from derive.proof.signs import sign_of
from derive.proof.timeout import timeout

TERMS, SECONDS = 5_000_000, 20


def proved_equal(given: sp.Expr, right: sp.Expr, seconds: float = SECONDS) -> bool:
    """True if the difference is zero wherever both have a value; False if that is not decided in this time."""
    difference = _by_tangents(given - right)
    if difference == 0:
        return True
    if terms(difference) > TERMS:
        return False
    try:
        with timeout(seconds):
            return _Signed().is_zero(difference.xreplace(chart(difference.free_symbols)))
    except (DerivationError, sp.PolynomialError, ArithmeticError, RecursionError, NotImplementedError):
        return False


def _by_tangents(expr):
    """Sines and cosines as quotients in the tangent of half their argument, which may be any real number."""
    expr = sp.expand_trig(expr) if expr.has(sp.sin, sp.cos) else expr
    halves = {part: sp.Symbol(f"tan of half {part.args[0]}", real=True) for part in expr.atoms(sp.sin, sp.cos)}
    return expr.xreplace(
        {part: (2 * t if isinstance(part, sp.sin) else 1 - t**2) / (1 + t**2) for part, t in halves.items()}
    )


def chart(symbols) -> dict[sp.Symbol, sp.Expr]:
    """u/(1 + u) for each symbol of the interval (0, 1)."""
    fractions = [symbol for symbol in symbols if symbol.is_integer is False]
    odds = {symbol: sp.Symbol(f"odds of {symbol}", positive=True) for symbol in fractions}
    return {symbol: u / (1 + u) for symbol, u in odds.items()}


def terms(expr: sp.Expr) -> int:
    """About how many terms ``expr`` has at most, as one expanded quotient of symbols, roots and logarithms."""
    generators, inside = {_generator(part) for part in _parts(expr)}, 0
    for generator in generators:
        inside += sum(map(terms, generator.args))
    return inside + math.prod(1 + sum(_degrees(expr, generator)) for generator in generators)


def _parts(expr):
    """The symbols and functions of which ``expr`` is a rational function."""
    if expr.is_Add or expr.is_Mul or (expr.is_Pow and expr.exp.is_Integer):
        for part in expr.args:
            yield from _parts(part)
    elif not expr.is_number or expr.args:
        yield expr


def _generator(part):
    """All powers of a quantity with a fixed exponent count as one generator."""
    return sp.sqrt(part.base, evaluate=False) if part.is_Pow and part.exp.is_Rational else part


def _degrees(expr, generator) -> tuple[int, int]:
    """Bounds for the degrees of numerator and denominator in one generator."""
    if expr.is_Add:
        pairs = [(sp.denom(part), _degrees(part, generator)) for part in expr.args]
        under = sum({bottom: below for bottom, (_, below) in pairs}.values())
        return max(over for _, (over, _) in pairs) + under, under
    if expr.is_Mul:
        pairs = [_degrees(part, generator) for part in expr.args]
        return sum(over for over, _ in pairs), sum(under for _, under in pairs)
    if expr.is_Pow and expr.exp.is_Integer:
        over, under = (abs(int(expr.exp)) * degree for degree in _degrees(expr.base, generator))
        return (under, over) if expr.exp < 0 else (over, under)
    if (expr.is_number and not expr.args) or _generator(expr) != generator:
        return 0, 0
    power = expr.exp.p if expr.is_Pow and expr.exp.is_Rational else 1
    return (0, -power) if power < 0 else (power, int(expr.is_integer is False and expr.is_Symbol))


class _Signed(Field):
    """The field of the derivations, with e, with log √f = ½ log f, and with |u| where the sign of u is proved."""

    def logarithm(self, expr):
        result = super().logarithm(expr)
        for factor, root in list(self.roots.items()):
            if root in self.logs and result.has(self.logs[root]):
                result = result.xreplace({self.logs[root]: self.logarithm(factor) / 2})
        return result

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
