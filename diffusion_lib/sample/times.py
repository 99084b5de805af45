r"""The timesteps that a sampler visits, from pure noise to the data.

A uniform grid in t spends most of its function evaluations at high noise levels.  Karras et al. space the levels
uniformly in σ^{1/7} instead, so that the steps near the data are short; exponential levels are uniform in log σ.  Since
a network knows integer timesteps only, each level is rounded to the nearest of them in log σ; where two levels would
coincide, one moves to a neighbouring timestep.

``equal_error_times`` derives the grid from the model.  A step of length h in λ = −log σ that holds x̂_0 fixed has an
error of about h² |dx̂_0/dλ| / 2 in units of x̃, and √ᾱ times that in units of the state.  For a given number of steps
the sum of these errors is smallest where all are equal, that is, where the timesteps divide evenly

    ∫ √(√ᾱ |dx̂_0/dλ|) dλ.

Sources: Karras et al. 2022, eq. 5; Sabour et al. 2024 (align your steps) have the same aim and another bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from ..errors import ConfigError, check_choice, check_integer, check_real
from ..process.noise_process import NoiseProcess, check_times
from ..process.schedule import Schedule

SPACINGS = ("trailing", "leading")  # even in t
GRIDS = (*SPACINGS, "karras", "exponential")  # the last two need the levels of a schedule
RHO = 7  # of Karras et al. 2022, for sampling
Spacing = str | Sequence[float]  # a name of GRIDS, or the times themselves


def timesteps(T: int, steps: int, spacing: str = "trailing") -> list[int]:
    """Return the ``steps`` times at which the model is called, strictly decreasing, in 1…T.

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
    steps, bottom = _check_levels(top, bottom, steps)
    start, end = top ** (1 / RHO), bottom ** (1 / RHO)
    return [(start + i / max(steps - 1, 1) * (end - start)) ** RHO for i in range(steps)]


def exponential_levels(top: float, bottom: float, steps: int) -> list[float]:
    """σ_i = top (bottom / top)^{i / (steps − 1)} for i = 0 … steps − 1: even in log σ; as ``karras_levels``."""
    steps, bottom = _check_levels(top, bottom, steps)
    return [top * (bottom / top) ** (i / max(steps - 1, 1)) for i in range(steps)]


def _check_levels(top: float, bottom: float, steps: int) -> tuple[int, float]:
    """Steps and bottom; ``ConfigError`` unless top > bottom > 0 and steps ≥ 1."""
    steps, bottom = check_integer("steps", steps, 1), check_real("bottom", bottom, 0, math.inf, open_low=True)
    if check_real("top", top, 0, math.inf, open_high=True) <= bottom:
        raise ConfigError(f"top must be above bottom = {bottom:g}, got {top:g}; the levels fall from top to bottom")
    return steps, bottom


LEVELS = {"karras": karras_levels, "exponential": exponential_levels}


def sampling_times(process: NoiseProcess, steps: int | None, spacing: Spacing = "trailing") -> tuple[float, ...]:
    """All times of a chain, its end included: those of ``sampling_timesteps`` and 0, or the real times of a process.

    In continuous time "trailing" means k / steps for k = steps…0, and a list holds the whole grid, such as
    ``even_times(20, 1.0, 0.001)``, whose last time need not be 0.
    """
    if isinstance(process, Schedule):
        return (*sampling_timesteps(process, steps, spacing), 0)
    if not isinstance(spacing, str):
        times = tuple(check_times(spacing))
        if times[0] < times[-1] or (steps is not None and steps != len(times) - 1):
            allowed = "must list real times that fall, from the start to the end of the chain, one more than steps"
            raise ConfigError(f"spacing {allowed}, got {list(times[:8])}; use even_times, and leave steps out")
        return times
    if check_choice("spacing", spacing, GRIDS) != "trailing":
        raise ConfigError(f"spacing must be 'trailing' or a list of times in continuous time, got {spacing!r}")
    if steps is None:
        raise ConfigError("steps must be given in continuous time, got None; use e.g. steps=50")
    steps = check_integer("steps", steps, 1)
    return tuple(k / steps for k in range(steps, -1, -1))


def sampling_timesteps(schedule: Schedule, steps: int | None, spacing: Spacing = "trailing") -> tuple[int, ...]:
    """The times of a chain: ``timesteps``, for "karras" and "exponential" the nearest to their levels from T to 1, or
    the times that ``spacing`` lists, falling; ``steps`` may then be None.
    """
    if not isinstance(spacing, str):
        return _listed(schedule, steps, spacing)
    check_choice("spacing", spacing, GRIDS)
    steps = check_integer("steps", schedule.T if steps is None else steps, 1, schedule.T)
    return _levelled(schedule, steps, spacing) if spacing in LEVELS else tuple(timesteps(schedule.T, steps, spacing))


def equal_error_times(schedule: Schedule, chain: Iterable[Any], steps: int) -> tuple[int, ...]:
    """``steps`` timesteps from T down whose steps, including the last one to 0, have equal errors; see above.

    ``chain`` is what a sampler yielded: at least two states, from time T on, with x̂_0.  The finer it is, the better the
    errors are known; between its timesteps they are spread uniformly over log σ.
    """
    steps = check_integer("steps", steps, 1, schedule.T)
    records = [record for record in chain if record.t > 0]
    if len(records) < 2 or records[0].t != schedule.T:
        got = f"{len(records)} from {records[0].t}" if records else "none"
        raise ConfigError(f"chain must have two states or more, from T = {schedule.T} on, got {got}; use ddim's")
    logs, places = _logs(schedule), torch.tensor([record.t for record in records]) - 1
    moved = torch.stack([record.x_0_hat.double().flatten().cpu() for record in records]).diff(dim=0)
    kept = schedule.to("cpu", torch.float64).alpha_bar[1:][places[1:]].sqrt()
    errors = (kept * moved.square().mean(1).sqrt() * -logs[places].diff()).sqrt()
    at = torch.cat([errors.new_zeros(1), errors.cumsum(0)])
    aims = at[-1] * torch.arange(steps, dtype=torch.float64) / steps
    low = (torch.searchsorted(at, aims, right=True) - 1).clamp(0, len(errors) - 1)
    position = (aims - at[low]) / errors[low].clamp(min=torch.finfo(torch.float64).tiny)
    levels = logs[places[low]] + position * (logs[places[low + 1]] - logs[places[low]])
    return _distinct(schedule.T, _nearest(logs, levels))


def _listed(schedule: Schedule, steps: int | None, times: Sequence[float]) -> tuple[int, ...]:
    """The times that a caller lists, checked."""
    if not isinstance(times, Sequence):
        raise ConfigError(f"spacing must be one of {', '.join(GRIDS)}, or a list of times, got {times!r}; use trailing")
    found = tuple(check_integer("spacing", t, 1, schedule.T) for t in times)
    if not found or any(late <= early for late, early in pairwise(found)):
        raise ConfigError(f"spacing must list times that fall, got {list(found)}; sort them from noise to data")
    if steps is not None and steps != len(found):
        raise ConfigError(f"steps must be the number of times in spacing, {len(found)}, got {steps}; leave steps out")
    return found


def _logs(schedule: Schedule) -> Tensor:
    """log σ_t for t = 1…T, rising."""
    return schedule.to("cpu", torch.float64).snr[1:].log() / -2


def strength_timesteps(times: Sequence[int], strength: float) -> tuple[int, ...]:
    """The last ⌊n · strength⌋ of the n times of a chain; ``ConfigError`` unless that is at least one of them.

    ``strength`` is in (0, 1]; 1 is the whole chain.
    """
    strength = check_real("strength", strength, 0, 1, open_low=True)
    count = int(len(times) * strength)
    if not count:
        what = f"got {strength:g} of {len(times)} steps, which is none"
        raise ConfigError(f"strength must leave a step to take, {what}; use at least {1 / len(times):.3g}")
    return tuple(times[len(times) - count :])


@lru_cache(maxsize=32)  # a sampler that runs again goes the same way
def _levelled(schedule: Schedule, steps: int, spacing: str) -> tuple[int, ...]:
    schedule.check_signal(f"spacing {spacing!r}")
    if steps == schedule.T or steps == 1:
        return tuple(range(schedule.T, schedule.T - steps, -1))
    logs = _logs(schedule)
    levels = torch.tensor(LEVELS[spacing](float(logs[-1].exp()), float(logs[0].exp()), steps), dtype=torch.float64)
    return _distinct(schedule.T, _nearest(logs, levels.log()))


def _nearest(logs: Tensor, aims: Tensor) -> list[int]:
    """The times whose log σ is nearest to each aim."""
    return (1 + (aims[:, None] - logs).abs().argmin(1)).tolist()


def _distinct(T: int, times: list[int]) -> tuple[int, ...]:
    """The same times, moved to neighbours where two are one."""
    for i in reversed(range(len(times) - 1)):
        times[i] = max(times[i], times[i + 1] + 1)
    for i in range(len(times)):
        times[i] = min(times[i], T - i)
    return tuple(times)
