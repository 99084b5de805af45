"""The exercises of the chapter on LoRA, textual inversion and ControlNet: answers, and common mistakes."""

from __future__ import annotations

from .exercise import Exercise, symbols

n, k, eta, P, Q, kappa, weight = symbols("n k eta P Q kappa weight", "positive")
(fraction,) = symbols("fraction", "unit")
A, gradient = symbols("A gradient", "real")

EXERCISES = (
    Exercise(
        "rank-for-a-fraction",
        "the rank",
        fraction * n / 2,
        mistakes={
            "this counts only one of the two matrices A and B": fraction * n,
            "this is the number of parameters; the rank is this number divided by 2 n": fraction * n**2,
        },
    ),
    Exercise(
        "step-of-an-adapter",
        "the change of the entry",
        -eta * k**2 * A**2 * gradient,
        mistakes={
            "this is the change of B; the entry changes by k A times as much": -eta * k * A * gradient,
            "the factor k occurs twice: in the gradient of B, and where B A is added": -eta * k * A**2 * gradient,
            "this is the change of a step on W itself": -eta * gradient,
            "gradient descent subtracts the gradient": eta * k**2 * A**2 * gradient,
        },
    ),
    Exercise(
        "best-critic",
        "the optimal probability",
        P / (P + Q),
        mistakes={
            "this is the probability that the image is a reconstruction": Q / (P + Q),
            "this is the ratio of the densities; a probability is between 0 and 1": P / Q,
        },
    ),
    Exercise(
        "width-of-an-encoder",
        "the variance",
        weight / (weight + 2 * kappa),
        mistakes={
            "the divergence has a factor of one half": weight / (weight + kappa),
            "the divergence contains v itself, not only its logarithm": weight / (2 * kappa),
            "a larger kappa gives a smaller variance, not a larger one": 2 * kappa / (weight + 2 * kappa),
        },
    ),
)
