r"""Few steps: a network that says the end of the chain at once is asked at T, and then again after fresh noise.

A one-step model answers x̂_0(x_T, T).  Where that is not good enough, its answer is noised to an earlier time,

    x_s = √ᾱ_s x̂_0 + √(1 − ᾱ_s) z,     z ~ N(0, I),

and the network is asked there.  ``ddim`` keeps the noise that it believes in; here all of it is new, so that an error
of x̂_0 that this noise hides is forgotten.

Source: Song et al. 2023, Algorithm 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from torch import Generator, Tensor

from ..process.identities import Model
from ..process.noise_process import NoiseProcess, Transition
from .chain import SampleStep, run_chain
from .noise import noise
from .times import Spacing


def multistep_consistency(
    model: Model,
    x_T: Tensor,
    process: NoiseProcess,
    *,
    steps: int | None = None,
    spacing: Spacing = "trailing",
    generator: Generator | Sequence[Generator] | None = None,
) -> Iterator[SampleStep]:
    """Multistep sampling of consistency models; arguments, records and errors as in ``ddpm``.

    With one step it is x̂_0(x_T, T), as every sampler here is, and draws no noise.
    """
    draw = noise(generator, x_T)

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        if transition.s == 0:
            return x_0_hat
        return math.sqrt(transition.alpha2_s) * x_0_hat + math.sqrt(transition.sigma2_s) * draw(x_t)

    return run_chain(model, x_T, process, step, steps, spacing)
