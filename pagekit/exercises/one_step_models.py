"""The exercises of the chapter on distribution matching and one-step models."""

from __future__ import annotations

from .exercise import Exercise, symbols

V, s_G = symbols("V s_G", "positive")
m, mu = symbols("m mu", "real")

EXERCISES = (
    Exercise(
        "resting-mean",
        "the derivative",
        (mu - m) / V,
        mistakes={
            "the sign is wrong: to the right of the data, the divergence increases with mu": (m - mu) / V,
            "the score of the data is divided by its variance": mu - m,
            "this is the derivative for data with mean zero": mu / V,
        },
    ),
    Exercise(
        "resting-scale",
        "the derivative",
        s_G / V - 1 / s_G,
        mistakes={
            "this is the part of the data score alone, which contracts the samples": s_G / V,
            "the sign is wrong: for narrow samples, the divergence decreases with the scale": 1 / s_G - s_G / V,
            "at a sample, the score of the samples is minus z over s, not over the variance": s_G / V - 1 / s_G**2,
        },
    ),
)
