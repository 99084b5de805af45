r"""Sampling by a stochastic differential equation: along the probability flow, with as much noise as one likes.

The states of a process solve dx = f x dt + g dw, with f = α'/α and g² = 2σW/α.  Run backwards, every number λ ≥ 0 gives
an equation with the same densities q(x_t) at all times:

    dx = [f x − (1 + λ²)/2 · g² ∇ log q(x_t)] dt + λ g dw̄,          t falling, ∇ log q(x_t) = −ε̂ / σ.

λ = 0 is the probability flow, λ = 1 the reverse equation of Anderson.  The Euler–Maruyama step from t to s, with
h = t − s, is

    x_s = x_t − h u + λ²/2 · h g² ∇ log q(x_t) + λ g √h z,          u = f x_t − ½ g² ∇ log q(x_t),

and without the noise z where s is the last time.  The distribution of x_s is right up to the order h; each step needs
one evaluation of the model.  In the limit of small steps λ is the η of ``ddim``, which is exact for one data point and
so needs fewer steps.

Sources: Anderson 1982; Song et al. 2021b, eq. 6 and 13, appendix D and G; Karras et al. 2022, eq. 6.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from torch import Generator, Tensor

from ..errors import ConfigError, check_real
from ..process.continuous import ContinuousProcess
from ..process.identities import Model
from ..process.noise_process import Transition
from ..process.velocity import velocity_from_eps
from .chain import SampleStep, run_chain
from .noise import noise
from .times import Spacing, sampling_times


def sde(
    model: Model,
    x_T: Tensor,
    process: ContinuousProcess,
    *,
    steps: int | None = None,
    lam: float = 1.0,
    spacing: Spacing = "trailing",
    generator: Generator | Sequence[Generator] | None = None,
) -> Iterator[SampleStep]:
    """Euler–Maruyama steps of the reverse equation for λ = ``lam`` ≥ 0; other arguments and records as in ``ddpm``.

    The process is continuous, since the step needs α' and σ'; for a schedule take ``from_schedule(schedule)``.  The
    first time must have α > 0, and the times must lie where α' and σ' are finite; the last of them may be 0.
    """
    lam = check_real("lam", lam, 0.0, math.inf, open_high=True)
    if not isinstance(process, ContinuousProcess):
        remedy = "use make_process('vp') or from_schedule(schedule)"
        raise ConfigError(f"process must be a ContinuousProcess, got {process!r}; {remedy}")
    draw, end = noise(generator, x_T), sampling_times(process, steps, spacing)[-1]

    def step(transition: Transition, x_t: Tensor, eps_hat: Tensor, x_0_hat: Tensor) -> Tensor:
        t, s = transition.t, transition.s
        h, scales = t - s, process.at(t, x_t)
        x = x_t - h * velocity_from_eps(process, x_t, t, eps_hat)
        if lam > 0:
            x = x - lam**2 / 2 * h * scales.diffusion**2 / scales.sigma * eps_hat
        if lam > 0 and s != end:
            x = x + lam * scales.diffusion * math.sqrt(h) * draw(x)
        return x

    return run_chain(model, x_T, process, step, steps, spacing, divides="sde")
