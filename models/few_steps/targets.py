r"""The training data of ``distil``: initial noises, captions, and the end points of the teacher's trajectories.

A trajectory of a deterministic solver is a function of x_T and the caption y, which the student has to learn:

    z = chain(τ x_T, y),     τ = ``NOISE_SCALE``.

At τ = 1 two nearly equal noises may lead to different images, and a one-step network predicts something between them.
With a smaller τ the end point depends less on the noise: it is easier to learn, and the images vary less.  Hence τ
trades variety for accuracy in a single step.  ``model_card`` measures both.

Source: Brock et al. 2019 (BigGAN), section 3.1, for less noise as a trade-off of variety and fidelity (truncation).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from diffusion_lib.runtime import files
from diffusion_lib.runtime.device import autocast
from diffusion_lib.sample.chain import last
from diffusion_lib.stable_diffusion.parts import Components
from diffusion_lib.stable_diffusion.pipeline import OWN_G, denoise
from diffusion_lib.stable_diffusion.prompt import embed, tokenize

from ..miniature.data import language, synthetic

TEACHER, TEACHER_STEPS = "dpm++", 5
NOISE_SCALE = 0.15  # τ
BATCH = 32
SHARD_SIZE, SHARDS = 512, 26  # trajectories to a file, and files
# Proportions of ``synthetic.SCENE_CLASSES``: patterns and counts are the hardest to generate in one step.
MIX = (0.10, 0.30, 0.14, 0.12, 0.24, 0.10)
PLAIN = 0.5  # fraction of the captions that mention all but the ground


def captions(n: int, generator: torch.Generator) -> list[str]:
    """Captions of n scenes, in plain words that mention all but the ground, or in any words."""
    scenes = synthetic.sample_scenes(n, generator, mix=MIX)
    plain = torch.rand(n, generator=generator) < PLAIN
    plain_words, any_words = language.describe(scenes), language.captions(scenes, generator)
    return [a if yes else b for a, b, yes in zip(plain_words, any_words, plain.tolist(), strict=True)]


@torch.no_grad()
def chains(
    parts: Components, ids: Tensor, x_T: Tensor, noise_scale: float = NOISE_SCALE, precision: str = "bfloat16"
) -> Tensor:
    """z (B, C, h, w), the ends of the teacher's chains from ``noise_scale`` times the noises x_T (B, C, h, w)."""
    text, empty = embed(parts, ids), embed(parts, tokenize(parts.tokenizer, "").ids)
    options = {"g": OWN_G["miniature"], "steps": TEACHER_STEPS, "sampler": TEACHER}
    with autocast(parts.device, precision):
        return last(denoise(parts, text, empty, noise_scale * x_T, **options))


def batches(parts: Components, n: int, seed: int, precision: str = "bfloat16") -> Iterator[dict[str, Tensor]]:
    """Yield batches: ``ids`` (B, 77), noises ``x_T`` (B, C, h, w), ends ``z`` of the chains."""
    generator = torch.Generator().manual_seed(seed)
    for start in range(0, n, BATCH):
        ids = tokenize(parts.tokenizer, captions(min(BATCH, n - start), generator)).ids
        x_T = torch.randn(len(ids), *parts.latent_shape(), generator=generator).to(parts.device)
        z = chains(parts, ids, x_T, precision=precision)
        yield {"ids": ids.int(), "x_T": x_T.half().cpu(), "z": z.half().cpu()}


def dataset(
    parts: Components, folder: Path, numbers: Sequence[int] = range(SHARDS), size: int = SHARD_SIZE
) -> tuple[dict[str, Tensor], float]:
    """``size`` chains of ``batches`` for each number, together, and the seconds of CPU time that they took.

    Each file of ``folder`` is written once and kept, with its own seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {k: folder / f"shard-{k}.safetensors" for k in numbers}
    for k, path in paths.items():
        if not path.exists():
            start, made = time.process_time(), list(batches(parts, size, k + 1))
            shard = {key: torch.cat([batch[key] for batch in made]) for key in made[0]}
            files.write(path, safetensors.torch.save(shard, {"seconds": f"{time.process_time() - start:.3f}"}))
    found, seconds = [safetensors.torch.load_file(path) for path in paths.values()], 0.0
    for path in paths.values():
        with safetensors.safe_open(path, "pt") as file:
            seconds += float(file.metadata()["seconds"])
    return {key: torch.cat([shard[key] for shard in found]) for key in found[0]}, seconds
