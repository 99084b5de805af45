"""A goal: one equality, with what it may use."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ArgumentError, Undefined
from ..justifications import Justification
from .alphabets import alphabet_of
from .density import KL, Density, Diffusion, Distribution, E, Integral, Normal, Var
from .expr import Expr, Interval, Symbol, children, walk
from .times import Index, Item, Limit, OutOfRange, Span
from .tree import Fact, first_times, free_indices, measure_of
from .vectors import agree, vectors


@dataclass(frozen=True)
class Goal:
    """``left = right``, by a justification and cited facts; ``definitions`` holds all definitions of the derivation."""

    name: str
    left: Expr
    right: Expr
    justification: Justification
    facts: tuple[Fact, ...] = ()
    standard: frozenset[str] = frozenset()  # the noises whose standard normal distribution the step cites
    definitions: tuple[Fact, ...] = ()
    hypotheses: tuple[tuple[Expr, Expr], ...] = ()  # pairs (smaller, larger)
    start: int = 1  # the least value of every free index symbol
    stated: tuple[tuple[Expr, Expr], ...] = ()  # left and right sides of all definitions and assumptions
    assumed: tuple[Fact, ...] = ()  # all assumptions
    equations: tuple[tuple[Expr, Expr], ...] = ()  # the pairs (density, diffusion) that the step cites

    def __str__(self):
        return f"{self.left!r} = {self.right!r}"

    def sides(self) -> tuple[Expr, Expr]:
        return self.left, self.right

    def symbols(self) -> list[str]:
        """The index symbols that the goal is about."""
        return sorted(free_indices(self.left) | free_indices(self.right))

    def orders(self) -> list[tuple[Index, Index]]:
        """The hypotheses that one time is before another."""
        return [pair for pair in self.hypotheses if is_order(pair)]

    def in_order(self, index: dict[str, int]) -> bool:
        """Do these times satisfy the hypotheses about them alone?"""
        known = {None: 0, **index}
        pairs = [pair for pair in self.orders() if all(time.symbol in known for time in pair)]
        return all(known[early.symbol] + early.offset < known[late.symbol] + late.offset for early, late in pairs)

    def check_times(self, index: dict[str, int]) -> None:
        """Raise ``OutOfRange`` at a time before the goal, or a sequence in it, begins, or against a hypothesis."""
        if not self.in_order(index):
            raise OutOfRange(f"{index} are not in the order that is supposed")
        for symbol, first in first_times(self.left, self.right, least=self.start).items():
            if index[symbol] < first:
                raise OutOfRange(f"{self} begins at {symbol} = {first}")

    def check_literals(self) -> None:
        """Raise ``Undefined`` for a literal index before the first member of its sequence, wherever it stands."""
        try:
            agree(self.left, self.right)
        except ArgumentError as error:  # a mutant may mix the two
            raise Undefined(str(error)) from error
        if contains(Diffusion, self.left, self.right):
            raise Undefined(f"{self} has an equation in the place of a number; assume it, and cite it")
        measure = no_density(self.left) or no_density(self.right)
        if measure:
            raise Undefined(f"{measure} is no density of its first place, a real variable not in mean or variance")
        for node in (part for side in (self.left, self.right) for part in walk(side) if isinstance(part, Integral)):
            if not runs_over_line(node.over):
                raise Undefined(f"{node.over!r} in {node!r} does not run over all real numbers; use a dummy")
        free = sorted(free_dummies(self.left) | free_dummies(self.right))
        if free:
            raise Undefined(f"{self} has the variable of integration {free[0]!r} outside of its integral")
        for part in (part for side in (self.left, self.right) for part in walk(side) if isinstance(part, (Item, Span))):
            for index in (part.index,) if isinstance(part, Item) else (part.low, part.high):
                if index.symbol is None and index.offset < part.sequence.start:
                    raise Undefined(f"{part!r} does not exist; {part.sequence.name} begins at {part.sequence.start}")


def is_order(pair) -> bool:
    """Is this hypothesis about times alone?"""
    return all(isinstance(side, Index) for side in pair)


def free_dummies(node) -> set[str]:
    """The names of the variables of integration that stand outside of their integral."""
    if isinstance(node, Symbol):
        return {node.name} if node.role == "bound" else set()
    found = set().union(*map(free_dummies, children(node)))
    if isinstance(node, Integral):
        ends = [free_dummies(end) for end in (node.low, node.high) if end is not None]
        return (free_dummies(node.body) - {getattr(node.over, "name", "")}).union(*ends)
    measure = measure_of(node)
    bound = getattr(measure, "at", None)
    if isinstance(bound, Symbol):
        return found - {bound.name} | free_dummies(measure.mean) | free_dummies(measure.variance)
    return found


def no_density(node) -> str | None:
    """Name a measure in ``node`` that is no density: a Gaussian whose mean or variance depends on its own variable."""
    for part in walk(node):
        measures = (part.p, part.q) if isinstance(part, KL) else (part.under,) if isinstance(part, E) else ()
        for measure in measures:
            if isinstance(measure, Normal):
                own = any(p == measure.at for side in (measure.mean, measure.variance) for p in walk(side))
                if own or isinstance(measure.at, Span) or not runs_over_line(measure.at):
                    return repr(measure)
    return None


def runs_over_line(variable) -> bool:
    """May a mean or an integral run over this variable: is it any real number, and no stated one?"""
    if not isinstance(variable, (Item, Span, Symbol)):
        return False
    sequence = getattr(variable, "sequence", variable)
    stated = isinstance(variable, Item) and sequence.first is not None and variable.index == Index(None, sequence.start)
    known = sequence.domain in (Interval(), vectors) or alphabet_of(variable) is not None
    return known and not stated


def odd_conditions(node) -> list:
    """The conditions in ``node`` that are no states, but a noise or a sum, say: nothing is known given those."""
    parts = (given for part in walk(node) if isinstance(part, (E, Var)) for given in part.given)
    return [part for part in parts if not isinstance(part, (Item, Span)) or part.sequence.role != "state"]


def contains(kind, *nodes) -> bool:
    """Does a node of type ``kind`` occur in any of ``nodes``?"""
    return any(isinstance(part, kind) for node in nodes for part in walk(node))


def has_densities(*nodes) -> bool:
    """Is this a statement about densities, and not only about numbers?"""
    parts = [part for node in nodes for part in walk(node)]
    return any(
        isinstance(p, Density) or (isinstance(p, E) and isinstance(p.under, (Distribution, Density))) for p in parts
    )


def members_of_limit(node) -> bool:
    """Does a member of a sequence, or another limit, depend on the index that grows?"""
    return any(
        (isinstance(part, Item) and part.index.symbol == node.symbol) or isinstance(part, Limit)
        for part in walk(node.body)
    )
