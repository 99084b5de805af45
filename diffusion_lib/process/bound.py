r"""The variational bound, term by term, and the weights that tell the common losses apart.

    −log p(x_0) ≤ L_T + Σ_{t=2}^T L_{t−1} + L_0          L_T      KL(q(x_T | x_0) ‖ N(0, I))
                                                         L_{t−1}  KL(q(x_{t−1} | x_t, x_0) ‖ p_θ(x_{t−1} | x_t))
    p_θ(x_{t−1} | x_t) = N(μ_θ(x_t, t), σ_t² I)          L_0      −log p_θ(x_0 | x_1)

The middle terms and L_0 are averages over x_t ~ q(x_t | x_0).  The functions return the inside of that average, for the
noise that they are given; whoever calls them draws the noise, and averages.  Everything is in nats for a whole
example, summed over its dimensions, shape (B,); ``bits_per_dim`` converts.

L_{t−1} is w_t (ε − ε̂)² and a constant, with w_t = β_t² / (2 σ_t² α_t (1 − ᾱ_t)).  L_simple replaces w_t by 1; a loss
in x_0 or in v is the loss in ε with another weight.  ``weight`` has the tables.

Sources: Ho et al. 2020 (DDPM), eq. 5, 8, 12, 13 and 14; Salimans & Ho 2022, section 4; Hang et al. 2023 (min-SNR).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..errors import ConfigError, check_choice, check_integer, check_real
from .identities import Model, add_noise, check_together, posterior, predict_eps, x_0_from_eps
from .schedule import Schedule

VARIANCES = ("posterior", "beta", "fixed_large")
WEIGHTS = ("simple", "vlb", "x_0", "v", "truncated_snr", "min_snr")
LEVELS = 256  # of 8-bit data
ON_GRID = 1e-3  # how far a value may be from its level, in units of the distance of two levels; float32 passes


class Bound(NamedTuple):
    """The terms of the bound in nats, each an average-free estimate for its noise: L_0, then L_1…L_{T−1}, then L_T."""

    decoder: Tensor  # (B,)
    steps: Tensor  # (T − 1, B); row t − 2 is L_{t−1}
    prior: Tensor  # (B,)

    @property
    def terms(self) -> Tensor:
        """L_0…L_T, (T + 1, B): row k is L_k."""
        return torch.cat([self.decoder[None], self.steps, self.prior[None]])

    @property
    def total(self) -> Tensor:
        """Their sum, (B,): with noise averaged out, at least −log p(x_0)."""
        return self.decoder + self.steps.sum(0) + self.prior


def kl_normal(mean_p: Tensor, var_p: Tensor, mean_q: Tensor, var_q: Tensor) -> Tensor:
    """KL(N(mean_p, var_p) ‖ N(mean_q, var_q)) = ½ [ln(v_q / v_p) − 1 + v_p / v_q + (m_p − m_q)² / v_q], elementwise.

    In nats.  The arguments broadcast; the variances are variances, not their roots or logarithms.
    """
    ratio = var_p / var_q
    return 0.5 * (ratio - 1 - ratio.log() + (mean_p - mean_q) ** 2 / var_q)


def step_variance(schedule: Schedule, variance: str | Tensor = "posterior") -> Tensor:
    """The table of σ_t², (T + 1,): β̃_t for "posterior", β_t for "beta" (DDPM, section 3.2), or a table of your own.

    The choices differ at t = 1 as well, where σ_1² is the decoder's.  β̃_1 = 0 is the variance of no density, and
    "posterior" has β̃_2 there (β_1 if T = 1), as DDPM's ``fixedsmall``; "beta" has β_1.  "fixed_large" has β_t from
    t = 2 on and β̃_2 at t = 1: the ``FIXED_LARGE`` of improved-diffusion and the ``fixedlarge`` of DDPM's program, by
    which both compute likelihoods.  A sampler adds no noise at t = 1, and there it is "beta".  Slot 0 is 0.
    """
    if isinstance(variance, Tensor):
        if variance.shape != schedule.beta.shape or not bool((variance[1:] > 0).all() and variance.isfinite().all()):
            allowed = f"a table ({schedule.T + 1},) of finite numbers, positive from slot 1 on"
            raise ConfigError(f"variance must be {allowed}, got shape {tuple(variance.shape)}; see optimal_variance")
        return variance.to(schedule.beta)
    if check_choice("variance", variance, VARIANCES) == "beta":
        return schedule.beta
    table = (schedule.posterior_variance if variance == "posterior" else schedule.beta).clone()
    table[1] = schedule.posterior_variance[2] if schedule.T > 1 else schedule.beta[1]
    return table


def prior_term(schedule: Schedule, x_0: Tensor) -> Tensor:
    """ℓ_T = KL(q(x_T | x_0) ‖ N(0, I)) of each example (DDPM eq. 5, first term), in nats, (B,); it has no parameters.

    L_T is its average over the data: ``schedule.prior_kl(s²)`` for mean 0 and variance s², in bits per dimension.
    """
    mean = add_noise(schedule, x_0, schedule.T, torch.zeros_like(x_0))
    variance = schedule.gather("one_minus_alpha_bar", schedule.T, x_0)
    return _example(kl_normal(mean, variance, torch.zeros_like(mean), torch.ones_like(variance)))


def step_term(
    model: Model,
    schedule: Schedule,
    x_0: Tensor,
    t: Tensor | int,
    eps: Tensor,
    variance: str | Tensor = "posterior",
) -> Tensor:
    """L_{t−1} at x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε, for t = 2…T (DDPM eq. 8, with both variances kept), in nats, (B,)."""
    table = step_variance(schedule, variance)
    schedule.check_t(t, like=x_0)
    if bool((torch.as_tensor(t) == 1).any()):
        raise ConfigError(
            "t must be in 2..T for a divergence, got 1: q(x_0 | x_1, x_0) is no density; use decoder_term"
        )
    mean, var, mean_hat = _means(model, schedule, x_0, t, eps)
    sigma2 = table.to(x_0.device, x_0.dtype)[t].reshape(var.shape)
    return _example(kl_normal(mean, var, mean_hat, sigma2))


def decoder_term(
    model: Model,
    schedule: Schedule,
    x_0: Tensor,
    eps: Tensor,
    variance: str | Tensor = "posterior",
    levels: int | None = LEVELS,
) -> Tensor:
    """L_0 = −log p_θ(x_0 | x_1) at x_1 = √ᾱ_1 x_0 + √(1 − ᾱ_1) ε, in nats, (B,).

    ``levels=256``: of 8-bit data scaled to [−1, 1], as a probability (DDPM eq. 13).  ``levels=None``: of real numbers,
    as a density, which makes L_0 a number that may be negative and depends on the unit of x_0.
    """
    sigma2 = step_variance(schedule, variance).to(x_0.device, x_0.dtype)[1]
    _, _, mean_hat = _means(model, schedule, x_0, 1, eps)
    if levels is None:
        return _example(0.5 * ((2 * math.pi * sigma2).log() + (x_0 - mean_hat) ** 2 / sigma2))
    return -_example(log_level(x_0, mean_hat, sigma2, levels))


def log_level(x: Tensor, mean: Tensor, variance: Tensor, levels: int = LEVELS) -> Tensor:
    """log of ∫ N(y; mean, variance) dy over the bin of x, elementwise (DDPM eq. 13).

    ``x`` holds levels −1, −1 + 2δ, …, 1 with δ = 1 / (levels − 1); the bin is x ± δ, open at the ends: it begins at −∞
    for x = −1 and ends at ∞ for x = 1, so that the probabilities of all levels add up to 1.
    """
    delta = 1 / (check_integer("levels", levels, 2) - 1)
    off = ((x + 1) / (2 * delta) - ((x + 1) / (2 * delta)).round()).abs()
    if not bool(((off < ON_GRID) & (x.abs() < 1 + delta)).all()):
        worst = x.flatten()[int(torch.where(off < ON_GRID, x.abs() - 1, off + 1e9).argmax())]
        raise ConfigError(
            f"x_0 must hold {levels} levels from -1 to 1, got {float(worst):.6g}; scale 8-bit data by 2 k / 255 - 1, "
            "or set levels=None for a density"
        )
    infinite = torch.full_like(x, math.inf)
    low = torch.where(x < -1 + delta, -infinite, (x - delta - mean) / variance.sqrt())
    high = torch.where(x > 1 - delta, infinite, (x + delta - mean) / variance.sqrt())
    turned = low + high > 0  # Φ(b) − Φ(a) = Φ(−a) − Φ(−b): in the lower tail no digits are lost
    low, high = torch.where(turned, -high, low), torch.where(turned, -low, high)
    log_low, log_high = torch.special.log_ndtr(low), torch.special.log_ndtr(high)
    return log_high + torch.log(-torch.expm1(log_low - log_high))


@torch.no_grad()
def vlb(
    model: Model,
    schedule: Schedule,
    x_0: Tensor,
    eps: Tensor,
    variance: str | Tensor = "posterior",
    levels: int | None = LEVELS,
) -> Bound:
    """All terms of the bound, every t once; ``eps`` (T, B, …) holds the noise of x_1…x_T.

    Averaged over ε ~ N(0, I) and over data, ``total`` is the variational bound.  Whoever estimates Σ L_{t−1} from one
    random t in 2…T multiplies by T − 1.
    """
    shape = (schedule.T, *x_0.shape)
    if eps.shape != shape:
        raise ConfigError(f"eps must have shape (T, B, ...) = {shape}, got {tuple(eps.shape)}; draw one for each time")
    steps = [step_term(model, schedule, x_0, t, eps[t - 1], variance) for t in range(2, schedule.T + 1)]
    return Bound(
        decoder_term(model, schedule, x_0, eps[0], variance, levels),
        torch.stack(steps) if steps else x_0.new_zeros(0, len(x_0)),
        prior_term(schedule, x_0),
    )


def bits_per_dim(nats: Tensor | float, dims: int) -> Tensor | float:
    """nats / (D ln 2): the code length of one of D dimensions, in bits."""
    return nats / (check_integer("dims", dims, 1) * math.log(2))


def weight(schedule: Schedule, kind: str, variance: str | Tensor = "posterior", gamma: float = 5.0) -> Tensor:
    """The weight w_t of E (ε − ε̂)² that makes it the loss ``kind``, a table (T + 1,); slot 0 is 0.

    ===============  ==========================================  =====================================
    "simple"         1                                           L_simple (DDPM eq. 14)
    "vlb"            β_t² / (2 σ_t² α_t (1 − ᾱ_t))                the bound's own (DDPM eq. 12)
    "x_0"            1 / SNR_t                                   (x_0 − x̂_0)²
    "v"              1 + 1 / SNR_t = 1 / ᾱ_t                      (v − v̂)²
    "truncated_snr"  max(SNR_t, 1) / SNR_t                       max(SNR_t, 1) (x_0 − x̂_0)² (Salimans & Ho)
    "min_snr"        min(SNR_t, γ) / SNR_t                       min(SNR_t, γ) (x_0 − x̂_0)² (Hang et al.)
    ===============  ==========================================  =====================================

    ``variance`` chooses the σ_t² of "vlb", and ``gamma`` the γ of "min_snr"; elsewhere they have no effect.
    """
    schedule.check_signal("weight")
    gamma, snr = check_real("gamma", gamma, 0.0, math.inf, open_low=True, open_high=True), schedule.snr[1:]
    beta, alpha, rest = schedule.beta[1:], schedule.alpha[1:], schedule.one_minus_alpha_bar[1:]
    tables = {
        "simple": lambda: torch.ones_like(snr),
        "vlb": lambda: beta**2 / (2 * step_variance(schedule, variance)[1:] * alpha * rest),
        "x_0": lambda: 1 / snr,
        "v": lambda: 1 / schedule.alpha_bar[1:],
        "truncated_snr": lambda: snr.clamp(min=1) / snr,
        "min_snr": lambda: snr.clamp(max=gamma) / snr,
    }
    return torch.cat([snr.new_zeros(1), tables[check_choice("kind", kind, WEIGHTS)]()])


def _means(
    model: Model, schedule: Schedule, x_0: Tensor, t: Tensor | int, eps: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and variance of q(x_{t−1} | x_t, x_0), and the model's mean μ_θ: the same with x̂_0 for x_0 (DDPM eq.
    11)."""
    check_together(model, schedule)
    x_t = add_noise(schedule, x_0, t, eps)
    times = t if isinstance(t, Tensor) else torch.full(x_0.shape[:1], t, device=x_0.device)
    eps_hat = predict_eps(model, x_t, times)
    x_0_hat = x_0_from_eps(schedule, x_t, t, eps_hat.to(eps.dtype))
    mean, variance = posterior(schedule, x_0, x_t, t)
    return mean, variance, posterior(schedule, x_0_hat, x_t, t)[0]


def _example(nats: Tensor) -> Tensor:
    """Sum over all dimensions but the batch."""
    return nats.flatten(1).sum(1) if nats.ndim > 1 else nats
