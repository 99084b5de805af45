r"""A learned reverse variance, and the loss that trains it without affecting the mean.

The optimal variance of a step lies between β̃_t, which is exact for a single data point, and about β_t.  The network
therefore predicts a fraction f in each dimension, which interpolates between the two on a logarithmic scale:

    ln σ² = f ln β_t + (1 − f) ln β̃_t.

L_simple does not depend on σ², whereas L_vlb does; hence L_hybrid = L_simple + λ L_vlb.  In L_vlb the mean is held
fixed (the stop-gradient): its gradient there has the weight β_t² / (2 σ² α_t (1 − ᾱ_t)), which L_simple drops on
purpose.

Sources: Nichol & Dhariwal 2021, equations 15 and 16; Ho et al. 2020 (DDPM), equations 8 and 14.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ..errors import ConfigError
from .bound import step_variance
from .identities import add_noise, posterior, x_0_from_eps
from .schedule import Schedule

LAMBDA = 1e-3  # of Nichol & Dhariwal 2021, section 3.1


def interpolated_variance(schedule: Schedule, fraction: Tensor, t: Tensor | int) -> Tensor:
    """σ² = exp(f ln β_t + (1 − f) ln β̃_t) for the fractions f, (B, …): β̃_t at 0 and β_t at 1 (their equation 15).

    β̃_1 = 0 has no logarithm; β̃_2 stands for it, as in ``step_variance``.  A fraction outside [0, 1] is not clipped.
    """
    schedule.check_t(t, like=fraction)
    low, high = (
        step_variance(schedule, variance).log().to(fraction)[t].view(-1, *[1] * (fraction.ndim - 1))
        for variance in ("posterior", "beta")
    )
    return torch.exp(torch.lerp(low, high, fraction))


def variance_loss(schedule: Schedule, x_0: Tensor, t: Tensor, eps: Tensor, eps_hat: Tensor, variance: Tensor) -> Tensor:
    """L_{t−1} of each example in nats, (B,), as ``bound.step_term``, for a σ² of any shape; at t = 1 the density's L_0.

    ½ [ln σ² + (β̃_t + (μ̃ − μ_θ)²) / σ²] and a constant, summed over dimensions; μ_θ comes from ε̂, which is held fixed.
    ``x_0``, ``eps``, ``eps_hat`` and ``variance`` (B, …), ``t`` (B,).
    """
    if variance.shape != x_0.shape:
        shape = tuple(x_0.shape)
        raise ConfigError(f"variance must have the shape of x_0, {shape}, got {tuple(variance.shape)}; expand it")
    x_t = add_noise(schedule, x_0, t, eps)
    mean, own = posterior(schedule, x_0, x_t, t)
    mean_hat, _ = posterior(schedule, x_0_from_eps(schedule, x_t, t, eps_hat.detach()), x_t, t)
    constant = torch.where(own > 0, -1 - own.log(), math.log(2 * math.pi))  # β̃_1 = 0: there x_0 is the mean
    nats = (variance.log() + (own + (mean - mean_hat).square()) / variance + constant) / 2
    return nats.flatten(1).sum(1)


def hybrid_loss(
    schedule: Schedule, x_0: Tensor, t: Tensor, eps: Tensor, eps_hat: Tensor, fraction: Tensor, weight: float = LAMBDA
) -> Tensor:
    """L_hybrid = L_simple + λ L_vlb, a scalar, for t uniform in 1…T; L_vlb is T times the mean of ``variance_loss``.

    Both are per dimension.  ``fraction`` (B, …) is f; its gradient comes from L_vlb alone, and that of ``eps_hat`` from
    L_simple alone.
    """
    bound = variance_loss(schedule, x_0, t, eps, eps_hat, interpolated_variance(schedule, fraction, t))
    return (eps - eps_hat).square().mean() + weight * schedule.T * bound.mean() / x_0[0].numel()
