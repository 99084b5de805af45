"""The exercises of the chapter on what guided samples are."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, letters

g, v, d = letters("g v d", "positive")
(m,) = letters("m", "real")

EXERCISES = [
    Exercise(
        "equal-spread",
        "the mean of the tilted density",
        g * m,
        slips={
            "this is the mean of the class, where g = 1": m,
            "this counts from the class, as w does": (1 + g) * m,
            "this is its place for g = 4; give it for any g": 4 * m,
        },
    ),
    Exercise(
        "variances-at-two",
        "the ratio of the variances",
        (v + d) ** 2 / (v * (v + 2 * d)),
        slips={
            "this is the ratio of the standard deviations": (v + d) / sp.sqrt(v * (v + 2 * d)),
            "this is the variance that is aimed at, over that of the class": (v + d) / (v + 2 * d),
            "this is the variance of all data, over that of the class": (v + d) / v,
            "this is the excess over one": d**2 / (v * (v + 2 * d)),
        },
    ),
]
