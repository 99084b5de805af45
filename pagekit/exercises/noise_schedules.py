"""Exercises of the chapter noise-schedules."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

(SNR_t,) = symbols("SNR[t]", "positive")
A, b_0, b_1 = symbols("A b_0 b_1", "positive")

EXERCISES = (
    Exercise(
        "fraction-of-snr",
        "the signal variance at this signal-to-noise ratio",
        SNR_t / (1 + SNR_t),
        mistakes={
            "this is the noise variance": 1 / (1 + SNR_t),
            "this solves SNR = ᾱ/(1 + ᾱ)": SNR_t / (1 - SNR_t),
        },
    ),
    Exercise(
        "time-of-an-amount",
        "the time at which the area under the rate is A",
        (sp.sqrt(b_0**2 + 2 * b_1 * A) - b_0) / b_1,
        mistakes={
            "this is the time for the constant rate b_0": A / b_0,
            "the linear part of the rate contributes b_1 τ²/2 to the area, not b_1 τ²": (
                sp.sqrt(b_0**2 + 4 * b_1 * A) - b_0
            )
            / (2 * b_1),
            "this is the negative root of the quadratic equation, a time before the start": (
                -sp.sqrt(b_0**2 + 2 * b_1 * A) - b_0
            )
            / b_1,
        },
    ),
)
