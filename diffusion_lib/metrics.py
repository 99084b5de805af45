"""How far apart two clouds of samples are, and how far apart two clouds of the same law are.

The Wasserstein-2 distance of two laws on the line has a closed form: W2² = ∫ (F⁻¹(u) − G⁻¹(u))² du, for n samples each
the mean squared difference of the sorted values.  The sliced distance is its root mean square over random directions,
SW2² = E_θ W2²(⟨θ, x⟩, ⟨θ, y⟩).  Between two finite samples of one law it is not 0: quote that floor beside any value.

Source: Rabin et al. 2012; Bonneel et al. 2015.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from .errors import ConfigError, NonFiniteError, check_integer


def sliced_wasserstein(x: Tensor, y: Tensor, projections: int = 128, seed: int = 0) -> float:
    """SW2 between samples x and y, both (n, …), in the units of the data; computed in float64.

    The directions depend on ``seed`` and on the dimension only, so that values of different pairs compare.
    Raises ``ConfigError`` for unequal shapes and ``NonFiniteError`` for NaN or infinite samples.
    """
    check_integer("projections", projections, 1)
    check_integer("seed", seed, 0, 2**63 - 1)
    if x.shape != y.shape or x.ndim < 1 or len(x) == 0:
        raise ConfigError(
            f"y must have x's shape (n, ...), n >= 1: {tuple(x.shape)}, got {tuple(y.shape)}; draw as many"
        )
    x, y = _flat("x", x), _flat("y", y)
    generator = torch.Generator().manual_seed(seed)
    theta = torch.randn(x.shape[1], projections, generator=generator, dtype=torch.float64)
    theta = theta / theta.norm(dim=0)
    difference = (x @ theta).sort(dim=0).values - (y @ theta).sort(dim=0).values  # (n, projections)
    return difference.square().mean().sqrt().item()


def sliced_wasserstein_floor(
    draw: Callable[[int], Tensor], pairs: int = 5, projections: int = 128, seed: int = 0
) -> float:
    """Mean SW2 between ``pairs`` independent pairs of samples of one law: what a perfect model would score.

    ``draw(seed)`` returns a sample of the size that the model is judged by, independent for different seeds; it is
    called with ``seed``, ``seed + 1``, ….
    """
    check_integer("pairs", pairs, 1)
    seeds = range(seed, seed + 2 * pairs, 2)
    return sum(sliced_wasserstein(draw(s), draw(s + 1), projections) for s in seeds) / pairs


def _flat(name: str, x: Tensor) -> Tensor:
    flat = x.detach().to("cpu").double().reshape(len(x), -1)
    if not flat.isfinite().all():
        index = int((~flat.isfinite()).any(dim=1).nonzero()[0])
        raise NonFiniteError(f"{name} must be finite, got NaN or infinity in sample {index}; look at its sampler")
    return flat
