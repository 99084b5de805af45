"""Exercises of the error catalogue: each shows a wrong formula and asks for the correct one."""

from __future__ import annotations

from sympy import log

from .exercise import Exercise, symbols

alpha_bar_t, alpha_bar_T = symbols("alpha_bar[t] alpha_bar[T]", "unit")
y, m, g, e_c, e_u, z, eps = symbols("y m g e_c e_u z eps", "real")
s, sigma, theta, c, SNR_t = symbols("s sigma theta c SNR[t]", "positive")

EXERCISES = (
    Exercise(
        "zoo-root",
        "the variance that the noise lacks",
        alpha_bar_t * (1 - alpha_bar_t),
        mistakes={
            "this is the variance of the noise in the notebook": (1 - alpha_bar_t) ** 2,
            "this is the variance that the noise should have": 1 - alpha_bar_t,
        },
    ),
    Exercise(
        "zoo-score",
        "the derivative of the log-density",
        (m - y) / s**2,
        mistakes={
            "this is the derivative with respect to m; that with respect to y has the opposite sign": (y - m) / s**2
        },
    ),
    Exercise(
        "zoo-guidance",
        "the guided prediction",
        g * e_c + (1 - g) * e_u,
        mistakes={
            "this is the formula of the docstring; its weights do not add up to 1": g * e_c + (g - 1) * e_u,
            "this is the convention of Ho and Salimans, in which a scale of 0 means no guidance": (1 + g) * e_c
            - g * e_u,
        },
    ),
    Exercise(
        "zoo-one-shot",
        "the clean latent",
        z - sigma * eps,
        mistakes={
            "the noise has standard deviation sigma, whereas the predicted noise has standard deviation 1": z - eps
        },
    ),
    Exercise(
        "zoo-velocity",
        "the weight of the error of x_0",
        SNR_t + 1,
        mistakes={"this is the weight in the noise-prediction loss": SNR_t},
        relations={SNR_t: alpha_bar_t / (1 - alpha_bar_t)},
    ),
    Exercise(
        "zoo-stationary",
        "the stationary variance",
        sigma**2 / (2 * theta),
        mistakes={
            "the factor by which a step shrinks X is squared in the variance, which gives a factor of 2": sigma**2
            / theta
        },
    ),
    Exercise(
        "zoo-prior",
        "L_T",
        (alpha_bar_T * (c - 1) - log(1 - alpha_bar_T)) / 2,
        mistakes={
            "the variance was used as a standard deviation": (
                alpha_bar_T * c + (1 - alpha_bar_T) ** 2 - 1 - 2 * log(1 - alpha_bar_T)
            )
            / 2,
            "the term of the mean of x_T is missing": (-alpha_bar_T - log(1 - alpha_bar_T)) / 2,
        },
    ),
)
