"""From written expressions to SymPy: the symbolic half of the proof of scalar statements.

A symbol of the interval (0, 1) becomes w/(1 + w) with w > 0.  In this *chart* the domain is built into the
expression: α, 1 − α and 1 − αα′ are quotients of polynomials with positive coefficients, so that their signs are
proved by inspecting them.

Expectations of polynomials in random quantities use the moments E z^(k) = (k − 1) E z^(k − 2) of a standard normal z
where the step cites that distribution, and an unknown number for each moment elsewhere.  Sums and products with a
symbolic last index n are split into a part up to the smallest index in the goal, which is one unknown, and the rest.
"""

from __future__ import annotations

import sympy as sp

from ..errors import Inconclusive
from ..kernel.positive import positive
from ..language.density import Density, Normal, written_out
from ..language.expr import Div, Interval, Mul, log, walk
from ..language.goal import members_of_limit
from ..language.times import Index, Span, Sum
from . import integrals, moments, sets
from .folds import NATURAL, Folds, chart
from .functions import Phi, arbitrary
from .signs import steady


class Symbolic(Folds):
    """Turns nodes into SymPy; one instance serves both sides of a goal."""

    def __init__(self, justification, standard=frozenset(), floors=None, index=None, chart="ratio", least=None):
        super().__init__(index)
        self.least = dict(least or {})  # the least value of each index symbol; 1 by default
        self.justification, self.standard, self.chart = justification, standard, chart
        self.floors = floors or {}  # smallest offset of each symbolic upper bound

    def number(self, value):
        return sp.Rational(value.numerator, value.denominator)

    def Pi(self, node):
        return sp.pi

    def Index(self, node):
        time = self.time(node)
        if isinstance(time, Index):
            late = self.least.get(time.symbol, 1) - 1  # the symbol counts from the least value on
            return sp.Symbol(time.symbol, **NATURAL) + late + time.offset
        return sp.Integer(time)

    def leaf(self, label, domain):
        return chart(label, domain, self.chart)

    def Symbol(self, node):
        return self.leaf(node.name, node.domain)

    def Item(self, node):
        sequence, time = self.member(node)
        stated = self.stated(sequence, time)
        domain = sequence.domain
        if sequence.first is not None and self.earliest(time) <= sequence.start:  # it may be the one on the border
            domain = Interval(domain.low) if domain.low is not None and sequence.first > domain.low else Interval()
        return self.leaf(f"{sequence.name}[{time}]", domain) if stated is None else stated

    def earliest(self, time) -> int:
        """The least value of a time."""
        return time if not isinstance(time, Index) else self.least.get(time.symbol, 1) + time.offset

    def Pow(self, node):
        return self(node.base) ** self(node.power)

    def Func(self, node):
        if node.name == "log":
            return self.log(node.arg)
        return {"Phi": Phi, "abs": sp.Abs, "exp": sp.exp, "sqrt": sp.sqrt}[node.name](self(node.arg))

    def Least(self, node):
        return self(node.written_out())

    def Apply(self, node):
        function, args = node.function, tuple(map(self, node.args))
        orders = (function.order,) if len(args) == 1 else (0,) * len(args)
        return arbitrary(function.name, orders, function.positive)(*args)

    def log(self, node):
        """log of densities is written out, because their arguments may be random."""
        if isinstance(node, Normal):
            x, mean, variance = map(self, (node.at, node.mean, node.variance))
            return -sp.log(2 * sp.pi * variance) / 2 - (x - mean) ** 2 / (2 * variance)
        if any(isinstance(part, (Normal, Density)) for part in walk(node)):
            if isinstance(node, Mul):
                return sp.Add(*map(self.log, node.factors))
            if isinstance(node, Div):
                return self.log(node.over) - self.log(node.under)
        return sp.log(self(node))

    def Normal(self, node):
        x, mean, variance = map(self, (node.at, node.mean, node.variance))
        return sp.exp(-((x - mean) ** 2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)

    def Iverson(self, node):
        """The bracket of a bound symbol is an unknown number; those of free ones are decided before."""
        sides = sorted((self(node.left), self(node.right)), key=str)
        return self.hide(sp.Symbol(f"[{sides[0]} = {sides[1]}]", real=True), sides)

    def Density(self, node):
        """An arbitrary positive function of its states."""
        items = [self.variable(part) for part in (*node.targets, *node.given)]
        return self.hide(sp.Symbol(self.density_label(node), positive=True), items)

    def density_label(self, node):
        sides = (sets.label(side, self.time) for side in (node.targets, node.given))
        return f"{node.distribution.name}({' | '.join(sides)})"

    def variable(self, part):
        """What is bound, or hidden in a density: a symbol for an item, and one for a span as a whole."""
        if not isinstance(part, Span):
            return self(part)
        return sp.Symbol(sets.label((part,), self.time), real=True)

    def E(self, node):
        if isinstance(node.under, Normal):
            return self.mean_under(node, node.under, node.body)
        if node.under is not None:
            return self.uninterpreted_mean(node)
        return self.average(node, self(node.body))

    def uninterpreted_mean(self, node):
        """Under a density that is not written out, equal insides have equal means, and no more is known."""
        if not isinstance(node.under, Density):
            raise Inconclusive(f"{node!r} averages over a joint distribution; name the density, E(…, q(…))")
        label = ("E", self.density_label(node.under))
        return self.uninterpreted(label, self(node.body), self(node.under), positive=positive(node.body))

    def Var(self, node):
        body = self(node.body)
        if self.justification.mean == "uninterpreted":
            return self.average(node, body)
        return self.average(node, body**2) - self.average(node, body) ** 2

    def KL(self, node):
        if not isinstance(node.p, Normal) or not isinstance(node.q, Normal):
            targets = sets.label(getattr(node.p, "targets", None) or (node.p.at,), self.time)
            return self.uninterpreted(("KL", targets), self(node.p), self(node.q))
        return self.mean_under(node, node.p, log(node.p / node.q))

    def mean_under(self, node, normal, body):
        """The mean of ``body`` under a Gaussian, which is what ``node`` says; as far as the justification opens it."""
        if self.justification.mean == "integral" or self.justification.exchanges:
            return self(written_out(node))
        if self.justification.mean == "uninterpreted":
            parts = map(self, (normal.mean, normal.variance, body))
            return self.uninterpreted((type(node).__name__, str(self(normal.at))), *parts, positive=positive(body))
        if self.justification.linear:
            return self.linear_mean(self(body), self(normal), self(normal.at))
        return self.normal_mean(normal, lambda: self(body))

    def normal_mean(self, normal, body):
        z = sp.Dummy("z", real=True)
        at, mean, variance = map(self, (normal.at, normal.mean, normal.variance))
        value = self.open(body(), at).subs(at, mean + sp.sqrt(variance) * z)
        return moments.average(value, [z], lambda powers: moments.normal_moment(powers[0]))

    def average(self, node, body):
        if self.justification.mean == "uninterpreted":
            given = [pair for part in node.given for pair in self.variables(part)]
            known = [self.leaf(f"{sequence.name}[{time}]", sequence.domain) for sequence, time in given]
            return self.uninterpreted((type(node).__name__, tuple(sorted(map(str, given)))), body, *known)
        variables, moment = moments.rule(self, node)
        return moments.average(self.open(body, *variables), variables, moment)

    def Integral(self, node):
        low, high = (None if end is None else self(end) for end in (node.low, node.high))
        body, over = self(node.body), self.variable(node.over)
        if self.justification.linear:
            return self.pulled(body, ((over, low, high),))
        if not self.justification.integrates:
            label = ("Integral", str(over), low is None, high is None)
            ends = [end for end in (low, high) if end is not None]
            return self.uninterpreted(label, body, *ends, positive=self.sure(node, low, high))
        self.open(body, over)
        if low is None or high is None or self.justification.name == "Gaussian integral":
            return integrals.gaussian(self.field, body, over, low, high)
        return integrals.definite(self.field, body, over, low, high)

    def Derivative(self, node):
        body, by = self(node.body), self(node.by)
        if not self.justification.differentiates:
            return self.uninterpreted(("Derivative", str(by)), body)
        if len(by.free_symbols) != 1:
            raise Inconclusive(f"{node.by!r} is a stated number and no variable, in {node!r}")
        (symbol,) = by.free_symbols
        return self.derivative(body, symbol) / sp.diff(by, symbol)

    def Limit(self, node):
        before = self.least.pop(node.symbol, None)
        with self.bind(node.symbol, Index(node.symbol)):  # also where an induction sets that index
            body, grows = self(node.body), self.Index(Index(node.symbol))
        self.least |= {} if before is None else {node.symbol: before}
        if self.justification.name != "limit":  # only this justification evaluates it
            return self.uninterpreted(("Limit", node.symbol), body)
        if members_of_limit(node):
            raise Inconclusive(f"the limit of {node.body!r} is about an arbitrary sequence; cite what its members are")
        if any(isinstance(part, Sum) for part in walk(node.body)):
            raise Inconclusive(
                f"the limit of {node.body!r} needs a closed form; state the sum or product in closed form first"
            )
        value = sp.limit(self.open(body, grows), grows, sp.oo)
        if value.has(sp.Limit) or not steady(self.field, body, grows):
            raise Inconclusive(f"the limit of {node.body!r} is unknown for some symbols; simplify or narrow a domain")
        return value


def floors(*nodes):
    """The smallest offset of each symbol that is the last index of a sum or product."""
    found: dict[str, int] = {}
    ends = [end for root in nodes for part in walk(root) if isinstance(part, Sum) for end in (part.high, part.low - 1)]
    for end in (end for end in ends if end.symbol):
        found[end.symbol] = min(found.get(end.symbol, end.offset), end.offset)
    lows = [part.low.offset for root in nodes for part in walk(root) if isinstance(part, Sum) and not part.low.symbol]
    return found | {None: max(lows)} if lows else found
