"""The search for counterexamples among finite and linear-Gaussian models, at the first times or later ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from mpmath import mp

from ..errors import Inconclusive, Refuted, Undefined
from ..justifications import justification
from ..language.density import Density
from ..language.dependence import is_state
from ..language.expr import walk
from ..language.goal import Goal
from ..language.registry import real
from ..language.times import OutOfRange
from ..language.tree import unfold
from .draw import draw
from .evaluate import DIGITS, MARGIN, compare, witness
from .finite import FiniteModel
from .gaussian import GaussianModel
from .interpret import HORIZON, to_mpf
from .quadratic import Gaussian, as_gaussian
from .transitions import DefinedChain

SAMPLES = 4  # at how many random states the sign of a gap is evaluated


@dataclass(frozen=True)
class Search:
    """How many models of each kind, and at which times; ``last`` is the last state of a model."""

    finite: int = 20
    gaussian: int = 5
    times: tuple[int, ...] = (3, 2, 4, 1, 5)  # a wrong step shows early in the middle
    last: int = HORIZON


EARLY, LATE = Search(), Search(finite=4, gaussian=2, times=(6, 7, 8), last=9)


def state_names(*nodes) -> tuple[str, ...]:
    return tuple(sorted({part.sequence.name for node in nodes for part in walk(node) if is_state(part)}))


def finite_models(goal: Goal, left, right, search: Search = EARLY) -> str:
    """Evaluate a goal in random finite models, at all times that fit; return the name of the search."""
    names = state_names(left, right)

    def test(number, index):
        for salt in range(3):  # free states get three random assignments
            model = FiniteModel(str(number), index, goal.justification, salt, names, search.last)
            compare(goal, model, left, right, mp.mpf(10) ** (MARGIN - DIGITS))
            if not model.used:
                break

    _over_models(goal, test, search.finite, search.times)
    return f"{search.finite} finite models"


def gaussian_models(goal: Goal, search: Search = EARLY) -> str:
    """Evaluate a goal in linear-Gaussian models, at all times that fit; return the name of the search."""

    def test(number, index):
        model = _gaussian_model(number, goal.definitions, search.last)
        model.index = dict(index)
        _compare_coefficients(goal, model, model(goal.left), model(goal.right))

    with mp.workdps(DIGITS + MARGIN):
        _over_models(goal, test, search.gaussian, search.times)
    return f"{search.gaussian} Gaussian models"


def defined_chains(goal: Goal) -> str:
    """Evaluate a goal in chains of symbols whose steps are what the definitions say; return the name of the search."""
    parameters = [fact for fact in goal.definitions if not isinstance(fact.left, Density)]
    left, right = unfold((goal.left, goal.right), parameters, goal.start)
    facts = [replace(fact, right=unfold((fact.right,), parameters)[0]) for fact in goal.definitions]

    def test(number, index):
        model = DefinedChain(facts, str(number), index, justification("linearity"), names=state_names(left, right))
        compare(goal, model, left, right, mp.mpf(10) ** (MARGIN - DIGITS))

    _over_models(goal, test, EARLY.gaussian, EARLY.times)
    return f"{EARLY.gaussian} chains"


def finite_sign(goal: Goal, gap, strict: bool) -> tuple[str, ...]:
    """Raise ``Refuted`` if a gap about symbols is negative (or zero, if ``strict``) in a finite model."""
    names = state_names(gap)

    def test(number, index):
        model = FiniteModel(str(number), index, justification("Gibbs"), names=names)
        if (value := model(gap)) < 0 or (strict and value == 0):
            raise Refuted(f"the gap {gap!r} is {mp.nstr(to_mpf(value), 12)} at {witness(model)}")

    try:
        with mp.workdps(DIGITS):
            _over_models(goal, test, EARLY.finite, EARLY.times)
    except Inconclusive:
        return ()
    return (f"{EARLY.finite} finite models",)


def gaussian_sign(goal: Goal, gap) -> tuple[str, ...]:
    """Raise ``Refuted`` if a gap with densities is negative in a linear-Gaussian model; return where it was seen."""

    def test(number, index):
        model = _gaussian_model(number, goal.definitions, HORIZON)
        model.index = dict(index)
        value = model(gap)
        for sample in range(0 if isinstance(value, Gaussian) else SAMPLES):
            number = value.at({key: to_mpf(draw(f"{model.seed}:{sample}:{key}", real)) for key in value.variables()})
            if number < -(mp.mpf(10) ** (MARGIN - DIGITS)):
                raise Refuted(f"the gap {gap!r} is {mp.nstr(number, 12)} at {witness(model)}; a gap is never negative")

    try:
        with mp.workdps(DIGITS + MARGIN):
            _over_models(goal, test, EARLY.gaussian, EARLY.times)
    except Inconclusive:  # not Gaussian: the form of the gap must do
        return ()
    return (f"{EARLY.gaussian} Gaussian models",)


@lru_cache(maxsize=80)
def _gaussian_model(number, definitions, last):
    return GaussianModel(str(number), {}, definitions, last)  # keeps its marginals for the next goal


def _compare_coefficients(goal, model, a, b):
    if not isinstance(a, Gaussian) and not isinstance(b, Gaussian):
        return _compare_polynomials(goal, model, a, b)
    (one, log_one), (other, log_other) = (as_gaussian(side).normal() for side in (a, b))
    _compare_polynomials(goal, model, one, other)
    _compare_polynomials(goal, model, log_one, log_other)


def _compare_polynomials(goal, model, a, b):
    scale = 1 + max(abs(value) for side in (a, b) for value in (0, *side.terms.values()))
    for key, value in (a - b).terms.items():
        if not mp.isfinite(value):
            raise Undefined(f"{goal} has no finite value at {witness(model)}")
        if abs(value) > scale * mp.mpf(10) ** (MARGIN - DIGITS):
            monomial = " ".join(f"{name}[{time}]" for name, time in key) or "1"
            raise Refuted(
                f"{goal} is false at {witness(model)}: the two polynomials of the states differ in {monomial} by "
                f"{mp.nstr(value, 12)}; correct a side, or the justification"
            )


def _over_models(goal, test, count, moments):
    symbols, fits = goal.symbols(), False
    for number in range(count):
        for times in product(moments, repeat=len(symbols)):
            index = dict(zip(symbols, times, strict=True))
            try:
                goal.check_times(index)
                test(number, index)
                fits = True
            except OutOfRange:
                continue
    if not fits:
        raise Undefined(f"{goal} has an index outside of its range")
