r"""Noise processes in continuous time: α(t) and σ(t) with their derivatives, for t in [0, 1].

The derivatives α'(t) and σ'(t) give the process a velocity (module ``velocity``), and the coefficients of its
stochastic differential equation dx = f x dt + g dw (``Scales.drift`` and ``Scales.diffusion``).

The ratio α/σ decreases strictly with t.  Two processes with the same x_0 and ε pass through the same points, up to a
factor, at the times where their ratios α/σ agree.

The direction of time differs between papers: Lipman et al. 2023, Liu et al. 2023 and Tong et al. 2024 count from noise
at 0 to data x_1 at 1, so that their velocity x_1 − x_0 points to the data.  Here, as in Esser et al. 2024, it points to
the noise.

Sources: Song et al. 2021b, eq. 29 and appendix C (VP, VE, sub-VP); Lipman et al. 2023, eq. 20 (flow); Albergo et al.
2023, section 4 (trigonometric); Esser et al. 2024, section 2 (the conventions here).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import ConfigError, check_real
from .betas import check_T
from .noise_process import NoiseProcess, Transition
from .schedule import Schedule

Function = Callable[[Tensor], Tensor]


class Scales(NamedTuple):
    """α, σ, α' and σ' at one time for each sample, in the dtype of the states and ready to be multiplied."""

    alpha: Tensor
    sigma: Tensor
    d_alpha: Tensor
    d_sigma: Tensor

    @property
    def wronskian(self) -> Tensor:
        """W = α σ' − σ α' = α² (σ/α)', above 0 where α/σ falls; 1 on the straight path."""
        return self.alpha * self.d_sigma - self.sigma * self.d_alpha

    @property
    def drift(self) -> Tensor:
        """f = α'/α, of the equation dx = f x dt + g dw of the process (Song et al. 2021b, eq. 5); −∞ where α = 0."""
        return self.d_alpha / self.alpha

    @property
    def diffusion(self) -> Tensor:
        """g = √(2 σ W / α), of the same equation; infinite where α = 0."""
        return (2 * self.sigma * self.wronskian / self.alpha).sqrt()


@dataclass(frozen=True, eq=False)
class ContinuousProcess(NoiseProcess):
    """α, σ, α' and σ' as pure functions of t, float64 (n,) to float64 (n,); ``make_process`` has those of papers."""

    name: str
    alpha: Function
    sigma: Function
    d_alpha: Function
    d_sigma: Function

    def check_t(self, t: Tensor | float, like: Tensor | None = None) -> Tensor | float:
        """Return ``t`` if it is a number in [0, 1] for the whole batch, or a floating-point tensor (B,) of such.

        With ``like``, a tensor (B, …), ``t`` must also have its batch size and its device; else ``ConfigError``.
        """
        if not isinstance(t, Tensor):
            return check_real("t", t, 0.0, 1.0)
        fits = like is None or (t.shape == like.shape[:1] and t.device == like.device)
        if not t.is_floating_point() or t.ndim != 1 or not fits:
            allowed = "(B,)" if like is None else f"{tuple(like.shape[:1])} on {like.device}"
            what = f"{t.dtype} of shape {tuple(t.shape)} on {t.device}; use one time per sample, k / T for step k of T"
            raise ConfigError(f"t must be a number or floats of shape {allowed}, in [0, 1], got {what}")
        if not bool(((t >= 0) & (t <= 1)).all()):
            wrong = float(t[~((t >= 0) & (t <= 1))][0])
            raise ConfigError(f"t must be in [0, 1], got {wrong}; t = 0 is data, t = 1 is noise")
        return t

    def powers(self, t: Tensor | float, like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """α², σ² and α² + σ² at ``t``, (B, 1, …, 1), or () for one number, as of a ``NoiseProcess``."""
        at = self._times(t, like)
        kept, rest = self.alpha(at).square(), self.sigma(at).square()
        return _fit(kept, t, like), _fit(rest, t, like), _fit(kept + rest, t, like)

    def at(self, t: Tensor | float, like: Tensor) -> Scales:
        """α, σ, α' and σ' at ``t``, in the same shapes; ``ConfigError`` where a derivative is infinite."""
        at = self._times(t, like)
        values = [function(at) for function in (self.alpha, self.sigma, self.d_alpha, self.d_sigma)]
        for derivative, value in zip(("alpha'", "sigma'"), values[2:], strict=True):
            if not bool(value.isfinite().all()):
                got = f"got none on {self.name!r} at t = {t}"
                raise ConfigError(f"{derivative} must be finite, {got}; keep away from 0")
        return Scales(*(_fit(value, t, like) for value in values))

    def transition(self, t: float, s: float) -> Transition:
        """The step from t to s, for 1 ≥ t > s ≥ 0; σ²_{t|s} = σ_t² (1 − SNR_t / SNR_s), not a difference of squares."""
        t, s = check_real("t", t, 0.0, 1.0, open_low=True), check_real("s", s, 0.0, 1.0)
        if s >= t:
            raise ConfigError(f"s must be below t = {t}, got {s}; a step leads from t to an earlier time s")
        times = torch.tensor([t, s], dtype=torch.float64)
        (alpha2_t, alpha2_s), (sigma2_t, sigma2_s) = (f(times).square().tolist() for f in (self.alpha, self.sigma))
        alpha2_ts = alpha2_t / alpha2_s
        sigma2_ts = sigma2_t * (1 - alpha2_ts * sigma2_s / sigma2_t)
        return Transition(t, s, alpha2_t, alpha2_s, sigma2_t, sigma2_s, alpha2_ts, sigma2_ts)

    def log_midpoint(self, t: float, s: float) -> float | None:
        """The time between t and s where σ/α is the geometric mean of both, by repeated division; None for s = 0."""
        if s == 0:
            return None
        aim, low, high = math.sqrt(self.level(t) * self.level(s)), s, t
        while low < (low + high) / 2 < high:
            times = torch.linspace(low, high, 1025, dtype=torch.float64)
            below = int((self.sigma(times) < aim * self.alpha(times))[1:-1].sum())
            low, high = times[below : below + 2].tolist()
        return high

    def discretized(self, T: int = 1000) -> Schedule:
        """The chain through the states at k/T, k = 1…T, divided by √(α² + σ²): ᾱ_k = α² / (α² + σ²) at k/T.

        The signal-to-noise ratio stays, so that the same ε̂ belongs to both.  ``ConfigError`` where α(1) = 0, as for
        flow matching, since no chain with β_k < 1 ends there.
        """
        times = torch.arange(check_T(T) + 1, dtype=torch.float64) / T
        log_alpha_bar = -torch.log1p((self.sigma(times) / self.alpha(times)).square())
        return Schedule.from_betas(-torch.expm1(log_alpha_bar.diff()), name=self.name)

    def _times(self, t: Tensor | float, like: Tensor) -> Tensor:
        self.check_t(t, like if isinstance(t, Tensor) else None)
        return torch.as_tensor(t, dtype=torch.float64, device="cpu").reshape(-1)  # MPS has no float64


def flow() -> ContinuousProcess:
    """α = 1 − t, σ = t: the straight path of rectified flow and of optimal transport (Lipman et al. 2023, eq. 20)."""
    return ContinuousProcess("flow", lambda t: 1 - t, lambda t: t, lambda t: -torch.ones_like(t), torch.ones_like)


def cosine() -> ContinuousProcess:
    """α = cos(πt/2), σ = sin(πt/2) (Albergo et al. 2023; Nichol & Dhariwal 2021 without the offset)."""
    half = math.pi / 2
    return ContinuousProcess(
        "cosine",
        lambda t: torch.sin(half * (1 - t)),  # 0, and not 6e-17, at t = 1
        lambda t: torch.sin(half * t),
        lambda t: -half * torch.sin(half * t),
        lambda t: half * torch.sin(half * (1 - t)),
    )


def vp(beta_start: float = 0.1, beta_end: float = 20.0) -> ContinuousProcess:
    """α² = exp(−∫β), σ² = 1 − α² with β(t) a line from ``beta_start`` to ``beta_end`` (Song et al. 2021b, eq. 29)."""
    return _preserving("vp", *_linear_beta(beta_start, beta_end))


def sub_vp(beta_start: float = 0.1, beta_end: float = 20.0) -> ContinuousProcess:
    """α of ``vp``, σ = 1 − α² (Song et al. 2021b, eq. 29)."""
    log_alpha2, derivative = _linear_beta(beta_start, beta_end)
    return ContinuousProcess(
        "sub_vp",
        lambda t: torch.exp(log_alpha2(t) / 2),
        lambda t: -torch.expm1(log_alpha2(t)),
        lambda t: derivative(t) / 2 * torch.exp(log_alpha2(t) / 2),
        lambda t: -derivative(t) * torch.exp(log_alpha2(t)),
    )


def ve(sigma_min: float = 0.01, sigma_max: float = 50.0) -> ContinuousProcess:
    """α = 1, σ² = σ_min² ((σ_max/σ_min)^{2t} − 1): the noise grows, the data stay (Song et al. 2021b, eq. 29)."""
    sigma_min = check_real("sigma_min", sigma_min, 0.0, math.inf, open_low=True, open_high=True)
    sigma_max = check_real("sigma_max", sigma_max, sigma_min, math.inf, open_low=True, open_high=True)
    rate = 2 * math.log(sigma_max / sigma_min)

    def sigma(t: Tensor) -> Tensor:
        return sigma_min * torch.expm1(rate * t).sqrt()

    return ContinuousProcess(
        "ve",
        torch.ones_like,
        sigma,
        torch.zeros_like,
        lambda t: sigma_min**2 * rate / 2 * torch.exp(rate * t) / sigma(t),
    )


def from_schedule(schedule: Schedule) -> ContinuousProcess:
    """The process through a schedule's states: x_k at k/T, and ln ᾱ is linear between; derivatives are one-sided.

    So β(t) = −(ln α²)' is constant between whole times, and one step of the chain is its equation with noise, exactly.
    """
    if not isinstance(schedule, Schedule):
        raise ConfigError(f"schedule must be a Schedule, got {schedule!r}; use make_schedule('linear')")
    beta, T = schedule.to("cpu", torch.float64).beta, schedule.T
    steps = torch.log1p(-beta)  # ln(1 − β_k), 0 in slot 0
    table = steps.cumsum(0)

    def interval(t: Tensor) -> Tensor:
        return (t * T).ceil().long().clamp(1, T)

    def log_alpha2(t: Tensor) -> Tensor:
        k = interval(t)
        return table[k] + (t * T - k) * steps[k]

    return _preserving(schedule.name, log_alpha2, lambda t: T * steps[interval(t)])


def _linear_beta(beta_start: object, beta_end: object) -> tuple[Function, Function]:
    """ln α² = −∫β and its derivative −β."""
    start = check_real("beta_start", beta_start, 0.0, math.inf, open_low=True, open_high=True)
    end = check_real("beta_end", beta_end, start, math.inf, open_high=True)
    return lambda t: -(start * t + (end - start) / 2 * t**2), lambda t: -(start + (end - start) * t)


def _preserving(name: str, log_alpha2: Function, derivative: Function) -> ContinuousProcess:
    """α² + σ² = 1 with ln α² and its derivative given: α' = α · (ln α²)' / 2, σ' = −α α' / σ."""

    def sigma(t: Tensor) -> Tensor:
        return torch.expm1(log_alpha2(t)).abs().sqrt()

    return ContinuousProcess(
        name,
        lambda t: torch.exp(log_alpha2(t) / 2),
        sigma,
        lambda t: derivative(t) / 2 * torch.exp(log_alpha2(t) / 2),
        lambda t: -derivative(t) / 2 * torch.exp(log_alpha2(t)) / sigma(t),
    )


def _fit(value: Tensor, t: Tensor | float, like: Tensor) -> Tensor:
    value = value.to(like.dtype).to(like.device)
    return value.view(-1, *[1] * (like.ndim - 1)) if isinstance(t, Tensor) else value.reshape(())
