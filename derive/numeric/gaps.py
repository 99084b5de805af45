"""A gap that is negative somewhere is not a gap: its value is evaluated."""

from __future__ import annotations

from dataclasses import replace

from mpmath import mp

from ..errors import Refuted
from ..justifications import justification
from ..language.alphabets import has_symbols
from ..language.functions import Apply
from ..language.goal import Goal, contains, has_densities
from ..language.times import OutOfRange
from ..language.tree import unfold
from .evaluate import DIGITS, POINTS, admissible, times_to_try, witness
from .interpret import to_mpf
from .models import finite_sign, gaussian_sign
from .points import Point


def refute_gap(goal: Goal, gap, strict: bool = False) -> tuple[str, ...]:
    """Raise ``Refuted`` if the gap is negative (or zero, if ``strict``) at a point of the domain, or in a model."""
    (seen,) = unfold((gap,), goal.facts, goal.start)
    goal = replace(goal, left=gap, right=seen)
    if has_symbols(seen):
        return finite_sign(goal, seen, strict)
    if has_densities(seen):
        return gaussian_sign(goal, seen)
    with mp.workdps(DIGITS):
        tries, seen_by = times_to_try(goal), justification("linearity" if contains(Apply, seen) else "integration")
        for turn, number in enumerate(admissible(goal, max(POINTS, len(tries)))):
            for index in (*tries[turn % len(tries) :], *tries):
                point = Point(str(number), index, seen_by)
                try:
                    value = to_mpf(point(seen))
                except OutOfRange:
                    continue
                if value < 0 or (strict and value == 0):
                    raise Refuted(
                        f"the gap {seen!r} is {mp.nstr(value, 12)} at {witness(point)}; a gap is never negative"
                    )
                break
    return (f"{POINTS} points, {DIGITS} digits",)
