"""How the student of ``distil`` is judged, and the card that is written beside its weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from diffusion_lib.runtime import files, fingerprint
from diffusion_lib.stable_diffusion.autoencoder import from_pil, latents_to_pil
from diffusion_lib.stable_diffusion.parts import Components
from diffusion_lib.stable_diffusion.pipeline import OWN_G, generate
from diffusion_lib.stable_diffusion.prompt import tokenize
from diffusion_lib.stable_diffusion.weights import RECORD
from diffusion_lib.train.config import TrainConfig

from ..miniature.data import backgrounds, language, synthetic
from ..miniature.evaluation import fidelity
from . import FILE
from .targets import TEACHER_STEPS, chains

CARD = "fidelity.json"
COUNTS = (1, 2, 4, 8)  # steps in which teacher and student are judged
TEXTS, NOISES, VARIED = 4, 20, 4_000_000  # captions of each kind and noises of each, that tell the variety; seed


def report(parts: Components, quick: Components, n: int, done: list[dict]) -> Iterator[dict]:
    """Yield rows as those of ``fidelity``, n images of each kind: by DDIM the teacher, guided, and the student; and
    where the chains of the lessons end.

    ``done`` begins with the rows of the miniature's own ``fidelity.json``, for the limits of what is clean.
    """
    for kind in synthetic.KINDS:
        measured = partial(taught, parts, kind, n, fidelity.limits_of(done))
        yield from fidelity.once(done, "fresh", kind, n, measured, model="chains", steps=TEACHER_STEPS)
    for name, model, g in (("teacher", parts, OWN_G["miniature"]), ("student", quick, 1.0)):
        for steps in COUNTS:
            for kind in synthetic.KINDS:
                yield from fidelity.painted(done, model, "fresh", kind, n, g, steps, "ddim", model=name)


def taught(parts: Components, kind: str, n: int, limits: dict[str, dict[str, float]]) -> dict[str, Any]:
    """What a perfect student would paint: n images of a kind from the ends of chains as those of ``lessons``."""
    scenes = fidelity.asked(kind, n)
    images = from_pil(latents_to_pil(parts.vae, ended(parts, fidelity.captions(kind, scenes))))
    return fidelity.judge(kind, scenes, images, limits)


def painted(parts: Components, g: float, steps: int, text: str) -> Tensor:
    """Latents of ``NOISES`` images of a text, by DDIM."""
    made = generate(parts, [text] * NOISES, g=g, steps=steps, seed=VARIED, sampler="ddim")
    return torch.stack([image.latents for image in made])


def ended(parts: Components, texts: list[str]) -> Tensor:
    """Latents in which chains of these texts end, as they are taught."""
    x_T = torch.randn(len(texts), *parts.latent_shape(), generator=torch.Generator().manual_seed(VARIED))
    return chains(parts, tokenize(parts.tokenizer, texts).ids, x_T.to(parts.device))


def variety(parts: Components, latents_of: Callable[[str], Tensor]) -> dict[str, Any]:
    """How unlike the images of one caption are.

    ``variance`` is that of the latents over the noises, the mean over captions, channels and places; ``grounds`` the
    share of each ground, which no caption names; ``n`` the number of images.
    """
    spread, grounds = [], []
    for number, kind in enumerate(synthetic.KINDS):
        scenes = synthetic.sample_scenes(TEXTS, torch.Generator().manual_seed(VARIED + number), kind)
        for text in language.describe(scenes):
            latents = latents_of(text)
            spread.append(latents.var(0).mean())
            grounds.append(backgrounds.land_of(from_pil(latents_to_pil(parts.vae, latents))).ground())
    counts = torch.bincount(torch.cat(grounds), minlength=len(synthetic.GROUNDS)).double()
    found = {
        name: round(share, 4) for name, share in zip(synthetic.GROUNDS, (counts / counts.sum()).tolist(), strict=True)
    }
    return {"variance": round(float(torch.stack(spread).mean()), 4), "grounds": found, "n": int(counts.sum())}


def shares(rows: list[dict], model: str, steps: int) -> tuple[float, float, int]:
    """Of all images of a model in some steps: the share that is right, the share that is clean, and how many."""
    found = [row for row in rows if row.get("model") == model and row.get("steps") == steps]
    n = sum(row["n"] for row in found)
    right = sum(row["n"] * list(row["right"].values())[-1] for row in found)
    return right / n, sum(row["n"] * row["clean"]["clean"] for row in found) / n, n


def write(parts: Components, quick: Components, folder: Path, n: int, rows: list[dict] | None = None) -> None:
    """Judge n images of each kind, as far as ``rows`` do not hold them, and write ``fidelity.json`` and the card."""
    record = fingerprint.read_record(folder / RECORD)
    limits = [row for row in fingerprint.read_record(parts.folder / CARD)["rows"] if row["of"] == "limits"]
    done = limits + (rows or [])
    for _ in report(parts, quick, n, done):
        pass
    judged = [row for row in done if row["of"] != "limits"]
    made_from = {"weights": parts.fingerprint, "addition": record["files"][FILE]}
    ways = {
        "teacher": partial(painted, parts, OWN_G["miniature"], COUNTS[-1]),
        "student": partial(painted, quick, 1.0, 1),
        "chains": lambda text: ended(parts, [text] * NOISES),
    }
    varied = {name: variety(parts, latents_of) for name, latents_of in ways.items()}
    fingerprint.write_record(folder / CARD, made_from, rows=judged, variety=varied)
    files.write(folder / "README.md", card(judged, varied, record))


def card(rows: list[dict], varied: dict[str, dict], record: dict[str, Any]) -> str:
    """The card of the addition as Markdown: recipe, numbers, hash."""
    made = record["made_from"]
    run, mix = TrainConfig.from_dict(made["train"]), dict(zip(synthetic.KINDS, made["mix"], strict=True))
    errors, minutes, of_chains = made["errors"], made["seconds"] / 60, made["seconds_of_chains"] / 60
    judged = [
        (name, f"{name}, g = {g:g}", k) for name, g in (("teacher", OWN_G["miniature"]), ("student", 1)) for k in COUNTS
    ]
    table = []
    for name, told, k in [*judged, ("chains", "chains of the lessons", TEACHER_STEPS)]:
        right, clean, n = shares(rows, name, k)
        table.append(f"| {told} | {k} | {100 * right:.1f} | {100 * clean:.1f} | {n} |")
    low, high = ({name: 100 * of(each["grounds"].values()) for name, each in varied.items()} for of in (min, max))
    return f"""# The miniature in few steps

An addition of low rank to the U-Net of the miniature, with which one call paints an image.
`models.few_steps` loads it.

## Recipe

`models.few_steps.distil.make` made it from the miniature alone; no image of the world was shown.

- {made["chains"]:,} chains of the miniature by {made["teacher"]} steps at g = {OWN_G["miniature"]:g}, from the noise
  times {made["calm"]:g}. Their captions are of its own world, none of the colour–shape pairs that it never saw;
  {100 * mix["patterned"]:.0f} % are of the kind patterned and {100 * mix["count"]:.0f} % of the kind count.
  The student begins from the noise itself, and at times from the chain's end under the same noise ({made["times"]}),
  and is told the end.
- Rank {made["rank"]} of all linear layers and convolutions. {run.steps:,} steps of {run.batch_size} with the learning
  rate {run.lr:g}, AdamW, cosine to 0, averaged parameters, {run.precision}. The error of the latents is the absolute
  one, rounded at 0. After {made["sharp"]:,} steps half of each batch also has an aim that the teacher makes of the
  answer itself, noised to half of the times, in two steps; it weighs {made["weight"]:g} times as much.
- In one step its error is {errors["taught"]:.3f} on chains that it was taught, and {errors["others"]:.3f} on others.
- {minutes:.1f} minutes of one core, {of_chains:.1f} of them for the chains ({made["machine"]}).
  Stored as float16.

## Numbers

In % of n images, of the six kinds in equal shares, fresh scenes and noises, DDIM.
They are judged as in the card of the miniature.

| network | steps | right | clean | n |
| --- | --- | --- | --- | --- |
{chr(10).join(table)}

The goal: right 95 %, clean 90 %, in one step.

Variety: over {NOISES} noises for each of {TEXTS} captions of a kind, the variance of the latents is
{varied["student"]["variance"]:.3f} in one step of the student, {varied["chains"]["variance"]:.3f} where the chains of
its lessons end, and {varied["teacher"]["variance"]:.3f} in {COUNTS[-1]} steps of the teacher. Of these
{varied["student"]["n"]} images the rarest ground has {low["student"]:.0f} and the most frequent
{high["student"]:.0f} %, of the chains' {low["chains"]:.0f} and {high["chains"]:.0f} %, of the teacher's
{low["teacher"]:.0f} and {high["teacher"]:.0f} %.

## Hash

`{FILE}`: sha256 `{record["files"][FILE]}`.
"""
