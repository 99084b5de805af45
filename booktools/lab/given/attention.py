"""Data of the laboratory ``attention``: a generated image and its attention maps; ``decode`` has the same image."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from diffusion_lib.stable_diffusion.attention import recorded
from diffusion_lib.stable_diffusion.autoencoder import latents_to_pil
from diffusion_lib.stable_diffusion.guidance import Guided
from diffusion_lib.stable_diffusion.parts import Components, load
from diffusion_lib.stable_diffusion.pipeline import GeneratedImage, generate
from diffusion_lib.stable_diffusion.prompt import embed, tokenize

from .. import graphs, sprites
from . import picture
from .picture import files

__all__ = ["data", "files"]

EVERY = 5  # of the 50 steps: the maps of every fifth are shown
THUMB = 64  # pixels


def data() -> dict:
    """The image, the attention maps of its words at each time, and all that generates another image."""
    told = picture.data()
    kept = json.loads((looks() / "attention.json").read_text(encoding="utf-8"))
    return {name: told[name] for name in ("files", "megabytes", "begins", "first", "words", "network")} | kept


@functools.cache
def looks() -> Path:
    """The folder with what both laboratories show before anything is loaded."""
    return graphs.kept("looks", _write)


def _write(folder: Path) -> None:
    parts = load("miniature", device="cpu")
    (made,) = generate(parts, picture.FIRST["prompt"], seed=picture.FIRST["seed"], save_int=EVERY)
    for name, told in (("attention", _attention(parts, made)), ("decode", _decode(parts, made.latents))):
        (folder / f"{name}.json").write_text(json.dumps(told), encoding="utf-8")


def _attention(parts: Components, made: GeneratedImage) -> dict:
    """The maps (n, h, w) of the tokens of the prompt, the start before them, at each time that was kept."""
    words = made.parameters["prompt"].split()  # plain ones, without signs
    tokens = [len(parts.tokenizer(word).input_ids) - 2 for word in words]
    text, steps = embed(parts, tokenize(parts.tokenizer, ["", " ".join(words)]).ids), []
    for t, x_t in ((each.t, each.x_t[None]) for each in made.kept if each.t > 0):
        with recorded(parts.unet) as record, torch.no_grad():
            Guided(parts.unet, text[1:], text[:1], made.parameters["g"])(x_t, torch.tensor([t]))
        maps = record.maps(*x_t.shape[2:])[1, : 1 + sum(tokens)]
        steps.append({"t": t, "maps": [round(value, 4) for value in maps.flatten().tolist()]})
    pieces = [{"piece": word, "tokens": count} for word, count in zip(words, tokens, strict=True)]
    return {"pieces": pieces, "steps": steps}


def _decode(parts: Components, latents: Tensor) -> dict:
    negated = latents_to_pil(parts.vae, turned(latents))
    return {
        "latents": [round(value, 5) for value in latents.flatten().tolist()],
        "changes": [round(change, 2) for change in picture.negated(parts, latents)],
        "small": [sprites.packed(each.resize((THUMB, THUMB)), "JPEG", quality=85) for each in negated],
        "turned": sprites.packed(negated[int(np.argmax(picture.negated(parts, latents)))], "PNG", optimize=True),
    }


def turned(latents: Tensor) -> Tensor:
    """The latents (C, h, w), C times, each with another channel negated."""
    return (1 - 2 * torch.eye(len(latents)))[:, :, None, None] * latents
