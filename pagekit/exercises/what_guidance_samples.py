"""The exercises of the chapter on what guided samples are."""

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
            "this counts from the class, as w does": (1 + g) * m,
            "this is its position for g = 4; give it for any g": 4 * m,
        },
    ),
    Exercise(
        "variances-at-two",
        "the ratio of the variances",
        (v + d) ** 2 / (v * (v + 2 * d)),
        mistakes={
            "this is the ratio of the standard deviations": (v + d) / sp.sqrt(v * (v + 2 * d)),
            "this is the variance that is aimed at, over that of the class": (v + d) / (v + 2 * d),
            "this is the variance of all data, over that of the class": (v + d) / v,
            "this is the excess over one": d**2 / (v * (v + 2 * d)),
        },
    ),
]
