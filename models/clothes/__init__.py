"""The small model of clothes that comes with the library: its weights, and the feature space in which it was evaluated.

    model, schedule = load()
    guided = GuidedByLabel(model, label, g=2)
    x_0 = last(ddim(guided, torch.randn(len(label), 1, 28, 28), schedule, steps=50))

``python -m diffusion_lib train --data clothes`` trained it on ``data.clothes("train")``, with the settings in
``record.json``; ``python -m benchmarks.clothes`` chose its sampler, evaluated it, and wrote the card ``README.md``.
The weights are the averaged ones, rounded to float16.  ``record.json`` has the sha256 of each file, which is compared
before a number is used.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from diffusion_lib.errors import CheckpointCorrupt, WeightsUnavailable
from diffusion_lib.evaluate.features import FeatureSpace, restore_features
from diffusion_lib.networks import Network, build
from diffusion_lib.process.registry import schedule_from_config
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.runtime import fingerprint

FOLDER = Path(__file__).parent
RECORD, WEIGHTS, FEATURES, CARD = "record.json", "unet.safetensors", "features.safetensors", "fidelity.json"


def load(folder: Path = FOLDER) -> tuple[Network, Schedule]:
    """Return the model, float32 on the processor, without gradients, and the schedule that it was trained with.

    Raises ``WeightsUnavailable`` where the folder holds no model, ``CheckpointCorrupt`` for a file that is not the one
    in the record.
    """
    record = _record(folder)
    schedule = schedule_from_config(record["made_from"]["schedule"])
    model = build(record["made_from"]["model"] | {"alpha_bar": schedule.alpha_bar})
    try:
        model.load_state_dict({name: tensor.float() for name, tensor in _tensors(folder / WEIGHTS).items()})
    except RuntimeError as error:
        what = f"got {str(error).splitlines()[0]} install diffusion_lib again"
        raise CheckpointCorrupt(f"{folder} must hold the weights of the network in its record, {what}") from error
    return model.requires_grad_(False).eval(), schedule


def features(folder: Path = FOLDER) -> FeatureSpace:
    """Return the feature space of the card: that of the benchmark, from a classifier of 55,000 images."""
    record = _record(folder)
    return restore_features(**record["features"], tensors=_tensors(folder / FEATURES))


def card(folder: Path = FOLDER) -> dict[str, Any]:
    """Return what ``python -m benchmarks.clothes`` measured, the numbers of ``README.md``."""
    _record(folder)
    return json.loads((folder / CARD).read_text(encoding="utf-8"))


def _record(folder: Path) -> dict[str, Any]:
    try:
        return fingerprint.read_record(folder / RECORD)
    except FileNotFoundError as error:
        what = f"got no {RECORD} in {folder}; install diffusion_lib again"
        raise WeightsUnavailable(f"folder must hold the model of clothes, {what}") from error


def _tensors(path: Path) -> dict[str, Tensor]:
    try:
        return safetensors.torch.load(path.read_bytes())
    except SafetensorError as error:
        raise CheckpointCorrupt(
            f"{path} must be a safetensors file, got {error}; install diffusion_lib again"
        ) from error
