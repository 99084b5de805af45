"""Where statements about densities are looked at: finite and linear-Gaussian worlds, at first times or later ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from mpmath import mp

from ..errors import Inconclusive, Refuted, Undefined
from ..language.dependence import is_state
from ..language.expr import walk
from ..language.goal import Claim
from ..language.registry import real
from ..language.times import OutOfRange
from .draw import draw
from .evaluate import DIGITS, MARGIN, compare, witness
from .finite import FiniteWorld
from .gaussian import GaussianWorld
from .interpret import HORIZON, to_mpf
from .quadratic import Bell, as_bell

LOOKS = 4  # at how many states the sign of a gap is looked at


@dataclass(frozen=True)
class Looks:
    """How many worlds of each kind, and at which times; ``last`` is the last state of a world."""

    finite: int = 20
    gaussian: int = 5
    times: tuple[int, ...] = (3, 2, 4, 1, 5)  # a wrong step shows early in the middle
    last: int = HORIZON


EARLY, LATE = Looks(), Looks(finite=4, gaussian=2, times=(6, 7, 8), last=9)


def finite_worlds(claim: Claim, left, right, looks: Looks = EARLY) -> str:
    """Evaluate a claim in random finite worlds, at all times that fit; return the name of the look."""
    names = tuple(sorted({p.sequence.name for side in (left, right) for p in walk(side) if is_state(p)}))

    def test(number, index):
        for salt in range(3):  # free states get three random assignments
            world = FiniteWorld(str(number), index, claim.licence, salt, names, looks.last)
            compare(claim, world, left, right, mp.mpf(10) ** (MARGIN - DIGITS))
            if not world.used:
                break

    _over_worlds(claim, test, looks.finite, looks.times)
    return f"{looks.finite} finite worlds"


def gaussian_worlds(claim: Claim, looks: Looks = EARLY) -> str:
    """Evaluate a claim in linear-Gaussian worlds, at all times that fit; return the name of the look."""

    def test(number, index):
        world = _gaussian_world(number, claim.model, looks.last)
        world.index = dict(index)
        _compare_coefficients(claim, world, world(claim.left), world(claim.right))

    with mp.workdps(DIGITS + MARGIN):
        _over_worlds(claim, test, looks.gaussian, looks.times)
    return f"{looks.gaussian} Gaussian worlds"


def gaussian_sign(claim: Claim, gap) -> None:
    """Raise ``Refuted`` if a gap with densities is negative at some states of a linear-Gaussian world."""

    def test(number, index):
        world = _gaussian_world(number, claim.model, HORIZON)
        world.index = dict(index)
        value = world(gap)
        for look in range(0 if isinstance(value, Bell) else LOOKS):
            number = value.at({key: to_mpf(draw(f"{world.seed}:{look}:{key}", real)) for key in value.variables()})
            if number < -(mp.mpf(10) ** (MARGIN - DIGITS)):
                raise Refuted(f"the gap {gap!r} is {mp.nstr(number, 12)} at {witness(world)}; a gap is never negative")

    try:
        with mp.workdps(DIGITS + MARGIN):
            _over_worlds(claim, test, EARLY.gaussian, EARLY.times)
    except Inconclusive:  # not Gaussian: the form of the gap must do
        return


@lru_cache(maxsize=80)
def _gaussian_world(number, model, last):
    return GaussianWorld(str(number), {}, model, last)  # keeps its marginals for the next claim


def _compare_coefficients(claim, world, a, b):
    if not isinstance(a, Bell) and not isinstance(b, Bell):
        return _compare_polynomials(claim, world, a, b)
    (one, log_one), (other, log_other) = (as_bell(side).normal() for side in (a, b))
    _compare_polynomials(claim, world, one, other)
    _compare_polynomials(claim, world, log_one, log_other)


def _compare_polynomials(claim, world, a, b):
    scale = 1 + max(abs(value) for side in (a, b) for value in (0, *side.terms.values()))
    for key, value in (a - b).terms.items():
        if not mp.isfinite(value):
            raise Undefined(f"{claim} has no finite value at {witness(world)}")
        if abs(value) > scale * mp.mpf(10) ** (MARGIN - DIGITS):
            monomial = " ".join(f"{name}[{time}]" for name, time in key) or "1"
            raise Refuted(
                f"{claim} is false at {witness(world)}: the two polynomials of the states differ in {monomial} by "
                f"{mp.nstr(value, 12)}; correct a side, or the licence"
            )


def _over_worlds(claim, test, count, moments):
    symbols, fits = claim.symbols(), False
    for number in range(count):
        for times in product(moments, repeat=len(symbols)):
            index = dict(zip(symbols, times, strict=True))
            try:
                claim.check_times(index)
                test(number, index)
                fits = True
            except OutOfRange:
                continue
    if not fits:
        raise Undefined(f"{claim} has an index outside of its range")
