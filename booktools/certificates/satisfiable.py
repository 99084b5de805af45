"""Are the assumptions of a page true together?  Rocq is shown an instance of all names in which they hold.

This module is trusted. The translator makes the statement: there are numbers, sequences, functions and densities in
the domains of a derivation's symbols for which all its definitions, assumptions and hypotheses hold. For these
numbers,

- for any number N of variables, one joint density on the line has the Gaussian conditional densities that are stated;
- there are standard normal noises, independent of each other and of earlier states, and states that are made of them as
  the page says, up to any time N.

Beside the numbers, densities and integrals are what they are in statements about any integral: arbitrary positive
functions, and a functional with the structure of integrals. The equation of a diffusion, which one page assumes, is
not among the premises, nor are definitions of vectors, which are those of numbers in each coordinate: that vectors of
noise exist is ``VectorModel.vector_noise_exists``. That densities on finite spaces, which other statements are about,
exist for any number of variables is one theorem for all pages, ``Model.chain_of_two_states``. A page that is not
shown to be satisfiable is not thereby contradictory: the scripts of ``instances.py`` know Gaussian chains, and no
other joint densities.
"""

from __future__ import annotations

from dataclasses import replace

from derive.justifications import justification
from derive.language.density import Density, E, Normal
from derive.language.dependence import is_noise, is_state
from derive.language.expr import Expr, Num
from derive.language.goal import Goal
from derive.language.registry import standard_normal
from derive.language.times import Index, Item, Span
from derive.language.tree import Fact
from derive.language.vectors import has_vectors
from derive.page.definition import Definition
from derive.page.derivation import Derivation

from ..source.pages import Page
from ..source.steps import run
from .premises import forall, name_of
from .statement import Statement, Translator

N = name_of("N")


def derivations(page: Page) -> list[Derivation]:
    """The derivations of a page, with all that they state."""
    return [each for each in run(page)[0].values() if isinstance(each, Derivation)]


class Assumptions:
    """What a derivation assumes: about numbers, distributions and noise."""

    def __init__(self, derivation: Derivation):
        stated = [block for block in derivation.blocks.values() if isinstance(block, Definition)]
        stated = [block for block in stated if not has_vectors(*block.sides())]
        facts = [fact for block in stated for fact in block.facts()]
        self.noises = [block.left for block in stated if is_noise(block.left) and block.right == standard_normal]
        self.states = [fact for fact in facts if is_state(fact.left) and self.noises]
        self.distributions: dict[str, list[Fact]] = {}
        for fact in facts:
            if isinstance(fact.left, Density) and isinstance(fact.right, Normal):
                self.distributions.setdefault(fact.left.distribution.name, []).append(fact)
        apart = [*self.states, *(fact for facts in self.distributions.values() for fact in facts)]
        zero = Num(0)
        self.goal = Goal(
            "assumptions",
            zero,
            zero,
            justification("exchange"),  # so that functions are smooth, and integrals have all their structure
            tuple(fact for fact in facts if fact not in apart),
            definitions=derivation.process_facts(),
            hypotheses=derivation.hypotheses(),
            assumed=derivation.process_facts("="),
        )
        self.words = Translator(self.goal)
        self.said = self.words.statement()
        self.parts = [*map(self.distribution, self.distributions.values()), *([self.noise()] if self.noises else [])]
        more = {a: b for a, b in self.words.names.items() if a not in {*self.said.names, *self.distributions}}
        known = {f"D_{name}_{n}": said for name in more for n, said in enumerate(self.words.premises(name))}
        names, premises = self.said.names | more, self.said.premises | known
        self.said = replace(self.said, names=names, premises=premises)

    @property
    def statement(self) -> str:
        return exists(self.said.names, [*self.said.premises.values(), *self.parts])

    def distribution(self, facts: list[Fact]) -> str:
        """The distribution of the states at the times before N, from one joint density."""
        said = []
        for fact in facts:
            states = (*fact.left.targets, *fact.left.given)
            path = name_of(states[0].sequence.name)
            here = self.words.within(*fact.symbols, states[0].sequence.name)
            own = {symbol: "nat" for symbol in sorted(fact.symbols)} | {path: "nat -> R"}
            guards = [f"({first} <= {name_of(symbol)})%nat" for symbol, first in fact.first]
            guards += [f"({here.index(index)} < {N})%nat" for index in indices(states)]
            said.append(f"{forall(own, guards)}{here(fact.left)} = {here(fact.right)}")
        name = name_of(facts[0].left.distribution.name)
        joint = exists({name: self.words.names.pop(name)}, [f"joint_on_line {N} {name}", *said])
        return f"forall {N} : nat, {joint}"

    def noise(self) -> str:
        """Noises with their distributions, and states, up to the time N."""
        self.noisy = self.of_noise()
        outer = {*self.said.names.items(), *self.words.names.items(), (N, "nat")}  # numbers stay what they are
        own = {name: type_ for name, type_ in self.noisy.names.items() if (name, type_) not in outer}
        premises = [words for name, words in self.noisy.premises.items() if not name.startswith(f"D_{N}")]
        return f"forall {N} : nat, {exists(own, premises)}"

    def of_noise(self) -> Statement:
        some: list[Expr] = [Item(e.sequence, Index(None, 1)) if isinstance(e, Item) else e for e in self.noises]
        means = [E(each) for each in some]
        if self.states:
            start = Item(self.states[0].left.sequence, Index(None, 0))
            means += [E(each, given=start) for each in some]
        names = frozenset(getattr(each, "sequence", each).name for each in self.noises)
        goal = Goal("noise", sum(means[1:], means[0]), Num(0), justification("independence"), tuple(self.states), names)
        return Translator(goal).statement()


def exists(names: dict[str, str], said: list[str]) -> str:
    quantified = f"exists {' '.join(f'({name} : {type_})' for name, type_ in names.items())},\n  " if names else ""
    return quantified + " /\\\n  ".join([*(f"({each})" for each in said), "True"])


def indices(states) -> list[Index]:
    """The times of these states."""
    found = [index for each in states for index in ((each.low, each.high) if isinstance(each, Span) else (each.index,))]
    return list(dict.fromkeys(found))
