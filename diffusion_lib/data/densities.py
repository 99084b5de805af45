"""Densities in the plane: Gaussian mixtures, whose optimal noise predictor is known, half circles, a spiral, squares.

Each is a function of the number of points and a generator, float64 (n, 2), about as wide as N(0, I).
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from ..errors import check_choice, check_integer, check_seed
from ..registry import DATASETS

_angle = torch.arange(8, dtype=torch.float64) * math.pi / 4
_axis = 0.7 * torch.arange(-2, 3, dtype=torch.float64)
# name: (means (k, 2), standard deviation); equal weights.  Their optimal noise predictor is known in closed form.
GAUSSIAN_MIXTURES = {
    "ring": (math.sqrt(2) * torch.stack([_angle.cos(), _angle.sin()], dim=1), 0.1),
    "grid": (torch.cartesian_prod(_axis, _axis), 0.07),
}


def ring(n: int, generator: Generator) -> Tensor:
    """Eight Gaussians on a circle of radius √2, each with standard deviation 0.1."""
    return _mixture("ring", n, generator)


def grid(n: int, generator: Generator) -> Tensor:
    """Twenty-five Gaussians on a grid of spacing 0.7, each with standard deviation 0.07."""
    return _mixture("grid", n, generator)


def _mixture(name: str, n: int, generator: Generator) -> Tensor:
    means, std = GAUSSIAN_MIXTURES[name]
    component = torch.randint(len(means), (n,), generator=generator)
    return means[component] + std * _normal(n, generator)


def moons(n: int, generator: Generator) -> Tensor:
    """Two half circles of radius 1, the lower one turned by π and moved by (1, ½); noise of std 0.07."""
    angle, lower = math.pi * _uniform(n, generator), torch.rand(n, generator=generator) < 0.5
    x = torch.where(lower, 1 - angle.cos(), angle.cos())
    y = torch.where(lower, 0.5 - angle.sin(), angle.sin())
    return torch.stack([x - 0.5, y - 0.25], dim=1) + 0.07 * _normal(n, generator)


def swiss_roll(n: int, generator: Generator) -> Tensor:
    """The spiral r = φ for φ uniform in [3π/2, 9π/2], of mean (2, 2/3π), in units of 7; noise of std 0.07."""
    phi = math.pi * (1.5 + 3 * _uniform(n, generator))
    spiral = torch.stack([phi * phi.cos() - 2, phi * phi.sin() - 2 / (3 * math.pi)], dim=1)
    return spiral / 7 + 0.07 * _normal(n, generator)


def checkerboard(n: int, generator: Generator) -> Tensor:
    """Uniform on eight of the sixteen unit squares of [−2, 2]²."""
    column, half = torch.randint(4, (n,), generator=generator), torch.randint(2, (n,), generator=generator)
    row = 2 * half + column % 2
    corner = torch.stack([column, row], dim=1) - 2
    return corner + torch.rand(n, 2, generator=generator, dtype=torch.float64)


def _uniform(n: int, generator: Generator) -> Tensor:
    return torch.rand(n, generator=generator, dtype=torch.float64)


def _normal(n: int, generator: Generator) -> Tensor:
    return torch.randn(n, 2, generator=generator, dtype=torch.float64)


DENSITIES = tuple(name for name, entry in DATASETS.items() if entry.network == "mlp")  # points in the plane


def sample_density(name: str, n: int, seed: int) -> Tensor:
    """Return ``n`` independent points of a density in ``DENSITIES``, float32 (n, 2); the same seed, the same points.

    ``ring`` is a mixture of eight Gaussians on a circle and ``grid`` one of 5 × 5, both in ``GAUSSIAN_MIXTURES``.
    """
    draw = DATASETS[check_choice("density", name, DENSITIES)]
    generator = Generator().manual_seed(check_seed(seed))
    return draw(check_integer("n", n, 1), generator).float()
