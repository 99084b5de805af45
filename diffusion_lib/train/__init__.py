"""Fitting a model: settings, gradient, loop, checkpoints, and the one driver of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .config import TrainConfig

if TYPE_CHECKING:
    from .loop import TrainState, eps_loss, train

__all__ = ["TrainConfig", "TrainState", "eps_loss", "train"]


def __getattr__(name: str) -> Any:
    """Names of ``loop``, taken when they are asked for: PyTorch comes with them, and ``--help`` does without."""
    if name in __all__:
        from . import loop

        return getattr(loop, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
