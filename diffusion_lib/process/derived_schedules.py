r"""Schedules derived from another one: one that ends in pure noise, and one for images of another size.

A published schedule leaves a little signal at its end.  ``zero_terminal_snr`` shifts and scales √ᾱ_t so that ᾱ_T = 0
and ᾱ_1 stays.  Then β_T = 1, and the optimal ε̂(x_T, T) = x_T carries no information on x_0.  A network that predicts v
does, since v = −x_0 there; a sampler therefore calls ``model.v``, and functions that divide by √ᾱ_T refuse the
schedule. There is no other way to construct it.

The mean of k × k pixels has k² times their signal-to-noise ratio.  ``shifted`` divides every SNR_t by k², so that the
means of k × k pixels of an image with k times as many pixels along a side keep the noise level of the smaller image.

Sources: Lin et al. 2023, Algorithm 1; Hoogeboom et al. 2023, section 3.1; Esser et al. 2024, equation 23.
"""

from __future__ import annotations

import math

import torch

from ..errors import ConfigError, check_real
from .schedule import MASTER, Schedule


def zero_terminal_snr(schedule: Schedule) -> Schedule:
    """√ᾱ'_t = (√ᾱ_t − √ᾱ_T) √ᾱ_1 / (√ᾱ_1 − √ᾱ_T): ᾱ'_1 = ᾱ_1 and ᾱ'_T = 0 (Lin et al. 2023, Algorithm 1).

    For models with a method ``v``.  A schedule that ends so already is returned as it is; ``ConfigError`` for one of
    a single step, which has no other end to keep.
    """
    table = schedule.to(*MASTER)
    if table.T < 2:
        raise ConfigError(f"schedule must have at least 2 steps, got {table.T}: its start is its end; use more steps")
    if table.alpha_bar[-1] == 0:
        return table
    root = table.alpha_bar.sqrt()
    # √ᾱ'_t / √ᾱ'_{t−1} = 1 − d_t, with √ᾱ_{t−1} − √ᾱ_t = √ᾱ_{t−1} β_t / (1 + √α_t) and no digits lost
    d = root[1:-1] * table.beta[2:] / (1 + table.alpha[2:].sqrt()) / (root[1:-1] - root[-1])
    d[-1] = 1
    beta = torch.cat([table.beta[1:2], d * (2 - d)])
    return Schedule._build("zero_terminal_snr", beta, {"name": "zero_terminal_snr", "of": schedule.config})


def shifted(schedule: Schedule, k: float) -> Schedule:
    """SNR'_t = SNR_t / k², that is ᾱ'_t = ᾱ_t / (ᾱ_t + k² (1 − ᾱ_t)), for images k times as large along a side.

    k is above 0; values below 1 are for smaller images (Hoogeboom et al. 2023, section 3.1, with k = side / 64).
    """
    k = check_real("k", k, 0.0, math.inf, open_low=True, open_high=True)
    table = schedule.to(*MASTER)
    total = table.alpha_bar + k**2 * table.one_minus_alpha_bar
    beta = k**2 * table.beta[1:] / total[1:]  # 1 − ᾱ'_t / ᾱ'_{t−1}, without a subtraction
    return Schedule._build("shifted", beta, {"name": "shifted", "of": schedule.config, "k": k})
