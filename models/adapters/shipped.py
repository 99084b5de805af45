"""The adapters that come with the miniature, and how they were made: Rex, a low-rank update, and the control by edges.

``make`` trains both from scratch and writes them beside ``card.json``, which holds what they were made from, their
hashes, the command, the seconds of one core and the machine.  ``read_rex`` and ``read_edges`` load them.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from diffusion_lib.runtime import files, fingerprint
from diffusion_lib.runtime.machine import machine
from diffusion_lib.stable_diffusion.parts import Components, load
from diffusion_lib.train.config import TrainConfig

from . import control_adapter, low_rank, textual_inversion
from .finetune_data import WORD, captions, encode, learn, loss_of, pets

FOLDER = Path(__file__).parent
REX, EDGES, CARD = "rex.safetensors", "edges.safetensors", "card.json"
COMMAND = "python -c 'from models.adapters import shipped; shipped.make()'"
IMAGES, RANK = 20, 4
SETTINGS = TrainConfig(  # of the low-rank update
    steps=60, batch_size=8, lr=1e-2, ema_decay=0.98, timestep_sampling="uniform", precision="float32", seed=0
)
WORD_SETTINGS = replace(SETTINGS, lr=0.1)  # of textual inversion
SCENES, DROPOUT = 600, 0.5  # of the control by edges; half of its captions are empty, as in Zhang et al.
EDGE_SETTINGS = replace(SETTINGS, steps=1300, batch_size=8, lr=3e-3, ema_decay=0.995)


def named(parts: Components, seed: int = SETTINGS.seed) -> Components:
    """The parts with a random embedding for the name: a word that means nothing before training, and that describes no
    other animal."""
    return textual_inversion.applied(parts, WORD, textual_inversion.random_row(parts, seed))


def rex(
    parts: Components, config: TrainConfig = SETTINGS, rank: int = RANK, name: str = WORD
) -> tuple[dict[str, Tensor], list[float]]:
    """Train the low-rank update on twenty images, whose captions call Rex by this name.

    ``parts`` are those of ``named``.  Returns the matrices, and the loss of each step.
    """
    data = encode(parts, pets(IMAGES, config.seed), partial(captions, word=name))
    unet = low_rank.begin(parts.unet, rank, config.seed)
    losses = learn(low_rank.trained(unet), loss_of(parts, unet, data, config.batch_size), config)
    return low_rank.numbers(unet), losses


def edges(
    parts: Components, config: TrainConfig = EDGE_SETTINGS, scenes: int = SCENES
) -> tuple[control_adapter.Control, list[float]]:
    """Train the control by edges: the network, and the loss of each step."""
    data = control_adapter.edge_data(parts, scenes, config.seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        network = control_adapter.Control()
    controlled = control_adapter.Controlled(parts.unet, network, data.edges[:0])
    losses = learn(list(network.parameters()), loss_of(parts, controlled, data, config.batch_size, DROPOUT), config)
    return network, losses


def make(folder: Path = FOLDER) -> Path:
    """Train both on one core, write them in float16 with their card, and return the card's path."""
    torch.set_num_threads(1)
    parts, seconds = load("miniature", device="cpu"), {}
    folder = files.folder("folder", folder)
    folder.mkdir(exist_ok=True)
    steps = {REX: lambda: low_rank.save(rex(named(parts))[0], folder / REX)}
    steps[EDGES] = lambda: control_adapter.save(edges(parts)[0], folder / EDGES)
    for name, step in steps.items():
        start = time.process_time()
        step()
        seconds[name] = round(time.process_time() - start, 1)
    made_from = {"miniature": parts.fingerprint, "rex": SETTINGS.to_dict() | {"rank": RANK, "images": IMAGES}}
    made_from |= {"edges": EDGE_SETTINGS.to_dict() | {"scenes": SCENES, "dropout": DROPOUT}}
    made_from |= {"library": fingerprint.library()}
    provenance = {"command": COMMAND, "core_seconds": seconds, "machine": machine()}
    return fingerprint.write_record(folder / CARD, made_from, [REX, EDGES], **provenance)


def read_rex() -> dict[str, Tensor]:
    """The matrices of Rex; ``CheckpointCorrupt`` where a byte has changed."""
    fingerprint.read_record(FOLDER / CARD)
    return low_rank.read(FOLDER / REX)


def read_edges() -> control_adapter.Control:
    """The control by edges; ``CheckpointCorrupt`` where a byte has changed."""
    fingerprint.read_record(FOLDER / CARD)
    return control_adapter.read(FOLDER / EDGES)
