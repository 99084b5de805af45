"""The derivations of the chapter score, loaded by running the chapter's own cells."""

from __future__ import annotations

import pytest
import torch
from false_steps import false_steps
from proved import T, formula, random_schedule

from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process import identities as process


@pytest.fixture(scope="module")
def schedule():
    return random_schedule(0, most=0.4)


def close(ours, proved):
    assert float(ours) == pytest.approx(proved, rel=1e-12, abs=1e-12)


def test_score_and_data_of_the_library_are_the_proved_ones(n, schedule, draws):
    score = formula(n, "score-is-noise", "eps", "alpha_bar_t")
    guess = formula(n, "guess", "x_t", "eps_hat", "alpha_bar_t")
    clean = formula(n, "clean-from-score", "x_t", "score_t", "alpha_bar_t")
    for t in range(1, T + 1):
        x_t, eps = draws[0, t], draws[1, t]
        bar = float(schedule.alpha_bar[t])
        predicted = process.score_from_eps(schedule, eps, t)
        close(predicted, score(float(eps), bar))
        close(process.x_0_from_eps(schedule, x_t, t, eps), guess(float(x_t), float(eps), bar))
        close(process.x_0_from_eps(schedule, x_t, t, eps), clean(float(x_t), float(predicted), bar))


def test_tweedie_is_the_score_of_the_oracle(n, schedule):
    """With E[x_0 | x_t] by a sum over components."""
    mixture = GaussianMixture([[-1.0], [0.3], [1.2]], 0.2, [0.2, 0.5, 0.3])
    tweedie = formula(n, "tweedie", "x_t", "data_mean", "alpha_bar_t")
    x_t = torch.linspace(-3, 3, 13, dtype=torch.float64)[:, None]
    for t in range(1, T + 1):
        bar = schedule.alpha_bar[t]
        variance = bar * 0.04 + 1 - bar
        means = mixture.means[:, 0] + bar.sqrt() * 0.04 / variance * (x_t - bar.sqrt() * mixture.means[:, 0])
        mean = (mixture.log_class(schedule, x_t, t).exp() * means).sum(1)
        for x, m, score in zip(x_t[:, 0], mean, mixture.score(schedule, x_t, t)[:, 0], strict=True):
            assert float(score) == pytest.approx(tweedie(float(x), float(m), float(bar)), rel=1e-9, abs=1e-9)


def test_tweedies_formula_of_a_pixel_is_that_of_a_mixture_in_the_plane(n, schedule):
    """Means by the oracle, gradients of the log density by automatic differentiation: two correlated pixels."""
    mixture = GaussianMixture(torch.tensor([[-1.0, -0.8], [0.9, 1.1]]), 0.3, [0.4, 0.6])
    score = formula(n, "tweedie-first", "x_1", "first_mean", "alpha_bar_t")
    for t in (1, T // 2, T):
        x_t = torch.tensor([[0.3, -0.5]], dtype=torch.float64, requires_grad=True)
        (gradient,) = torch.autograd.grad(mixture.log_density(schedule, x_t, t).sum(), x_t)
        mean = process.x_0_from_eps(schedule, x_t, t, mixture.noise_predictor(schedule)(x_t, torch.tensor([t])))
        for pixel in (0, 1):
            numbers = float(x_t.detach()[0, pixel]), float(mean.detach()[0, pixel]), float(schedule.alpha_bar[t])
            assert float(gradient[0, pixel]) == pytest.approx(score(*numbers), rel=1e-9)


def test_two_equal_pixels_are_correlated_when_noisy(n):
    """Their noisy values together give a better estimate; that the density is not a product is a row below."""
    bar, x = 0.6, (0.3, -1.1)
    guess = formula(n, n["best_of_both"], "x_1", "x_2", "alpha_bar_t")(*x, bar)
    weights = torch.linspace(-9, 9, 100_001, dtype=torch.float64)
    logs = -(weights**2) / 2 - sum((value - bar**0.5 * weights) ** 2 for value in x) / (2 * (1 - bar))
    assert float(torch.softmax(logs, 0) @ weights) == pytest.approx(guess, abs=1e-9)


FALSE = """
P3-sign-of-the-score: score_t = eps / sqrt(1 - alpha_bar_t); result; score-is-noise
score-without-the-root: score_t = -(eps / (1 - alpha_bar_t)); result; score-is-noise
tweedie-without-the-root: all_score = (alpha_bar_t * data_mean - x_t) / (1 - alpha_bar_t); result; tweedie
pixels-of-a-noisy-image-are-independent: U.blocks['twin-pixels'].left
    = Normal(x_1, 0, 1) * Normal(x_2, 0, 1) * Normal(x_0, best_of_both, (1 - alpha_bar_t) / (1 + alpha_bar_t)); algebra
"""
test_a_false_step_is_refuted = false_steps("score", FALSE)
