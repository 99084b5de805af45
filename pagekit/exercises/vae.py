"""The exercises of the chapter ``vae``."""

from __future__ import annotations

import sympy as sp

from .exercise import Exercise, symbols

(sigma, S), (mu, a, b) = symbols("sigma S", "positive"), symbols("mu a b", "real")
HALF = sp.Rational(1, 2)

wide_prior = HALF * ((mu**2 + sigma**2) / S - 1 - sp.log(sigma**2 / S))

EXERCISES = (
    Exercise(
        "quadratic-cost",
        "the mean of a (x_1 - b)² (x_1 - mu) / sigma²",
        2 * a * (mu - b),
        mistakes={
            "this is the mean cost; differentiate it with respect to mu": a * ((mu - b) ** 2 + sigma**2),
            "this is the derivative with respect to sigma; differentiate with respect to mu": 2 * a * sigma,
            "this is the derivative of the cost at a single latent; average over the latents": 2 * a * (mu + sigma - b),
        },
    ),
    Exercise(
        "wide-prior",
        "the divergence of N(mu, sigma²) from N(0, S)",
        wide_prior,
        mistakes={
            "this is the rate for the prior of variance 1": wide_prior.subs(S, 1),
            "the two densities are swapped": HALF * ((mu**2 + S) / sigma**2 - 1 - sp.log(S / sigma**2)),
            "S is a variance, not a standard deviation": wide_prior.subs(S, S**2),
            "this has the logarithm of the standard deviations where that of the variances is needed": wide_prior
            + HALF * sp.log(sigma**2 / S) / 2,
        },
    ),
    Exercise(
        "path-gradient",
        "the mean of 3 (mu + sigma eps)² eps",
        6 * mu * sigma,
        mistakes={
            "this is the derivative with respect to mu; for sigma, there is a factor eps": 3 * mu**2 + 3 * sigma**2,
            "this is the mean cost; differentiate it with respect to sigma": mu**3 + 3 * mu * sigma**2,
        },
    ),
)
