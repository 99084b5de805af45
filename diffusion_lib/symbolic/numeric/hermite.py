"""Integrals with a bell, at a point where all functions are cubic: finite sums, those of Gauss and Hermite, exactly.

An integration by parts holds for all functions, and so for these.  With them a look costs little.
"""

from __future__ import annotations

from mpmath import mp

from diffusion_lib.errors import Inconclusive
from diffusion_lib.symbolic.language.claim import Claim
from diffusion_lib.symbolic.language.density import Integral, Normal
from diffusion_lib.symbolic.language.expr import Apply, Div, Mul, walk
from diffusion_lib.symbolic.numeric import shapes
from diffusion_lib.symbolic.numeric.evaluate import DIGITS, MARGIN, POINTS, compare
from diffusion_lib.symbolic.numeric.interpret import to_mpf
from diffusion_lib.symbolic.numeric.points import Point, gauss_hermite


def under_bells(claim: Claim, left, right) -> bool:
    """Is this an integration by parts in which each integral has a bell of its variable, and nothing else falls off?"""
    parts = [part for side in (left, right) for part in walk(side)]
    integrals = [part for part in parts if isinstance(part, Integral)]
    real = all(part.function.domain.low is None for part in parts if isinstance(part, Apply))
    return (
        "parts" in claim.licence.rules
        and real
        and bool(integrals)
        and not any(bell_of(one) is None for one in integrals)
    )


def bell_of(integral):
    """The bell of the variable of integration, of which mean and variance are free."""
    body = integral.body.over if isinstance(integral.body, Div) else integral.body
    for factor in body.factors if isinstance(body, Mul) else (body,):
        ours = isinstance(factor, Normal) and factor.at == integral.over
        if ours and not any(part == factor.at for side in (factor.mean, factor.variance) for part in walk(side)):
            return factor if (integral.low, integral.high) == (None, None) else None
    return None


def at_bells(claim: Claim, left, right) -> str:
    """Evaluate a claim at random such points; return the name of the look."""
    if claim.symbols():
        raise Inconclusive(f"{claim} is about whole times")
    for number in range(POINTS):
        point = HermitePoint(str(number), {}, claim.licence, claim.standard)
        compare(claim, point, left, right, mp.mpf(10) ** (MARGIN - DIGITS))
    return f"{POINTS} points, cubic functions"


class HermitePoint(Point):
    """One random point."""

    def Apply(self, node):
        name = (node.function.name, (), len(node.args))
        if name not in self.shapes:
            self.shapes[name] = shapes.cubic(f"{self.seed}:function:{name}", len(node.args))
        return super().Apply(node)

    def Integral(self, node):
        bell = bell_of(node)
        if bell is None:
            raise Inconclusive(f"{node!r} has no bell")
        return self.under(node, [(1, to_mpf(self(bell.mean)), to_mpf(self(bell.variance)))], lambda y: self(bell))

    def under(self, node, bells, density):
        """∫ h p dy by the nodes of the bells of p; ``density`` is p at a place."""
        key, saved, total = self.key(node.over), dict(self.values), mp.zero
        for share, mean, variance in bells:
            for weight, place in gauss_hermite():
                y = mean + mp.sqrt(variance) * place
                self.values[key] = y
                total += share * weight * to_mpf(self(node.body)) / density(y)
        self.values = saved
        return total
