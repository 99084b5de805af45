"""Integrals, limits and derivatives at a point: their numerical evaluation.

Each is uninterpreted under all justifications but its own: a random number that depends on nothing but what is inside,
which is evaluated at three values of the bound variable.  Under the justification differentiation that number is a
smooth and non-linear function of what is inside, so that it can be differentiated, and nothing else is known about it.

Integrals are computed at 30 digits, or at 20 where they hold arbitrary functions, whose sides are compared to 9
decimals: over the line as ``line`` does, else by mpmath's tanh-sinh rule.  Derivatives are central differences: with a
step of 10^(−p/2−5) and 3p/2 + 15 digits the error is below 10^(−p) at p digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import partial
from types import MappingProxyType

from mpmath import mp

from ..errors import Inconclusive, Undefined
from ..language.density import Normal
from ..language.expr import Add, Div, Func, Mul, Neg, Num, Pi, Pow, Symbol, children, walk
from ..language.goal import members_of_limit
from ..language.registry import positive, real, unit
from ..language.times import Index, Item, Sum
from . import line, shapes
from .draw import draw
from .interpret import Exact, fingerprint, to_mpf

SAMPLES = 3  # at how many values the inside of an uninterpreted operator is evaluated
INTEGRAL_DIGITS, ROUGH_DIGITS = 30, 20
PLAIN = (Num, Pi, Symbol, Item, Index, Add, Neg, Mul, Div, Pow, Func, Normal)  # they bind no variable
FAR = 2**40  # the time at which a limit is evaluated


class Analysis(Exact):
    """Functions, and what binds a variable; a subclass has ``justification``, ``seed``, ``values`` and ``shapes``."""

    still: Mapping = MappingProxyType({})  # in an integral: the values of what does not move, by its id
    places: Mapping = MappingProxyType({})  # what a symbol is, by what is cited; a derivative by it is taken there

    def uninterpreted(self, kind, label, parts, sure=False):
        """A number that depends on nothing but these numbers, positive if that is ``sure``; else nothing is known."""
        if self.justification.differentiates:
            value = self.smooth(f"{kind}:{label}", parts)
            return mp.exp(value) if sure else value
        return draw(f"{self.seed}:{kind}:{label}:{fingerprint(*parts)}", positive if sure else real)

    def with_value(self, variable, value, body):
        key = self.key(variable)
        saved = dict(self.values)
        self.values[key] = value
        found = self(body)
        self.values = saved
        return found

    def smooth(self, name, parts):
        """A smooth function of ``parts``, random but for its name."""
        total = mp.zero
        for wave in range(SAMPLES):
            size, phase, *rates = (
                to_mpf(draw(f"{self.seed}:{name}:{wave}:{place}", real)) for place in range(2 + len(parts))
            )
            inside = mp.fsum(rate * to_mpf(part) for rate, part in zip(rates, parts, strict=True))
            total += size * mp.sin(inside + phase)
        return total

    def key(self, variable):
        if isinstance(variable, Symbol):
            return variable.name, None
        ((sequence, time),) = self.members(variable)
        return sequence.name, time

    def Apply(self, node):
        function = node.function
        times = tuple(self.time(arg) for arg in node.args if isinstance(arg, Index))
        values = [to_mpf(self(arg)) for arg in node.args if not isinstance(arg, Index)]
        name = (function.name, times, len(values))
        if name not in self.shapes:
            draw_shape = shapes.wave if function.domain.low is None else shapes.gaussians
            self.shapes[name] = draw_shape(f"{self.seed}:function:{name}", len(values))
        value = self.shapes[name]
        if function.order and hasattr(value, "prime"):
            return value.prime(function.order)(*values)
        for _ in range(function.order):
            value = partial(numerical_derivative, value)
        return value(*values)

    def ends(self, node):
        return [None if end is None else self(end) for end in (node.low, node.high)]

    def uninterpreted_integral(self, node):
        """Uses the integrand and the bounds only; the integrand between the bounds, where it must be defined."""
        low, high = self.ends(node)
        parts = [end for end in (low, high) if end is not None]
        values = []
        label = [self.key(node.over), low is None, high is None]
        for number in range(SAMPLES):
            place = self.place(f"{self.seed}:look {number}", low, high)
            values.append(self.with_value(node.over, place, node.body))
        sure = all(value > 0 for value in values) and (len(parts) < 2 or low < high)
        return self.uninterpreted("Integral", label, [*parts, *values], sure)

    def place(self, label, low, high):
        """A random place between two ends; None is an infinite one."""
        if low is None and high is None:
            return draw(label, real)
        fraction = draw(label, unit)
        if low is None or high is None:
            return high - fraction / (1 - fraction) if low is None else low + fraction / (1 - fraction)
        return low + (high - low) * fraction

    def weighted_sum(self, node):
        """A sum with random weights over random places: a measure of which no more is known than of any other."""
        low, high = self.ends(node)
        label = f"{self.seed}:{self.key(node.over)}:{low is None}:{high is None}"
        total = Fraction(0)
        for number in range(SAMPLES):
            place = self.place(f"{label}:{number}", low, high)
            total += draw(f"{label}:weight {number}", positive) * self.with_value(node.over, place, node.body)
        return total if low is None or high is None else total * (high - low)

    def Integral(self, node):
        if self.justification.linear:
            return self.weighted_sum(node)
        if not self.justification.integrates:
            return self.uninterpreted_integral(node)
        return self.area(node)

    def area(self, node):
        """The integral itself."""
        key, (low, high) = self.key(node.over), self.ends(node)
        ends = [-mp.inf if low is None else to_mpf(low), mp.inf if high is None else to_mpf(high)]
        saved, self.still = dict(self.values), {}
        still = self.parts_without(key, node.body)

        def integrand(value):
            self.values[key] = value
            if not self.still:  # at the first place, so at the digits of the rule
                self.still = {id(part): self(part) for part in still}
            return to_mpf(self(node.body))

        digits = ROUGH_DIGITS if self.justification.mean == "integral" else INTEGRAL_DIGITS
        with mp.workdps(digits):
            whole = low is None and high is None
            value = line.integral(integrand, digits) if whole else mp.quad(integrand, ends)
        self.values, self.still = saved, {}
        return value

    def __call__(self, node):
        return self.still[id(node)] if id(node) in self.still else super().__call__(node)

    def parts_without(self, key, body):
        """The largest parts of an integrand in which the variable does not occur; none where it binds others."""
        if any(type(part) not in PLAIN for part in walk(body)):
            return []
        if not any(isinstance(part, (Symbol, Item)) and self.key(part) == key for part in walk(body)):
            return [body]
        return [part for child in children(body) for part in self.parts_without(key, child)]

    def Derivative(self, node):
        if isinstance(node.by, Item) and self.stated(*self.members(node.by)[0]) is not None:
            raise Undefined(f"{node.by!r} is a stated number and no variable, in {node!r}")
        bound = self.key(node.by) in self.values
        place = self(node.by if bound else self.places.get(node.by, node.by))
        if self.justification.differentiates:
            return numerical_derivative(lambda value: self.with_value(node.by, value, node.body), place)
        domain = node.by.domain if isinstance(node.by, Symbol) else node.by.sequence.domain
        values = [draw(f"{self.seed}:look {number}", domain) for number in range(SAMPLES)]
        parts = [place, *(self.with_value(node.by, value, node.body) for value in values)]
        return self.uninterpreted("Derivative", self.key(node.by), parts)

    def Limit(self, node):
        if self.justification.name != "limit":  # only this justification evaluates it
            parts = []
            for late in range(SAMPLES):
                with self.bind(node.symbol, self.spare_time() + late):
                    parts.append(self(node.body))
            return self.uninterpreted("Limit", node.symbol, parts)
        if members_of_limit(node):
            raise Inconclusive(f"the limit of {node.body!r} is about an arbitrary sequence; cite what its members are")
        if any(isinstance(part, Sum) for part in walk(node.body)):
            raise Inconclusive(
                f"the limit of {node.body!r} needs a closed form; state the sum or product in closed form first"
            )
        with self.bind(node.symbol, FAR):
            return to_mpf(self(node.body))

    def spare_time(self):
        return 1 + int(97 * draw(f"{self.seed}:time", unit)) % 5


def numerical_derivative(function, place):
    """The derivative of ``function`` at ``place``, correct to the current precision."""
    digits = mp.dps
    with mp.workdps(3 * digits // 2 + 15):
        step = Fraction(1, 10 ** (digits // 2 + 5))
        step = step if isinstance(place, Fraction) else to_mpf(step)
        rise = to_mpf(function(place + step)) - to_mpf(function(place - step))
        return rise / (2 * to_mpf(step))
