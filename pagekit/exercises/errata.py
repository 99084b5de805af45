"""Exercises of the chapter on errors: a wrong formula is given, the right one is asked for."""

from __future__ import annotations

from sympy import log

from .exercise import Exercise, symbols

alpha_bar_t, alpha_bar_T = symbols("alpha_bar[t] alpha_bar[T]", "unit")
y, m, g, e_c, e_u, z, eps = symbols("y m g e_c e_u z eps", "real")
s, sigma, theta, c, SNR_t = symbols("s sigma theta c SNR[t]", "positive")

EXERCISES = (
    Exercise(
        "zoo-root",
        "the variance that is missing",
        alpha_bar_t * (1 - alpha_bar_t),
        mistakes={
            "this is the variance that the notebook's noise has": (1 - alpha_bar_t) ** 2,
            "this is the variance that the noise should have": 1 - alpha_bar_t,
        },
    ),
    Exercise(
        "zoo-score",
        "the gradient of the log-density",
        (m - y) / s**2,
        mistakes={"this is the derivative in m; the one in y has the other sign": (y - m) / s**2},
    ),
    Exercise(
        "zoo-guidance",
        "the guided estimate",
        g * e_c + (1 - g) * e_u,
        mistakes={
            "this is the docstring; its weights do not add to 1": g * e_c + (g - 1) * e_u,
            "this is the convention of Ho & Salimans, where no guidance is 0": (1 + g) * e_c - g * e_u,
        },
    ),
    Exercise(
        "zoo-one-shot",
        "the clean latent",
        z - sigma * eps,
        mistakes={"the noise has standard deviation sigma, the estimate has standard deviation 1": z - eps},
    ),
    Exercise(
        "zoo-velocity",
        "the weight of the error of x_0",
        SNR_t + 1,
        mistakes={"this is the weight in the loss on the noise": SNR_t},
        relations={SNR_t: alpha_bar_t / (1 - alpha_bar_t)},
    ),
    Exercise(
        "zoo-stationary",
        "the variance at rest",
        sigma**2 / (2 * theta),
        mistakes={"the shrinking is squared, which gives a factor 2": sigma**2 / theta},
    ),
    Exercise(
        "zoo-prior",
        "L_T",
        (alpha_bar_T * (c - 1) - log(1 - alpha_bar_T)) / 2,
        mistakes={
            "a variance was given for a standard deviation": (
                alpha_bar_T * c + (1 - alpha_bar_T) ** 2 - 1 - 2 * log(1 - alpha_bar_T)
            )
            / 2,
            "the mean of x_T was left out": (-alpha_bar_T - log(1 - alpha_bar_T)) / 2,
        },
    ),
)
