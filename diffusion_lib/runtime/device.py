"""Which device computes, and in which precision; chosen once, so that the same code runs everywhere.

The precision "auto" is bfloat16 autocast on a CUDA device with bfloat16 units, where it pays, and float32 elsewhere: of
CPUs, some have such units and some do not, and the numbers that a chapter prints should not depend on that.  There
bfloat16 must be asked for.

A device that PyTorch sees may be of no use: its driver is broken, or this PyTorch was built for other ones.  So each
is tried with one addition.  One that fails is as good as absent, and whoever did not ask for it by name gets the next,
with a warning: a run is on one device from its start to its end.
"""

from __future__ import annotations

import contextlib
import os
import warnings

import torch

from ..errors import ConfigError, check_choice

DEVICES = ("auto", "cuda", "mps", "cpu")
PRECISIONS = ("auto", "float32", "bfloat16")
CHOSEN = "DIFFUSION_LIB_DEVICE"


def available() -> dict[str, str]:
    """The types of device that PyTorch sees, the preferred one first (CUDA, MPS, CPU), and what is wrong with each."""
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return {name: fault(name) for name, here in present.items() if here}


def fault(name: str) -> str:
    """Why the device cannot add two numbers; "" if it can."""
    try:
        (torch.ones(1, device=name) + 1).item()
    except Exception as error:  # RuntimeError, AssertionError or torch.AcceleratorError, by the type of failure
        return str(error).partition("\n")[0] or type(error).__name__
    return ""


def pick_device(name: str = "auto") -> torch.device:
    """Return the named device, or for ``auto`` the preferred one that works, with a warning if a better one does not.

    The environment variable ``DIFFUSION_LIB_DEVICE`` says what ``auto`` means: the book's own runs set it to ``cpu``,
    because stored outputs come from a CPU and a GPU rounds otherwise.
    Raises ``ConfigError`` if this machine has no such device, or none that works.
    """
    check_choice("device", name, DEVICES)
    if name == "auto":
        name = check_choice(CHOSEN, os.environ.get(CHOSEN, "auto"), DEVICES)
    faults = available()
    working = [each for each, what in faults.items() if not what]
    if name == "auto":
        for each, what in faults.items():
            if what and DEVICES.index(each) < DEVICES.index(working[0]):
                warnings.warn(f"{each} does not work here ({what}); computing on {working[0]}", stacklevel=2)
    elif name not in working:
        why = f": {faults[name]}" if name in faults else ""
        allowed = f"one of those that work here, {', '.join(working)}"
        raise ConfigError(f"device must be {allowed}, got {name!r}{why}; use 'auto'")
    return torch.device(working[0] if name == "auto" else name)


def dtype_name(dtype: torch.dtype) -> str:
    """As files and messages name it: "float32" for ``torch.float32``."""
    return str(dtype).removeprefix("torch.")


def autocast(device: torch.device, precision: str = "auto") -> contextlib.AbstractContextManager:
    """Return the context in which a network is called: bfloat16 autocast, or nothing for float32.

    "auto" is bfloat16 on a CUDA device that has units for it.  Raises ``ConfigError`` for another ``precision``.
    """
    check_choice("precision", precision, PRECISIONS)
    if precision == "auto":
        units = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        precision = "bfloat16" if units else "float32"
    return torch.autocast(device.type, torch.bfloat16) if precision == "bfloat16" else contextlib.nullcontext()
