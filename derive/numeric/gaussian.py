"""Statements about densities, evaluated exactly in a linear-Gaussian chain.

If x_0 is Gaussian and every step is affine plus Gaussian noise, all states are jointly Gaussian.  The logarithm of
any density atom is then a polynomial of degree two in the states; products, quotients, integrals, expectations and
divergences of such atoms stay in this class, so that both sides of a statement become polynomials (or exponentials of
polynomials) whose coefficients are compared at 60 digits.  Where the derivation has defined the step, as
q(x_t|x_{t-1}) is in diffusion, the chain is that one with a random schedule; otherwise its coefficients are random.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from mpmath import mp

from ..errors import Inconclusive, Undefined
from ..language.density import Density, Distribution, Normal
from ..language.expr import Symbol, walk
from ..language.registry import positive, real, unit
from ..language.times import Index, Item, Product
from ..language.tree import at, free_indices, unfold
from .draw import draw
from .interpret import HORIZON, Interpreter, to_mpf
from .quadratic import Gaussian, Quadratic, gaussian

NAMES = {"Phi": "ncdf", "abs": "fabs"}  # what mpmath calls a function


class GaussianModel(Interpreter):
    """One random linear-Gaussian model; ``facts`` are all the definitions of the derivation."""

    def __init__(self, seed: str, index, facts=(), last: int = HORIZON):
        super().__init__(index)
        self.last_state = last
        self.seed, self.facts = seed, facts
        self.used: dict[str, Fraction] = {}  # the number of the model determines it
        self.joints: dict[tuple, tuple] = {}
        self.logs: dict[tuple, Quadratic] = {}

    def number(self, value):
        return Quadratic.constant(to_mpf(value))

    def Pi(self, node):
        return Quadratic.constant(+mp.pi)

    def leaf(self, label, domain):
        return self.number(draw(f"{self.seed}:{label}", domain))

    def Symbol(self, node):
        (meaning,) = unfold((node,), [fact for fact in self.facts if isinstance(fact.left, Symbol)])
        return self.leaf(node.name, node.domain) if meaning == node else self(meaning)

    def Item(self, node):
        ((sequence, time),) = self.members(node)
        if sequence.role == "state":
            return Quadratic.variable((sequence.name, time))
        stated = self.stated(sequence, time)
        if stated is not None:
            return stated
        concrete = Item(sequence, Index(None, time))
        (meaning,) = unfold((concrete,), [fact for fact in self.facts if isinstance(fact.left, Item)])
        return self.leaf(f"{sequence.name}[{time}]", sequence.domain) if meaning == concrete else self(meaning)

    def Pow(self, node):
        base, power = self(node.base), self(node.power)
        power = power.value("an exponent")
        if power == int(power):
            return base ** int(power)
        return (base if isinstance(base, Gaussian) else Gaussian(base.log())) ** power

    def Func(self, node):
        arg = self(node.arg)
        if node.name == "log":
            return arg.log()
        if isinstance(arg, Gaussian):
            raise Inconclusive(f"{node!r} of a density has no value in a Gaussian model")
        value = arg.value(node.name)
        if node.name == "sqrt" and value < 0:
            raise Undefined(f"sqrt of {mp.nstr(value, 8)} in {node!r}")
        return Quadratic.constant(getattr(mp, NAMES.get(node.name, node.name))(value))

    def Apply(self, node):
        """An arbitrary function is linear or Gaussian in its first argument; that of the data is their density."""
        function, (first, *more) = node.function, node.args
        if function.order or not all(isinstance(arg, Index) for arg in more):
            raise Inconclusive(f"{node!r} is neither linear nor Gaussian; state the step without densities")
        for fact in self.facts:
            if isinstance(fact.left, Density) and getattr(fact.right, "function", None) == function:
                (key,) = self.arguments(fact.left.targets)
                log_density = self.log_marginal(fact.left.distribution, [key])
                return gaussian(log_density.put(key, self(first)), Quadratic.constant(mp.one))
        name = f"{self.seed}:{function.name}:{[self.time(arg) for arg in more]}"
        height, place, rate = (to_mpf(draw(f"{name}:{part}", real)) for part in ("height", "place", "rate"))
        if not function.positive:
            return self(first) * rate + height
        gap = self(first) - place
        return gaussian(gap * gap * -(rate**2) + height, Quadratic.constant(mp.one))

    def Normal(self, node):
        variance = self(node.variance).value("a variance")
        if variance <= 0:
            raise Undefined(f"the variance in {node!r} is {mp.nstr(variance, 8)}")
        gap = self(node.at) - self(node.mean)
        one = Quadratic.constant(mp.one)
        return gaussian(gap * gap * (-1 / (2 * variance)) - mp.log(2 * mp.pi * variance) / 2, one)

    def arguments(self, parts):
        return [(sequence.name, time) for part in parts for sequence, time in self.members(part)]

    def Density(self, node):
        targets, given = self.arguments(node.targets), self.arguments(node.given)
        if len(set(targets + given)) < len(targets + given):
            raise Undefined(f"{node!r} has one state twice")
        joint, below = (self.log_marginal(node.distribution, keys) for keys in (targets + given, given))
        return Gaussian(joint - below)

    def log_marginal(self, distribution: Distribution, keys):
        """log density of a set of states, as a polynomial."""
        keys = tuple(sorted(keys))
        if not keys:
            return Quadratic.constant(mp.zero)
        if (distribution.name, keys) not in self.logs:
            (name, *others) = {name for name, _ in keys}
            if others:
                raise Inconclusive(
                    f"{distribution.name} joins the states of {name} and {others[0]}, which no Gaussian model does"
                )
            mean, covariance = self.joint(distribution, name)
            chosen = [time for _, time in keys]
            block = mp.matrix([[covariance[i, j] for j in chosen] for i in chosen])
            precision = block**-1
            gaps = [Quadratic.variable(key) - mean[time] for key, time in zip(keys, chosen, strict=True)]
            total = Quadratic.constant(-mp.log(mp.det(2 * mp.pi * block)) / 2)
            for i, left in enumerate(gaps):
                for j, right in enumerate(gaps):
                    total = total - left * right * (precision[i, j] / 2)
            self.logs[distribution.name, keys] = total
        return self.logs[distribution.name, keys]

    def joint(self, distribution: Distribution, name: str):
        """Mean vector and covariance matrix of all states under a distribution."""
        meanings = [part for fact in self.densities(distribution) for part in walk(fact.right)]
        if any(isinstance(part, Density) and part.distribution != distribution for part in meanings):
            raise Inconclusive(f"{distribution.name} is defined by other distributions, not by a Gaussian chain")
        if (distribution.name, name) not in self.joints:
            fact, direction = self.step_fact(distribution)
            order = range(self.last_state + 1)[::direction]
            mean, covariance = [mp.zero] * len(order), mp.zeros(len(order))
            mean[order[0]], covariance[order[0], order[0]] = self.marginal(distribution, order[0], name)
            for before, time in pairwise(order):
                coefficient, shift, variance = self.transition(distribution, fact, name, before, time)
                mean[time] = coefficient * mean[before] + shift
                for other in order[: order.index(time)]:
                    covariance[time, other] = covariance[other, time] = coefficient * covariance[before, other]
                covariance[time, time] = coefficient**2 * covariance[before, before] + variance
            self.joints[distribution.name, name] = mean, covariance
        return self.joints[distribution.name, name]

    def densities(self, distribution):
        facts = (fact for fact in self.facts if isinstance(fact.left, Density))
        return [fact for fact in facts if fact.left.distribution == distribution]

    def about(self, distribution):
        """The definitions of densities of a distribution."""
        found = self.densities(distribution)
        return [fact for fact in found if all(isinstance(p, Item) for p in (*fact.left.targets, *fact.left.given))]

    def independent(self, distribution) -> bool:
        """Is it defined as a product of densities without conditions, or by the density of each state alone?"""
        facts = [(fact.left, fact.right) for fact in self.about(distribution)]
        bodies = [right.body if isinstance(right, Product) else left for left, right in facts if not left.given]
        alone = [body for body in bodies if isinstance(body, Density) and not body.given and free_indices(body)]
        return bool(alone) and self.step_fact(distribution)[0] is None

    def marginal(self, distribution, time, name):
        """Mean and variance of one state that depends on no other: the defined ones, or random ones."""
        for fact in self.about(distribution):
            (target, *more) = fact.left.targets
            if more or fact.left.given or not isinstance(fact.right, Normal):
                continue
            general = target.index.symbol is not None and self.independent(distribution)
            bound = {target.index.symbol: Index(None, time - target.index.offset)}
            if (general and fact.holds_at(bound, {})) or target.index == Index(None, time):
                normal = at(fact.right, bound)
                return self(normal.mean).value("a mean"), self(normal.variance).value("a variance")
        label = f"{self.seed}:{distribution.name}:{name}:{time}"
        return to_mpf(draw(f"{label}:mean", real)), to_mpf(draw(f"{label}:variance", positive))

    def step_fact(self, distribution):
        """The definition of a step of the chain, if there is one, and its direction: 1 forward in time, -1 backward."""
        for fact in self.about(distribution):
            if len(fact.left.given) == 1 and isinstance(fact.right, Normal):
                (target,), (given,) = fact.left.targets, fact.left.given
                direction = target.index.offset - given.index.offset
                if (
                    target.index.symbol == given.index.symbol
                    and direction in (1, -1)
                    and isinstance(fact.right, Normal)
                ):
                    return fact, direction
        return None, 1

    def transition(self, distribution, fact, name, before, time):
        """Coefficient, shift and variance of the step to ``time``: the defined one, or a random one."""
        if self.independent(distribution):
            return mp.zero, *self.marginal(distribution, time, name)
        steps = [one for one in self.about(distribution) if len(one.left.given) == 1 and isinstance(one.right, Normal)]
        here = [one for one in steps if one.left.targets[0].index == Index(None, time)]
        fact = next(iter(here), fact if fact is not None and fact.symbols else None)
        if fact is None:
            label = f"{self.seed}:{distribution.name}:{name}:{time}"
            draws = draw(f"{label}:slope", real), draw(f"{label}:shift", real), draw(f"{label}:variance", unit)
            return tuple(map(to_mpf, draws))
        normal = at(fact.right, {one: Index(None, time - fact.left.targets[0].index.offset) for one in fact.symbols})
        mean = self(normal.mean)
        return mean.coefficient((name, before)), mean.constant_term(), self(normal.variance).value("a variance")

    def E(self, node):
        if isinstance(node.under, Distribution):
            body = self(node.body)
            return self.mean(body, self.log_marginal(node.under, body.variables()), body.variables())
        if node.under is None:
            raise Inconclusive(f"{node!r} does not say which density it averages over; write E(…, q(…))")
        return self.mean(self(node.body), self(node.under).log(), self.targets(node.under))

    def targets(self, density):
        return self.bound_states(*(getattr(density, "targets", None) or (density.at,)))

    def mean(self, body, log_density, targets):
        """∫ body · exp(log_density) over the targets, for a polynomial of degree two or the exponential of one."""
        if isinstance(body, Gaussian):
            return Gaussian(body.exponent + log_density, body.factor).integrate(targets)
        for key in targets:
            body, log_density = body.average(key, log_density)
        return body

    def KL(self, node):
        p, q = self(node.p).log(), self(node.q).log()
        return self.mean(p - q, p, self.targets(node.p))

    def Derivative(self, node):
        return self(node.body).derivative(*self.bound_states(node.by))

    def Integral(self, node):
        states, body = self.bound_states(node.over, ends=(node.low, node.high)), self(node.body)
        if not isinstance(body, Gaussian):
            raise Inconclusive(f"{node!r} is not the integral of a Gaussian")
        return body.integrate(states)
