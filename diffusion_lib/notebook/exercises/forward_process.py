"""Exercises of the chapter forward-process."""

from __future__ import annotations

import sympy as sp

from diffusion_lib.notebook.exercises.exercise import Exercise, letters

alpha_t, alpha_bar_t, alpha_bar_prev, beta_t = letters("alpha[t] alpha_bar[t] alpha_bar[t - 1] beta[t]", "unit")
(SNR_t,) = letters("SNR[t]", "positive")
A, b_0, b_1 = letters("A b_0 b_1", "positive")
x_0, y_0 = letters("x[0] y_0", "real")
ONE_STEP = {beta_t: 1 - alpha_t, alpha_bar_t: alpha_bar_prev * alpha_t}

EXERCISES = (
    Exercise(
        "share-of-snr",
        "the share of the variance that is left at this signal-to-noise ratio",
        SNR_t / (1 + SNR_t),
        slips={"this is the share of the noise": 1 / (1 + SNR_t), "this solves SNR = ᾱ/(1 + ᾱ)": SNR_t / (1 - SNR_t)},
    ),
    Exercise(
        "noise-of-a-step",
        "the variance that the step adds where nothing shrinks",
        (1 - alpha_t) / alpha_bar_t,
        slips={
            "this is the variance that it adds where the state shrinks": 1 - alpha_t,
            "the noise of this step is divided by √ᾱ_t, not by the root before": (1 - alpha_t) / alpha_bar_prev,
            "this is the variance of all steps up to t": (1 - alpha_bar_t) / alpha_bar_t,
        },
        relations=ONE_STEP,
    ),
    Exercise(
        "mean-square-of-a-state",
        "the mean square of the state",
        alpha_bar_t * x_0**2 + 1 - alpha_bar_t,
        slips={
            "this is the square of the mean; the noise has a share, too": alpha_bar_t * x_0**2,
            "this is the variance; the mean has a share, too": 1 - alpha_bar_t,
            "this is the average over data with mean square one; here x_0 is given": sp.S.One,
            "roots, where squares add": (sp.sqrt(alpha_bar_t) * x_0 + sp.sqrt(1 - alpha_bar_t)) ** 2,
        },
        relations=ONE_STEP,
    ),
    Exercise(
        "time-of-an-amount",
        "the time at which the area is A",
        (sp.sqrt(b_0**2 + 2 * b_1 * A) - b_0) / b_1,
        slips={
            "this is the time for a constant rate": A / b_0,
            "the area under the rate has b_1 τ²/2": (sp.sqrt(b_0**2 + 4 * b_1 * A) - b_0) / (2 * b_1),
            "this is the other root, a time before the start": (-sp.sqrt(b_0**2 + 2 * b_1 * A) - b_0) / b_1,
        },
    ),
    Exercise(
        "telling-apart",
        "the divergence of the two noisy points",
        alpha_bar_t * (x_0 - y_0) ** 2 / (2 * (1 - alpha_bar_t)),
        slips={
            "the means keep √ᾱ_t of the distance, and it is squared": alpha_bar_t**2
            * (x_0 - y_0) ** 2
            / (2 * (1 - alpha_bar_t)),
            "the means are shrunk, and so is their distance": (x_0 - y_0) ** 2 / (2 * (1 - alpha_bar_t)),
            "the distance counts in units of the noise: divide by its variance": alpha_bar_t * (x_0 - y_0) ** 2 / 2,
            "a standard deviation stands in the place of the variance": alpha_bar_t
            * (x_0 - y_0) ** 2
            / (2 * sp.sqrt(1 - alpha_bar_t)),
        },
        relations={SNR_t: alpha_bar_t / (1 - alpha_bar_t)},
    ),
)
