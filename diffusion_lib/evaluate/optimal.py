r"""The noise predictor of least squared error for a known data distribution, and the uncertainty that remains.

ε* = E[ε | x_t] and E[x_0 | x_t] carry the same information except where ᾱ_t = 0: there ε* = x_t for any data, whereas
v* = −E[x_0] still depends on them.  The remaining uncertainty Var(ε | x_t) is what the optimal variance of a reverse
step at x_t adds to β̃_t.

Sources: Salimans & Ho 2022, appendix D (v); Bao et al. 2022, theorem 1, before its average over x_t.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from ..process.noise_process import NoiseProcess
from ..process.schedule import Schedule


class Exact(Protocol):
    """A data distribution whose noised densities are known, such as ``GaussianMixture``."""

    def score(self, process: NoiseProcess, x_t: Tensor, t: Tensor | float) -> Tensor: ...

    def denoiser(self, process: NoiseProcess, x_t: Tensor, t: Tensor | float) -> Tensor: ...

    def noise_variance(self, process: NoiseProcess, x_t: Tensor, t: Tensor | float) -> tuple[Tensor, Tensor]: ...


@dataclass(frozen=True, eq=False)
class Optimal:
    """``eps_hat = E[ε | x_t]`` for known data, a function of (x_t, t) with x_t (B, …) and t a time of the process."""

    data: Exact
    process: NoiseProcess

    def __call__(self, x_t: Tensor, t: Tensor | float) -> Tensor:
        """ε*(x_t, t) = −√(1 − ᾱ_t) ∇ log q(x_t), (B, …)."""
        self.process.check_t(t, like=x_t)
        return -self.process.powers(t, x_t)[1].sqrt() * self.data.score(self.process, x_t, t)

    def v(self, x_t: Tensor, t: Tensor | float) -> Tensor:
        """v* = √ᾱ_t ε* − √(1 − ᾱ_t) E[x_0 | x_t], (B, …), also where ᾱ_t = 0."""
        eps, x_0 = self(x_t, t), self.data.denoiser(self.process, x_t, t)
        kept, rest = (power.sqrt() for power in self.process.powers(t, x_t)[:2])
        return kept * eps - rest * x_0


def state_variance(data: Exact, schedule: Schedule, x_t: Tensor, t: int) -> Tensor:
    """σ*²(x_t) = β̃_t + β_t² Var(ε | x_t) / (α_t (1 − ᾱ_t)), (B, …): the best variances of a step from x_t.

    Each dimension has its own.  Their mean over x_t and dimensions is ``optimal_variance``, one number for all of them.
    Raises ``ConfigError`` where ᾱ_T = 0.
    """
    schedule.check_signal("state_variance")
    factor = schedule.beta[t] ** 2 / (schedule.alpha[t] * schedule.one_minus_alpha_bar[t])
    within, between = data.noise_variance(schedule, x_t, t)
    return schedule.posterior_variance[t].to(x_t) + factor.to(x_t) * (within[:, None] + between).view_as(x_t)
