"""Exercises of the chapter loss-weighting."""

from __future__ import annotations

from sympy import Rational, sqrt

from .exercise import Exercise, symbols

(alpha_bar_t,) = symbols("alpha_bar[t]", "unit")
SNR_t, SNR_1, SNR_T, c = symbols("SNR[t] SNR[1] SNR[T] c", "positive")

EXERCISES = (
    Exercise(
        "score-weight",
        "the factor from the noise to the score",
        1 / (1 - alpha_bar_t),
        mistakes={
            "the errors are squared, so the factor between them must be squared as well": 1 / sqrt(1 - alpha_bar_t),
            "this divides by the signal fraction; the score has the noise variance in its denominator": 1 / alpha_bar_t,
            "this converts the error of the noise to that of x_0": (1 - alpha_bar_t) / alpha_bar_t,
        },
    ),
    Exercise(
        "velocity-for-data",
        "the factor from x_0 to v",
        SNR_t + 1,
        mistakes={
            "this is the factor from the noise to v": 1 + 1 / SNR_t,
            "this is the factor from x_0 to the noise": SNR_t,
        },
    ),
    Exercise(
        "telescoped-weights",
        "the sum of the terms",
        c * (SNR_1 - SNR_T) / 2,
        mistakes={
            "the factor 1/2 of the weight is missing": c * (SNR_1 - SNR_T),
            "the order of the two ratios is reversed": c * (SNR_T - SNR_1) / 2,
        },
    ),
    Exercise(
        "last-edge",
        "the probability of the highest level",
        Rational(1, 2),
        mistakes={
            "only if the mean is far above the edge does the highest level receive all of the probability": Rational(1)
        },
    ),
)
