r"""Sampling runs the chain backwards: from x_T ~ N(0, I), through times t > s > …, to the clean data at time 0.

A denoiser predicts ε̂(x_t, t), which is the same as an estimate x̂_0 = (x_t − √(1 − ᾱ_t) ε̂) / √ᾱ_t of the clean data.
A step draws x_s from q(x_s | x_t, x_0 = x̂_0), a Gaussian in closed form.  This also holds when s is not t − 1: a chain
that visits only some of the times is a diffusion of its own, with α_{t|s} = ᾱ_t / ᾱ_s in the place of α_t.  ``ddim``
interpolates between that step (η = 1, the ancestral one) and one without noise (η = 0) with the same marginals.

The samplers are generators over any callable ``eps_hat = denoiser(x_t, t)``: a network, an exact oracle, another
library's model.  Coefficients are computed in float64.  Noise is drawn on the generator's device, so that a CPU
generator gives the same noise on every device.

Sources: Ho et al. 2020 (DDPM), Algorithm 2 and eq. 7; Song et al. 2021a (DDIM), eq. 12 and 16.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from .bound import VARIANCES
from .errors import ConfigError, NonFiniteError, check_choice, check_integer, check_real
from .process import Denoiser, x_0_from_eps
from .schedule import Schedule

SPACINGS = ("trailing", "leading")


class SampleStep(NamedTuple):
    """The state x_t of the chain at time t, and what the denoiser takes x_0 to be there; both (B, …)."""

    t: int
    x_t: Tensor
    x_0_hat: Tensor


def timesteps(T: int, steps: int, spacing: str = "trailing") -> list[int]:
    """Return the ``steps`` times at which the denoiser is called, strictly decreasing, in 1…T.

    ``"trailing"``: T·k/steps for k = steps…1, rounded (halves to even): starts at T, where x_T is pure noise.
    ``"leading"``: 1 + ⌊T/steps⌋·k for k = steps−1…0: ends at 1, and starts below T unless steps = T.
    Both are those of diffusers plus 1, since its times count from 0.
    """
    T = check_integer("T", T, 1)
    steps = check_integer("steps", steps, 1, T)
    if check_choice("spacing", spacing, SPACINGS) == "trailing":
        return [round(Fraction(T * k, steps)) for k in range(steps, 0, -1)]
    return [1 + T // steps * k for k in reversed(range(steps))]


def ddpm_step(
    schedule: Schedule,
    x_t: Tensor,
    eps_hat: Tensor,
    t: int,
    s: int,
    *,
    variance: str = "posterior",
    z: Tensor | None = None,
) -> Tensor:
    """x_s = √ᾱ_s β_{t|s}/(1−ᾱ_t) x̂_0 + √α_{t|s} (1−ᾱ_s)/(1−ᾱ_t) x_t + σ z, for times t > s ≥ 0 (DDPM eq. 7).

    σ² is β̃ = β_{t|s} (1−ᾱ_s)/(1−ᾱ_t) for ``variance="posterior"``, exact if the data are one point, and β_{t|s} for
    ``"beta"``, exact if they are N(0, I) (DDPM section 3.2).  No noise is added at s = 0, where x_s = x̂_0.
    All tensors are (B, …); ``z`` is standard normal noise and may be absent where σ = 0.
    """
    check_choice("variance", variance, VARIANCES)
    x_0_hat = x_0_from_eps(schedule, x_t, t, eps_hat)
    alpha_bar_s, rest_t, rest_s, beta = _between(schedule, t, s)
    mean = alpha_bar_s**0.5 * beta / rest_t * x_0_hat + (1 - beta) ** 0.5 * rest_s / rest_t * x_t
    sigma = (beta * rest_s / rest_t if variance == "posterior" or s == 0 else beta) ** 0.5
    return _with_noise(mean, sigma, z)


def ddim_step(
    schedule: Schedule, x_t: Tensor, eps_hat: Tensor, t: int, s: int, *, eta: float = 0.0, z: Tensor | None = None
) -> Tensor:
    """x_s = √ᾱ_s x̂_0 + √(1 − ᾱ_s − σ²) ε̂ + σ z, for times t > s ≥ 0 (DDIM eq. 12).

    σ² = η² β_{t|s} (1−ᾱ_s)/(1−ᾱ_t) (DDIM eq. 16): η = 0 is deterministic, η = 1 is ``ddpm_step`` with the posterior
    variance.  At s = 0, σ = 0 and x_s = x̂_0.  Tensors as in ``ddpm_step``.
    """
    eta = check_real("eta", eta, 0.0, 1.0)
    x_0_hat = x_0_from_eps(schedule, x_t, t, eps_hat)
    alpha_bar_s, rest_t, rest_s, beta = _between(schedule, t, s)
    variance = eta**2 * beta * rest_s / rest_t
    # 1 − ᾱ_s − σ² without a subtraction that could fall below 0, by 1 − ᾱ_t = β_{t|s} + α_{t|s} (1 − ᾱ_s)
    direction = rest_s * ((1 - eta**2) * beta + (1 - beta) * rest_s) / rest_t
    mean = alpha_bar_s**0.5 * x_0_hat + direction**0.5 * eps_hat
    return _with_noise(mean, variance**0.5, z)


def ddpm(
    denoiser: Denoiser,
    x_T: Tensor,
    schedule: Schedule,
    *,
    steps: int | None = None,
    variance: str = "posterior",
    spacing: str = "trailing",
    generator: torch.Generator | None = None,
) -> Iterator[SampleStep]:
    """Ancestral sampling (DDPM Algorithm 2): yields ``SampleStep`` at each visited time and, last, the sample at t = 0.

    ``x_T`` (B, …) is float32 or float64, and so is the sample.  ``steps`` is at most T, the value for None.
    Raises ``ConfigError`` at the call, before the denoiser runs, and ``NonFiniteError`` while sampling.
    """
    check_choice("variance", variance, VARIANCES)
    step = partial(ddpm_step, schedule, variance=variance)
    return walk(denoiser, x_T, schedule, step, steps, spacing, generator, noisy=True)


def ddim(
    denoiser: Denoiser,
    x_T: Tensor,
    schedule: Schedule,
    *,
    steps: int | None = None,
    eta: float = 0.0,
    spacing: str = "trailing",
    generator: torch.Generator | None = None,
) -> Iterator[SampleStep]:
    """DDIM sampling: no noise for ``eta=0``, as much as ``ddpm`` for ``eta=1``; otherwise like ``ddpm``."""
    eta = check_real("eta", eta, 0.0, 1.0)
    step = partial(ddim_step, schedule, eta=eta)
    return walk(denoiser, x_T, schedule, step, steps, spacing, generator, noisy=eta > 0)


def last(iterator: Iterable[SampleStep]) -> Tensor:
    """Run a sampler to its end and return its sample: ``x_0 = last(ddim(denoiser, x_T, schedule, steps=50))``."""
    return deque(iterator, maxlen=1).pop().x_t


def walk(
    denoiser: Denoiser,
    x_T: Tensor,
    schedule: Schedule,
    step: Callable[..., Tensor],
    steps: int | None,
    spacing: str,
    generator: torch.Generator | None = None,
    noisy: bool = False,
) -> Iterator[SampleStep]:
    """What all samplers share: x_s = step(x_t, eps_hat, t, s, z=z) from each visited time to the next, down to 0.

    Everything is checked now rather than when the iterator is first advanced; ``noisy``: z is noise where s > 0.
    """
    if not callable(denoiser):
        raise ConfigError(f"denoiser must be callable as denoiser(x_t, t), got {denoiser!r}")
    if generator is not None and not isinstance(generator, torch.Generator):
        raise ConfigError(f"generator must be a torch.Generator or None, got {generator!r}; use manual_seed(0) on one")
    if not isinstance(x_T, Tensor) or x_T.dtype not in (torch.float32, torch.float64):
        what = x_T.dtype if isinstance(x_T, Tensor) else type(x_T).__name__
        raise ConfigError(f"x_T must be a float32 or float64 tensor (B, ...), got {what}; use torch.randn(B, ...)")
    if x_T.ndim < 2 or x_T.numel() == 0:
        raise ConfigError(f"x_T must have shape (B, ...), not empty, got {tuple(x_T.shape)}; use torch.randn(B, ...)")
    if (bad := _non_finite(x_T)) is not None:
        raise ConfigError(f"x_T must be finite, got {bad}; use torch.randn")
    times = timesteps(schedule.T, schedule.T if steps is None else steps, spacing)
    return _run(denoiser, x_T.detach(), schedule, step, times, generator, noisy)


def _between(schedule: Schedule, t: int, s: int) -> tuple[float, float, float, float]:
    """Return ᾱ_s, 1 − ᾱ_t, 1 − ᾱ_s and β_{t|s} = 1 − ᾱ_t / ᾱ_s in float64, with all digits also where ᾱ is near 1."""
    t = check_integer("t", t, 1, schedule.T)
    s = check_integer("s", s, 0, t - 1)
    tables = schedule.to("cpu", torch.float64)
    beta = -math.expm1(float(torch.log1p(-tables.beta[s + 1 : t + 1]).sum()))
    rest_t, rest_s = (float(tables.one_minus_alpha_bar[time]) for time in (t, s))
    return float(tables.alpha_bar[s]), rest_t, rest_s, beta


def _with_noise(mean: Tensor, sigma: float, z: Tensor | None) -> Tensor:
    if sigma == 0:
        return mean
    if not isinstance(z, Tensor) or z.shape != mean.shape:
        what = tuple(z.shape) if isinstance(z, Tensor) else z
        raise ConfigError(f"z must be noise of shape {tuple(mean.shape)}, got {what}; use torch.randn_like(x_t)")
    return mean + sigma * z


def _run(denoiser, x_t, schedule, step, times, generator, noisy) -> Iterator[SampleStep]:
    for t, s in pairwise([*times, 0]):
        with torch.no_grad():  # around the call only: a generator would leave it switched on in its caller's code
            eps_hat = denoiser(x_t, torch.full((len(x_t),), t, device=x_t.device)).to(x_t.dtype)
        yield SampleStep(t, x_t, x_0_from_eps(schedule, x_t, t, eps_hat))
        z = _standard_normal(x_t, generator) if noisy and s > 0 else None
        x_t = step(x_t, eps_hat, t, s, z=z)
        if (bad := _non_finite(x_t)) is not None:
            raise NonFiniteError(f"x_t must stay finite, got {bad} in the step from t={t} to {s}; check the denoiser")
    yield SampleStep(0, x_t, x_t)


def _standard_normal(like: Tensor, generator: torch.Generator | None) -> Tensor:
    device = "cpu" if generator is None else generator.device
    return torch.randn(like.shape, generator=generator, dtype=like.dtype, device=device).to(like.device)


def _non_finite(x: Tensor) -> str | None:
    """Describe the first NaN or infinite element, if there is one."""
    if (finite := x.isfinite()).all():
        return None
    index = tuple((~finite).nonzero()[0].tolist())
    return f"{float(x[index])} at index {index} (and {int((~finite).sum()) - 1} more)"
