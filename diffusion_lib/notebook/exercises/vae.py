"""The exercises of the chapter ``vae``."""

from __future__ import annotations

import sympy as sp

from diffusion_lib.notebook.exercises.exercise import Exercise, letters

sigma, S, s, v, R = letters("sigma S s v R", "positive")
mu, w, x_0 = letters("mu w x[0]", "real")
(n,) = letters("n", "natural")
HALF = sp.Rational(1, 2)

wide_prior = HALF * ((mu**2 + sigma**2) / S - 1 - sp.log(sigma**2 / S))
spread = w**2 + v

EXERCISES = (
    Exercise(
        "wide-prior",
        "the divergence from N(mu, sigma²) to N(0, S)",
        wide_prior,
        slips={
            "this is the rate for the prior of variance 1": wide_prior.subs(S, 1),
            "the two densities are swapped": HALF * ((mu**2 + S) / sigma**2 - 1 - sp.log(S / sigma**2)),
            "S is a variance here, and not a standard deviation": wide_prior.subs(S, S**2),
            "the logarithm of deviations stands for that of variances": wide_prior + HALF * sp.log(sigma**2 / S) / 2,
        },
    ),
    Exercise(
        "path-gradient",
        "the average of 3 (mu + sigma eps)² eps",
        6 * mu * sigma,
        slips={
            "this is the gradient by mu; the inner derivative by sigma has a factor eps": 3 * mu**2 + 3 * sigma**2,
            "this is the average of the cost, before the derivative": mu**3 + 3 * mu * sigma**2,
        },
    ),
    Exercise(
        "optimal-decoder-variance",
        "the variance at which the cost is lowest",
        R / n,
        slips={"this is the error of the whole picture; divide by the number of pixels": R},
    ),
    Exercise(
        "collapse-weight",
        "the weight at which the slope of the decoder becomes zero",
        s**2 / v,
        slips={"this is the slope that is left at weight 1, squared": s**2 - v},
    ),
    Exercise(
        "collapsed-encoder-gap",
        "the divergence from the prior to the posterior",
        HALF * (w**2 / v + w**2 * x_0**2 / (v * spread) - sp.log(spread / v)),
        slips={
            "the divergence is taken the other way round": HALF
            * (v / spread + w**2 * x_0**2 / spread**2 - 1 + sp.log(spread / v)),
            "that is the divergence to the prior, which is zero; the gap is the one to the posterior": sp.S.Zero,
            "this is the gap without the mean of the posterior": HALF * (w**2 / v - sp.log(spread / v)),
        },
    ),
)
