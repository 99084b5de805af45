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
from derive.justifications import Licence
from derive.language.density import KL, Density, Derivative, Diffusion, E, Integral, Normal, Var
from derive.language.dependence import random_facts
from derive.language.expr import Symbol, walk
from derive.language.goal import Claim, contains, has_densities
from derive.language.times import Limit
from derive.language.tree import unfold
from derive.numeric.evaluate import at_points
from derive.numeric.models import finite_worlds, gaussian_worlds
from derive.page.definition import Definition
from derive.page.recall import Recalled
from derive.proof.timeout import patience
from derive.verify.verify import named

# Everything is what it is: sums, integrals and derivatives are evaluated, and a law that is declared to be a Markov
# chain is one.
WIDEST = Licence(
    "every rule", "", world="markov", mean="integral", independent=True, integrates=True, differentiates=True
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
    claim = Claim(
        "your line",
        left,
        right,
        WIDEST,
        facts,
        frozenset().union(*(block.standard for block in definitions)),
        derivation.model(),
        derivation.hypotheses(),
        start,
        derivation.said(),
        derivation.model("="),
    )
    try:
        with named(claim):
            for look in _looks(claim):
                with suppress(Inconclusive), patience(SECONDS):
                    look()
    except Refuted as error:
        return str(error).split(": ", 1)[1].removesuffix("; correct a side, or the licence")
    except (DerivationError, ArgumentError):  # nothing can be said where a side has no value
        return ""
    return ""


def _looks(claim):
    """The searches that make sense for a claim; an equation with noise has none of its own."""
    sides = unfold(claim.sides(), claim.facts, claim.start)
    if contains(Limit, *sides) or any(isinstance(right, Diffusion) for _, right in claim.said):
        return []
    if _is_out_of_reach(claim, sides):
        return []
    if not has_densities(*claim.sides()) and not has_densities(*sides):
        return [lambda: at_points(claim, *sides)]
    model = (*claim.model, *(claim.assumed if random_facts(claim.assumed) else ()))
    looks = [lambda: gaussian_worlds(replace(claim, model=model))]
    stated = any(contains(Density, fact.left) for fact in claim.facts)
    if not stated and not contains(NOT_EVALUATED, *sides):
        looks.append(lambda: finite_worlds(claim, *sides))
    return looks


def _is_out_of_reach(claim, sides) -> bool:
    """Is an integral differentiated, which is known to too few digits, or does a defined symbol remain in ``sides``?

    It remains where it is bound, or where its definition would be captured; elsewhere it was replaced.
    """
    fixed = {fact.left for fact in claim.facts if isinstance(fact.left, Symbol)}
    remains = any(part in fixed for side in sides for part in walk(side))
    return remains or (contains(Derivative, *sides) and contains(MEANS, *sides))
