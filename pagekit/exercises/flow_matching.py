"""The exercises of the page "Flow matching": answers, and common mistakes with their messages."""

from __future__ import annotations

from .exercise import Exercise, symbols

alpha_t, sigma_t, width = symbols("alpha_t sigma_t width", "positive")
(t,) = symbols("t", "unit")
X, x_t, u, d_alpha = symbols("X x_t u d_alpha", "real")
variance = (1 - t) ** 2 * width**2 + t**2

EXERCISES = (
    Exercise(
        "clean-from-velocity",
        "the data point that the velocity implies",
        x_t - t * u,
        mistakes={
            "the velocity points to the noise, so that the data are in the opposite direction: its sign is wrong": x_t
            + t * u,
            "t = 0 is data here, so that returning to the data takes the time t": x_t - (1 - t) * u,
            "that moves on to the noise, which takes the time 1 − t": x_t + (1 - t) * u,
            "returning to the data takes the time t, not the whole time": x_t - u,
        },
    ),
    Exercise(
        "score-from-velocity",
        "the score that the velocity implies",
        -(x_t + (1 - t) * u) / t,
        mistakes={
            "the score points in the opposite direction of the noise: its sign is wrong": (x_t + (1 - t) * u) / t,
            "that is the negated noise; the score is that divided by its standard deviation, σ = t": -(
                x_t + (1 - t) * u
            ),
            "t = 0 is data here: moving on to the noise takes the time 1 − t": -(x_t + t * u) / (1 - t),
            "that is the data point instead of the noise": -(x_t - t * u) / t,
        },
    ),
    Exercise(
        "velocity-per-v",
        "the factor between velocity and v",
        -d_alpha / sigma_t,
        mistakes={
            "α decreases, so that its derivative is negative and the factor is positive: the sign is wrong": d_alpha
            / sigma_t,
            "the derivative of σ is −α α̇ / σ: a division by σ is missing": -d_alpha,
            "that is the derivative of σ, −α α̇ / σ": -alpha_t * d_alpha / sigma_t,
            "that divides by α instead of σ": -d_alpha / alpha_t,
        },
    ),
    Exercise(
        "loss-weight",
        "the factor between the two squared errors",
        1 / (1 - t) ** 2,
        mistakes={
            "the errors are squared, and so is the factor between them": 1 / (1 - t),
            "that is the factor for the error of the data point": 1 / t**2,
            "that converts the error of the data point into that of the noise": ((1 - t) / t) ** 2,
            "that is the inverse of the factor": (1 - t) ** 2,
        },
    ),
    Exercise(
        "gaussian-velocity",
        "the marginal velocity of a Gaussian",
        (t - (1 - t) * width**2) / variance * X,
        mistakes={
            "that has the wrong sign: t = 1 is noise here, and the velocity points from data to noise": -(
                t - (1 - t) * width**2
            )
            / variance
            * X,
            "t = 0 is data here: t and 1 − t are swapped": ((1 - t) - t * width**2)
            / (t**2 * width**2 + (1 - t) ** 2)
            * X,
            "the variance of the data is the square of s": (t - (1 - t) * width) / variance * X,
            "the contribution of the data, α̇ E[x_0 | x], is missing": t / variance * X,
        },
    ),
)
