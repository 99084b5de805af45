"""What a chain begins with: a function of (x_t, t), a noise process, and a state."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ..errors import ConfigError
from ..process.noise_process import NoiseProcess
from ..runtime.finite import non_finite


def check_callable(name: str, function: Callable) -> None:
    """Raise ``ConfigError`` unless the function of (x_t, t) can be called."""
    if not callable(function):
        raise ConfigError(f"{name} must be callable as {name}(x_t, t), got {function!r}")


def check_process(process: NoiseProcess) -> None:
    """Raise ``ConfigError`` unless it is one."""
    if not isinstance(process, NoiseProcess):
        remedy = "use make_schedule('linear') or make_process('vp')"
        raise ConfigError(f"process must be a Schedule or a ContinuousProcess, got {process!r}; {remedy}")


def check_start(name: str, x: Tensor) -> None:
    """Raise ``ConfigError`` unless ``x`` can begin a chain: float32 or float64, (B, …), not empty, finite."""
    if isinstance(x, Tensor) and x.dtype in (torch.float16, torch.bfloat16):  # the sum of many steps would be rounded
        remedy = f"use {name}.float(), and for a model in half precision process.NoisePredictor, which converts"
        raise ConfigError(f"{name} must be float32 or float64, in which the steps add up, got {x.dtype}; {remedy}")
    if not isinstance(x, Tensor) or x.dtype not in (torch.float32, torch.float64):
        what = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ConfigError(f"{name} must be a float32 or float64 tensor (B, ...), got {what}; use torch.randn(B, ...)")
    if x.ndim < 2 or x.numel() == 0:
        raise ConfigError(f"{name} must have shape (B, ...), not empty, got {tuple(x.shape)}; use torch.randn(B, ...)")
    if (bad := non_finite(x)) is not None:
        raise ConfigError(f"{name} must be finite, got {bad}; use torch.randn")
