"""Data of the laboratory that generates images: the miniature's graphs and weights, its words, and a first image."""

from __future__ import annotations

import base64
import functools
import gzip
import io
import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from diffusion_lib import __version__
from diffusion_lib.registry import SAMPLERS, Sampler
from diffusion_lib.stable_diffusion.autoencoder import latents_to_pil, to_pil
from diffusion_lib.stable_diffusion.parts import Components, load
from diffusion_lib.stable_diffusion.pipeline import generate
from diffusion_lib.stable_diffusion.weights import fingerprint
from models.miniature import FOLDER as MINIATURE
from models.miniature.data.forms import SHAPES
from models.miniature.data.language import rules, vocabulary
from models.miniature.data.rendering import render
from models.miniature.data.synthetic import GROUNDS, NAMES, SLOTS, Scenes

from .. import graphs, npm

RUNTIME = "onnxruntime-web"
SCRIPT, PROGRAM = "dist/ort.wasm.bundle.min.mjs", "dist/ort-wasm-simd-threaded.wasm"
FIRST = {"prompt": "a white dog wearing a red hat", "seed": 3}
EXAMPLES = (
    "two yellow stars on sand",
    "a blue heart above a red square",
    "a large striped green circle",
    "a shiny purple diamond on grass",
    "a brown rabbit wearing a yellow hat in a meadow",
    "on a beach, a black cat wearing a hat",
)
PAINTS = ("ddpm", "ddim", "euler", "heun", "lms", "dpm++")  # the samplers of samplers.js
VENDOR, MADE, LICENCE = f"vendor/{RUNTIME}", "made/picture", "LICENCE.txt"


def data() -> dict:
    """What the page knows before anything is loaded."""
    first, files = json.loads((_first() / "first.json").read_text(encoding="utf-8")), _loaded()
    return {
        "files": files,
        "megabytes": round(sum(each["packed"] for each in files) / 1e6),
        "rules": rules(),
        "samplers": {name: _title(SAMPLERS[name]) for name in PAINTS},
        "parameters": {**_constant(), "model": "miniature", "fingerprint": fingerprint(MINIATURE)},
        **first,
    }


def _title(sampler: Sampler) -> str:
    return sampler.title if sampler.nfe == 1 else f"{sampler.title}, NFE {sampler.nfe} per step"


def files() -> dict[str, Path]:
    """What is copied into ``_static/lab``: the runtime with its licence, the graphs, the weights."""
    made, runtime = graphs.graphs(), npm.package(RUNTIME, [SCRIPT, PROGRAM])
    own = {f"{MADE}/{path.name}": path for path in sorted(made.iterdir())}
    beside = {f"{VENDOR}/{name}": _first() / name for name in ("ort.wasm.gz", LICENCE)}
    return own | beside | {f"{VENDOR}/ort.js": runtime / SCRIPT}  # every host serves what ends in .js as a script


def _loaded() -> list[dict]:
    """The files that a click loads: name, place, bytes on the way and unpacked."""
    listed = []
    for place, path in files().items():
        name = path.name.removesuffix(".gz")
        if name.endswith((".onnx", ".safetensors", "merges.txt", ".wasm")):
            size = int.from_bytes(path.read_bytes()[-4:], "little") if path.suffix == ".gz" else path.stat().st_size
            listed.append({"name": name, "place": place, "packed": path.stat().st_size, "size": size})
    return listed


def _constant() -> dict:
    """The parameters of an image that no control changes."""
    return {"dim": 128, "save_int": 0, "dtype": "float32", "library": __version__, "index": 0} | {
        "decoded_in": "float32", "safety": "absent", "dropped_tokens": 0, "dropped_text": "",
    }  # fmt: skip


@functools.cache
def _first() -> Path:
    return graphs.kept("first", _write)


def _write(folder: Path) -> None:
    parts = load("miniature", device="cpu")
    (made,) = generate(parts, FIRST["prompt"], seed=FIRST["seed"])
    changes = negated(parts, made.latents)
    drawn = io.BytesIO()
    made.image.save(drawn, "PNG", optimize=True)
    scene = io.BytesIO()
    to_pil(render(scene_to_begin_from()))[0].save(scene, "PNG", optimize=True)
    told = {
        "begins": {name: made.parameters[name] for name in ("prompt", "g", "seed", "steps", "sampler")},
        "first": base64.b64encode(drawn.getvalue()).decode(),
        "scene": base64.b64encode(scene.getvalue()).decode(),
        "words": vocabulary(),
        "examples": EXAMPLES,
        "network": {
            "latents": parts.latent_shape(),
            "side": parts.dim,
            "width": parts.unet.config.cross_attention_dim,
            "schedule": parts.schedule.name,
            "T": parts.schedule.T,
            "strongest": 1 + max(range(len(changes)), key=changes.__getitem__),
        },
    }
    (folder / "first.json").write_text(json.dumps(told), encoding="utf-8")
    program = npm.package(RUNTIME, [PROGRAM]) / PROGRAM
    (folder / "ort.wasm.gz").write_bytes(gzip.compress(program.read_bytes(), 6, mtime=0))
    (folder / LICENCE).write_text(npm.licence(RUNTIME), encoding="utf-8")


def scene_to_begin_from() -> Scenes:
    """A red circle on sand, left of the middle."""
    first, none, neither = torch.arange(SLOTS) == 0, torch.full((1, SLOTS), -1), torch.tensor([-1])
    form, colour = none.where(~first, SHAPES.index("circle")), none.where(~first, NAMES.index("red"))
    centre, radius = first[None, :, None] * torch.tensor([48.0, 72.0]), 27.0 * first[None]
    ground = torch.tensor([tuple(GROUNDS).index("sand")])
    return Scenes(form, colour, none, none, centre, radius, ground, torch.zeros(1), neither, neither)


def negated(parts: Components, latents: Tensor) -> list[float]:
    """The mean change of the decoded image, in grey levels, when one channel of the latents is negated."""
    signs = 1 - 2 * torch.eye(len(latents))[:, :, None, None]
    plain, *others = latents_to_pil(parts.vae, torch.cat([latents[None], signs * latents]))
    return [float(np.abs(np.int16(other) - np.int16(plain)).mean()) for other in others]
