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
        mistakes={"L_T is a divergence, too": T - 1, "L_0 is no divergence": T + 1},
    ),
    Exercise(
        "divergence-turned",
        "the divergence",
        (1 + mu**2) / (2 * sigma**2) - sp.Rational(1, 2) + sp.log(sigma),
        mistakes={"this is the divergence the other way round": (mu**2 + sigma**2 - 1) / 2 - sp.log(sigma)},
    ),
    Exercise(
        "noise-of-three-steps",
        "the variance of the merged noise",
        1 - alpha_1 * alpha_2 * alpha_3,
        mistakes={
            "the last noise alone": 1 - alpha_3,
            "what is added early is shrunk later": 3 - alpha_1 - alpha_2 - alpha_3,
        },
    ),
    Exercise(
        "pull-of-the-data",
        "the weight of x_0",
        sp.sqrt(alpha_1) * (1 - alpha_2) / (1 - alpha_1 * alpha_2),
        mistakes={
            "this is the weight of x_2": sp.sqrt(alpha_2) * (1 - alpha_1) / (1 - alpha_1 * alpha_2),
            "the root is over ᾱ_1, the fraction before the step": sp.sqrt(alpha_1 * alpha_2)
            * (1 - alpha_2)
            / (1 - alpha_1 * alpha_2),
        },
    ),
)
