"""What a run stands on: the device, the processes, signals, files that are whole, records of what made a result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .device import DEVICES, autocast, pick_device

__all__ = ["DEVICES", "autocast", "pick_device"]


def __getattr__(name: str) -> Any:
    """Names of ``device``, taken when they are asked for: PyTorch comes with them, and ``--help`` does without."""
    if name in __all__:
        from . import device

        return getattr(device, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
