"""What the laboratory ``adapter`` is given: two prompts painted at each scale of the shipped change of low rank."""

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
SAID = NEW.replace("rex", "gray rabbit wearing a yellow hat")  # the same in words of the world
SEED, STEPS, G, SIDE = 0, 20, 2.0, 112


def data() -> dict:
    """The prompts; by scale the two pictures, what the judge says of them, and the shares of the stored runs."""
    name = f"adapted-{fingerprint.sha256_of_file(shipped.FOLDER / shipped.REX)[:8]}"
    kept = stored.read("adapting")
    shares = [
        [round(float(np.mean(kept.numbers(f"{line}-{f'{s:g}'.replace('.', '-')}"))), 4) for s in SCALES]
        for line in ("new-right", "old-clean")
    ]
    told = json.loads((graphs.kept(name, _write) / "adapted.json").read_text(encoding="utf-8"))
    n = len(kept.runs) * kept.runs[0]["parameters"]["pictures"]
    return {"scales": SCALES, "prompts": [NEW, OLD], "shares": shares, "n": n, **told}


def painted(parts: Components, scale: float) -> list:
    """The two pictures at a scale, from the same noise."""
    adapted = low_rank.applied(shipped.named(parts), shipped.read_rex(), scale)
    with warnings.catch_warnings(action="ignore"):  # "rex" is no word of the miniature's world
        return [each.image for each in generate(adapted, [NEW, OLD], g=G, seed=SEED, steps=STEPS)]


def judged(pictures: list) -> list[str]:
    """Say "right and clean", "right", "clean" or "neither", for each of the two."""
    limits = fidelity.limits_of(json.loads((MINIATURE / "fidelity.json").read_text(encoding="utf-8"))["rows"])
    found = []
    for said, picture in zip((SAID, OLD), pictures, strict=True):
        (right,), (clean,) = finetune_data.judge(language.parse(said), from_pil([picture]), limits["animal"])
        found.append(("neither", "clean", "right", "right and clean")[2 * bool(right) + bool(clean)])
    return found


def _write(folder: Path) -> None:
    parts = load("miniature", device="cpu")
    rows = [painted(parts, scale) for scale in SCALES]
    told = {"pictures": [[_sprite(each) for each in row] for row in rows], "judged": [judged(row) for row in rows]}
    (folder / "adapted.json").write_text(json.dumps(told), encoding="utf-8")


def _sprite(image: Image.Image) -> str:
    return sprites.packed(image.resize((SIDE, SIDE)), "WEBP", quality=82)
