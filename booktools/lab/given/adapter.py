"""The data of the laboratory ``adapter``: images of two prompts at each scale of the shipped low-rank update."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from diffusion_lib.runtime import fingerprint
from diffusion_lib.stable_diffusion.autoencoder import from_pil
from diffusion_lib.stable_diffusion.parts import Components, load
from diffusion_lib.stable_diffusion.pipeline import generate
from models.adapters import finetune_data, low_rank, shipped
from models.miniature import FOLDER as MINIATURE
from models.miniature.data import language
from models.miniature.evaluation import fidelity
from pagekit import stored

from .. import graphs, sprites

SCALES = (0.0, 0.5, 1.0, 2.0, 4.0)
NEW, OLD = "a rex on a beach", "a brown dog wearing a red hat on sand"
KNOWN = NEW.replace("rex", "gray rabbit wearing a yellow hat")  # the same in known words
SEED, STEPS, G, SIDE = 0, 20, 2.0, 112


def data() -> dict:
    """The prompts; by scale the two images, their evaluation, and the fractions of the stored runs."""
    name = f"adapted-{fingerprint.sha256_of_file(shipped.FOLDER / shipped.REX)[:8]}"
    kept = stored.read("lora-and-controlnet")
    fractions = [
        [round(float(np.mean(kept.numbers(f"{line}-{f'{s:g}'.replace('.', '-')}"))), 4) for s in SCALES]
        for line in ("new-right", "old-clean")
    ]
    made = json.loads((graphs.kept(name, _write) / "adapted.json").read_text(encoding="utf-8"))
    n = len(kept.runs) * kept.runs[0]["parameters"]["pictures"]
    return {"scales": SCALES, "prompts": [NEW, OLD], "fractions": fractions, "n": n, **made}


def painted(parts: Components, scale: float) -> list:
    """The two images at a scale, from the same noise."""
    adapted = low_rank.applied(shipped.named(parts), shipped.read_rex(), scale)
    with warnings.catch_warnings(action="ignore"):  # "rex" is not a word of the miniature
        return [each.image for each in generate(adapted, [NEW, OLD], g=G, seed=SEED, steps=STEPS)]


def judged(images: list) -> list[str]:
    """ "correct and artefact-free", "correct", "artefact-free" or "neither", for each of the two."""
    limits = fidelity.limits_of(json.loads((MINIATURE / "fidelity.json").read_text(encoding="utf-8"))["rows"])
    found = []
    for prompt, image in zip((KNOWN, OLD), images, strict=True):
        (correct,), (free,) = finetune_data.judge(language.parse(prompt), from_pil([image]), limits["animal"])
        found.append(
            ("neither", "artefact-free", "correct", "correct and artefact-free")[2 * bool(correct) + bool(free)]
        )
    return found


def _write(folder: Path) -> None:
    parts = load("miniature", device="cpu")
    rows = [painted(parts, scale) for scale in SCALES]
    made = {"images": [[_sprite(each) for each in row] for row in rows], "judged": [judged(row) for row in rows]}
    (folder / "adapted.json").write_text(json.dumps(made), encoding="utf-8")


def _sprite(image: Image.Image) -> str:
    return sprites.packed(image.resize((SIDE, SIDE)), "WEBP", quality=82)
