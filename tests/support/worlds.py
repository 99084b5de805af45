"""What tests of numbers share: draws that repeat, and denoisers that are known exactly."""

from __future__ import annotations

import torch


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def randn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=seeded(seed), dtype=dtype)


def zero(x_t, t):
    return torch.zeros_like(x_t)


def gaussian_denoiser(schedule, mean=0.0, std=1.0):
    """E[ε | x_t] for data N(mean, std²): √(1 − ᾱ_t) (x_t − √ᾱ_t mean) / (ᾱ_t std² + 1 − ᾱ_t); std = 0: one point."""

    def denoiser(x_t, t):
        alpha_bar = schedule.gather("alpha_bar", t, x_t)
        rest = schedule.gather("one_minus_alpha_bar", t, x_t)
        return rest.sqrt() * (x_t - alpha_bar.sqrt() * mean) / (alpha_bar * std**2 + rest)

    return denoiser
