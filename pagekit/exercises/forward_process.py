"""Exercises of the chapter forward-process."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

alpha_1, alpha_2 = symbols("alpha[1] alpha[2]", "unit")
alpha_t, alpha_bar_t, alpha_bar_prev, beta_t = symbols("alpha[t] alpha_bar[t] alpha_bar[t - 1] beta[t]", "unit")
x_0, y_0 = symbols("x[0] y_0", "real")
ONE_STEP = {beta_t: 1 - alpha_t, alpha_bar_t: alpha_bar_prev * alpha_t}

EXERCISES = (
    Exercise(
        "noise-of-two-steps",
        "the variance of x_2 when x_0 is known",
        1 - alpha_1 * alpha_2,
        mistakes={
            "this is the fraction of the data": alpha_1 * alpha_2,
            "the second step shrinks the noise of the first": (1 - alpha_1) + (1 - alpha_2),
            "this is the noise of the second step alone": 1 - alpha_2,
            "this is the noise of the first step alone": 1 - alpha_1,
        },
    ),
    Exercise(
        "mean-square-of-a-state",
        "the mean square of the state",
        alpha_bar_t * x_0**2 + 1 - alpha_bar_t,
        mistakes={
            "this is the square of the mean; the noise has a fraction, too": alpha_bar_t * x_0**2,
            "this is the variance; the mean has a fraction, too": 1 - alpha_bar_t,
            "this is the average over data with mean square one; here x_0 is given": sp.S.One,
            "roots, where squares add": (sp.sqrt(alpha_bar_t) * x_0 + sp.sqrt(1 - alpha_bar_t)) ** 2,
        },
        relations=ONE_STEP,
    ),
    Exercise(
        "telling-apart",
        "the divergence of the two noisy points",
        alpha_bar_t * (x_0 - y_0) ** 2 / (2 * (1 - alpha_bar_t)),
        mistakes={
            "the means keep √ᾱ_t of the distance, and it is squared": alpha_bar_t**2
            * (x_0 - y_0) ** 2
            / (2 * (1 - alpha_bar_t)),
            "the means are shrunk, and so is their distance": (x_0 - y_0) ** 2 / (2 * (1 - alpha_bar_t)),
            "the distance counts in units of the noise: divide by its variance": alpha_bar_t * (x_0 - y_0) ** 2 / 2,
            "a standard deviation is used instead of the variance": alpha_bar_t
            * (x_0 - y_0) ** 2
            / (2 * sp.sqrt(1 - alpha_bar_t)),
        },
        relations=ONE_STEP,
    ),
)
