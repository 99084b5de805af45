r"""The distribution of a sampler's output on a line, by quadrature, and a test of samples against it.

A sampler with few steps does not draw from the data's distribution, even with the optimal noise predictor.  What it
draws from can be computed all the same: if a step leads from x to m(x) + σ z, the next density is
∫ p(x) N(y; m(x), σ²) dx, and a step without noise
carries each point's distribution function along.  On a grid such sums are exact to many digits.

Under that distribution F, the normal scores Φ⁻¹(F(x)) of independent samples are independent standard normal numbers.
So their sum, the sum of their squares, and the largest distance of their distribution function from Φ have known
distributions, for every number n of samples: a test with a stated rate of false alarms, and no bias to allow for.

Sources: Simard & L'Ecuyer 2011 (Kolmogorov's distribution of the distance, which SciPy computes); Gneiting, Balabdaoui
& Raftery 2007, section 3 (normal scores).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from scipy.interpolate import CubicSpline
from scipy.stats import chi2, kstest, norm
from torch import Tensor

from diffusion_lib.errors import ConfigError, check_integer, check_real

SPACING = 1 / 64
GRID = torch.arange(-10, 10 + SPACING / 2, SPACING, dtype=torch.float64)
LARGEST_SCORE = 7.0  # probability 1e-12; beyond it 1 − F has too few digits


class LineDistribution:
    """A distribution on the line, at first N(0, 1): points ``x`` (N,), their ``mass``, and their distribution function
    ``F``."""

    def __init__(self) -> None:
        self.x, self.F = GRID, torch.special.ndtr(GRID)
        self.mass = torch.exp(-GRID.square() / 2) * SPACING / math.sqrt(2 * math.pi)

    def step(self, mean: Tensor, sigma: float) -> LineDistribution:
        """Go from x to ``mean`` + σ z, with ``mean`` (N,) at the points ``x``; for σ = 0 it must increase with x.

        Raises ``ConfigError`` for 0 < σ < 1/32, which the grid is too coarse for.
        """
        if sigma == 0:
            if bool((mean.diff() < 0).any()):
                raise ConfigError("mean must increase with x where sigma = 0, got a fall; use an exact model")
            self.x = mean
            return self
        check_real("sigma", sigma, 2 * SPACING, math.inf, open_high=True)
        z = (GRID[:, None] - mean) / sigma  # (N, N): to, from
        self.F = torch.special.ndtr(z) @ self.mass
        self.mass = torch.exp(-z.square() / 2) @ self.mass * SPACING / (sigma * math.sqrt(2 * math.pi))
        self.x = GRID
        return self

    def scores(self, x: Tensor) -> Tensor:
        """Φ⁻¹(F(x)), standard normal if the x (n, …) are of this distribution; cut off at ±7."""
        z = torch.special.ndtri(self.F)
        inside = (z.abs() < LARGEST_SCORE) & (self.x.diff(prepend=self.x[:1] - 1) > 0)
        spline = CubicSpline(self.x[inside].numpy(), z[inside].numpy())
        ends = float(self.x[inside][0]), float(self.x[inside][-1])
        return torch.from_numpy(spline(x.clamp(*ends).numpy()))


class GoodnessOfFit(NamedTuple):
    """p-values, each exact, of three tests that scores are standard normal; ``p`` that of all three."""

    mean: float
    spread: float
    shape: float

    @property
    def p(self) -> float:
        return min(1.0, 3 * min(self))


def goodness_of_fit(z: Tensor) -> GoodnessOfFit:
    """Test independent scores z (n,) by Σ z ~ N(0, n), by Σ z² ~ χ²_n, and by Kolmogorov's distribution of sup |F_n −
    Φ|.

    Raises ``ConfigError`` for no scores.  Source: Simard & L'Ecuyer 2011.
    """
    z = z.flatten()
    n = check_integer("n", len(z), 1)
    squares = float(z.square().sum())
    return GoodnessOfFit(
        2 * float(norm.sf(abs(float(z.sum())) / math.sqrt(n))),
        min(1.0, 2 * float(min(chi2.cdf(squares, n), chi2.sf(squares, n)))),
        float(kstest(z.numpy(), "norm", method="exact").pvalue),
    )


def power(distribution: LineDistribution, other: LineDistribution, n: int, alarm: float) -> float:
    """How often n samples of ``other`` fail the test for ``distribution`` with rate of false alarms ``alarm``, at
    least.

    The larger power of the two tests by sums, with the normal approximation of the sums under ``other``.  Raises
    ``ConfigError`` for n < 1000, where the approximation is poor, or an ``alarm`` outside of (0, 1).
    """
    check_integer("n", n, 1000)
    q = float(norm.isf(check_real("alarm", alarm, 0.0, 1.0, open_low=True, open_high=True) / 6))
    z = distribution.scores(other.x)
    found = []
    for value, center, std in ((z, 0.0, 1.0), (z.square(), 1.0, math.sqrt(2))):
        mean = float(value @ other.mass)
        spread = math.sqrt(float((value - mean).square() @ other.mass))
        shift = math.sqrt(n) * (mean - center)
        found.append(norm.sf((q * std - shift) / spread) + norm.cdf((-q * std - shift) / spread))
    return float(max(found))
