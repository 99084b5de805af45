"""Exercises of the chapter simple-loss."""

from __future__ import annotations

from sympy import Rational, log, sqrt

from .exercise import Exercise, symbols

alpha_t, beta_t, alpha_bar_t, alpha_bar_prev = symbols("alpha[t] beta[t] alpha_bar[t] alpha_bar[t - 1]", "unit")
quotient = (1 - alpha_bar_prev) / (1 - alpha_bar_t)

EXERCISES = (
    Exercise(
        "other-variance",
        "the weight of the bound for σ² = β",
        beta_t / (2 * alpha_t * (1 - alpha_bar_t)),
        mistakes={
            "the variance is missing from the denominator": beta_t**2 / (2 * alpha_t * (1 - alpha_bar_t)),
            "this uses σ in place of σ²": beta_t**2 / (2 * sqrt(beta_t) * alpha_t * (1 - alpha_bar_t)),
            "this is the weight for σ² = β̃": beta_t / (2 * alpha_t * (1 - alpha_bar_prev)),
        },
        relations={beta_t: 1 - alpha_t, alpha_bar_t: alpha_bar_prev * alpha_t},
    ),
    Exercise(
        "constant-part",
        "the constant for σ² = β",
        (quotient - 1 - log(quotient)) / 2,
        mistakes={
            "the two variances are exchanged": (1 / quotient - 1 + log(quotient)) / 2,
            "this uses the log-ratio of standard deviations, not of variances": (quotient - 1 - log(quotient) / 2) / 2,
            "the constant would be zero only if the two variances were equal, and they are not": Rational(0),
            "this is the logarithm alone; the divergence also contains the ratio of the variances": -log(quotient) / 2,
            "the −1 is missing, without which equal variances would not give zero": (quotient - log(quotient)) / 2,
        },
    ),
)
