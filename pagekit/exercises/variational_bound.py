"""Exercises of the chapter variational-bound."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, letters

(T,) = letters("T", "natural")
m, n = letters("m n", "real")
(v,) = letters("v", "positive")

EXERCISES = (
    Exercise(
        "one-random-time",
        "the factor",
        T - 1,
        slips={
            "the sum begins at t = 2": T,
            "the estimate is multiplied by the number of terms, not divided": 1 / (T - 1),
        },
    ),
    Exercise(
        "same-width",
        "the divergence",
        (m - n) ** 2 / (2 * v),
        slips={"a standard deviation stands in the place of the variance": (m - n) ** 2 / (2 * sp.sqrt(v))},
    ),
)
