"""What the kernel calls to decide an equality of real numbers: its side conditions, then the decision procedure.

``sound`` is asked of what was written, before any rule rewrites it; ``equal`` of what the rules have left.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import Inconclusive
from ..justifications import CLOSED
from ..kernel.free import Free
from ..kernel.ranges import Ranges
from ..kernel.states import all_apart, run
from ..kernel.wellformed import nothing_hidden
from ..language.density import KL, Density, Distribution, E, Integral, Normal, Var
from ..language.dependence import may_alias, random_facts
from ..language.expr import Symbol, walk
from ..language.goal import Goal, contains, has_densities, odd_conditions
from ..language.times import Item, Limit
from ..language.tree import bound_by, first_times, measure_of, unfold
from .convergence import converges, require_convergence, tame
from .decide import symbolically
from .defined import always_defined
from .derivatives import distinct, visible
from .drawn import drawn
from .nonneg import non_negative
from .riemann import riemann
from .timeout import timeout
from .vectors import in_numbers

__all__ = ["equal", "exists", "non_negative", "sound"]


def sound(goal: Goal, *sides) -> None:
    """Raise ``Inconclusive`` unless all parts of the sides have a value on the whole domain, and all means exist.

    Only the means and integrals of a declared distribution are taken to exist.
    """
    least = first_times(goal.left, goal.right, least=goal.start)
    with timeout():
        for side in sides:
            always_defined(side, least)
    if has_densities(*sides):
        drawn(Ranges.least(least, goal.orders()), *sides)
    exists(goal, *sides)


def exists(goal: Goal, *sides) -> None:
    """Raise ``Inconclusive`` for a mean or an integral that is not seen to exist."""
    tame(*sides)
    converges(*(node for side in sides for node in formulas(goal, side)))
    if goal.justification.linear:
        converges(*sides)
    elif not goal.justification.integrates:
        require_convergence(*sides)


def equal(goal: Goal, left, right) -> str:
    """How ``left = right`` was decided, by the field of the page and the calculus that the justification grants."""
    left, right = moving(goal, left, right)
    if "Riemann" in goal.justification.rules and contains(Limit, left, right):
        left, right = riemann(goal, left, right)
    for side in (left, right):
        if goal.justification.name != "limit" and contains(Limit, side) and not isinstance(side, Limit):
            raise Inconclusive(f"{side!r} computes with a limit that may not exist; take the limit in its own step")
    if goal.justification.differentiates:
        visible(goal, left, right)
    distinct(goal, left, right)
    exists(goal, left, right)  # that all has a value is asked below, case by case
    for condition in (*odd_conditions(left), *odd_conditions(right)):
        raise Inconclusive(f"{goal} has the condition {condition!r}, no state; nothing is known given it")
    return symbolically(goal, left, right)


def equal_in_vectors(goal: Goal, left, right) -> str:
    """How ``left = right`` was decided, coordinate by coordinate."""
    converges(*(part for side in (left, right) for part in walk(side) if isinstance(part, Integral)))
    numbers, inside = in_numbers(goal, left, right)
    sound(replace(numbers, justification=CLOSED), *inside)
    return equal(numbers, numbers.left, numbers.right)


def moving(goal, left, right):
    """Both sides with the symbols written out that hide something random, which a mean or integral must not miss."""
    if not contains((E, Var, KL, Integral), left, right):
        return left, right
    free, ranges = Free(goal.stated), Ranges.least(first_times(left, right, least=goal.start), goal.orders())
    facts = random_facts((*goal.definitions, *goal.assumed))
    found = []
    for node in (part for side in (left, right) for part in walk(side)):
        if isinstance(measure_of(node), (Density, Distribution)):
            continue  # the kernel expands symbols there
        noisy = isinstance(node, Var) or (isinstance(node, E) and node.under is None)
        bound = [run(variable) for variable in bound_by(node)]
        symbols = [part for part in walk(node) if isinstance(part, (Symbol, Item))] if noisy or bound else []
        found += [part for part in symbols if noisy or not all_apart(free(part, ranges), bound, ranges)]
    deeper = {part for symbol in found for part in free.reached(symbol)}  # what a symbol hides may hide more
    facts = [fact for fact in facts if any(may_alias(part, fact.left) for part in deeper)]
    left, right = unfold((left, right), facts, goal.start)
    replace(goal, left=left, right=right).check_literals()  # a measure by a symbol may be no density
    nothing_hidden((left, right), ranges, free)
    return left, right


def formulas(goal, side):
    """Means under densities that are defined to be Gaussian, with the Gaussian written in: these may diverge."""
    facts = [fact for fact in goal.definitions if isinstance(fact.left, Density) and isinstance(fact.right, Normal)]
    for node in walk(side):
        if isinstance(node, E) and isinstance(node.under, Density) and not has_densities(node.body):
            (under,) = unfold((node.under,), facts)
            if isinstance(under, Normal):
                yield E(node.body, under)
