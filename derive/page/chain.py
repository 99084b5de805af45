"""Chains of steps: each line starts from the one before it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..definitions.networks import no_symbol_for_a_network
from ..errors import ArgumentError, DerivationError
from ..justifications import CLOSED, RULE, cited
from ..kernel.theorem import SIGNS, Theorem, chained
from ..language.density import KL
from ..language.expr import Expr, walk, wrap
from ..language.goal import Goal, contains
from ..language.registry import at_least_zero
from ..language.times import Index
from ..language.tree import Fact, first_times
from ..verify.mutate import gap_mutants, mutants
from ..verify.verify import ProofStatus, non_negative, verify
from .blocks import Block, Line, Rests

GAPS = ("Gibbs", "non-negative gap", "positive gap")


@dataclass(frozen=True)
class Gap:
    """What makes a line an inequality: the theorem about the sign of the gap, and the line before it."""

    status: ProofStatus
    before: Expr

    @property
    def theorem(self) -> Theorem:
        return self.status.theorem

    @property
    def goal(self) -> Goal:
        return self.theorem.goal

    @property
    def relation(self) -> str:
        return "<" if self.theorem.how == SIGNS[True] else "≤"

    def check(self, goal):
        non_negative(goal, goal.left, self.relation == "<")


@dataclass(frozen=True)
class Step:
    """One checked line: ``relation right``, with the goal that was proved, and how."""

    relation: str
    right: Expr
    goal: Goal
    status: ProofStatus
    by: str
    using: tuple[str, ...] = ()
    beside: str = ""  # the justification as it is shown
    check: object = verify  # what accepts or rejects a variant of the goal
    gap: Gap | None = None

    @property
    def word(self) -> str:
        """The proof status in a word: rule (for all T), algebra, calculus or definition."""
        word = (self.gap.goal if self.gap else self.goal).justification.status
        timeless = not any(isinstance(p, Index) and p.symbol for side in self.goal.sides() for p in walk(side))
        return "rule" if word == RULE and timeless else word

    @property
    def examined(self) -> bool:
        """Did the counterexample search find something to evaluate, for the sign of a gap as well?"""
        return bool(self.status.searches and (self.gap is None or self.gap.status.searches))

    @property
    def shown(self) -> str:
        """What stands beside the line: its justification, and its proof status where that is another word."""
        return self.beside if self.beside.startswith(self.word) else f"{self.beside} · {self.word}"

    def attacks(self, sequences, distributions):
        """Yield (description, mutant, what must reject it)."""
        for what, mutant in mutants(self.goal, sequences, distributions):
            yield what, mutant, self.check
        if self.gap is not None:
            negative = replace(self.gap.goal, left=-self.gap.goal.left, right=-self.gap.goal.left)
            yield "gap: sign", negative, self.gap.check
            for what, new in gap_mutants(self.gap.goal.left):
                yield f"gap: {what}", replace(self.goal, left=self.gap.before + new), self.check


class Chain(Block):
    """``left = … = right``: each line starts from the one before it.

    ``equals`` and ``at_most`` check their line before they return, and raise ``Refuted``, ``Inconclusive``,
    ``Undefined`` or ``VacuousHypotheses`` otherwise; the message names the line, the justification and a witness.
    """

    def __init__(self, derivation, name: str, left: Expr, hypothesis: Fact | None = None, start: int = 1):
        super().__init__(name, at_least_zero(start))
        self.derivation, self.left, self.hypothesis = derivation, left, hypothesis
        self._steps: tuple[Step, ...] = ()

    steps = property(lambda self: self._steps)

    @property
    def right(self) -> Expr:
        """The last expression so far."""
        return self.steps[-1].right if self.steps else self.left

    def equals(self, right, by: str, using=()) -> Chain:
        """Add ``= right``, justified by ``by`` and the earlier definitions or results named in ``using``."""
        right = wrap(right)
        if by in GAPS:
            raise ArgumentError(f"by={by!r} justifies an inequality; use at_most or below, with the gap")
        using = _names(using)
        goal, beside = self.goal(self.right, right, by, using)
        self._add(Step("=", right, goal, verify(goal), by, using, beside))
        return self

    def _add(self, step):
        """Keep a step that was proved, and with it what its line rests on; a refused one leaves nothing behind."""
        for source in self.sources(step.using):
            self._rests |= source._rests
        signs = step.gap.theorem.rests if step.gap else frozenset()
        ordered = frozenset(time.symbol for pair in step.goal.orders() for time in pair)
        self._rests |= Rests(axioms=step.status.theorem.rests | signs, ordered=ordered)
        self._steps += (step,)

    def at_most(self, bound, gap, using=()) -> Chain:
        """Add ``≤ bound``: the last line plus ``gap`` is ``bound``, and ``gap`` is never negative."""
        return self._bounded("≤", bound, gap, using)

    def below(self, bound, gap, using=()) -> Chain:
        """Add ``< bound``, with a gap that is positive on the whole domain."""
        return self._bounded("<", bound, gap, using)

    def _bounded(self, relation, bound, gap, using):
        bound, gap = wrap(bound), wrap(gap)
        shown, known = first_times(*self.sides(), self.left, bound, least=self.start), self.start
        if any(first > shown.get(symbol, known) for symbol, first in first_times(gap, least=self.start).items()):
            raise ArgumentError(f"the gap {gap!r} begins later than the line {bound!r}; give the chain a later start")
        goal, _ = self.goal(self.right + gap, bound, "algebra", ())
        status = verify(goal)
        strict = relation == "<"
        by = "Gibbs" if contains(KL, gap) else "positive gap" if strict else "non-negative gap"
        using = _names(using)
        signed, beside = self.goal(gap, gap, by, using)
        sign = Gap(non_negative(signed, gap, strict), self.right)
        self._add(Step(relation, bound, goal, status, by, using, beside, gap=sign))
        return self

    def sources(self, using) -> list[Block]:
        """The earlier blocks that a step cites."""
        return [self.derivation.source(name) for name in using if name != "hypothesis" or not self.hypothesis]

    def goal(self, left, right, by, using) -> tuple[Goal, str]:
        """The goal that ``left = right``, and the justification as shown beside the line."""
        self.derivation.own(left, right, beside=[self.left, *(step.right for step in self.steps)])
        no_symbol_for_a_network((left, right), self.derivation.stated())
        using = _names(using)
        if (by == "result" and not using) or (by == "induction" and "hypothesis" not in using):
            raise ArgumentError(f"using must name what {by!r} rests on, got nothing; name a block, or 'hypothesis'")
        given, beside = self.cited(by, using)
        return Goal(
            f"{self.name}, line {len(self.steps) + 1}",
            left,
            right,
            definitions=self.derivation.process_facts(),
            hypotheses=self.derivation.hypotheses(),
            start=self.start,
            stated=self.derivation.stated(),
            assumed=self.derivation.process_facts("="),
            **given,
        ), beside

    def cited(self, by, using) -> tuple[dict, str]:
        """What a goal is given by what its step cites, and the justification as shown beside the line."""
        facts, labels, standard, equations = [], [], frozenset(), ()
        if "hypothesis" in using and self.hypothesis:
            facts.append(self.hypothesis)
            labels.append("hypothesis")
        for source in self.sources(using):
            facts += source.facts()
            standard |= source.standard
            equations += source.equations
            resting = [f"({tag})" for other, tag in source.assumptions.items() if other != source.name]
            labels.append(" with ".join([f"({source.tag})", *resting]))
        allowed = cited(by, facts, standard)
        given = {"justification": allowed, "facts": tuple(facts), "standard": standard, "equations": equations}
        return given, " ".join([by, ", ".join(labels)]).strip()

    def proved(self, step, before) -> bool:
        """Is this line what the kernel made a theorem, from the line before it and from what it shows beside it?"""
        gap, theorem = step.gap, step.status.theorem
        theorems = [theorem, gap.theorem] if gap else [theorem]
        if any(type(one) is not Theorem for one in theorems):
            return False
        left = before + gap.theorem.left if gap else before
        relation = gap.relation if gap else "="
        given, beside = self.cited(step.by, step.using)
        same = all(getattr(theorems[-1].goal, name) == value for name, value in given.items())
        plain = gap is None or (theorem.goal.justification == CLOSED and not theorem.goal.facts)
        ends = theorem.goal is step.goal and (theorem.left, theorem.right) == (left, step.right)
        return ends and same and plain and (step.relation, step.beside) == (relation, beside)

    def facts(self) -> list[Fact]:
        """What a later step may cite."""
        if self.hypothesis is not None:
            raise ArgumentError(
                f"{self.name!r} holds under the hypothesis of its induction only; cite what it concludes"
            )
        if not self.steps or any(step.relation != "=" for step in self.steps):
            raise ArgumentError(
                f"{self.name!r} does not end in an equality, so it cannot be cited as one; cite another result"
            )
        if chained([step.status.theorem for step in self.steps]) != (self.left, self.right):
            raise DerivationError(f"{self.name!r} was changed after it was checked; state it again")
        return [self.fact()]

    def lines(self):
        lefts, before = [self.left] + [None] * len(self.steps), self.left
        for step in self.steps:
            if not self.proved(step, before):
                raise DerivationError(f"{self.name!r} was changed after it was checked; state it again")
            before = step.right
        return [Line(a, s.relation, s.right, s.shown, s.examined) for a, s in zip(lefts, self.steps, strict=False)]


def _names(using) -> tuple[str, ...]:
    return (using,) if isinstance(using, str) else tuple(using)
