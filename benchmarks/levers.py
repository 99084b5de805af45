"""What makes a step of our U-Net cheaper: number format, memory layout, compiling, and one vector for all parameters.

Two groups, each with its turns.  A pass is forward and backward of the bare network on one batch; compiling is timed by
the clock, because other processes do it.  An update is AdamW and the moving average of the weights.
"""

from __future__ import annotations

import copy
import os
import shutil
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch._inductor import config as inductor

from diffusion_lib.networks import UNet
from diffusion_lib.runtime.device import autocast
from diffusion_lib.train.loop import TrainConfig, TrainState

from .clock import median, ratios, turns
from .options import OURS, Options, line
from .recipes import SCHEDULE

ROUNDS, BATCH, WIDTH, DECAY, LR = 30, 32, 48, 0.995, 1e-3
PASS, UPDATE = "forward and backward", "AdamW and average"


def measure(options: Options) -> dict:
    rounds = int(options.of("rounds", ROUNDS, 2))
    torch.manual_seed(0)
    network = UNet(channels=1, width=8 if options.quick else WIDTH, T=SCHEDULE.T, alpha_bar=SCHEDULE.alpha_bar)
    batch = torch.randn(BATCH, 1, 28, 28), torch.randint(1, SCHEDULE.T + 1, (BATCH,)), torch.randn(BATCH, 1, 28, 28)
    passes = {
        "float32": _pass(network, batch, "float32"),
        "bfloat16": _pass(network, batch, "bfloat16"),
        "bfloat16, channels last": _pass(_channels_last(network), batch, "bfloat16"),
    }
    compiling = None
    if not options.quick and shutil.which(os.environ.get("CXX", "g++")):
        passes["bfloat16, compiled"] = compiled = _pass(torch.compile(copy.deepcopy(network)), batch, "bfloat16")
        start = time.perf_counter()
        with inductor.patch(force_disable_caches=True):  # what an earlier run left would shorten this one
            compiled()
        compiling = time.perf_counter() - start
    seconds = {PASS: turns(passes, rounds), UPDATE: turns(_updates(network), rounds, 1 if options.quick else 10)}
    base = {PASS: "float32", UPDATE: "layer by layer"}
    return {
        "title": "What makes a step cheaper",
        "conditions": {
            "batch": BATCH,
            "image": "1 × 28 × 28",
            "parameters": sum(layer.numel() for layer in network.parameters()),
            "layers": len(list(network.parameters())),
            "rounds": rounds,
            "seconds of compiling": compiling,
        },
        "recipes": {OURS: "predictor.UNet"},
        "lines": [
            line(
                name,
                [1000 * value for value in values],
                "ms",
                of=group,
                ratio=median(ratios(values, times[base[group]])),
            )
            for group, times in seconds.items()
            for name, values in times.items()
        ],
        "targets": [],
    }


def _pass(network: nn.Module, batch: tuple[Tensor, ...], precision: str) -> Callable[[], None]:
    x_t, t, eps = batch
    layers, number_format = list(network.parameters()), autocast(x_t.device, precision)

    def run() -> None:
        with number_format:
            loss = (network(x_t, t) - eps).square().mean()
        torch.autograd.grad(loss, layers)

    return run


def _channels_last(network: nn.Module) -> nn.Module:
    """A copy whose convolutions, and their inputs and outputs, keep the channels of a position adjacent in memory."""
    return copy.deepcopy(network).to(memory_format=torch.channels_last)


def _updates(network: nn.Module) -> dict[str, Callable[[], None]]:
    return {
        "layer by layer": _by_layers(copy.deepcopy(network), foreach=False),
        "lists of layers (foreach)": _by_layers(copy.deepcopy(network), foreach=True),
        f"one vector (fused), {OURS}": _by_vector(copy.deepcopy(network)),
    }


def _by_layers(network: nn.Module, foreach: bool) -> Callable[[], None]:
    layers = list(network.parameters())
    averages = [layer.detach().clone() for layer in layers]
    optimizer = torch.optim.AdamW(layers, LR, foreach=foreach)
    for layer in layers:
        layer.grad = torch.full_like(layer, 1e-3)

    @torch.no_grad()
    def run() -> None:
        optimizer.step()
        if foreach:
            torch._foreach_lerp_(averages, layers, 1 - DECAY)
        else:
            for average, layer in zip(averages, layers, strict=True):
                average.lerp_(layer, 1 - DECAY)

    return run


def _by_vector(network: nn.Module) -> Callable[[], None]:
    state = TrainState.create(network, TrainConfig(1, lr=LR))
    state.parameters.grad = torch.full_like(state.parameters, 1e-3)

    def run() -> None:
        state.optimizer.step()
        state.average.lerp_(state.parameters.detach(), 1 - DECAY)

    return run
