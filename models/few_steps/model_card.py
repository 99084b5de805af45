"""The evaluation of the student of ``distil``, and the card that is written beside its weights."""

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
COUNTS = (1, 2, 4, 8)  # steps in which teacher and student are evaluated
TEXTS, NOISES, VARIED = 4, 20, 4_000_000  # captions of each class and noises of each, to measure the variety; seed


def report(parts: Components, student: Components, n: int, done: list[dict]) -> Iterator[dict]:
    """Yield rows as those of ``fidelity``, n images of each class: by DDIM the teacher, guided, and the student; and
    the end points of the training trajectories.

    ``done`` starts with the rows of the miniature's own ``fidelity.json``, for the limits that define an artefact.
    """
    for scene_class in synthetic.SCENE_CLASSES:
        measured = partial(perfect_student, parts, scene_class, n, fidelity.limits_of(done))
        yield from fidelity.once(done, "fresh", scene_class, n, measured, model="chains", steps=TEACHER_STEPS)
    for name, model, g in (("teacher", parts, OWN_G["miniature"]), ("student", student, 1.0)):
        for steps in COUNTS:
            for scene_class in synthetic.SCENE_CLASSES:
                yield from fidelity.painted(done, model, "fresh", scene_class, n, g, steps, "ddim", model=name)


def perfect_student(parts: Components, scene_class: str, n: int, limits: dict[str, dict[str, float]]) -> dict[str, Any]:
    """The result of a perfect student: n images of a class, decoded from the ends of chains as those of ``dataset``."""
    scenes = fidelity.asked(scene_class, n)
    images = from_pil(latents_to_pil(parts.vae, chain_ends(parts, fidelity.captions(scene_class, scenes))))
    return fidelity.judge(scene_class, scenes, images, limits)


def sampled_latents(parts: Components, g: float, steps: int, text: str) -> Tensor:
    """Latents of ``NOISES`` images of a text, by DDIM."""
    made = generate(parts, [text] * NOISES, g=g, steps=steps, seed=VARIED, sampler="ddim")
    return torch.stack([generated.latents for generated in made])


def chain_ends(parts: Components, texts: list[str]) -> Tensor:
    """The latents in which chains of these texts end, as in the training data."""
    x_T = torch.randn(len(texts), *parts.latent_shape(), generator=torch.Generator().manual_seed(VARIED))
    return chains(parts, tokenize(parts.tokenizer, texts).ids, x_T.to(parts.device))


def variety(parts: Components, latents_of: Callable[[str], Tensor]) -> dict[str, Any]:
    """How much the images of one caption vary.

    ``variance`` is that of the latents over the noises, the mean over captions, channels and positions; ``grounds`` the
    fraction of each ground, which no caption mentions; ``n`` the number of images.
    """
    spread, grounds = [], []
    for number, scene_class in enumerate(synthetic.SCENE_CLASSES):
        scenes = synthetic.sample_scenes(TEXTS, torch.Generator().manual_seed(VARIED + number), scene_class)
        for text in language.describe(scenes):
            latents = latents_of(text)
            spread.append(latents.var(0).mean())
            grounds.append(backgrounds.land_of(from_pil(latents_to_pil(parts.vae, latents))).ground())
    counts = torch.bincount(torch.cat(grounds), minlength=len(synthetic.GROUNDS)).double()
    found = {
        name: round(fraction, 4)
        for name, fraction in zip(synthetic.GROUNDS, (counts / counts.sum()).tolist(), strict=True)
    }
    return {"variance": round(float(torch.stack(spread).mean()), 4), "grounds": found, "n": int(counts.sum())}


def rates(rows: list[dict], model: str, steps: int) -> tuple[float, float, int]:
    """Of all images of a model in some steps: prompt accuracy, artefact-free rate, and the number of images."""
    found = [row for row in rows if row.get("model") == model and row.get("steps") == steps]
    n = sum(row["n"] for row in found)
    accuracy = sum(row["n"] * list(row["prompt_accuracy"].values())[-1] for row in found)
    return accuracy / n, sum(row["n"] * row["artefacts"]["artefact-free"] for row in found) / n, n


def write(parts: Components, student: Components, folder: Path, n: int, rows: list[dict] | None = None) -> None:
    """Evaluate n images of each class that ``rows`` do not hold yet, and write ``fidelity.json`` and the card."""
    record = fingerprint.read_record(folder / RECORD)
    limits = [row for row in fingerprint.read_record(parts.folder / CARD)["rows"] if row["of"] == "limits"]
    done = limits + (rows or [])
    for _ in report(parts, student, n, done):
        pass
    judged = [row for row in done if row["of"] != "limits"]
    made_from = {"weights": parts.fingerprint, "lora": record["files"][FILE]}
    models = {
        "teacher": partial(sampled_latents, parts, OWN_G["miniature"], COUNTS[-1]),
        "student": partial(sampled_latents, student, 1.0, 1),
        "chains": lambda text: chain_ends(parts, [text] * NOISES),
    }
    varied = {name: variety(parts, latents_of) for name, latents_of in models.items()}
    fingerprint.write_record(folder / CARD, made_from, rows=judged, variety=varied)
    files.write(folder / "README.md", card(judged, varied, record))


def card(rows: list[dict], varied: dict[str, dict], record: dict[str, Any]) -> str:
    """The card of the LoRA weights as Markdown: recipe, numbers, hash."""
    made = record["made_from"]
    run, mix = TrainConfig.from_dict(made["train"]), dict(zip(synthetic.SCENE_CLASSES, made["mix"], strict=True))
    errors, minutes, of_chains = made["errors"], made["seconds"] / 60, made["seconds_of_chains"] / 60
    judged = [
        (name, f"{name}, g = {g:g}", k) for name, g in (("teacher", OWN_G["miniature"]), ("student", 1)) for k in COUNTS
    ]
    table = []
    for name, title, k in [*judged, ("chains", "training trajectories", TEACHER_STEPS)]:
        accuracy, artefact_free, n = rates(rows, name, k)
        table.append(f"| {title} | {k} | {100 * accuracy:.1f} | {100 * artefact_free:.1f} | {n} |")
    low, high = ({name: 100 * of(each["grounds"].values()) for name, each in varied.items()} for of in (min, max))
    return f"""# The miniature in few steps

A low-rank update (LoRA) of the miniature's U-Net, with which one evaluation generates an image.
`models.few_steps` loads it.

## Recipe

`models.few_steps.distil.make` trained it from the miniature alone; it saw no image of the dataset.

- {made["chains"]:,} trajectories of the miniature by {made["teacher"]} steps at g = {OWN_G["miniature"]:g},
  from the noise times {made["noise_scale"]:g}. Their captions are of its training distribution, without the held-out
  colour–shape pairs; {100 * mix["patterned"]:.0f} % are of the class patterned and
  {100 * mix["count"]:.0f} % of the class count. The student starts from the noise itself, and sometimes from the end
  point under the same noise ({made["times"]}); its target is the end point.
- Rank {made["rank"]} of all linear layers and convolutions. {run.steps:,} steps of {run.batch_size} with the learning
  rate {run.lr:g}, AdamW, cosine to 0, averaged parameters, {run.precision}. The loss of the latents is a smooth
  absolute error. After {made["sharp"]:,} steps half of each batch also has a target that the teacher computes from
  the prediction itself, noised to half of the times, in two steps; its weight is {made["weight"]:g} times as large.
- In one step its error is {errors["training"]:.3f} on training trajectories, and {errors["held_out"]:.3f}
  on held-out ones.
- {minutes:.1f} minutes of one core, {of_chains:.1f} of them for the trajectories
  ({made["machine"]}).
  Stored as float16.

## Numbers

Percentages of n images, of the six scene classes in equal proportions, fresh scenes and noises, DDIM.
They are evaluated as in the card of the miniature.

| network | steps | prompt accuracy | artefact-free | n |
| --- | --- | --- | --- | --- |
{chr(10).join(table)}

The goal: prompt accuracy 95 %, artefact-free rate 90 %, in one step.

Variety: over {NOISES} noises for each of {TEXTS} captions of a class, the variance of the latents is
{varied["student"]["variance"]:.3f} in one step of the student, {varied["chains"]["variance"]:.3f} at the ends of its
training trajectories, and {varied["teacher"]["variance"]:.3f} in {COUNTS[-1]} steps of the teacher. Of these
{varied["student"]["n"]} images the rarest ground has {low["student"]:.0f} and the most frequent
{high["student"]:.0f} %, of the trajectories' {low["chains"]:.0f} and {high["chains"]:.0f} %, of the teacher's
{low["teacher"]:.0f} and {high["teacher"]:.0f} %.

## Hash

`{FILE}`: sha256 `{record["files"][FILE]}`.
"""
