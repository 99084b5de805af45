"""The exercises of the page "Editing an image": answers, and common mistakes with their messages."""

from __future__ import annotations

from sympy import sqrt

from .exercise import Exercise, symbols

alpha_bar_s, alpha_bar_t = symbols("alpha_bar_s alpha_bar_t", "unit")
D, kappa, h, g = symbols("D kappa h g", "positive")
slope, m_c, m_n = symbols("slope m_c m_n", "real")

EXERCISES = (
    Exercise(
        "level-to-forget",
        "the level",
        sqrt(D / (2 * kappa)),
        mistakes={
            "this is the variance of the noise, the level is its root": D / (2 * kappa),
            "the divergence has a factor of one half": sqrt(D / kappa),
            "D is a squared distance already": D / sqrt(2 * kappa),
        },
    ),
    Exercise(
        "noise-for-the-way-up",
        "the variance of the noise on the way up",
        1 - alpha_bar_t / alpha_bar_s,
        mistakes={
            "this is the variance of all noise in x_t, and x_s has some already": 1 - alpha_bar_t,
            "variances differ by this, but the noise in x_s is shrunk, too": alpha_bar_s - alpha_bar_t,
            "the later fraction of signal is the smaller one": 1 - alpha_bar_s / alpha_bar_t,
        },
    ),
    Exercise(
        "inversion-loss",
        "the factor",
        1 - h**2 * slope**2,
        mistakes={
            "the way down asks the network at the state that the way up has reached": 1,
            "this is the factor of the way up alone": 1 + h * slope,
            "this is what is lost, not what is left": h**2 * slope**2,
        },
    ),
    Exercise(
        "negative-mean",
        "the position where the derivative is zero",
        m_n + g * (m_c - m_n),
        mistakes={
            "this counts from the mean of the prompt, as w does": m_c + g * (m_c - m_n),
            "the exponent of the negative density is g − 1, not g": g * (m_c - m_n),
            "this leads towards the negative prompt": m_c + g * (m_n - m_c),
        },
    ),
)
