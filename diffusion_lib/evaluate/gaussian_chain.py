r"""A model that can be summed: one pixel, and a denoiser ε̂(x_t, t) = a_t x_t + c_t.

Then all densities are Gaussian, p(x_0), the posterior over paths, and with them the bound,

    E_q [L_T + Σ L_{t−1} + L_0] = −log p(x_0) + KL(q(x_1:T | x_0) ‖ p(x_1:T | x_0)),

here computed from joint covariances, without a single term of the left side.  ``bound.vlb`` is judged by it.

Sources: Ho et al. 2020 (DDPM), eq. 3 and 11; the equality is the first route of the chapter variational-bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence

from ..errors import ConfigError
from ..process.bound import step_variance
from ..process.schedule import Schedule


@dataclass(frozen=True, eq=False)
class GaussianChain:
    """``slope`` a_t and ``shift`` c_t, tables (T + 1,), slot 0 unused; ``variance`` as in ``bound.step_variance``."""

    schedule: Schedule
    slope: Tensor
    shift: Tensor
    variance: str | Tensor = "posterior"

    def __post_init__(self) -> None:
        for name in ("slope", "shift"):
            table = getattr(self, name)
            if not isinstance(table, Tensor) or table.shape != self.schedule.beta.shape or not table.isfinite().all():
                what = tuple(table.shape) if isinstance(table, Tensor) else table
                allowed = f"a table ({self.schedule.T + 1},) of finite numbers"
                raise ConfigError(f"{name} must be {allowed}, got {what}; put time t in slot t, 0 in slot 0")
        step_variance(self.schedule, self.variance)

    def denoiser(self, x_t: Tensor, t: Tensor) -> Tensor:
        """ε̂ = a_t x_t + c_t for x_t (B, 1) and t (B,)."""
        return self.slope[t].view(-1, 1) * x_t + self.shift[t].view(-1, 1)

    def log_p(self, x_0: Tensor) -> Tensor:
        """log p(x_0) in nats, exactly, (B,) for x_0 (B, 1)."""
        mean, covariance = self._model()
        off = (x_0[:, 0] - mean[0]).square() / covariance[0, 0]
        return -(math.log(2 * math.pi) + covariance[0, 0].log() + off) / 2

    def gap(self, x_0: Tensor) -> Tensor:
        """KL(q(x_1:T | x_0) ‖ p(x_1:T | x_0)) in nats, exactly, (B,): the bound less −log p(x_0)."""
        mean, covariance = self._model()
        gain = covariance[1:, 0] / covariance[0, 0]
        believed = mean[1:] + gain * (x_0 - mean[0])  # (B, T)
        rest = covariance[1:, 1:] - torch.outer(gain, covariance[0, 1:])
        kept = self.schedule.alpha_bar[1:]
        low, high = torch.minimum(kept[:, None], kept), torch.maximum(kept[:, None], kept)
        proposed = MultivariateNormal(kept.sqrt() * x_0, (low / high).sqrt() * (1 - high))
        return kl_divergence(proposed, MultivariateNormal(believed, rest))

    def bound(self, x_0: Tensor) -> Tensor:
        """The average of ``bound.vlb(…, levels=None).total`` over noise, exactly, (B,)."""
        return self.gap(x_0) - self.log_p(x_0)

    def _model(self) -> tuple[Tensor, Tensor]:
        """Mean and covariance of (x_0, …, x_T) under p, built step by step from x_T."""
        s, T = self.schedule, self.schedule.T
        noise = s.beta[1:] / s.one_minus_alpha_bar[1:].sqrt()
        scale, root_alpha = 1 - noise * self.slope[1:], s.alpha[1:].sqrt()
        deviation = step_variance(s, self.variance).sqrt()
        mean, root = torch.zeros(T + 1).double(), torch.eye(T + 1).double()  # x = mean + root · standard normals
        for t in range(T, 0, -1):
            mean[t - 1] = (scale[t - 1] * mean[t] - noise[t - 1] * self.shift[t]) / root_alpha[t - 1]
            root[t - 1] = deviation[t] * root[t - 1] + scale[t - 1] / root_alpha[t - 1] * root[t]
        return mean, root @ root.T
