r"""A noise process fixes how much of the data and how much noise a state holds at each time,

    x_t = α(t) x_0 + σ(t) ε,     ε ~ N(0, I):     data at t = 0, noise at the last time.

It comes in two kinds.  A ``ContinuousProcess`` has a time in [0, 1] and derivatives α'(t) and σ'(t): VP, sub-VP and VE,
the paths of flow matching, and any schedule read between its times.  A ``Schedule`` is the discrete view, with the
times t = 1…T, α_t = √ᾱ_t and σ_t = √(1 − ᾱ_t).  ``from_schedule`` and ``ContinuousProcess.discretized`` lead from one
to the other.  The identities, the samplers and the oracle of ``evaluate`` take either.

A process is a Markov chain at any of its times: q(x_t | x_s) = N(α_{t|s} x_s, σ²_{t|s} I) for t > s, with
α_{t|s} = α_t / α_s and σ²_{t|s} = σ_t² − α²_{t|s} σ_s².  For a schedule σ²_{t|t−1} is β_t.

Sources: Song et al. 2021b, section 3; Kingma et al. 2021, section 3.1 and appendix A (the transition from s to t).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from torch import Tensor

from ..errors import ConfigError, check_real


class Transition(NamedTuple):
    """The step between the times t and s < t, in float64: squares of α and σ at both, of α_{t|s}, and of σ_{t|s}."""

    t: float
    s: float
    alpha2_t: float
    alpha2_s: float
    sigma2_t: float
    sigma2_s: float
    alpha2_ts: float
    sigma2_ts: float

    @property
    def level_t(self) -> float:
        """σ_t / α_t, the standard deviation of the noise in x_t / α_t, where the data are not scaled."""
        return math.sqrt(self.sigma2_t / self.alpha2_t)

    @property
    def level_s(self) -> float:
        """The same at s; 0 for s = 0."""
        return math.sqrt(self.sigma2_s / self.alpha2_s)

    def x_0_hat(self, x_t: Tensor, eps_hat: Tensor) -> Tensor:
        """``x_0_from_eps`` at time t, unchecked, for the loop of a sampler."""
        return (x_t - math.sqrt(self.sigma2_t) * eps_hat) / math.sqrt(self.alpha2_t)


class NoiseProcess(ABC):
    """α(t) and σ(t).  A ``Schedule`` has whole times, a ``ContinuousProcess`` real ones; there are no others."""

    @abstractmethod
    def check_t(self, t: Tensor | float, like: Tensor | None = None) -> Tensor | float:
        """Return ``t`` if it is a time of the process, or a tensor (B,) of such; else raise ``ConfigError``.

        With ``like``, a tensor (B, …), a tensor ``t`` must also have its batch size and its device.
        """

    @abstractmethod
    def powers(self, t: Tensor | float, like: Tensor) -> tuple[Tensor, Tensor, Tensor | float]:
        """α², σ² and α² + σ² at ``t``, (B, 1, …, 1), or () for one number, in dtype and on device of ``like``."""

    @abstractmethod
    def transition(self, t: float, s: float) -> Transition:
        """The step from t to s; ``ConfigError`` unless both are times of the process, or s is 0, and t > s."""

    @abstractmethod
    def log_midpoint(self, t: float, s: float) -> float | None:
        """The time between t and s where σ/α is the geometric mean of both; for whole times the nearest in log σ/α.

        None where there is no such time: for s = 0, and between neighbouring whole times.
        """

    def level(self, t: float) -> float:
        """σ(t) / α(t) in float64, 0 for t = 0; ``ConfigError`` where α(t) = 0."""
        if t == 0:
            return 0.0
        transition = self.transition(t, 0)
        if transition.alpha2_t == 0:
            raise ConfigError(f"level must be asked where alpha > 0, got t = {t}; take an earlier time")
        return transition.level_t


def check_times(times: Sequence[float]) -> list[float]:
    """Return two or more times in [0, 1] that all fall, or all rise; else raise ``ConfigError``."""
    times = [check_real("times", t, 0.0, 1.0) for t in times]
    signs = {math.copysign(1, s - t) if s != t else 0 for t, s in pairwise(times)}
    if len(times) < 2 or len(signs) != 1 or 0 in signs:
        raise ConfigError(f"times must be two or more that all fall, or all rise, got {times[:8]}; use even_times")
    return times
