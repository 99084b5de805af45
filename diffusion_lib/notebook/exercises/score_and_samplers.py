"""The exercises of the page "Scores and samplers": answers, and slips that deserve words of their own."""

from __future__ import annotations

from sympy import sqrt

from diffusion_lib.notebook.exercises.exercise import Exercise, letters

alpha_bar_s, alpha_bar_t, alpha_bar_T = letters("alpha_bar_s alpha_bar_t alpha_bar_T", "unit")
sigma_t, s, h = letters("sigma_t s h", "positive")
x_t, score_t = letters("x_t score_t", "real")

EXERCISES = (
    Exercise(
        "clean-from-score",
        "the x_0 that the score stands for",
        (x_t + (1 - alpha_bar_t) * score_t) / sqrt(alpha_bar_t),
        slips={
            "the score is the noise divided by its standard deviation: two factors √(1 − ᾱ_t) are needed": (
                x_t + sqrt(1 - alpha_bar_t) * score_t
            )
            / sqrt(alpha_bar_t),
            "the score points towards the data, against the noise: its sign is wrong": (
                x_t - (1 - alpha_bar_t) * score_t
            )
            / sqrt(alpha_bar_t),
        },
    ),
    Exercise(
        "error-of-a-guess",
        "the factor between the two squared errors",
        alpha_bar_t / (1 - alpha_bar_t) ** 2,
        slips={
            "this is the signal-to-noise ratio, the factor for the error of the noise": alpha_bar_t / (1 - alpha_bar_t),
            "the errors are squared, and so is the factor between them": sqrt(alpha_bar_t) / (1 - alpha_bar_t),
        },
    ),
    Exercise(
        "ddim-direction",
        "the coefficient of the noise",
        sqrt(1 - alpha_bar_s) - sqrt(alpha_bar_s) * sqrt(1 - alpha_bar_t) / sqrt(alpha_bar_t),
        slips={
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
        slips={"the step arrives at s, and only there a variance is prescribed": 1 - alpha_bar_t},
    ),
    Exercise(
        "scale-input",
        "the factor that makes the variance one",
        1 / sqrt(sigma_t**2 + s**2),
        slips={
            "that is right for data of variance one": 1 / sqrt(sigma_t**2 + 1),
            "variances add, deviations do not": 1 / (sigma_t + s),
        },
    ),
    Exercise(
        "init-sigma",
        "the ratio of the two variances",
        1 - alpha_bar_T,
        slips={
            "this is the ratio of the second to the first": 1 / (1 - alpha_bar_T),
            "this is the share of the data's variance, which the first start leaves out": alpha_bar_T,
        },
    ),
    Exercise(
        "ab2-coefficient",
        "the weight of the newest value",
        2 * h,
        slips={
            "that is right for equal steps": 3 * h / 2,
            "this is the weight of the older value": -h,
            "h is the step to come: the last step was half as long, not twice": 5 * h / 4,
        },
    ),
    Exercise(
        "trapezoid-weight",
        "the weight of the value at the end",
        h / 2,
        slips={"this would be right if the value at the end held for the whole step": h},
    ),
)
