r"""The image that sampling starts from, how much of it changes, and where: ``init``, ``strength`` and ``mask``.

    z = s · E(init)                                  (1, C, h, w)
    x_t = √ᾱ_t z + √(1 − ᾱ_t) ε                      at the first of the last ⌊steps · strength⌋ times
    ε̂' as in ``sample.editing.Inpainted``            where the mask is black

A white pixel of the mask is regenerated, and with it all of its latent, f × f pixels; black is kept.  What is
regenerated at strength 1 starts from pure noise.  The file of a generated image holds the sha256 of ``init`` and of
``mask``, of their pixels and not of their files: saved in another lossless format, they are the same.

Sources: Meng et al. 2022 (SDEdit), Algorithm 1; Rombach et al. 2022 (LDM), section 4.5, for masks of latents.
"""

from __future__ import annotations

import hashlib
import os
import struct
import warnings
import zlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.nn.functional import max_pool2d

from ..errors import ConfigError, check_real
from ..process.identities import add_noise
from ..process.schedule import Schedule
from ..runtime import files
from ..sample.times import strength_timesteps
from .autoencoder import pil_to_latents
from .model_spec import LARGEST, sides
from .parts import Components

STRENGTH, WHOLE = 0.8, 1.0  # without and with a mask; as in diffusers
MODES = {"init": ("RGB",), "mask": ("L", "1")}
READ = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr")  # Pillow turns these into others of 8 bits
BAD_FILE = (  # what Pillow raises for a broken or hostile file
    *(OSError, KeyError, ValueError, SyntaxError, RecursionError, OverflowError, MemoryError, EOFError, struct.error),
    *(Image.DecompressionBombError, Image.DecompressionBombWarning, zlib.error),
)


class InitLatents(NamedTuple):
    """Latents z (1, C, h, w), the strength, and what to regenerate, bool (1, 1, h, w), or None for everything."""

    z: Tensor
    strength: float
    mask: Tensor | None

    def noised(self, schedule: Schedule, t: int, eps: Tensor) -> Tensor:
        """x_t with noise ε (B, C, h, w), the state in which the chain starts at t."""
        x_t = add_noise(schedule, self.z.to(eps).expand_as(eps), t, eps)
        return x_t if self.mask is None or self.strength < 1 else torch.where(self.mask, eps, x_t)


def read_image(name: str, path: str | os.PathLike[str]) -> Image.Image:
    """The image in a file, for ``name`` "init" in RGB, for "mask" in grey; rotated as its EXIF orientation says.

    Raises ``ConfigError`` for a file that is not an image, has more than 2048 pixels a side, or transparent pixels.
    """
    files.regular(name, path)
    try:
        bomb = warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning)
        with bomb, Image.open(path) as image:
            if max(image.size) > LARGEST:
                raise ValueError(f"{image.width} x {image.height} pixels, of at most {LARGEST} a side")
            if image.mode not in READ:
                raise ValueError(f"the mode {image.mode}, of {', '.join(READ)}")
            if image.has_transparency_data and min(image.convert("RGBA").getchannel("A").tobytes()) < 255:
                raise ValueError("transparent pixels")
            return ImageOps.exif_transpose(image).convert(MODES[name][0])
    except BAD_FILE as error:
        what = f"got {str(path)!r} ({type(error).__name__}: {str(error)[:200]})"
        raise ConfigError(f"{name} must be the file of an image, {what}; save it again as a PNG in RGB") from None


def check_init_image(
    checked: Mapping[str, Any], init: object = None, mask: object = None, strength: object = None
) -> dict[str, Any]:
    """Return the three as they are stored in an image's parameters, {} without ``init``, or raise ``ConfigError``.

    ``checked`` are the settings that ``arguments.check_arguments`` returned.
    """
    for name, value in (("mask", mask), ("strength", strength)):
        if init is None and value is not None:
            raise ConfigError(f"{name} must come with an init, got one without; add the image to start from")
    if init is None:
        return {}
    usual = STRENGTH if mask is None else WHOLE
    fraction = check_real("strength", usual if strength is None else strength, 0, 1, open_low=True)
    strength_timesteps(range(checked["steps"], 0, -1), fraction)
    given = {"init": init} | ({} if mask is None else {"mask": mask})
    images = {name: _check_image(name, image, sides(checked["dim"])) for name, image in given.items()}
    if mask is not None and not images["mask"].convert("L").point(_white).getbbox():
        raise ConfigError("mask must have a white pixel, which is regenerated, got none; invert it")
    hashes = {name: fingerprint(image.convert(MODES[name][0])) for name, image in images.items()}
    return {"strength": fraction, **hashes}


def fingerprint(image: Image.Image) -> str:
    """A sha256 of the mode, the size and all pixels."""
    head = f"{image.mode} {image.width} x {image.height}\n".encode()
    return hashlib.sha256(head + image.tobytes()).hexdigest()


def encode(parts: Components, init: Image.Image, mask: Image.Image | None, strength: float) -> InitLatents:
    """The latents of what ``check_init_image`` passed: the mean of the encoder's distribution, the same each time."""
    z = pil_to_latents(parts.vae, init)
    if mask is None:
        return InitLatents(z, strength, None)
    pixels = torch.frombuffer(bytearray(mask.convert("L").point(_white).tobytes()), dtype=torch.uint8)
    white = pixels.view(1, 1, mask.height, mask.width).float()
    return InitLatents(z, strength, max_pool2d(white, parts.factor).bool().to(parts.device))


def _white(level: int) -> int:
    return 255 * (level >= 128)


def _check_image(name: str, image: object, size: tuple[int, int]) -> Image.Image:
    if not isinstance(image, Image.Image) or image.mode not in MODES[name]:
        found = f"one in {image.mode}" if isinstance(image, Image.Image) else type(image).__name__
        allowed = f"a PIL image in {' or '.join(MODES[name])}"
        raise ConfigError(f"{name} must be {allowed}, got {found}; use read_image, or image.convert")
    if image.size != size:
        what = f"{size[0]} x {size[1]} pixels as the image to make"
        raise ConfigError(f"{name} must have {what}, got {image.width} x {image.height}; resize or crop it")
    return image
