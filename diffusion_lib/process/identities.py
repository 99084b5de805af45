"""The forward process q and the identities between the quantities that a network may predict.

All functions are pure and vectorised.  They take the schedule first, then tensors of one shape (B, …), and times
``t``: an int64 tensor (B,) with one time per sample, or one Python int for the whole batch, in 1…T.  One
equation links everything: x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε.  Given x_t and t, each of ε, x_0, v and the score
determines the others.

Where a function takes a ``process``, it may also be a ``ContinuousProcess``, with t in [0, 1].  Then √ᾱ_t and
√(1 − ᾱ_t) are its α(t) and σ(t), whose squares need not sum to 1.  ``velocity`` holds what only these have.

Every function raises ``ConfigError`` where shapes, devices or times do not fit: broadcasting two tensors of
different shape would train on the wrong set of pairs without any sign of it.

Sources: Ho et al. 2020 (DDPM), eq. 2, 4, 6 and 7; Salimans & Ho 2022, appendix D (v); Song et al. 2021b (VP, VE).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import ConfigError
from .noise_process import NoiseProcess
from .schedule import Schedule

# eps_hat = model(x_t, t); x_t and eps_hat (B, …), t (B,) int64.  Where ᾱ_T = 0, ε̂ = x_T tells nothing, and samplers
# ask for v_hat = model.v(x_t, t), which is −x̂_0 there.
Model = Callable[[Tensor, Tensor], Tensor]


def add_noise(process: NoiseProcess, x_0: Tensor, t: Tensor | float, eps: Tensor) -> Tensor:
    """x_t = √ᾱ_t x_0 + √(1 − ᾱ_t) ε, a sample from q(x_t | x_0) for ε ~ N(0, I) (DDPM eq. 4)."""
    alpha_bar, one_minus_alpha_bar, _ = _at(process, t, x_0=x_0, eps=eps)
    return alpha_bar.sqrt() * x_0 + one_minus_alpha_bar.sqrt() * eps


def predict_eps(model: Model, x_t: Tensor, t: Tensor) -> Tensor:
    """ε̂ = model(x_t, t); ``ConfigError`` unless it has the shape of x_t (a smaller one would be broadcast)."""
    eps_hat = model(x_t, t)
    if not isinstance(eps_hat, Tensor):  # a model of diffusers answers with an object, and counts the times from 0
        remedy = "wrap it, as in lambda x_t, t: unet(x_t, t - 1).sample"
        raise ConfigError(f"model must return a tensor, got {type(eps_hat).__name__}; {remedy}")
    if eps_hat.shape != x_t.shape:
        raise ConfigError(f"model must return x_t's shape {tuple(x_t.shape)}, got {tuple(eps_hat.shape)}")
    return eps_hat


def check_together(model: Model, process: NoiseProcess) -> None:
    """Raise ``ConfigError`` if the model is known to belong to another schedule, whose ε̂ would be wrong here.

    It says so by its method ``check_schedule(T, alpha_bar)``, as the networks of ``networks`` do; one that has none,
    such as a plain function, is believed.  Which real times a model was trained with, no model says.
    """
    if isinstance(schedule := process, Schedule) and (check := getattr(model, "check_schedule", None)) is not None:
        check(schedule.T, schedule.to("cpu", torch.float64).alpha_bar)


def q_step(schedule: Schedule, x_prev: Tensor, t: Tensor | int, eps: Tensor) -> Tensor:
    """x_t = √α_t x_{t−1} + √β_t ε, a sample from q(x_t | x_{t−1}) for ε ~ N(0, I) (DDPM eq. 2)."""
    check_batch(schedule, t, x_prev=x_prev, eps=eps)
    alpha, beta = schedule.gather("alpha", t, x_prev), schedule.gather("beta", t, x_prev)
    return alpha.sqrt() * x_prev + beta.sqrt() * eps


def posterior(schedule: Schedule, x_0: Tensor, x_t: Tensor, t: Tensor | int) -> tuple[Tensor, Tensor]:
    """Mean (B, …) and variance (B, 1, …, 1) of q(x_{t−1} | x_t, x_0) (DDPM eq. 6 and 7); at t = 1: x_0 and 0.

    mean = [√ᾱ_{t−1} β_t x_0 + √α_t (1 − ᾱ_{t−1}) x_t] / (1 − ᾱ_t); variance β̃_t = β_t (1 − ᾱ_{t−1}) / (1 − ᾱ_t).
    The variance has shape () where ``t`` is an int.
    """
    _, one_minus_alpha_bar, _ = _at(schedule, t, x_0=x_0, x_t=x_t)
    alpha, beta = schedule.gather("alpha", t, x_t), schedule.gather("beta", t, x_t)
    alpha_bar_prev = schedule.gather("alpha_bar", t - 1, x_t)
    one_minus_alpha_bar_prev = schedule.gather("one_minus_alpha_bar", t - 1, x_t)
    weight_x_0 = alpha_bar_prev.sqrt() * beta / one_minus_alpha_bar
    weight_x_t = alpha.sqrt() * one_minus_alpha_bar_prev / one_minus_alpha_bar
    return weight_x_0 * x_0 + weight_x_t * x_t, schedule.gather("posterior_variance", t, x_t)


def x_0_from_eps(process: NoiseProcess, x_t: Tensor, t: Tensor | float, eps: Tensor) -> Tensor:
    """x_0 = (x_t − √(1 − ᾱ_t) ε) / √ᾱ_t; refused where ᾱ_t = 0, where ε = x_t for any x_0."""
    _check_signal(process, t)
    alpha_bar, one_minus_alpha_bar, _ = _at(process, t, x_t=x_t, eps=eps)
    return (x_t - one_minus_alpha_bar.sqrt() * eps) / alpha_bar.sqrt()


def eps_from_x_0(process: NoiseProcess, x_t: Tensor, t: Tensor | float, x_0: Tensor) -> Tensor:
    """ε = (x_t − √ᾱ_t x_0) / √(1 − ᾱ_t)."""
    alpha_bar, one_minus_alpha_bar, _ = _at(process, t, x_t=x_t, x_0=x_0)
    return (x_t - alpha_bar.sqrt() * x_0) / one_minus_alpha_bar.sqrt()


def v_from_eps(process: NoiseProcess, x_0: Tensor, t: Tensor | float, eps: Tensor) -> Tensor:
    """v = √ᾱ_t ε − √(1 − ᾱ_t) x_0, from the pair that made x_t, as in ``add_noise``."""
    alpha_bar, one_minus_alpha_bar, _ = _at(process, t, x_0=x_0, eps=eps)
    return alpha_bar.sqrt() * eps - one_minus_alpha_bar.sqrt() * x_0


def x_0_from_v(process: NoiseProcess, x_t: Tensor, t: Tensor | float, v: Tensor) -> Tensor:
    """x_0 = √ᾱ_t x_t − √(1 − ᾱ_t) v; for other processes (α x_t − σ v) / (α² + σ²)."""
    alpha_bar, one_minus_alpha_bar, total = _at(process, t, x_t=x_t, v=v)
    return (alpha_bar.sqrt() * x_t - one_minus_alpha_bar.sqrt() * v) / total


def eps_from_v(process: NoiseProcess, x_t: Tensor, t: Tensor | float, v: Tensor) -> Tensor:
    """ε = √(1 − ᾱ_t) x_t + √ᾱ_t v; for other processes (σ x_t + α v) / (α² + σ²)."""
    alpha_bar, one_minus_alpha_bar, total = _at(process, t, x_t=x_t, v=v)
    return (one_minus_alpha_bar.sqrt() * x_t + alpha_bar.sqrt() * v) / total


def score_from_eps(process: NoiseProcess, eps: Tensor, t: Tensor | float) -> Tensor:
    """∇ log q(x_t | x_0) = −ε / √(1 − ᾱ_t); with ε replaced by E[ε | x_t] it is ∇ log q(x_t)."""
    _, one_minus_alpha_bar, _ = _at(process, t, eps=eps)
    return -eps / one_minus_alpha_bar.sqrt()


def eps_from_score(process: NoiseProcess, score: Tensor, t: Tensor | float) -> Tensor:
    """ε = −√(1 − ᾱ_t) ∇ log q(x_t | x_0)."""
    _, one_minus_alpha_bar, _ = _at(process, t, score=score)
    return -one_minus_alpha_bar.sqrt() * score


def vp_to_ve(process: NoiseProcess, x_t: Tensor, t: Tensor | float) -> Tensor:
    """x_t / √ᾱ_t = x_0 + σ_t ε with σ_t = √((1 − ᾱ_t) / ᾱ_t): variance preserving to variance exploding."""
    _check_signal(process, t)
    alpha_bar, *_ = _at(process, t, x_t=x_t)
    return x_t / alpha_bar.sqrt()


def ve_to_vp(process: NoiseProcess, x_ve: Tensor, t: Tensor | float) -> Tensor:
    """x_t = √ᾱ_t x_ve, the inverse of ``vp_to_ve``; note √ᾱ_t = 1 / √(σ_t² + 1)."""
    alpha_bar, *_ = _at(process, t, x_ve=x_ve)
    return alpha_bar.sqrt() * x_ve


def _at(process: NoiseProcess, t: Tensor | float, **tensors: Tensor) -> tuple[Tensor, Tensor, Tensor | float]:
    """Check the arguments and return ᾱ_t, 1 − ᾱ_t and their sum, ready to broadcast against the first tensor."""
    return process.powers(t, check_batch(process, t, **tensors))


def _check_signal(process: NoiseProcess, t: Tensor | float) -> None:
    """Refuse t = T of a schedule with ᾱ_T = 0."""
    if isinstance(process, Schedule) and process.ends_in_noise and bool((torch.as_tensor(t) == process.T).any()):
        process.check_signal("t = T")


def check_batch(process: NoiseProcess, t: Tensor | float, **tensors: Tensor) -> Tensor:
    """Return the first tensor; ``ConfigError`` unless all are floats of one shape on one device, and ``t`` fits."""
    (first_name, first), *others = tensors.items()
    if not isinstance(first, Tensor) or not torch.is_floating_point(first):
        what = str(first.dtype) if isinstance(first, Tensor) else type(first).__name__
        raise ConfigError(f"{first_name} must be a floating-point tensor (B, ...), got {what}; use torch.as_tensor")
    for name, x in others:
        if not isinstance(x, Tensor) or x.shape != first.shape or x.device != first.device:
            what = f"{tuple(x.shape)} on {x.device}" if isinstance(x, Tensor) else type(x).__name__
            allowed = f"a tensor of {first_name}'s shape {tuple(first.shape)} on {first.device}"
            raise ConfigError(f"{name} must be {allowed}, got {what}; nothing is broadcast here")
    process.check_t(t, like=first)
    return first
