"""The exercises of the page "Fast samplers": answers, and common mistakes with their messages."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

h, snr_t, snr_s, level, width = symbols("h snr_t snr_s level width", "positive")
(share,) = symbols("share", "unit")

EXERCISES = (
    Exercise(
        "step-in-lambda",
        "the step from t to s in lambda",
        sp.log(snr_s / snr_t) / 2,
        mistakes={
            "lambda is the logarithm of alpha over sigma, and this is that of its square": sp.log(snr_s / snr_t),
            "lambda rises towards the data, so that h is positive": sp.log(snr_t / snr_s) / 2,
            "lambda is the logarithm of alpha over sigma, not of its square, and it rises": sp.log(snr_t / snr_s),
            "the ratio itself is not the step: it is the difference of logarithms": snr_s / snr_t,
        },
    ),
    Exercise(
        "kept-state",
        "the fraction of the state that is kept",
        sp.exp(-h),
        mistakes={
            "lambda rises, so that the level falls: look at the sign of h": sp.exp(h),
            "this is the fraction of the estimate": 1 - sp.exp(-h),
            "with lambda the logarithm of alpha over sigma, and not of its square, one h is enough": sp.exp(-2 * h),
            "this is Euler's method for the state; the exponential is exact": 1 - h,
        },
    ),
    Exercise(
        "middle-weight",
        "the weight of the noise that was seen inside of the step",
        1 / (2 * share),
        mistakes={
            "the line would then be followed to its end, and not to the middle": 1 / share,
            "this is the weight of the noise at the start": 1 - 1 / (2 * share),
            "the way to the second value divides: the nearer it is, the more its difference counts": share / 2,
            "this is right for a value in the middle only": sp.Integer(1),
        },
    ),
    Exercise(
        "older-estimate",
        "the weight of the older estimate",
        sp.Rational(-1, 4),
        mistakes={
            "the ratio is upside down: the step to come is the shorter one": sp.Integer(-1),
            "this is right for equal steps": sp.Rational(-1, 2),
            "a line that is followed onward subtracts the older value": sp.Rational(1, 4),
            "this is the weight of the newer estimate": sp.Rational(5, 4),
        },
    ),
    Exercise(
        "even-loss",
        "the weight that makes the loss of the layers even",
        (level**2 + width**2) / (level * width) ** 2,
        mistakes={
            "the error of the data is c_out times that of the layers: divide by its square": (level * width) ** 2
            / (level**2 + width**2),
            "the loss is a square, and so is what it is divided by": sp.sqrt(level**2 + width**2) / (level * width),
            "this is right where the level is low": 1 / level**2,
            "this is the square of c_in": 1 / (level**2 + width**2),
        },
    ),
)
