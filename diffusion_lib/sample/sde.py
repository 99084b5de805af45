r"""Sampling by an equation with noise: from t = 1 to t = 0 along the probability flow, with as much noise as one likes.

On a path x_t = α x_0 + σ ε the states are those of dx = f x dt + g dw, with f = α'/α and g² = 2σW/α.  Run backwards,
every number λ ≥ 0 gives an equation with the same densities q(x_t) at all times:

    dx = [f x − (1 + λ²)/2 · g² ∇ log q(x_t)] dt + λ g dw̄,          t falling, ∇ log q(x_t) = −ε̂ / σ.

λ = 0 is the probability flow, λ = 1 the reverse equation of Anderson.  The step of Euler and Maruyama from t to s, with
h = t − s, is

    x_s = x_t − h u + λ²/2 · h g² ∇ log q(x_t) + λ g √h z,          u = f x_t − ½ g² ∇ log q(x_t),

and without the noise z where s is the last time.  The law of x_s is right up to the order h; a call a step.  In the
limit of small steps λ is the η of ``ddim``, which is exact for one data point and so needs fewer steps.

Sources: Anderson 1982; Song et al. 2021b, eq. 6 and 13, appendix D and G; Karras et al. 2022, eq. 6.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import torch
from torch import Generator, Tensor

from ..errors import ConfigError, NonFiniteError, check_real
from ..process.identities import Model
from ..process.path import Path, check_times
from ..process.velocity import velocity_from_eps
from ..runtime.finite import non_finite
from .ancestral import noise, predict
from .flow import FlowStep
from .start import check_start


def sde(
    model: Model,
    x: Tensor,
    path: Path,
    times: Sequence[float],
    *,
    lam: float = 1.0,
    generator: Generator | Sequence[Generator] | None = None,
) -> Iterator[FlowStep]:
    """Steps of Euler and Maruyama for λ = ``lam`` ≥ 0, from state ``x`` (B, …) at ``times[0]`` to ``times[-1]``.

    ``model(x_t, t)`` predicts ε, t (B,) floating point; it is called at all ``times`` but the last.  Times fall, and
    lie where the path's α and σ are above 0; the last may be 0.  Yields a ``FlowStep`` at each time, whose velocity is
    that of the flow, u.  Raises ``ConfigError`` at the call, and ``NonFiniteError`` on the way.
    """
    lam = check_real("lam", lam, 0.0, math.inf, open_high=True)
    if not callable(model):
        raise ConfigError(f"model must be callable as model(x_t, t), got {model!r}")
    if not isinstance(path, Path):
        raise ConfigError(f"path must be a Path, got {path!r}; use Path.named('vp') or from_schedule(schedule)")
    times = check_times(times)
    check_start("x", x)
    if times[0] < times[-1] or any(float(path.at(t, x).alpha) == 0 for t in times[:-1]):
        raise ConfigError(f"times must fall, from where alpha > 0, got {times[:8]}; begin a little below 1")
    return _run(model, x.detach(), path, times, lam, noise(generator, x))


def _run(
    model: Model,
    x: Tensor,
    path: Path,
    times: Sequence[float],
    lam: float,
    draw: Callable[[Tensor], Tensor],
) -> Iterator[FlowStep]:
    for t, s in pairwise(times):
        h, scales = t - s, path.at(t, x)
        eps_hat = predict(model, x, torch.full((len(x),), t, dtype=x.dtype, device=x.device))
        u = velocity_from_eps(path, x, t, eps_hat)
        yield FlowStep(t, x, u)
        x = x - h * u
        if lam > 0:
            x = x - lam**2 / 2 * h * scales.diffusion**2 / scales.sigma * eps_hat
        if lam > 0 and s != times[-1]:
            x = x + lam * scales.diffusion * math.sqrt(h) * draw(x)
        if (bad := non_finite(x)) is not None:
            raise NonFiniteError(f"x_t must stay finite, got {bad} in the step from t={t} to {s}; take smaller steps")
    yield FlowStep(times[-1], x, None)
