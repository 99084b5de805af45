"""The exercises of the page "From DDPM to DDIM": answers, and common mistakes with their messages."""

from __future__ import annotations

from sympy import sqrt

from .exercise import Exercise, symbols

alpha_bar_s, alpha_bar_t, alpha_bar_T = symbols("alpha_bar_s alpha_bar_t alpha_bar_T", "unit")
sigma_t, s = symbols("sigma_t s", "positive")

EXERCISES = (
    Exercise(
        "ddim-direction",
        "the coefficient of the predicted noise",
        sqrt(1 - alpha_bar_s) - sqrt(alpha_bar_s) * sqrt(1 - alpha_bar_t) / sqrt(alpha_bar_t),
        mistakes={
            "the noise must have the level of s, the timestep at which the step arrives": sqrt(1 - alpha_bar_t)
            - sqrt(alpha_bar_s) * sqrt(1 - alpha_bar_t) / sqrt(alpha_bar_t),
            "the factor √(ᾱ_s / ᾱ_t) of x_t also rescales the noise in x_t": sqrt(1 - alpha_bar_s)
            - sqrt(1 - alpha_bar_t),
            "this is the coefficient in the form with x̂_0, which itself contains the predicted noise": sqrt(
                1 - alpha_bar_s
            ),
        },
    ),
    Exercise(
        "largest-noise",
        "the largest variance of the fresh noise",
        1 - alpha_bar_s,
        mistakes={"the variance is prescribed at s, where the step arrives, not at t": 1 - alpha_bar_t},
    ),
    Exercise(
        "scale-input",
        "the factor that makes the variance one",
        1 / sqrt(sigma_t**2 + s**2),
        mistakes={
            "this is correct for data of variance one": 1 / sqrt(sigma_t**2 + 1),
            "the variances add, not the standard deviations": 1 / (sigma_t + s),
        },
    ),
    Exercise(
        "init-sigma",
        "the ratio of the two variances",
        1 - alpha_bar_T,
        mistakes={
            "this is the ratio of the second variance to the first": 1 / (1 - alpha_bar_T),
            "this is the fraction that the first start omits, not the fraction that it contains": alpha_bar_T,
        },
    ),
)
