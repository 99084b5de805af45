"""The exercises of the chapter on progressive distillation and consistency models."""

from __future__ import annotations

from sympy import sqrt

from .exercise import Exercise, symbols

alpha_bar_s, alpha_bar_t = symbols("alpha_bar_s alpha_bar_t", "unit")
r, level, least, V = symbols("r level least V", "positive")
first, second = symbols("first second", "real")

EXERCISES = (
    Exercise(
        "last-aim",
        "the target",
        second,
        mistakes={
            "a step that ends at the data keeps nothing of its state, and thus nothing of the first estimate": first,
            "the two estimates do not have equal weights": (first + second) / 2,
        },
    ),
    Exercise(
        "weight-at-noise",
        "the factor",
        1 / alpha_bar_t,
        mistakes={
            "this is the factor from the squared error of the data to that of v": 1 / (1 - alpha_bar_t),
            "this is the factor from the squared error of v to that of the noise": alpha_bar_t,
            "this is the factor from the squared noise error to that of the data": (1 - alpha_bar_t) / alpha_bar_t,
        },
    ),
    Exercise(
        "own-boundary",
        "the coefficient",
        (level - least) / level,
        mistakes={
            "this is c_skip": least / level,
            "this is a noise level, whereas both coefficients are pure numbers": level - least,
            "the denominator must be the level, so that the two coefficients add up to one": (level - least) / least,
        },
    ),
    Exercise(
        "spread-of-neighbours",
        "the variance",
        (sqrt(alpha_bar_s) - r * sqrt(alpha_bar_t)) ** 2 * V,
        mistakes={
            "a factor enters the variance squared": (sqrt(alpha_bar_s) - r * sqrt(alpha_bar_t)) * V,
            "given the state, the noise is not independent of the data point; it is determined by it": alpha_bar_s * V,
            "the variance is zero only at the state itself, where s = t": 0,
        },
    ),
)
