"""diffusers' schedulers as an oracle, computing in float64."""

from __future__ import annotations

import importlib
from fractions import Fraction

import numpy as np
import torch

MODULES = {"DDPM": "ddpm", "DDIM": "ddim", "EulerAncestralDiscrete": "euler_ancestral_discrete"}
MODULES |= {"DPMSolverMultistep": "dpmsolver_multistep", "DPMSolverSinglestep": "dpmsolver_singlestep"}
MODULES |= {"UniPCMultistep": "unipc_multistep"}


class _Double:
    """A module, torch or NumPy, except that its float32 is its float64."""

    def __init__(self, module):
        self.module, self.float32 = module, module.float64

    def __getattr__(self, name):
        return getattr(self.module, name)


def scheduler(monkeypatch, name: str, **config):
    """The scheduler ``name`` of diffusers ("DDPM", "EulerDiscrete", …), whose own code computes in float64.

    For the rest of the test its module sees a torch and a NumPy whose float32 is float64: it builds its tables, and in
    Euler's case casts its state, in float32.
    """
    snake = MODULES.get(name) or name.removesuffix("Discrete").lower() + "_discrete"
    module = importlib.import_module(f"diffusers.schedulers.scheduling_{snake}")
    monkeypatch.setattr(module, "torch", _Double(torch))
    monkeypatch.setattr(module, "np", _Double(np))
    made = getattr(module, f"{name}Scheduler")(**config)
    if made.alphas_cumprod.dtype != torch.float64:
        raise AssertionError("diffusers no longer builds its tables where this oracle expects it")
    return made


def set_times(peer, times):
    """Prepare the peer for as many steps; where its floats went astray (see below), give it our times."""
    type(peer).set_timesteps(peer, len(times))
    chosen = [int(t) + 1 for t in peer.timesteps]
    doubled = times[:1] + [t for t in times[1:] for _ in range(2)]  # Heun looks at each time but the first twice
    expected = doubled if len(times) > 1 and "Heun" in type(peer).__name__ else times
    if chosen == expected:
        return
    assert strays(peer.config.num_train_timesteps, len(times), chosen, expected)
    put_times(peer, expected)


def put_times(peer, times):
    """Let the peer, whose number of steps is set, visit our times."""
    peer.timesteps = torch.tensor(times).to(peer.timesteps.dtype) - 1
    if hasattr(peer, "sigmas"):
        sigmas = ((1 - peer.alphas_cumprod) / peer.alphas_cumprod).sqrt()
        peer.sigmas = torch.cat([sigmas[peer.timesteps.long()], sigmas.new_zeros(1)])


def strays(T, steps, chosen, expected):
    """Whether two lists of times differ by no more than the rounding of a half, and a time too many at the end."""
    exact = [Fraction(T * k, steps) for k in range(steps, 0, -1)]
    halves = {int(time) for time in exact if time.denominator == 2}
    pairs = list(zip(chosen, expected, strict=False))
    return len(pairs) == len(expected) and all(a == b or (min(a, b) in halves and abs(a - b) == 1) for a, b in pairs)
