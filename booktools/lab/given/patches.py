"""Data of the laboratory ``patches``: queries and keys of the DiT of shapes, for one image at five timesteps."""

from __future__ import annotations

import base64

import torch
from torch.nn import functional

from diffusion_lib.process import add_noise
from diffusion_lib.stable_diffusion.parts import load
from models import shapes
from models.miniature.data.rendering import render

SHOWN, TIMES, NOISE = 17, (100, 300, 500, 700, 900), 100  # of the held-out images; the seed of the noise
STEPS = 127  # queries and keys are rounded to so many steps on each side of 0


def data() -> dict:
    """The image in 16 × 16 colours, which patches show the shape, and integers times a unit for each timestep."""
    looker, schedule = shapes.load()
    label, place = divmod(SHOWN, len(shapes.HELD_OUT))
    scene = shapes.scenes()[[shapes.SIDE**2 * label + int(shapes.HELD_OUT[place])]]
    image, vae = render(scene), load("miniature", device="cpu").vae
    x_0 = shapes.encode(vae, scene)
    noise = torch.randn(len(shapes.PROMPTS) * len(shapes.HELD_OUT), *x_0.shape[1:], generator=_seeded())[[SHOWN]]
    times = []
    for t in TIMES:
        when = torch.tensor([t])
        q, k = looker.queries_and_keys(add_noise(schedule, x_0, when, noise), when, torch.tensor([label]))[-1]
        units = [float(each.abs().max()) / STEPS for each in (q, k)]
        rounded = (_packed((each / unit).round()) for each, unit in zip((q, k), units, strict=True))
        times.append({"t": t, "q": next(rounded), "k": next(rounded), "unit": units[0] * units[1]})
    small = functional.avg_pool2d(image, 8)[0].flatten(1).T
    colours = ["#" + bytes(((127.5 * (each + 1)).round().int()).tolist()).hex() for each in small]
    on = functional.avg_pool2d(((image - image[:, :, :1, :1]).norm(dim=1) > 0.4).float(), 16) > 0.5
    kept = {"heads": looker.config["heads"], "width": looker.config["width"], "shape": on.flatten().tolist()}
    return {"times": times, "colours": colours, **kept}


def _packed(whole: torch.Tensor) -> str:
    """Whole numbers from −127 to 127, a byte each, in base64."""
    return base64.b64encode(whole.to(torch.int8).numpy().tobytes()).decode()


def _seeded() -> torch.Generator:
    return torch.Generator().manual_seed(NOISE)
