"""Exercises of the chapter reverse-variance."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

alpha_t, alpha_bar_t, alpha_bar_prev, beta_t = symbols("alpha[t] alpha_bar[t] alpha_bar[t - 1] beta[t]", "unit")
(beta_1,) = symbols("beta[1]", "unit")
(c,) = symbols("c", "positive")
ONE_STEP = {beta_t: 1 - alpha_t, alpha_bar_t: alpha_bar_prev * alpha_t}
kept = (1 - alpha_bar_prev) / (1 - alpha_bar_t)  # β̃_t / β_t

EXERCISES = (
    Exercise(
        "last-reverse-variance",
        "the variance of the last reverse step for Gaussian data",
        beta_1 * c / (c + beta_1 - c * beta_1),
        mistakes={
            "this is the variance of the data when x_1 is unknown": c,
            "this is the variance of the forward step": beta_1,
            "the forward step shrinks the data before it adds noise": beta_1 * c / (c + beta_1),
            "this is the variance of x_1": c + beta_1 - c * beta_1,
        },
    ),
    Exercise(
        "price-of-beta",
        "the divergence",
        (kept - 1 - sp.log(kept)) / 2,
        mistakes={
            "the arguments of the divergence are exchanged": (1 / kept - 1 + sp.log(kept)) / 2,
            "this contains the logarithm of the standard deviations instead of the variances": (
                kept - 1 - sp.log(kept) / 2
            )
            / 2,
            "the logarithm is correct; the quotient of the variances minus one is missing": -sp.log(kept) / 2,
            "the means are equal, but the variances differ": sp.S.Zero,
        },
        relations=ONE_STEP,
    ),
)
