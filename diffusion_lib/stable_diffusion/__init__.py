"""Stable Diffusion from diffusers' parts: a text or an image becomes tokens, latents and an image.

A miniature of it, trained on synthetic images, comes with ``models.miniature``.
"""

from __future__ import annotations

from .attention import recorded
from .autoencoder import decode, latents_to_pil, pil_to_latents, psnr
from .guidance import Guided
from .parts import Components, load
from .picture import parameters, remake, save
from .pipeline import OutOfMemory, Picture, denoise, generate
from .prompt import Tokens, embed, tokenize

__all__ = [
    "Components",
    "Guided",
    "OutOfMemory",
    "Picture",
    "Tokens",
    "decode",
    "denoise",
    "embed",
    "generate",
    "latents_to_pil",
    "load",
    "parameters",
    "pil_to_latents",
    "psnr",
    "recorded",
    "remake",
    "save",
    "tokenize",
]
