r"""A checkpoint is the whole ``TrainState``, so that a resumed run equals the uninterrupted one bit for bit.

It holds parameters, buffers, their average (EMA), what the optimiser remembers (of AdamW both moments with their step
counts), the state of the random generator as bytes, and the step, which also drives learning rate and EMA warm-up.  The
configuration of schedule, model and training goes with it and is compared on loading: a network trained against
another schedule loads without complaint and samples garbage.  How the two files of a checkpoint survive a crash is told
in ``manifest``.

A load verifies names, shapes, types, values and configuration before it changes the first number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import CheckpointCorrupt, CheckpointError, CheckpointMismatch, NonFiniteError
from ..runtime.fingerprint import canonical, describe_differences
from ..runtime.finite import non_finite
from . import manifest
from . import optimizer as optimizers
from .loop import TrainState
from .manifest import list_checkpoints, lock

__all__ = ["list_checkpoints", "load_latest", "lock", "read_latest", "save"]


def save(directory: str | Path, state: TrainState, config: Mapping[str, Any]) -> Path:
    """Write ``state`` and the plain dict ``config``, keep the last two checkpoints, and return the manifest's path.

    When this returns, the checkpoint is on the disk.  Otherwise it raises, and earlier checkpoints are intact:
    ``NonFiniteError`` for a state with a NaN or infinite number; ``CheckpointSaveError`` if the directory is missing,
    full, not writable, or holds a later or a different checkpoint; ``CheckpointError`` if another process writes there.
    """
    tensors = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in _tensors(state).items()}
    _check_finite(tensors, f"step {state.step} was not saved")
    return manifest.write(Path(directory), state.step, tensors, config)


def load_latest(directory: str | Path, state: TrainState, config: Mapping[str, Any]) -> int:
    """Copy the latest checkpoint into ``state`` bit for bit, and return its step.

    Raises, with ``state`` untouched: ``CheckpointCorrupt`` for a damaged file; ``CheckpointMismatch`` for another
    ``config``, model or format version; ``CheckpointUntrusted`` for a pickle or a path that leads elsewhere;
    ``NonFiniteError`` for a NaN or infinite number; ``CheckpointError`` if there is no checkpoint.
    """
    record, tensors = read_latest(directory)
    remembered = {name: tensor for name, tensor in tensors.items() if name.startswith(optimizers.PREFIX)}
    live = {name: tensor for name, tensor in _tensors(state).items() if not name.startswith(optimizers.PREFIX)}
    rest = {name: tensor for name, tensor in tensors.items() if name not in remembered}
    found = {"config": record["config"], "tensor": manifest.layout(rest)}
    here = {"config": json.loads(canonical(config)), "tensor": manifest.layout(live)}
    if what := describe_differences(found, here, "the checkpoint"):
        raise CheckpointMismatch(
            f"step {record['step']} in {directory} must be of this run, got {what}; use its settings"
        )
    _check_finite(tensors, f"step {record['step']} in {directory} was not loaded")
    try:
        torch.Generator().set_state(tensors["generator"])
    except RuntimeError as error:
        raise CheckpointCorrupt(f"generator in {directory} must be the state of one, got {error}") from error
    if optimizers.is_own(state.optimizer):
        optimizers.restore(state.optimizer, remembered)
    with torch.no_grad():
        for name, tensor in live.items():
            tensor.copy_(tensors[name])
    state.generator.set_state(tensors["generator"])
    state.step = record["step"]
    return state.step


def read_latest(directory: str | Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return manifest and tensors of the latest checkpoint, the one of the highest step, verified.

    Raises ``CheckpointCorrupt``, ``CheckpointUntrusted``, ``CheckpointMismatch`` for another format version, or
    ``CheckpointError`` if there is none.
    """
    directory = manifest.check_directory(directory)
    if not (steps := list_checkpoints(directory)):
        raise CheckpointError(f"{directory} must hold a checkpoint, got none; train with --out {directory} first")
    try:
        return manifest.read(directory, steps[-1])
    except CheckpointCorrupt as error:
        older = f"step {steps[-2]} is older and complete: to go on from it" if len(steps) > 1 else "to start again"
        remedy = f"{older}, remove {manifest.path_of(directory, steps[-1], 'json')}"
        raise CheckpointCorrupt(f"{error}; {remedy}") from error


def _tensors(state: TrainState) -> dict[str, Tensor]:
    """Return all tensors of the state by name: the live ones, but for the generator's state, which is a copy."""
    tensors = {f"model/{name}": tensor for name, tensor in state.model.state_dict().items()}
    tensors |= {f"ema/{name}": tensor for name, tensor in state.ema.items()}
    if optimizers.is_own(state.optimizer):
        tensors |= optimizers.tensors(state.optimizer)
    else:
        tensors |= {f"adamw/{name}": tensor for name, tensor in state.optimizer.state[state.parameters].items()}
    return tensors | {"generator": state.generator.get_state()}


def _check_finite(tensors: Mapping[str, Tensor], what: str) -> None:
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and (bad := non_finite(tensor)) is not None:
            raise NonFiniteError(f"{what}: {name} must be finite, got {bad}; use an earlier checkpoint")
