"""Exercises of the appendix handwritten."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

(T,) = symbols("T", "natural")
(mu,) = symbols("mu", "real")
(sigma,) = symbols("sigma", "positive")
alpha_1, alpha_2, alpha_3 = symbols("alpha[1] alpha[2] alpha[3]", "unit")

EXERCISES = (
    Exercise(
        "count-of-divergences",
        "the number of divergences",
        T,
        mistakes={"L_T is also a divergence": T - 1, "L_0 is not a divergence": T + 1},
    ),
    Exercise(
        "divergence-turned",
        "the divergence",
        (1 + mu**2) / (2 * sigma**2) - sp.Rational(1, 2) + sp.log(sigma),
        mistakes={"this is the divergence in the other direction": (mu**2 + sigma**2 - 1) / 2 - sp.log(sigma)},
    ),
    Exercise(
        "noise-of-three-steps",
        "the variance of the merged noise",
        1 - alpha_1 * alpha_2 * alpha_3,
        mistakes={
            "this is the variance of the last noise term alone": 1 - alpha_3,
            "noise that is added early is scaled down by the later steps": 3 - alpha_1 - alpha_2 - alpha_3,
        },
    ),
    Exercise(
        "pull-of-the-data",
        "the weight of x_0",
        sp.sqrt(alpha_1) * (1 - alpha_2) / (1 - alpha_1 * alpha_2),
        mistakes={
            "this is the weight of x_2": sp.sqrt(alpha_2) * (1 - alpha_1) / (1 - alpha_1 * alpha_2),
            "this has the square root of ᾱ_2, but that of ᾱ_1, the value before the step, is needed": (
                sp.sqrt(alpha_1 * alpha_2) * (1 - alpha_2) / (1 - alpha_1 * alpha_2)
            ),
        },
    ),
)
