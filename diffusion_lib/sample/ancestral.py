r"""Sampling runs the chain backwards: from x_T ~ N(0, σ_T² I), through times t > s > …, to the clean data at time 0.

A model predicts ε̂(x_t, t), which is the same as an estimate x̂_0 = (x_t − σ_t ε̂) / α_t of the clean data.  A step
draws x_s from q(x_s | x_t, x_0 = x̂_0), a Gaussian in closed form.  This also holds when s is not t − 1, since a process
is a Markov chain at any of its times, with α_{t|s} = α_t / α_s and σ²_{t|s} = σ_t² − α²_{t|s} σ_s².  ``ddim``
interpolates between that step (η = 1, the ancestral one) and one without noise (η = 0) with the same marginals.

The process is a ``Schedule``, where α_t² is ᾱ_t, σ_t² is 1 − ᾱ_t and σ²_{t|t−1} is β_t, or a ``ContinuousProcess``
with real times.  Where σ_T is not 1, as for VE, multiply the noise by it before the start.

With the posterior's variance ``ddpm`` is the sampler that k-diffusion and diffusers call Euler ancestral: an Euler step
in σ/α down to a level from which fresh noise leads up to that of s.

Sources: Ho et al. 2020 (DDPM), Algorithm 2 and eq. 7; Song et al. 2021a (DDIM), eq. 12 and 16.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from torch import Generator, Tensor

from ..errors import ConfigError, check_choice, check_real
from ..process.bound import VARIANCES
from ..process.identities import Model, x_0_from_eps
from ..process.noise_process import NoiseProcess, Transition
from .chain import SampleStep, run_chain
from .noise import noise
from .times import Spacing


def ddpm_step(
    process: NoiseProcess,
    x_t: Tensor,
    eps_hat: Tensor,
    t: float,
    s: float,
    *,
    variance: str = "posterior",
    z: Tensor | None = None,
) -> Tensor:
    """x_s = √ᾱ_s β_{t|s}/(1−ᾱ_t) x̂_0 + √α_{t|s} (1−ᾱ_s)/(1−ᾱ_t) x_t + σ z, for times t > s ≥ 0 (DDPM eq. 7).

    σ² is β̃ = β_{t|s} (1−ᾱ_s)/(1−ᾱ_t) for ``variance="posterior"``, exact if the data are one point, and β_{t|s} for
    ``"beta"``, exact if they are N(0, I) (DDPM section 3.2).  No noise is added at s = 0, where x_s = x̂_0; so
    ``"fixed_large"``, which differs from ``"beta"`` in the decoder's variance alone, samples as ``"beta"`` does.
    All tensors are (B, …); ``z`` is standard normal noise and may be absent where σ = 0.
    """
    check_choice("variance", variance, VARIANCES)
    x_0_hat = x_0_from_eps(process, x_t, t, eps_hat)
    return _ddpm(process.transition(t, s), x_t, x_0_hat, variance, z)


def ddim_step(
    process: NoiseProcess,
    x_t: Tensor,
    eps_hat: Tensor,
    t: float,
    s: float,
    *,
    eta: float = 0.0,
    z: Tensor | None = None,
) -> Tensor:
    """x_s = √ᾱ_s x̂_0 + √(1 − ᾱ_s − σ²) ε̂ + σ z, for times t > s ≥ 0 (DDIM eq. 12).

    σ² = η² β_{t|s} (1−ᾱ_s)/(1−ᾱ_t) (DDIM eq. 16): η = 0 is deterministic, η = 1 is ``ddpm_step`` with the posterior
    variance.  At s = 0, σ = 0 and x_s = x̂_0.  Tensors as in ``ddpm_step``.
    """
    eta = check_real("eta", eta, 0.0, 1.0)
    x_0_hat = x_0_from_eps(process, x_t, t, eps_hat)
    return _ddim(process.transition(t, s), x_0_hat, eps_hat, eta, z)


def ddpm(
    model: Model,
    x_T: Tensor,
    process: NoiseProcess,
    *,
    steps: int | None = None,
    variance: str = "posterior",
    spacing: Spacing = "trailing",
    generator: Generator | Sequence[Generator] | None = None,
) -> Iterator[SampleStep]:
    """Ancestral sampling (DDPM Algorithm 2): yields ``SampleStep`` at each visited time and, last, the sample at t = 0.

    ``x_T`` (B, …) is float32 or float64, and so is the sample.  ``steps`` is at most T, the value for None.
    Raises ``ConfigError`` at the call, before the model runs, and ``NonFiniteError`` while sampling.
    """
    check_choice("variance", variance, VARIANCES)
    draw = noise(generator, x_T)

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        return _ddpm(transition, x_t, x_0_hat, variance, draw(x_t) if transition.s > 0 else None)

    return run_chain(model, x_T, process, step, steps, spacing)


def ddim(
    model: Model,
    x_T: Tensor,
    process: NoiseProcess,
    *,
    steps: int | None = None,
    eta: float = 0.0,
    spacing: Spacing = "trailing",
    generator: Generator | Sequence[Generator] | None = None,
) -> Iterator[SampleStep]:
    """DDIM sampling: no noise for ``eta=0``, as much as ``ddpm`` for ``eta=1``; otherwise like ``ddpm``."""
    eta = check_real("eta", eta, 0.0, 1.0)
    draw = noise(generator, x_T)

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        return _ddim(transition, x_0_hat, eps_hat, eta, draw(x_t) if eta > 0 and transition.s > 0 else None)

    return run_chain(model, x_T, process, step, steps, spacing)


def _ddpm(transition: Transition, x_t: Tensor, x_0_hat: Tensor, variance: str, z: Tensor | None) -> Tensor:
    _, s, _, alpha2_s, sigma2_t, sigma2_s, alpha2_ts, sigma2_ts = transition
    mean = alpha2_s**0.5 * sigma2_ts / sigma2_t * x_0_hat + alpha2_ts**0.5 * sigma2_s / sigma2_t * x_t
    sigma = (sigma2_ts * sigma2_s / sigma2_t if variance == "posterior" or s == 0 else sigma2_ts) ** 0.5
    return _with_noise(mean, sigma, z)


def _ddim(transition: Transition, x_0_hat: Tensor, eps_hat: Tensor, eta: float, z: Tensor | None) -> Tensor:
    _, _, _, alpha2_s, sigma2_t, sigma2_s, alpha2_ts, sigma2_ts = transition
    variance = eta**2 * sigma2_ts * sigma2_s / sigma2_t
    # σ_s² − σ² without a subtraction that could fall below 0, by σ_t² = σ²_{t|s} + α²_{t|s} σ_s²
    direction = sigma2_s * ((1 - eta**2) * sigma2_ts + alpha2_ts * sigma2_s) / sigma2_t
    mean = alpha2_s**0.5 * x_0_hat + direction**0.5 * eps_hat
    return _with_noise(mean, variance**0.5, z)


def _with_noise(mean: Tensor, sigma: float, z: Tensor | None) -> Tensor:
    if sigma == 0:
        return mean
    if not isinstance(z, Tensor) or z.shape != mean.shape:
        what = tuple(z.shape) if isinstance(z, Tensor) else z
        raise ConfigError(f"z must be noise of shape {tuple(mean.shape)}, got {what}; use torch.randn_like(x_t)")
    return mean + sigma * z
