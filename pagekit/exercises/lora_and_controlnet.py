"""The exercises of the page "Adapting a model": answers, and common mistakes with their messages."""

from __future__ import annotations

from .exercise import Exercise, symbols

n, k, eta, P, Q, kappa, weight = symbols("n k eta P Q kappa weight", "positive")
(share,) = symbols("share", "unit")
A, slope = symbols("A slope", "real")

EXERCISES = (
    Exercise(
        "rank-for-a-fraction",
        "the rank",
        share * n / 2,
        mistakes={
            "there are two matrices, A and B": share * n,
            "this is the number of numbers, the rank is that over 2 n": share * n**2,
        },
    ),
    Exercise(
        "step-of-an-adapter",
        "the change of the entry",
        -eta * k**2 * A**2 * slope,
        mistakes={
            "this is the step of B; the entry changes by k A times as much": -eta * k * A * slope,
            "k stands in the derivative of B, and again where B A is added": -eta * k * A**2 * slope,
            "this would be a step on W itself": -eta * slope,
            "a step goes against the gradient": eta * k**2 * A**2 * slope,
        },
    ),
    Exercise(
        "best-critic",
        "the best answer of the critic",
        P / (P + Q),
        mistakes={
            "this is the belief that the image is decoded": Q / (P + Q),
            "this is the ratio of the densities; an answer lies between 0 and 1": P / Q,
        },
    ),
    Exercise(
        "width-of-an-encoder",
        "the variance",
        weight / (weight + 2 * kappa),
        mistakes={
            "the divergence has a factor of one half": weight / (weight + kappa),
            "the divergence also has v itself, not only its logarithm": weight / (2 * kappa),
            "an expensive number gets less noise, not more": 2 * kappa / (weight + 2 * kappa),
        },
    ),
)
