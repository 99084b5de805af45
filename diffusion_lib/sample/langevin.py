r"""Annealed Langevin sampling: stay at one noise level for several steps, then lower it by hand.

Langevin's dynamics draws from a density of which only the score is known.  A step of size δ climbs by δ/2 times the
score and adds noise of variance δ.  At the level σ_t the score of x̃ = x_t / √ᾱ_t is −ε̂ / σ_t, and with δ = r σ_t²

    x̃ ← x̃ − (r/2) σ_t ε̂ + √r σ_t z,        that is        x_t ← x_t − (r/2) √(1 − ᾱ_t) ε̂ + √(r (1 − ᾱ_t)) z,

where r, the step in units of the level's variance, is the same at all levels.  Between levels x̃ stays.  In a Gaussian
of variance V the steps converge to the variance V / (1 − δ/(4V)), a little too wide: they sample exactly for small
steps only.  The last call of all gives the sample, x̂_0, which takes off the noise that is left.

Sources: Song & Ermon 2019, Algorithm 1 (r = ε / σ_L²); Jolicoeur-Martineau et al. 2021, section 3.1 (the last call).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from torch import Generator, Tensor

from ..errors import check_integer, check_real
from ..process.identities import Model
from ..process.noise_process import NoiseProcess, Transition
from .chain import SampleStep, predict, run_chain
from .noise import noise
from .times import Spacing


def langevin(
    model: Model,
    x_T: Tensor,
    process: NoiseProcess,
    *,
    steps: int | None = None,
    repeats: int = 10,
    size: float = 0.2,
    spacing: Spacing = "trailing",
    generator: Generator | Sequence[Generator] | None = None,
) -> Iterator[SampleStep]:
    """Annealed Langevin dynamics with ``repeats`` steps at each of ``steps`` levels; other arguments as in ``ddpm``.

    ``size`` is r, above 0 and below 2 (from 4 on, the steps grow without bound).  The model is called ``steps`` ·
    ``repeats`` times.  Yields ``SampleStep`` on arrival at each level and, last, the sample.
    """
    repeats = check_integer("repeats", repeats, 1)
    size = check_real("size", size, 0.0, 2.0, open_low=True, open_high=True)
    draw = noise(generator, x_T)

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        for _ in range(repeats - 1):
            x_t = _move(transition, x_t, eps_hat, size, draw(x_t))
            eps_hat = predict(model, x_t, transition.t)
        if transition.s == 0:
            return transition.x_0_hat(x_t, eps_hat)
        x_t = _move(transition, x_t, eps_hat, size, draw(x_t))
        return math.sqrt(transition.alpha2_s / transition.alpha2_t) * x_t

    return run_chain(model, x_T, process, step, steps, spacing, divides="langevin")


def _move(transition: Transition, x_t: Tensor, eps_hat: Tensor, size: float, z: Tensor) -> Tensor:
    return x_t - size / 2 * math.sqrt(transition.sigma2_t) * eps_hat + math.sqrt(size * transition.sigma2_t) * z
