"""The exercises of the page "The flow and multistep methods": answers, and common mistakes with their messages."""

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
            "that is right for equal steps": 3 * h / 2,
            "this is the weight of the older value": -h,
            "h is the step to come: the last step was half as long, not twice": 5 * h / 4,
        },
    ),
    Exercise(
        "trapezoid-weight",
        "the weight of the value at the end",
        h / 2,
        mistakes={"this would be right if the value at the end held for the whole step": h},
    ),
    Exercise(
        "four-newest",
        "the weight of the newest of four values",
        55 * h / 24,
        mistakes={
            "this is the weight of the newest of three values": 23 * h / 12,
            "this is the weight of the newest of two values": 3 * h / 2,
            "this is the size of the second newest value's weight": 59 * h / 24,
        },
    ),
    Exercise(
        "three-limit",
        "where the error with three values turns its sign and stays",
        sp.Rational(-6, 11),
        mistakes={
            "the step goes down in sigma, so that z is negative": sp.Rational(6, 11),
            "this is the limit of two values": sp.Integer(-1),
            "this is the limit of four values": sp.Rational(-3, 10),
            "the weights have alternating signs, and so have the powers of rho: their sizes add up": sp.Integer(-2),
        },
    ),
)
