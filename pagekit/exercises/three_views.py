"""The exercises of the page "ELBO, score and flow: three views of one model"."""

from __future__ import annotations

from .exercise import Exercise, symbols

alpha_t, sigma_t, W = symbols("alpha_t sigma_t W", "positive")

EXERCISES = (
    Exercise(
        "velocity-error-from-v",
        "the factor from the squared error of v to that of the velocity",
        W**2 / (alpha_t**2 + sigma_t**2) ** 2,
        mistakes={
            "the errors are squared, and so is the factor between them": W / (alpha_t**2 + sigma_t**2),
            "that is the factor from the squared error of the noise": W**2 / alpha_t**2,
            "that is the inverse of the factor": (alpha_t**2 + sigma_t**2) ** 2 / W**2,
        },
    ),
    Exercise(
        "bound-in-noise",
        "the weight of the squared error of the noise in the ELBO in continuous time",
        W / (alpha_t * sigma_t),
        mistakes={
            "that is the weight of the squared error of the data": alpha_t * W / sigma_t**3,
            "only half of the rate is the weight": 2 * W / (alpha_t * sigma_t),
            "the factor of data-loss must be multiplied, not divided": alpha_t**3 * W / sigma_t**5,
            "the errors are squared, and so is the factor between them": W / sigma_t**2,
        },
    ),
)
