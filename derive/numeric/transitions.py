"""Chains whose transition matrices are defined by a formula, evaluated exactly in small alphabets."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from ..errors import Inconclusive
from ..language.density import Density
from ..language.functions import Apply
from ..language.registry import positive
from .draw import draw
from .finite import FiniteModel


class DefinedChain(FiniteModel):
    """The first state has an arbitrary distribution, and each step follows its definition."""

    def __init__(self, definitions, *arguments, **options):
        super().__init__(*arguments, **options)
        steps = [fact for fact in definitions if isinstance(fact.left, Density) and not isinstance(fact.right, Apply)]
        self.steps = {fact.left.distribution: fact for fact in steps}
        self.paths: dict[str, dict] = {}

    def atom(self, distribution, targets, given):
        fact = self.steps.get(distribution)
        if fact is None or not fact.left.given:
            raise Inconclusive(f"no definition says how the states of {distribution.name} are drawn")
        known = {key: self.state(key) for key in (*targets, *given)}
        name = fact.left.targets[0].sequence.name
        if any(sequence != name for sequence, _ in known):
            raise Inconclusive(f"{distribution.name} is about several sequences of states")
        if distribution.name not in self.paths:
            self.paths[distribution.name] = self.joint(name, fact)
        paths = self.paths[distribution.name]
        weights = [
            sum((w for path, w in paths.items() if all(path[t] == known[name, t] for _, t in keys)), 0)
            for keys in ((*targets, *given), given)
        ]
        return Fraction(weights[0]) / weights[1]

    def joint(self, name, fact):
        """The weight of each path, where the steps begin at the state 0."""
        symbol, offset = fact.left.targets[0].index.symbol, fact.left.targets[0].index.offset
        saved, index, found = self.bound, dict(self.index), {}
        for path in product(self.states, repeat=self.last_state + 1):
            weight = draw(f"{self.seed}:start {path[0]}", positive)
            self.bound = saved | {(name, time): state for time, state in enumerate(path)}
            for time in range(1, self.last_state + 1):
                self.index[symbol] = time - offset
                weight *= self(fact.right)
            found[path] = weight
        self.bound, self.index = saved, index
        return {path: weight / sum(found.values()) for path, weight in found.items()}
