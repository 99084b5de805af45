"""A gap that is negative somewhere is no gap: its value is looked at."""

from __future__ import annotations

from dataclasses import replace

from mpmath import mp

from diffusion_lib.errors import Refuted
from diffusion_lib.symbolic.language.claim import Claim, contains, has_densities
from diffusion_lib.symbolic.language.expr import Apply
from diffusion_lib.symbolic.language.times import OutOfRange
from diffusion_lib.symbolic.language.tree import unfold
from diffusion_lib.symbolic.licences import licence
from diffusion_lib.symbolic.numeric.evaluate import DIGITS, POINTS, admissible, times_to_try, witness
from diffusion_lib.symbolic.numeric.interpret import to_mpf
from diffusion_lib.symbolic.numeric.points import Point
from diffusion_lib.symbolic.numeric.worlds import gaussian_sign


def look_at_gap(claim: Claim, gap, strict: bool = False) -> None:
    """Raise ``Refuted`` if the gap is negative (or zero, if ``strict``) at a point of the domain, or in a world."""
    (seen,) = unfold((gap,), claim.facts, claim.start)
    claim = replace(claim, left=gap, right=seen)
    if has_densities(seen):
        return gaussian_sign(claim, seen)
    with mp.workdps(DIGITS):
        tries, seen_by = times_to_try(claim), licence("linearity" if contains(Apply, seen) else "integration")
        for turn, number in enumerate(admissible(claim, max(POINTS, len(tries)))):
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
