r"""Sampling runs the chain backwards: from x_T ~ N(0, I), through times t > s > …, to the clean data at time 0.

A model predicts ε̂(x_t, t), which is the same as an estimate x̂_0 = (x_t − √(1 − ᾱ_t) ε̂) / √ᾱ_t of the clean data.
A step draws x_s from q(x_s | x_t, x_0 = x̂_0), a Gaussian in closed form.  This also holds when s is not t − 1: a chain
that visits only some of the times is a diffusion of its own, with α_{t|s} = ᾱ_t / ᾱ_s in the place of α_t.  ``ddim``
interpolates between that step (η = 1, the ancestral one) and one without noise (η = 0) with the same marginals.

The samplers are generators over any callable ``eps_hat = model(x_t, t)``: a network, an exact oracle, another
library's model.  ``ddpm`` and ``ddim`` call it once per step.  Coefficients are computed in float64, before the first
call.  Noise is drawn on the generator's device, so that a CPU generator gives the same noise on every device.  With a
list of ``generators``, one for each sample, a sample gets the same noise in a batch of any size.

With the posterior's variance ``ddpm`` is the sampler that k-diffusion and diffusers call Euler ancestral: an Euler step
in σ = √((1 − ᾱ) / ᾱ) down to σ_s²/σ_t, and fresh noise back up to σ_s.

Sources: Ho et al. 2020 (DDPM), Algorithm 2 and eq. 7; Song et al. 2021a (DDIM), eq. 12 and 16.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from ..errors import ConfigError, NonFiniteError, check_choice, check_integer, check_real, check_seed, remember_range
from ..process.betas import ZERO_SNR
from ..process.bound import VARIANCES
from ..process.identities import Model, Transition, check_together, predict_eps, x_0_from_eps
from ..process.schedule import Schedule
from ..runtime.finite import non_finite
from .start import check_callable, check_start
from .times import Spacing, sampling_timesteps

Step = Callable[[Transition, Tensor, Tensor, Tensor], Tensor]  # x_s = step(transition, x_t, eps_hat, x_0_hat)


class SampleStep(NamedTuple):
    """The state x_t of the chain at time t, and what the model takes x_0 to be there; both (B, …)."""

    t: int
    x_t: Tensor
    x_0_hat: Tensor


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
    ``"beta"``, exact if they are N(0, I) (DDPM section 3.2).  No noise is added at s = 0, where x_s = x̂_0; so
    ``"fixed_large"``, which differs from ``"beta"`` in the decoder's variance alone, samples as ``"beta"`` does.
    All tensors are (B, …); ``z`` is standard normal noise and may be absent where σ = 0.
    """
    check_choice("variance", variance, VARIANCES)
    x_0_hat = x_0_from_eps(schedule, x_t, t, eps_hat)
    return _ddpm(Transition.between(schedule, t, s), x_t, x_0_hat, variance, z)


def ddim_step(
    schedule: Schedule, x_t: Tensor, eps_hat: Tensor, t: int, s: int, *, eta: float = 0.0, z: Tensor | None = None
) -> Tensor:
    """x_s = √ᾱ_s x̂_0 + √(1 − ᾱ_s − σ²) ε̂ + σ z, for times t > s ≥ 0 (DDIM eq. 12).

    σ² = η² β_{t|s} (1−ᾱ_s)/(1−ᾱ_t) (DDIM eq. 16): η = 0 is deterministic, η = 1 is ``ddpm_step`` with the posterior
    variance.  At s = 0, σ = 0 and x_s = x̂_0.  Tensors as in ``ddpm_step``.
    """
    eta = check_real("eta", eta, 0.0, 1.0)
    x_0_hat = x_0_from_eps(schedule, x_t, t, eps_hat)
    return _ddim(Transition.between(schedule, t, s), x_0_hat, eps_hat, eta, z)


def ddpm(
    model: Model,
    x_T: Tensor,
    schedule: Schedule,
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

    return run_chain(model, x_T, schedule, step, steps, spacing)


def ddim(
    model: Model,
    x_T: Tensor,
    schedule: Schedule,
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

    return run_chain(model, x_T, schedule, step, steps, spacing)


def last(iterator: Iterable[SampleStep]) -> Tensor:
    """Run a sampler to its end and return its sample: ``x_0 = last(ddim(model, x_T, schedule, steps=50))``."""
    return deque(iterator, maxlen=1).pop().x_t


def run_chain(
    model: Model,
    x_T: Tensor,
    schedule: Schedule,
    step: Step,
    steps: int | None,
    spacing: Spacing,
) -> Iterator[SampleStep]:
    """What all samplers share: x_s = step(transition, x_t, eps_hat, x_0_hat) from each visited time to the next, down
    to 0.

    Everything is checked and looked up now rather than when the iterator is first advanced.
    """
    check_callable("model", model)
    check_together(model, schedule)
    check_start("x_T", x_T)
    jumps = _transitions(schedule, sampling_timesteps(schedule, steps, spacing))
    if jumps[0].alpha_bar_t == 0 and not callable(getattr(model, "v", None)):
        raise ConfigError(f"model must have a method v(x_t, t), as alpha_bar_T is 0, got {model!r}; {ZERO_SNR}")
    return _run(model, x_T.detach(), step, jumps)


@lru_cache(maxsize=32)  # a sampler that runs again goes the same way
def _transitions(schedule: Schedule, times: tuple[int, ...]) -> tuple[Transition, ...]:
    return tuple(Transition.between(schedule, t, s) for t, s in pairwise([*times, 0]))


def predict(model: Model, x_t: Tensor, t: int | Tensor) -> Tensor:
    """One call of the model, at one time for the whole batch: ε̂ (B, …) in the dtype of x_t, without a graph."""
    times = t if isinstance(t, Tensor) else remember_range(torch.full((len(x_t),), t, device=x_t.device), t, t)
    with torch.no_grad():  # around the call only: a generator would leave it switched on in its caller's code
        return predict_eps(model, x_t, times).to(x_t.dtype)


def generators(seed: int, n: int, first: int = 0) -> list[Generator]:
    """One generator for each of ``n`` samples, from number ``first`` on: that of sample i depends on ``seed`` and i."""
    seed, first = check_seed(seed), check_seed(first, "first")
    seeds = (np.random.SeedSequence([seed, i]) for i in range(first, first + check_integer("n", n, 1)))
    return [Generator().manual_seed(int(each.generate_state(1, np.uint64)[0] >> 1)) for each in seeds]


def noise(generator: Generator | Sequence[Generator] | None, batch: Tensor) -> Callable[[Tensor], Tensor]:
    """Return ``draw(like)``: z ~ N(0, I) in the shape, dtype and device of ``like``, which is as long as ``batch``."""
    if isinstance(generator, (list, tuple)) and all(isinstance(each, Generator) for each in generator):
        if getattr(batch, "shape", ())[:1] != (len(generator),):
            got = f"got {len(generator)} for x_T {tuple(getattr(batch, 'shape', ()))}"
            raise ConfigError(f"generator must be one for all samples or one for each, {got}; use generators")
        return lambda like: torch.stack([_normal(like[0], each) for each in generator])
    if generator is not None and not isinstance(generator, Generator):
        allowed = "a torch.Generator, a list of them, or None"
        raise ConfigError(f"generator must be {allowed}, got {generator!r}; use torch.Generator().manual_seed(0)")
    return lambda like: _normal(like, generator)


def _normal(like: Tensor, generator: Generator | None) -> Tensor:
    device = "cpu" if generator is None else generator.device  # a CPU generator draws the same for every device
    return torch.randn(like.shape, generator=generator, dtype=like.dtype, device=device).to(like.device)


def _ddpm(transition: Transition, x_t: Tensor, x_0_hat: Tensor, variance: str, z: Tensor | None) -> Tensor:
    _, s, _, alpha_bar_s, one_minus_alpha_bar_t, one_minus_alpha_bar_s, beta = transition
    mean = (
        alpha_bar_s**0.5 * beta / one_minus_alpha_bar_t * x_0_hat
        + (1 - beta) ** 0.5 * one_minus_alpha_bar_s / one_minus_alpha_bar_t * x_t
    )
    sigma = (beta * one_minus_alpha_bar_s / one_minus_alpha_bar_t if variance == "posterior" or s == 0 else beta) ** 0.5
    return _with_noise(mean, sigma, z)


def _ddim(transition: Transition, x_0_hat: Tensor, eps_hat: Tensor, eta: float, z: Tensor | None) -> Tensor:
    _, _, _, alpha_bar_s, one_minus_alpha_bar_t, one_minus_alpha_bar_s, beta = transition
    variance = eta**2 * beta * one_minus_alpha_bar_s / one_minus_alpha_bar_t
    # 1 − ᾱ_s − σ² without a subtraction that could fall below 0, by 1 − ᾱ_t = β_{t|s} + α_{t|s} (1 − ᾱ_s)
    direction = (
        one_minus_alpha_bar_s * ((1 - eta**2) * beta + (1 - beta) * one_minus_alpha_bar_s) / one_minus_alpha_bar_t
    )
    mean = alpha_bar_s**0.5 * x_0_hat + direction**0.5 * eps_hat
    return _with_noise(mean, variance**0.5, z)


def _with_noise(mean: Tensor, sigma: float, z: Tensor | None) -> Tensor:
    if sigma == 0:
        return mean
    if not isinstance(z, Tensor) or z.shape != mean.shape:
        what = tuple(z.shape) if isinstance(z, Tensor) else z
        raise ConfigError(f"z must be noise of shape {tuple(mean.shape)}, got {what}; use torch.randn_like(x_t)")
    return mean + sigma * z


def _run(model: Any, x_t: Tensor, step: Step, jumps: Sequence[Transition]) -> Iterator[SampleStep]:
    visited = [transition.t for transition in jumps]
    times = remember_range(torch.tensor(visited, device=x_t.device), min(visited), max(visited))
    for transition, t in zip(jumps, times[:, None].expand(-1, len(x_t)).unbind(), strict=True):
        if transition.alpha_bar_t == 0:  # x_t is noise alone, and v = −x_0
            eps_hat, x_0_hat = x_t, -predict(model.v, x_t, t)
        else:
            eps_hat = predict(model, x_t, t)
            x_0_hat = transition.x_0_hat(x_t, eps_hat)
        yield SampleStep(transition.t, x_t, x_0_hat)
        x_t = step(transition, x_t, eps_hat, x_0_hat)
        if (bad := non_finite(x_t)) is not None:
            where = f"from t={transition.t} to {transition.s}"
            raise NonFiniteError(f"x_t must stay finite, got {bad} in the step {where}; check the model")
    yield SampleStep(0, x_t, x_t)
