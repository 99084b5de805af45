"""The one registry of a derivation's symbols, and random rational points of their domain.

Every symbol is declared once, with the open interval that it lives in.  A second declaration of a name with other
properties is refused: two symbols that print alike and differ are the classic way to "prove" x - x ≠ 0.

The second verdict on a step evaluates it at random rational points of the domain.  A point is a function of its seed
alone, so that every run, machine and hash seed sees the same points, and a witness can be looked at again.
"""

from __future__ import annotations

import random
from fractions import Fraction

from diffusion_lib.errors import ConfigError, VacuousHypotheses
from diffusion_lib.symbolic.density import Law
from diffusion_lib.symbolic.expr import Function, Interval, Symbol, wrap
from diffusion_lib.symbolic.times import Index, Sequence

real = Interval()
positive = Interval(Fraction(0))
unit = Interval(Fraction(0), Fraction(1))
standard_normal = Symbol("standard_normal", r"\mathcal{N}(0,\, 1)", real)

GREEK = {
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "eta",
    "theta",
    "lambda",
    "mu",
    "nu",
    "rho",
    "sigma",
    "tau",
    "phi",
}


def latex_name(name: str) -> str:
    """Return the LaTeX of an identifier: ``alpha_bar`` is ``\\bar\\alpha``, ``SNR`` is upright."""
    stem, _, accent = name.partition("_")
    if accent in ("bar", "tilde", "hat"):
        return rf"\{accent}{{{latex_name(stem)}}}" if len(stem) == 1 else rf"\{accent}{latex_name(stem)}"
    if accent:
        return rf"{latex_name(stem)}_{{{accent}}}"
    if stem in GREEK:
        return "\\" + stem
    return stem if len(stem) == 1 else rf"\mathrm{{{stem}}}"


class Registry:
    """Declares symbols; ``what[name]`` is the object that ``name`` stands for."""

    def __init__(self):
        self.what: dict[str, object] = {}

    def declare(self, name: str, thing):
        """Return ``thing`` under ``name``; declaring it again is harmless, declaring something else is refused."""
        if not isinstance(name, str) or not name.isidentifier():
            raise ConfigError(f"name must be a Python identifier, got {name!r}; write for example 'alpha_bar'")
        known = self.what.setdefault(name, thing)
        if known != thing:
            raise ConfigError(
                f"name {name!r} is already declared as {known!r}, got {thing!r}; use the first one, or another name"
            )
        return known

    def indices(self, names: str) -> tuple[Index, ...]:
        """Index symbols: ``t, s, T = F.indices("t s T")``."""
        return tuple(self.declare(name, Index(name)) for name in names.split())

    def symbol(self, name: str, domain: Interval = real, latex: str | None = None) -> Symbol:
        """One real number in an open interval."""
        return self.declare(name, Symbol(name, latex or latex_name(name), _interval(domain)))

    def dummy(self, name: str, latex: str | None = None) -> Symbol:
        """A variable of integration."""
        return self.declare(name, Symbol(name, latex or latex_name(name), real, "bound"))

    def sequence(self, name: str, domain: Interval = real, start: int = 1, latex: str | None = None, first=None):
        """One real number in an open interval for each time from ``start`` on; ``first`` is the value at ``start``."""
        first = None if first is None else getattr(wrap(first), "value", None) or _no_number(first)
        return self.declare(
            name, Sequence(name, latex or latex_name(name), _interval(domain), at_least_zero(start), first=first)
        )

    def states(self, name: str, latex: str | None = None) -> Sequence:
        """The variables of a process, from time 0 on."""
        return self.declare(name, Sequence(name, latex or latex_name(name), real, 0, "state"))

    def density(self, name: str, latex: str | None = None) -> Law:
        """A joint law over all states."""
        return self.declare(name, Law(name, latex or latex_name(name)))

    def function(self, name: str, domain: Interval = real, latex: str | None = None) -> Function:
        """An arbitrary smooth function, real or positive; see ``Function`` for how it grows."""
        if domain not in (real, positive):
            raise ConfigError(f"the values of a function are real or positive, got {domain!r}; import one of them")
        return self.declare(name, Function(name, latex or latex_name(name), domain))


def at_least_zero(start) -> int:
    """Return ``start``; times are whole numbers from 0 on."""
    if not isinstance(start, int) or isinstance(start, bool) or start < 0:
        raise ConfigError(f"start must be a whole number, at least 0, got {start!r}; times begin at 0")
    return start


def _no_number(first):
    if first != 0:
        raise ConfigError(f"first must be an integer or a Fraction, got {first!r}")
    return Fraction(0)


def _interval(domain) -> Interval:
    if not isinstance(domain, Interval):
        raise ConfigError(f"domain must be real, positive, unit or an Interval, got {domain!r}; import one of them")
    if domain.low is not None and domain.high is not None and domain.low >= domain.high:
        raise VacuousHypotheses(
            f"domain ({domain.low}, {domain.high}) is empty, so every statement would hold; swap its ends"
        )
    return domain


def draw(seed: str, domain: Interval) -> Fraction:
    """Return a random rational of ``domain``; the same seed always gives the same number."""
    rng = random.Random(seed)  # seeding by text does not depend on the hash seed
    part = Fraction(rng.randrange(3, 94), 97)
    if domain.low is None and domain.high is None:
        return rng.choice((-1, 1)) * Fraction(rng.randrange(10, 180), 89)
    if domain.high is None:
        return domain.low + 3 * part
    return domain.high - 3 * part if domain.low is None else domain.low + (domain.high - domain.low) * part
