r"""Editing is sampling that starts from an image z: keep a part of it, resample, or run the chain upwards.

    x_t = √ᾱ_t z + √(1 − ᾱ_t) ε                            begin at t < T, ``times.late``     (SDEdit)
    ε̂' = ε̂ where m = 1, (x_t − √ᾱ_t z) / √(1 − ᾱ_t) where m = 0      ``Inpainted``           (inpainting)
    x_t ~ q(x_t | x_s) after x_s, and down once more        ``repaint``                       (RePaint)
    x_t / √ᾱ_t = x_s / √ᾱ_s + (σ_t − σ_s) ε̂(x_s, t)        ``invert``, upwards               (DDIM inversion)

Where z is known, the model is replaced by the noise that x_t contains, so that the known part is a sample from q(x_t |
z) at every time.  A deterministic sampler keeps the ε of the start, √ᾱ_t z + √(1 − ᾱ_t) ε, as if z were noised again at
each step; with ``ddpm`` the known part is a trajectory of q.  At time 0 it is z.

Sources: Meng et al. 2022 (SDEdit), Algorithm 1; Lugmayr et al. 2022 (RePaint), Algorithm 1; Song et al. 2021a (DDIM),
section 4.3; Mokady et al. 2023, eq. 3; Pan et al. 2023 for the iteration.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import Generator, Tensor

from ..errors import ConfigError, NonFiniteError, check_integer
from ..process.identities import Model, check_together, eps_from_x_0
from ..process.noise_process import NoiseProcess, Transition
from ..runtime.finite import non_finite
from .ancestral import ddpm_step
from .chain import SampleStep, predict, run_chain
from .noise import noise
from .start import check_callable, check_process, check_start
from .times import Spacing, sampling_times


class Inpainted:
    """``eps_hat = inpainted(x_t, t)``: ``model``, given that x_0 is ``known`` wherever ``mask`` is False.

    ``known`` is (1 or B, …) like x_t, ``mask`` a bool tensor that broadcasts against it; True is generated.
    """

    def __init__(self, model: Model, process: NoiseProcess, known: Tensor, mask: Tensor) -> None:
        if not isinstance(mask, Tensor) or mask.dtype != torch.bool or mask.ndim != known.ndim:
            what = f"{mask.dtype} {tuple(mask.shape)}" if isinstance(mask, Tensor) else type(mask).__name__
            raise ConfigError(f"mask must be bool with the axes of known {tuple(known.shape)}, got {what}; use x > 0.5")
        check_together(model, process)
        self.model, self.process, self.known, self.mask = model, process, known, mask

    def __call__(self, x_t: Tensor, t: Tensor) -> Tensor:
        told = eps_from_x_0(self.process, x_t, t, self.known.to(x_t.dtype).expand_as(x_t))
        return torch.where(self.mask, self.model(x_t, t), told)


def repaint(
    model: Model,
    x_T: Tensor,
    process: NoiseProcess,
    *,
    steps: int | None = None,
    again: int = 10,
    spacing: Spacing = "trailing",
    generator: Generator | Sequence[Generator] | None = None,
) -> Iterator[SampleStep]:
    """``ddpm`` that repeats each step but the last ``again`` times: down to s, with fresh noise back up to t, and down.

    The generated part is thereby conditioned on many noise samples of the known part.  The model is called
    1 + (``steps`` − 1) · ``again`` times; the record of a step holds its first call.
    """
    again, draw = check_integer("again", again, 1), noise(generator, x_T)

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        t, s = transition.t, transition.s
        for _ in range(again - 1 if s > 0 else 0):
            x_s = ddpm_step(process, x_t, eps_hat, t, s, z=draw(x_t))
            x_t = math.sqrt(transition.alpha2_ts) * x_s + math.sqrt(transition.sigma2_ts) * draw(x_t)
            eps_hat = predict(model, x_t, t)
        return ddpm_step(process, x_t, eps_hat, t, s, z=draw(x_t) if s > 0 else None)

    return run_chain(model, x_T, process, step, steps, spacing)


def invert(
    model: Model,
    x_0: Tensor,
    process: NoiseProcess,
    *,
    steps: int | None = None,
    rounds: int = 1,
    spacing: Spacing = "trailing",
) -> Iterator[SampleStep]:
    """Euler's method upwards: from data x_0 (B, …) to the noise from which ``ddim`` makes them, nearly.

    A step of ``ddim`` from x_t to x_s uses ε̂(x_t, t), where x_t is the unknown.  The first of ``rounds`` uses x_s in
    its place, and each further one the x_t of the round before: where this fixed-point iteration converges, the step is
    inverted exactly.  Yields ``SampleStep`` at each visited time, rising; the last is x_T.  Raises as ``ddim`` does.
    """
    check_callable("model", model)
    check_process(process)
    check_together(model, process)
    check_start("x_0", x_0)
    rounds = check_integer("rounds", rounds, 1)
    pairs = pairwise(reversed(sampling_times(process, steps, spacing)))
    return _up(model, x_0.detach(), rounds, [process.transition(t, s) for s, t in pairs])


def _up(model: Model, x_s: Tensor, rounds: int, ways: Sequence[Transition]) -> Iterator[SampleStep]:
    for way in ways:
        x_t = x_s
        for _ in range(rounds):
            eps_hat = predict(model, x_t, way.t)
            unshrunk = x_s / math.sqrt(way.alpha2_s) + (way.level_t - way.level_s) * eps_hat
            x_t = math.sqrt(way.alpha2_t) * unshrunk
        if (bad := non_finite(x_t)) is not None:
            where = f"from t={way.s} to {way.t}"
            raise NonFiniteError(f"x_t must stay finite, got {bad} in the step {where}; use fewer rounds")
        yield SampleStep(way.t, x_t, way.x_0_hat(x_t, eps_hat))
        x_s = x_t
