"""What the training loop costs around a U-Net: a step over a bare forward and backward pass of the same network.

A guard: there is nothing to win here.  Steps and bare passes take turns one by one.
"""

from __future__ import annotations

import torch

from diffusion_lib.networks import UNet
from diffusion_lib.train.loop import TrainConfig, TrainState, train

from .clock import median, ratios, turns
from .options import OURS, Options, line, target
from .recipes import SCHEDULE

ROUNDS, BATCH, WIDTH = 60, 16, 48


def measure(options: Options) -> dict:
    rounds = int(options.of("rounds", ROUNDS, 2))
    torch.manual_seed(0)
    network = UNet(channels=1, width=8 if options.quick else WIDTH, T=SCHEDULE.T, alpha_bar=SCHEDULE.alpha_bar)
    data = torch.rand(256, 1, 28, 28) * 2 - 1
    config = TrainConfig(10**6, batch_size=BATCH, lr=1e-5, lr_decay="none")
    state = TrainState.create(network, config)
    steps, layers = train(state, data, SCHEDULE, config), list(network.parameters())
    x_t, eps, t = data[:BATCH], torch.randn(BATCH, 1, 28, 28), torch.randint(1, SCHEDULE.T + 1, (BATCH,))

    def bare() -> None:
        torch.autograd.grad((network(x_t, t) - eps).square().mean(), layers)

    seconds = turns({OURS: lambda: next(steps), "bare": bare}, rounds)
    quotients = ratios(seconds[OURS], seconds["bare"])
    aim = "U-Net: training step over a bare forward and backward pass"
    return {
        "title": "Time of a training step over a bare forward and backward pass",
        "conditions": {
            "batch": BATCH,
            "image": "1 × 28 × 28",
            "parameters": sum(layer.numel() for layer in layers),
            "rounds": rounds,
        },
        "recipes": {OURS: "train.train, float32"},
        "lines": [line(OURS, quotients, "×")],
        "targets": [target(aim, median(quotients), 1.03, less=True)],
    }
