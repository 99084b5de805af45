"""Is an equality false, or is only an inference rule missing?

The search for counterexamples that accompanies a step knows no more than the rule of that step: under *algebra* an
integral is an arbitrary number and a density an arbitrary function, and a true equality about them fails.  Such a
failure shows that the rule does not suffice.  An equality is called false only if it fails in a model that satisfies
all definitions of the page and in which integrals, derivatives and expectations are what they are.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from derive.errors import ArgumentError, DerivationError, Inconclusive, Refuted
from derive.justifications import Justification
from derive.language.density import KL, Density, Derivative, Diffusion, E, Integral, Normal, Var
from derive.language.dependence import random_facts
from derive.language.expr import Symbol, walk
from derive.language.goal import Goal, contains, has_densities
from derive.language.times import Limit
from derive.language.tree import unfold
from derive.numeric.evaluate import at_points
from derive.numeric.models import finite_models, gaussian_models
from derive.page.definition import Definition
from derive.page.recall import Recalled
from derive.proof.timeout import timeout
from derive.verify.verify import named

# Everything is what it is: sums, integrals and derivatives are evaluated, and a law that is declared to be a Markov
# chain is one.
WIDEST = Justification(
    "every rule", "", models="markov", mean="integral", independent=True, integrates=True, differentiates=True
)
NOT_EVALUATED = (Normal, Derivative, Integral)  # in a finite model
MEANS = (E, Var, KL, Integral)
SECONDS = 10  # of processor time for one search
UNDECIDED = "No counterexample was found, so the line may still hold by another rule, or in several steps."


def settled(derivation, left, right, rule: str, start: int) -> dict:
    """What is said of a line that ``rule`` does not give: a counterexample, or that there may be another way."""
    found = counterexample(derivation, left, right, start)
    if found:
        return {"kind": "refuted", "message": found}
    return {"kind": "undecided", "message": f"The rule “{rule}” does not give this line. {UNDECIDED}"}


def counterexample(derivation, left, right, start: int = 1) -> str:
    """Where ``left = right`` fails although all definitions of ``derivation`` hold; "" where no such case was found."""
    definitions = [block for block in derivation.blocks.values() if isinstance(block, (Definition, Recalled))]
    facts = tuple(fact for block in definitions for fact in block.facts())
    goal = Goal(
        "your line",
        left,
        right,
        WIDEST,
        facts,
        frozenset().union(*(block.standard for block in definitions)),
        derivation.process_facts(),
        derivation.hypotheses(),
        start,
        derivation.stated(),
        derivation.process_facts("="),
    )
    try:
        with named(goal):
            for search in _searches(goal):
                with suppress(Inconclusive), timeout(SECONDS):
                    search()
    except Refuted as error:
        return str(error).split(": ", 1)[1].removesuffix("; correct a side, or the justification")
    except (DerivationError, ArgumentError):  # nothing can be said where a side has no value
        return ""
    return ""


def _searches(goal):
    """The searches that make sense for a goal; an equation with noise has none of its own."""
    sides = unfold(goal.sides(), goal.facts, goal.start)
    if contains(Limit, *sides) or any(isinstance(right, Diffusion) for _, right in goal.stated):
        return []
    if _is_out_of_reach(goal, sides):
        return []
    if not has_densities(*goal.sides()) and not has_densities(*sides):
        return [lambda: at_points(goal, *sides)]
    definitions = (*goal.definitions, *(goal.assumed if random_facts(goal.assumed) else ()))
    searches = [lambda: gaussian_models(replace(goal, definitions=definitions))]
    stated = any(contains(Density, fact.left) for fact in goal.facts)
    if not stated and not contains(NOT_EVALUATED, *sides):
        searches.append(lambda: finite_models(goal, *sides))
    return searches


def _is_out_of_reach(goal, sides) -> bool:
    """Is an integral differentiated, which is known to too few digits, or does a defined symbol remain in ``sides``?

    It remains where it is bound, or where its definition would be captured; elsewhere it was replaced.
    """
    fixed = {fact.left for fact in goal.facts if isinstance(fact.left, Symbol)}
    remains = any(part in fixed for side in sides for part in walk(side))
    return remains or (contains(Derivative, *sides) and contains(MEANS, *sides))
