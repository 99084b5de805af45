"""The exercises of the chapter ``probability``: noises, products of Gaussians, divergences, and the bound."""

from __future__ import annotations

import sympy as sp

from diffusion_lib.notebook.exercises.exercise import Exercise, letters

a, b, m, mu, y = letters("a b m mu y", "real")
v, w = letters("v w", "positive")
SEEN = a**2 + v  # the variance of a u + noise, for a standard Gaussian u

EXERCISES = (
    Exercise(
        "merge-variance",
        "the variance of the difference",
        a**2 + b**2,
        slips={
            "the deviations were added; independent noises add their variances": (a + b) ** 2,
            "the deviations were subtracted; independent noises add their variances, whatever the sign": (a - b) ** 2,
            "a minus sign in front of a noise does not take its variance away": a**2 - b**2,
        },
    ),
    Exercise(
        "product-mean",
        "the mean of the product",
        (w * m + v * mu) / (v + w),
        slips={
            "each mean has its own variance as its weight; the sharper one must count more": (v * m + w * mu) / (v + w),
            "this is the plain average, which is right for equal variances only": (m + mu) / 2,
            "this is the mean of a sum; the densities are multiplied": m + mu,
            "the weights 1/v and 1/w do not add up to one": m / v + mu / w,
            "this is the variance of the product": v * w / (v + w),
        },
    ),
    Exercise(
        "kl-shift",
        "the divergence",
        (m - mu) ** 2 / (2 * v),
        slips={
            "the distance is divided by a standard deviation; v is a variance": (m - mu) ** 2 / (2 * sp.sqrt(v)),
            "the distance is not squared, and could be negative": (m - mu) / (2 * v),
            "only the widths are equal; the centres differ": sp.S.Zero,
        },
    ),
    Exercise(
        "entropy-of-merge",
        "the gain in entropy",
        sp.log(1 + w / v) / 2,
        slips={
            "this is the entropy of the added noise by itself": (sp.log(2 * sp.pi * w) + 1) / 2,
            "this compares the noise with what was there; compare the sum, of variance v + w": sp.log(w / v) / 2,
            "the logarithm is that of a deviation, so the quotient of variances counts half": sp.log(1 + w / v),
        },
    ),
    Exercise(
        "guess-variance",
        "the best variance of the guess",
        v / SEEN,
        slips={
            "this is the variance of the prior": sp.Integer(1),
            "this is the variance of y, not that of u": SEEN,
            "this is the precision; its inverse is the variance": SEEN / v,
        },
    ),
    Exercise(
        "elbo-optimum",
        "the gain of the bound",
        (a**2 / v - sp.log(SEEN / v) + a**2 * y**2 / (v * SEEN)) / 2,
        slips={
            "this is the mean gain, over all y; the data point is given": sp.log(SEEN / v) / 2 + a**2 / (2 * v),
            "the logarithm of the widths is missing": (a**2 / v + a**2 * y**2 / (v * SEEN)) / 2,
            "this is the price of the best guess; the explanation changes as well": (
                v / SEEN - 1 - sp.log(v / SEEN) + a**2 * y**2 / SEEN**2
            )
            / 2,
        },
    ),
)
