r"""A model with a closed-form likelihood: one pixel, and a noise predictor ε̂(x_t, t) = a_t x_t + c_t.

Since p(x_0) and the posterior over trajectories are Gaussian, so are all densities in the bound,

    E_q [L_T + Σ L_{t−1} + L_0] = −log p(x_0) + KL(q(x_1:T | x_0) ‖ p(x_1:T | x_0)),

which is computed here from joint covariances, independently of the terms on the left; it tests ``bound.vlb``.

Sources: Ho et al. 2020 (DDPM), eq. 3 and 11; the equality is the first route of the chapter variational-bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, kl_divergence

from ..errors import ConfigError
from ..process.bound import decoder_term, prior_term, step_term, step_variance
from ..process.schedule import Schedule


@dataclass(frozen=True, eq=False)
class GaussianChain:
    """The noise predictor ε̂(x_t, t) = a_t x_t + c_t on data (B, 1), whose bound and likelihood are known exactly.

    ``coefficient`` a_t and ``shift`` c_t are tables (T + 1,), slot 0 unused; ``variance`` is as in
    ``bound.step_variance``. Raises ``ConfigError`` for tables of another length or with values that are not finite.
    Source: Ho et al. 2020, eq. 3 and 11.
    """

    schedule: Schedule
    coefficient: Tensor
    shift: Tensor
    variance: str | Tensor = "posterior"

    def __post_init__(self) -> None:
        for name in ("coefficient", "shift"):
            table = getattr(self, name)
            if not isinstance(table, Tensor) or table.shape != self.schedule.beta.shape or not table.isfinite().all():
                what = tuple(table.shape) if isinstance(table, Tensor) else table
                allowed = f"a table ({self.schedule.T + 1},) of finite numbers"
                raise ConfigError(f"{name} must be {allowed}, got {what}; put time t in slot t, 0 in slot 0")
        step_variance(self.schedule, self.variance)

    @classmethod
    def of_steps(cls, schedule: Schedule, a: Tensor, v: Tensor) -> GaussianChain:
        """The chain with the reverse steps N(a_t x_t, v_t): tables (T + 1,), slot 0 unused in ``a``, 0 in ``v``.

        The coefficient of ε̂ follows from DDPM eq. 11, where the mean is (x_t − β_t / √(1 − ᾱ_t) ε̂) / √α_t.
        """
        rest = schedule.one_minus_alpha_bar.sqrt()
        coefficient = (1 - a * schedule.alpha.sqrt()) * rest / schedule.beta.clamp(min=torch.finfo(torch.float64).tiny)
        return cls(
            schedule, torch.where(schedule.beta > 0, coefficient, 0 * coefficient), torch.zeros_like(coefficient), v
        )

    @classmethod
    def best(cls, schedule: Schedule, s: float) -> GaussianChain:
        """The optimal chain for data N(0, s²): the reversal of the forward process, q(x_{t−1} | x_t)."""
        return cls.of_steps(schedule, *best_steps(schedule, s))

    def noise_predictor(self, x_t: Tensor, t: Tensor) -> Tensor:
        """ε̂ = a_t x_t + c_t for x_t (B, 1) and t (B,), on any device."""
        self.schedule.check_t(t, like=x_t)
        coefficient, shift = (table.to(x_t.device)[t].view(-1, 1) for table in (self.coefficient, self.shift))
        return coefficient * x_t + shift

    def log_p(self, x_0: Tensor) -> Tensor:
        """log p(x_0) in nats, exactly, (B,) for x_0 (B, 1)."""
        mean, covariance = (each.to(x_0.device) for each in self._model())
        off = (x_0[:, 0] - mean[0]).square() / covariance[0, 0]
        return -(math.log(2 * math.pi) + covariance[0, 0].log() + off) / 2

    def gap(self, x_0: Tensor) -> Tensor:
        """KL(q(x_1:T | x_0) ‖ p(x_1:T | x_0)) in nats, exactly, (B,): the bound less −log p(x_0)."""
        mean, covariance = (each.to(x_0.device) for each in self._model())
        gain = covariance[1:, 0] / covariance[0, 0]
        believed = mean[1:] + gain * (x_0 - mean[0])  # (B, T)
        rest = covariance[1:, 1:] - torch.outer(gain, covariance[0, 1:])
        kept = self.schedule.alpha_bar[1:].to(x_0.device)
        low, high = torch.minimum(kept[:, None], kept), torch.maximum(kept[:, None], kept)
        proposed = MultivariateNormal(kept.sqrt() * x_0, (low / high).sqrt() * (1 - high))
        return kl_divergence(proposed, MultivariateNormal(believed, rest))

    def bound(self, x_0: Tensor) -> Tensor:
        """The average of ``bound.vlb(…, levels=None).total`` over noise, exactly, (B,)."""
        return self.gap(x_0) - self.log_p(x_0)

    def terms(self, x_0: Tensor) -> Tensor:
        """L_0…L_T in nats, exactly, (T + 1, B): a term is a square in ε, which the noises −1 and 1 average exactly."""
        chain = self.noise_predictor, self.schedule, x_0
        eps = torch.ones_like(x_0)
        first = [decoder_term(*chain, sign * eps, self.variance, None) for sign in (-1, 1)]
        found = [torch.stack(first).mean(0)]
        for t in range(2, self.schedule.T + 1):
            both = [step_term(*chain, t, sign * eps, self.variance) for sign in (-1, 1)]
            found.append(torch.stack(both).mean(0))
        return torch.stack([*found, prior_term(self.schedule, x_0)])

    def _model(self) -> tuple[Tensor, Tensor]:
        """Mean and covariance of (x_0, …, x_T) under p, built step by step from x_T."""
        s, T = self.schedule, self.schedule.T
        noise = s.beta[1:] / s.one_minus_alpha_bar[1:].sqrt()
        scale, root_alpha = 1 - noise * self.coefficient[1:], s.alpha[1:].sqrt()
        std = step_variance(s, self.variance).sqrt()
        mean, root = torch.zeros(T + 1).double(), torch.eye(T + 1).double()  # x = mean + root · standard normals
        for t in range(T, 0, -1):
            mean[t - 1] = (scale[t - 1] * mean[t] - noise[t - 1] * self.shift[t]) / root_alpha[t - 1]
            root[t - 1] = std[t] * root[t - 1] + scale[t - 1] / root_alpha[t - 1] * root[t]
        return mean, root @ root.T


def best_steps(schedule: Schedule, s: float) -> tuple[Tensor, Tensor]:
    """Coefficients a_t and variances v_t of q(x_{t−1} | x_t) for data N(0, s²), tables (T + 1,): precisions add."""
    variance = schedule.alpha_bar * s**2 + 1 - schedule.alpha_bar  # of x_t
    before = variance.roll(1)
    return schedule.alpha.sqrt() * before / variance, schedule.beta * before / variance
