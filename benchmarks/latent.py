"""The overhead of the latent loop: the time of a whole image over the sum of its network calls.

The text encoder, the U-Net and the decoder are timed by hooks around their calls, in the same run; everything else is
the loop: tokens, guidance, sampler, checks, the way to pixels.  diffusers' pipeline runs on the same networks.
"""

from __future__ import annotations

import time

import torch

from diffusion_lib.stable_diffusion.parts import Components, load
from diffusion_lib.stable_diffusion.pipeline import generate

from .clock import median
from .options import OURS, Options, line, target

ROUNDS, STEPS, G = 5, 50, 7.5
PROMPTS = ["a dog wearing hat"] * 4


class Timer:
    """Adds up the processor time inside of some networks; ``ratio`` is a whole run's time over that."""

    def __init__(self, *networks: torch.nn.Module) -> None:
        self.seconds, self.start = 0.0, 0.0
        for network in networks:
            network.register_forward_pre_hook(self._before)
            network.register_forward_hook(self._after)

    def _before(self, *call) -> None:
        self.start = time.process_time()

    def _after(self, *call) -> None:
        self.seconds += time.process_time() - self.start

    def ratio(self, run) -> float:
        self.seconds, start = 0.0, time.process_time()
        run()
        return (time.process_time() - start) / self.seconds


def published(parts: Components):
    """diffusers' pipeline on the same networks, with its own LMS."""
    from diffusers import LMSDiscreteScheduler, StableDiffusionPipeline

    settings = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
    networks = parts.vae, parts.text_encoder, parts.tokenizer, parts.unet
    pipe = StableDiffusionPipeline(
        *networks, LMSDiscreteScheduler(**settings), None, None, requires_safety_checker=False
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


def measure(options: Options, model: str = "miniature") -> dict:
    rounds, steps = int(options.of("rounds", ROUNDS, 1)), 4 if options.quick else STEPS
    parts = load(model, device="cpu")
    timer = Timer(parts.text_encoder, parts.unet, parts.vae.post_quant_conv, parts.vae.decoder)
    settings = {"g": G, "seed": 0, "steps": steps, "sampler": "lms"}
    contestants = {
        OURS: lambda: generate(parts, PROMPTS, **settings),
        f"{OURS}, one image": lambda: generate(parts, PROMPTS[0], **settings),
    }
    if options.peers:
        pipe = published(parts)
        contestants["diffusers"] = lambda: pipe(PROMPTS, num_inference_steps=steps, guidance_scale=G)
    values = {name: [] for name in contestants}
    for run in contestants.values():
        run()  # the first call also allocates
    for _ in range(rounds):
        for name, run in contestants.items():
            values[name].append(timer.ratio(run))
    return {
        "title": "Time of images from prompts over the sum of their network calls",
        "conditions": {
            "steps": steps,
            "batch": len(PROMPTS),
            "g": G,
            "model": parts.model,
            "image": f"3 × {parts.dim} × {parts.dim}",
            "parameters": sum(weight.numel() for weight in parts.unet.parameters()),
            "rounds": rounds,
        },
        "recipes": {
            OURS: "diffusion_lib.stable_diffusion, lms",
            "diffusers": "StableDiffusionPipeline, LMSDiscreteScheduler",
        },
        "lines": [line(name, ratios, "×") for name, ratios in values.items()],
        "targets": [target("images from prompts over their network calls", median(values[OURS]), 1.01, less=True)],
    }
