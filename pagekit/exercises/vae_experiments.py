"""The exercises of the chapter ``vae-experiments``: ELBO and gap of a linear model, and posterior collapse."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

v, s, R = symbols("v s R", "positive")
w, x_0 = symbols("w x[0]", "real")
(n,) = symbols("n", "natural")
HALF = sp.Rational(1, 2)
SEEN = w**2 + v  # the variance of w x_1 + noise, for a standard Gaussian x_1

EXERCISES = (
    Exercise(
        "guess-variance",
        "the best variance of the approximate posterior",
        v / SEEN,
        mistakes={
            "this is the variance of the prior": sp.Integer(1),
            "this is the variance of x_0, not that of x_1": SEEN,
            "this is the precision; its inverse is the variance": SEEN / v,
        },
    ),
    Exercise(
        "elbo-optimum",
        "the increase of the ELBO",
        (w**2 / v - sp.log(SEEN / v) + w**2 * x_0**2 / (v * SEEN)) / 2,
        mistakes={
            "this is the mean increase over all x_0; the data point is given": sp.log(SEEN / v) / 2 + w**2 / (2 * v),
            "the logarithm of the ratio of the variances is missing": (w**2 / v + w**2 * x_0**2 / (v * SEEN)) / 2,
            "this is the rate of the best approximate posterior; the reconstruction term changes as well": (
                v / SEEN - 1 - sp.log(v / SEEN) + w**2 * x_0**2 / SEEN**2
            )
            / 2,
        },
    ),
    Exercise(
        "optimal-decoder-variance",
        "the variance that minimises the cost",
        R / n,
        mistakes={"this is the error of the whole image; divide by the number of pixels": R},
    ),
    Exercise(
        "collapse-weight",
        "the weight at which the decoder's coefficient becomes zero",
        s**2 / v,
        mistakes={"this is the squared coefficient of the best decoder at weight 1": s**2 - v},
    ),
    Exercise(
        "collapsed-encoder-gap",
        "the divergence of the prior from the posterior",
        HALF * (w**2 / v + w**2 * x_0**2 / (v * SEEN) - sp.log(SEEN / v)),
        mistakes={
            "the two densities are swapped": HALF * (v / SEEN + w**2 * x_0**2 / SEEN**2 - 1 + sp.log(SEEN / v)),
            "this is the divergence from the prior, which is zero; the gap is that from the posterior": sp.S.Zero,
            "this is the gap without the mean of the posterior": HALF * (w**2 / v - sp.log(SEEN / v)),
        },
    ),
)
