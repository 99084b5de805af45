"""Chains of steps and proofs by induction."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..definitions.networks import no_symbol_for_a_network
from ..errors import ArgumentError, DerivationError
from ..justifications import RULE, WRITTEN_OUT, justification
from ..kernel.theorem import by_induction, chained
from ..language.density import KL
from ..language.expr import Expr, walk, wrap
from ..language.goal import Goal, contains
from ..language.registry import at_least_zero
from ..language.times import Index
from ..language.tree import Fact, at, first_times
from ..proof.derivatives import not_under_its_own_variable
from ..verify.mutate import gap_mutants, mutants
from ..verify.verify import ProofStatus, non_negative, search_by_definitions, verify
from .blocks import Block, Line

GAPS = ("Gibbs", "non-negative gap", "positive gap")


@dataclass(frozen=True)
class Gap:
    """What makes a line an inequality: the goal about the sign of the gap, and the line before it."""

    goal: Goal
    before: Expr
    strict: bool

    def check(self, goal):
        non_negative(goal, goal.left, self.strict)


@dataclass(frozen=True)
class Step:
    """One checked line: ``relation right``, with the goal that was proved, and how."""

    relation: str
    right: Expr
    goal: Goal
    status: ProofStatus
    beside: str  # the justification as it is shown
    check: object = verify  # what accepts or rejects a variant of the goal
    gap: Gap | None = None

    @property
    def word(self) -> str:
        """The proof status in a word: rule (for all T), algebra, calculus or definition."""
        word = (self.gap.goal if self.gap else self.goal).justification.status
        timeless = not any(isinstance(p, Index) and p.symbol for side in self.goal.sides() for p in walk(side))
        return "rule" if word == RULE and timeless else word

    @property
    def shown(self) -> str:
        """What stands beside the line: its justification, and its proof status where that is another word."""
        return self.beside if self.beside.startswith(self.word) else f"{self.beside} · {self.word}"

    def attacks(self, sequences, laws):
        """Yield (description, mutant, what must reject it)."""
        for what, mutant in mutants(self.goal, sequences, laws):
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
        self.steps: list[Step] = []

    @property
    def right(self) -> Expr:
        """The last expression so far."""
        return self.steps[-1].right if self.steps else self.left

    def equals(self, right, by: str, using=()) -> Chain:
        """Add ``= right``, justified by ``by`` and the earlier definitions or results named in ``using``."""
        right = wrap(right)
        if by in GAPS:
            raise ArgumentError(f"by={by!r} justifies an inequality; use at_most or below, with the gap")
        goal, beside = self.goal(self.right, right, by, using)
        self._add(Step("=", right, goal, verify(goal), beside), using)
        return self

    def _add(self, step, using):
        """Keep a step that was proved, and with it what its line rests on; a refused one leaves nothing behind."""
        for source in self.sources(using):
            self.assumptions |= source.assumptions
            self.rests |= source.rests
            self.brings |= source.brings
        self.ordered |= frozenset(time.symbol for pair in step.goal.orders() for time in pair)
        self.steps.append(step)

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
        signed, cited = self.goal(gap, gap, by, using)
        non_negative(signed, gap, strict)
        beside = Gap(signed, self.right, strict)
        self._add(Step(relation, bound, goal, status, cited, gap=beside), using)
        return self

    def sources(self, using) -> list[Block]:
        """The earlier blocks that a step cites."""
        names = (using,) if isinstance(using, str) else tuple(using)
        return [self.derivation.source(name) for name in names if name != "hypothesis" or not self.hypothesis]

    def goal(self, left, right, by, using) -> tuple[Goal, str]:
        """The goal that ``left = right``, and the justification as shown beside the line."""
        self.derivation.own(left, right, beside=[self.left, *(step.right for step in self.steps)])
        no_symbol_for_a_network((left, right), self.derivation.stated())
        using = (using,) if isinstance(using, str) else tuple(using)
        if (by == "result" and not using) or (by == "induction" and "hypothesis" not in using):
            raise ArgumentError(f"using must name what {by!r} rests on, got nothing; name a block, or 'hypothesis'")
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
        allowed = justification(by)
        if allowed.mean == "sum" and facts and not standard:
            allowed = replace(allowed, mean="uninterpreted")  # the fact is put in place; operators stay as they are
        elif by == "definition" and not facts and not standard:
            allowed = replace(allowed, mean="integral", rules=WRITTEN_OUT)  # an operator is written out
        goal = Goal(
            f"{self.name}, line {len(self.steps) + 1}",
            left,
            right,
            allowed,
            tuple(facts),
            standard,
            self.derivation.process_facts(),
            self.derivation.hypotheses(),
            self.start,
            self.derivation.stated(),
            self.derivation.process_facts("="),
            equations,
        )
        return goal, " ".join([by, ", ".join(labels)]).strip()

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
            follows = (step.gap.before if step.gap else step.goal.left) == before and step.goal.right == step.right
            if not follows or step.status.theorem.goal is not step.goal:
                raise DerivationError(f"{self.name!r} was changed after it was checked; state it again")
            before = step.right
        return [Line(left, s.relation, s.right, s.shown) for left, s in zip(lefts, self.steps, strict=False)]


class Induction(Block):
    """``left = right`` for every value ≥ 1 of an index: prove ``base`` and ``step``, then ``conclude()``."""

    def __init__(self, derivation, name: str, left: Expr, right: Expr, over: Index):
        super().__init__(name)
        if not isinstance(over, Index) or over.symbol is None or over.offset:
            raise ArgumentError(f"over must be an index such as t, got {over!r}; an induction goes from t to t + 1")
        self.derivation, self.left, self.right, self.over = derivation, left, right, over.symbol
        self.steps: list[Step] = []
        hypothesis = Fact("hypothesis", left, right, frozenset())
        self.base = derivation.place(Chain(derivation, f"{name}, base", self.here(left, Index(None, 1))))
        self.step = derivation.place(Chain(derivation, f"{name}, step", self.here(left, over + 1), hypothesis))

    def here(self, node, index):
        return at(node, {self.over: index})

    def conclude(self) -> Induction:
        """Check that base and step end where they must; the equality then holds for all times, and may be cited."""
        for chain, index in ((self.base, Index(None, 1)), (self.step, Index(self.over, 1))):
            expected = self.here(self.right, index)
            if not chain.steps or chain.right != expected or any(step.relation != "=" for step in chain.steps):
                raise DerivationError(
                    f"{chain.name!r} must end in = {expected!r}, got {chain.right!r}; add the missing line"
                )
        self.derivation.place(self)
        self.assumptions = self.base.assumptions | self.step.assumptions
        self.rests = self.base.rests | self.step.rests
        self.brings = self.base.brings | self.step.brings
        self.ordered = self.base.ordered | self.step.ordered
        not_under_its_own_variable(self)
        goal = Goal(
            self.name, self.left, self.right, justification("induction"), definitions=self.derivation.process_facts()
        )
        base, step = ([step.status.theorem for step in chain.steps] for chain in (self.base, self.step))
        status = ProofStatus(by_induction(goal, self.over, base, step), search_by_definitions(goal))
        beside = f"induction ({self.base.tag}), ({self.step.tag})"
        self.steps = [Step("=", self.right, goal, status, beside, search_by_definitions)]
        return self

    def facts(self):
        if not self.steps:
            raise ArgumentError(f"{self.name!r} is not concluded yet; prove base and step and call conclude()")
        return [self.fact()]

    def lines(self):
        return [Line(self.left, s.relation, s.right, s.shown) for s in self.steps]
