"""A set of images by a model that is not in this package, with a card that states how each was made.

Nothing of Stable Diffusion is in this repository, and most machines cannot run it.  One that can makes a **set**: a
folder of three sheets of images and ``card.json``, a record (``runtime.fingerprint``) with the model, its commit, the
dtype, the device, seconds, peak memory, prompts and seeds.  A set of a published model that lies in ``FOLDER`` is shown
by the chapter ``latent-pipeline``.  One by another model, such as the miniature, is never taken for it.
"""

from __future__ import annotations

import io
import platform
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from diffusion_lib.errors import ConfigError
from diffusion_lib.runtime import files, fingerprint
from diffusion_lib.runtime.device import dtype_name
from diffusion_lib.stable_diffusion.attention import recorded
from diffusion_lib.stable_diffusion.autoencoder import decode, from_pil, pil_to_latents, psnr, to_pil
from diffusion_lib.stable_diffusion.parts import Components
from diffusion_lib.stable_diffusion.pipeline import GeneratedImage, generate
from diffusion_lib.stable_diffusion.weights import PUBLISHED

FOLDER = Path(__file__).parent / "published"
CARD = "card.json"
PROMPTS = ("a dog wearing hat", "an astronaut riding a horse", "a green dog", "three red circles")
SEEDS = (0, 1)
TILE, QUALITY = 320, 88  # pixels of an image on a sheet, and of JPEG: a sheet stays under 300 kB


class Sheet:
    """A JPEG that a notebook shows."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def _repr_jpeg_(self) -> bytes:
        return self.data

    def __repr__(self) -> str:
        return "<sheet of images>"


def publish(parts: Components, folder: Path, photograph: Image.Image, *, g: float, steps: int) -> Path:
    """Make a set by ``parts`` in ``folder``/dtype, and return that folder; what it held is replaced.

    The sheets: ``PROMPTS`` by ``SEEDS``, a row for each seed; the first image, and the attention map of each of its
    words; ``photograph``, cut to a square of the model's size, before and after the autoencoder.
    """
    target = Path(folder) / dtype_name(parts.dtype)
    target.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"g": g, "steps": steps, "sampler": "ddim"}
    if parts.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(parts.device)
    seconds: dict[str, float] = {}
    made = _timed(seconds, "images", lambda: [generate(parts, PROMPTS, seed=seed, **options) for seed in SEEDS])
    maps = _timed(seconds, "attention", lambda: _attention(parts, options))
    before, after, decibels = _timed(seconds, "photograph", lambda: _through(parts, photograph))
    rows = {
        "images.jpg": [[generated.image for generated in row] for row in made],
        "attention.jpg": [[made[0][0].image, *maps]],
        "photograph.jpg": [[before, after]],
    }
    for name, tiles in rows.items():
        files.write(target / name, _sheet(tiles))
    made_by: dict[str, Any] = {"model": parts.model, "revision": parts.revision, "fingerprint": parts.fingerprint}
    made_by |= {"dtype": dtype_name(parts.dtype), "device": _device(parts), "dim": parts.dim, **options}
    made_by |= {"torch": torch.__version__, "library": fingerprint.library()}
    measured = {"seconds": seconds, "peak_gib": _peak(parts), "psnr": decibels}
    settings = {"prompts": list(PROMPTS), "seeds": list(SEEDS), "safety": _safety(made)}
    fingerprint.write_record(target / CARD, made_by, rows, **measured, **settings)
    return target


def shown(folder: Path = FOLDER) -> Iterator[tuple[dict[str, Any], dict[str, Sheet]]]:
    """The card and the sheets of each set in ``folder``, verified; nothing if there is no set.

    Raises ``CheckpointCorrupt`` for a damaged set, and ``ConfigError`` for one by a model that is not published.
    """
    for path in sorted(Path(folder).glob(f"*/{CARD}")):
        card = fingerprint.read_record(path)
        made = card["made_from"]
        if PUBLISHED.get(made["model"]) != made["revision"] or not made["revision"]:
            allowed = f"a set by {' or '.join(PUBLISHED)} at its pinned commit"
            raise ConfigError(f"{path.parent} must be {allowed}, got one by {made['model']}; remove it")
        yield card, {name: Sheet((path.parent / name).read_bytes()) for name in card["files"]}


def _timed(seconds: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = work()
    seconds[name] = round(time.perf_counter() - start, 2)
    return result


def _attention(parts: Components, options: dict[str, Any]) -> list[Image.Image]:
    """For each word of the first prompt, a grey map of the positions that attend to it, for the first seed."""
    with recorded(parts.unet) as record:
        generate(parts, PROMPTS[0], seed=SEEDS[0], **options)
    tokens = len(parts.tokenizer(PROMPTS[0]).input_ids) - 2
    maps = (
        record.maps(*parts.latent_shape()[1:])[-1, 1 : 1 + tokens].cpu().numpy()
    )  # the last of the batch has the text
    scaled = (maps - maps.min((1, 2), keepdims=True)) / np.maximum(np.ptp(maps, axis=(1, 2), keepdims=True), 1e-12)
    return [Image.fromarray((255 * each).round().astype(np.uint8)) for each in scaled]


def _through(parts: Components, photograph: Image.Image) -> tuple[Image.Image, Image.Image, float]:
    """The photograph before and after the autoencoder, and their distance in dB."""
    side = min(photograph.size)
    left, top = (photograph.width - side) // 2, (photograph.height - side) // 2
    square = photograph.convert("RGB").crop((left, top, left + side, top + side)).resize((parts.dim, parts.dim))
    x, _ = decode(parts.vae, pil_to_latents(parts.vae, square))
    return square, to_pil(x)[0], round(float(psnr(x.float().cpu().clamp(-1, 1), from_pil([square]))), 2)


def _sheet(rows: list[list[Image.Image]]) -> bytes:
    """Images side by side, in rows, as a JPEG."""
    page = Image.new("RGB", (TILE * len(rows[0]), TILE * len(rows)), "white")
    for y, row in enumerate(rows):
        for x, image in enumerate(row):
            page.paste(image.convert("RGB").resize((TILE, TILE)), (TILE * x, TILE * y))
    drawn = io.BytesIO()
    page.save(drawn, "JPEG", quality=QUALITY)
    return drawn.getvalue()


def _device(parts: Components) -> str:
    if parts.device.type == "cuda":
        return torch.cuda.get_device_name(parts.device)
    return f"{parts.device.type}, {platform.processor() or platform.machine()}"


def _peak(parts: Components) -> float:
    """The peak memory in GiB: what PyTorch held on a GPU, or the resident memory of the process on a CPU."""
    if parts.device.type == "cuda":
        return round(torch.cuda.max_memory_allocated(parts.device) / 2**30, 2)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)


def _safety(made: list[list[GeneratedImage]]) -> list[str]:
    return sorted({generated.parameters["safety"] for row in made for generated in row})
