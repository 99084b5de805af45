"""What the tests of training share: a short configuration, and the log of a run."""

from __future__ import annotations

import json
from pathlib import Path

from diffusion_lib.train.config import TrainConfig


def config_of(steps: int = 8, **changes) -> TrainConfig:
    return TrainConfig(**{"steps": steps, "batch_size": 4, "lr": 1e-2} | changes)


def log_of(directory: Path) -> list[dict]:
    """The lines of ``log.jsonl``, one for each step."""
    return [json.loads(line) for line in (directory / "log.jsonl").read_text().splitlines()]
