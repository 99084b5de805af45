"""Densities and the operators on them.

``q(x[t] | x[t - 1])`` is an atom: a conditional density of the joint distribution q, evaluated at its own arguments.
Which properties q has (none in particular, a Markov chain, a Gaussian chain) is not written in the atom; the
justification of a step grants them.

    E(f, q(x[1:T] | x[0]))   average of f over the targets; the conditions stay free
    E(f, q)                  average over all variables of f, under the joint distribution q
    E(f, given=x[t - 1])     average over the noises (and states) in f
    KL(p, q)                 E_p[log p / q], over the targets of p
    Integral(f, x[t])        over the whole line;  Integral(f, (u, a, b)) over an interval, None is an infinite end
    Derivative(f, x)         of f as a function of x, at x; what is defined by x moves with it
    Diffusion(x, s, f, g)    dx = f ds + g dw: what a density of x at the time s is assumed to be that of
"""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType

from ..errors import ArgumentError
from .expr import Expr, Func, Symbol, Value, wrap
from .times import Given, Item, Span


@dataclass(frozen=True)
class Distribution:
    """The name of a joint distribution; calling it makes a density atom.  ``markov``: is it declared a Markov chain?"""

    name: str
    latex: str
    markov: bool = False

    def __call__(self, *parts: Given | Item | Span) -> Density:
        targets, given = [], []
        for part in parts:
            if isinstance(part, Given) and not given:
                targets += part.targets
                given += part.given
            elif isinstance(part, (Item, Span)):
                (given or targets).append(part)
            else:
                raise ArgumentError(f"{self.name}(…) takes states as x[t] | x[t - 1], x[0]; got {part!r}; use one bar")
        return Density(self, tuple(targets), tuple(given))


@dataclass(frozen=True, repr=False)
class Density(Expr):
    distribution: Distribution
    targets: tuple[Expr, ...]
    given: tuple[Expr, ...]


@dataclass(frozen=True, repr=False, init=False)
class Normal(Expr):
    """The density N(x; mean, variance); the third argument is a variance, never a standard deviation."""

    at: Expr
    mean: Expr
    variance: Expr

    def __init__(self, at: Value, mean: Value, variance: Value) -> None:
        _set(self, at=wrap(at), mean=wrap(mean), variance=wrap(variance))


@dataclass(frozen=True, repr=False, init=False)
class E(Expr):
    """Expectation of ``body`` under a density, under a joint distribution, or over the noise in it."""

    body: Expr
    under: Density | Normal | Distribution | None
    given: tuple[Expr, ...]

    def __init__(
        self, body: Value, under: Density | Normal | Distribution | None = None, given: Expr | tuple[Expr, ...] = ()
    ) -> None:
        if not isinstance(under, (Density, Normal, Distribution, NoneType)):
            raise ArgumentError(
                f"a mean is taken under a density, a Gaussian or a distribution, got {under!r}; define a density"
            )
        if under is not None and _tuple(given):
            raise ArgumentError(f"a mean under {under!r} takes no given=; write the conditions into the density")
        _set(self, body=wrap(body), under=under, given=_tuple(given))


@dataclass(frozen=True, repr=False, init=False)
class Var(Expr):
    """Variance of ``body`` over the noise (and states) in it."""

    body: Expr
    given: tuple[Expr, ...]

    def __init__(self, body: Value, given: Expr | tuple[Expr, ...] = ()) -> None:
        _set(self, body=wrap(body), given=_tuple(given))


@dataclass(frozen=True, repr=False)
class KL(Expr):
    """Kullback–Leibler divergence of ``p`` from ``q``, over the targets of ``p``; never negative (Gibbs)."""

    p: Density | Normal
    q: Density | Normal

    def __post_init__(self) -> None:
        for side in (self.p, self.q):
            if not isinstance(side, (Density, Normal)):
                raise ArgumentError(
                    f"a divergence is one of two densities or Gaussians, got {side!r}; define a density"
                )


@dataclass(frozen=True, repr=False, init=False)
class Integral(Expr):
    """Integral over the whole line (no bounds) or over an interval; an end that is None is infinite."""

    body: Expr
    over: Item | Symbol
    low: Expr | None
    high: Expr | None

    def __init__(
        self,
        body: Value,
        over: Item | Symbol | tuple[Item | Symbol, Value | None, Value | None],
        low: Value | None = None,
        high: Value | None = None,
    ) -> None:
        if isinstance(over, tuple):
            over, low, high = over
        bounds = {"low": low, "high": high}
        _set(self, body=wrap(body), over=over, **{k: None if v is None else wrap(v) for k, v in bounds.items()})


@dataclass(frozen=True, repr=False, init=False)
class Derivative(Expr):
    """Derivative of ``body`` with respect to a symbol or a member of a sequence, at its value.

    ``by`` is free in ``body`` and bound by the derivative: its own definition, if any, is not put in under the
    derivative, while everything that is defined by it moves with it.
    """

    body: Expr
    by: Item | Symbol

    def __init__(self, body: Value, by: Item | Symbol) -> None:
        if not isinstance(by, (Item, Symbol)):
            raise ArgumentError(f"a derivative is taken by a symbol or a member of a sequence, got {by!r}")
        _set(self, body=wrap(body), by=by)


@dataclass(frozen=True, repr=False, init=False)
class Diffusion(Expr):
    """The equation dx = drift ds + noise dw, for ``at`` at the time ``by``; it stands in no formula."""

    at: Symbol
    by: Symbol
    drift: Expr
    noise: Expr

    def __init__(self, at: Symbol, by: Symbol, drift: Value, noise: Value) -> None:
        if not isinstance(at, Symbol) or not isinstance(by, Symbol) or at == by:
            raise ArgumentError(f"a diffusion is about a place and a time, two symbols, got {at!r} and {by!r}")
        _set(self, at=at, by=by, drift=wrap(drift), noise=wrap(noise))


def written_out(node: E | KL) -> Integral:
    """The integral that a mean under a Gaussian, or a divergence from one, stands for."""
    under, body = (node.under, node.body) if isinstance(node, E) else (node.p, Func("log", node.p / node.q))
    return Integral(body * under, under.at)


def _set(node, **values):
    for name, value in values.items():
        object.__setattr__(node, name, value)


def _tuple(given):
    parts = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    if not all(isinstance(part, Expr) for part in parts):
        raise ArgumentError(f"given takes states such as x[0], got {given!r}; write given=(x[0], x[1])")
    return parts
