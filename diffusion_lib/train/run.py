"""The one driver of a training run: a directory with log and checkpoints, a signal to stop, a resume bit for bit.

``drive`` iterates any generator of records over a ``TrainState``: that of ``loop.train`` for a model and data, that
of ``loop.minimise`` for a loss of one's own.  It holds the directory's lock.  ``log.jsonl`` has a line for each step
with what must repeat, and ``clock.jsonl`` one with what it cost.  Told to stop, it finishes the step and saves.  A save
that fails stops it: a run that cannot be resumed is not worth its time.  Of several processes the first alone writes,
and all stop at the same step.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TextIO

import safetensors.torch
import torch
from tqdm import tqdm

from .. import __version__
from ..errors import CheckpointCorrupt, ConfigError
from ..runtime import files, fingerprint
from ..runtime.processes import Processes
from . import checkpoint
from . import optimizer as optimizers
from .config import TrainConfig
from .loop import ALONE, TrainRecord, TrainState
from .tensorboard import board, check_installed

LOG, CLOCK = "log.jsonl", "clock.jsonl"


def check_new(directory: Path, resume: bool) -> None:
    """Refuse, unless ``resume``, a directory that holds checkpoints."""
    if not resume and directory.is_dir() and (steps := checkpoint.list_checkpoints(directory)):
        raise ConfigError(f"out must be without checkpoints, got step {steps[-1]} in {directory}; add --resume")


def drive(
    directory: Path,
    state: TrainState,
    config: TrainConfig,
    records: Iterator[TrainRecord],
    settings: Mapping[str, Any],
    *,
    received: Sequence[int] = (),
    resume: bool = True,
    save_every: int = 500,
    keep: Collection[int] = (),
    processes: Processes = ALONE,
    unit: str = "samples",
    tensorboard: bool = False,
) -> int:
    """Continue ``records`` to ``config.steps``; return 0, or the number of the signal that stopped it.

    The latest checkpoint in ``directory`` is continued; a finished run is not trained again.  With more ``steps`` than
    the checkpoint's run had, it is extended, for ``lr_decay="none"`` bit for bit to what the longer run would have
    been.  With the cosine the result is another one, since the rate of the finished steps was lower than the longer
    run's, to whose cosine it goes back up; a line on stderr says so.  ``settings`` are what else the result depends
    on, and are compared with the checkpoint's, as the library's version is.  The averaged
    parameters after the steps in ``keep`` stay in ``average-STEP.safetensors``, each with its record.  ``received``
    fills with signals, as ``signals.stop_signals`` does.  ``tensorboard`` also writes the records for TensorBoard, into
    a folder of that name.  Raises what ``checkpoint.load_latest`` and ``save`` do,
    ``CheckpointCorrupt`` for a log that has lost lines, ``SaveError``, and what ``records`` raises.
    """
    if tensorboard:
        check_installed()
    directory.mkdir(parents=True, exist_ok=True)
    device = state.parameters.device
    settings = {"train": config.to_dict(), "library": __version__, **settings, **optimizers.settings(state.optimizer)}
    settings["processes"] = processes.size
    with _writer(directory, processes, device):
        check_new(directory, resume)  # now no other process can write there
        if checkpoint.list_checkpoints(directory):
            _load(directory, state, settings, processes)
        first = processes.rank == 0
        stop = processes.maximum(received[0] if received else 0, device)
        with (
            _logs(directory, state.step, first) as logs,
            _progress(config.steps, state.step, directory.name, first) as bar,
            board(directory, state.step, tensorboard and first) as show,
        ):
            while state.step < config.steps and not stop:
                record = _log_step(records, logs)
                _show(bar, record.loss, config.batch_size, unit)
                show(record)
                stop = processes.maximum(received[0] if received else 0, device)
                if first and record.step in keep:
                    _keep(directory / f"average-{record.step}.safetensors", state, settings)
                if first and (record.step % save_every == 0 or record.step == config.steps or stop):
                    for log in logs:  # first, so that no log is shorter than the checkpoint
                        with files.named(Path(log.name)):
                            log.flush()
                    checkpoint.save(directory, state, settings)
    return stop


def core_minutes(directory: Path, steps: int | None = None) -> float:
    """Processor time of the run in ``directory``, or of its first ``steps`` steps, in minutes of one core."""
    lines = (directory / CLOCK).read_text().splitlines()[:steps]
    return sum(json.loads(line)["core"] for line in lines) / 60


@contextmanager
def _writer(directory: Path, processes: Processes, device: torch.device) -> Iterator[None]:
    """Let the first process hold the directory's lock; the others wait until it does, and has cleared up."""
    with checkpoint.lock(directory) if processes.rank == 0 else nullcontext():
        processes.maximum(0, device)
        yield


def _load(directory: Path, state: TrainState, settings: dict[str, Any], processes: Processes) -> None:
    """Load the latest checkpoint; one of a shorter run is extended, and one of other processes has other last bits."""
    found = checkpoint.read_latest(directory)[0]["config"]
    before, train = found.get("processes"), settings["train"]
    extended = _extended(train, found.get("train"))
    checkpoint.load_latest(directory, state, settings | {"train": extended, "processes": before})
    if processes.rank:
        return
    if before != processes.size:
        what = f"step {state.step} was written by {before} processes and goes on with {processes.size}"
        print(f"warning: {what}: equal to one run up to rounding (1e-6), not bit for bit", file=sys.stderr)
    if extended is not train and train["lr_decay"] == "cosine":
        what = (
            f"extended from {extended['steps']} to {train['steps']} steps, the learning rate goes back up to its cosine"
        )
        print(f"warning: {what}: not equal to a run of {train['steps']} steps from the start", file=sys.stderr)


def _extended(train: dict[str, Any], found: Any) -> dict[str, Any]:
    """The settings with which a checkpoint is loaded: its own number of steps, if that is smaller."""
    steps = found.get("steps") if isinstance(found, dict) else None
    return {**train, "steps": steps} if isinstance(steps, int) and steps < train["steps"] else train


@contextmanager
def _logs(directory: Path, step: int, first: bool) -> Iterator[list[TextIO]]:
    """Open both logs to go on after ``step``; lines of steps that a killed run did not save are dropped."""
    if not first:
        yield []
        return
    for name in (LOG, CLOCK):
        files.write(directory / name, "".join(_kept(directory / name, step)))
    with _log(directory / LOG) as log, _log(directory / CLOCK) as clock:
        yield [log, clock]


@contextmanager
def _log(path: Path) -> Iterator[TextIO]:
    """A log to add lines to; one that a full disk refused is tried again where it is closed, and named there too."""
    with open(path, "a") as log:
        try:
            yield log
        finally:
            with files.named(path):
                log.close()


def _kept(path: Path, step: int) -> list[str]:
    """The lines of the steps 1 to ``step``, which must all be there: they were written before the checkpoint was."""
    kept: list[str] = []
    for line in path.read_text().splitlines(keepends=True) if step and path.exists() else ():
        try:
            if json.loads(line)["step"] <= step:
                kept.append(line)
        except (ValueError, KeyError, TypeError):
            break  # the line in which the run was killed
    if [json.loads(line)["step"] for line in kept] != list(range(1, step + 1)):
        what = f"the lines of steps 1 to {step}, got {len(kept)} that are not these"
        raise CheckpointCorrupt(f"{path} must hold {what}; train in another directory")
    return kept


def _log_step(records: Iterator[TrainRecord], logs: Sequence[TextIO]) -> TrainRecord:
    started, busy = time.perf_counter(), time.process_time()
    record = next(records)
    seconds, core = time.perf_counter() - started, time.process_time() - busy
    lines = [record._asdict(), {"step": record.step, "seconds": round(seconds, 4), "core": round(core, 4)}]
    for log, line in zip(logs, lines, strict=False):  # a process that is not the first has no logs
        with files.named(Path(log.name)):
            log.write(json.dumps(line) + "\n")
    return record


def _keep(path: Path, state: TrainState, settings: Mapping[str, Any]) -> None:
    """Write the averaged parameters, and from what they were made."""
    tensors = {name: tensor.cpu().clone() for name, tensor in state.ema.items()}
    files.write(path, safetensors.torch.save(tensors))
    fingerprint.write_record(path.with_suffix(".json"), {**settings, "step": state.step}, [path.name])


def _progress(steps: int, done: int, name: str, first: bool) -> tqdm:
    options = {} if first else {"disable": True}  # for the first, TQDM_DISABLE decides
    return tqdm(total=steps, initial=done, unit="step", desc=name, **options)


def _show(bar: tqdm, loss: float, batch_size: int, unit: str) -> None:
    """Count a step.  The bar appears ten times a second at most; its text is made for the next time."""
    if bar.update():
        rate = bar.format_dict["rate"] or 0.0
        bar.set_postfix_str(f"{rate * batch_size:.0f} {unit}/s, loss={loss:.4f}", refresh=False)
