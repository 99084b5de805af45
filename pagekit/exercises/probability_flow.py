"""The exercises of the page "The probability-flow ODE and its solvers": answers, and mistakes with their messages."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

(h,) = symbols("h", "positive")

EXERCISES = (
    Exercise(
        "ab2-coefficient",
        "the weight of the newest value",
        2 * h,
        mistakes={
            "this is the weight on equal steps": 3 * h / 2,
            "this is the weight of the older value": -h,
            "the previous step was half as long as the next one, not twice as long": 5 * h / 4,
        },
    ),
    Exercise(
        "trapezoid-weight",
        "the weight of the value at the end",
        h / 2,
        mistakes={"this integrates the value at the end as if it were constant during the step": h},
    ),
    Exercise(
        "four-newest",
        "the weight of the newest of four values",
        55 * h / 24,
        mistakes={
            "this is the weight of the newest of three values": 23 * h / 12,
            "this is the weight of the newest of two values": 3 * h / 2,
            "this is the absolute value of the weight of the second newest value": 59 * h / 24,
        },
    ),
    Exercise(
        "three-limit",
        "the z at which an error with three values alternates in sign and keeps its magnitude",
        sp.Rational(-6, 11),
        mistakes={
            "sigma decreases during a step, so that z is negative": sp.Rational(6, 11),
            "this is the limit of two values": sp.Integer(-1),
            "this is the limit of four values": sp.Rational(-3, 10),
            "both the weights and the powers of rho alternate in sign, and their absolute values add up": sp.Integer(
                -2
            ),
        },
    ),
)
