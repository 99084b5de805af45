"""The exercises of the chapter diffusion-sde: answers, and common mistakes with their messages."""

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
        "the factor of the score at λ = 1/2",
        sp.Rational(5, 8),
        mistakes={
            "this is the factor of the flow, without noise": sp.Rational(1, 2),
            "this is the factor of Anderson's equation, at λ = 1": sp.Integer(1),
            "the noise enters through its variance, so λ must be squared": sp.Rational(3, 4),
            "this is the factor in forward time, where the score is subtracted": sp.Rational(3, 8),
        },
    ),
    Exercise(
        "continuous-straight",
        "the noise rate of the straight path",
        2 * w / (1 - w),
        mistakes={
            "this is the growth of the variance alone; the noise must also replace what the shrinking removes": 2 * w,
            "this is the diffusion coefficient g; the question asks for its square": sp.sqrt(2 * w / (1 - w)),
            "the variance shrinks at twice the rate of the signal": 2 * w + w**2 / (1 - w),
        },
    ),
    Exercise(
        "continuous-still",
        "the drift of the reverse equation for standard Gaussian data",
        -(lam**2) * b * X / 2,
        mistakes={
            "this is the drift in forward time": -b * X / 2,
            "in reverse time the drift of the path changes its sign": -b * X / 2 - (1 + lam**2) * b * X / 2,
            "the factor of the score is half of 1 + λ²": b * X / 2 - (1 + lam**2) * b * X,
        },
    ),
    Exercise(
        "continuous-divergence",
        "the rate of the log-density along the flow",
        n * b / 2 * (1 - 1 / V),
        mistakes={
            "this is the rate of one pixel: the derivatives of all pixels add up": b / 2 * (1 - 1 / V),
            "the sign is wrong: the density falls where the derivative of the velocity is positive": -n
            * b
            / 2
            * (1 - 1 / V),
            "in the flow, the factor of the score is g²/2": n * b / 2 * (1 - 2 / V),
        },
    ),
    Exercise(
        "continuous-bound",
        "the bound in the limit for standard Gaussian data",
        sp.log((1 + R_0) / (1 + R_1)) / 2,
        mistakes={
            "each term of the bound has the factor one half": sp.log((1 + R_0) / (1 + R_1)),
            "the sign is wrong: the ratio falls with time, so the bound is positive": sp.log((1 + R_1) / (1 + R_0)) / 2,
            "this integrates 1/ρ; the error in x_0 is 1/(1 + ρ)": sp.log(R_0 / R_1) / 2,
        },
    ),
    Exercise(
        "continuous-trace",
        "the variance of the estimated trace",
        4 * c**2,
        mistakes={
            "both off-diagonal elements are c, and both contribute": c**2,
            "their sum is 2c, and the variance is its square": 2 * c**2,
        },
    ),
)
