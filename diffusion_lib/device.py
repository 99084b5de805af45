"""Which device computes, and in which precision; chosen once, so that the same code runs everywhere.

The precision "auto" is bfloat16 autocast on a CUDA device with bfloat16 units, where it pays, and float32 elsewhere: of
CPUs, some have such units and some do not, and the numbers that a chapter prints should not depend on that.  There
bfloat16 must be asked for.
"""

from __future__ import annotations

import contextlib

import torch

from .errors import ConfigError, check_choice

DEVICES = ("auto", "cuda", "mps", "cpu")
PRECISIONS = ("auto", "float32", "bfloat16")


def available() -> list[str]:
    """Return the kinds of device of this machine, the preferred one first: CUDA, then MPS, then CPU."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name, here in present.items() if here]


def pick_device(name: str = "auto") -> torch.device:
    """Return the named device, or the preferred one for ``auto``; ``ConfigError`` if this machine has none such."""
    check_choice("device", name, DEVICES)
    here = available()
    if name != "auto" and name not in here:
        raise ConfigError(f"device must be one of those that are here, {', '.join(here)}, got {name!r}; use 'auto'")
    return torch.device(here[0] if name == "auto" else name)


def autocast(device: torch.device, precision: str = "auto") -> contextlib.AbstractContextManager:
    """Return the context in which a network is called: bfloat16 autocast, or nothing for float32."""
    check_choice("precision", precision, PRECISIONS)
    if precision == "auto":
        units = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        precision = "bfloat16" if units else "float32"
    return torch.autocast(device.type, torch.bfloat16) if precision == "bfloat16" else contextlib.nullcontext()
