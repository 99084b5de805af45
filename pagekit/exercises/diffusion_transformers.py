"""The exercises of the page "Diffusion transformers": answers, and common mistakes with their messages."""

from __future__ import annotations

from sympy import Rational, sqrt

from .exercise import Exercise, symbols

M, d, n, p, L, v = symbols("M d n p L v", "positive")

EXERCISES = (
    Exercise(
        "patches-that-cost-the-same",
        "the number of tokens at which scores and averages cost as much as the linear layers",
        6 * d,
        mistakes={
            "this counts only the scores; the averages of the values cost as much again": 12 * d,
            "scores and averages cost 2 M² d, and the linear layers 12 M d²": d / 6,
            "this omits the MLP, which has two thirds of the cost of the linear layers": 2 * d,
        },
    ),
    Exercise(
        "cost-of-finer-patches",
        "the cost of a block",
        12 * n**2 * d**2 / p**2 + 2 * n**4 * d / p**4,
        mistakes={
            "there are n²/p² tokens, not n/p": 12 * n * d**2 / p + 2 * n**2 * d / p**2,
            "scores and averages grow with the square of the number of tokens": (12 * d**2 + 2 * d) * n**2 / p**2,
            "this is only the cost of scores and averages": 2 * n**4 * d / p**4,
        },
    ),
    Exercise(
        "fraction-of-the-modulation",
        "the fraction of the weights that belongs to the modulation",
        Rational(1, 3),
        mistakes={
            "this is the ratio to the other weights, not the fraction of all weights": Rational(1, 2),
            "the modulation computes six vectors of d entries, and each entry from d inputs": Rational(1, 13),
        },
    ),
    Exercise(
        "loud-entries",
        "the standard deviation of a score",
        v,
        mistakes={
            "this is the variance, not the standard deviation": v**2,
            "both factors of a product have the variance v, not only one": sqrt(v),
            "the score is already divided by the square root of the head width": v * sqrt(d),
        },
    ),
    Exercise(
        "fraction-of-the-words",
        "the fraction of the attention that the text tokens receive",
        L / (M + L),
        mistakes={
            "this is the ratio of text tokens to patches": L / M,
            "the two groups do not receive equal fractions, because all tokens enter a single softmax": Rational(1, 2),
            "this is the fraction that the patches receive": M / (M + L),
        },
    ),
)
