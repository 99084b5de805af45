r"""DPM-Solver++: the linear part of the flow is solved exactly, and a line goes through the last two estimates x̂_0.

In λ = −log σ the flow of x̃ = x_t / √ᾱ_t is d(x̃/σ)/dλ = x̂_0/σ.  With x̂_0 held fixed the step from σ_t to σ_s is the
quiet step of DDIM, x̃_s = (σ_s/σ_t) x̃_t + (1 − σ_s/σ_t) x̂_0.  The second order puts x̂_0 + (x̂_0 − x̂_0') / 2r in its
place, where x̂_0' is the estimate before, and r the ratio of the last step to this one, both in λ.

Source: Lu et al. 2022 (DPM-Solver++), Algorithm 2, "2M".
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from torch import Tensor

from ..process.identities import Denoiser
from ..process.schedule import Schedule
from .ancestral import SampleStep, run_chain
from .times import Spacing


def dpmpp(
    denoiser: Denoiser, x_T: Tensor, schedule: Schedule, *, steps: int | None = None, spacing: Spacing = "trailing"
) -> Iterator[SampleStep]:
    """DPM-Solver++ of second order, multistep; one call of the denoiser a step, arguments as in ``ddim``.

    The first step has no past, and the last one ends at σ = 0, where λ has no end: both are of first order.
    """
    before: list[tuple[float, Tensor]] = []  # log σ and x̂_0 of the step before

    def step(transition, x_t, eps_hat, x_0_hat):
        log_t, clean = math.log(transition.sigma_t), x_0_hat
        if before and transition.s > 0:
            (log_before, x_0_before), log_s = before[0], math.log(transition.sigma_s)
            clean = x_0_hat + (log_t - log_s) / (log_before - log_t) / 2 * (x_0_hat - x_0_before)
        before[:] = [(log_t, x_0_hat)]
        kept = math.sqrt(transition.one_minus_alpha_bar_s / transition.one_minus_alpha_bar_t)
        shrunk = kept * math.sqrt(transition.alpha_bar_t / transition.alpha_bar_s)  # σ_s / σ_t
        return kept * x_t + math.sqrt(transition.alpha_bar_s) * (1 - shrunk) * clean

    return run_chain(denoiser, x_T, schedule, step, steps, spacing)
