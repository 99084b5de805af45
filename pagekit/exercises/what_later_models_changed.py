"""Exercises of the chapter what-later-models-changed."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

a_1, a_t, a_T, s, n, k, S, low, high = symbols("a_1 a_t a_T s pixels_ k S low high", "positive")
(u,) = symbols("u", "unit")

EXERCISES = (
    Exercise(
        "rescaled-fraction",
        "the fraction of the variance after rescaling",
        ((a_t - a_T) * a_1 / (a_1 - a_T)) ** 2,
        mistakes={
            "this shifts and scales the fraction itself; the root is to be rescaled": (a_t**2 - a_T**2)
            * a_1**2
            / (a_1**2 - a_T**2),
            "this is the root of the fraction": (a_t - a_T) * a_1 / (a_1 - a_T),
            "the start has moved: the scale is missing": (a_t - a_T) ** 2,
            "this starts at one; the first fraction is to stay": ((a_t - a_T) / (a_1 - a_T)) ** 2,
        },
    ),
    Exercise(
        "offset-divergence",
        "the divergence",
        (n * s**2 - sp.log(1 + n * s**2)) / 2,
        mistakes={
            "this is the divergence of one pixel; all pixels move together": (s**2 - sp.log(1 + s**2)) / 2,
            "the pixels are not independent: one direction differs, not all": n * (s**2 - sp.log(1 + s**2)) / 2,
            "the divergence is taken the wrong way round": (1 / (1 + n * s**2) - 1 + sp.log(1 + n * s**2)) / 2,
            "a variance grows by the square of the standard deviation": (n * s - sp.log(1 + n * s)) / 2,
        },
    ),
    Exercise(
        "shifted-time",
        "the shifted time",
        k * u / (1 + (k - 1) * u),
        mistakes={
            "the ratio of the variances grows by k², that of the standard deviations by k": k**2
            * u
            / (1 + (k**2 - 1) * u),
            "this is for images of a k-th of the side": u / (k + (1 - k) * u),
            "this can be above one: not the time grows by k, but its ratio": k * u,
            "u and 1 - u are standard deviations, without a root": sp.sqrt(k) * u / (1 + (sp.sqrt(k) - 1) * u),
        },
    ),
    Exercise(
        "fraction-of-a-variance",
        "the fraction",
        sp.log(S / low) / sp.log(high / low),
        mistakes={
            "this is between the variances; it is between their logarithms": (S - low) / (high - low),
            "this is the fraction of the lower end": sp.log(high / S) / sp.log(high / low),
            "this is between the standard deviations": (sp.sqrt(S) - sp.sqrt(low)) / (sp.sqrt(high) - sp.sqrt(low)),
        },
    ),
)
