"""Vectors by coordinates: both sides as numbers, in which one symbol stands for a coordinate, and one for each sum.

A sum over coordinates is multiplied out, and constants are pulled out of it: ⟨a x, x + y⟩ is a Σxx + a Σxy.  A gradient
is taken by the rules, and what an arbitrary function has for one stays a symbol.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import Inconclusive
from ..justifications import CLOSED, JUSTIFICATIONS
from ..kernel.positive import positive
from ..kernel.sums import ONE, ZERO, product, products, times, total
from ..language.density import Density, Derivative, E, Integral, Normal
from ..language.expr import Div, Expr, Func, Interval, Mul, Pi, Symbol, children, exp, log, rebuild, walk
from ..language.functions import Apply
from ..language.goal import Goal, contains
from ..language.text import text
from ..language.vectors import d, domain_of, has_vectors, is_variable
from .differentiation import Derivatives
from .vector_integrals import Integrals
from .vector_means import Factors, Means, name

HALF = ONE / 2


def in_numbers(goal: Goal, left: Expr, right: Expr) -> tuple[Goal, list[Expr]]:
    """The goal about numbers that is left of ``left = right``, and what must have a value for that."""
    translate = Coordinates(goal)
    left, right = translate(left), translate(right)
    by = JUSTIFICATIONS["differentiation"] if contains(Derivative, left, right) else CLOSED
    return replace(goal, left=left, right=right, facts=(), justification=by), [left, right, *translate.inside]


def parts(goal: Goal, node: Expr) -> list[Expr]:
    """The numbers that must have a value for ``node`` to have one."""
    translate = Coordinates(replace(goal, justification=JUSTIFICATIONS["differentiation"]))
    return [translate(node), *translate.inside] if has_vectors(node) else [node]


class Coordinates(Means, Integrals, Derivatives):
    """``Coordinates(goal)(node)`` is a number, or coordinate i of a vector."""

    def __init__(self, goal: Goal):
        self.goal, self.by = goal, goal.justification
        self.atoms: dict[Symbol, Expr] = {}  # coordinate i of what
        self.sums: dict[Symbol, Factors] = {}  # the sum over i of which product
        self.values: dict[Symbol, Expr] = {}  # of functions of vectors, and of operators that stay as they are
        self.products: dict[
            Symbol, tuple[Expr, Expr, Symbol]
        ] = {}  # s, x and v of coordinate i of the Jacobian times v
        self.derivatives: dict[Symbol, tuple[Symbol, Expr]] = {}  # the partial derivatives of which symbol, by what
        self.integrals: dict[Symbol, tuple[Expr, Symbol]] = {}  # the integral of what, over which vector
        self.inside: list[Expr] = []  # what must have a value
        self.drawn: set[str] = set()  # the noises that means under Gaussians are over
        self.only: frozenset[str] = frozenset()  # of these, what the mean around this place is over; all else stands

    def __call__(self, node: Expr) -> Expr:
        if is_variable(node):
            return self.coordinate(text(node), node)
        if isinstance(node, (Apply, Density)) and has_vectors(node):
            return self.value(text(node), node, isinstance(node, Density) or node.function.positive)
        rule = getattr(self, f"_{type(node).__name__}", None)
        if rule is not None and (has_vectors(node) or not isinstance(node, Integral)):
            return rule(node)
        if has_vectors(node) and type(node).__name__ in ("Var", "Sum", "Product", "Limit"):
            raise Inconclusive(f"{node!r} has vectors inside, of which no rule is known; split the step")
        return rebuild(node, self)

    def coordinate(self, name: str, node: Expr) -> Symbol:
        domain = domain_of(node) or Interval()
        symbol = Symbol(f"{name}·", "", Interval(domain.low, domain.high))
        self.atoms.setdefault(symbol, node)
        return symbol

    def value(self, name: str, node: Expr, above=False) -> Symbol:
        symbol = Symbol(name, "", Interval(ZERO.value) if above else Interval())
        self.values.setdefault(symbol, node)
        return symbol

    # Sums over coordinates

    def _Dot(self, node):
        return self.total(Mul((self(node.left), self(node.right))))

    def _Total(self, node):
        return self.total(self(node.body))

    def total(self, body) -> Expr:
        self.inside.append(body)
        return total(self.sum_of(c, factors) for c, factors in products(body))

    def sum_of(self, coefficient, factors) -> Expr:
        factors = rooted(factors)
        moving = {factor: n for factor, n in factors.items() if self.moves(factor)}
        rest = {factor: n for factor, n in factors.items() if factor not in moving}
        return product(coefficient, times(rest, {self.sum(moving): 1}))

    def sum(self, factors: Factors) -> Expr:
        if not factors:
            return d
        symbol = Symbol(
            f"Σ {name(factors)}", "", Interval(ZERO.value if positive(product(ONE.value, factors)) else None)
        )
        self.sums.setdefault(symbol, factors)
        return symbol

    def moves(self, node) -> bool:
        return any(part in self.atoms for part in walk(node))

    # Densities

    def _Normal(self, node):
        return exp(self.log(node)) if has_vectors(node) else node

    def log(self, node) -> Expr:
        """The logarithm, which for densities is written out."""
        if isinstance(node, Normal) and has_vectors(node):
            at, mean, variance = map(self, (node.at, node.mean, node.variance))
            self.inside.append(log(variance))
            spread = log(2 * Pi()) + log(variance)
            return self.total(-HALF * spread - (at - mean) ** 2 / (2 * variance))
        if isinstance(node, (Mul, Div)) and has_vectors(node) and all(map(positive, children(node))):
            if isinstance(node, Mul):
                return total(map(self.log, node.factors))
            return self.log(node.over) - self.log(node.under)
        return log(self(node))

    def _Func(self, node):
        return self.log(node.arg) if node.name == "log" else rebuild(node, self)

    def _KL(self, node):
        return self(E(log(node.p / node.q), node.p)) if has_vectors(node) else node


def rooted(factors: Factors) -> Factors:
    """The squares of roots are what is under them."""
    found: Factors = {}
    for factor, n in factors.items():
        if isinstance(factor, Func) and factor.name == "sqrt" and n > 1:
            found = times(times(found, {factor.arg: n // 2}), {factor: n % 2})
        else:
            found = times(found, {factor: n})
    return found
