"""diffusers' schedulers as an oracle, computing in float64."""

from __future__ import annotations

import importlib

import numpy as np
import torch


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
    snake = {"DDPM": "ddpm", "DDIM": "ddim"}.get(name) or name.removesuffix("Discrete").lower() + "_discrete"
    module = importlib.import_module(f"diffusers.schedulers.scheduling_{snake}")
    monkeypatch.setattr(module, "torch", _Double(torch))
    monkeypatch.setattr(module, "np", _Double(np))
    if name in ("DDPM", "DDIM"):
        config["clip_sample"] = False
    made = getattr(module, f"{name}Scheduler")(**config)
    if made.alphas_cumprod.dtype != torch.float64:
        raise AssertionError("diffusers no longer builds its tables where this oracle expects it")
    return made
