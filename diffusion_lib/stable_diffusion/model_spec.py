"""What is known about a model before its weights are loaded: its schedule, and which images it can generate.

The settings of an image are therefore checked before gigabytes are fetched and read.
"""

from __future__ import annotations

import json
import numbers
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import CheckpointCorrupt, CheckpointMismatch, ConfigError, check_integer
from ..process.schedule import Schedule, linear, scaled_linear
from .weights import PUBLISHED, find

SCHEDULES = {"scaled_linear": scaled_linear, "linear": linear}
SMALLEST, LARGEST = 64, 2048  # sides of an image, in pixels


Dim = int | Sequence[int]  # the side of a square image, or (width, height)


class ModelSpec(NamedTuple):
    """What determines the images a model can generate: T, pixels per latent, and the side that it was trained for."""

    T: int
    factor: int
    dim: int

    def check_dim(self, dim: Dim | None) -> int | list[int]:
        """Return ``dim`` as it is stored, or the model's own side for None: a side, or [width, height] unless square.

        ``ConfigError`` unless each is a multiple of ``factor``.
        """
        dim = self.dim if dim is None else dim
        pair: list[Any] = list(dim) if isinstance(dim, list | tuple) else [dim, dim]
        whole = [isinstance(side, numbers.Integral) and not isinstance(side, bool) for side in pair]
        if len(pair) != 2 or not all(whole) or any(s % self.factor or not SMALLEST <= s <= LARGEST for s in pair):
            allowed = f"a multiple of {self.factor} in {SMALLEST}..{LARGEST}, or two of them (width, height)"
            raise ConfigError(f"dim must be {allowed}, got {dim!r}; this model was trained for {self.dim}")
        width, height = map(int, pair)
        return width if width == height else [width, height]


def sides(dim: int | Sequence[int]) -> tuple[int, int]:
    """(width, height) of a ``dim`` that was checked."""
    return (dim, dim) if isinstance(dim, int) else (dim[0], dim[1])


def model_spec(model: str | os.PathLike[str]) -> ModelSpec:
    """The settings of a model that is not loaded: settings are checked before gigabytes are fetched and read.

    Raises what ``load`` does for a path that is not a folder of parts, or whose settings cannot be read.
    """
    if isinstance(model, str) and model in PUBLISHED:
        return ModelSpec(1000, 8, 512)  # Rombach et al. 2022, as published
    folder = find(model).folder
    sizes = {}
    for part, name in (("vae", "block_out_channels"), ("unet", "sample_size")):
        path = folder / part / "config.json"
        try:
            sizes[part] = json.loads(path.read_text(encoding="utf-8"))[name]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise CheckpointCorrupt(f"{path} must hold the settings of a {part}, got {error!r}") from error
    levels = len(sizes["vae"]) if isinstance(sizes["vae"], list) else 0
    try:
        factor = 2 ** (check_integer("number of block_out_channels", levels, 1, 8) - 1)
        dim = check_integer("sample_size", sizes["unet"], 1, LARGEST) * factor
    except ConfigError as error:
        raise CheckpointCorrupt(f"{folder} must hold a Stable Diffusion 1: {error}") from error
    return ModelSpec(read_schedule(folder).T, factor, dim)


def read_schedule(folder: Path) -> Schedule:
    """The schedule that the settings of the folder's scheduler describe; which steps are taken is the sampler's."""
    path = folder / "scheduler" / "scheduler_config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
        build = SCHEDULES[config["beta_schedule"]]
        arguments = config["num_train_timesteps"], config["beta_start"], config["beta_end"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointCorrupt(f"{path} must hold the settings of a scheduler, got {error!r}") from error
    try:
        return build(*arguments)
    except ConfigError as error:
        raise CheckpointMismatch(f"{path} must describe a diffusion: {error}") from error
