"""The exercises of the page "Sampling steps": answers, and common mistakes with their messages."""

from __future__ import annotations

from sympy import sqrt

from .exercise import Exercise, symbols

alpha_bar_s, alpha_bar_t, alpha_bar_T = symbols("alpha_bar_s alpha_bar_t alpha_bar_T", "unit")
sigma_t, s = symbols("sigma_t s", "positive")

EXERCISES = (
    Exercise(
        "ddim-direction",
        "the coefficient of the noise",
        sqrt(1 - alpha_bar_s) - sqrt(alpha_bar_s) * sqrt(1 - alpha_bar_t) / sqrt(alpha_bar_t),
        mistakes={
            "the noise that is added again has the level of the time s, at which the step arrives": sqrt(
                1 - alpha_bar_t
            )
            - sqrt(alpha_bar_s) * sqrt(1 - alpha_bar_t) / sqrt(alpha_bar_t),
            "the noise in x_t is rescaled with it, by √(ᾱ_s / ᾱ_t)": sqrt(1 - alpha_bar_s) - sqrt(1 - alpha_bar_t),
            "this is the coefficient beside x_0-hat; the guess holds the noise, too": sqrt(1 - alpha_bar_s),
        },
    ),
    Exercise(
        "largest-noise",
        "the largest variance of the fresh noise",
        1 - alpha_bar_s,
        mistakes={"the step arrives at s, and only there a variance is prescribed": 1 - alpha_bar_t},
    ),
    Exercise(
        "scale-input",
        "the factor that makes the variance one",
        1 / sqrt(sigma_t**2 + s**2),
        mistakes={
            "that is right for data of variance one": 1 / sqrt(sigma_t**2 + 1),
            "variances add, standard deviations do not": 1 / (sigma_t + s),
        },
    ),
    Exercise(
        "init-sigma",
        "the ratio of the two variances",
        1 - alpha_bar_T,
        mistakes={
            "this is the ratio of the second to the first": 1 / (1 - alpha_bar_T),
            "this is the fraction of the data's variance, which the first start leaves out": alpha_bar_T,
        },
    ),
)
