"""Vectors in ℝᵈ, for every d ≥ 1: an equality of vectors holds coordinate by coordinate.

x = F.states("x", vectors)          a vector for each time; noises, symbols and functions are declared likewise
dot(u, v), norm2(u)                 ⟨u, v⟩ and ‖u‖², sums over coordinates
Total(f)                            Σ_i f, where each vector in f stands for its coordinate i
Gradient(f, x), Divergence(v, x)    of partial derivatives; the trace of a Jacobian matrix is a divergence
Integral(f, y)                      over all vectors; y = F.dummy("y", vectors)
Normal(x, m, v)                     the density of N(m, v𝐈) at x; a vector v is the diagonal of the covariance
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from ..errors import ArgumentError, Inconclusive
from .density import KL, Density, Derivative, E, Integral, Normal
from .expr import Add, Div, Expr, Interval, Mul, Neg, Symbol, children, put, walk
from .functions import Apply
from .times import Index, Item

d = Index("d")  # the dimension


@dataclass(frozen=True)
class Space(Interval):
    """The domain of a vector: that of each of its coordinates."""

    vector: bool = field(default=True, init=False)


vectors, positive_vectors = Space(), Space(Fraction(0))


@dataclass(frozen=True, repr=False)
class Dot(Expr):
    """The inner product of two vectors."""

    left: Expr
    right: Expr


@dataclass(frozen=True, repr=False)
class Total(Expr):
    """The sum of ``body`` over all coordinates."""

    body: Expr


@dataclass(frozen=True, repr=False)
class Gradient(Expr):
    body: Expr
    by: Expr


@dataclass(frozen=True, repr=False)
class Divergence(Gradient):
    """Σ_i ∂ body_i / ∂ by_i."""


@dataclass(frozen=True, repr=False)
class Jacobian(Expr):
    """The Jacobian matrix of ``body`` by ``by`` times the vector ``along``: Σ_j ∂ body_i / ∂ by_j along_j."""

    body: Expr
    by: Expr
    along: Expr


OPERATORS = (Dot, Total, Gradient, Jacobian)
dot = Dot


def redrawn(node, old: Expr, new: Expr):
    """``node`` with ``new`` in the place of ``old``, over which a mean runs; no derivative may be by it."""
    for part in walk(node):
        if getattr(part, "by", None) == old:
            raise Inconclusive(f"{part!r} is a derivative by what its mean runs over; take it in a step of its own")
    return put(node, old, new)


def norm2(u: Expr) -> Dot:
    """The square of the Euclidean norm."""
    return Dot(u, u)


def laplacian(f: Expr, x: Expr) -> Divergence:
    """The divergence of the gradient."""
    return Divergence(Gradient(f, x), x)


def domain_of(node) -> Interval | None:
    """The domain of a symbol, a member of a sequence, or the value of a function."""
    owner = {Item: "sequence", Apply: "function", Symbol: None}.get(type(node), "")
    return None if owner == "" else (getattr(node, owner) if owner else node).domain


def is_variable(node) -> bool:
    """Is this a vector with a name?"""
    return isinstance(domain_of(node), Space)


def has_vectors(*nodes) -> bool:
    return any(is_variable(part) for node in nodes for part in walk(node))


def is_vector(node, each=False) -> bool:
    """Is ``node`` a vector?  Raise ``ArgumentError`` if it mixes them with numbers; ``each``: they are coordinates."""
    if is_variable(node):
        _whole(node)
        return not each
    if isinstance(node, Add):
        kinds = {is_vector(term, each) for term in node.terms}
        return kinds.pop() if len(kinds) == 1 else _mixed(node, "a sum has vectors or numbers, not both")
    if isinstance(node, Mul):
        return _one(node, [is_vector(factor, each) for factor in node.factors])
    if isinstance(node, Div):
        return is_vector(node.over, each) and not _number(node, node.under, each)
    if isinstance(node, Dot):
        kinds = {is_vector(node.left, each), is_vector(node.right, each)}
        return False if kinds == {True} else _mixed(node, "an inner product takes two vectors")
    if isinstance(node, (Gradient, Normal, Jacobian)):
        return _operator(node, each)
    if isinstance(node, KL):
        return _number(node, node.p, each) or _number(node, node.q, each)
    if isinstance(node, E):
        if node.under is not None and not isinstance(node.under, Expr):
            return is_vector(node.body, each)
        return is_vector(node.body, each) and (node.under is None or not _number(node, node.under, each))
    if isinstance(node, (Neg, Derivative, Integral)):
        return is_vector(node.arg if isinstance(node, Neg) else node.body, each)
    if isinstance(node, (Density, Apply)):
        _whole(node)
        return False
    for child in children(node):
        _number(node, child, each or isinstance(node, Total))
    return False


def _operator(node, each):
    if isinstance(node, Normal):
        kinds = [is_vector(part, each) for part in (node.at, node.mean, node.variance)]
        if kinds[0] != kinds[1] or (kinds[2] and not kinds[0]):
            _mixed(node, "place and mean are both vectors or both numbers")
        return False
    wants, along = type(node) is not Gradient, getattr(node, "along", node.by)
    if not is_variable(node.by) or is_vector(node.body) is not wants or not is_vector(along) or each:
        _mixed(node, "a gradient is of a number, a divergence or Jacobian of a vector, by a vector with a name")
    return not isinstance(node, Divergence)


def _whole(node):
    for child in children(node):
        is_vector(child)


def _one(node, kinds):
    return any(kinds) if sum(kinds) < 2 else _mixed(node, "multiply vectors by dot(u, v)")


def _number(node, part, each) -> bool:
    return is_vector(part, each) and _mixed(node, f"{part!r} is a vector where a number is needed")


def _mixed(node, remedy):
    raise ArgumentError(f"{node!r} mixes vectors and numbers; {remedy}")


def agree(*sides) -> None:
    """Raise ``ArgumentError`` unless all sides are vectors, or all are numbers."""
    if any(is_variable(part) or isinstance(part, OPERATORS) for side in sides for part in walk(side)):
        kinds = {is_vector(side) for side in sides}
        if len(kinds) > 1:
            _mixed(sides[0], f"{sides[-1]!r} is of the other kind")
