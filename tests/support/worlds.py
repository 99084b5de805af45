"""What tests of numbers share: draws that repeat, and models that are known exactly."""

from __future__ import annotations

import math

import torch


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def randn(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=seeded(seed), dtype=dtype)


def zero(x_t, t):
    return torch.zeros_like(x_t)


def gaussian_model(schedule, mean=0.0, std=1.0):
    """E[ε | x_t] for data N(mean, std²): √(1 − ᾱ_t) (x_t − √ᾱ_t mean) / (ᾱ_t std² + 1 − ᾱ_t); std = 0: one point."""

    def model(x_t, t):
        alpha_bar = schedule.gather("alpha_bar", t, x_t)
        rest = schedule.gather("one_minus_alpha_bar", t, x_t)
        return rest.sqrt() * (x_t - alpha_bar.sqrt() * mean) / (alpha_bar * std**2 + rest)

    return model


def error_before_the_end(schedule, at):
    """How far a sampler is from the exact flow of data N(0.5, 1) when it visits the time ``at``, by its steps."""
    x_T, model = randn(4, 1), gaussian_model(schedule, 0.5, 1.0)
    shrunk = math.hypot(1, schedule.level(at)) / math.hypot(1, schedule.level(schedule.T))
    exact = 0.5 + shrunk * (x_T / schedule.alpha_bar[-1].sqrt() - 0.5)

    def error(sampler, steps):
        (state,) = (r.x_t for r in sampler(model, x_T, schedule, steps=steps) if r.t == at)
        return float((state / schedule.alpha_bar[at].sqrt() - exact).abs().max())

    return error
