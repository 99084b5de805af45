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
        "the scale that the library wants",
        sp.Rational(13, 10),
        mistakes={
            "this is w itself, which counts from the model of the class": sp.Rational(3, 10),
            "w counts up from the model of the class, not down": sp.Rational(7, 10),
        },
    ),
    Exercise(
        "negative-prompt",
        "the strength of the second difference",
        g - 1,
        mistakes={
            "the prediction without a prompt does not cancel": g,
            "the sign in front of the second difference is in the question already": 1 - g,
        },
    ),
    Exercise(
        "guided-shift",
        "the shift of the mean",
        beta_t * g * h_t / sp.sqrt(alpha_t),
        mistakes={
            "the step takes out a part of the noise, and the derivative is in the noise with a minus": -beta_t
            * g
            * h_t
            / sp.sqrt(alpha_t),
            "the shrinking by the step is not undone": beta_t * g * h_t,
            "this is the shift for g = 1": beta_t * h_t / sp.sqrt(alpha_t),
        },
        relations={beta_t: 1 - alpha_t},
    ),
]
