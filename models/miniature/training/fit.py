"""One stage of the miniature's training: a module, a loss of its own, a directory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from diffusion_lib.train import run
from diffusion_lib.train.config import TrainConfig
from diffusion_lib.train.loop import Loss, TrainState, minimise


def fit(
    directory: Path,
    module: nn.Module,
    config: TrainConfig,
    loss_of: Loss,
    settings: Mapping[str, Any],
    *,
    save_every: int = 250,
    keep: Collection[int] = (),
    received: Sequence[int] = (),
    device: torch.device | str = "cpu",
) -> nn.Module | None:
    """Minimise ``loss_of(module, step, generator)``; return the averaged module, or None if a signal stopped it.

    Everything else is as in ``train.run.drive``.
    """
    state = TrainState.create(module, config, device)
    records = minimise(state, config, loss_of)
    run.drive(directory, state, config, records, settings, received=received, save_every=save_every, keep=keep)
    return state.ema_model() if state.step == config.steps else None
