"""The model card and the contact sheet, which a training run writes beside the weights."""

from __future__ import annotations

import io
import math
import platform
from pathlib import Path

import diffusers
import torch
import transformers
from PIL import Image, ImageDraw

from diffusion_lib import __version__
from diffusion_lib.runtime import files, fingerprint, tables
from diffusion_lib.stable_diffusion.autoencoder import to_pil
from diffusion_lib.stable_diffusion.parts import Components
from diffusion_lib.stable_diffusion.pipeline import SAMPLER, STEPS
from diffusion_lib.train.config import TrainConfig

from ..data import language, synthetic
from ..data.forms import ANIMALS, PATTERNS, SHAPES
from ..training import train_unet, train_vae
from . import fidelity

ARTICLE = "a dog wearing hat"
COLUMNS, MARGIN = 8, 14  # of the contact sheet: images to a row, height of a caption
SHEET = (
    ("single", 7),
    ("unseen", 8),
    ("patterned", 8),
    ("pair", 8),
    ("on", 8),
    ("count", 8),
    ("animal", 8),
    ("words", 8),
    ("ground", 8),
)


def prompts() -> list[list[str]]:
    """The prompts of the contact sheet in its order: the article's, then those of each line."""
    return [[ARTICLE], *(fidelity.captions(line, fidelity.asked(line, n, "trial")) for line, n in SHEET)]


def sheet(parts: Components, path: Path, g: float) -> None:
    """Generate the contact sheet at the default setting: the article's prompt first, then prompts of each line."""
    groups = prompts()
    texts = [text for group in groups for text in group]
    images = [x for i, group in enumerate(groups) for x in fidelity.paint(parts, group, g, seed=int(i > 0))]
    side = synthetic.SIZE
    page = Image.new("RGB", (COLUMNS * side, math.ceil(len(texts) / COLUMNS) * (side + MARGIN)), "white")
    pen = ImageDraw.Draw(page)
    for i, (text, image) in enumerate(zip(texts, to_pil(torch.cat(images)), strict=True)):
        x, y = i % COLUMNS * side, i // COLUMNS * (side + MARGIN)
        page.paste(image, (x, y))
        pen.text((x + 2, y + side + 1), _short(pen, text, side - 4), fill="black")
    drawn = io.BytesIO()
    page.save(drawn, format="png", optimize=True)
    files.write(path, drawn.getvalue())


def _short(pen: ImageDraw.ImageDraw, text: str, width: int) -> str:
    text = text.replace("to the ", "")
    while pen.textlength(text) > width:
        text = text[:-2] + "…"
    return text


def card(folder: Path, rows: list[dict], settings: dict, minutes: dict[str, float]) -> str:
    """Return the model card as Markdown: data, recipe, numbers, limits, hashes."""
    vae, sharp = (TrainConfig.from_dict(settings[run]) for run in ("vae", "sharp"))
    runs = [TrainConfig.from_dict(settings[run]) for run in train_unet.MIXES]
    unet = runs[0]
    held_out = ", ".join(f"{colour} {shape}" for colour, shape in sorted(synthetic.HELD_OUT))
    n, trial = (next(row["n"] for row in rows if row["of"] == of) for of in ("fresh", "trial"))
    g = fidelity.best(rows)
    times = ", ".join(f"{name} {spent:.1f}" for name, spent in minutes.items())
    versions = (
        f"PyTorch {torch.__version__}, diffusers {diffusers.__version__}, transformers {transformers.__version__}"
    )
    return f"""# The miniature

Stable Diffusion's parts in small. It generates 128 × 128 images of coloured shapes and of animals with hats.
`StableDiffusionPipeline.from_pretrained` loads this folder. From other models it takes only CLIP's vocabulary.

## Data

`models.miniature` renders the images and writes their captions: {len(SHAPES)} shapes in {len(synthetic.COLOURS)} colours, alone and plain or, if large, with one of {len(PATTERNS)} patterns,
two in a relation, one on another, two to four equal ones; and {len(ANIMALS)} animals with or without a hat; on {len(synthetic.GROUNDS)} grounds, of which two have a horizon.
A word that has synonyms is one of them in {language.OTHER_WORD:.0%} of the captions, and the order is another in {language.OTHER_ORDER:.0%}. Held out of training: {held_out}.

## Recipe

`python -m diffusion_lib train-latent --out DIR` trains it from scratch. The seeds of this run were {_listed(vae.seed, sharp.seed, *(run.seed for run in runs))}.

- Autoencoder: {vae.steps + sharp.steps:,} steps of {vae.batch_size} fresh images, weight of the KL {train_vae.KL_WEIGHT:g}: {vae.steps:,} with the squared error, learning rate {vae.lr:g};
  {sharp.steps:,} with the absolute error times {train_vae.ABSOLUTE_WEIGHT:g}, learning rate {sharp.lr:g}.
- Text encoder and U-Net: {len(runs)} runs of {_listed(*(f"{run.steps:,}" for run in runs))} steps of {unet.batch_size}, learning rates {_listed(*(f"{run.lr:g}" for run in runs))},
  each from the average of the one before, on the latents of {settings["images"]:,} other images;
  {train_unet.LABEL_DROPOUT:.0%} of the captions empty, loss (ε − ε̂)² weighted by min(1 + 1/SNR, {train_unet.LARGEST_WEIGHT:g}).
- Both: AdamW, cosine to 0, averaged parameters, {unet.precision}; stored as float16.
- Minutes of one core: {times}.
- Versions: diffusion_lib {__version__}, {versions}, Python {platform.python_version()}.

## Numbers

Percentages of {n} fresh images a line, ± one standard error, at the default setting of the command `image`: {SAMPLER}, {STEPS} steps, g = {g:g}.
The automatic evaluator fits the renderer to the image; it was never tuned on a generated one. "Evaluator" is its result on real images,
"autoencoder" on real ones after encoding and decoding, both of {trial}. Unseen are colour–shape pairs that no training image showed; in "ground" the captions name the ground,
and "words" covers all classes with the ground, in synonyms and other orders.

{_table(rows)}

{_goal(rows)}

Artefact-free means: nothing else on the ground, edges as sharp as the decoder allows, no stain inside, as many pieces as forms; `artefact_metrics` defines the measures.
The limits are the residuals of 99 of 100 real images of a class after decoding, plus a barely visible margin. Ears are counted where they differ from their ground.

With other settings, of {trial} trial images each. The g of the table is the one with which most of these are correct and artefact-free.

{_settings(rows)}

`ddpm` draws fresh noise in each step. `ddim` and `lms`, the sampler of Gumaan (2024), draw none: they are the orders one and four of one family; g = 7.5 is Stable Diffusion's.
A stiff flow makes a high-order method unstable; the network is not the cause: see the chapter on multistep methods.
The autoencoder returns fresh images with {_psnr(rows)}.

## Limits

It knows {len(language.vocabulary()) - 1} words and the comma. Any other word has the embedding 0: `image` names it and generates no image.
Five objects, two animals, actions and styles are not in its training data.

## Hashes

{_hashes(folder)}
"""  # noqa: E501


def _listed(*each: object) -> str:
    """All of them, with commas and an "and"."""
    *first, last = map(str, each)
    return f"{', '.join(first)} and {last}"


def _table(rows: list[dict]) -> str:
    lines = []
    limits = {(row["of"], row["line"]): row for row in rows if row["of"] in ("evaluator", "autoencoder")}
    for row in (row for row in rows if row["of"] == "fresh"):
        real, coded = (_asked(limits[of, row["line"]]) for of in ("evaluator", "autoencoder"))
        for what, (p, n) in _asked(row).items():
            lines.append(
                [row["line"], what, _percent(p, n), f"{100 * real[what][0]:.1f}", f"{100 * coded[what][0]:.1f}"]
            )
    return tables.markdown(["line", "what", "%", "evaluator", "autoencoder"], lines)


def _asked(row: dict) -> dict[str, tuple[float, int]]:
    """Each fraction of a row, and of how many images."""
    found = row["prompt_accuracy"] | {
        what: row["artefacts"][what] for what in ("artefact-free", "correct and artefact-free", "unknown")
    }
    ears = {"both ears": (row["ears"]["both"], row["ears"]["n"])} if "ears" in row else {}
    return {what: (p, row["n"]) for what, p in found.items() if what != "psnr"} | ears


def _percent(p: float, n: int) -> str:
    """In %, with one standard error of a fraction of n."""
    return f"{100 * p:.1f} ± {100 * math.sqrt(p * (1 - p) / max(n, 1)):.1f}"


def _goal(rows: list[dict]) -> str:
    goal = f"The goal: correct and artefact-free {fidelity.GOAL:.0%}, of unseen pairs {fidelity.UNSEEN_GOAL:.0%}."
    below = ", ".join(f"{line} ({100 * p:.1f} %)" for line, p in fidelity.below_goal(rows).items())
    return f"{goal} Not reached: {below}." if below else f"{goal} Every line reaches it."


def _settings(rows: list[dict]) -> str:
    tried = [row for row in rows if row["of"] == "trial" and "trained" not in row]
    lines = [
        [row["line"], row["sampler"], str(row["steps"]), f"{row['g']:g}"]
        + [
            _percent(p, row["n"])
            for p in (list(row["prompt_accuracy"].values())[-1], row["artefacts"]["artefact-free"])
        ]
        for row in tried
    ]
    return tables.markdown(["line", "sampler", "steps", "g", "prompt accuracy", "artefact-free"], lines)


def _psnr(rows: list[dict]) -> str:
    return ", ".join(
        f"{row['prompt_accuracy']['psnr']:.1f} dB ({row['line']})" for row in rows if row["of"] == "autoencoder"
    )


def _hashes(folder: Path) -> str:
    files = sorted(folder.rglob("*.safetensors"))
    hashes = [fingerprint.sha256_of_file(file) for file in files]
    rows = [
        [f"`{file.relative_to(folder)}`", f"{file.stat().st_size:,}", f"`{value}`"]
        for file, value in zip(files, hashes, strict=True)
    ]
    return tables.markdown(["file", "bytes", "sha256"], rows)
