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
            "the standard deviations were added; the variances of independent noises add": (a + b) ** 2,
            "the standard deviations were subtracted; the variances of independent noises add, whatever the sign": (
                a - b
            )
            ** 2,
            "a minus sign in front of a noise does not make its variance negative": a**2 - b**2,
        },
    ),
    Exercise(
        "product-mean",
        "the mean of the product",
        (w * m + v * mu) / (v + w),
        mistakes={
            "each mean is weighted by its own variance; the more precise measurement must have the larger weight": (
                v * m + w * mu
            )
            / (v + w),
            "this is the unweighted average, which is correct only for equal variances": (m + mu) / 2,
            "this is the mean of a sum of variables; here the densities are multiplied": m + mu,
            "the weights 1/v and 1/w do not add up to one": m / v + mu / w,
            "this is the variance of the product": v * w / (v + w),
        },
    ),
)
