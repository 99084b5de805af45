"""Theorems: a ``Theorem`` is made here and nowhere else, by the rules of a justification or by induction.

The algebra that decides the equalities left over by the rules is ``proof.algebra``; no caller can substitute another.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from ..errors import DerivationError, Inconclusive
from ..justifications import CLOSED, GRANTED
from ..language.alphabets import has_symbols
from ..language.density import Density
from ..language.expr import Expr, walk
from ..language.goal import Goal, has_densities
from ..language.times import Index
from ..language.tree import at, first_times, free_indices, unfold
from ..language.vectors import has_vectors
from ..proof import algebra
from . import alphabets, noises
from .free import Free
from .ranges import Ranges
from .rewrite import Rewriter
from .wellformed import well_formed

_SEAL = object()
SIGNS = ("≥ 0", "> 0")


class Theorem:
    """``left = right``, for all times that the goal is about, by the rules of its justification; it never changes."""

    __slots__ = ("_goal", "_how", "_rests")

    def __init__(self, seal, goal: Goal, how: str, rests: frozenset[str] = frozenset()):
        if seal is not _SEAL:
            raise DerivationError("a theorem is made by the kernel alone; state a step, and let it be proved")
        for name, value in zip(self.__slots__, (goal, how, rests), strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name, value=None):
        raise DerivationError(f"a theorem does not change; state another step for {name!r}, and let it be proved")

    __delattr__ = __setattr__

    def __init_subclass__(cls):
        raise DerivationError("a theorem is made by the kernel alone; no other class is one")

    goal = property(lambda self: self._goal)
    how = property(lambda self: self._how, doc="What closed the proof: a zero of the field, an induction, a sign.")
    rests = property(lambda self: self._rests, doc="The assumptions that it rests on, also by what it cites; axioms.")
    left = property(lambda self: self._goal.left)
    right = property(lambda self: self._goal.right)


def granted(goal: Goal) -> frozenset[str]:
    """What a goal takes as given: what its facts rest on, the equations, and Itô's formula, which is an axiom."""
    rests = frozenset().union(*(fact.rests_on for fact in goal.facts))
    rests |= {f"{density!r} ~ {equation!r}" for density, equation in goal.equations}
    return rests | ({"axiom: Itô's formula"} if "Itô" in goal.justification.rules else frozenset())


def prove(goal: Goal) -> Theorem:
    """The theorem ``goal``: its right side is reached from its left by what it cites, its rules, and algebra.

    ``proof.algebra`` checks that both sides have a value, and decides an equality in which nothing but the real
    numbers, and the calculus of the justification, is left; it returns how, or raises ``Inconclusive``.
    """
    if not isinstance(goal, Goal) or goal.justification not in GRANTED:
        raise DerivationError(f"{goal} is no goal under one of the justifications; state a step")
    first = first_times(goal.left, goal.right, least=goal.start)
    ranges, free = Ranges.least(first, goal.orders()), Free(goal.stated)
    for side in (goal.left, goal.right):
        well_formed(side, ranges, free)
    left, right = unfold((goal.left, goal.right), goal.facts, goal.start)
    if has_symbols(left, right) and (goal.justification.calculus or has_vectors(left, right)):
        raise Inconclusive(f"{goal} is about symbols of an alphabet, of which there are sums alone; split the step")
    if has_vectors(left, right):
        return Theorem(_SEAL, goal, algebra.equal_in_vectors(goal, left, right), granted(goal))
    algebra.sound(replace(goal, justification=CLOSED), left, right)
    inside = goal
    if has_densities(left, right) or "given" in goal.justification.rules:
        undeclared(goal, left, right)
        rewriter = Rewriter(frozenset(goal.justification.rules), free)
        left, right = (rewriter(side, ranges) for side in (left, right))
        inside = goal if goal.justification.calculus else replace(goal, justification=CLOSED)
    else:
        left, right = (noises.apart(side, goal.justification.rules, free, ranges) for side in (left, right))
    if "summation" in goal.justification.rules:
        left, right = (alphabets.summed(side, free, ranges) for side in (left, right))
    cases = alphabets.cases(left, right, ranges)
    return Theorem(_SEAL, goal, [algebra.equal(inside, *case) for case in cases][-1], granted(goal))


def bounded(goal: Goal, strict: bool) -> Theorem:
    """The theorem that the left side of ``goal``, a gap, is never negative; positive, if ``strict``."""
    algebra.non_negative(goal, goal.left, strict)
    return Theorem(_SEAL, goal, SIGNS[strict], granted(goal))


def chained(theorems: list[Theorem]) -> tuple[Expr, Expr]:
    """The two ends of ``a = b``, ``b = c``, …: equality is transitive."""
    if any(type(one) is not Theorem for one in theorems):
        raise DerivationError("a chain consists of theorems of the kernel alone; state each line, and let it be proved")
    if not theorems or any(one.right != other.left for one, other in pairwise(theorems)):
        raise DerivationError("the lines do not follow one another; state them again")
    return theorems[0].left, theorems[-1].right


def by_induction(goal: Goal, over: str, base: list[Theorem], step: list[Theorem]) -> Theorem:
    """``goal`` for all values ≥ 1 of ``over``, from its base and from the step that may cite the hypothesis."""
    if any(over in free_indices(time) for one in (*base, *step) for pair in one.goal.orders() for time in pair):
        raise DerivationError(f"{goal} does not follow: a hypothesis orders {over}; take another index")
    known = {**first_times(goal.left, goal.right, least=goal.start), over: 1}
    for theorem in (*base, *step):
        late = first_times(theorem.left, theorem.right, least=theorem.goal.start)
        if any(first > known.get(symbol, 1) for symbol, first in late.items()):
            raise DerivationError(f"{goal} does not follow: {theorem.goal} begins later")
    for theorems, index in ((base, Index(None, 1)), (step, Index(over, 1))):
        expected = tuple(at(side, {over: index}) for side in (goal.left, goal.right))
        if chained(theorems) != expected:
            raise DerivationError(f"{goal} does not follow: {expected[0]!r} = {expected[1]!r} was not proved")
    assumed = {f"hypothesis: {goal.left!r} = {goal.right!r}"}
    rests = frozenset().union(*(theorem.rests for theorem in (*base, *step))) - assumed
    return Theorem(_SEAL, goal, f"induction on {over}", rests)


def undeclared(goal, *sides) -> None:
    """Only a distribution that is declared to be a Markov chain has the Markov property."""
    distributions = {part.distribution for side in sides for part in walk(side) if isinstance(part, Density)}
    if goal.justification.name == "Markov" and not any(q.markov for q in distributions):
        names = ", ".join(sorted(q.name for q in distributions))
        raise Inconclusive(
            f"no distribution in {goal} is declared to be a Markov chain; write F.density({names!r}, markov=True)"
        )
