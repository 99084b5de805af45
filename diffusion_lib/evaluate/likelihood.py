r"""The likelihood of a model that moves points along a velocity: exact, up to the steps that solve its equation.

Points that move by dx/dt = u(x, t) carry a density q with them, and along each of them

    d/dt log q(x_t) = −div u(x_t, t),          so that          log q(x_0) = log q(x_1) + ∫_0^1 div u(x_t, t) dt

for the point that x_0 has become at t = 1: the instantaneous change of variables.  div u is the sum over all D
dimensions of ∂u_d/∂x_d.  Here each of them is computed, by D passes backwards: exact, and for few dimensions.

Both equations are solved together by the classical method of Runge and Kutta, of order four: halve the steps, and what
changes is about 15/16 of the error.

Sources: Chen et al. 2018, theorem 1; Grathwohl et al. 2019; Song et al. 2021b, eq. 39 and appendix D.2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import ConfigError, NonFiniteError
from ..process.noise_process import check_times
from ..runtime.finite import non_finite

Velocity = Callable[[Tensor, Tensor], Tensor]  # u = velocity(x_t, t); x_t and u (B, …), t (B,) floating point


class LogDensity(NamedTuple):
    """log q(x_0) in nats, (B,); and where the flow has carried each point to, (B, …)."""

    nats: Tensor
    x_1: Tensor


def standard_normal(x: Tensor) -> Tensor:
    """log N(x; 0, I) in nats, (B,)."""
    return -x.flatten(1).square().sum(1) / 2 - x[0].numel() / 2 * math.log(2 * math.pi)


def log_density(
    velocity: Velocity, x_0: Tensor, times: Sequence[float], *, prior: Callable[[Tensor], Tensor] = standard_normal
) -> LogDensity:
    """log q(x_0) for points ``x_0`` (B, …) at ``times[0]``, where q is ``prior`` at ``times[-1]``.

    ``velocity(x_t, t)``, t (B,) floating point, is differentiable; ``times`` rise, and each step calls it at both its
    ends and twice in its middle.  Results have the dtype of ``x_0``; pass float64 for exact work.  ``ConfigError``
    for bad input, ``NonFiniteError`` where the velocity or its gradient is not finite.

    Source: Chen et al. 2018, theorem 1.
    """
    if not callable(velocity):
        raise ConfigError(f"velocity must be callable as velocity(x_t, t), got {velocity!r}")
    times = check_times(times)
    if times[0] > times[-1]:
        raise ConfigError(f"times must rise, from the data to the noise, got {times[:8]}; turn them round")
    if not isinstance(x_0, Tensor) or not x_0.is_floating_point() or x_0.ndim < 2 or x_0.numel() == 0:
        what = tuple(x_0.shape) if isinstance(x_0, Tensor) else type(x_0).__name__
        raise ConfigError(f"x_0 must be a floating-point tensor (B, ...), not empty, got {what}; use torch.as_tensor")
    x, gained = x_0.detach(), torch.zeros(len(x_0), dtype=x_0.dtype, device=x_0.device)
    for t, s in pairwise(times):
        x, more = _step(velocity, x, t, s)
        gained = gained + more
        if (bad := non_finite(x) or non_finite(gained)) is not None:
            raise NonFiniteError(f"x_t and its density must stay finite, got {bad} from t={t} to {s}; check velocity")
    return LogDensity(prior(x) + gained, x)


def divergence(velocity: Velocity, x: Tensor, t: float) -> tuple[Tensor, Tensor]:
    """u(x, t), (B, …), and div u(x, t) = Σ_d ∂u_d/∂x_d, (B,), which no sample's neighbours enter."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        u = velocity(x, torch.full((len(x),), t, dtype=x.dtype, device=x.device))
        if u.shape != x.shape:
            raise ConfigError(f"velocity must return x_t's shape {tuple(x.shape)}, got {tuple(u.shape)}")
        parts = u.flatten(1).sum(0)  # the samples do not see each other
        if not u.requires_grad:
            return u.detach(), torch.zeros(len(x), dtype=x.dtype, device=x.device)
        rows = [torch.autograd.grad(part, x, retain_graph=True)[0].flatten(1)[:, d] for d, part in enumerate(parts)]
    return u.detach(), torch.stack(rows).sum(0)


def _step(velocity: Velocity, x: Tensor, t: float, s: float) -> tuple[Tensor, Tensor]:
    """x at s, and ∫ div u from t to s, by the classical method of Runge and Kutta."""
    h = s - t
    u_1, d_1 = divergence(velocity, x, t)
    u_2, d_2 = divergence(velocity, x + h / 2 * u_1, t + h / 2)
    u_3, d_3 = divergence(velocity, x + h / 2 * u_2, t + h / 2)
    u_4, d_4 = divergence(velocity, x + h * u_3, s)
    return x + h / 6 * (u_1 + 2 * u_2 + 2 * u_3 + u_4), h / 6 * (d_1 + 2 * d_2 + 2 * d_3 + d_4)
