"""A schedule says how much noise each step of the forward process adds: β_1…β_T.

The process is q(x_t | x_{t−1}) = N(√α_t x_{t−1}, β_t I) for t = 1…T, with α_t = 1 − β_t.  Gaussians merge, so that
q(x_t | x_0) = N(√ᾱ_t x_0, (1 − ᾱ_t) I) with ᾱ_t = ∏_{s ≤ t} α_s.

Every table has length T + 1; slot 0 is the clean data (β_0 = 0, ᾱ_0 = 1), so that ``alpha_bar[t]`` and
``alpha_bar[t - 1]`` read as in the papers, also at t = 1.  The tables are computed once in float64; those of another
dtype are casts.  1 − ᾱ_t is a table of its own: computed from a float32 ᾱ_1 it would be off by 1e-4 of its value.

Sources: Ho et al. 2020 (DDPM), eq. 2, 4 and 7; Nichol & Dhariwal 2021, eq. 17; Rombach et al. 2022 (scaled linear).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

from ..errors import ConfigError, check_choice, check_integer, check_range, check_real, index_range
from .betas import TABLES, ZERO_SNR, as_betas, check_ends, check_T
from .noise_process import NoiseProcess, Transition

MASTER = (torch.device("cpu"), torch.float64)


@dataclass(frozen=True, eq=False)
class Schedule(NoiseProcess):
    """Tables over t = 0…T, each (T + 1,), float64 unless cast by ``to``; build one with ``from_betas`` or by name.

    α_t = 1 − β_t; ᾱ_t; 1 − ᾱ_t; ``snr`` ᾱ_t / (1 − ᾱ_t), infinite in slot 0; ``posterior_variance``
    β̃_t = β_t (1 − ᾱ_{t−1}) / (1 − ᾱ_t) (DDPM eq. 7), 0 in slots 0 and 1.  ``schedule_from_config`` rebuilds
    it from ``config``.
    """

    name: str
    config: dict[str, Any]
    beta: Tensor
    alpha: Tensor
    alpha_bar: Tensor
    one_minus_alpha_bar: Tensor
    snr: Tensor
    posterior_variance: Tensor
    _casts: dict = field(default_factory=dict, repr=False)  # (device, dtype) -> Schedule, shared by all casts

    @classmethod
    def from_betas(cls, betas: Sequence[float] | Tensor, name: str = "custom") -> Schedule:
        """Build the tables from β_1…β_T, a 1-D float sequence, array or tensor of length T.

        Raises ``ConfigError`` unless T ≤ ``MAX_T``, 0 < β_t < 1, and ᾱ_t falls strictly and stays above 0 in float64.
        """
        beta = as_betas(betas)
        return cls._build(name, beta, {"name": name, "betas": beta.tolist()})

    @classmethod
    def _build(cls, name: str, betas: Tensor, config: dict[str, Any]) -> Schedule:
        beta = torch.cat([betas.new_zeros(1), betas])  # slot 0: the clean data
        alpha = 1 - beta
        alpha_bar = alpha.cumprod(0)
        # |expm1(Σ ln(1 − β))| keeps the digits that 1 − ᾱ would lose where ᾱ is near 1
        one_minus_alpha_bar = torch.expm1(torch.log1p(-beta).cumsum(0)).abs()
        if len(bad := ((alpha_bar.diff() >= 0) | (alpha_bar[1:] == 0) & (betas < 1)).nonzero()):
            t = int(bad[0]) + 1
            remedy = "use larger betas" if alpha_bar[t] else "use fewer or smaller betas"
            what = f"{alpha_bar[t]:g} at t={t} for beta = {beta[t]:.3g}; {remedy}"
            raise ConfigError(f"alpha_bar must fall strictly and stay above 0 in float64, got {what}")
        snr = alpha_bar / one_minus_alpha_bar
        variance = torch.cat([beta[:1], beta[1:] * one_minus_alpha_bar[:-1] / one_minus_alpha_bar[1:]])
        schedule = cls(name, config, beta, alpha, alpha_bar, one_minus_alpha_bar, snr, variance)
        schedule._casts[MASTER] = schedule
        return schedule

    @property
    def T(self) -> int:
        """Number of steps."""
        return len(self.beta) - 1

    @property
    def ends_in_noise(self) -> bool:
        """Is ᾱ_T = 0?"""
        return bool(self._casts[MASTER].alpha_bar[-1] == 0)

    def check_signal(self, what: str) -> None:
        """Raise ``ConfigError`` if ᾱ_T = 0, as after ``zero_terminal_snr``: ``what`` divides by it."""
        if self.ends_in_noise:
            raise ConfigError(f"{what} must have a schedule with alpha_bar_T above 0, got 0; {ZERO_SNR}")

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> Schedule:
        """Return the schedule with tables on ``device``, cast from the float64 ones to ``dtype``; casts are cached."""
        key = (self.beta.device if device is None else torch.device(device), dtype or self.beta.dtype)
        if key not in self._casts:
            master = self._casts[MASTER]
            least = master.alpha_bar[master.alpha_bar > 0][-1]
            if not key[1].is_floating_point or least.to(key[1]) == 0:
                allowed = f"dtype must be a floating-point type that holds alpha_bar_T = {least:.3g}"
                raise ConfigError(f"{allowed}, got {dtype}; use torch.float32, or fewer betas")
            tables = {table: getattr(master, table).to(key[1]).to(key[0]) for table in TABLES}  # MPS has no float64
            self._casts[key] = replace(master, **tables)
        return self._casts[key]

    def check_t(self, t: Tensor | float, like: Tensor | None = None) -> Tensor | int:
        """Return ``t`` if it is an int in 1…T (one time for the whole batch) or an int64 tensor (B,) of such.

        With ``like``, a tensor (B, …), ``t`` must also have its batch size and its device.  Anything else is a
        ``ConfigError``: a negative time would silently read the table from its end, and (B, 1) would broadcast.
        """
        if not isinstance(t, Tensor):
            return check_integer("t", t, 1, self.T)
        fits = like is None or (t.shape == like.shape[:1] and t.device == like.device)
        if t.dtype != torch.int64 or t.ndim != 1 or not fits:
            raise self._bad_t(t, like, 1)
        if (ends := index_range(t)) is not None and not 1 <= ends[0] <= ends[1] <= self.T:
            wrong = int(t[(t < 1) | (t > self.T)][0])
            raise ConfigError(f"t must be in 1..{self.T}, got {wrong}; times count from 1")
        return t

    def gather(self, table: str, t: Tensor | float, like: Tensor) -> Tensor:
        """Return a table's values at ``t`` in the dtype and on the device of ``like``, ready to broadcast against it.

        Shape (B, 1, …, 1) for ``t`` an int64 tensor (B,), and () for an int.  Unlike in ``check_t``, t = 0 is
        allowed: ``schedule.gather("alpha_bar", t - 1, x)``.
        """
        values = getattr(self.to(like.device, like.dtype), check_choice("table", table, TABLES))
        if not isinstance(t, Tensor):
            return values[check_integer("t", t, 0, self.T)]
        if t.device.type != "cpu" and t.dtype == torch.int64:  # there a bad index ends the process
            check_range("t", t, 0, self.T, "times count from 1, and 0 is the clean data")
        try:  # index_select, unlike values[t], refuses negative times and shapes other than (B,)
            return values.index_select(0, t).view(-1, *[1] * (like.ndim - 1))
        except (IndexError, RuntimeError) as error:
            raise self._bad_t(t, like, 0) from error

    def powers(self, t: Tensor | float, like: Tensor) -> tuple[Tensor, Tensor, float]:
        """ᾱ_t, 1 − ᾱ_t and their sum, 1, as ``gather`` returns them: α², σ² and α² + σ² of a ``NoiseProcess``."""
        return self.gather("alpha_bar", t, like), self.gather("one_minus_alpha_bar", t, like), 1.0

    def transition(self, t: float, s: float) -> Transition:
        """The step between whole times T ≥ t > s ≥ 0; σ²_{t|s} = 1 − ᾱ_t / ᾱ_s keeps its digits where ᾱ is near 1."""
        t = check_integer("t", t, 1, self.T)
        s = check_integer("s", s, 0, t - 1)
        tables = self._casts[MASTER]
        kept, kept_s = tables.alpha_bar[[t, s]].tolist()
        rest, rest_s = tables.one_minus_alpha_bar[[t, s]].tolist()
        beta = -math.expm1(float(torch.log1p(-tables.beta[s + 1 : t + 1]).sum()))
        return Transition(t, s, kept, kept_s, rest, rest_s, 1 - beta, beta)

    def log_midpoint(self, t: float, s: float) -> int | None:
        """The time between t and s whose level is nearest to √(level_t level_s), in logarithms, or None."""
        t, s = check_integer("t", t, 1, self.T), check_integer("s", s, 0)
        if s == 0 or s >= t - 1:
            return None
        logs = self._casts[MASTER].snr[s + 1 : t].log() / -2
        aim = (math.log(self.level(t)) + math.log(self.level(s))) / 2
        return s + 1 + int((logs - aim).abs().argmin())

    def _bad_t(self, t: Tensor, like: Tensor | None, low: int) -> ConfigError:
        allowed = "(B,)" if like is None else f"{tuple(like.shape[:1])} on {like.device}"
        what = f"{t.dtype} of shape {tuple(t.shape)} on {t.device}; use one integer time per sample"
        return ConfigError(f"t must be an int, or an int64 tensor of shape {allowed}, in {low}..{self.T}, got {what}")

    def prior_kl(self, data_variance: float = 1.0) -> float:
        """L_T in bits per dimension: E KL(q(x_T | x_0) ‖ N(0, I)) over data with mean 0 and the given variance.

        L_T = ½ [ᾱ_T (Var x_0 − 1) − ln(1 − ᾱ_T)] / ln 2 (DDPM eq. 5, first term).  It has no parameters to train.
        L_T = I(x_0; x_T) + KL(q(x_T) ‖ N(0, I)): what x_T still tells of x_0, and the gap, see ``prior_gap``.
        """
        return self._prior(data_variance, lambda alpha_bar, excess: excess - math.log1p(-alpha_bar))

    def prior_gap(self, data_variance: float = 1.0) -> float:
        """KL(q(x_T) ‖ N(0, I)) in bits per dimension, for Gaussian data with mean 0 and the given variance.

        ½ [V_T − 1 − ln V_T] / ln 2 with V_T = 1 + ᾱ_T (Var x_0 − 1), the variance of x_T.  A Gaussian has the largest
        entropy of its variance, so that data of another shape have a larger gap, which ``prior_kl`` bounds from above.
        """
        return self._prior(data_variance, lambda alpha_bar, excess: excess - math.log1p(excess))

    def _prior(self, data_variance: float, twice_the_nats: Callable[[float, float], float]) -> float:
        """Half of a function of ᾱ_T and V_T − 1, in bits."""
        variance = check_real("data_variance", data_variance, 0.0, math.inf, open_high=True)
        alpha_bar = float(self._casts[MASTER].alpha_bar[-1])
        return 0.5 * twice_the_nats(alpha_bar, alpha_bar * (variance - 1)) / math.log(2)


def linear(T: int = 1000, beta_start: float = 1e-4, beta_end: float = 0.02) -> Schedule:
    """β_t from ``beta_start`` to ``beta_end`` in equal steps (DDPM, section 4); with T = 1, β_1 = ``beta_start``."""
    return _ramp("linear", 1, T, beta_start, beta_end)


def scaled_linear(T: int = 1000, beta_start: float = 0.00085, beta_end: float = 0.012) -> Schedule:
    """√β_t in equal steps; the default values are those of Stable Diffusion 1 (Rombach et al. 2022)."""
    return _ramp("scaled_linear", 2, T, beta_start, beta_end)


def cosine(T: int = 1000, s: float = 0.008, max_beta: float = 0.999) -> Schedule:
    """ᾱ_t = f(t) / f(0) with f(t) = cos²((t/T + s) / (1 + s) · π/2) (Nichol & Dhariwal 2021, eq. 17).

    f(T) = 0, so that β_T = 1 is clipped to ``max_beta``, as in the paper: ``config`` records it, ``diagnose`` tells it.
    """
    T = check_T(T)
    s = check_real("s", s, 0.0, 1.0)
    max_beta = check_real("max_beta", max_beta, 0.0, 1.0, open_low=True, open_high=True)
    f = [math.cos((t / T + s) / (1 + s) * math.pi / 2) ** 2 for t in range(T + 1)]
    betas = torch.tensor([min(1 - f[t] / f[t - 1], max_beta) for t in range(1, T + 1)], dtype=torch.float64)
    return Schedule._build("cosine", betas, {"name": "cosine", "T": T, "s": s, "max_beta": max_beta})


def _ramp(name: str, power: int, T: object, beta_start: object, beta_end: object) -> Schedule:
    T, (beta_start, beta_end) = check_T(T), check_ends(beta_start, beta_end)
    betas = torch.linspace(beta_start ** (1 / power), beta_end ** (1 / power), T, dtype=torch.float64) ** power
    return Schedule._build(name, betas, {"name": name, "T": T, "beta_start": beta_start, "beta_end": beta_end})
