r"""Sampling along a velocity: from noise at t = 1 to data at t = 0, by the equation dx/dt = u(x, t).

``velocity(x_t, t)`` is any callable, t (B,) floating point: a network that was trained for it, the oracle's, or that
of ``process.velocity`` for a network that predicts the noise.  Four methods of Runge and Kutta, for a step h = s − t:

    Euler      x_s = x_t + h u(x_t, t)                                         order 1, one call a step
    midpoint   x_s = x_t + h u(x_t + h/2 u(x_t, t), t + h/2)                    order 2, two calls
    Heun       x_s = x_t + h/2 [u(x_t, t) + u(x_t + h u(x_t, t), s)]            order 2, two calls
    rk4        x_s = x_t + h/6 [k_1 + 2 k_2 + 2 k_3 + k_4]                      order 4, four calls
               k_1 = u(x_t, t), k_2 = u(x_t + h/2 k_1, t + h/2), k_3 = u(x_t + h/2 k_2, t + h/2),
               k_4 = u(x_t + h k_3, s)

On the straight path Euler's step is that of DDIM: x_s = α(s) x̂_0 + σ(s) ε̂.  Where σ' is infinite at t = 0, as on
"vp" and "ve", Heun and rk4 cannot end there: end a little above, or take the samplers of ``ode``, whose clock is σ/α.

Sources: Hairer, Nørsett & Wanner 1993, II.1 (the methods); Liu et al. 2023, section 2 (straightness S).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from torch import Tensor

from ..errors import check_choice, check_integer, check_real
from ..process.noise_process import check_times
from .chain import predict, walk
from .start import check_callable, check_start

Velocity = Callable[[Tensor, Tensor], Tensor]  # u = velocity(x_t, t); x_t and u (B, …), t (B,) floating point
Look = Callable[[Tensor, float], Tensor]  # the same with one time for the batch
Method = Callable[[Look, Tensor, Tensor, float, float], Tensor]  # x_s = method(look, x_t, u(x_t, t), t, s)


class FlowStep(NamedTuple):
    """The state x_t at time t, and the velocity there, None at the last time; both (B, …)."""

    t: float
    x_t: Tensor
    velocity: Tensor | None


def even_times(steps: int, start: float = 1.0, end: float = 0.0) -> list[float]:
    """``steps`` + 1 times from ``start`` to ``end``, equally far apart."""
    steps = check_integer("steps", steps, 1)
    start, end = check_real("start", start, 0.0, 1.0), check_real("end", end, 0.0, 1.0)
    return [start + (end - start) * k / steps for k in range(steps)] + [end]


def follow(velocity: Velocity, x: Tensor, times: Sequence[float], *, method: str = "euler") -> Iterator[FlowStep]:
    """Follow the velocity from state ``x`` (B, …) at ``times[0]`` to ``times[-1]``; yield a ``FlowStep`` at each time.

    Times that fall lead from noise to data, and times that rise back.  ``method``: a key of ``METHODS``.  Raises
    ``ConfigError`` at the call, and ``NonFiniteError`` on the way.
    """
    step = METHODS[check_choice("method", method, METHODS)]
    check_callable("velocity", velocity)
    times = check_times(times)
    check_start("x", x)
    return _run(velocity, x.detach(), times, step)


def straightness(steps: Iterable[FlowStep]) -> float:
    """S / (S + E‖c‖²), S = ∫ E‖u(x_t, t) − c‖² dt, with the mean velocity c = x_1 − x_0 of each path: in [0, 1).

    It is the fraction of the squared speed that does not contribute to the displacement: 0 if all trajectories are
    straight and have constant speed, in which case one Euler step ends where many do.  The integral is a sum over the
    ``steps`` of ``follow``; take many.
    """
    records = list(steps)
    span = records[-1].t - records[0].t
    mean = (records[-1].x_t - records[0].x_t) / span
    bends = [
        (s.t - t.t) / span * float((t.velocity - mean).square().mean())
        for t, s in pairwise(records)
        if t.velocity is not None  # of all but the last
    ]
    total = math.fsum(bends)
    return total / (total + float(mean.square().mean()))


def _run(velocity: Velocity, x: Tensor, times: Sequence[float], step: Method) -> Iterator[FlowStep]:
    def look(x_t: Tensor, t: float) -> Tensor:
        return predict(velocity, x_t, float(t))

    def evaluate(jump: tuple[float, float], x_t: Tensor) -> Tensor:
        return look(x_t, jump[0])

    def advance(jump: tuple[float, float], x_t: Tensor, u: Tensor) -> Tensor:
        return step(look, x_t, u, *jump)

    for t, x_t, u in walk(x, list(pairwise(times)), evaluate, advance, "check the velocity"):
        yield FlowStep(t, x_t, u)


def _euler(look: Look, x: Tensor, u: Tensor, t: float, s: float) -> Tensor:
    return x + (s - t) * u


def _midpoint(look: Look, x: Tensor, u: Tensor, t: float, s: float) -> Tensor:
    half = (s - t) / 2
    return x + (s - t) * look(x + half * u, t + half)


def _heun(look: Look, x: Tensor, u: Tensor, t: float, s: float) -> Tensor:
    return x + (s - t) / 2 * (u + look(x + (s - t) * u, s))


def _rk4(look: Look, x: Tensor, u: Tensor, t: float, s: float) -> Tensor:
    half = (s - t) / 2
    second = look(x + half * u, t + half)
    third = look(x + half * second, t + half)
    return x + (s - t) / 6 * (u + 2 * second + 2 * third + look(x + (s - t) * third, s))


METHODS: dict[str, Method] = {"euler": _euler, "midpoint": _midpoint, "heun": _heun, "rk4": _rk4}
