"""Fitting a denoiser: settings, gradient, loop, checkpoints, and the one driver of a run."""

from __future__ import annotations

from .config import TrainConfig
from .loop import TrainState, eps_loss, train

__all__ = ["TrainConfig", "TrainState", "eps_loss", "train"]
