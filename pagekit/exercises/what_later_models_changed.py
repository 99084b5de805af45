"""Exercises of the chapter what-later-models-changed."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

a_1, a_t, a_T, s, n, k, S, low, high = symbols("a_1 a_t a_T s pixels_ k S low high", "positive")
(u,) = symbols("u", "unit")

EXERCISES = (
    Exercise(
        "rescaled-fraction",
        "the signal variance after rescaling",
        ((a_t - a_T) * a_1 / (a_1 - a_T)) ** 2,
        mistakes={
            "this shifts and scales the signal variance itself, but its root has to be rescaled": (a_t**2 - a_T**2)
            * a_1**2
            / (a_1**2 - a_T**2),
            "this is the root of the signal variance": (a_t - a_T) * a_1 / (a_1 - a_T),
            "the first value has changed, because the scale factor is missing": (a_t - a_T) ** 2,
            "this starts at one, but the first value has to be preserved": ((a_t - a_T) / (a_1 - a_T)) ** 2,
        },
    ),
    Exercise(
        "offset-divergence",
        "the divergence",
        (n * s**2 - sp.log(1 + n * s**2)) / 2,
        mistakes={
            "this is the divergence for one pixel, but all pixels have the same offset": (s**2 - sp.log(1 + s**2)) / 2,
            "the pixels are not independent: only one direction has another variance": n
            * (s**2 - sp.log(1 + s**2))
            / 2,
            "the two distributions are interchanged in the divergence": (1 / (1 + n * s**2) - 1 + sp.log(1 + n * s**2))
            / 2,
            "the variance is the square of the standard deviation": (n * s - sp.log(1 + n * s)) / 2,
        },
    ),
    Exercise(
        "shifted-time",
        "the shifted time",
        k * u / (1 + (k - 1) * u),
        mistakes={
            "the ratio of the variances grows by k², but that of the standard deviations by k": k**2
            * u
            / (1 + (k**2 - 1) * u),
            "this is the time for images whose side is smaller by the factor k": u / (k + (1 - k) * u),
            "this can be above one: the ratio grows by the factor k, not the time": k * u,
            "u and 1 - u are standard deviations, so that no root is needed": sp.sqrt(k)
            * u
            / (1 + (sp.sqrt(k) - 1) * u),
        },
    ),
    Exercise(
        "fraction-of-a-variance",
        "the fraction",
        sp.log(S / low) / sp.log(high / low),
        mistakes={
            "this interpolates between the variances, not between their logarithms": (S - low) / (high - low),
            "this is the weight of the lower end": sp.log(high / S) / sp.log(high / low),
            "this interpolates between the standard deviations": (sp.sqrt(S) - sp.sqrt(low))
            / (sp.sqrt(high) - sp.sqrt(low)),
        },
    ),
)
