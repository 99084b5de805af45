"""The exercises of the chapter on what guidance really samples."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

g, v, d = symbols("g v d", "positive")
(m,) = symbols("m", "real")

EXERCISES = [
    Exercise(
        "equal-spread",
        "the mean of the tilted density",
        g * m,
        mistakes={
            "this is the mean of the class, where g = 1": m,
            "this formula measures the scale as w does, with w = 0 for no guidance": (1 + g) * m,
            "this is the mean for g = 4; give it for any g": 4 * m,
        },
    ),
    Exercise(
        "variances-at-two",
        "the ratio of the variances",
        (v + d) ** 2 / (v * (v + 2 * d)),
        mistakes={
            "this is the ratio of the standard deviations": (v + d) / sp.sqrt(v * (v + 2 * d)),
            "this is the variance of the tilted density, divided by that of the class": (v + d) / (v + 2 * d),
            "this is the variance of all data, divided by that of the class": (v + d) / v,
            "this is the ratio minus one": d**2 / (v * (v + 2 * d)),
        },
    ),
]
