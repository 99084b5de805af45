"""The numerical verdict on scalar statements: exact rationals where possible, else 60 digits, at rational points.

A finite average stands for every expectation.  Three laws are used, and the licence of the step decides which:

- *joint*: all random quantities are functions of one outcome with four values, so they depend on each other in an
  arbitrary way;
- *independent*: a noise that is drawn later than every state involved has its own outcome;
- *standard normal* (when the step cites the noise's definition): the Gauss–Hermite rule with four nodes ±√(3 ± √6),
  which reproduces the moments of N(0, 1) up to degree 7.

Under the licence algebra an expectation is opaque, E f := Σ w (f + f²): only what is inside may be rearranged.
Integrals and limits are opaque under all licences but their own; each side is then looked at for one value of the
bound variable. Integrals are computed with mpmath's tanh-sinh rule at 30 digits.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import product

from mpmath import mp

from diffusion_lib.errors import Inconclusive, Undefined
from diffusion_lib.symbolic.expr import Symbol, walk
from diffusion_lib.symbolic.interpret import Exact, to_mpf
from diffusion_lib.symbolic.registry import draw, positive, real, unit
from diffusion_lib.symbolic.times import Sum

OUTCOMES = 4
INTEGRAL_DIGITS = 30
FAR = 2**40  # the time at which a limit is looked at
LATE = 10**9  # a noise without a time is later than every time


class Point(Exact):
    """One random point of the domain; ``used`` lists what was drawn, to print a witness."""

    def __init__(self, seed: str, index, licence, standard: bool = False):
        super().__init__(index)
        self.seed, self.licence, self.standard = seed, licence, standard
        self.values: dict[tuple, object] = {}  # variables bound by an expectation or an integral
        self.used: dict[str, Fraction] = {}

    def leaf(self, key, domain):
        if key in self.values:
            return self.values[key]
        name, time = key
        label = name if time is None else f"{name}[{time}]"
        if label not in self.used:
            self.used[label] = draw(f"{self.seed}:{label}", domain)
        return self.used[label]

    def Symbol(self, node):
        return self.leaf((node.name, None), node.domain)

    def Item(self, node):
        ((sequence, time),) = self.members(node)
        return self.leaf((sequence.name, time), sequence.domain)

    def Pow(self, node):
        power = self(node.power)
        if isinstance(power, Fraction) and abs(power) > 64:  # exact rationals would grow without bound
            return mp.power(to_mpf(self(node.base)), int(power))
        return super().Pow(node)

    def Normal(self, node):
        x, mean, variance = to_mpf(self(node.at)), self(node.mean), self.variance(node)
        return mp.exp(-((x - mean) ** 2) / (2 * variance)) / mp.sqrt(2 * mp.pi * variance)

    def variance(self, normal):
        value = to_mpf(self(normal.variance))
        if value <= 0:
            raise Undefined(f"the variance in {normal!r} is {mp.nstr(value, 8)}")
        return value

    def E(self, node):
        if node.under is not None:
            return self.normal_mean(node.under, lambda: self(node.body), opaque=self.licence.mean == "opaque")
        return self.average(node, lambda value: value, opaque=1)

    def Var(self, node):
        if self.licence.mean == "opaque":
            return self.average(node, lambda value: value, opaque=2)
        mean = self.average(node, lambda value: value)
        return self.average(node, lambda value: value**2) - mean**2

    def KL(self, node):
        return self.normal_mean(node.p, lambda: mp.log(self(node.p)) - mp.log(self(node.q)), opaque=False)

    def normal_mean(self, normal, body, opaque):
        mean, deviation = self(normal.mean), mp.sqrt(self.variance(normal))
        key, total = self.key(normal.at), mp.zero
        for weight, node in gauss_hermite():
            self.values[key] = mean + deviation * node
            value = body()
            total += weight * (value + value**2 if opaque else value)
        del self.values[key]
        return total

    def average(self, node, of, opaque=0):
        """Average of ``of(body)`` over the random quantities in the body that are not among the conditions."""
        total = Fraction(0)
        saved = dict(self.values)
        for combination in product(*self.laws(node)):
            weight = Fraction(1)
            for probability, values in combination:
                weight = weight * probability
                self.values |= values
            value = of(self(node.body))
            total = total + weight * (value + opaque * value**2 if self.licence.mean == "opaque" else value)
        self.values = saved
        return total

    def laws(self, node):
        """A list of laws; each is a list of (probability, values of some variables)."""
        given = [key for part in node.given for key in keys(self.variables(part))]
        states = [key for key in keys(self.variables(node.body)) if key not in given]
        noises = keys(self.variables(node.body, "noise"))
        noises += [(part.name, None) for part in walk(node.body) if isinstance(part, Symbol) and part.role == "noise"]
        noises = list(dict.fromkeys(noises))
        if not (self.licence.independent or self.standard):
            return [self.joint(states + noises, given)]
        last = max((time for _, time in states + given), default=-1)
        fresh = [key for key in noises if _drawn_after(key[1], last)]
        dependent = states + [key for key in noises if key not in fresh]
        law = [self.joint(dependent, given)] if dependent else []
        if self.standard:
            return law + [[(weight, {key: node}) for weight, node in gauss_hermite()] for key in fresh]
        return law + [self.joint([key], []) for key in fresh]

    def joint(self, variables, given):
        """An arbitrary joint law of ``variables``, different for each set of conditions."""
        law = f"{self.seed}:given {sorted(map(str, given))}"
        parts = [draw(f"{law}:{outcome}", positive) for outcome in range(OUTCOMES)]
        return [
            (part / sum(parts), {key: draw(f"{self.seed}:{key}:{outcome}", real) for key in variables})
            for outcome, part in enumerate(parts)
        ]

    def Integral(self, node):
        if not self.licence.integrates:
            return self.opaque_integral(node)
        key = self.key(node.over)
        ends = [-mp.inf, 0, mp.inf] if node.low is None else [to_mpf(self(node.low)), to_mpf(self(node.high))]

        def integrand(value):
            self.values[key] = value
            return to_mpf(self(node.body))

        with mp.workdps(INTEGRAL_DIGITS):
            value = mp.quad(integrand, ends)
        self.values.pop(key, None)
        return value

    def key(self, variable):
        if isinstance(variable, Symbol):
            return variable.name, None
        ((sequence, time),) = self.members(variable)
        return sequence.name, time

    def Limit(self, node):
        if self.licence.name != "limit":  # only that licence may go to the limit; elsewhere it is opaque
            with self.bind(node.symbol, self.spare_time()):
                return self(node.body) + 11
        if any(isinstance(part, Sum) for part in walk(node.body)):
            raise Inconclusive(
                f"the limit of {node.body!r} needs a closed form; state the sum or product in closed form first"
            )
        with self.bind(node.symbol, FAR):
            return to_mpf(self(node.body))

    def spare_time(self):
        return 1 + int(97 * draw(f"{self.seed}:time", unit)) % 5


def keys(pairs):
    return [(sequence.name, time) for sequence, time in pairs]


def gauss_hermite():
    """Weights and nodes of the four-point rule for the standard normal law."""
    root = mp.sqrt(6)
    near, far = mp.sqrt(3 - root), mp.sqrt(3 + root)
    heavy, light = (3 + root) / 12, (3 - root) / 12
    return [(heavy, near), (heavy, -near), (light, far), (light, -far)]


def _drawn_after(time, last):
    return last <= 0 if time is None else time > last
