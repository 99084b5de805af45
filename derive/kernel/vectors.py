"""Vectors by coordinates: both sides as numbers, in which one symbol stands for a coordinate, and one for each sum.

A sum over coordinates is multiplied out, and constants are pulled out of it: ⟨a x, x + y⟩ is a Σxx + a Σxy.
A mean over a standard normal noise pairs its factors (Isserlis): two in one sum are 1, and two in different sums join
them.  A gradient is taken by the rules, and what an arbitrary function has for one stays a symbol.
"""

from __future__ import annotations

from dataclasses import replace

from ..errors import Inconclusive
from ..justifications import CLOSED, JUSTIFICATIONS
from ..language.density import Density, Derivative, E, Normal
from ..language.dependence import atoms, depends_on, is_noise, is_state, may_alias
from ..language.expr import Div, Expr, Func, Interval, Mul, Pi, Symbol, children, exp, log, rebuild, walk
from ..language.functions import Apply
from ..language.goal import Goal, contains
from ..language.text import text
from ..language.times import Index, Item
from ..language.vectors import Divergence, d, domain_of, has_vectors, is_variable, is_vector, vectors
from ..proof import algebra, moments
from .positive import positive
from .slopes import slope
from .sums import ONE, ZERO, product, products, times, total

HALF = ONE / 2
Factors = dict[Expr, int]


def equal(goal: Goal, left: Expr, right: Expr) -> str:
    """How ``left = right`` was decided, coordinate by coordinate; or raise ``Inconclusive``."""
    translate = Coordinates(goal)
    left, right = translate(left), translate(right)
    by = JUSTIFICATIONS["differentiation"] if contains(Derivative, left, right) else CLOSED
    inside = replace(goal, left=left, right=right, facts=(), justification=by)
    algebra.sound(replace(inside, justification=CLOSED), left, right, *translate.inside)
    return algebra.equal(inside, left, right)


class Coordinates:
    """``Coordinates(goal)(node)`` is a number, or coordinate i of a vector."""

    def __init__(self, goal: Goal):
        self.goal, self.by = goal, goal.justification
        self.atoms: dict[Symbol, Expr] = {}  # coordinate i of what
        self.sums: dict[Symbol, Factors] = {}  # the sum over i of which product
        self.values: dict[Symbol, Expr] = {}  # of functions of vectors, and of operators that stay as they are
        self.products: dict[
            Symbol, tuple[Expr, Expr, Symbol]
        ] = {}  # s, x and v of coordinate i of the Jacobian times v
        self.slopes: dict[Symbol, tuple[Symbol, Expr]] = {}  # the partial derivatives of which symbol, by what
        self.inside: list[Expr] = []  # what must have a value
        self.drawn: set[str] = set()  # the noises that means under Gaussians are over
        self.only: frozenset[str] = frozenset()  # of these, what the mean around this place is over; all else stands

    def __call__(self, node: Expr) -> Expr:
        if is_variable(node):
            return self.coordinate(text(node), node)
        if isinstance(node, (Apply, Density)) and has_vectors(node):
            return self.value(text(node), node, isinstance(node, Density) or node.function.positive)
        rule = getattr(self, f"_{type(node).__name__}", None)
        if rule is not None:
            return rule(node)
        if has_vectors(node) and type(node).__name__ in ("Var", "Integral", "Sum", "Product", "Limit"):
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

    # Means

    def _E(self, node):
        if not has_vectors(node):
            return node
        if node.under is None:
            return self.mean(node.body, node.given, self.goal.standard)
        if not isinstance(node.under, Normal):
            raise Inconclusive(f"{node!r} is a mean under a density of vectors; write it over its noise")
        if self.by.mean == "uninterpreted":
            return self.opaque(f"E[{self.words(node.body)} | {self.words(node.under)}]", node)
        z = Symbol(f"z{len(self.drawn)}", "", vectors if is_variable(node.under.at) else Interval(), "noise")
        self.drawn.add(z.name)
        drawn = node.under.mean + Func("sqrt", node.under.variance) * z
        outside, self.only = self.only, frozenset([z.name])
        found = self.mean(put(node.body, node.under.at, drawn), (), self.only)
        self.only = outside
        if any(is_noise(self.atoms.get(part)) and part.name == f"{z.name}·" for part in self.leaves(found)):
            raise Inconclusive(f"{node!r} is no polynomial under its mean, or not a Gaussian integral")
        return found

    def opaque(self, label, node):
        """An operator that this justification does not open."""
        return self.coordinate(label, node) if is_vector(node) else self.value(label, node, positive(node))

    def words(self, node) -> str:
        """A name that equal polynomials share."""
        parts = [node.at, node.mean, node.variance] if isinstance(node, Normal) else [node]
        return ", ".join(" + ".join(sorted(f"{c} {name(f)}" for c, f in gathered(self(part)))) for part in parts)

    def mean(self, body, given, standard):
        if self.by.mean == "uninterpreted":
            return self.opaque(f"E[{self.words(body)} | {given}]", E(body, given=given))
        value = self(body)
        self.inside.append(value)
        found = []
        for c, factors in products(value):
            chance = {factor: n for factor, n in factors.items() if self.random(factor, given)}
            rest = {factor: n for factor, n in factors.items() if factor not in chance}
            found.append(Mul((product(c, rest), self.moment(chance, given, standard) if chance else ONE)))
        return total(found)

    def leaves(self, node):
        """The symbols in a number, and those in its sums."""
        for part in walk(node):
            yield part
            for factor in (*self.sums.get(part, ()), *self.products.get(part, ())[2:]):
                yield from self.leaves(factor)

    def random(self, node, given) -> bool:
        parts = [
            leaf for part in self.leaves(node) for leaf in atoms(self.atoms.get(part, self.values.get(part, part)))
        ]
        if self.only:
            return any(isinstance(part, Symbol) and part.name in self.only for part in parts)
        return any(depends_on(part, self.goal.stated) for part in parts if part not in given)

    def moment(self, chance: Factors, given, standard) -> Expr:
        """The mean of a product of sums and coordinates."""
        parts: list[Factors] = [{}]  # of the coordinate i, then those under sums
        for factor, n in chance.items():
            if factor in self.sums and n > 0:
                parts += [self.sums[factor]] * n
            else:
                parts[0] = times(parts[0], {factor: n})
        places = [(factor, k) for k, part in enumerate(parts) for factor in part if self.noise(factor)]
        others = {f for part in parts for f in part if not self.noise(f) and self.random(f, given)}
        trace = self.trace(parts, places, standard)
        if trace is not None:
            return trace
        apart = len({factor for factor, _ in places}) < 2 or self.by.independent or standard <= self.drawn
        if places and apart and all(self.free(f, parts, others, given, standard) for f, _ in places):
            return self.paired(parts, others, given)
        return self.unknown(parts, others | {f for f, _ in places}, given)

    def noise(self, factor) -> bool:
        node = self.atoms.get(factor)
        return is_noise(node) and (not self.only or getattr(node, "name", "") in self.only)

    def free(self, factor, parts, others, given, standard) -> bool:
        """Is this noise standard normal, and independent of all else that is random here?"""
        noise = self.atoms[factor]
        sequence = getattr(noise, "sequence", noise)
        if sequence.name not in standard or any(part.get(factor, 0) < 0 for part in parts):
            return False
        seen = [p for f in others for leaf in self.leaves(f) for p in atoms(self.atoms.get(leaf, leaf))]
        seen = [part for part in seen if depends_on(part, self.goal.stated)] + list(given)
        if self.only:
            return not others
        return all(isinstance(part, Item) and is_state(part) and later(noise, part) for part in seen)

    def paired(self, parts, others, given) -> Expr:
        """Isserlis: the first noise pairs with each of the same name."""
        place = next(((f, k) for k, part in enumerate(parts) for f in part if self.noise(f)), None)
        if place is None:
            return self.unknown(parts, others, given) if others else self.joined(parts)
        noise, k = place
        found = []
        for j, part in enumerate(parts):
            count = part.get(noise, 0) - (j == k)
            if count <= 0:
                continue
            merged = times(times(parts[k], part) if j != k else part, {noise: -2})
            rest = [merged if n == min(j, k) else other for n, other in enumerate(parts) if n != max(j, k) or j == k]
            found.append(count * self.paired([rest[0], *rest[1:]], others, given))
        return total(found)

    def joined(self, parts) -> Expr:
        return product(ONE.value, parts[0]) * total([Mul((ONE, *map(self.sum, parts[1:])))])

    def trace(self, parts, places, standard):
        """E Σ_i v_i Σ_j ∂_j s_i v_j = Σ_i ∂_i s_i, which is Hutchinson's estimator."""
        if len(parts) != 2 or parts[0] or len(places) != 1 or len(parts[1]) != 2:
            return None
        ((noise, _),) = places
        (other,) = (f for f in parts[1] if f != noise)
        body, by, along = self.products.get(other, (None, None, None))
        known = getattr(self.atoms[noise], "sequence", self.atoms[noise]).name in standard
        if not known or set(parts[1].values()) != {1} or along != noise:
            return None
        return self(Divergence(body, by))

    def unknown(self, parts, chance, given) -> Expr:
        """A mean of which nothing is known but that it is linear."""
        whole = [part for part in parts if part]
        if len(whole) > 1 or any(f not in self.atoms for part in whole for f in part):
            label = " ".join(sorted(name(part) for part in parts[1:]))
            node = E(product(ONE.value, parts[0]), given=given)
            kind = self.coordinate if self.moves(node.body) else self.value
            return kind(f"E[{name(parts[0])} · {label} | {given}]", node)
        still = {f: n for f, n in whole[0].items() if f not in chance}
        moving = {f: n for f, n in whole[0].items() if f in chance}
        inner = self.coordinate(f"E[{name(moving)} | {given}]", E(product(ONE.value, moving), given=given))
        new = times(still, {inner: 1})
        return product(ONE.value, new) if parts[0] else self.sum(new)

    # Derivatives

    def _Derivative(self, node):
        if any(is_variable(part) and self.touches(part, node.by) for part in walk(node.body)):
            raise Inconclusive(f"a vector in {node!r} moves with {node.by!r}; write it out")
        return Derivative(self(node.body), node.by) if has_vectors(node) else node

    def _Gradient(self, node):
        if not self.by.differentiates:
            return self.opaque(f"{type(node).__name__} {self.words(node.body)} by {node.by!r}", node)
        body = self(node.body)
        self.inside.append(body)
        found = slope(body, lambda symbol: self.partial(symbol, node.by))
        return total(product(c, factors) for c, factors in products(found))

    def _Divergence(self, node):
        found = self._Gradient(node)
        return self.total(found) if self.by.differentiates else found

    def _Jacobian(self, node):
        """An arbitrary function's Jacobian matrix stays one, times each vector in a sum."""
        if not of_itself(node.body, node.by):
            raise Inconclusive(f"{node!r} is not of a function; write it out")
        found = []
        for c, factors in products(self(node.along)):
            moving = [factor for factor in factors if self.moves(factor)]
            if len(moving) != 1 or factors[moving[0]] != 1:
                raise Inconclusive(f"{node.along!r} is no sum of vectors with names; write it out")
            symbol = self.coordinate(f"J[{node.by!r}] {node.body!r} {moving[0].name}", node)
            self.products[symbol] = node.body, node.by, moving[0]
            found.append(product(c, {f: n for f, n in factors.items() if f not in moving}) * symbol)
        return total(found)

    def partial(self, symbol, by) -> Expr:
        """∂_i of a symbol; of a coordinate it is that of the same one, or one of all in a sum."""
        if symbol in self.sums:
            return slope(product(ONE.value, self.sums[symbol]), lambda each: self.within(each, by))
        node = self.atoms.get(symbol, self.values.get(symbol))
        if node is None or not self.touches(node, by):
            if self.touches(symbol, by):
                raise Inconclusive(f"{symbol!r} moves with {by!r}; write it out")
            return ZERO
        if node == by:
            return ONE
        if not of_itself(node, by):
            raise Inconclusive(f"the derivative of {node!r} by {by!r} is not known; write it out")
        return self.slope(symbol, by)

    def slope(self, symbol, by) -> Symbol:
        """∂_i of a function of ``by``, of its coordinate i if it is a vector."""
        node = self.atoms.get(symbol, self.values.get(symbol))
        found = Symbol(f"∂[{by!r}] {symbol.name}·", "", Interval())
        self.atoms[found], self.slopes[found] = node, (symbol, by)
        return found

    def within(self, symbol, by) -> Expr:
        """∂_i of what stands for each coordinate in a sum; another vector than ``by`` has all of its Jacobian."""
        node = self.atoms.get(symbol)
        if node is not None and node != by and self.touches(node, by):
            raise Inconclusive(
                f"the gradient of a sum with {node!r} is a Jacobian matrix times a vector; split the step"
            )
        return self.partial(symbol, by)

    def touches(self, node, by) -> bool:
        """Does ``node`` move with ``by``, itself or by a definition?"""
        parts = [p for p in atoms(node) if isinstance(p, (Symbol, Item))]
        if by in parts:
            return True
        for part in parts:
            unclear = may_alias(part, by) and part.index.symbol != by.index.symbol if isinstance(part, Item) else False
            hidden = any(may_alias(p, by) for p in self.hidden(part))
            if unclear or hidden:
                raise Inconclusive(f"{part!r} may move with {by!r}; write it out")
        return False

    def hidden(self, part, seen=()):
        for left, right in self.goal.stated:
            if (
                may_alias(part, left)
                and left not in seen
                and getattr(getattr(part, "sequence", part), "role", "") != "state"
            ):
                for deeper in atoms(right):
                    yield deeper
                    yield from self.hidden(deeper, (*seen, left))


def of_itself(node, by) -> bool:
    """Is this a function of the vector ``by``, or a density of it, and of nothing else that moves with it?"""
    if isinstance(node, Apply):
        return by in node.args and all(arg == by or by not in walk(arg) for arg in node.args)
    return isinstance(node, Density) and by in children(node)


def put(node, old, new):
    """``node`` with ``new`` in the place of ``old``."""
    if getattr(node, "by", None) == old:
        raise Inconclusive(f"{node!r} is a derivative by what its mean runs over; take it in a step of its own")
    return new if node == old else rebuild(node, lambda child: put(child, old, new))


def rooted(factors: Factors) -> Factors:
    """The squares of roots are what is under them."""
    found: Factors = {}
    for factor, n in factors.items():
        if isinstance(factor, Func) and factor.name == "sqrt" and n > 1:
            found = times(times(found, {factor.arg: n // 2}), {factor: n % 2})
        else:
            found = times(found, {factor: n})
    return found


def later(noise, state: Item) -> bool:
    """Is a noise drawn after a state?  One without a time is independent of the state at time 0."""
    if isinstance(noise, Symbol):
        return state.index == Index(None, 0)
    times = (item.index if item.index.symbol else item.index.offset for item in (noise, state))
    return not noise.sequence.backward and moments.drawn_after(*times)


def name(factors: Factors) -> str:
    return " ".join(sorted(f"{text(factor)}^{n}" for factor, n in factors.items()))


def gathered(value):
    """The products of a polynomial, each once."""
    found: dict = {}
    for c, factors in products(value):
        key = frozenset(factors.items())
        found[key] = found.get(key, 0) + c
    return [(c, dict(key)) for key, c in found.items() if c]
