"""The exercises of the page "Fast solvers": answers, and common mistakes with their messages."""

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
            "lambda is the logarithm of alpha over sigma, and this is twice that": sp.log(snr_s / snr_t),
            "lambda increases towards the data, so that h is positive": sp.log(snr_t / snr_s) / 2,
            "lambda is the logarithm of alpha over sigma, not of its square, and it increases": sp.log(snr_t / snr_s),
            "this is the ratio itself, but the step is the difference of two logarithms": snr_s / snr_t,
        },
    ),
    Exercise(
        "kept-state",
        "the fraction of the state that is kept",
        sp.exp(-h),
        mistakes={
            "lambda increases, so the noise level falls: check the sign of h": sp.exp(h),
            "this is the weight of the data prediction": 1 - sp.exp(-h),
            "lambda is the logarithm of alpha over sigma, not of its square: the exponent is one h": sp.exp(-2 * h),
            "this is Euler's method for the linear part, which the exponential solves exactly": 1 - h,
        },
    ),
    Exercise(
        "middle-weight",
        "the weight of the noise prediction inside the step",
        1 / (2 * share),
        mistakes={
            "the line would then be evaluated at the end of the step instead of its middle": 1 / share,
            "this is the weight of the noise prediction at the start": 1 - 1 / (2 * share),
            "divide by the fraction: a closer second point makes the difference count more": share / 2,
            "this is correct only for a prediction in the middle of the step": sp.Integer(1),
        },
    ),
    Exercise(
        "older-estimate",
        "the weight of the older prediction",
        sp.Rational(-1, 4),
        mistakes={
            "the ratio is inverted: the next step is the shorter one": sp.Integer(-1),
            "this is correct for steps of equal length": sp.Rational(-1, 2),
            "an extrapolated line subtracts the older value": sp.Rational(1, 4),
            "this is the weight of the newer prediction": sp.Rational(5, 4),
        },
    ),
    Exercise(
        "even-loss",
        "the loss weight that gives the unweighted loss of the layers",
        (level**2 + width**2) / (level * width) ** 2,
        mistakes={
            "the data error is c_out times that of the layers: divide by its square": (level * width) ** 2
            / (level**2 + width**2),
            "the loss is a square, so divide by the square of c_out": sp.sqrt(level**2 + width**2) / (level * width),
            "this is correct only in the limit of low noise levels": 1 / level**2,
            "this is the square of c_in": 1 / (level**2 + width**2),
        },
    ),
)
