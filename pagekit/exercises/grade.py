"""``grade`` compares an answer with the right one, and names the mistake or a point at which they differ.

An answer is right if its difference from the right one is proved to be zero (``decide``), and wrong if a point shows
that they differ (``refute``).  What is neither is undecided, and the reader is asked for another form.
"""

from __future__ import annotations

import importlib
import pkgutil
import textwrap
import time
from dataclasses import dataclass
from functools import cache

import sympy as sp
from mpmath import mp

import pagekit.exercises
from diffusion_lib.errors import ConfigError, check_choice

from .decide import proved_equal
from .exercise import Exercise
from .mistakes import mistakes
from .read import NOWHERE, Nowhere, read
from .refute import BITS, compared, refute

TOOLS = {"decide", "exercise", "grade", "mistakes", "read", "refute"}
UNDECIDED = (
    "I could not decide. Your expression has the value of the right one wherever I looked, but I could not prove that "
    "it always has. Write it in another form: fewer parts, no root inside a root, no root of a square."
)
UNSEEN = (
    "I could not decide. Your expression could not be evaluated at any of the points that I tried: its numbers are too "
    "large, or too close to where it has no value. Write it in a simpler form."
)
UNDEFINED = {  # what SymPy makes of it, and what the reader wrote
    sp.zoo: "divides by zero",
    sp.nan: "has a part without a value, such as 0/0",
    sp.I: "has a root of a negative number",
    sp.oo: "is infinite",
    -sp.oo: "is infinite",
}
PATIENCE = 5  # seconds of processor time for all the mistakes that a wrong answer is compared with
DECIMALS = " Decimals are rounded numbers; write a fraction, such as Fraction(13, 10)."


@dataclass(frozen=True)
class Verdict:
    """``kind`` is "right", "mistake", "witness", "undefined", "undecided" or "none yet"."""

    kind: str
    message: str


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises of the book, by name."""
    found: dict[str, Exercise] = {}
    for module in pkgutil.iter_modules(pagekit.exercises.__path__):
        if module.name in TOOLS:
            continue
        table = getattr(importlib.import_module(f"pagekit.exercises.{module.name}"), "EXERCISES", ())
        for exercise in table:
            if found.setdefault(exercise.name, exercise) is not exercise:
                raise ConfigError(f"exercise {exercise.name!r} exists twice; names are unique in the book")
    return found


def grade(name: str, answer) -> None:
    """Print whether ``answer`` is right; else which mistake it is, or where it differs.

    It is a number or a formula in the symbols of the page's derivation, written in them or as SymPy has it.

    Errors: ``ConfigError`` for an unknown exercise, for text instead of an expression, for symbols that it has not.
    """
    verdict = grade_answer(exercises()[check_choice("name", name, exercises())], answer)
    print(textwrap.fill(f"{name}: {verdict.message}", 92, subsequent_indent="    ", break_on_hyphens=False))


def grade_answer(exercise: Exercise, answer) -> Verdict:
    """What ``grade`` prints, as data."""
    if answer is None or answer is Ellipsis:
        symbols = ", ".join(map(str, exercise.symbols)) or "none, the answer is a number"
        return Verdict("none yet", f"no answer yet. Put one in place of the dots. Symbols: {symbols}.")
    try:
        reading = read(exercise, answer)
        given = _plain(exercise, reading.expression)
    except Nowhere as nowhere:
        part = sp.sympify(nowhere.args[0])
        found = (words for sign, words in UNDEFINED.items() if part.has(sign))
        what = next(found, UNDEFINED[sp.I])  # SymPy keeps a cube root of -8, say, as it is
        return Verdict("undefined", f"not yet. Your expression {what}: it is no real number.")
    right = _plain(exercise, exercise.answer)
    witness = refute(given, right)
    if (witness is None or witness.mine is None) and proved_equal(given, right):
        return Verdict("right", "right.")
    if witness is None:
        return Verdict("undecided", UNDECIDED if compared(given, right) else UNSEEN)
    if words := _mistake(exercise, given):
        return Verdict("mistake", f"not yet: {words}{'' if words.endswith('?') else '.'}")
    return _difference(exercise, witness, DECIMALS if reading.decimals else "")


def _mistake(exercise, given) -> str | None:
    """The words for the first mistake that is proved to be what was given, in a few seconds."""
    end = time.process_time() + PATIENCE
    for words, wrong in (*exercise.mistakes.items(), *mistakes(exercise.answer)):
        left = end - time.process_time()
        if left <= 0:
            return None
        try:
            wrong = _plain(exercise, sp.sympify(wrong))
        except Nowhere:
            continue
        if refute(given, wrong, usual=True) is None and proved_equal(given, wrong, left):
            return words
    return None


def _difference(exercise, witness, hint) -> Verdict:
    point = ", ".join(f"{symbol} = {value}" for symbol, value in witness.where.items())
    point = f" at {point}" if point else ""
    if witness.mine is None:
        return Verdict("undefined", f"not yet. Your expression has no real value{point}; the right one has.")
    yours, should = _apart(witness.mine.a, witness.theirs.a)
    text = f"not yet. This is not {exercise.asks}:{point} yours is {yours}, it should be {should}.{hint}"
    return Verdict("witness", text)


def _apart(mine, theirs):
    """Both numbers with as many digits as tell them apart."""
    with mp.workprec(BITS):
        pairs = [(mp.nstr(mp.mpf(mine), digits), mp.nstr(mp.mpf(theirs), digits)) for digits in (6, 12, 20, 30, 40, 70)]
    return next((pair for pair in pairs if pair[0] != pair[1]), pairs[-1])


def _plain(exercise, expression) -> sp.Expr:
    """Without the symbols that a relation explains."""
    for _ in exercise.relations:  # a relation may lead to another one
        expression = expression.xreplace(dict(exercise.relations))
    if expression.has(*NOWHERE, sp.I):
        raise Nowhere(expression)
    return expression
