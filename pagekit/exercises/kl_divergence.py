"""The exercises of the chapter ``kl-divergence``: divergences and entropies of Gaussians."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

(m, mu), (v, w) = symbols("m mu", "real"), symbols("v w", "positive")

EXERCISES = (
    Exercise(
        "kl-shift",
        "the divergence",
        (m - mu) ** 2 / (2 * v),
        mistakes={
            "the square is divided by a standard deviation, but v is a variance": (m - mu) ** 2 / (2 * sp.sqrt(v)),
            "the distance between the means is not squared, so the result could be negative": (m - mu) / (2 * v),
            "only the variances are equal; the means differ": sp.S.Zero,
        },
    ),
    Exercise(
        "entropy-of-merge",
        "the gain in entropy",
        sp.log(1 + w / v) / 2,
        mistakes={
            "this is the entropy of the added noise alone": (sp.log(2 * sp.pi * w) + 1) / 2,
            "this compares the noise with the original; use the sum, of variance v + w": sp.log(w / v) / 2,
            "the logarithm is that of a standard deviation, so the log-ratio of variances counts half": sp.log(
                1 + w / v
            ),
        },
    ),
)
