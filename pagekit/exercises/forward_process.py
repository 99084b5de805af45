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
        "the variance of x_2 given x_0",
        1 - alpha_1 * alpha_2,
        mistakes={
            "this is the fraction of the data's variance that is left": alpha_1 * alpha_2,
            "the second step also shrinks the noise of the first": (1 - alpha_1) + (1 - alpha_2),
            "this is the variance of the second noise alone": 1 - alpha_2,
            "this is the variance of the first noise alone": 1 - alpha_1,
        },
    ),
    Exercise(
        "mean-square-of-a-state",
        "the mean square of x_t given x_0",
        alpha_bar_t * x_0**2 + 1 - alpha_bar_t,
        mistakes={
            "this is the square of the mean; the variance of the noise is missing": alpha_bar_t * x_0**2,
            "this is the variance; the square of the mean is missing": 1 - alpha_bar_t,
            "this holds on average over data with mean square one, but here x_0 is given": sp.S.One,
            "the cross term has mean zero": (sp.sqrt(alpha_bar_t) * x_0 + sp.sqrt(1 - alpha_bar_t)) ** 2,
        },
        relations=ONE_STEP,
    ),
    Exercise(
        "telling-apart",
        "the divergence between the two noisy distributions",
        alpha_bar_t * (x_0 - y_0) ** 2 / (2 * (1 - alpha_bar_t)),
        mistakes={
            "the distance is scaled by √ᾱ_t, so its square is scaled by ᾱ_t": alpha_bar_t**2
            * (x_0 - y_0) ** 2
            / (2 * (1 - alpha_bar_t)),
            "the means are scaled by √ᾱ_t, and so is their distance": (x_0 - y_0) ** 2 / (2 * (1 - alpha_bar_t)),
            "the squared distance must be divided by the variance of the noise": alpha_bar_t * (x_0 - y_0) ** 2 / 2,
            "this divides by the standard deviation of the noise instead of its variance": alpha_bar_t
            * (x_0 - y_0) ** 2
            / (2 * sp.sqrt(1 - alpha_bar_t)),
        },
        relations=ONE_STEP,
    ),
)
