"""Exercises of the chapter elbo-tightness."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

(a,) = symbols("a", "real")
c, v, w = symbols("c v w", "positive")
(alpha_bar_T,) = symbols("alpha_bar[T]", "unit")
off = w * (a**2 + v) / v  # the proposed variance relative to that of the posterior

EXERCISES = (
    Exercise(
        "best-prior",
        "the variance of the optimal prior",
        alpha_bar_T * c + 1 - alpha_bar_T,
        mistakes={
            "this is optimal if all data are zero; the data have a variance, too": 1 - alpha_bar_T,
            "this is optimal for data of unit variance": sp.Integer(1),
            "this is the variance of the signal in x_T; the noise adds to it": alpha_bar_T * c,
            "variances add, not standard deviations": (sp.sqrt(alpha_bar_T * c) + sp.sqrt(1 - alpha_bar_T)) ** 2,
        },
    ),
    Exercise(
        "posterior-of-one-step",
        "the variance of the model's posterior",
        v / (a**2 + v),
        mistakes={
            "this is the variance of x_0 under the model": a**2 + v,
            "this is the square of the derivative of the posterior's mean": a**2 / (a**2 + v) ** 2,
        },
    ),
    Exercise(
        "gap-of-one-step",
        "the gap",
        (off - 1 - sp.log(off)) / 2,
        mistakes={
            "the divergence is taken in the wrong direction": (1 / off - 1 + sp.log(off)) / 2,
            "this contains the logarithm of the standard deviations instead of the variances": (
                off - 1 - sp.log(off) / 2
            )
            / 2,
            "this compares with the prior, not with the posterior": (w - 1 - sp.log(w)) / 2,
            "the means agree, but the variances need not": sp.Integer(0),
        },
    ),
)
