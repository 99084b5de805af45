"""The exercises of the page "The score": answers, and common mistakes with their messages."""

from __future__ import annotations

from sympy import sqrt

from .exercise import Exercise, symbols

(alpha_bar_t,) = symbols("alpha_bar_t", "unit")
x_t, score_t = symbols("x_t score_t", "real")

EXERCISES = (
    Exercise(
        "clean-from-score",
        "the x_0 that the score implies",
        (x_t + (1 - alpha_bar_t) * score_t) / sqrt(alpha_bar_t),
        mistakes={
            "the score is the noise divided by its standard deviation, so two factors √(1 − ᾱ_t) are needed": (
                x_t + sqrt(1 - alpha_bar_t) * score_t
            )
            / sqrt(alpha_bar_t),
            "the sign of the score is wrong: the score points towards the data, opposite to the noise": (
                x_t - (1 - alpha_bar_t) * score_t
            )
            / sqrt(alpha_bar_t),
        },
    ),
    Exercise(
        "error-of-a-guess",
        "the factor between the two squared errors",
        alpha_bar_t / (1 - alpha_bar_t) ** 2,
        mistakes={
            "this is the signal-to-noise ratio, the factor for the error of the noise": alpha_bar_t / (1 - alpha_bar_t),
            "the errors are squared, so the factor is squared as well": sqrt(alpha_bar_t) / (1 - alpha_bar_t),
        },
    ),
)
