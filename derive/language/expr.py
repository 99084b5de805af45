"""Expressions, kept as they are written.

A formula in a derivation has two lives: a reader sees it and a machine checks it.  Both lives must be those of one
object.  An expression here is therefore a plain tree of what the author wrote: nothing is reordered, expanded or
cancelled on entry, so ``sqrt(alpha[t] * alpha[t - 1])`` is shown as one root although it equals a product of two.
Interpreters that traverse the tree give it a meaning: exact rational and 60-digit numbers, SymPy, finite Markov
chains, linear-Gaussian chains, LaTeX.

Floats are refused: a derivation that contains 0.8 is about the float nearest to 0.8.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..errors import ArgumentError


class Expr:
    """A node; arithmetic builds larger trees and simplifies nothing."""

    def __add__(self, other: Value) -> Expr:
        return Add((*_terms(self), *_terms(wrap(other))))

    def __radd__(self, other: Value) -> Expr:
        return wrap(other) + self

    def __sub__(self, other: Value) -> Expr:
        return Add((*_terms(self), Neg(wrap(other))))

    def __rsub__(self, other: Value) -> Expr:
        return wrap(other) - self

    def __mul__(self, other: Value) -> Expr:
        return Mul((*_factors(self), *_factors(wrap(other))))

    def __rmul__(self, other: Value) -> Expr:
        return wrap(other) * self

    def __truediv__(self, other: Value) -> Expr:
        return Div(self, wrap(other))

    def __rtruediv__(self, other: Value) -> Expr:
        return Div(wrap(other), self)

    def __pow__(self, other: Value) -> Expr:
        return Pow(self, wrap(other))

    def __rpow__(self, other: Value) -> Expr:
        return Pow(wrap(other), self)

    def __neg__(self) -> Expr:
        return Neg(self)

    def __bool__(self) -> bool:
        raise ArgumentError(f"the truth of {self!r} is not a Python bool; state it as a step of a derivation")

    def __repr__(self) -> str:
        return Expr.written(self)

    written = object.__repr__  # ``text`` knows all kinds of nodes, and puts itself here


@dataclass(frozen=True, repr=False)
class Num(Expr):
    """A rational number."""

    value: Fraction


@dataclass(frozen=True, repr=False)
class Pi(Expr):
    """The circle constant."""


@dataclass(frozen=True)
class Interval:
    """An open interval with rational ends; None is an infinite end."""

    low: Fraction | None = None
    high: Fraction | None = None


@dataclass(frozen=True, repr=False)
class Symbol(Expr):
    """A real number.  ``role`` is "parameter", "noise" (a standard normal variable) or "bound" (integrated out)."""

    name: str
    latex: str
    domain: Interval
    role: str = "parameter"


@dataclass(frozen=True, repr=False)
class Add(Expr):
    terms: tuple[Expr, ...]


@dataclass(frozen=True, repr=False)
class Neg(Expr):
    arg: Expr


@dataclass(frozen=True, repr=False)
class Mul(Expr):
    factors: tuple[Expr, ...]


@dataclass(frozen=True, repr=False)
class Div(Expr):
    over: Expr
    under: Expr


@dataclass(frozen=True, repr=False)
class Pow(Expr):
    base: Expr
    power: Expr


@dataclass(frozen=True, repr=False)
class Func(Expr):
    """``name`` is "sqrt", "log", "exp", "Phi" or "abs"."""

    name: str
    arg: Expr


@dataclass(frozen=True, repr=False)
class Least(Expr):
    """The smaller one of two numbers."""

    one: Expr
    other: Expr

    def written_out(self) -> Expr:
        """min(a, b) = (a + b − |a − b|)/2."""
        return (self.one + self.other - Abs(self.one - self.other)) / 2


Value = Expr | int | Fraction  # what an expression is built from


def wrap(value: object) -> Expr:
    """Return ``value`` as an expression; integers and Fractions are exact, everything else is refused."""
    if isinstance(value, Expr):
        return value
    if isinstance(value, (int, Fraction)) and not isinstance(value, bool):
        return Num(Fraction(value))
    remedy = "write a ratio of integers, Fraction(4, 5)" if isinstance(value, float) else "build it from F's symbols"
    raise ArgumentError(
        f"an expression is made of symbols, int or Fraction, got {value!r} of type {type(value).__name__}; {remedy}"
    )


def sqrt(arg: Value) -> Func:
    """The square root, of what is not negative."""
    return Func("sqrt", wrap(arg))


def log(arg: Value) -> Func:
    """The natural logarithm, of what is positive."""
    return Func("log", wrap(arg))


def exp(arg: Value) -> Func:
    """The exponential function."""
    return Func("exp", wrap(arg))


def Phi(arg: Value) -> Func:
    """The distribution function of the standard normal."""
    return Func("Phi", wrap(arg))


def Abs(arg: Value) -> Func:
    """The absolute value."""
    return Func("abs", wrap(arg))


def Min(one: Value, other: Value) -> Least:
    """The smaller one of two numbers."""
    return Least(wrap(one), wrap(other))


def rebuild(node, change):
    """Return ``node`` with ``change`` applied to each direct child; if none changes, ``node`` itself."""
    new = list(map(change, children(node)))
    if all(a is b for a, b in zip(new, children(node), strict=True)):
        return node
    rest = iter(new)

    def of(value):
        if isinstance(value, Expr):
            return next(rest)
        return tuple(map(of, value)) if isinstance(value, tuple) else value

    return type(node)(*(of(getattr(node, name)) for name in node.__dataclass_fields__))


def put(node, old, new):
    """``node`` with ``new`` in the place of ``old``."""
    return new if node == old else rebuild(node, lambda child: put(child, old, new))


def children(node) -> tuple[Expr, ...]:
    """Return the direct children of ``node`` in written order; a node is frozen, so its children are found once."""
    if "_children" not in (kept := vars(node)):
        kept["_children"] = tuple(_expressions(tuple(getattr(node, name) for name in node.__dataclass_fields__)))
    return kept["_children"]


def _expressions(value) -> list[Expr]:
    if isinstance(value, tuple):
        return [part for each in value for part in _expressions(each)]
    return [value] if isinstance(value, Expr) else []


def walk(node) -> tuple[Expr, ...]:
    """Return ``node`` and everything below it, which is found once."""
    if "_below" not in (kept := vars(node)):
        kept["_below"] = tuple(part for child in children(node) for part in walk(child))
    return node, *kept["_below"]


def _terms(node):
    return node.terms if isinstance(node, Add) else (node,)


def _factors(node):
    return node.factors if isinstance(node, Mul) else (node,)
