"""The exercises of the chapter on guidance."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

alpha_t, beta_t = symbols("alpha[t] beta[t]", "unit")
(g,) = symbols("g", "positive")
(h_t,) = symbols("h[t]", "real")

EXERCISES = [
    Exercise(
        "scale-of-a-paper",
        "the guidance scale of the library",
        sp.Rational(13, 10),
        mistakes={
            "this is w itself, which is measured from the prediction for the class": sp.Rational(3, 10),
            "a positive w extrapolates beyond the prediction for the class, so the scale exceeds 1": sp.Rational(7, 10),
        },
    ),
    Exercise(
        "negative-prompt",
        "the factor of the second difference",
        g - 1,
        mistakes={
            "with this factor, the prediction without a prompt does not cancel": g,
            "the question already contains the minus sign of the second difference": 1 - g,
        },
    ),
    Exercise(
        "guided-shift",
        "the shift of the mean",
        beta_t * g * h_t / sp.sqrt(alpha_t),
        mistakes={
            "the step subtracts noise, which contains the gradient with a minus sign, so that the signs cancel": (
                -beta_t * g * h_t / sp.sqrt(alpha_t)
            ),
            "the step divides by the square root of alpha[t], which is missing here": beta_t * g * h_t,
            "this is the shift for g = 1": beta_t * h_t / sp.sqrt(alpha_t),
        },
        relations={beta_t: 1 - alpha_t},
    ),
]
