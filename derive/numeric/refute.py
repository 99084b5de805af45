"""What tries to refute a claim: random points, finite worlds, linear-Gaussian worlds."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from mpmath import mp

from ..errors import Inconclusive
from ..language.density import KL, E, Integral, Var
from ..language.dependence import random_facts
from ..language.goal import Claim, contains, has_densities
from ..language.tree import unfold
from .diffusions import about, at_diffusions
from .evaluate import DIGITS, at_points
from .hermite import at_bells, under_bells
from .models import LATE, finite_worlds, gaussian_worlds
from .sums import at_sums, of_sums


def refute(claim: Claim) -> tuple[str, ...]:
    """Where the claim was looked at and held; ``Refuted`` with a witness, or ``Undefined``, where it does not.

    Where numbers cannot be had, a non-Gaussian mean say, nothing is said.
    """
    left, right = unfold((claim.left, claim.right), claim.facts, claim.start)
    special, only = _special(claim, left, right)
    found = _seen(*special)
    if found or only:
        return found
    looks = [lambda: finite_worlds(claim, left, right), lambda: gaussian_worlds(claim)]
    if random_facts(claim.assumed):  # a letter does not say that what it stands for moves
        looks.append(lambda: gaussian_worlds(replace(claim, model=(*claim.model, *claim.assumed))))
    if not has_densities(left, right):
        looks = [lambda: at_points(claim, left, right), *looks[1:] * has_densities(claim.left, claim.right)]
        if contains((E, Var, KL, Integral), left, right):
            moved = unfold((left, right), random_facts((*claim.model, *claim.assumed)), claim.start)
            looks += [lambda: at_points(claim, *moved)] * (moved != (left, right))
    return _seen(*looks)


def _special(claim: Claim, left, right):
    """Looks that are cheaper or can see more, and whether no others make sense: an arbitrary density does not move."""
    if moving := about(claim):
        return [lambda: at_diffusions(claim, left, right, moving)], "parts" not in claim.licence.rules
    if under_bells(claim, left, right):
        return [lambda: at_bells(claim, left, right)], False
    if claim.licence.name == "limit" and of_sums(left, right):
        return [lambda: at_sums(claim, left, right)], False
    return [], False


def refute_by_definitions(claim: Claim) -> tuple[str, ...]:
    """The same for what an induction concludes: all definitions are put in, its proof is not used."""
    if has_densities(claim.left, claim.right):
        return _seen(lambda: gaussian_worlds(claim))
    return _seen(lambda: at_points(claim, *unfold((claim.left, claim.right), claim.model)))


def refute_late(claim: Claim) -> tuple[str, ...]:
    """The same for a claim about densities at T = 6, 7, 8, in fewer worlds, which are larger."""
    left, right = unfold((claim.left, claim.right), claim.facts, claim.start)
    if not has_densities(left, right):
        return ()
    return _seen(lambda: finite_worlds(claim, left, right, LATE), lambda: gaussian_worlds(claim, LATE))


def _seen(*looks) -> tuple[str, ...]:
    """The names of those looks that found something to look at."""
    found = []
    with mp.workdps(DIGITS):
        for look in looks:
            with suppress(Inconclusive):
                found.append(look())
    return tuple(found)
