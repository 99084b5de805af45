"""Stable Diffusion from diffusers' parts: a text or an image becomes tokens, latents and an image.

A miniature of it, trained on synthetic images, comes with ``models.miniature``.
"""

from __future__ import annotations

from .attention import recorded
from .autoencoder import decode, latents_to_pil, pil_to_latents, psnr
from .guidance import Guided
from .image_file import parameters, remake, save
from .parts import Components, load
from .pipeline import GeneratedImage, OutOfMemory, denoise, generate
from .prompt import Tokens, embed, tokenize

__all__ = [
    "Components",
    "GeneratedImage",
    "Guided",
    "OutOfMemory",
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
