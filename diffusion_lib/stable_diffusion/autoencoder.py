"""Images to latents and back, through the autoencoder (E, D) of a latent diffusion model.

    z = s · E(x),     x̂ = D(z / s),     x in [−1, 1], (B, 3, H, W), and z (B, C, H/f, W/f)

E gives a normal distribution for each element of z, N(mean, std²): ``sample`` draws from it, ``mode`` takes its mean,
which is the same each time.  The scaling factor s is 1 over the standard deviation of all latents of the training
images, so that the diffusion starts from data of unit variance; it is stored in the autoencoder's settings (0.18215 for
Stable Diffusion 1).

Source: Rombach et al. 2022 (LDM), section 3.1 and appendix G.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Generator, Tensor

from ..errors import ConfigError, NonFiniteError, check_choice
from ..runtime.device import dtype_name
from ..runtime.finite import non_finite
from ..sample.noise import noise

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

ENCODINGS = ("sample", "mode")
# Images at a time on a CPU, whose cache then holds their activations: 64 at once take 2.3 times as long.
PART = 8


def pil_to_latents(
    vae: AutoencoderKL,
    images: Image.Image | Sequence[Image.Image],
    how: str = "mode",
    generator: Generator | Sequence[Generator] | None = None,
) -> Tensor:
    """Encode RGB images of one size, with sides that are multiples of f: latents (B, C, H/f, W/f).

    ``how="sample"`` draws with ``generator``, one or a list with one for each image.  Raises ``ConfigError`` before
    the network runs.
    """
    check_choice("how", how, ENCODINGS)
    images = _check_images(images, 2 ** (len(vae.config.block_out_channels) - 1))
    x = from_pil(images, vae.device, vae.dtype)
    draw = noise(generator, x)
    with torch.no_grad():
        found = [vae.encode(part).latent_dist for part in in_parts(x)]
    wide = torch.promote_types(vae.dtype, torch.float32)  # the same noise, whatever the network computes in
    z = torch.cat([each.mean for each in found]).to(wide)
    if how == "sample":
        z = z + torch.cat([each.std for each in found]).to(wide) * draw(z)
    return _finite(vae.config.scaling_factor * z, "latents", "the encoder of the vae", vae.dtype)


def latents_to_pil(vae: AutoencoderKL, latents: Tensor) -> list[Image.Image]:
    """Decode latents (B, C, h, w) to B images; values outside of [−1, 1] are clipped.  Errors as in ``decode``."""
    return to_pil(decode(vae, latents)[0])


def decode(vae: AutoencoderKL, latents: Tensor) -> tuple[Tensor, torch.dtype]:
    """x̂ = D(z / s), (B, 3, f h, f w), and the dtype in which it was computed.

    Where a value overflows in float16, it is decoded once more in float32, with a warning.  Raises ``ConfigError`` for
    latents of another shape, and ``NonFiniteError`` for latents or an image that are not finite.
    """
    channels = vae.config.latent_channels
    if not isinstance(latents, Tensor) or latents.ndim != 4 or latents.shape[1] != channels or not latents.numel():
        what = tuple(latents.shape) if isinstance(latents, Tensor) else type(latents).__name__
        raise ConfigError(f"latents must have shape (B, {channels}, h, w), got {what}; use pil_to_latents")
    _finite(latents, "latents", "what was decoded", latents.dtype)
    x, dtype = _decode(vae, latents), next(vae.parameters()).dtype
    if dtype == torch.float16 and non_finite(x) is not None:
        warnings.warn("the decoder overflowed in float16; decoding again in float32", stacklevel=2)
        try:
            x, dtype = _decode(vae.float(), latents), torch.float32
        finally:
            vae.half()
    return _finite(x, "image", "the decoder of the vae", dtype), dtype


def from_pil(
    images: Sequence[Image.Image], device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
) -> Tensor:
    """RGB images of one size as x in [−1, 1], (B, 3, H, W)."""
    pixels = np.stack([np.array(image) for image in images])  # (B, H, W, 3), 0…255
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).to(device, dtype) / 127.5 - 1


def to_pil(x: Tensor) -> list[Image.Image]:
    """Images of x (B, 3, H, W) in [−1, 1], rounded to 8 bits."""
    pixels = (255 * (x.float() / 2 + 0.5).clamp(0, 1)).round().to(torch.uint8)
    return [Image.fromarray(image) for image in pixels.permute(0, 2, 3, 1).cpu().numpy()]


def in_parts(x: Tensor) -> Sequence[Tensor]:
    """x in parts that a network takes one after the other: of ``PART`` images on a CPU, else x as it is."""
    return x.split(PART) if x.device.type == "cpu" else [x]


def psnr(x: Tensor, other: Tensor, each: bool = False) -> Tensor:
    """Peak signal-to-noise ratio in dB, 10 log₁₀(2² / mean squared error), for images in [−1, 1].

    For all images (B, 3, H, W) together, (), or for ``each``, (B,).
    """
    return 10 * torch.log10(4 / (x - other).square().mean((1, 2, 3) if each else None))


def _decode(vae: AutoencoderKL, latents: Tensor) -> Tensor:
    some = next(vae.parameters())  # diffusers looks through all modules for a device and a dtype
    z = latents.to(some.device, some.dtype) / vae.config.scaling_factor
    with torch.no_grad():
        return torch.cat([vae.decode(part, return_dict=False)[0] for part in in_parts(z)])


def _finite(x: Tensor, name: str, where: str, dtype: torch.dtype) -> Tensor:
    if (bad := non_finite(x)) is not None:
        what = f"got {bad} from {where} in {dtype_name(dtype)}"
        raise NonFiniteError(f"{name} must be finite, {what}; load the parts in float32")
    return x


def _check_images(images: object, factor: int) -> list[Image.Image]:
    images = [images] if isinstance(images, Image.Image) else images
    if not isinstance(images, Sequence) or isinstance(images, str) or not images:
        raise ConfigError(f"images must be a PIL image or a list of them, got {images!r}; use PIL.Image.open")
    for image in images:
        if not isinstance(image, Image.Image):
            found = type(image).__name__
            raise ConfigError(f"images must be PIL images, got {found}; use PIL.Image.open or Image.fromarray")
        if image.mode != "RGB":
            raise ConfigError(f"images must have the mode RGB, got {image.mode}; use image.convert('RGB')")
        if image.size != images[0].size:
            raise ConfigError(f"images must have one size, got {image.size} and {images[0].size}; resize them")
    if any(side == 0 or side % factor for side in images[0].size):
        what = f"got {images[0].width} x {images[0].height}"
        raise ConfigError(f"sides of images must be multiples of {factor}, {what}; resize or crop them")
    return list(images)
