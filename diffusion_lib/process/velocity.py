r"""The velocity of a process, and the dictionary between it and ε, x_0, v and the score, for any (α_t, σ_t).

With x_0 and ε held fixed a state moves with the velocity

    u = dx_t/dt = α' x_0 + σ' ε,          x_t = α x_0 + σ ε,

two linear equations with the determinant W = α σ' − σ α', which is above 0 for every process.  Solved,

    u = (α' x_t + W ε) / α = (σ' x_t − W x_0) / σ,      x_0 = (σ' x_t − σ u) / W,      ε = (α u − α' x_t) / W,

and u = f x_t − ½ g² ∇ log q(x_t | x_0) with f = α'/α and g² = 2 σ W / α.  The dictionary is linear, so that it also
holds between the means given x_t: of E[u | x_t] the equation dx/dt = E[u | x_t] carries the densities of the process.

Arguments are those of ``identities``; the process is a ``ContinuousProcess``.  ``ConfigError`` where a derivative is
infinite, or where the quantity given does not determine the other: ε alone at α = 0, x_0 alone at σ = 0.

Sources: Lipman et al. 2023, theorem 3; Liu et al. 2023, eq. 1; Albergo et al. 2023, section 2; Esser et al. 2024,
section 2.
"""

from __future__ import annotations

from torch import Tensor

from ..errors import ConfigError
from .continuous import ContinuousProcess, Scales
from .identities import check_batch, eps_from_score, eps_from_v, score_from_eps, v_from_eps, x_0_from_v


def velocity_of_pair(process: ContinuousProcess, x_0: Tensor, t: Tensor | float, eps: Tensor) -> Tensor:
    """u = α' x_0 + σ' ε, from the pair that made x_t, as in ``add_noise``; it points from the data to the noise."""
    scales = _at(process, t, x_0=x_0, eps=eps)
    return scales.d_alpha * x_0 + scales.d_sigma * eps


def velocity_from_eps(process: ContinuousProcess, x_t: Tensor, t: Tensor | float, eps: Tensor) -> Tensor:
    """u = (α' x_t + W ε) / α."""
    scales = _at(process, t, x_t=x_t, eps=eps)
    return (scales.d_alpha * x_t + scales.wronskian * eps) / _above_zero("alpha", scales.alpha, t)


def velocity_from_x_0(process: ContinuousProcess, x_t: Tensor, t: Tensor | float, x_0: Tensor) -> Tensor:
    """u = (σ' x_t − W x_0) / σ."""
    scales = _at(process, t, x_t=x_t, x_0=x_0)
    return (scales.d_sigma * x_t - scales.wronskian * x_0) / _above_zero("sigma", scales.sigma, t)


def velocity_from_v(process: ContinuousProcess, x_t: Tensor, t: Tensor | float, v: Tensor) -> Tensor:
    """u = [(α α' + σ σ') x_t + W v] / (α² + σ²), with v = α ε − σ x_0; nowhere a division by 0."""
    return velocity_of_pair(process, x_0_from_v(process, x_t, t, v), t, eps_from_v(process, x_t, t, v))


def velocity_from_score(process: ContinuousProcess, x_t: Tensor, t: Tensor | float, score: Tensor) -> Tensor:
    """u = f x_t − ½ g² ∇ log q: the probability flow of the process's stochastic differential equation."""
    return velocity_from_eps(process, x_t, t, eps_from_score(process, score, t))


def eps_from_velocity(process: ContinuousProcess, x_t: Tensor, t: Tensor | float, u: Tensor) -> Tensor:
    """ε = (α u − α' x_t) / W."""
    scales = _at(process, t, x_t=x_t, u=u)
    return (scales.alpha * u - scales.d_alpha * x_t) / scales.wronskian


def x_0_from_velocity(process: ContinuousProcess, x_t: Tensor, t: Tensor | float, u: Tensor) -> Tensor:
    """x_0 = (σ' x_t − σ u) / W."""
    scales = _at(process, t, x_t=x_t, u=u)
    return (scales.d_sigma * x_t - scales.sigma * u) / scales.wronskian


def v_from_velocity(process: ContinuousProcess, x_t: Tensor, t: Tensor | float, u: Tensor) -> Tensor:
    """v = α ε − σ x_0 = [(α² + σ²) u − (α α' + σ σ') x_t] / W."""
    return v_from_eps(process, x_0_from_velocity(process, x_t, t, u), t, eps_from_velocity(process, x_t, t, u))


def score_from_velocity(process: ContinuousProcess, x_t: Tensor, t: Tensor | float, u: Tensor) -> Tensor:
    """∇ log q = 2 (f x_t − u) / g² = (α' x_t − α u) / (σ W), for u = E[u | x_t]; infinite at σ = 0."""
    return score_from_eps(process, eps_from_velocity(process, x_t, t, u), t)


def _at(process: ContinuousProcess, t: Tensor | float, **tensors: Tensor) -> Scales:
    if not isinstance(process, ContinuousProcess):
        remedy = "use make_process('flow') or from_schedule(schedule)"
        raise ConfigError(f"process must be a ContinuousProcess, got {process!r}; {remedy}")
    return process.at(t, check_batch(process, t, **tensors))


def _above_zero(name: str, scale: Tensor, t: Tensor | float) -> Tensor:
    if bool((scale == 0).any()):
        other = "the mean of x_0" if name == "alpha" else "the noise"
        raise ConfigError(f"{name} must be above 0 at t, got 0 at t = {t}; there give {other} instead")
    return scale
