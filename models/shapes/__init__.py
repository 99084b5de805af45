"""A finite dataset of latents, four shapes at a hundred positions, and the weights of a small ``DiT`` trained on it.

Each of four prompts, red and blue circles and stars, is rendered on sand at the 10 × 10 positions of a grid, 5 pixels
apart, and encoded by the miniature's autoencoder: z (4, 100, 8, 8, 8).  The data distribution is uniform on these 400
points, so that the optimal model and the irreducible loss are known: ``data_distributions``.  Training uses the
positions ``TRAINING``; the twelve positions ``HELD_OUT`` lie between them and test generalisation.

    model, schedule = load()
    maps = model.attention_maps(x_t, t, label)        # the label is the index of the prompt in PROMPTS

``python -m models.shapes.train FOLDER`` made the weights, with the settings in ``record.json``.
"""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from diffusion_lib.errors import CheckpointCorrupt, WeightsUnavailable
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.networks import Network, build
from diffusion_lib.process.registry import schedule_from_config
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.runtime import fingerprint
from diffusion_lib.stable_diffusion.parts import Components
from diffusion_lib.stable_diffusion.prompt import embed, tokenize

from ..miniature.data import language
from ..miniature.data.rendering import render
from ..miniature.data.synthetic import Scenes
from ..miniature.training.train_vae import latents as encoded

FOLDER = Path(__file__).parent
RECORD, WEIGHTS = "record.json", "dit.safetensors"
PROMPTS = ("a red circle", "a red star", "a blue circle", "a blue star")
SIDE, STEP, RADIUS = 10, 5, 24  # positions on each axis; pixels between them; radius of a shape
PART = 40  # scenes that are rendered at a time, to save memory
HELD_OUT = torch.randperm(SIDE**2, generator=torch.Generator().manual_seed(0))[:12].sort().values
TRAINING = torch.tensor([position for position in range(SIDE**2) if position not in HELD_OUT.tolist()])


def scenes() -> Scenes:
    """All 400 scenes, prompt by prompt, each at its positions row by row."""
    axis = 64 + STEP * (torch.arange(SIDE) - (SIDE - 1) / 2)
    positions = torch.cartesian_prod(axis, axis).flip(1)  # as x, y
    parts = []
    for prompt in PROMPTS:
        made = language.parse(f"{prompt} on sand")[torch.zeros(SIDE**2, dtype=torch.int64)]
        centre, radius = made.centre.clone(), made.radius.clone()
        centre[:, 0], radius[:, 0] = positions, RADIUS
        parts.append(made._replace(centre=centre, radius=radius))
    return Scenes(*(torch.cat(field) for field in zip(*map(tuple, parts), strict=True)))


def latents(vae: nn.Module) -> Tensor:
    """The latents of all scenes, (4, 100, 8, 8, 8)."""
    whole = scenes()
    parts = [whole[start : start + PART] for start in range(0, len(whole.form), PART)]
    return torch.cat([encode(vae, part) for part in parts]).unflatten(0, (len(PROMPTS), SIDE**2))


def encode(vae: nn.Module, some: Scenes) -> Tensor:
    """The scaled latents of n scenes, float32 (n, 8, 8, 8)."""
    with torch.no_grad():
        return vae.config.scaling_factor * encoded(vae, render(some), "float32", 8)


def prompt_embeddings(parts: Components) -> Tensor:
    """The text encoder's embeddings of the prompts and, last, of the empty text: five tokens each, (5, 5, 64).

    A prompt has three words, between the start and the end of a text; the end token attends to all of them.
    ``prompt_embeddings(parts)[label]`` is the empty text for −1, the unconditional label.
    """
    return embed(parts, tokenize(parts.tokenizer, [*PROMPTS, ""]).ids)[:, : 2 + len(PROMPTS[0].split())]


def pairs(z: Tensor, positions: Tensor) -> tuple[Tensor, Tensor]:
    """The latents of some positions, (4 n, 8, 8, 8), and their labels, (4 n,)."""
    return z[:, positions].flatten(0, 1), torch.arange(len(z)).repeat_interleave(len(positions))


def data_distributions(z: Tensor) -> list[GaussianMixture]:
    """For each label the distribution of its hundred latents, for which the optimal model is known."""
    return [GaussianMixture(each.double(), 0.0) for each in z]


def load(folder: Path = FOLDER) -> tuple[Network, Schedule]:
    """The DiT, float32 on the CPU and without gradients, and the schedule that it was trained with.

    Raises ``WeightsUnavailable`` where the folder holds none, ``CheckpointCorrupt`` for a file of another hash.
    """
    try:
        record = fingerprint.read_record(folder / RECORD)
    except FileNotFoundError as error:
        what = f"got no {RECORD} in {folder}; install diffusion_lib again"
        raise WeightsUnavailable(f"folder must hold the DiT of shapes, {what}") from error
    schedule = schedule_from_config(record["made_from"]["schedule"])
    model = build(record["made_from"]["model"] | {"alpha_bar": schedule.alpha_bar})
    try:
        stored = safetensors.torch.load((folder / WEIGHTS).read_bytes())
        model.load_state_dict({name: tensor.float() for name, tensor in stored.items()})
    except (SafetensorError, RuntimeError) as error:
        what = f"got {str(error).splitlines()[0]}; install diffusion_lib again"
        raise CheckpointCorrupt(f"{folder} must hold the weights of the network in its record, {what}") from error
    return model.requires_grad_(False).eval(), schedule
