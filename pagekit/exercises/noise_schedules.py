"""Exercises of the chapter noise-schedules."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

(SNR_t,) = symbols("SNR[t]", "positive")
A, b_0, b_1 = symbols("A b_0 b_1", "positive")

EXERCISES = (
    Exercise(
        "fraction-of-snr",
        "the fraction of the variance that is left at this signal-to-noise ratio",
        SNR_t / (1 + SNR_t),
        mistakes={
            "this is the fraction of the noise": 1 / (1 + SNR_t),
            "this solves SNR = ᾱ/(1 + ᾱ)": SNR_t / (1 - SNR_t),
        },
    ),
    Exercise(
        "time-of-an-amount",
        "the time at which the area is A",
        (sp.sqrt(b_0**2 + 2 * b_1 * A) - b_0) / b_1,
        mistakes={
            "this is the time for a constant rate": A / b_0,
            "the area under the rate has b_1 τ²/2": (sp.sqrt(b_0**2 + 4 * b_1 * A) - b_0) / (2 * b_1),
            "this is the other root, a time before the start": (-sp.sqrt(b_0**2 + 2 * b_1 * A) - b_0) / b_1,
        },
    ),
)
