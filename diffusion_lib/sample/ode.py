r"""Sampling without noise, as the solution of an ordinary differential equation in the noise level σ.

Divide the state by its scale, x̃ = x_t / α_t = x_0 + σ ε with the level σ = σ_t / α_t; for a schedule it is
√((1 − ᾱ_t) / ᾱ_t).  The deterministic
DDIM sampler then is Euler's method for

    dx̃/dσ = ε̂(x_t, t),     from σ_T down to σ = 0,

and a method of higher order needs fewer steps.  Adams and Bashforth put a polynomial through the last values of ε̂,
and integrate it exactly: a weighted sum of values that are known already, so that a step calls the model once, as
before.  The times are those of ``ddim``, and therefore the nodes in σ are uneven.  Heun takes an Euler step, looks at
ε̂ where it ends, and goes again with the mean of both values: the trapezoidal rule, at two calls a step.

States and records are those of ``sample``: x_T is unit noise, and the model is given x_t.  Where a library keeps x̃
in its place, it multiplies the noise by √(σ_T² + 1) at the start, and by 1 / √(σ_t² + 1) before each call.

Sources: Song et al. 2021a (DDIM), eq. 13 and 14; Karras et al. 2022, Algorithm 1 (Heun); Hairer, Nørsett & Wanner 1993,
III.1 (Adams and Bashforth).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from torch import Tensor

from ..errors import ConfigError, check_integer
from ..process.identities import Model
from ..process.noise_process import NoiseProcess, Transition
from .chain import SampleStep, predict, run_chain
from .times import Spacing

MAX_ORDER = 4


def adams_bashforth(nodes: Sequence[float], end: float) -> list[float]:
    """Weights w with Σ w_k f(nodes[k]) ≈ ∫ f(σ) dσ from nodes[0] to ``end``; exact for polynomials of degree < n.

    w_k = ∫ Π_{j ≠ k} (σ − σ_j) / (σ_k − σ_j) dσ: the n = 1…4 distinct ``nodes``, newest first, need not be even.
    """
    _check_nodes(nodes, end)
    return list(_weights(tuple(nodes), end))


@lru_cache(maxsize=4096)  # a sampler that runs again asks the same
def _weights(nodes: tuple[float, ...], end: float) -> tuple[float, ...]:
    start = nodes[0]
    places = [(node - start) / (end - start) for node in nodes]  # the newest node is at 0, the end at 1
    weights = []
    for place in places:
        polynomial = [1.0]  # its coefficients, constant first
        for other in places:
            if other != place:
                below, above = [-other * c for c in polynomial] + [0.0], [0.0, *polynomial]
                polynomial = [(low + high) / (place - other) for low, high in zip(below, above, strict=True)]
        weights.append((end - start) * math.fsum(c / (power + 1) for power, c in enumerate(polynomial)))
    return tuple(weights)


def euler_step(process: NoiseProcess, x_t: Tensor, eps_hat: Tensor, t: float, s: float) -> Tensor:
    """x_s = √ᾱ_s (x_t / √ᾱ_t + (σ_s − σ_t) ε̂), for times t > s ≥ 0; the same as ``ddim_step`` with η = 0."""
    return lms_step(process, x_t, [(t, eps_hat)], s)


def lms_step(process: NoiseProcess, x_t: Tensor, past: Sequence[tuple[float, Tensor]], s: float) -> Tensor:
    """x_s = √ᾱ_s (x_t / √ᾱ_t + Σ_k w_k ε̂_k), with the weights of ``adams_bashforth`` at the levels σ of the past.

    ``past`` holds 1…4 pairs (time, ε̂ at that time), newest first: t = ``past[0][0]``, then the times before it in the
    chain, which are larger.  Tensors are (B, …).
    """
    times = _check_past(process, x_t, past)
    transition = process.transition(times[0], s)
    return _move(transition, x_t, [(process.level(time), eps_hat) for time, eps_hat in past])


def heun_step(process: NoiseProcess, x_t: Tensor, eps_hat: Tensor, eps_hat_s: Tensor, t: float, s: float) -> Tensor:
    """x_s = √ᾱ_s (x_t / √ᾱ_t + (σ_s − σ_t) (ε̂ + ε̂_s) / 2), with ε̂_s the prediction at the end of an Euler step."""
    return euler_step(process, x_t, (eps_hat + eps_hat_s) / 2, t, s)


def euler(
    model: Model, x_T: Tensor, process: NoiseProcess, *, steps: int | None = None, spacing: Spacing = "trailing"
) -> Iterator[SampleStep]:
    """Euler's method in σ: ``ddim`` with η = 0, computed as a differential equation; arguments as in ``ddim``."""
    return lms(model, x_T, process, steps=steps, order=1, spacing=spacing)


def lms(
    model: Model,
    x_T: Tensor,
    process: NoiseProcess,
    *,
    steps: int | None = None,
    order: int = MAX_ORDER,
    spacing: Spacing = "trailing",
) -> Iterator[SampleStep]:
    """The linear multistep method of Adams and Bashforth in σ, of ``order`` 1…4; arguments as in ``ddim``.

    The first steps have a shorter past, and use it: the order grows from 1.  Yields ``SampleStep`` at each visited time
    and, last, the sample at t = 0.  Raises ``ConfigError`` at the call, ``NonFiniteError`` while sampling.
    """
    past: deque[tuple[float, Tensor]] = deque(maxlen=check_integer("order", order, 1, MAX_ORDER))

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        past.appendleft((transition.level_t, eps_hat))
        return _move(transition, x_t, past)

    return run_chain(model, x_T, process, step, steps, spacing, divides="lms")


def heun(
    model: Model, x_T: Tensor, process: NoiseProcess, *, steps: int | None = None, spacing: Spacing = "trailing"
) -> Iterator[SampleStep]:
    """Heun's method of order two in σ; arguments as in ``ddim``.

    The model is called twice a step, at t and at the end of an Euler step, and once in the last step, because ε̂ is
    not defined at σ = 0: 2 · ``steps`` − 1 calls.  The record of a step holds what the first call said.
    """

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        x_s = _move(transition, x_t, [(transition.level_t, eps_hat)])
        if transition.s == 0:
            return x_s
        eps_hat_s = predict(model, x_s, transition.s)
        return _move(transition, x_t, [(transition.level_t, (eps_hat + eps_hat_s) / 2)])

    return run_chain(model, x_T, process, step, steps, spacing, divides="heun")


def _move(transition: Transition, x_t: Tensor, past: Sequence[tuple[float, Tensor]]) -> Tensor:
    """One step of the multistep method; ``past`` holds pairs (σ, ε̂), newest first."""
    weights = _weights(tuple(level for level, _ in past), transition.level_s)
    kept = math.sqrt(transition.alpha2_s)
    x_s = kept / math.sqrt(transition.alpha2_t) * x_t
    for weight, (_, eps_hat) in zip(weights, past, strict=True):
        x_s.add_(eps_hat, alpha=kept * weight)  # one pass for a product and its sum
    return x_s


def _check_nodes(nodes: Sequence[float], end: float) -> None:
    numbers = all(isinstance(node, float | int) and math.isfinite(node) for node in nodes)
    if not numbers or not 1 <= len(nodes) <= MAX_ORDER or len(set(nodes)) < len(nodes):
        raise ConfigError(
            f"nodes must be 1 to {MAX_ORDER} different numbers, got {nodes!r}; give levels of other times"
        )
    if not isinstance(end, float | int) or not math.isfinite(end) or end == nodes[0]:
        raise ConfigError(f"end must be a number other than nodes[0] = {nodes[0]}, got {end!r}; take the next level")


def _check_past(process: NoiseProcess, x_t: Tensor, past: Sequence[tuple[float, Tensor]]) -> list[float]:
    if not 1 <= len(past) <= MAX_ORDER:
        raise ConfigError(f"past must hold 1 to {MAX_ORDER} pairs (t, eps_hat), got {len(past)}; keep the newest ones")
    times = [process.transition(time, 0).t for time, _ in past]
    if any(late >= early for late, early in pairwise(times)):
        raise ConfigError(f"times of the past must increase, newest first, got {times}; a sampler goes down in time")
    for _, eps_hat in past:
        if not isinstance(eps_hat, Tensor) or eps_hat.shape != x_t.shape:
            what = tuple(eps_hat.shape) if isinstance(eps_hat, Tensor) else eps_hat
            raise ConfigError(f"eps_hat must have the shape of x_t, {tuple(x_t.shape)}, got {what}; check the model")
    return times
