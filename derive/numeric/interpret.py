"""The common part of all interpreters: arithmetic, and sums and products over concrete times.

An interpreter gives values to the nodes of an expression: exact numbers, polynomials, SymPy expressions.  A subclass
says what numbers, symbols, functions, densities and operators are.
"""

from __future__ import annotations

from contextlib import contextmanager
from fractions import Fraction
from functools import lru_cache

from mpmath import mp

from ..errors import Inconclusive, Undefined
from ..language.expr import children, walk
from ..language.times import Index, Item, Limit, OutOfRange, Span, Sum

HORIZON = 5  # the last time of the models in which goals about densities are tested


class Interpreter:
    """Calls ``self.Add(node)`` for an ``Add``; ``self.index`` holds the times of the free index symbols."""

    last_state: int | None = None  # a model with finitely many states has a last one

    def __init__(self, index=None):
        self.index: dict[str, int] = dict(index or {})

    def __call__(self, node):
        rule = getattr(self, type(node).__name__, None)
        if rule is None:
            raise Inconclusive(f"{type(self).__name__} has no value for {node!r}")
        return rule(node)

    def time(self, index: Index) -> int:
        return index.offset if index.symbol is None else self.index[index.symbol] + index.offset

    @contextmanager
    def bind(self, symbol, value):
        """Set one index symbol inside a ``with`` block."""
        old = self.index.get(symbol)
        self.index[symbol] = value
        try:
            yield
        finally:
            self.index[symbol] = old
            if old is None:
                del self.index[symbol]

    def members(self, node):
        """The concrete (sequence, time) pairs of an Item or a Span."""
        if isinstance(node, Item):
            return [(node.sequence, self.in_range(node.sequence, self.time(node.index)))]
        low, high = self.time(node.low), self.time(node.high)
        return [(node.sequence, self.in_range(node.sequence, time)) for time in range(low, high + 1)]

    def bound_states(self, *parts, ends=(None, None)):
        """The states that an integral or a mean in a goal about densities runs over, each on the whole line."""
        for part in parts:
            if not isinstance(part, (Item, Span)) or part.sequence.role != "state" or ends != (None, None):
                raise Inconclusive(
                    f"in a goal about densities {part!r} must be a state on the whole line; split the step"
                )
        return tuple((sequence.name, time) for part in parts for sequence, time in self.members(part))

    def in_range(self, sequence, time):
        if time < sequence.start:
            raise OutOfRange(f"{sequence.name}[{time}] is before the first member, {sequence.name}[{sequence.start}]")
        if self.last_state is not None and sequence.role == "state" and time > self.last_state:
            raise OutOfRange(f"{sequence.name}[{time}] is after the last state, {sequence.name}[{self.last_state}]")
        return time

    def variables(self, node, role="state"):
        """All concrete members of state (or noise) sequences that occur in ``node``, in order of appearance."""
        if isinstance(node, (Item, Span)):
            return self.members(node) if node.sequence.role == role else []
        if isinstance(node, Limit):
            if any(getattr(getattr(part, "sequence", None), "role", "") == role for part in walk(node.body)):
                raise Inconclusive(f"{node!r} is about infinitely many random variables")
            return []
        if isinstance(node, Sum):
            found = []
            for time in range(self.time(node.low), self.time(node.high) + 1):
                with self.bind(node.symbol, time):
                    found += self.variables(node.body, role)
        else:
            found = [pair for child in children(node) for pair in self.variables(child, role)]
        return list(dict.fromkeys(found))

    def stated(self, sequence, time):
        """The value of a first member that was declared, or None."""
        return self.number(sequence.first) if sequence.first is not None and time == sequence.start else None

    def number(self, value: Fraction):
        return value

    def Num(self, node):
        return self.number(node.value)

    def Index(self, node):
        return self.number(Fraction(self.time(node)))

    def Add(self, node):
        first, *rest = map(self, node.terms)
        for value in rest:
            first = first + value
        return first

    def Neg(self, node):
        return -self(node.arg)

    def Mul(self, node):
        first, *rest = map(self, node.factors)
        for value in rest:
            first = first * value
        return first

    def Div(self, node):
        return self(node.over) / self(node.under)

    def Least(self, node):
        return self(node.written_out())

    def Sum(self, node):
        total = self.number(Fraction(0))
        for time in range(self.time(node.low), self.time(node.high) + 1):
            with self.bind(node.symbol, time):
                total = total + self(node.body)
        return total

    def Product(self, node):
        total = self.number(Fraction(1))
        for time in range(self.time(node.low), self.time(node.high) + 1):
            with self.bind(node.symbol, time):
                total = total * self(node.body)
        return total


class Exact(Interpreter):
    """Rationals stay exact; roots, logarithms and exponentials are ``mpf`` at the current precision."""

    def Pi(self, node):
        return +mp.pi

    def Div(self, node):
        over, under = self(node.over), self(node.under)
        if under == 0:
            raise Undefined(f"division by zero in {node!r}")
        return (to_mpf(over) if isinstance(under, mp.mpf) else over) / under

    def Pow(self, node):
        base, power = self(node.base), self(node.power)
        if isinstance(power, Fraction) and power.denominator == 1:
            if base == 0 and power <= 0:
                raise Undefined(f"a power of zero in {node!r}")
            return base ** int(power)
        if base <= 0:
            raise Undefined(f"a broken power of {mp.nstr(to_mpf(base), 8)} in {node!r}")
        return mp.power(to_mpf(base), to_mpf(power))

    def Func(self, node):
        arg = self(node.arg)
        if node.name == "abs":
            return abs(arg)
        if node.name in ("exp", "Phi"):
            return (mp.exp if node.name == "exp" else mp.ncdf)(to_mpf(arg))
        if arg < 0 or (arg == 0 and node.name == "log"):
            raise Undefined(f"{node.name} of {mp.nstr(to_mpf(arg), 8)} in {node!r}")
        return getattr(mp, node.name)(to_mpf(arg))


def fingerprint(*values) -> str:
    """A text that is the same for equal numbers: their first 35 decimals, or fewer at a low precision."""
    places = 10 ** min(35, mp.dps - 10)
    return str([int(mp.nint(to_mpf(value) * places)) if mp.isfinite(to_mpf(value)) else "?" for value in values])


def to_mpf(value):
    """Return a rational as ``mpf``."""
    return _quotient(value.numerator, value.denominator, mp.prec) if type(value) is Fraction else value


@lru_cache(maxsize=4096)  # an integrand has the same numbers at each place
def _quotient(over, under, _prec):
    return mp.mpf(over) / under
