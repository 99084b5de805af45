"""The records of a run in TensorBoard, beside ``log.jsonl``: loss, learning rate and norm of the gradient."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ConfigError
from .loop import TrainRecord

FOLDER = "tensorboard"  # in the directory of the run


def check_installed() -> None:
    """Raise ``ConfigError`` without the package that writes these files."""
    if importlib.util.find_spec("tensorboard") is None:
        raise ConfigError("tensorboard must be installed to log with it, got none; run: pip install tensorboard")


@contextmanager
def board(directory: Path, step: int, wanted: bool) -> Iterator[Callable[[TrainRecord], None]]:
    """Yield the function that adds a record; steps after ``step`` that a killed run has written are hidden."""
    if not wanted:
        yield lambda record: None
        return
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(directory / FOLDER, purge_step=step + 1) as writer:

        def add(record: TrainRecord) -> None:
            for name in ("loss", "lr", "grad_norm"):
                writer.add_scalar(name, getattr(record, name), record.step)

        yield add
