"""Images per second of training at about a million parameters, and whether bfloat16 costs quality.

Speed: the contestants of ``image_peers`` take turns.  Quality: our network trained for the same number of steps in
bfloat16 and in float32, from the same seeds, both evaluated in float32 by the loss on held-out images and fixed noise.
"""

from __future__ import annotations

import torch

from diffusion_lib.data import fashion_mnist
from diffusion_lib.train.loop import eps_loss

from .clock import median, ratios, turns
from .image_peers import DenoisingDiffusionPytorch, Diffusers, Float32, Ours
from .options import OURS, Options, line, target
from .recipes import SCHEDULE

LUCIDRAINS = DenoisingDiffusionPytorch.name
ROUNDS, STEPS, SEEDS, LEARN, WIDTH = 7, 4, 3, 250, 16


def measure(options: Options) -> dict:
    rounds, seeds = int(options.of("rounds", ROUNDS, 1)), int(options.of("seeds", SEEDS, 1))
    learn, held_out = (3, 64) if options.quick else (LEARN, 2000)
    data, test = fashion_mnist("train")[:5000], fashion_mnist("test")[:held_out]
    peers = (Diffusers, DenoisingDiffusionPytorch) if options.peers else ()
    contestants = {recipe.name: recipe(data) for recipe in (Ours, Float32, *peers)}
    calls = 1 if options.quick else STEPS
    images = {name: contestant.step() for name, contestant in contestants.items()}
    seconds = turns({name: contestant.step for name, contestant in contestants.items()}, rounds, calls)
    rates = {name: [images[name] / value for value in values] for name, values in seconds.items()}
    over = {recipe.name: median(ratios(rates[OURS], rates[recipe.name])) for recipe in peers}
    losses = _quality(data, test, seeds, learn, 8 if options.quick else WIDTH)
    worse = median([100 * (a / b - 1) for a, b in zip(losses["bfloat16"], losses["float32"], strict=True)])
    return {
        "title": "Images per second of training, and what bfloat16 costs",
        "conditions": {
            "image": "1 × 28 × 28, Fashion-MNIST",
            "parameters": {name: contestant.parameters for name, contestant in contestants.items()},
            "rounds": rounds,
            "steps in a round": calls,
            "quality": {"steps": learn, "seeds": seeds, "width": WIDTH, "held out": held_out},
        },
        "recipes": {recipe.name: recipe.source for recipe in (Ours, Float32, *peers)},
        "lines": [line(name, values, "images/s") for name, values in rates.items()],
        "quality": [line(name, values, "loss") for name, values in losses.items()],
        "targets": [
            target("images per second over diffusers' example", over.get(Diffusers.name), 1.6, less=False),
            target("images per second over denoising-diffusion-pytorch", over.get(LUCIDRAINS), 3, less=False),
            target("loss of bfloat16 above that of float32, in percent", worse, 1, less=True),
        ],
    }


def _quality(data, test, seeds: int, steps: int, width: int) -> dict[str, list[float]]:
    """The held-out loss of the averaged weights, for each precision and seed."""
    generator = torch.Generator().manual_seed(4000)
    eps = torch.randn(test.shape, generator=generator)
    t = torch.arange(len(test)) * SCHEDULE.T // len(test) + 1
    losses = {"float32": [], "bfloat16": []}
    for seed in range(seeds):
        for precision, values in losses.items():
            contestant = Ours(data, width, precision, seed)
            for _ in range(steps):
                contestant.step()
            values.append(_loss(contestant.state.ema_model(), test, t, eps))
    return losses


@torch.no_grad()
def _loss(predictor, *tensors: torch.Tensor) -> float:
    """L_simple over x_0, t and eps, in parts that fit a cache."""
    parts = zip(*(tensor.split(250) for tensor in tensors), strict=True)
    return sum(float(eps_loss(predictor, SCHEDULE, *part)) * len(part[0]) for part in parts) / len(tensors[0])
