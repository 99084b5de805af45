r"""Which times a sampler visits: where the levels of the noise lie, between pure noise and the data.

Even steps in t spend most of their calls where there is much noise.  Karras et al. place the levels evenly in σ^{1/7}
instead, so that the steps near the data are short.  A network knows whole times only, so each level is moved to the
nearest of them, in log σ; where two would share one, the steps go through neighbouring times.

Source: Karras et al. 2022, eq. 5.
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import torch

from ..errors import ConfigError, check_choice, check_integer, check_real
from ..process.schedule import Schedule

Spacing = str | tuple[int, ...]  # how the times of a chain lie, or the times themselves
SPACINGS = ("trailing", "leading")  # even in t; "karras" needs the levels of a schedule
RHO = 7  # of Karras et al. 2022, for sampling


def timesteps(T: int, steps: int, spacing: str = "trailing") -> list[int]:
    """Return the ``steps`` times at which the denoiser is called, strictly decreasing, in 1…T.

    ``"trailing"``: T·k/steps for k = steps…1, rounded (halves to even): starts at T, where x_T is pure noise.
    ``"leading"``: 1 + ⌊T/steps⌋·k for k = steps−1…0: ends at 1, and starts below T unless steps = T.
    Both are those of diffusers plus 1, since its times count from 0.
    """
    T = check_integer("T", T, 1)
    steps = check_integer("steps", steps, 1, T)
    if check_choice("spacing", spacing, SPACINGS) == "trailing":
        return [round(Fraction(T * k, steps)) for k in range(steps, 0, -1)]
    return [1 + T // steps * k for k in reversed(range(steps))]


def karras_levels(top: float, bottom: float, steps: int) -> list[float]:
    """σ_i = (top^{1/7} + i / (steps − 1) (bottom^{1/7} − top^{1/7}))^7 for i = 0 … steps − 1: the levels, falling.

    One step alone is ``top``.  Raises ``ConfigError`` unless top > bottom > 0 and steps ≥ 1.
    """
    steps, bottom = check_integer("steps", steps, 1), check_real("bottom", bottom, 0, math.inf, open_low=True)
    if check_real("top", top, 0, math.inf, open_high=True) <= bottom:
        raise ConfigError(f"top must be above bottom = {bottom:g}, got {top:g}; the levels fall from top to bottom")
    start, end = top ** (1 / RHO), bottom ** (1 / RHO)
    return [(start + i / max(steps - 1, 1) * (end - start)) ** RHO for i in range(steps)]


def visited(schedule: Schedule, steps: int | None, spacing: Spacing = "trailing") -> tuple[int, ...]:
    """The times of a chain: ``timesteps``, or for ``"karras"`` the nearest to ``karras_levels`` from T to 1.

    A tuple is the times themselves, falling, in 1…T, as many as ``steps``: a chain may begin below T.
    """
    if isinstance(spacing, tuple):
        return _given(schedule.T, steps, spacing)
    check_choice("spacing", spacing, (*SPACINGS, "karras"))
    steps = check_integer("steps", schedule.T if steps is None else steps, 1, schedule.T)
    return _karras(schedule, steps) if spacing == "karras" else tuple(timesteps(schedule.T, steps, spacing))


def late(times: Sequence[int], strength: float) -> tuple[int, ...]:
    """The last ⌊n · strength⌋ of the n times of a chain; ``ConfigError`` unless that is at least one of them.

    ``strength`` is in (0, 1]; 1 is the whole chain.
    """
    strength = check_real("strength", strength, 0, 1, open_low=True)
    count = int(len(times) * strength)
    if not count:
        what = f"got {strength:g} of {len(times)} steps, which is none"
        raise ConfigError(f"strength must leave a step to take, {what}; use at least {1 / len(times):.3g}")
    return tuple(times[len(times) - count :])


def _given(T: int, steps: int | None, times: tuple[int, ...]) -> tuple[int, ...]:
    times = tuple(check_integer("time of spacing", t, 1, T) for t in times)
    if not times or any(t <= s for t, s in pairwise(times)) or steps not in (None, len(times)):
        what = f"got {reprlib.repr(times)} for steps = {steps}; use late(visited(...), strength)"
        raise ConfigError(f"spacing must be times that fall, as many as steps, {what}")
    return times


@lru_cache(maxsize=32)  # a sampler that runs again goes the same way
def _karras(schedule: Schedule, steps: int) -> tuple[int, ...]:
    if steps == schedule.T or steps == 1:
        return tuple(range(schedule.T, schedule.T - steps, -1))
    logs = schedule.to("cpu", torch.float64).snr[1:].log() / -2  # log σ_t, rising
    levels = torch.tensor(karras_levels(float(logs[-1].exp()), float(logs[0].exp()), steps), dtype=torch.float64)
    times = (1 + (levels.log()[:, None] - logs).abs().argmin(1)).tolist()
    for i in reversed(range(steps - 1)):
        times[i] = max(times[i], times[i + 1] + 1)
    for i in range(steps):
        times[i] = min(times[i], schedule.T - i)
    return tuple(times)
