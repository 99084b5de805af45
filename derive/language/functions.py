"""Arbitrary functions, and their values at arguments and times."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..errors import ArgumentError
from .expr import Expr, Interval, wrap
from .times import as_index


@dataclass(frozen=True)
class Function:
    """An arbitrary smooth function; ``order`` counts derivatives, ``f.prime`` is the next one.

    A function with values in the real numbers grows at most like a polynomial, with all its derivatives.  One with
    positive values falls off in its first ``places`` arguments faster than every power, with all its derivatives, as a
    Gaussian does.  It depends smoothly on the arguments after those, such as a time.
    """

    name: str
    latex: str
    domain: Interval
    order: int = 0
    places: int = 1

    @property
    def prime(self) -> Function:
        return replace(self, order=self.order + 1)

    @property
    def positive(self) -> bool:
        return self.domain.low is not None and not self.order

    @property
    def falling(self) -> int:
        """In how many arguments it falls off."""
        return 0 if self.domain.low is None else self.places

    def __call__(self, *args) -> Apply:
        """The value at ``args``; a whole number after the first argument is a time."""
        if not args or (self.order and len(args) > 1):
            raise ArgumentError(f"{self.name} takes one argument or more, and a prime needs exactly one, got {args!r}")
        first, *more = args
        return Apply(self, (wrap(first), *(as_index(arg) if type(arg) is int else wrap(arg) for arg in more)))


@dataclass(frozen=True, repr=False)
class Apply(Expr):
    """The value of an arbitrary function."""

    function: Function
    args: tuple[Expr, ...]
