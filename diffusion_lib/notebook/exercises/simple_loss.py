"""Exercises of the chapter simple-loss."""

from __future__ import annotations

from sympy import Rational, log, sqrt

from diffusion_lib.notebook.exercises.exercise import Exercise, letters

alpha_t, beta_t, alpha_bar_t, alpha_bar_prev = letters("alpha[t] beta[t] alpha_bar[t] alpha_bar[t - 1]", "unit")
SNR_t, SNR_1, SNR_T, c = letters("SNR[t] SNR[1] SNR[T] c", "positive")
quotient = (1 - alpha_bar_prev) / (1 - alpha_bar_t)

EXERCISES = (
    Exercise(
        "other-variance",
        "the bound's weight for σ² = β",
        beta_t / (2 * alpha_t * (1 - alpha_bar_t)),
        slips={
            "the variance is still missing below the bar": beta_t**2 / (2 * alpha_t * (1 - alpha_bar_t)),
            "σ is given where σ² belongs": beta_t**2 / (2 * sqrt(beta_t) * alpha_t * (1 - alpha_bar_t)),
            "this is the weight for σ² = β̃": beta_t / (2 * alpha_t * (1 - alpha_bar_prev)),
        },
        relations={beta_t: 1 - alpha_t, alpha_bar_t: alpha_bar_prev * alpha_t},
    ),
    Exercise(
        "score-weight",
        "the factor from the noise to the score",
        1 / (1 - alpha_bar_t),
        slips={
            "the errors are squared, and so is the factor between them": 1 / sqrt(1 - alpha_bar_t),
            "the score is not shrunk by the signal's share": 1 / alpha_bar_t,
            "this turns the error of the noise into that of x_0": (1 - alpha_bar_t) / alpha_bar_t,
        },
    ),
    Exercise(
        "velocity-for-data",
        "the factor from x_0 to v",
        SNR_t + 1,
        slips={
            "this is the factor from the noise to v": 1 + 1 / SNR_t,
            "this is the factor from x_0 to the noise": SNR_t,
        },
    ),
    Exercise(
        "constant-part",
        "the constant for σ² = β",
        (quotient - 1 - log(quotient)) / 2,
        slips={
            "the two variances are exchanged": (1 / quotient - 1 + log(quotient)) / 2,
            "logarithms of deviations stand for those of variances": (quotient - 1 - log(quotient) / 2) / 2,
            "it would be zero if the two variances were equal, and they are not": Rational(0),
            "this is the logarithm alone; the quotient of the variances belongs to a divergence, too": -log(quotient)
            / 2,
            "the 1 is missing, without which equal variances would not give zero": (quotient - log(quotient)) / 2,
        },
    ),
    Exercise(
        "telescoped-weights",
        "the sum of the terms",
        c * (SNR_1 - SNR_T) / 2,
        slips={
            "the half of the weight is missing": c * (SNR_1 - SNR_T),
            "the sum is turned round": c * (SNR_T - SNR_1) / 2,
        },
    ),
    Exercise(
        "last-edge",
        "the probability of the highest level",
        Rational(1, 2),
        slips={"only a mean far above the edge gives it all": Rational(1)},
    ),
)
