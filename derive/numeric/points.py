"""Scalar statements, evaluated at random points: exact rationals where possible, else 60 digits, at rational points.

A finite average stands for every expectation.  The justification of the step decides which distribution is used:

- *joint*: all random quantities are functions of one outcome with four values, so they depend on each other in an
  arbitrary way;
- *independent*: a noise that is drawn later than every state involved has its own outcome;
- *standard normal* (when the step cites the noise's definition): the Gauss–Hermite rule with four nodes ±√(3 ± √6),
  which reproduces the moments of N(0, 1) up to degree 7.

Under the justification algebra an expectation is uninterpreted, a random number that depends on nothing but the
values of what is inside, so that only these may be rearranged.  ``analysis`` has integrals, limits and derivatives.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import product

from mpmath import mp

from ..errors import Inconclusive, Undefined
from ..language.density import written_out
from ..language.expr import Symbol, log, walk
from ..language.goal import contains
from ..language.registry import positive, real
from ..language.times import Item, OutOfRange, Sum
from .analysis import SAMPLES, Analysis
from .draw import draw
from .interpret import fingerprint, to_mpf

OUTCOMES = 4
MANY = 5  # noises with outcomes of their own
LATE = 10**9  # a noise without a time is later than every time


class Point(Analysis):
    """One random point of the domain; ``used`` lists what was drawn, to print a witness."""

    def __init__(self, seed: str, index, justification, standard=frozenset()):
        super().__init__(index)
        self.seed, self.justification, self.standard = seed, justification, standard
        self.values: dict[tuple, object] = {}  # variables bound by an expectation or an integral
        self.used: dict[str, Fraction] = {}
        self.shapes: dict[tuple, object] = {}  # the functions that stand for arbitrary ones

    def leaf(self, key, domain):
        if key in self.values:
            return self.values[key]
        name, time = key
        label = name if time is None else f"{name}[{time}]"
        if label not in self.used:
            self.used[label] = draw(f"{self.seed}:{label}", domain)
        return self.used[label]

    def Symbol(self, node):
        if node.role == "size":  # a whole number
            return Fraction(1 + int(self.leaf((node.name, None), node.domain)))
        return self.leaf((node.name, None), node.domain)

    def Item(self, node):
        ((sequence, time),) = self.members(node)
        stated = self.stated(sequence, time)
        return self.leaf((sequence.name, time), sequence.domain) if stated is None else stated

    def Pow(self, node):
        power = self(node.power)
        if isinstance(power, Fraction) and abs(power) > 64:  # exact rationals would grow without bound
            return mp.power(to_mpf(self(node.base)), int(power))
        return super().Pow(node)

    def Normal(self, node):
        x, mean, variance = to_mpf(self(node.at)), self(node.mean), self.variance(node)
        twice, root = _scales(variance, mp.prec)
        return mp.exp(-((x - mean) ** 2) / twice) / root

    def variance(self, normal):
        value = to_mpf(self(normal.variance))
        if value <= 0:
            raise Undefined(f"the variance in {normal!r} is {mp.nstr(value, 8)}")
        return value

    def E(self, node):
        if node.under is None:
            return self.average(node, lambda value: value)
        return self.mean_under(node, node.under, node.body)

    def Var(self, node):
        if self.justification.mean == "uninterpreted":
            return self.average(node, lambda value: value)
        mean = self.average(node, lambda value: value)
        return self.average(node, lambda value: value**2) - mean**2

    def KL(self, node):
        return self.mean_under(node, node.p, log(node.p / node.q))

    def mean_under(self, node, normal, body):
        """The mean of ``body`` under a Gaussian, which is what ``node`` says; as far as the justification opens it."""
        if self.justification.mean == "integral" or self.justification.exchanges:
            return self(written_out(node))
        if self.justification.mean == "uninterpreted":
            return self.uninterpreted_normal_mean(type(node).__name__, normal, body)
        return self.normal_mean(normal, lambda: self(body))

    def normal_mean(self, normal, body):
        mean, deviation = self(normal.mean), mp.sqrt(self.variance(normal))
        key, total, saved = self.key(normal.at), mp.zero, dict(self.values)
        for weight, node in gauss_hermite():
            self.values[key] = mean + deviation * node
            total += weight * body()
        self.values = saved
        return total

    def uninterpreted_normal_mean(self, kind, normal, body):
        parts = [self(normal.mean), self.variance(normal)]
        places = [draw(f"{self.seed}:look {number}", real) for number in range(SAMPLES)]
        values = [self.with_value(normal.at, place, body) for place in places]
        return self.uninterpreted(kind, self.key(normal.at), [*parts, *values], all(value > 0 for value in values))

    def average(self, node, of):
        """Average of ``of(body)`` over the random quantities in the body that are not among the conditions."""
        if node.given and "given" in self.justification.rules:
            raise Inconclusive(f"{node!r} is drawn again for each condition, which no joint distribution does")
        total, parts = Fraction(0), []
        saved = dict(self.values)
        given = sorted(self.given(node), key=str)
        uninterpreted = self.justification.mean == "uninterpreted"
        joint = [self.joint(self.all_variables(node), self.given(node))] if uninterpreted else None
        distributions = joint or self.distributions(node)
        if len(distributions) > MANY:
            raise (OutOfRange if contains(Sum, node.body) else Inconclusive)(f"{node!r} has too many noises to count")
        for combination in product(*distributions):
            weight = Fraction(1)
            for probability, values in combination:
                weight = weight * probability
                self.values |= values
            value = of(self(node.body))
            parts.append(value)
            total = total + weight * value
        self.values = saved
        return self.uninterpreted(type(node).__name__, given, [*self.known(given), *parts]) if uninterpreted else total

    def given(self, node):
        return [key for part in node.given for key in keys(self.variables(part))]

    def known(self, given):
        """The values of the conditions, on which all that is known given them depends."""
        return [self.leaf(key, real) for key in given]

    def all_variables(self, node):
        bare = [(p.name, None) for p in walk(node.body) if isinstance(p, Symbol) and p.role == "noise"]
        states = [key for key in keys(self.variables(node.body)) if key not in self.given(node)]
        return list(dict.fromkeys(states + keys(self.variables(node.body, "noise")) + bare))

    def distributions(self, node):
        """A list of distributions; each is a list of (probability, values of some variables)."""
        given = self.given(node)
        states = [key for key in keys(self.variables(node.body)) if key not in given]
        noises = [key for key in self.all_variables(node) if key not in states]
        if not (self.justification.independent or self.standard):
            return [self.joint(states + noises, given)]
        times = [time for _, time in states + given]
        backward = {p.sequence.name for p in walk(node.body) if isinstance(p, Item) and p.sequence.backward}
        fresh = [key for key in noises if self.justification.independent or key[0] in self.standard]
        fresh = [key for key in fresh if _apart(key[1], times, key[0] in backward)]
        if len(noises) > 1 and any(time is None for _, time in noises):
            fresh = []  # nothing is known about a merged noise beside another noise
        dependent = states + [key for key in noises if key not in fresh]
        first = [self.joint(dependent, given)] if dependent else []
        return first + [self.normal(key) if key[0] in self.standard else self.joint([key], []) for key in fresh]

    def normal(self, key):
        return [(weight, {key: node}) for weight, node in gauss_hermite()]

    def joint(self, variables, given):
        """An arbitrary joint distribution of ``variables``, a different one for each value of each condition."""
        given = sorted(given, key=str)
        label = f"{self.seed}:given {list(map(str, given))}:{fingerprint(*self.known(given)) if given else ''}"
        parts = [draw(f"{label}:{outcome}", positive) for outcome in range(OUTCOMES)]
        return [
            (part / sum(parts), {key: draw(f"{self.seed}:{key}:{outcome}", real) for key in variables})
            for outcome, part in enumerate(parts)
        ]


def keys(pairs):
    return [(sequence.name, time) for sequence, time in pairs]


@lru_cache(maxsize=1024)  # an integrand has the same variance at each place, or few
def _scales(variance, _prec):
    return 2 * variance, mp.sqrt(2 * mp.pi * variance)


def gauss_hermite():
    """Weights and nodes of the four-point quadrature for the standard normal."""
    root = mp.sqrt(6)
    near, far = mp.sqrt(3 - root), mp.sqrt(3 + root)
    heavy, light = (3 + root) / 12, (3 - root) / 12
    return [(heavy, near), (heavy, -near), (light, far), (light, -far)]


def _apart(time, times, backward) -> bool:
    """Is a noise of this time independent of states at those times?"""
    if time is None:
        return max(times, default=-1) <= 0
    return all(other >= time for other in times) if backward else time > max(times, default=-1)
