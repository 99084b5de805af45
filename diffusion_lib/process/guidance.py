"""Classifier-free guidance: what a model says when it is told of a condition, taken g times as far.

    ε̂(x_t, t) = ε̂(x_t, t | nothing) + g [ε̂(x_t, t | condition) − ε̂(x_t, t | nothing)]

g = 1 is the condition alone, without guidance; g = 0 ignores it; between them the two are mixed.  Ho & Salimans write
(1 + w) and w for the two weights: g = 1 + w.  Both predictions come from one call with a batch of twice the size; where
one of them has weight 0 it is not computed.

Source: Ho & Salimans 2022, eq. 6.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import ConfigError, check_real, known_range, remember_range

UNTOLD = -1  # the label of a sample whose kind the model is not told


class GuidedByLabel:
    """``eps_hat = guided(x_t, t)`` for samples x_t (B, …) of the kinds ``label`` (B,), and times t (B,) in 1…T.

    ``model(x_t, t, label)`` is a network with ``classes``, trained with some of its labels untold.
    """

    def __init__(self, model: Callable[[Tensor, Tensor, Tensor], Tensor], label: Tensor, g: float = 1.0) -> None:
        self.model, self.g = model, check_guidance(g)
        if not isinstance(label, Tensor) or label.dtype != torch.int64 or label.ndim != 1 or (label < 0).any():
            raise ConfigError(f"label must be int64 (B,), from 0 on, got {label!r}; g = 0 does without")
        nothing = torch.full_like(label, UNTOLD)
        self.label = label if self.g == 1 else nothing if self.g == 0 else torch.cat([nothing, label])

    def check_schedule(self, T: int, alpha_bar: Tensor) -> None:
        """As the model's own; one that has none is believed."""
        if (check := getattr(self.model, "check_schedule", None)) is not None:
            check(T, alpha_bar)

    def __call__(self, x_t: Tensor, t: Tensor) -> Tensor:
        if self.g in (0, 1):
            return self.model(x_t, t, self.label)
        twice = torch.cat([t, t])
        if ends := known_range(t):
            remember_range(twice, *ends)
        without, told = self.model(torch.cat([x_t, x_t]), twice, self.label).chunk(2)
        return mix(without, told, self.g)


def mix(without: Tensor, told: Tensor, g: float) -> Tensor:
    """ε̂ of guidance g, from the predictions without the condition and with it, of one shape."""
    return torch.lerp(without, told, g)  # (1 − g) · + g ·, in one pass


def check_guidance(g: object) -> float:
    """Return g as a finite number of at least 0, or raise ``ConfigError``: a negative one leads away."""
    return check_real("g", g, 0.0, math.inf, open_high=True)
