"""An MLP for points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from .network import TIME_FEATURES, Network, zero


class MLP(Network):
    """For points x_t (B, dim): GELU layers on x, random Fourier features of x, and the features of time.

    The ``features`` frequencies are drawn once from N(0, 0.3²), in cycles per unit of x, with a fixed seed; they let a
    small network follow sharp edges (Tancik et al. 2020).  ``depth`` hidden layers have ``width`` units each.
    """

    frequencies: Tensor  # (dim, features)

    def __init__(
        self,
        dim: int = 2,
        width: int = 64,
        depth: int = 3,
        features: int = 32,
        T: int = 1000,
        alpha_bar: Sequence[float] | Tensor | None = None,
        prediction: str = "v",
        data_std: float = 1.0,
    ) -> None:
        sizes = {"dim": dim, "width": width, "depth": depth, "features": features}
        super().__init__("mlp", T, alpha_bar, prediction, data_std=data_std, **sizes)
        generator = torch.Generator().manual_seed(0)
        frequencies = 0.3 * torch.randn(dim, features, generator=generator, device="cpu")
        self.register_buffer("frequencies", frequencies)
        layout = [dim + 2 * features + TIME_FEATURES, *[width] * depth]
        layers = [layer for a, b in pairwise(layout) for layer in (nn.Linear(a, b), nn.GELU())]
        self.layers = nn.Sequential(*layers, zero(nn.Linear(width, dim)))

    def check_x(self, x_t: Tensor) -> None:
        dim = self.config["dim"]
        if x_t.ndim != 2 or x_t.shape[1] != dim:
            raise ConfigError(f"x_t must have shape (B, {dim}), got {tuple(x_t.shape)}; make the MLP with that dim")

    def body(self, x_t: Tensor, known: Tensor) -> Tensor:
        phase = 2 * math.pi * (x_t.unsqueeze(-1) * self.frequencies).sum(1)  # (B, features)
        return self.layers(torch.cat([x_t, phase.sin(), phase.cos(), known], dim=1))
