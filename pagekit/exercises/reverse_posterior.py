"""Exercises of the chapter reverse-posterior."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

alpha_1, alpha_2 = symbols("alpha[1] alpha[2]", "unit")
alpha_t, alpha_bar_t, alpha_bar_prev, beta_t = symbols("alpha[t] alpha_bar[t] alpha_bar[t - 1] beta[t]", "unit")
x_0, x_t, eps_t, v_t, score_t = symbols("x[0] x[t] eps[t] v[t] score[t]", "real")
ONE_STEP = {beta_t: 1 - alpha_t, alpha_bar_t: alpha_bar_prev * alpha_t}

EXERCISES = (
    Exercise(
        "second-variance",
        "the variance of x_1 when x_2 and x_0 are given",
        (1 - alpha_2) * (1 - alpha_1) / (1 - alpha_1 * alpha_2),
        mistakes={
            "this is β_2; x_0 is given as well": 1 - alpha_2,
            "this is the variance of x_1 when only x_0 is given; x_2 is given as well": 1 - alpha_1,
            "this is the variance of x_2 when x_0 is given": 1 - alpha_1 * alpha_2,
            "the product of the two variances must still be divided by 1 − ᾱ_2": (1 - alpha_2) * (1 - alpha_1),
        },
    ),
    Exercise(
        "data-from-velocity",
        "the data point",
        sp.sqrt(alpha_bar_t) * x_t - sp.sqrt(1 - alpha_bar_t) * v_t,
        mistakes={
            "this is the noise": sp.sqrt(1 - alpha_bar_t) * x_t + sp.sqrt(alpha_bar_t) * v_t,
            "the roles of x_t and v_t are exchanged": sp.sqrt(alpha_bar_t) * v_t - sp.sqrt(1 - alpha_bar_t) * x_t,
            "the velocity is used as if it were the noise": (x_t - sp.sqrt(1 - alpha_bar_t) * v_t)
            / sp.sqrt(alpha_bar_t),
        },
        relations=ONE_STEP,
    ),
    Exercise(
        "data-from-score",
        "the data point",
        (x_t + (1 - alpha_bar_t) * score_t) / sp.sqrt(alpha_bar_t),
        mistakes={
            "the noise is √(1 − ᾱ_t) times the score, so the factor is the product of two roots": (
                x_t + sp.sqrt(1 - alpha_bar_t) * score_t
            )
            / sp.sqrt(alpha_bar_t),
            "this is the mean of the reverse step, not the data point": (x_t + beta_t * score_t) / sp.sqrt(alpha_t),
        },
        relations=ONE_STEP,
    ),
    Exercise(
        "mean-of-both",
        "the posterior mean",
        sp.sqrt(alpha_bar_prev) * x_0 + sp.sqrt(alpha_t) * (1 - alpha_bar_prev) / sp.sqrt(1 - alpha_bar_t) * eps_t,
        mistakes={
            "this is the mean of x_{t−1} when only x_0 is given": sp.sqrt(alpha_bar_prev) * x_0,
            "this is the state x_t itself": sp.sqrt(alpha_bar_t) * x_0 + sp.sqrt(1 - alpha_bar_t) * eps_t,
            "this keeps all of the noise; a part of it is replaced by new noise": sp.sqrt(alpha_bar_prev) * x_0
            + sp.sqrt(1 - alpha_bar_prev) * eps_t,
        },
        relations=ONE_STEP,
    ),
)
