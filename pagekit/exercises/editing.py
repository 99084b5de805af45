"""The exercises of the page "Editing an image": answers, and common mistakes with their messages."""

from __future__ import annotations

from sympy import sqrt

from .exercise import Exercise, symbols

alpha_bar_s, alpha_bar_t = symbols("alpha_bar_s alpha_bar_t", "unit")
D, kappa, h, g = symbols("D kappa h g", "positive")
(slope,), (m_c, m_n) = symbols("slope", "real"), symbols("m_c m_n", "real")

EXERCISES = (
    Exercise(
        "level-to-forget",
        "the noise level",
        sqrt(D / (2 * kappa)),
        mistakes={
            "this is the square of the noise level; take the square root": D / (2 * kappa),
            "the divergence contains a factor of one half": sqrt(D / kappa),
            "D is already a squared distance": D / sqrt(2 * kappa),
        },
    ),
    Exercise(
        "noise-for-the-way-up",
        "the variance of the noise on the step back up",
        1 - alpha_bar_t / alpha_bar_s,
        mistakes={
            "this is the variance of all the noise in x_t, and x_s already contains some of it": 1 - alpha_bar_t,
            "the noise variances differ by this, but the step also scales the noise in x_s": alpha_bar_s - alpha_bar_t,
            "the signal variance is smaller at the later timestep, so this is negative": 1 - alpha_bar_s / alpha_bar_t,
        },
    ),
    Exercise(
        "inversion-loss",
        "the factor",
        1 - h**2 * slope**2,
        mistakes={
            "on the step down, the network is evaluated at the state that the step up has reached": 1,
            "this is the factor of the step up alone": 1 + h * slope,
            "this is the fraction that is lost, not the factor": h**2 * slope**2,
        },
    ),
    Exercise(
        "negative-mean",
        "the position where the derivative is zero",
        m_n + g * (m_c - m_n),
        mistakes={
            "this measures from the mean of the prompt, as the scale w does": m_c + g * (m_c - m_n),
            "the exponent of the negative density is g − 1, not g": g * (m_c - m_n),
            "this moves towards the negative prompt instead of away from it": m_c + g * (m_n - m_c),
        },
    ),
)
