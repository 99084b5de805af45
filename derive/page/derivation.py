"""A derivation is data: definitions, and chains of steps, each checked when it is stated.

    F = Derivation("F")
    F.define("step", q(x[t] | x[t - 1]), Normal(x[t], sqrt(1 - beta[t]) * x[t - 1], beta[t]))
    F.chain("merge", Var(a * e[1] + b * e[2])).equals(…, by="independence").equals(…, by="definition", using="noise")

A false step raises ``Refuted`` where it is stated; what is shown on the page is rendered from the steps that were
accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

import sympy as sp

from ..definitions.conserve import conservative, random_in_time
from ..definitions.definable import density
from ..definitions.distributions import not_against
from ..errors import ArgumentError
from ..justifications import justification
from ..kernel.wellformed import exists
from ..language.density import Density, Diffusion, Normal
from ..language.dependence import is_noise, is_state, random_facts
from ..language.expr import Expr, Interval, Num, Symbol, Value, walk, wrap
from ..language.functions import Apply
from ..language.goal import Goal, contains, has_densities
from ..language.registry import Registry, mentions, real, standard_normal, written
from ..language.times import Index, Item, Limit, Sequence
from ..language.tree import Fact, at, first_times, unfold
from ..numeric.evaluate import admissible
from ..proof.convergence import finite
from ..proof.defined import always_defined, defined
from ..proof.derivatives import moving_in_time
from ..proof.symbolic import Symbolic, floors
from ..proof.vectors import parts
from ..verify.verify import non_negative, verify
from .blocks import Block
from .chain import Chain
from .definition import Definition, is_matrix
from .induction import Induction
from .recall import Recalled, recall
from .summary import Canary, Summary

Placed = TypeVar("Placed", bound=Block)


class Derivation(Registry):
    """One chapter's derivation: its symbols, its numbered blocks (F.1), (F.2), …, and their checks."""

    def __init__(self, letter: str) -> None:
        if not isinstance(letter, str) or not letter.isalpha():
            raise ArgumentError(
                f"letter must be a letter such as 'F', got {letter!r}; it numbers the equations (F.1), (F.2), …"
            )
        super().__init__()
        self.letter, self._blocks = letter, dict[str, Block]()
        self.equivalents: dict[tuple[str, int, str], str] = {}

    @property
    def blocks(self) -> Mapping[str, Block]:
        """All blocks by name, in order; none is ever removed."""
        return MappingProxyType(self._blocks)

    def noise(
        self, name: str, start: int = 1, latex: str | None = None, backward: bool = False, domain: Interval = real
    ) -> Sequence:
        """Noises, one for each time, each independent of everything before it; ``define`` gives their distribution.

        ``backward``: of a process that is drawn from its end, z_t in x_{t−1} = μ + σ z_t, independent of x_t and later.
        """
        noise = Sequence(name, latex or written(name, domain), domain, start, "noise", backward=backward)
        return self.declare(name, noise)

    def merged_noise(self, name: str, latex: str | None = None, domain: Interval = real) -> Symbol:
        """One noise that is independent of the state at time 0."""
        return self.declare(name, Symbol(name, latex or written(name, domain), domain, "noise"))

    def define(self, name: str, left: Expr, right: Value) -> Definition:
        """State ``left := right``; ``standard_normal`` as the right side gives the distribution of a noise.

        A defined parameter is proved to stay in its declared domain, and a variance to be positive.
        """
        return self._state(name, left, right, ":=", "definition")

    def assume(self, name: str, left: Expr, right: Value) -> Definition:
        """State ``left = right`` as an assumption, which only the steps that cite it may use."""
        return self._state(name, left, right, "=", "assumption")

    def _state(self, name, left, right, relation, word):
        left, right = wrap(left), wrap(right)
        self.own(left, *([] if right == standard_normal else [right]))
        pairs = list(self.stated(but=name))
        conservative(name, left, right, pairs, word)
        if name not in self.blocks:
            sides = [side for block in self.blocks.values() for side in block.sides()]
            random_in_time(name, left, right, pairs, sides)
            moving_in_time(name, left, right, pairs, sides)
        if is_noise(left):
            return self._place(Definition(name, left, right, "~", "independent"))
        goal = Goal(name, left, right, justification("definition"), start=int(not is_matrix(left)))
        if isinstance(right, Diffusion):
            always_defined(right.drift, {}, smooth=True)
            always_defined(right.noise, {}, smooth=True)
            return self._place(Definition(name, left, right, "~", "assumption"))
        if isinstance(left, Density) and isinstance(right, Normal):
            non_negative(goal, right.variance, strict=True)
            defined(right.mean)
            (seen,) = unfold((right,), random_facts((*self.process_facts(), *self.process_facts("="))))
            density(name, left, seen)  # no symbol hides a state or a noise that is no condition
        elif isinstance(left, (Item, Symbol, Apply)):
            self._in_domain(goal, left, right)
            if not has_densities(right):
                for part in parts(goal, right):
                    always_defined(part, self._least(left, right), smooth=isinstance(left, Apply))
        if not has_densities(right):
            finite(*walk(right))
            if contains(Limit, right):
                raise ArgumentError(
                    f"{name!r}: {right!r} has a limit, which may be infinite; define it by what it tends to"
                )
        new = Definition(name, left, right, relation, word)
        exists(right, new.first(), pairs)
        self._witness(name, self.hypotheses(), [new])
        stated = [block for block in self.blocks.values() if isinstance(block, Definition) and block.name != name]
        not_against([*stated, new], left)
        return self._place(new)

    def _least(self, left, right) -> dict[str, int]:
        """The first time at which something defined exists."""
        if not isinstance(left, Item) or left.index.symbol is None:
            return first_times(left, right, least=0) if is_matrix(left) else {}
        return {left.index.symbol: max(left.sequence.start - left.index.offset, 0)}

    def _in_domain(self, goal, left, right):
        """Prove that a defined quantity stays in its declared domain, at each time from the first on."""
        domain = getattr(left, "sequence", getattr(left, "function", left)).domain
        if isinstance(left, Item):
            first, start = left.sequence.first, max(left.sequence.start - left.index.offset, 0)
            if first is not None and left.index == Index(None, left.sequence.start):
                raise ArgumentError(f"{goal.name!r}: {left!r} was declared to be {first}, and cannot be defined")
            symbol = left.index.symbol
            if first is not None and first_times(right, least=start).get(symbol, start) == start:
                now = at(right, {symbol: Index(None, start)})
                now = replace(goal, left=now, right=Num(first), definitions=self.process_facts())
                verify(replace(now, facts=now.definitions))
                start += 1
            goal = replace(goal, start=start)
        if domain.low is not None:
            non_negative(goal, right - Num(domain.low) if domain.low else right, strict=True)
        if domain.high is not None:
            non_negative(goal, Num(domain.high) - right, strict=True)

    def suppose(self, name: str, small: Value, large: Value) -> Definition:
        """State ``small < large`` as a hypothesis of all later steps; ``VacuousHypotheses`` if nothing satisfies it."""
        block = Definition(name, wrap(small), wrap(large), "<", "assumption")
        self.own(block.left, block.right, beside=[Num(0)])
        pairs = (*self.hypotheses(), (block.left, block.right))
        goal = Goal(name, block.left, block.left, justification("algebra"), hypotheses=pairs)
        list(admissible(goal, 24))
        self._witness(name, pairs)
        return self._place(block)

    def _witness(self, name, pairs, more=()):
        """Some points must satisfy all hypotheses together with all definitions and assumptions."""
        stated = (block for block in (*self.blocks.values(), *more) if isinstance(block, Definition))
        facts = [fact for block in stated for fact in block.facts()]
        pairs = tuple(unfold(pair, facts) for pair in pairs)
        if pairs:
            list(admissible(Goal(name, *pairs[0], justification("algebra"), hypotheses=pairs), 24))

    def chain(self, name: str, left: Value, start: int = 1) -> Chain:
        """Start a chain of steps at ``left``; it is about all values of its index symbols from ``start`` on."""
        return self._place(Chain(self, name, wrap(left), start=start))

    def induction(self, name: str, left: Expr, right: Value, over: Index) -> Induction:
        """Start a proof of ``left = right`` for all values ≥ 1 of the index ``over``."""
        return Induction(self, name, left, wrap(right), over)

    def recall(self, label: str, left: Value, right: Value, start: int = 1) -> Recalled:
        """Cite ``left = right`` as another chapter has proved it, by its name or number there; later steps may use it.

        ``DerivationError`` shows both statements if this is not what was proved there.
        """
        return self._place(recall(self, label, wrap(left), wrap(right), start))

    def canary(self, name: str, left: Value, right: Value, by: str, using: str | tuple[str, ...] = ()) -> Canary:
        """State something false, to show that it is caught; raise if it is not."""
        return Canary(Chain(self, name, wrap(left)), wrap(right), by, using)

    def equivalent(self, name: str, line: int, mutant: str, because: str) -> None:
        """List a mutant of a line as equivalent to it, with the reason; ``summary`` checks that it does survive."""
        self.equivalents[name, line, mutant] = because

    def summary(self) -> Summary:
        """Attack every step with mutants; raise ``DerivationError`` if one survives that is not listed."""
        return Summary(self)

    def sympy(self, node: Value, using: str | tuple[str, ...] = ()) -> sp.Expr:
        """Return ``node`` as a SymPy expression in plain symbols, with the cited definitions written out."""
        facts = [f for name in ([using] if isinstance(using, str) else using) for f in self.source(name).facts()]
        (node,) = unfold((wrap(node),), facts)
        return Symbolic(justification("limit"), floors=floors(node), chart="plain")(node)

    def _place(self, block: Placed) -> Placed:
        """Number a block.  A cell that is run again replaces its block; another statement under its name is refused."""
        if block.name == "hypothesis":
            raise ArgumentError("name 'hypothesis' is what an induction cites; choose another name")
        if type(block) not in (Definition, Chain, Induction, Recalled):
            raise ArgumentError(f"{type(block).__name__} is no block of a derivation; state it with define or chain")
        old = self.blocks.get(block.name)
        if old is not None and (type(old), old.left) != (type(block), block.left):
            raise ArgumentError(
                f"name {block.name!r} already stands for {old.left!r}, got {block.left!r}; choose another name"
            )
        if isinstance(old, Definition) and (old.right, old.relation) != (block.right, block.relation):
            raise ArgumentError(
                f"name {block.name!r} already says {old.left!r} {old.relation} {old.right!r}, and later blocks may "
                f"rest on it; got {block.right!r}; choose another name, or start a new derivation"
            )
        if isinstance(block, Definition):
            self.defined |= {written: thing for _, thing, written in mentions(block.left)}
        block.placed(old.tag if old is not None else f"{self.letter}.{len(self.blocks) + 1}")
        self._blocks[block.name] = block
        return block

    def source(self, name: str) -> Block:
        """The block that a step cites."""
        if name not in self.blocks:
            raise ArgumentError(
                f"using must name an earlier block of {self.letter}, got {name!r}; known: {', '.join(self.blocks)}"
            )
        return self.blocks[name]

    def process_facts(self, relation: str = ":=") -> tuple[Fact, ...]:
        """The definitions that fix the process, or the assumptions ("="): all but those of states."""
        found = [block for block in self.blocks.values() if getattr(block, "relation", None) == relation]
        return tuple(fact for block in found if not is_state(block.left) for fact in block.facts())

    def stated(self, but: str = "") -> tuple[tuple[Expr, Expr], ...]:
        """Left and right sides of all definitions and assumptions, but those of one name."""
        found = [b for b in self.blocks.values() if isinstance(b, Definition) and b.relation != "<" and b.name != but]
        return tuple((b.left, b.right) for b in found)

    def hypotheses(self) -> tuple[tuple[Expr, Expr], ...]:
        found = [b for b in self.blocks.values() if isinstance(b, Definition) and b.relation == "<"]
        return tuple((b.left, b.right) for b in found)
