"""The exercises of the chapter ``probability``: noises and products of Gaussians."""

from __future__ import annotations

from .exercise import Exercise, symbols

a, b, m, mu = symbols("a b m mu", "real")
v, w = symbols("v w", "positive")

EXERCISES = (
    Exercise(
        "merge-variance",
        "the variance of the difference",
        a**2 + b**2,
        mistakes={
            "the standard deviations were added; independent noises add their variances": (a + b) ** 2,
            "the standard deviations were subtracted; independent noises add their variances, whatever the sign": (
                a - b
            )
            ** 2,
            "a minus sign in front of a noise does not take its variance away": a**2 - b**2,
        },
    ),
    Exercise(
        "product-mean",
        "the mean of the product",
        (w * m + v * mu) / (v + w),
        mistakes={
            "each mean has its own variance as its weight; the sharper one must count more": (v * m + w * mu) / (v + w),
            "this is the plain average, which is right for equal variances only": (m + mu) / 2,
            "this is the mean of a sum; the densities are multiplied": m + mu,
            "the weights 1/v and 1/w do not add up to one": m / v + mu / w,
            "this is the variance of the product": v * w / (v + w),
        },
    ),
)
