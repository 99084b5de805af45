"""The exercises of the page "Transformers": answers, and common mistakes with their messages."""

from __future__ import annotations

from sympy import Rational, sqrt

from .exercise import Exercise, symbols

M, d, n, p, L, v = symbols("M d n p L v", "positive")

EXERCISES = (
    Exercise(
        "patches-that-cost-the-same",
        "the number of patches at which attention costs as much as the layers",
        6 * d,
        mistakes={
            "this counts the scores alone, and the mixing costs as much again": 12 * d,
            "scores and mixing are 2 M² d, and the layers are 12 M d²": d / 6,
            "this is without the MLP, which costs two thirds of the layers": 2 * d,
        },
    ),
    Exercise(
        "cost-of-finer-patches",
        "what a block costs",
        12 * n**2 * d**2 / p**2 + 2 * n**4 * d / p**4,
        mistakes={
            "there are n²/p² patches, not n/p": 12 * n * d**2 / p + 2 * n**2 * d / p**2,
            "attention has the square of the number of patches": (12 * d**2 + 2 * d) * n**2 / p**2,
            "this is the cost of the attention alone": 2 * n**4 * d / p**4,
        },
    ),
    Exercise(
        "fraction-of-the-modulation",
        "the fraction of the modulation",
        Rational(1, 3),
        mistakes={
            "this is its size against that of the other layers": Rational(1, 2),
            "there are six numbers to each of the d, and d inputs to each": Rational(1, 13),
        },
    ),
    Exercise(
        "loud-entries",
        "the standard deviation of a score",
        v,
        mistakes={
            "this is the variance": v**2,
            "both factors have the variance v": sqrt(v),
            "the score has been divided by the root of d already": v * sqrt(d),
        },
    ),
    Exercise(
        "fraction-of-the-words",
        "the fraction of the words",
        L / (M + L),
        mistakes={
            "this is the ratio of words to patches": L / M,
            "words and patches have one softmax": Rational(1, 2),
            "this is the fraction of the patches": M / (M + L),
        },
    ),
)
