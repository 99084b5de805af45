"""Where statements about the density of an equation with noise are evaluated: where that density is in closed form.

For u = x − rs, α = exp(as) and σ² = c exp(bs) with b > 2a, the mixture Σ w_k N(u; α μ_k, α² s_k² + σ²) is the density
of dx = f ds + g dw with

    f(x, s) = a u + r,     g(s)² = (b − 2a) σ².

Other functions are polynomials there.  With a single Gaussian all integrals are finite sums, by Gauss–Hermite
quadrature.
"""

from __future__ import annotations

from mpmath import mp

from ..errors import Inconclusive
from ..language.density import Diffusion, Integral
from ..language.expr import walk
from ..language.functions import Apply
from ..language.goal import Goal, contains
from ..language.registry import positive, real, unit
from .draw import draw
from .evaluate import DIGITS, MARGIN, POINTS, compare
from .hermite import HermitePoint
from .interpret import to_mpf


def about(goal: Goal) -> tuple:
    """The pairs (density, equation) that a step rests on, cited or by way of what it cites.

    An integration by parts holds for every density, and so for one of these.
    """
    rules, rests = goal.justification.rules, frozenset().union(*(fact.rests for fact in goal.facts))
    if not {"Itô", "test functions", "parts"} & {*rules}:
        return ()
    positives = {part.function for side in goal.sides() for part in walk(side) if isinstance(part, Apply)}
    positives = {function for function in positives if function.domain == positive}
    known = [pair for pair in goal.stated if isinstance(pair[1], Diffusion)]
    by_parts = [pair for pair in known if "parts" in rules and positives == {pair[0].function}]
    return (*goal.equations, *(by_parts or [pair for pair in known if pair[0] in rests]))


def at_diffusions(goal: Goal, left, right, equations) -> str:
    """Evaluate a goal at random points of random models of this kind; return the name of the search."""
    if goal.symbols() or len(equations) != 1:
        raise Inconclusive(f"{goal} is about more than one density, or about whole times")
    count = 1 if contains(Integral, left, right) else 2  # under one Gaussian all means are finite sums
    for number in range(POINTS):
        model = DiffusionPoint(str(number), goal, *equations[0], count)
        compare(goal, model, left, right, mp.mpf(10) ** (MARGIN - DIGITS))
    return f"{POINTS} models of {count} Gaussian{'s' * (count > 1)}"


class DiffusionPoint(HermitePoint):
    """One random point of such a model."""

    def __init__(self, seed, goal, density, equation, count):
        super().__init__(seed, {}, goal.justification, goal.standard)
        self.density, self.equation = density, equation
        plain = all(isinstance(part, Apply) for part in (equation.drift, equation.noise))
        if not plain or (equation.drift.args, equation.noise.args) != (density.args, density.args[1:]):
            raise Inconclusive(f"{equation!r} is not evaluated: its drift and noise are not arbitrary functions")
        self.a, self.shift = (to_mpf(draw(f"{seed}:{part}", real)) / 4 for part in ("a", "shift"))
        self.b = 2 * self.a + to_mpf(draw(f"{seed}:b", unit))
        self.c = to_mpf(draw(f"{seed}:c", positive))
        self.gaussians = [
            [to_mpf(draw(f"{seed}:{part}:{k}", of)) for part, of in (("w", positive), ("mu", real), ("v", positive))]
            for k in range(count)
        ]
        name, drift, noise = (part.function.name for part in (density, equation.drift, equation.noise))
        self.shapes = {
            (name, (), 2): lambda x, s: mp.fsum(w * gaussian(x, m, v) for w, m, v in self.at(s)),
            (drift, (), 2): lambda x, s: self.a * (x - self.shift * s) + self.shift,
            (noise, (), 1): lambda s: mp.sqrt((self.b - 2 * self.a) * self.c * mp.exp(self.b * s)),
        }

    def at(self, s):
        """The weights, means and variances of the Gaussians at a time."""
        alpha, level = mp.exp(self.a * s), self.c * mp.exp(self.b * s)
        return [(w, self.shift * s + alpha * mu, alpha**2 * v + level) for w, mu, v in self.gaussians]

    def Integral(self, node):
        time = to_mpf(self(self.density.args[1]))
        others = [p for p in walk(node.body) if isinstance(p, Apply) and p.function.name == self.density.function.name]
        if (node.low, node.high) != (None, None) or any(p.args != (node.over, self.density.args[1]) for p in others):
            raise Inconclusive(f"{node!r} is no mean under {self.density!r}")
        p = self.shapes[self.density.function.name, (), 2]
        return self.under(node, self.at(time), lambda y: p(y, time))


def gaussian(x, mean, variance):
    return mp.exp(-((x - mean) ** 2) / (2 * variance)) / mp.sqrt(2 * mp.pi * variance)
