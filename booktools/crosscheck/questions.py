"""From a step to questions that a program can answer: densities are left out, definitions put in, ranges replaced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .language import E, Expr, Fact, Goal, Item, Symbol, Var, bound_by, first_times, has_densities, role, unfold, walk
from .ranges import by_induction, without_ranges


@dataclass(frozen=True)
class Equality:
    """``left = right`` for all letters in their domains; ``earliest`` is the least value of each free index symbol."""

    left: Expr
    right: Expr
    earliest: dict[str, int]


@dataclass(frozen=True)
class Question:
    """A step about numbers.  It is true if all equalities of one of its ``ways`` are; ``alike`` needs no program."""

    chapter: str
    goal: Goal
    alike: bool
    ways: tuple[tuple[Equality, ...], ...]

    @property
    def label(self) -> str:
        return f"{self.chapter}: {self.goal.name}"


def question(chapter: str, goal: Goal) -> Question | None:
    """The question that a step asks, or None if it is one about densities."""
    left, right = unfold((goal.left, goal.right), goal.facts, goal.start)
    if has_densities(left, right):
        return None
    left, right = unfold((left, right), moving(goal, (left, right)), goal.start)
    if has_densities(left, right):
        return Question(chapter, goal, False, ())
    if left == right:
        return Question(chapter, goal, True, ())
    earliest = first_times(goal.left, goal.right, least=goal.start)
    ways = [[(left, right)], by_induction((left, right), earliest)]
    return Question(chapter, goal, False, tuple(tuple(_plain(way, earliest)) for way in ways if way))


def questions(chapter: str, goals: Iterable[Goal]) -> list[Question]:
    return [asked for goal in goals if (asked := question(chapter, goal)) is not None]


def moving(goal: Goal, sides: tuple[Expr, Expr]) -> tuple[Fact, ...]:
    """The definitions that no letter may hide: of what depends on the variable of a mean, integral or derivative."""
    parts = [part for side in sides for part in walk(side)]
    bound = {_name(variable) for part in parts for variable in bound_by(part)}
    random = any(isinstance(part, (E, Var)) and getattr(part, "under", None) is None for part in parts)
    facts = [fact for fact in (*goal.definitions, *goal.assumed) if isinstance(fact.left, (Symbol, Item))]
    hanging: set[str] = set()
    found = True
    while found:
        found = {
            _name(fact.left)
            for fact in facts
            if _name(fact.left) not in hanging | bound
            for part in walk(fact.right)
            if isinstance(part, (Symbol, Item))
            and (_name(part) in bound | hanging or (random and role(part) in ("state", "noise")))
        }
        hanging |= found
    return tuple(fact for fact in facts if _name(fact.left) in hanging)


def _name(variable: Expr) -> str:
    return getattr(variable, "sequence", variable).name


def _plain(way, earliest) -> Iterable[Equality]:
    for sides in way:
        left, right = without_ranges(sides, earliest)
        yield Equality(left, right, earliest)
