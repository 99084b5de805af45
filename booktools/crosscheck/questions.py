"""From a step to questions that a program can answer: densities are left out, definitions put in, ranges replaced."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .language import Claim, E, Expr, Fact, Item, Symbol, Var, bound_by, first_times, has_densities, role, unfold, walk
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
    claim: Claim
    alike: bool
    ways: tuple[tuple[Equality, ...], ...]

    @property
    def label(self) -> str:
        return f"{self.chapter}: {self.claim.name}"


def question(chapter: str, claim: Claim) -> Question | None:
    """The question that a step asks, or None if it is one about densities."""
    left, right = unfold((claim.left, claim.right), claim.facts, claim.start)
    if has_densities(left, right):
        return None
    left, right = unfold((left, right), moving(claim, (left, right)), claim.start)
    if has_densities(left, right):
        return Question(chapter, claim, False, ())
    if left == right:
        return Question(chapter, claim, True, ())
    earliest = first_times(claim.left, claim.right, least=claim.start)
    ways = [[(left, right)], by_induction((left, right), earliest)]
    return Question(chapter, claim, False, tuple(tuple(_plain(way, earliest)) for way in ways if way))


def questions(chapter: str, claims: Iterable[Claim]) -> list[Question]:
    return [asked for claim in claims if (asked := question(chapter, claim)) is not None]


def moving(claim: Claim, sides: tuple[Expr, Expr]) -> tuple[Fact, ...]:
    """The definitions that no letter may hide: of what hangs on a variable that a mean, integral or slope is about."""
    parts = [part for side in sides for part in walk(side)]
    bound = {_name(variable) for part in parts for variable in bound_by(part)}
    random = any(isinstance(part, (E, Var)) and getattr(part, "under", None) is None for part in parts)
    facts = [fact for fact in (*claim.model, *claim.assumed) if isinstance(fact.left, (Symbol, Item))]
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
