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

from ... import __version__
from ...runtime import files, fingerprint, tables
from ...train.config import TrainConfig
from ..codec import to_pil
from . import fidelity, train_unet, train_vae, world

ARTICLE = "a dog wearing hat"
SCALE, COLUMNS, MARGIN = 2, 8, 14  # of the contact sheet: pixels to a pixel, pictures to a row, height of a caption


def sheet(pipeline: diffusers.StableDiffusionPipeline, path: Path, g: dict[str, float]) -> None:
    """Paint the contact sheet: the article's prompt first, then prompts of each line with its own guidance."""
    texts, pictures = [ARTICLE], list(fidelity.paint(pipeline, [ARTICLE], g["animal"]))
    for line, count in (("single", 15), ("unseen", 8), ("pair", 12), ("animal", 12)):
        asked = world.captions(fidelity.asked(line, count, "trial"))
        texts += asked
        pictures += fidelity.paint(pipeline, asked, g[line], first_seed=1)
    side = world.SIZE * SCALE
    page = Image.new("RGB", (COLUMNS * side, math.ceil(len(texts) / COLUMNS) * (side + MARGIN)), "white")
    pen = ImageDraw.Draw(page)
    for i, (text, picture) in enumerate(zip(texts, to_pil(torch.cat(pictures)), strict=True)):
        x, y = i % COLUMNS * side, i // COLUMNS * (side + MARGIN)
        page.paste(picture.resize((side, side), Image.Resampling.NEAREST), (x, y))
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
    vae, unet = (TrainConfig.from_dict(settings[stage]) for stage in ("vae", "unet"))
    held_out = ", ".join(f"{colour} {shape}" for colour, shape in sorted(world.HELD_OUT))
    n, trial = (next(row["n"] for row in rows if row["of"] == of) for of in ("fresh", "trial"))
    times = ", ".join(f"{name} {spent:.1f}" for name, spent in minutes.items())
    versions = (
        f"PyTorch {torch.__version__}, diffusers {diffusers.__version__}, transformers {transformers.__version__}"
    )
    return f"""# The miniature

Stable Diffusion's parts in small. It paints 64 × 64 pictures of a world of coloured shapes and of animals with hats.
`StableDiffusionPipeline.from_pretrained` loads this folder. Of other models it has CLIP's vocabulary, and nothing else.

## Data

`diffusion_lib.latent.small.world` draws the pictures and their captions: {len(world.SHAPES)} shapes in {len(world.COLOURS)} colours, alone or two in a relation,
and {len(world.ANIMALS)} animals with or without a hat, on {len(world.GROUNDS)} plain grounds. Never seen in training: {held_out}.

## Recipe

`python -m diffusion_lib train-latent --out DIR` trains it from nothing. The seeds of this run were {vae.seed} and {unet.seed}.

- Autoencoder: {vae.steps:,} steps of {vae.batch_size} fresh pictures, learning rate {vae.lr:g}, weight of the KL {train_vae.KL_WEIGHT:g}.
- Text encoder and U-Net: {unet.steps:,} steps of {unet.batch_size}, learning rate {unet.lr:g}, on the latents of {settings["pictures"]:,} pictures,
  {train_unet.DROPPED:.0%} of the captions empty, loss (ε − ε̂)² weighed by min(1 + 1/SNR, {train_unet.LARGEST_WEIGHT:g}).
- Both: AdamW, cosine to 0, averaged parameters, {unet.precision}; stored as float16.
- Minutes of one core: {times}.
- Versions: diffusion_lib {__version__}, {versions}, Python {platform.python_version()}.

## Numbers

Right pictures in %, of {n} fresh ones a line, ± one standard error, by a recogniser that fits the world's renderer to the picture.
It never saw a generated one. "Recogniser" is what it finds in real pictures, "autoencoder" in real ones after encoding and decoding.

{_table(rows)}

50 LMS steps. g is the best of {", ".join(f"{g:g}" for g in fidelity.GUIDANCE)} on {trial} other pictures; 7.5 is Stable Diffusion's.
The autoencoder returns fresh pictures with {_psnr(rows)}.

## Limits

It knows the words of its captions. Any other word has the embedding 0, and the picture is of something else.
Three objects, counts, actions and styles are not in its world.

## Hashes

{_hashes(folder)}
"""  # noqa: E501


def _table(rows: list[dict]) -> str:
    lines = []
    limits = {(row["of"], row["line"]): row["right"] for row in rows if row["of"] in ("recogniser", "autoencoder")}
    for row in (row for row in rows if row["of"] == "fresh"):
        for what, p in row["right"].items():
            most = [f"{100 * limits[of, row['line']][what]:.1f}" for of in ("recogniser", "autoencoder")]
            error = 100 * math.sqrt(p * (1 - p) / row["n"])  # of a share of n
            lines.append([row["line"], what, f"{row['g']:g}", f"{100 * p:.1f} ± {error:.1f}", *most])
    return tables.markdown(["line", "what", "g", "right", "recogniser", "autoencoder"], lines)


def _psnr(rows: list[dict]) -> str:
    return ", ".join(f"{row['right']['psnr']:.1f} dB ({row['line']})" for row in rows if row["of"] == "autoencoder")


def _hashes(folder: Path) -> str:
    files = sorted(folder.rglob("*.safetensors"))
    hashes = [fingerprint.of_file(file) for file in files]
    rows = [
        [f"`{file.relative_to(folder)}`", f"{file.stat().st_size:,}", f"`{value}`"]
        for file, value in zip(files, hashes, strict=True)
    ]
    return tables.markdown(["file", "bytes", "sha256"], rows)
