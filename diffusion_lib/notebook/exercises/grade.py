"""``grade`` compares an answer with the right one, and names the slip or a point at which they differ.

Two expressions count as equal if they agree to 30 digits at 24 random rational points of the letters' domain.  That is
a test and no proof: it is here to teach, and what the book claims is proved elsewhere.
"""

from __future__ import annotations

import importlib
import numbers
import pkgutil
import textwrap
from dataclasses import dataclass
from functools import cache

import sympy as sp
from mpmath import mp

import diffusion_lib.notebook.exercises
from diffusion_lib.errors import ConfigError, check_choice
from diffusion_lib.notebook.exercises.exercise import Exercise, point
from diffusion_lib.notebook.exercises.slips import slips
from diffusion_lib.symbolic import Derivation
from diffusion_lib.symbolic.language.expr import Expr

POINTS, DIGITS, AGREE = 24, 50, 30
NOWHERE = (sp.nan, sp.zoo, sp.oo)
TOOLS = {"exercise", "grade", "slips"}


@dataclass(frozen=True)
class Verdict:
    """``kind`` is "right", "slip", "witness", "undefined" or "none yet"."""

    kind: str
    message: str


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises of the book, by name."""
    found: dict[str, Exercise] = {}
    for module in pkgutil.iter_modules(diffusion_lib.notebook.exercises.__path__):
        if module.name in TOOLS:
            continue
        table = getattr(importlib.import_module(f"diffusion_lib.notebook.exercises.{module.name}"), "EXERCISES", ())
        for exercise in table:
            if found.setdefault(exercise.name, exercise) is not exercise:
                raise ConfigError(f"exercise {exercise.name!r} exists twice; names are unique in the book")
    return found


def grade(name: str, answer) -> None:
    """Print whether ``answer`` is right; else which slip it is, or where it differs.

    It is a number or a formula in the letters of the page's derivation, written in them or as SymPy has it.

    Errors: ``ConfigError`` for an unknown exercise, for text instead of an expression, for letters that it has not.
    """
    verdict = grade_answer(exercises()[check_choice("name", name, exercises())], answer)
    print(textwrap.fill(f"{name}: {verdict.message}", 92, subsequent_indent="    ", break_on_hyphens=False))


def grade_answer(exercise: Exercise, answer) -> Verdict:
    """What ``grade`` prints, as data."""
    if answer is None or answer is Ellipsis:
        return Verdict("none yet", f"no answer yet. Put one in place of the dots. Letters: {_usable(exercise)}.")
    given, right = (_plain(exercise, side) for side in (_read(exercise, answer), exercise.answer))
    if given.has(*NOWHERE):
        return Verdict("undefined", f"not yet. Your expression is {given}, for all values of its letters.")
    difference = _differ(given, right, POINTS)
    if difference is None:
        return Verdict("right", "right.")
    for words, wrong in (*exercise.slips.items(), *slips(exercise.answer)):
        wrong = _plain(exercise, sp.sympify(wrong))
        if not wrong.has(*NOWHERE) and _differ(given, wrong, POINTS) is None:
            return Verdict("slip", f"not yet: {words}{'' if words.endswith('?') else '.'}")
    where, mine, theirs = difference
    place = f" at {', '.join(f'{letter} = {value}' for letter, value in where.items())}" if where else ""
    if mine is None:
        return Verdict("undefined", f"not yet. Your expression has no real value{place}; the right one has.")
    values = f"yours is {mp.nstr(mine, 6)}, it should be {mp.nstr(theirs, 6)}"
    return Verdict("witness", f"not yet. This is not {exercise.asks}:{place} {values}.")


def _read(exercise, answer) -> sp.Expr:
    """The answer as an exact expression in the letters of the exercise."""
    if isinstance(answer, Expr):
        answer = Derivation("answer").sympy(answer)  # nothing is cited, so any derivation will do
    if isinstance(answer, bool) or not isinstance(answer, (sp.Expr, numbers.Real)):
        raise ConfigError(
            f"answer must be a formula or a number, got {answer!r} of type {type(answer).__name__}; "
            "build it from the letters of the page's code"
        )
    expression = sp.nsimplify(sp.sympify(answer), rational=True)  # 1/2 in Python is the float 0.5
    known = exercise.known()
    strangers = sorted({s.name for s in expression.free_symbols} - set(known))
    if strangers:
        allowed = _usable(exercise)
        raise ConfigError(f"answer has the letters {', '.join(strangers)}; {exercise.name!r} allows {allowed}")
    return expression.xreplace({s: known[s.name] for s in expression.free_symbols})


def _usable(exercise) -> str:
    return ", ".join(map(str, exercise.letters)) or "none, the answer is a number"


def _plain(exercise, expression) -> sp.Expr:
    """Without the letters that a relation explains."""
    for _ in exercise.relations:  # a relation may lead to another one
        expression = expression.subs(dict(exercise.relations))
    return expression


def _differ(given, right, points):
    """None if they agree, else the first point at which they differ, with both values (None: no real value)."""
    both = sorted(given.free_symbols | right.free_symbols, key=str)
    mine, theirs = (sp.lambdify(both, side, "mpmath") for side in (given, right))
    seen = 0
    with mp.workdps(DIGITS):
        for number in range(10 * points):
            where = point(str(number), both)
            values = [mp.mpf(value.p) / value.q for value in where.values()]
            b = _value(theirs, values)
            if b is None:
                continue
            a, seen = _value(mine, values), seen + 1
            if a is None or abs(a - b) > mp.mpf(10) ** -AGREE * max(abs(a), abs(b), 1):
                return where, a, b
            if seen == points or not both:
                return None
    return None if seen else (where, None, mp.nan)


def _value(function, values):
    """A finite real number, or None."""
    try:
        value = mp.mpmathify(function(*values))
    except (ZeroDivisionError, ValueError, OverflowError):
        return None
    if isinstance(value, mp.mpc):
        if abs(value.imag) > mp.mpf(10) ** -AGREE:
            return None
        value = value.real
    return value if mp.isfinite(value) else None
