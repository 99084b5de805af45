"""The exercises of the page "Continuous time": answers, and common mistakes with their messages."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

b, V, n = symbols("b V n", "positive")
R_0, R_1 = symbols("R_0 R_1", "positive")
X, lam, c = symbols("X lam c", "real")
(w,) = symbols("w", "unit")

EXERCISES = (
    Exercise(
        "continuous-half",
        "the factor of the score for half of the noise",
        sp.Rational(5, 8),
        mistakes={
            "this is the factor of the flow, without noise": sp.Rational(1, 2),
            "this is the factor of Anderson's equation, with all of the noise": sp.Integer(1),
            "the noise enters by its variance, so its fraction must be squared": sp.Rational(3, 4),
            "this is the factor in forward time, where the score is taken away": sp.Rational(3, 8),
        },
    ),
    Exercise(
        "continuous-straight",
        "the noise rate of the straight path",
        2 * w / (1 - w),
        mistakes={
            "this is the growth of the variance alone; shrinking takes some of it away, which the noise must make up": 2
            * w,
            "this is the noise's standard deviation, not its variance": sp.sqrt(2 * w / (1 - w)),
            "the shrinking of the variance is twice that of the signal": 2 * w + w**2 / (1 - w),
        },
    ),
    Exercise(
        "continuous-still",
        "the drift of the reverse equation where the data are noise",
        -(lam**2) * b * X / 2,
        mistakes={
            "this is the drift forwards": -b * X / 2,
            "time runs backwards: the drift of the path changes its sign": -b * X / 2 - (1 + lam**2) * b * X / 2,
            "the score is multiplied by half of 1 + λ²": b * X / 2 - (1 + lam**2) * b * X,
        },
    ),
    Exercise(
        "continuous-divergence",
        "the rate of the log-density along the flow",
        n * b / 2 * (1 - 1 / V),
        mistakes={
            "this is the rate of one pixel: the derivatives of all pixels add up": b / 2 * (1 - 1 / V),
            "the density falls where the velocity grows: the sign": -n * b / 2 * (1 - 1 / V),
            "the flow takes half of the score": n * b / 2 * (1 - 2 / V),
        },
    ),
    Exercise(
        "continuous-bound",
        "the bound of standard Gaussian data in the limit",
        sp.log((1 + R_0) / (1 + R_1)) / 2,
        mistakes={
            "each term of the bound is half of the error": sp.log((1 + R_0) / (1 + R_1)),
            "the ratio falls with time: the bound is positive": sp.log((1 + R_1) / (1 + R_0)) / 2,
            "this weighs by the logarithm of the ratio; the error of x_0 goes with the ratio itself": sp.log(R_0 / R_1)
            / 2,
        },
    ),
    Exercise(
        "continuous-trace",
        "the variance of the estimated trace",
        4 * c**2,
        mistakes={
            "both elements off the diagonal are c, and both count": c**2,
            "their sum is 2c, and a variance is a square": 2 * c**2,
        },
    ),
)
