r"""What the student of ``distil`` is taught: noises, captions, and where the teacher's chains end.

A chain by a solver without noise is a function of x_T and the caption y, and the student has to learn it whole:

    z = chain(τ x_T, y),     τ = ``CALM``.

At τ = 1 two noises that are nearly equal may end in unlike images, and a network that is asked once says something
between them.  With a smaller τ the end depends less on the noise: it is easier to learn, and the images vary less.
So τ is what a single step costs, in variety.  ``distil_card`` measures both.

Source: Brock et al. 2019 (BigGAN), section 3.1, for less noise as a trade of variety for fidelity (truncation).
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
from diffusion_lib.sample.ancestral import last
from diffusion_lib.stable_diffusion.parts import Components
from diffusion_lib.stable_diffusion.pipeline import OWN_G, denoise
from diffusion_lib.stable_diffusion.prompt import embed, tokenize

from ..miniature.data import language, synthetic

TEACHER, TEACHER_STEPS = "dpm++", 5
CALM = 0.15  # τ
BATCH = 32
LESSON, LESSONS = 512, 26  # chains to a file, and files
# Shares of ``world.KINDS``: patterns and counts are the hardest to paint at once.
MIX = (0.10, 0.30, 0.14, 0.12, 0.24, 0.10)
PLAIN = 0.5  # share of the captions that say all but the ground


def captions(n: int, generator: torch.Generator) -> list[str]:
    """What n scenes show, in plain words that name all but the ground, or in any."""
    scenes = synthetic.sample_scenes(n, generator, mix=MIX)
    plain = torch.rand(n, generator=generator) < PLAIN
    told, any_words = language.describe(scenes), language.captions(scenes, generator)
    return [a if yes else b for a, b, yes in zip(told, any_words, plain.tolist(), strict=True)]


@torch.no_grad()
def chains(parts: Components, ids: Tensor, x_T: Tensor, calm: float = CALM, precision: str = "bfloat16") -> Tensor:
    """z (B, C, h, w): where the teacher's chains end that begin from ``calm`` times the noises x_T (B, C, h, w)."""
    text, empty = embed(parts, ids), embed(parts, tokenize(parts.tokenizer, "").ids)
    options = {"g": OWN_G["miniature"], "steps": TEACHER_STEPS, "sampler": TEACHER}
    with autocast(parts.device, precision):
        return last(denoise(parts, text, empty, calm * x_T, **options))


def teach(parts: Components, n: int, seed: int, precision: str = "bfloat16") -> Iterator[dict[str, Tensor]]:
    """Yield batches: ``ids`` (B, 77), noises ``x_T`` (B, C, h, w), ends ``z`` of the chains."""
    generator = torch.Generator().manual_seed(seed)
    for start in range(0, n, BATCH):
        ids = tokenize(parts.tokenizer, captions(min(BATCH, n - start), generator)).ids
        x_T = torch.randn(len(ids), *parts.latent_shape(), generator=generator).to(parts.device)
        z = chains(parts, ids, x_T, precision=precision)
        yield {"ids": ids.int(), "x_T": x_T.half().cpu(), "z": z.half().cpu()}


def lessons(
    parts: Components, folder: Path, numbers: Sequence[int] = range(LESSONS), size: int = LESSON
) -> tuple[dict[str, Tensor], float]:
    """``size`` chains of ``teach`` for each number, together, and the seconds of processor time that they took.

    Each file of ``folder`` is written once and kept, with its own seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {k: folder / f"lesson-{k}.safetensors" for k in numbers}
    for k, path in paths.items():
        if not path.exists():
            begun, batches = time.process_time(), list(teach(parts, size, k + 1))
            lesson = {key: torch.cat([batch[key] for batch in batches]) for key in batches[0]}
            files.write(path, safetensors.torch.save(lesson, {"seconds": f"{time.process_time() - begun:.3f}"}))
    found, seconds = [safetensors.torch.load_file(path) for path in paths.values()], 0.0
    for path in paths.values():
        with safetensors.safe_open(path, "pt") as file:
            seconds += float(file.metadata()["seconds"])
    return {key: torch.cat([lesson[key] for lesson in found]) for key in found[0]}, seconds
