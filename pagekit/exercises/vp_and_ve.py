"""Exercises of the chapter vp-and-ve."""

from __future__ import annotations

from .exercise import Exercise, symbols

alpha_t, alpha_bar_t, alpha_bar_prev, beta_t = symbols("alpha[t] alpha_bar[t] alpha_bar[t - 1] beta[t]", "unit")
(level_t,) = symbols("level[t]", "positive")
ONE_STEP = {beta_t: 1 - alpha_t, alpha_bar_t: alpha_bar_prev * alpha_t}

EXERCISES = (
    Exercise(
        "fraction-of-a-level",
        "the remaining fraction of the data's variance at this noise level",
        1 / (1 + level_t**2),
        mistakes={
            "the level is a standard deviation, and variances add": 1 / (1 + level_t),
            "this is the fraction of the variance that is noise": level_t**2 / (1 + level_t**2),
            "this is the signal-to-noise ratio": 1 / level_t**2,
        },
    ),
    Exercise(
        "noise-of-a-step",
        "the variance of the noise that the step adds in the variance exploding scale",
        (1 - alpha_t) / alpha_bar_t,
        mistakes={
            "this is the variance that the step adds in the variance preserving scale": 1 - alpha_t,
            "the noise of step t is divided by √ᾱ_t, not by √ᾱ_{t−1}": (1 - alpha_t) / alpha_bar_prev,
            "this is the variance of the noise of all steps up to t": (1 - alpha_bar_t) / alpha_bar_t,
        },
        relations=ONE_STEP,
    ),
)
