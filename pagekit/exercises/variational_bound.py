"""Exercises of the chapter variational-bound."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

(T,) = symbols("T", "natural")
m, n = symbols("m n", "real")
(v,) = symbols("v", "positive")

EXERCISES = (
    Exercise(
        "one-random-time",
        "the factor",
        T - 1,
        mistakes={
            "the sum begins at t = 2": T,
            "the estimate is multiplied by the number of terms, not divided": 1 / (T - 1),
        },
    ),
    Exercise(
        "same-width",
        "the divergence",
        (m - n) ** 2 / (2 * v),
        mistakes={"a standard deviation is used instead of the variance": (m - n) ** 2 / (2 * sp.sqrt(v))},
    ),
)
