"""The exercises of the page "Few steps": answers, and common mistakes with their messages."""

from __future__ import annotations

from sympy import sqrt

from .exercise import Exercise, symbols

alpha_bar_s, alpha_bar_t = symbols("alpha_bar_s alpha_bar_t", "unit")
r, level, least, V, s_G = symbols("r level least V s_G", "positive")
first, second = symbols("first second", "real")

EXERCISES = (
    Exercise(
        "last-aim",
        "the aim",
        second,
        mistakes={
            "a step that ends at the data keeps nothing of the state, and so nothing of the first estimate": first,
            "the weights of the two estimates are not equal": (first + second) / 2,
        },
    ),
    Exercise(
        "weight-at-noise",
        "the factor",
        1 / alpha_bar_t,
        mistakes={
            "this is the factor for an error of the data": 1 / (1 - alpha_bar_t),
            "this leads from v to the noise": alpha_bar_t,
            "this leads from the noise to the data": (1 - alpha_bar_t) / alpha_bar_t,
        },
    ),
    Exercise(
        "own-boundary",
        "the coefficient",
        (level - least) / level,
        mistakes={
            "this is what is skipped": least / level,
            "this has a unit; both coefficients are numbers": level - least,
            "the level stands below the line": (level - least) / least,
        },
    ),
    Exercise(
        "spread-of-neighbours",
        "the variance",
        (sqrt(alpha_bar_s) - r * sqrt(alpha_bar_t)) ** 2 * V,
        mistakes={
            "a variance takes the square of the factor": (sqrt(alpha_bar_s) - r * sqrt(alpha_bar_t)) * V,
            "the noise is not free: given the state, it moves against the data point": alpha_bar_s * V,
            "this is the spread at the state itself, where it is zero": 0,
        },
    ),
    Exercise(
        "resting-scale",
        "the derivative",
        s_G / V - 1 / s_G,
        mistakes={
            "this is the score of the data alone, which pulls the samples together": s_G / V,
            "the divergence falls where the samples are too narrow": 1 / s_G - s_G / V,
            "at the sample the score of the samples is minus z over s, not over the variance": s_G / V - 1 / s_G**2,
        },
    ),
)
