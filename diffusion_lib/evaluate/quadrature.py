"""Means over a standard normal in one and in two dimensions: the trapezoidal rule, which is exact to rounding here."""

from __future__ import annotations

import torch
from torch import Tensor

# Nodes along an axis
AXIS = {
    1: torch.arange(-12, 12 + 1 / 128, 1 / 64, dtype=torch.float64),
    2: torch.arange(-6, 6 + 1 / 8, 3 / 8, dtype=torch.float64),
}


def normal_nodes(D: int) -> tuple[Tensor, Tensor, Tensor]:
    """Nodes z (n, D) for D in ``AXIS``, the weight of each, not normalised, and which are on the grid of every other.

    E f(z) ≈ Σ f(z) weight / Σ weight; the same sum over the coarser grid shows the error.
    """
    z = torch.cartesian_prod(*[AXIS[D]] * D).view(-1, D)
    weight = torch.exp(-z.square().sum(1) / 2)
    even = torch.cartesian_prod(*[torch.arange(len(AXIS[D])) % 2 == 0] * D).view(-1, D).all(1)
    return z, weight, even
