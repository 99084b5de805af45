"""The rules of differentiation, on written terms, and partial derivatives of functions of vectors."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import Inconclusive
from ..kernel.sums import ONE, ZERO, product, products, total
from ..language.density import Density, Derivative
from ..language.dependence import atoms, may_alias
from ..language.expr import Add, Div, Expr, Func, Interval, Mul, Neg, Num, Pow, Symbol, children, walk
from ..language.functions import Apply
from ..language.goal import contains
from ..language.times import Item
from ..language.vectors import has_vectors, is_variable


class Derivatives:
    """The part of ``vectors.Coordinates`` that takes derivatives."""

    def _Derivative(self, node):
        if any(is_variable(part) and self.touches(part, node.by) for part in walk(node.body)):
            raise Inconclusive(f"a vector in {node!r} moves with {node.by!r}; write it out")
        if not has_vectors(node):
            return node
        body = self(node.body)
        for symbol in walk(body):
            whole = self.by.exchanges and symbol in self.integrals
            if isinstance(symbol, Symbol) and symbol != node.by and self.reaches(symbol, node.by) and not whole:
                raise Inconclusive(f"{symbol!r} moves with {node.by!r}; write it out, or exchange it with {node!r}")
        if not self.by.differentiates or contains(Apply, body):
            return Derivative(body, node.by)
        found = derivative(body, lambda symbol: self.by_number(symbol, node.by))
        return total(product(c, factors) for c, factors in products(found))

    def by_number(self, symbol, by) -> Expr:
        """The derivative of a symbol by a number."""
        if symbol in self.integrals:
            return self.derivative_of_integral(symbol, by, lambda each: self.by_number(each, by))
        return ONE if symbol == by else ZERO

    def _Gradient(self, node):
        if not self.by.differentiates:
            return self.opaque(f"{type(node).__name__} {self.words(node.body)} by {node.by!r}", node)
        body = self(node.body)
        self.inside.append(body)
        found = derivative(body, lambda symbol: self.partial(symbol, node.by))
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
            return derivative(product(ONE.value, self.sums[symbol]), lambda each: self.within(each, by))
        if symbol in self.integrals:
            return self.derivative_of_integral(symbol, by, lambda each: self.partial(each, by))
        node = self.atoms.get(symbol, self.values.get(symbol))
        if node is None or not self.touches(node, by):
            if self.touches(symbol, by):
                raise Inconclusive(f"{symbol!r} moves with {by!r}; write it out")
            return ZERO
        if node == by:
            return ONE
        if not of_itself(node, by):
            raise Inconclusive(f"the derivative of {node!r} by {by!r} is not known; write it out")
        return self.derivative(symbol, by)

    def derivative(self, symbol, by) -> Symbol:
        """∂_i of a function of ``by``, of its coordinate i if it is a vector."""
        node = self.atoms.get(symbol, self.values.get(symbol))
        found = Symbol(f"∂[{by!r}] {symbol.name}·", "", Interval())
        self.atoms[found], self.derivatives[found] = node, (symbol, by)
        return found

    def within(self, symbol, by) -> Expr:
        """∂_i of what stands for each coordinate in a sum; another vector than ``by`` has all of its Jacobian."""
        node = self.atoms.get(symbol)
        if node is not None and node != by and (self.touches(node, by) or self.reaches(symbol, by)):
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


def derivative(node: Expr, of: Callable[[Symbol], Expr]) -> Expr:
    """The derivative of ``node``, where that of a symbol is ``of(symbol)``."""
    if isinstance(node, Symbol):
        return of(node)
    if not any(isinstance(part, Symbol) and of(part) != ZERO for part in walk(node)):
        return ZERO
    if isinstance(node, Add):
        return total(derivative(term, of) for term in node.terms)
    if isinstance(node, Neg):
        return Neg(derivative(node.arg, of))
    if isinstance(node, Mul):
        around = [(node.factors[:k], f, node.factors[k + 1 :]) for k, f in enumerate(node.factors)]
        return total(Mul((derivative(factor, of), *before, *after)) for before, factor, after in around)
    if isinstance(node, Div):
        return derivative(node.over, of) / node.under - node.over * derivative(node.under, of) / node.under**2
    if isinstance(node, Pow) and isinstance(node.power, Num):
        return node.power * node.base ** Num(node.power.value - 1) * derivative(node.base, of)
    if isinstance(node, Func) and node.name in ("log", "exp", "sqrt"):
        inner = derivative(node.arg, of)
        return inner / node.arg if node.name == "log" else inner * node if node.name == "exp" else inner / (2 * node)
    raise Inconclusive(f"the derivative of {node!r} is not known by the rules")
