"""The data of the laboratory ``few``: images of teacher and student, and their rates in the record."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from PIL import Image

from diffusion_lib.runtime import fingerprint
from diffusion_lib.stable_diffusion.parts import load
from diffusion_lib.stable_diffusion.pipeline import generate
from models import few_steps
from models.few_steps import model_card

from .. import graphs, sprites

PROMPTS = ("a red circle on sand", "a white dog wearing a red hat", "a blue star above a green heart")
SIDE, QUALITY, SEED = 88, 55, 0


def data() -> dict:
    """Sprites in WebP by model and steps, one for each prompt; prompt accuracy and artefact-free rate in %, and n."""
    rows = fingerprint.read_record(few_steps.FOLDER / "fidelity.json")["rows"]
    rates = {name: {k: model_card.rates(rows, name, k) for k in model_card.COUNTS} for name in ("teacher", "student")}
    shown = {
        name: {k: [round(100 * p, 1), round(100 * q, 1), n] for k, (p, q, n) in each.items()}
        for name, each in rates.items()
    }
    images = json.loads((_kept() / "few.json").read_text(encoding="utf-8"))
    return {"prompts": PROMPTS, "images": images, "rates": shown}


@functools.cache
def _kept() -> Path:
    lora = fingerprint.sha256_of_file(few_steps.FOLDER / few_steps.FILE)[:8]  # the cache knows the miniature's weights
    return graphs.kept(f"few-{lora}", _write)


def _write(folder: Path) -> None:
    parts = load("miniature", device="cpu")
    made = {
        name: {
            k: [_sprite(each.image) for each in generate(model, PROMPTS, g=g, steps=k, seed=SEED, sampler="ddim")]
            for k in model_card.COUNTS
        }
        for name, model, g in (("teacher", parts, 2.0), ("student", few_steps.distilled(parts), 1.0))
    }
    (folder / "few.json").write_text(json.dumps(made), encoding="utf-8")


def _sprite(image: Image.Image) -> str:
    return sprites.packed(image.resize((SIDE, SIDE)), "WEBP", quality=QUALITY, method=6)
