"""Statements about vectors in dimensions 1, 2 and 3: each vector becomes as many numbers, and each equality too."""

from __future__ import annotations

from dataclasses import replace

from ..language.density import KL, Derivative, E, Integral, Normal
from ..language.dependence import is_noise
from ..language.expr import Add, Expr, Interval, Mul, Symbol, log, rebuild, wrap
from ..language.functions import Apply
from ..language.goal import Goal
from ..language.times import Index, Item, Sequence
from ..language.tree import unfold
from ..language.vectors import d, domain_of, has_vectors, is_variable, is_vector

DIMENSIONS = (1, 2, 3)


def in_dimensions(goal: Goal):
    """The goals about numbers that a goal about vectors says, in each dimension, with what it cites put in."""
    left, right = unfold((goal.left, goal.right), goal.facts, goal.start)
    kept = tuple(fact for fact in goal.facts if not has_vectors(fact.left, fact.right))
    for size in DIMENSIONS:
        numbers = Numbers(size)
        names = frozenset(f"{name}.{i}" for name in goal.standard for i in range(size)) | goal.standard
        for i in range(size if is_vector(left) else 1):
            sides = {"left": numbers(left, i), "right": numbers(right, i)}
            yield replace(goal, **sides, facts=kept, standard=names, definitions=(), assumed=(), stated=())


class Numbers:
    """``Numbers(size)(node, i)`` is coordinate i of a vector, or a number."""

    def __init__(self, size: int):
        self.size = size

    def __call__(self, node, i=0) -> Expr:
        if is_variable(node):
            return self.coordinate(node, i)
        if isinstance(node, Index) and node.symbol == d.symbol:
            return wrap(self.size + node.offset)
        rule = getattr(self, f"_{type(node).__name__}", None)
        if rule is not None and has_vectors(node):
            return rule(node, i)
        return rebuild(node, lambda child: self(child, i))

    def all(self, node) -> tuple[Expr, ...]:
        return tuple(self(node, i) for i in range(self.size))

    def coordinate(self, node, i) -> Expr:
        of = {"domain": Interval(domain_of(node).low), "latex": ""}
        if isinstance(node, Item):
            return Item(replace(node.sequence, name=f"{node.sequence.name}.{i}", **of), node.index)
        if is_noise(node):  # without a time; as one at time 1 it is independent of the state at time 0
            return Item(Sequence(f"{node.name}.{i}", "", of["domain"], 1, "noise"), Index(None, 1))
        if isinstance(node, Symbol):
            return replace(node, name=f"{node.name}.{i}", **of)
        return Apply(replace(node.function, name=f"{node.function.name}.{i}", **of), self.each(node.args))

    def each(self, parts) -> tuple[Expr, ...]:
        """Each vector among ``parts`` is all of its coordinates."""
        return tuple(one for part in parts for one in (self.all(part) if is_vector(part) else (self(part),)))

    def _Apply(self, node, _):
        return Apply(node.function, self.each(node.args))

    def _Dot(self, node, _):
        return Add(tuple(map(Mul, zip(self.all(node.left), self.all(node.right), strict=True))))

    def _Total(self, node, _):
        return Add(self.all(node.body))

    def _Gradient(self, node, i):
        return Derivative(self(node.body, i), self(node.by, i))

    def _Divergence(self, node, _):
        return Add(tuple(self._Gradient(node, i) for i in range(self.size)))

    def _Jacobian(self, node, i):
        body, by, along = self(node.body, i), self.all(node.by), self.all(node.along)
        return Add(tuple(Derivative(body, x) * v for x, v in zip(by, along, strict=True)))

    def normals(self, node) -> list[Normal]:
        return [Normal(*(self(part, i) for part in (node.at, node.mean, node.variance))) for i in range(self.size)]

    def _Normal(self, node, _):
        return Mul(tuple(self.normals(node))) if is_vector(node.at) else rebuild(node, self)

    def _E(self, node, i):
        if not isinstance(node.under, Normal):
            return E(self(node.body, i), node.under, given=self.each(node.given))
        found = self(node.body, i)
        for normal in self.normals(node.under) if is_vector(node.under.at) else [rebuild(node.under, self)]:
            found = E(found, normal)
        return found

    def _KL(self, node, i):
        return self._E(E(log(node.p / node.q), node.p), i) if isinstance(node, KL) else node

    def _Integral(self, node, i):
        found = self(node.body, i)
        for over in self.all(node.over):
            found = Integral(found, over)
        return found
