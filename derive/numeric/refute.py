"""The counterexample search: random points, finite models, linear-Gaussian models."""

from __future__ import annotations

from dataclasses import replace

from mpmath import mp

from ..errors import Inconclusive
from ..language.alphabets import has_symbols
from ..language.density import KL, E, Integral, Var
from ..language.dependence import random_facts
from ..language.goal import Goal, contains, has_densities
from ..language.tree import unfold
from ..language.vectors import has_vectors
from .diffusions import about, at_diffusions
from .evaluate import DIGITS, at_points
from .hermite import at_gaussians, under_gaussians
from .models import LATE, defined_chains, finite_models, gaussian_models
from .sums import at_sums, of_sums
from .vectors import in_dimensions


def refute(goal: Goal) -> tuple[str, ...]:
    """Where the goal was evaluated and held; ``Refuted`` with a witness, or ``Undefined``, where it does not.

    Where numbers cannot be had, for a non-Gaussian mean say, the search is inconclusive.
    """
    if has_vectors(goal.left, goal.right):
        return tuple(dict.fromkeys(found for each in in_dimensions(goal) for found in refute(each)))
    left, right = unfold((goal.left, goal.right), goal.facts, goal.start)
    if has_symbols(left, right):
        stated = [] if goal.assumed else [lambda: defined_chains(goal)]  # what is assumed is no part of these
        return _seen(lambda: finite_models(goal, left, right), *stated)
    special, only = _special(goal, left, right)
    found = _seen(*special)
    if found or only:
        return found
    searches = [lambda: finite_models(goal, left, right), lambda: gaussian_models(goal)]
    if random_facts(goal.assumed):  # a symbol does not show that what it stands for varies
        searches.append(lambda: gaussian_models(replace(goal, definitions=(*goal.definitions, *goal.assumed))))
    if not has_densities(left, right):
        searches = [lambda: at_points(goal, left, right), *searches[1:] * has_densities(goal.left, goal.right)]
        if contains((E, Var, KL, Integral), left, right):
            moved = unfold((left, right), random_facts((*goal.definitions, *goal.assumed)), goal.start)
            searches += [lambda: at_points(goal, *moved)] * (moved != (left, right))
    return _seen(*searches)


def _special(goal: Goal, left, right):
    """Searches that are cheaper or find more, and whether no others make sense: an arbitrary density does not move."""
    if moving := about(goal):
        return [lambda: at_diffusions(goal, left, right, moving)], "parts" not in goal.justification.rules
    if under_gaussians(goal, left, right):
        return [lambda: at_gaussians(goal, left, right)], False
    if goal.justification.name == "limit" and of_sums(left, right):
        return [lambda: at_sums(goal, left, right)], False
    return [], False


def refute_by_definitions(goal: Goal) -> tuple[str, ...]:
    """The same for what an induction concludes: all definitions are put in, its proof is not used."""
    if has_symbols(goal.left, goal.right):
        return _seen(lambda: defined_chains(goal))
    if has_densities(goal.left, goal.right):
        return _seen(lambda: gaussian_models(goal))
    return _seen(lambda: at_points(goal, *unfold((goal.left, goal.right), goal.definitions)))


def refute_late(goal: Goal) -> tuple[str, ...]:
    """The same for a goal about densities at T = 6, 7, 8, in fewer models, which are larger."""
    left, right = unfold((goal.left, goal.right), goal.facts, goal.start)
    if not has_densities(left, right):
        return ()
    return _seen(lambda: finite_models(goal, left, right, LATE), lambda: gaussian_models(goal, LATE))


def _seen(*searches) -> tuple[str, ...]:
    """The names of those searches that found something to evaluate; without any, the goal counts as not examined."""
    found = []
    with mp.workdps(DIGITS):
        for search in searches:
            try:
                found.append(search())
            except Inconclusive:  # said of the step: its proof status names no search
                continue
    return tuple(found)
