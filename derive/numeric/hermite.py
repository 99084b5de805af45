"""Gaussian integrals at a point where all functions are polynomials: finite sums, by Gauss–Hermite quadrature.

An integration by parts holds for all functions, and so for these.  They are cheap to evaluate.  The sum over n nodes is
exact up to the degree 2n − 1; where more nodes change it, the search is inconclusive.
"""

from __future__ import annotations

from functools import cache

from mpmath import mp

from ..errors import Inconclusive, Undefined
from ..language.density import Integral, Normal
from ..language.expr import Div, Mul, walk
from ..language.functions import Apply
from ..language.goal import Goal
from . import shapes
from .evaluate import DIGITS, MARGIN, POINTS, compare
from .interpret import to_mpf
from .points import Point

COUNTS = (8, 9)  # nodes
FAR = 100  # standard deviations, where a Gaussian times any polynomial is negligible


def under_gaussians(goal: Goal, left, right) -> bool:
    """Is this an integration by parts in which each integrand has one Gaussian in its variable, and no other decay?"""
    parts = [part for side in (left, right) for part in walk(side)]
    integrals = [part for part in parts if isinstance(part, Integral)]
    real = all(part.function.domain.low is None for part in parts if isinstance(part, Apply))
    return (
        "parts" in goal.justification.rules
        and real
        and bool(integrals)
        and not any(gaussian_of(one) is None for one in integrals)
    )


def gaussian_of(integral):
    """The Gaussian in the variable of integration, whose mean and variance do not depend on that variable."""
    body = integral.body.over if isinstance(integral.body, Div) else integral.body
    for factor in body.factors if isinstance(body, Mul) else (body,):
        ours = isinstance(factor, Normal) and factor.at == integral.over
        if ours and not any(part == factor.at for side in (factor.mean, factor.variance) for part in walk(side)):
            return factor if (integral.low, integral.high) == (None, None) else None
    return None


def at_gaussians(goal: Goal, left, right) -> str:
    """Evaluate a goal at random such points; return the name of the search."""
    if goal.symbols():
        raise Inconclusive(f"{goal} is about whole times")
    for number in range(POINTS):
        point = HermitePoint(str(number), {}, goal.justification, goal.standard)
        compare(goal, point, left, right, mp.mpf(10) ** (MARGIN - DIGITS))
    return f"{POINTS} points, polynomials"


class HermitePoint(Point):
    """One random point."""

    def Apply(self, node):
        name = (node.function.name, (), len(node.args))
        if name not in self.shapes:
            self.shapes[name] = shapes.quintic(f"{self.seed}:function:{name}", len(node.args))
        return super().Apply(node)

    def Integral(self, node):
        gaussian = gaussian_of(node)
        if gaussian is None:
            raise Inconclusive(f"{node!r} has no Gaussian factor")
        mean, variance = to_mpf(self(gaussian.mean)), to_mpf(self(gaussian.variance))
        return self.under(node, [(1, mean, variance)], lambda y: self(gaussian))

    def under(self, node, gaussians, density):
        """∫ h p dy by the nodes of the Gaussians that p is a mixture of; ``density(y)`` is p(y)."""
        key, saved, sums = self.key(node.over), dict(self.values), []
        for count in COUNTS:
            total = mp.zero
            for part, mean, variance in gaussians:
                for weight, place in nodes(count, mp.dps):
                    y = mean + mp.sqrt(variance) * place
                    self.values[key] = y
                    total += part * weight * to_mpf(self(node.body)) / density(y)
            sums.append(total)
        self.values[key] = gaussians[0][1] + FAR * mp.sqrt(gaussians[0][2])
        far = abs(to_mpf(self(node.body)))
        self.values = saved
        if far > 1:
            raise Undefined(f"the integrand of {node!r} does not fall off: it is {mp.nstr(far, 5)} far away")
        if abs(sums[1] - sums[0]) > mp.mpf(10) ** (MARGIN - mp.dps) * max(1, abs(sums[1])):
            raise Inconclusive(f"{node!r} is no sum over {COUNTS[0]} nodes")
        return sums[1]


@cache
def nodes(count, digits):
    """Weights and nodes of the quadrature for the standard normal, to so many digits."""
    with mp.workdps(digits + MARGIN):
        rows = [[mp.one], [mp.one, mp.zero]]  # Hermite polynomials, the highest power first
        for n in range(1, count):
            shifted = [*rows[n], mp.zero]
            lower = [mp.zero, mp.zero, *rows[n - 1]]
            rows.append([a - n * b for a, b in zip(shifted, lower, strict=True)])
        places = mp.polyroots(rows[count], maxsteps=400, extraprec=4 * digits)
        top = mp.factorial(count) / count**2
        return [(top / mp.polyval(rows[count - 1], place) ** 2, mp.re(place)) for place in places]
