"""What the kernel calls to decide an equality of real numbers: its side conditions, then the decision procedure.

``sound`` is asked of what was written, before any rule rewrites it; ``equal`` of what the rules have left.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import Inconclusive
from ..kernel.free import Free
from ..kernel.ranges import Ranges
from ..kernel.states import all_apart, run
from ..language.density import KL, Density, E, Integral, Law, Normal, Var
from ..language.dependence import meets, random_facts
from ..language.expr import Symbol, walk
from ..language.goal import Claim, contains, has_densities, odd_conditions
from ..language.times import Item, Limit
from ..language.tree import bound_by, first_times, measure_of, unfold
from .decide import symbolically
from .defined import always_defined
from .derivatives import distinct, visible
from .integrability import converges, reckoned_with_converge, tame
from .riemann import riemann
from .timeout import patience


def sound(claim: Claim, *sides) -> None:
    """Raise ``Inconclusive`` unless all parts of the sides have a value on the whole domain, and all means exist.

    The means and integrals of a law itself are taken to exist, and no others.
    """
    least = first_times(claim.left, claim.right, least=claim.start)
    with patience():
        for side in sides:
            always_defined(side, least)
    exists(claim, *sides)


def exists(claim: Claim, *sides) -> None:
    """Raise ``Inconclusive`` for a mean or an integral that is not seen to exist."""
    tame(*sides)
    converges(*(node for side in sides for node in formulas(claim, side)))
    if claim.licence.linear:
        converges(*sides)
    elif not claim.licence.integrates:
        reckoned_with_converge(*sides)


def equal(claim: Claim, left, right) -> str:
    """How ``left = right`` was decided, by the field of the page and the calculus that the licence grants."""
    left, right = moving(claim, left, right)
    if "Riemann" in claim.licence.rules and contains(Limit, left, right):
        left, right = riemann(claim, left, right)
    for side in (left, right):
        if claim.licence.name != "limit" and contains(Limit, side) and not isinstance(side, Limit):
            raise Inconclusive(f"{side!r} reckons with a limit that may not exist; take the limit in its own step")
    if claim.licence.differentiates:
        visible(claim, left, right)
    distinct(claim, left, right)
    exists(claim, left, right)  # that all has a value is asked below, case by case
    for condition in (*odd_conditions(left), *odd_conditions(right)):
        raise Inconclusive(f"{claim} has the condition {condition!r}, no state; nothing is known given it")
    return symbolically(claim, left, right)


def moving(claim, left, right):
    """Both sides with the letters written out that hide something random, which a mean or integral must not miss."""
    if not contains((E, Var, KL, Integral), left, right):
        return left, right
    free, ranges = Free(claim.said), Ranges.least(first_times(left, right, least=claim.start))
    facts = random_facts((*claim.model, *claim.assumed))
    found = []
    for node in (part for side in (left, right) for part in walk(side)):
        if isinstance(measure_of(node), (Density, Law)):
            continue  # the kernel looks through letters there
        noisy = isinstance(node, Var) or (isinstance(node, E) and node.under is None)
        bound = [run(variable) for variable in bound_by(node)]
        letters = [part for part in walk(node) if isinstance(part, (Symbol, Item))] if noisy or bound else []
        found += [part for part in letters if noisy or not all_apart(free(part, ranges), bound, ranges)]
    deeper = {part for letter in found for part in free.reached(letter)}  # what a letter hides may hide more
    facts = [fact for fact in facts if any(meets(part, fact.left) for part in deeper)]
    left, right = unfold((left, right), facts, claim.start)
    replace(claim, left=left, right=right).check_literals()  # a measure by a letter may be no density
    return left, right


def formulas(claim, side):
    """Means under densities that are defined to be Gaussian, with the Gaussian written in: these may diverge."""
    facts = [fact for fact in claim.model if isinstance(fact.left, Density) and isinstance(fact.right, Normal)]
    for node in walk(side):
        if isinstance(node, E) and isinstance(node.under, Density) and not has_densities(node.body):
            (under,) = unfold((node.under,), facts)
            if isinstance(under, Normal):
                yield E(node.body, under)
