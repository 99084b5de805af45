"""Proofs by induction, over an index from 1 on."""

from __future__ import annotations

from dataclasses import replace

from ..errors import ArgumentError, DerivationError
from ..justifications import justification
from ..kernel.theorem import by_induction, chained
from ..language.expr import Expr
from ..language.goal import Goal
from ..language.times import Index
from ..language.tree import Fact, at
from ..proof.derivatives import not_under_its_own_variable
from ..verify.verify import ProofStatus, search_by_definitions
from .blocks import Block, Line
from .chain import Chain, Step


class Induction(Block):
    """``left = right`` for every value ≥ 1 of an index: prove ``base`` and ``step``, then ``conclude()``."""

    def __init__(self, derivation, name: str, left: Expr, right: Expr, over: Index):
        super().__init__(name)
        if not isinstance(over, Index) or over.symbol is None or over.offset:
            raise ArgumentError(f"over must be an index such as t, got {over!r}; an induction goes from t to t + 1")
        self.derivation, self.left, self.right, self.over = derivation, left, right, over.symbol
        self._steps: tuple[Step, ...] = ()
        hypothesis = Fact("hypothesis", left, right, frozenset())
        self.base = derivation._place(Chain(derivation, f"{name}, base", self.here(left, Index(None, 1))))
        self.step = derivation._place(Chain(derivation, f"{name}, step", self.here(left, over + 1), hypothesis))

    steps = property(lambda self: self._steps)

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
        self.derivation._place(self)
        self._rests = self.base._rests | self.step._rests
        not_under_its_own_variable(self)
        goal = Goal(
            self.name, self.left, self.right, justification("induction"), definitions=self.derivation.process_facts()
        )
        base, step = ([step.status.theorem for step in chain.steps] for chain in (self.base, self.step))
        status = ProofStatus(by_induction(goal, self.over, base, step), search_by_definitions(goal))
        self._rests = replace(self._rests, axioms=status.theorem.rests)
        beside = f"induction ({self.base.tag}), ({self.step.tag})"
        self._steps = (Step("=", self.right, goal, status, "induction", (), beside, search_by_definitions),)
        return self

    def facts(self):
        if not self.steps:
            raise ArgumentError(f"{self.name!r} is not concluded yet; prove base and step and call conclude()")
        return [self.fact()]

    def lines(self):
        if any(chained([step.status.theorem]) != (self.left, self.right) for step in self.steps):
            raise DerivationError(f"{self.name!r} was changed after it was checked; state it again")
        return [Line(self.left, "=", self.right, s.shown, s.examined) for s in self.steps]
