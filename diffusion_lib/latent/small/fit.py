"""One stage of the miniature's training: a loss of one's own, fitted as ``train`` fits L_simple, in a directory.

A stage draws what it needs from the state's generator, so that a run that was killed goes on from its last checkpoint
and ends with the same bits as one that was not.  ``train.train`` does the same for a denoiser and a table of data; here
the loss is whatever the stage says, and may depend on the step.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn
from torch.nn.utils import vector_to_parameters
from tqdm import tqdm

from ... import __version__
from ...errors import CheckpointCorrupt
from ...runtime import files, fingerprint
from ...train import checkpoint
from ...train.config import TrainConfig
from ...train.gradient import flat_gradient
from ...train.loop import TrainState

Loss = Callable[[nn.Module, int, torch.Generator], Tensor]


def fit(
    directory: Path,
    module: nn.Module,
    config: TrainConfig,
    loss_of: Loss,
    settings: Mapping[str, Any],
    *,
    save_every: int = 250,
    keep: Collection[int] = (),
    stop: Callable[[], bool] = lambda: False,
    device: torch.device | str = "cpu",
) -> nn.Module | None:
    """Minimise ``loss_of(module, step, generator)`` for ``config.steps`` steps; return the averaged module.

    The latest checkpoint in ``directory`` is continued; a finished one is not trained again.  ``settings`` are what
    else the result depends on, and are compared with the checkpoint's.  ``log.jsonl`` gets a line for each step, and
    the averaged parameters after the steps in ``keep`` stay in ``average-STEP.safetensors``, each with its record.
    When ``stop()`` turns true, the step is finished and saved, and None returned.  Raises what
    ``checkpoint.load_latest`` does, ``CheckpointCorrupt`` for a log that has lost lines, and ``NonFiniteError`` for a
    loss or gradient that is not finite.
    """
    directory.mkdir(parents=True, exist_ok=True)
    state = TrainState.create(module, config, device)
    settings = {"train": config.to_dict(), "library": __version__, **settings}
    with checkpoint.lock(directory):
        if checkpoint.list_checkpoints(directory):
            checkpoint.load_latest(directory, state, settings)
        log = directory / "log.jsonl"
        _forget(log, state.step)
        gradient = flat_gradient(list(state.denoiser.parameters()))
        vector_to_parameters(state.parameters, state.denoiser.parameters())
        bar = tqdm(total=config.steps, initial=state.step, desc=directory.name)
        with files.named(log), open(log, "a") as lines, bar:
            while state.step < config.steps and not stop():
                line = _step(state, config, loss_of, gradient)
                lines.write(json.dumps(line) + "\n")
                bar.update()
                if state.step in keep:
                    _keep(directory / f"average-{state.step}.safetensors", state, settings)
                if state.step % save_every == 0 or state.step == config.steps or stop():
                    lines.flush()
                    checkpoint.save(directory, state, settings)
                    bar.set_postfix_str(f"loss={line['loss']:.5f}")
    return state.ema_denoiser() if state.step == config.steps else None


def _step(state: TrainState, config: TrainConfig, loss_of: Loss, gradient: Tensor) -> dict[str, float]:
    started, busy = time.perf_counter(), time.process_time()
    gradient.zero_()
    loss = loss_of(state.denoiser, state.step, state.generator)
    loss.backward()
    record = state.update(loss.detach(), gradient, config)
    seconds, core = time.perf_counter() - started, time.process_time() - busy
    return {
        "step": record.step,
        "loss": record.loss,
        "norm": record.grad_norm,
        "seconds": round(seconds, 4),
        "core": round(core, 4),
    }


def _keep(path: Path, state: TrainState, settings: Mapping[str, Any]) -> None:
    """Write the averaged parameters, and from what they were made."""
    tensors = {name: tensor.cpu().clone() for name, tensor in state.ema.items()}
    files.write(path, safetensors.torch.save(tensors))
    fingerprint.write_record(path.with_suffix(".json"), {**settings, "step": state.step}, [path.name])


def _forget(log: Path, step: int) -> None:
    """Drop the lines of steps that a killed run did not save; all that it did save must be there."""
    lines = log.read_text().splitlines(keepends=True)[:step] if log.exists() else []
    kept = [line for line in lines if line.endswith("\n")]
    if [_number(line) for line in kept] != list(range(1, step + 1)):
        what = f"the lines of steps 1 to {step}, got {len(kept)} lines that are not these"
        raise CheckpointCorrupt(f"{log} must hold {what}; train in another directory")
    files.write(log, "".join(kept))


def _number(line: str) -> int | None:
    try:
        return json.loads(line)["step"]
    except (ValueError, KeyError, TypeError):
        return None


def core_minutes(directory: Path, steps: int | None = None) -> float:
    """Processor time of the stage in ``directory``, or of its first ``steps`` steps, in minutes of one core."""
    lines = (directory / "log.jsonl").read_text().splitlines()[:steps]
    return sum(json.loads(line)["core"] for line in lines) / 60
