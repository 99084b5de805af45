"""``python -m benchmarks.roofline MODEL [DEVICE] [DTYPE]``: how near a step of the U-Net is to the machine's best.

The U-Net's floating-point operations are counted, not estimated; the bytes are those of its weights, read once, which
is the least that a step moves.  The machine's two limits are measured beside it, in the same dtype: a large product of
matrices, and a copy of a large tensor.  The roof is the larger of operations over the first and bytes over the second.
One line of JSON is printed, which ``booktools.notebooks.large`` keeps.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

from diffusion_lib.stable_diffusion.parts import load

from .clock import median

ROUNDS = 15


def seconds(work: Callable[[], object], device: torch.device) -> float:
    """The median time of a call, by the clock, when the device has finished it."""
    times = []
    for _ in range(ROUNDS + 2):
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return median(times[2:])  # the first two allocate


@torch.no_grad()
def measure(model: str, device: str, dtype: str) -> dict:
    parts = load(model, device=device, dtype=dtype)
    where, device = {"device": parts.device, "dtype": parts.dtype}, parts.device.type
    x = torch.randn(2, *parts.latent_shape(), **where)
    text = torch.randn(2, 77, parts.text_encoder.config.hidden_size, **where)
    t = torch.tensor([500, 500], device=parts.device)

    def step():
        return parts.unet(x, t, encoder_hidden_states=text, return_dict=False)

    with FlopCounterMode(display=False) as counter:
        step()
    side, long = (8192, 2**28) if device == "cuda" else (1024, 2**24)
    a, b, source = torch.randn(side, side, **where), torch.randn(side, side, **where), torch.zeros(long, **where)
    target = torch.empty_like(source)
    flops = 2 * side**3 / seconds(lambda: a @ b, parts.device)
    bandwidth = 2 * source.nbytes / seconds(lambda: target.copy_(source), parts.device)
    weights = sum(each.nbytes for each in parts.unet.parameters())
    took = seconds(step, parts.device)
    roof = max(counter.get_total_flops() / flops, weights / bandwidth)
    return {
        "model": parts.model,
        "dtype": dtype,
        "ms a step": _short(1e3 * took),
        "GFLOP a step": _short(counter.get_total_flops() / 1e9),
        "MB of weights": _short(weights / 1e6),
        "TFLOP/s of a product": _short(flops / 1e12),
        "GB/s of a copy": _short(bandwidth / 1e9),
        "ms at the roof": _short(1e3 * roof),
        "fraction of the roof": _short(roof / took),
    }


def _short(number: float) -> float:
    return float(f"{number:.3g}")


if __name__ == "__main__":
    given = sys.argv[1:]
    print(json.dumps(measure(*given, *("miniature", "cuda", "float16")[len(given) :])))
