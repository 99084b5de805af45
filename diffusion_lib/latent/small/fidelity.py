"""Fidelity: how often the miniature paints what the caption says, in the eyes of the recogniser.

A line of the table asks for n fresh scenes of one kind, by captions that say all but the ground, from seeds that the
training never used.  Beside each stands what the recogniser finds in the renderer's own pictures of the same scenes,
which is its own error, and in those pictures after a passage through the autoencoder, which no U-Net can exceed.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from diffusers import StableDiffusionPipeline
from torch import Tensor

from ..codec import psnr
from . import recogniser, world

LINES = {  # kind of scene, held-out pairs
    "single": ("single", False),
    "unseen": ("single", True),
    "pair": ("pair", False),
    "animal": ("animal", False),
}
GUIDANCE = (1.0, 2.0, 3.0, 5.0, 7.5)  # tried for each line; 7.5 is Stable Diffusion's
STEPS = (10, 20, 50, 100)
SEEDS = {"fresh": 2_000_000, "trial": 1_000_000}  # of the noise of picture 0; one less is that of the scenes


def asked(line: str, n: int, seeds: str = "fresh") -> world.Scenes:
    """The scenes that a line asks for; those of "trial" serve to choose g, and have nothing to do with the others."""
    kind, held_out = LINES[line]
    return world.sample_scenes(n, torch.Generator().manual_seed(SEEDS[seeds] - 1), kind, held_out)


@torch.no_grad()
def paint(
    pipeline: StableDiffusionPipeline, captions: list[str], g: float, steps: int = 50, first_seed: int = 0
) -> Iterator[Tensor]:
    """Paint captions with the pipeline itself, in batches of 50: pictures (≤ 50, 3, 64, 64) in [−1, 1].

    Picture i starts from the noise of seed ``first_seed + i``, in whatever batch it is.
    """
    for start in range(0, len(captions), 50):
        texts = captions[start : start + 50]
        streams = [torch.Generator().manual_seed(first_seed + start + i) for i in range(len(texts))]
        options = {"guidance_scale": g, "num_inference_steps": steps, "generator": streams, "output_type": "pt"}
        yield pipeline(texts, **options).images.float().cpu() * 2 - 1


def right(scenes: world.Scenes, pictures: Tensor) -> dict[str, float]:
    """The share of the pictures in which each thing that the scenes ask for is right."""
    return {
        what: float(yes.float().mean()) for what, yes in recogniser.score(scenes, recogniser.read(pictures)).items()
    }


def measure(pipeline: StableDiffusionPipeline, line: str, n: int, g: float, steps: int, seeds: str) -> dict[str, float]:
    """Fidelity of n pictures of a line at guidance g, in so many steps of the pipeline's scheduler."""
    scenes = asked(line, n, seeds)
    pictures = torch.cat(list(paint(pipeline, world.captions(scenes), g, steps, SEEDS[seeds])))
    return right(scenes, pictures)


@torch.no_grad()
def carried(pipeline: StableDiffusionPipeline, pictures: Tensor) -> Tensor:
    """The pictures (n, 3, 64, 64) after encoding to the mean of z, and decoding."""
    vae = pipeline.vae
    parts = [vae.decode(vae.encode(x.to(vae.device)).latent_dist.mean).sample.cpu() for x in pictures.split(64)]
    return torch.cat(parts).clamp(-1, 1)


def report(pipeline: StableDiffusionPipeline, n: int, trial: int, done: list[dict]) -> Iterator[dict]:
    """Yield the rows of the table that are not among ``done``, each as soon as it is measured; ``done`` grows along.

    A row says what it is of (``of``), the line, n, and shares of right pictures by name.  g is chosen for each line on
    ``trial`` pictures; then n fresh ones are painted with it, and of "single" also with 7.5.
    """
    for line in LINES:
        yield from _new(
            done, "recogniser", line, n, lambda line=line: right(asked(line, n), world.render(asked(line, n)))
        )
        yield from _new(done, "autoencoder", line, n, lambda line=line: _ceiling(pipeline, line, n))
        for g in GUIDANCE:
            yield from painted(done, pipeline, "trial", line, trial, g)
        for g in {best(done, line), 7.5} if line == "single" else {best(done, line)}:
            yield from painted(done, pipeline, "fresh", line, n, g)
    for steps in STEPS:
        yield from painted(done, pipeline, "trial", "single", trial, best(done, "single"), steps)


def best(rows: list[dict], line: str) -> float:
    """The g with which most trial pictures of a line are right in everything, the smallest of equals."""
    trials = [row for row in rows if row["of"] == "trial" and row["line"] == line]
    trials = [row for row in trials if row["steps"] == 50 and "trained" not in row]
    return max(trials, key=lambda row: (list(row["right"].values())[-1], -row["g"]))["g"]


def painted(done, pipeline, seeds, line, n, g, steps=50, **conditions) -> Iterator[dict]:
    """Yield a row of ``measure``, unless it is among ``done``."""
    conditions = {"g": g, "steps": steps, **conditions}
    yield from _new(done, seeds, line, n, lambda: measure(pipeline, line, n, g, steps, seeds), **conditions)


def _ceiling(pipeline: StableDiffusionPipeline, line: str, n: int) -> dict[str, float]:
    real = world.render(asked(line, n))
    again = carried(pipeline, real)
    return {"psnr": float(psnr(real, again))} | right(asked(line, n), again)


def _new(done: list[dict], of: str, line: str, n: int, measured, **conditions) -> Iterator[dict]:
    row = {"of": of, "line": line, "n": n, **conditions}
    if row not in [{name: value for name, value in other.items() if name != "right"} for other in done]:
        done.append(row | {"right": measured()})
        yield done[-1]
