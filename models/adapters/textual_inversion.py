"""Textual inversion: a trained model learns one new word, a single row of the text encoder's embedding table.

Nothing else changes: a caption without the word gives the same image, bit for bit.  Therefore the word can only refer
to what the U-Net can already generate.

``substituted`` makes a text encoder use the row while it is being trained; ``applied`` puts the row into a table;
``save`` writes it as ``StableDiffusionPipeline.load_textual_inversion`` reads it.

Source: Gal et al. 2022, section 3.
"""

from __future__ import annotations

import contextlib
import copy
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor, nn

from diffusion_lib.errors import ConfigError
from diffusion_lib.runtime import files
from diffusion_lib.stable_diffusion.parts import Components


def token_of(parts: Components, word: str) -> int:
    """The one token of a word; ``ConfigError`` for a word of several."""
    ids = parts.tokenizer(word).input_ids[1:-1]
    if len(ids) != 1:
        raise ConfigError(f"word must be one token of the vocabulary, got {word!r} with {len(ids)}; use another word")
    return ids[0]


def begin(parts: Components, like: str) -> nn.Parameter:
    """A row (d,) to be trained, initialised with that of a known word."""
    return nn.Parameter(parts.text_encoder.get_input_embeddings().weight[token_of(parts, like)].clone())


def random_row(parts: Components, seed: int) -> Tensor:
    """A random row (d,) with the std of those of known words: an untrained word for LoRA training to use."""
    table = parts.text_encoder.get_input_embeddings().weight
    known = table[table.ne(0).any(1)]
    draw = torch.randn(known.shape[1], generator=torch.Generator().manual_seed(seed))
    return (draw * known.std().cpu()).to(table)


@contextlib.contextmanager
def substituted(parts: Components, word: str, row: Tensor) -> Iterator[None]:
    """Inside, the text encoder of the parts embeds the word as ``row``, through which gradients go."""
    token = token_of(parts, word)

    def instead(module: nn.Module, args: tuple[Tensor], out: Tensor) -> Tensor:
        return torch.where((args[0] == token)[..., None], row, out)

    hook = parts.text_encoder.get_input_embeddings().register_forward_hook(instead)
    try:
        yield
    finally:
        hook.remove()


def applied(parts: Components, word: str, row: Tensor) -> Components:
    """Return the parts with this row (d,) for the word, in a text encoder of their own."""
    text_encoder = copy.deepcopy(parts.text_encoder)
    table = text_encoder.get_input_embeddings().weight
    table.data[token_of(parts, word)] = row.detach().to(table)
    return replace(parts, text_encoder=text_encoder, model=f"{parts.model} with {word}")


def save(name: str, row: Tensor, path: str | os.PathLike[str]) -> Path:
    """Write the row in float32 under a name that diffusers adds to the vocabulary, as "<rex>"."""
    target = files.target("path", path, (".safetensors",))
    return files.write(target, safetensors.torch.save({name: row.detach().cpu().float().contiguous()}))
