"""The exercises of the chapter on guidance."""

from __future__ import annotations

import sympy as sp

from diffusion_lib.notebook.exercises.exercise import Exercise, letters

alpha_t, beta_t = letters("alpha[t] beta[t]", "unit")
g, v, d = letters("g v d", "positive")
m, h_t = letters("m h[t]", "real")

EXERCISES = [
    Exercise(
        "scale-of-a-paper",
        "the scale that the library wants",
        sp.Rational(13, 10),
        slips={
            "this is w itself, which counts from the model of the class": sp.Rational(3, 10),
            "w counts up from the model of the class, not down": sp.Rational(7, 10),
        },
    ),
    Exercise(
        "negative-prompt",
        "the strength of the second difference",
        g - 1,
        slips={
            "the prediction without a prompt does not cancel": g,
            "the sign in front of the second difference is in the question already": 1 - g,
        },
    ),
    Exercise(
        "guided-shift",
        "the shift of the mean",
        beta_t * g * h_t / sp.sqrt(alpha_t),
        slips={
            "the step takes out a part of the noise, and the slope is in the noise with a minus": -beta_t
            * g
            * h_t
            / sp.sqrt(alpha_t),
            "the shrinking by the step is not undone": beta_t * g * h_t,
            "this is the shift for g = 1": beta_t * h_t / sp.sqrt(alpha_t),
        },
        relations={beta_t: 1 - alpha_t},
    ),
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
