"""Statements about densities, evaluated exactly in random finite models.

A model has states x_0 … x_5 with two values each, or fewer states with three or four values each, on which functions
are not linear.  It has one joint table of random positive rationals per distribution, over all sequences of states in
the goal.
Every density atom is then a quotient of marginals, every expectation, divergence and integral a finite sum: exact
rationals, except for logarithms, which have 60 digits.  The justification of a step selects one of three kinds of
model:

- *uninterpreted*: each atom is an arbitrary positive function of its arguments, unrelated to all others;
- *any*: one arbitrary joint table, which is no Markov chain;
- *markov*: a random initial distribution and random transition tables, multiplied together.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import product

from mpmath import mp

from ..errors import Inconclusive, Undefined
from ..language.alphabets import alphabet_of
from ..language.density import Distribution
from ..language.registry import positive, real
from .draw import draw
from .interpret import HORIZON, Exact, fingerprint, to_mpf

SIZES = ((2, None), (2, None), (3, 3), (2, None), (4, 2))  # numbers of states, and last times; None: as far as asked
LARGEST = 5000  # a table with more entries is cut at an earlier time


class FiniteModel(Exact):
    """One random model at given times; states that nothing binds have random values."""

    def __init__(self, seed: str, index, justification, salt: int = 0, names=("x",), last: int = HORIZON):
        super().__init__(index)
        self.seed, self.justification, self.names = seed, justification, names
        size, short = SIZES[int(seed) % len(SIZES)]
        self.last_state = min(last, last if short is None else short)
        while len(names) > 1 and size ** (len(names) * (self.last_state + 1)) > LARGEST:
            self.last_state -= 1
        self.states = tuple(range(size))
        self.assignment = f"{seed}:{sorted(self.index.items())}:{salt}"
        self.bound: dict[tuple[str, int], int] = {}
        self.places: dict[tuple, tuple] = {}  # the times of a density's arguments, looked up once
        self.used: dict[str, int | Fraction] = {}

    def state(self, key):
        if key not in self.bound:
            name, time = key
            label = f"{name}[{time}]"
            place, size = draw(f"{self.assignment}:{label}", positive), len(self.states)
            self.used[label] = sum(place > Fraction(3 * state, size + 1) for state in self.states[1:])
            return self.used[label]
        return self.bound[key]

    def Item(self, node):
        ((sequence, time),) = self.members(node)
        if alphabet_of(node):
            return Fraction(self.state((sequence.name, time)))
        if sequence.role != "state":
            stated = self.stated(sequence, time)
            return stated if stated is not None else draw(f"{self.seed}:{sequence.name}[{time}]", sequence.domain)
        return draw(f"{self.seed}:level {sequence.name}[{time}] {self.state((sequence.name, time))}", positive)

    def Symbol(self, node):
        if node.role == "size":
            return Fraction(len(self.states))
        if alphabet_of(node):
            return Fraction(self.state((node.name, 0)))
        return draw(f"{self.seed}:{node.name}", node.domain)

    def Apply(self, node):
        function, args = node.function, fingerprint(*map(self, node.args))
        return draw(f"{self.seed}:{function.name}:{function.order}:{args}", positive if function.positive else real)

    def Func(self, node):
        arg = self(node.arg)
        if node.name == "log" and isinstance(arg, Fraction) and arg > 0:
            return _log(arg.numerator, arg.denominator, mp.prec)
        return super().Func(node)

    def Iverson(self, node):
        return Fraction(self(node.left) == self(node.right))

    def arguments(self, parts):
        return tuple((sequence.name, time) for part in parts for sequence, time in self.members(part))

    def Density(self, node):
        place = id(node), *self.index.values()
        if place not in self.places:  # the node is kept, so that its id stays its own
            self.places[place] = node, self.arguments(node.targets), self.arguments(node.given)
        return self.atom(node.distribution, *self.places[place][1:])

    def atom(self, distribution: Distribution, targets, given):
        """The value of p(targets | given) at the current states."""
        values, conditions = tuple(map(self.state, targets)), tuple(map(self.state, given))
        shape = self.names, len(self.states), self.last_state
        return _atom(self.seed, self.justification.models, distribution.name, shape, targets, values, given, conditions)

    def Normal(self, node):
        values = [mp.nstr(to_mpf(self(part)), 40) for part in (node.at, node.mean, node.variance)]
        return draw(f"{self.seed}:normal:{values}", positive)

    def E(self, node):
        if node.under is None:
            raise Inconclusive(f"{node!r} does not say which density it averages over; write E(…, q(…))")
        if isinstance(node.under, Distribution):
            targets = tuple((s.name, t) for s, t in self.variables(node.body) if (s.name, t) not in self.bound)
            return self.mean(targets, lambda: self.atom(node.under, targets, ()), lambda: self(node.body))
        return self.mean(self.targets(node.under), lambda: self(node.under), lambda: self(node.body))

    def targets(self, density):
        return self.bound_states(*(getattr(density, "targets", None) or (density.at,)))

    def mean(self, targets, weight, value):
        uninterpreted = self.justification.models == "uninterpreted"
        total, mass, parts = Fraction(0), Fraction(0), []
        for _ in self.assignments(targets):
            w, v = weight(), value()
            mass += w
            total = total + w * v
            parts += [w, v]
        if (
            uninterpreted and self.justification.mean == "uninterpreted"
        ):  # depends on nothing but the weights and the values
            return draw(f"{self.seed}:E:{fingerprint(*parts)}", real)
        return total / mass if uninterpreted and self.justification.mean == "mean" else total

    def assignments(self, keys):
        saved = dict(self.bound)
        for states in product(self.states, repeat=len(keys)):
            self.bound = saved | dict(zip(keys, states, strict=True))
            yield states
        self.bound = saved

    def KL(self, node):
        total = mp.zero
        for _ in self.assignments(self.targets(node.p)):
            p, q = self(node.p), self(node.q)
            ratio = p / q
            total = total + p * _log(ratio.numerator, ratio.denominator, mp.prec)
        return total

    def Derivative(self, node):
        """Uninterpreted: it depends on the body at all places of its variable, and on the place."""
        (key,) = self.bound_states(node.by)
        parts = [self(node.by), *(self(node.body) for _ in self.assignments([key]))]
        return draw(f"{self.seed}:Derivative:{key}:{fingerprint(*parts)}", real)

    def Integral(self, node):
        states = self.bound_states(node.over, ends=(node.low, node.high))
        parts = [self(node.body) for _ in self.assignments(states)]
        if (
            self.justification.mean == "uninterpreted" and not self.justification.linear
        ):  # it depends on nothing but what is inside
            domain = positive if all(part > 0 for part in parts) else real
            return draw(f"{self.seed}:Integral:{states}:{fingerprint(*parts)}", domain)
        return sum(parts, Fraction(0))


class _Chain:
    """A joint table over all states of some sequences, x_0 … x_last say, and its marginals.

    At each time there is one outcome, a tuple with a state of each sequence; a chain is Markov in these.
    """

    def __init__(self, seed: str, markov: bool, names, size: int, last: int):
        outcomes = list(product(range(size), repeat=len(names)))

        def row(label):
            parts = [draw(f"{seed}:{label}:{outcome}", positive) for outcome in outcomes]
            return [part / sum(parts) for part in parts]

        rows, self.names, self.table = {}, names, {}
        for path in product(range(len(outcomes)), repeat=last + 1):
            weight = Fraction(1)
            for time, place in enumerate(path):
                past = path[max(time - 1, 0) : time] if markov else path[:time]
                if (time, past) not in rows:
                    rows[time, past] = row(f"{time} after {past}")
                weight *= rows[time, past][place]
            self.table[tuple(outcomes[place] for place in path)] = weight
        self.marginals: dict[tuple, dict] = {}

    def marginal(self, keys, values):
        if keys not in self.marginals:
            table = self.marginals[keys] = {}
            places = [(time, self.names.index(name)) for name, time in keys]
            for states, weight in self.table.items():
                key = tuple(states[time][place] for time, place in places)
                table[key] = table.get(key, 0) + weight
        return self.marginals[keys][values]


@lru_cache(maxsize=256)
def _chain(seed, models, distribution, shape):
    return _Chain(f"{seed}:{distribution}:{models}", models == "markov", *shape)


@lru_cache(maxsize=100_000)
def _atom(seed, models, distribution, shape, targets, values, given, conditions):
    """The value of one density at one place, in the model of a seed."""
    if len(set(targets + given)) < len(targets + given):
        raise Undefined(f"{distribution} has one state twice: {targets + given}")
    if models == "uninterpreted":
        arguments = sorted(zip(targets, values, strict=True)), sorted(zip(given, conditions, strict=True))
        return draw(f"{seed}:{distribution}:{arguments}", positive)
    chain = _chain(seed, models, distribution, shape)
    return chain.marginal(targets + given, values + conditions) / chain.marginal(given, conditions)


@lru_cache(maxsize=200_000)
def _log(numerator, denominator, precision):
    return mp.log(mp.mpf(numerator) / denominator)
