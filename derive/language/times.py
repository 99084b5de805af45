"""Times and sequences: ``t - 1``, ``alpha[t]``, ``x[1:T]``, sums, products and limits over time.

Time counts from 1 to T; time 0 is clean data.  An index is an index symbol plus an integer, or an integer, and
nothing else: that is all a Markov chain needs, and it makes the equality of two indices decidable.  Ranges include
both ends, as in the papers: ``x[1:T]`` has T members and ``Sum(body, (s, 1, T))`` has T terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..errors import ArgumentError, DerivationError
from .expr import Expr, Interval, Value, wrap


class OutOfRange(DerivationError):
    """An index left the range of its sequence at this point; another time is tried."""


@dataclass(frozen=True, repr=False)
class Index(Expr):
    """A time: an index symbol plus an integer (``t - 1``), or an integer alone (``symbol`` is None)."""

    symbol: str | None
    offset: int = 0

    def __add__(self, other: Value) -> Expr:
        return Index(self.symbol, self.offset + other) if _is_int(other) else super().__add__(other)

    def __radd__(self, other: Value) -> Expr:
        return self + other if _is_int(other) else super().__radd__(other)

    def __sub__(self, other: Value) -> Expr:
        return Index(self.symbol, self.offset - other) if _is_int(other) else super().__sub__(other)


@dataclass(frozen=True)
class Sequence:
    """A real number for each time from ``start`` on.  ``role`` is "parameter", "state" or "noise".

    ``first`` is the value at ``start``, where it is stated; it may lie on the border of the domain.  A noise is
    independent of all states before its own time; if it is drawn ``backward``, of all states from its own time on.
    """

    name: str
    latex: str
    domain: Interval
    start: int
    role: str = "parameter"
    first: Fraction | None = None
    backward: bool = False

    def __getitem__(self, key: Index | int | slice) -> Item | Span:
        if isinstance(key, slice):
            return Span(self, as_index(key.start), as_index(key.stop))
        return Item(self, as_index(key))


@dataclass(frozen=True, repr=False)
class Item(Expr):
    """One member of a sequence, such as ``alpha[t]``."""

    sequence: Sequence
    index: Index

    def __or__(self, other: Expr) -> Given:
        return Given((self,), (other,))


@dataclass(frozen=True, repr=False)
class Span(Expr):
    """Members ``low`` to ``high``, both included, such as ``x[1:T]``; legal only inside a density."""

    sequence: Sequence
    low: Index
    high: Index

    __or__ = Item.__or__


@dataclass(frozen=True)
class Given:
    """What ``x[t] | x[t - 1]`` builds: targets and conditions of a density."""

    targets: tuple[Expr, ...]
    given: tuple[Expr, ...]


@dataclass(frozen=True, repr=False)
class Sum(Expr):
    """``Sum(body, (s, 1, T))``: both bounds included; empty when low = high + 1."""

    body: Expr
    symbol: str
    low: Index
    high: Index

    def __init__(
        self, body: Value, bounds: Index | str | tuple[Index | str, Index | int, Index | int], *ends: Index | int
    ) -> None:
        symbol, low, high = bounds if not ends else (bounds, *ends)
        name = symbol.symbol if isinstance(symbol, Index) else symbol
        for field, value in zip(
            ("body", "symbol", "low", "high"), (wrap(body), name, as_index(low), as_index(high)), strict=True
        ):
            object.__setattr__(self, field, value)


class Product(Sum):
    """``Product(alpha[s], (s, 1, t))``: both bounds included; 1 when empty."""


@dataclass(frozen=True, repr=False)
class Limit(Expr):
    """``Limit(body, T)``: the limit of ``body`` as the index grows without bound."""

    body: Expr
    symbol: str

    def __init__(self, body: Value, symbol: Index | str) -> None:
        object.__setattr__(self, "body", wrap(body))
        object.__setattr__(self, "symbol", symbol.symbol if isinstance(symbol, Index) else symbol)


def as_index(value) -> Index:
    """Return ``value`` as an index; only an index symbol plus an integer, or an integer, is one."""
    if isinstance(value, Index):
        return value
    if _is_int(value):
        return Index(None, value)
    one = isinstance(value, tuple) and len(value) == 1
    remedy = 'unpack it, as in (t,) = F.indices("t")' if one else "write t - 1"
    raise ArgumentError(f"an index must be an index symbol plus an integer, or an integer, got {value!r}; {remedy}")


def _is_int(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
