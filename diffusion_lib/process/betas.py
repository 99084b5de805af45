"""Which T and which β_1…β_T a schedule accepts."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ..errors import ConfigError, check_integer, check_real

MAX_T = 100_000
TABLES = ("beta", "alpha", "alpha_bar", "one_minus_alpha_bar", "snr", "posterior_variance")
ZERO_SNR = "eps-prediction is undefined where alpha_bar_T = 0; use v-prediction, or keep every beta below 1"


def check_T(T: object) -> int:
    """Return T as an int in 1…``MAX_T``, or raise ``ConfigError``."""
    T = check_integer("T", T, 1)
    if T > MAX_T:
        size = T * len(TABLES) * 8 / 1e9
        raise ConfigError(
            f"T must be an integer in 1..{MAX_T}, got {T}: its tables need {size:.2g} GB; use fewer steps"
        )
    return T


def check_ends(beta_start: object, beta_end: object) -> tuple[float, float]:
    """Return the two ends of a ramp if 0 < β_1 ≤ β_T < 1, or raise ``ConfigError``."""
    if beta_end == 1:
        raise ConfigError(f"beta_end must be in (0, 1), got {beta_end}: {ZERO_SNR}")
    beta_start = check_real("beta_start", beta_start, 0.0, 1.0, open_low=True, open_high=True)
    beta_end = check_real("beta_end", beta_end, 0.0, 1.0, open_low=True, open_high=True)
    if beta_start > beta_end:
        raise ConfigError(f"beta_start must be at most beta_end = {beta_end}, got {beta_start}; exchange the two")
    return beta_start, beta_end


def as_betas(betas: object) -> Tensor:
    """Return betas as float64 (T,) on the CPU, each strictly between 0 and 1, or raise ``ConfigError``."""
    try:
        betas = betas.detach().cpu() if isinstance(betas, Tensor) else torch.as_tensor(np.asarray(betas))
    except (TypeError, ValueError) as error:
        raise ConfigError(f"betas must be a 1-D sequence of floats, got {betas!r}; use e.g. [0.1, 0.2]") from error
    if betas.ndim != 1 or not betas.is_floating_point() or len(betas) == 0:
        what = f"{betas.dtype} of shape {tuple(betas.shape)}"
        raise ConfigError(f"betas must be floats of shape (T,), T >= 1, got {what}; use e.g. [0.1, 0.2]")
    check_T(len(betas))
    betas = betas.double()
    if not ((betas > 0) & (betas < 1)).all():
        worst = int((betas - 0.5).abs().argmax())  # the farthest from (0, 1); argmax counts nan as largest
        remedy = ZERO_SNR if betas[worst] == 1 else "rescale the betas, and leave out steps that add no noise"
        raise ConfigError(f"beta must be in (0, 1), got {betas[worst].item()} at t={worst + 1}; {remedy}")
    return betas
