"""A point at which two expressions differ.  Numbers only refute here; that none was found proves nothing.

The arithmetic is that of intervals: a value is known to lie between two numbers, and two values differ only if their
intervals are disjoint.  So rounding makes no witness, near the border of the domain or far out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import sympy as sp
from mpmath import iv

from .exercise import corners, point

USUAL, JOINT, BITS = 24, 24, 240
LARGEST = 10**5  # the largest argument of exp, and exponent, that is computed


class NoValue(Exception):
    """The expression has no real value at this point."""


class Unknown(Exception):
    """Its value at this point is not known well enough to say anything."""


@dataclass(frozen=True)
class Witness:
    """``mine`` and ``theirs`` are intervals without a common point; ``mine`` is None where there is no real value."""

    where: dict
    mine: object
    theirs: object


def points(symbols) -> Iterator[dict[sp.Symbol, sp.Rational]]:
    """Usual points; then near the border and far out, symbol by symbol and all together."""
    if not symbols:
        yield {}
        return
    yield from (point(str(number), symbols) for number in range(USUAL))
    usual = point("0", symbols)
    for symbol in usual:
        yield from (usual | {symbol: value} for value in corners(symbol))
    for number in range(JOINT):
        yield {symbol: random.Random(f"{number}:{symbol.name}").choice(corners(symbol)) for symbol in usual}


def refute(given: sp.Expr, right: sp.Expr, usual: bool = False) -> Witness | None:
    """The first point with two values that differ; else the first at which only ``right`` has one; else None.

    ``usual`` looks at the usual points alone.
    """
    symbols = tuple(sorted(given.free_symbols | right.free_symbols, key=str))
    hole = None
    for number, where in enumerate(points(symbols)):
        if usual and number == USUAL:
            break
        theirs = value(right, where)
        if theirs is None or isinstance(theirs, NoValue):
            continue
        mine = value(given, where)
        if isinstance(mine, NoValue):
            hole = hole or Witness(where, None, theirs)
        elif mine is not None and (mine.b < theirs.a or theirs.b < mine.a):
            return Witness(where, mine, theirs)
    return hole


def compared(given: sp.Expr, right: sp.Expr) -> bool:
    """Is there a point at which the values of both are known?"""
    symbols = tuple(sorted(given.free_symbols | right.free_symbols, key=str))
    unknown = (NoValue, type(None))
    return any(all(not isinstance(value(side, where), unknown) for side in (given, right)) for where in points(symbols))


def value(expr, where):
    """An interval around the value, ``NoValue()`` if there is none, None if that is not known."""
    before, iv.prec = iv.prec, BITS
    try:
        return _value(expr, where)
    except NoValue as nowhere:
        return nowhere
    except Unknown:
        return None
    finally:
        iv.prec = before


def _value(expr, where):
    if expr.is_Rational:
        return iv.mpf(expr.p) / expr.q
    if expr.is_Symbol:
        return _value(where[expr], where)
    if expr is sp.pi or expr is sp.E:
        return +iv.pi if expr is sp.pi else iv.exp(1)
    parts = [_value(part, where) for part in expr.args]
    if expr.is_Add:
        return sum(parts[1:], parts[0])
    if expr.is_Mul:
        product = parts[0]
        for part in parts[1:]:
            product *= part
        return product
    if isinstance(expr, sp.Abs):
        return abs(parts[0])
    if isinstance(expr, (sp.sin, sp.cos)):
        return _wave(expr.func, parts[0])
    if isinstance(expr, sp.exp):
        return _exp(parts[0])
    if isinstance(expr, sp.log):
        return _log(parts[0])
    if expr.is_Pow:
        return _power(*parts)
    raise Unknown


def _wave(function, argument):
    if not (argument.a > -LARGEST and argument.b < LARGEST):
        raise Unknown
    return (iv.sin if function is sp.sin else iv.cos)(argument)


def _exp(argument):
    if not (argument.a > -LARGEST and argument.b < LARGEST):
        raise Unknown
    return iv.exp(argument)


def _log(argument):
    _positive(argument)
    return iv.log(argument)


def _power(base, exponent):
    if base.a == base.b == 0:
        if exponent.a > 0:
            return base
        raise NoValue if exponent.b < 0 else Unknown
    if exponent.a == exponent.b and exponent.a == int(exponent.a):
        return _whole_power(base, int(exponent.a))
    _positive(base)
    if exponent.a == exponent.b == iv.mpf(1) / 2:
        return iv.sqrt(base)
    return _exp(exponent * iv.log(base))


def _whole_power(base, power):
    if abs(power) > LARGEST or (power < 0 and base.a <= 0 <= base.b):
        raise Unknown
    return base**power if power >= 0 else 1 / base**-power


def _positive(base):
    if base.b < 0 or base.a == base.b == 0:
        raise NoValue
    if base.a <= 0:
        raise Unknown
