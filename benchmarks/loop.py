"""What a training loop costs around a small network: steps per second in the plane, on the peer's own network.

smalldiffusion trains its TimeInputMLP by its ``training_loop`` (AdamW) over a DataLoader.  ``train.train`` trains
the same network with the same batch and rate, plus clipping, a check for NaN, and an average of the weights.  The
network takes sigma and x_0 + sigma ε, which our side computes from t and x_t in a wrapper.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from diffusion_lib.data import sample_density
from diffusion_lib.train.loop import TrainConfig, TrainState, train

from .clock import median, ratios, turns
from .options import OURS, Options, line, target
from .recipes import SCHEDULE, SmallDiffusion, contestants

BATCH, ROUNDS, STEPS = 32, 15, 400


class Wrapped(nn.Module):
    """A network of (x_0 + sigma ε, sigma) as a predictor of (x_t, t)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        alpha_bar = SCHEDULE.alpha_bar.double()
        self.register_buffer("stretch", alpha_bar.rsqrt().float()[:, None])
        self.register_buffer("sigma", ((1 - alpha_bar) / alpha_bar).sqrt().float()[:, None])

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        return self.network(self.stretch.index_select(0, t) * x_t, self.sigma.index_select(0, t))


class Plain(nn.Module):
    """Stands in for the peer's network where the peer is left out: seven layers of the same sizes."""

    def __init__(self) -> None:
        super().__init__()
        sizes = (3, 16, 128, 128, 128, 128, 16)
        layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.GELU())]
        self.layers = nn.Sequential(*layers, nn.Linear(16, 2))

    def forward(self, x: Tensor, sigma: Tensor) -> Tensor:
        return self.layers(torch.cat([x, sigma.log() / 2], dim=1))


def measure(options: Options) -> dict:
    contestants(options.peers)
    rounds, calls = int(options.of("rounds", ROUNDS, 2)), 20 if options.quick else STEPS
    data = sample_density("ring", 20_000, seed=1000)
    theirs = SmallDiffusion(data, 0, 0) if options.peers else None
    network = SmallDiffusion(data, 0, 0).network if options.peers else Plain()
    config = TrainConfig(10**6, batch_size=BATCH, lr=1e-3, lr_decay="none", timestep_sampling="uniform")
    steps = {OURS: train(TrainState.create(Wrapped(network), config), data, SCHEDULE, config)}
    if theirs:
        theirs.batch = BATCH
        steps[theirs.name] = theirs.steps()
    seconds = turns({name: _advance(iterator) for name, iterator in steps.items()}, rounds, calls)
    rates = {name: [1 / value for value in values] for name, values in seconds.items()}
    faster = median(ratios(rates[OURS], rates[theirs.name])) if theirs else None
    return {
        "title": "Training steps per second on a small network in the plane",
        "conditions": {"batch": BATCH, "rounds": rounds, "steps in a round": calls},
        "recipes": {OURS: "train.train", **({theirs.name: "training_loop"} if theirs else {})},
        "lines": [line(name, values, "steps/s") for name, values in rates.items()],
        "targets": [target("plane: steps per second over smalldiffusion's", faster, 1.6, less=False)],
    }


def _advance(iterator):
    return lambda: next(iterator)
