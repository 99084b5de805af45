"""What a sampler costs beside the network: its time over the sum of the times of its network calls.

Both are taken in the same run, around each call, so that a slow moment counts in both.
"""

from __future__ import annotations

import time

import torch

from diffusion_lib.networks import UNet
from diffusion_lib.sample.ancestral import ddim, ddpm
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.ode import heun, lms

from .clock import median
from .options import Options, line, target
from .recipes import SCHEDULE

ROUNDS, STEPS, BATCH, WIDTH = 5, 50, 8, 48
SAMPLERS = {"ddpm": ddpm, "ddim": ddim, "lms": lms, "heun": heun}


class Timed:
    """A predictor that adds up the processor time of its calls."""

    def __init__(self, network: torch.nn.Module) -> None:
        self.network, self.seconds, self.calls = network, 0.0, 0

    def __call__(self, x_t: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        start = time.process_time()
        eps_hat = self.network(x_t, t)
        self.seconds += time.process_time() - start
        self.calls += 1
        return eps_hat


def overhead(sampler, network: torch.nn.Module, x_T: torch.Tensor, steps: int) -> float:
    """Processor time of a whole run over that of its network calls."""
    timed = Timed(network)
    start = time.process_time()
    last(sampler(timed, x_T, SCHEDULE, steps=steps))
    return (time.process_time() - start) / timed.seconds


def measure(options: Options) -> dict:
    rounds, steps = int(options.of("rounds", ROUNDS, 1)), 4 if options.quick else STEPS
    torch.manual_seed(0)
    network = UNet(channels=1, width=8 if options.quick else WIDTH, T=SCHEDULE.T, alpha_bar=SCHEDULE.alpha_bar)
    network.requires_grad_(False).eval()
    x_T = torch.randn(BATCH, 1, 28, 28)
    values = {name: [] for name in SAMPLERS}
    for _ in range(rounds):
        for name, sampler in SAMPLERS.items():
            values[name].append(overhead(sampler, network, x_T, steps))
    worst = max(median(ratios) for ratios in values.values())
    return {
        "title": "Time of sampling over the sum of its network calls",
        "conditions": {
            "steps": steps,
            "batch": BATCH,
            "image": "1 × 28 × 28",
            "parameters": sum(weight.numel() for weight in network.parameters()),
            "rounds": rounds,
        },
        "recipes": {name: f"diffusion_lib, {name}" for name in SAMPLERS},
        "lines": [line(name, ratios, "×") for name, ratios in values.items()],
        "targets": [target("sampling over its network calls, worst of four samplers", worst, 1.01, less=True)],
    }
