"""What the kernel calls to decide an equality of real numbers: its side conditions, then the decision procedure."""

from __future__ import annotations

from dataclasses import replace

from diffusion_lib.errors import Inconclusive
from diffusion_lib.symbolic.kernel.free import Free
from diffusion_lib.symbolic.kernel.ranges import Ranges
from diffusion_lib.symbolic.kernel.states import all_apart, run
from diffusion_lib.symbolic.language.claim import Claim, contains, has_densities, odd_conditions
from diffusion_lib.symbolic.language.density import KL, E, Integral, Var
from diffusion_lib.symbolic.language.dependence import atoms, meets, random_facts
from diffusion_lib.symbolic.language.expr import Symbol, walk
from diffusion_lib.symbolic.language.times import Item, Limit
from diffusion_lib.symbolic.language.tree import bound_by, first_times, unfold
from diffusion_lib.symbolic.proof.decide import symbolically
from diffusion_lib.symbolic.proof.growth import converges, finite, reckoned_with_converge, tame
from diffusion_lib.symbolic.proof.slopes import distinct, visible


def algebra(claim: Claim, left, right) -> str:
    """How ``left = right`` was decided, by the field of the page and the calculus that the licence grants."""
    left, right = moving(claim, left, right)
    for side in (left, right):
        if claim.licence.name != "limit" and contains(Limit, side) and not isinstance(side, Limit):
            raise Inconclusive(f"{side!r} reckons with a limit that may not exist; take the limit in a step of its own")
    if claim.licence.differentiates:
        visible(claim, left, right)
    tame(left, right)
    if has_densities(left, right):  # a law's own means and integrals are taken to exist, and no others
        finite(*(part for side in (left, right) for part in walk(side) if not has_densities(part)))
    else:
        distinct(claim, left, right)
        if claim.licence.linear:
            converges(left, right)
        elif not claim.licence.integrates:
            reckoned_with_converge(left, right)
    for condition in (*odd_conditions(left), *odd_conditions(right)):
        raise Inconclusive(f"{claim} has the condition {condition!r}, which is no state; nothing is known given it")
    return symbolically(claim, left, right)


def moving(claim, left, right):
    """Both sides with the letters written out that hide something random, which a mean or integral must not miss."""
    if has_densities(left, right) or not contains((E, Var, KL, Integral), left, right):
        return left, right
    free, ranges = Free(claim.said), Ranges.least(first_times(left, right, least=claim.start))
    facts = random_facts((*claim.model, *claim.assumed))
    found = []
    for node in (part for side in (left, right) for part in walk(side)):
        noisy = isinstance(node, Var) or (isinstance(node, E) and node.under is None)
        bound = [run(variable) for variable in bound_by(node)]
        letters = [part for part in walk(node) if isinstance(part, (Symbol, Item))] if noisy or bound else []
        hiding = [part for part in letters if noisy or not all_apart(free(part, ranges), bound, ranges)]
        found += hiding
    facts = [fact for fact in facts if any(meets(part, fact.left) for part in reached(found, claim.said))]
    left, right = unfold((left, right), facts, claim.start)
    replace(claim, left=left, right=right).check_literals()  # a measure by a letter may be no density
    return left, right


def reached(parts, said):
    """``parts``, and all that their definitions lead to."""
    found = list(parts)
    for part in found:  # it grows on the way
        deeper = [atom for left, right in said if meets(part, left) for atom in atoms(right)]
        found += [atom for atom in deeper if atom not in found]
    return found
