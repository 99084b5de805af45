"""The derivations of the chapter three-views, loaded by running the chapter's own cells."""

from __future__ import annotations

import pytest
import sympy as sp
import torch
from false_steps import false_steps
from proved import formula

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import add_noise, make_process, velocity
from diffusion_lib.process import identities as process

ZERO = torch.zeros((), dtype=torch.float64)
LETTERS = ("alpha_t", "sigma_t", "d_alpha", "d_sigma", "W")
BACK = {"eps-from-data": "x_0_hat", "eps-from-score": "s_hat", "eps-from-velocity": "u_hat", "eps-from-v": "v_hat"}


@pytest.fixture(scope="module", params=[(name, t) for name in ("cosine", "flow") for t in (0.1, 0.5, 0.93)])
def place(request):
    """A process, a time, and its scales as numbers, in the order of ``LETTERS``."""
    name, t = request.param
    path = make_process(name)
    scales = path.at(t, ZERO)
    return path, t, [float(number) for number in (*scales, scales.wronskian)]


@pytest.fixture(scope="module")
def pair():
    """A data point, its noise and a prediction of the noise, in five dimensions."""
    return torch.randn(3, 1, 5, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def views(path, t, states, noise):
    """What a noise means as a data point, a score, a velocity and v, by the library."""
    clean = process.x_0_from_eps(path, states, t, noise)
    return {
        "x_0_hat": clean,
        "s_hat": process.score_from_eps(path, noise, t),
        "u_hat": velocity.velocity_from_eps(path, states, t, noise),
        "v_hat": process.v_from_eps(path, clean, t, noise),
    }


def factor(n, block, numbers):
    """The proved factor of the squared norm at the end of a block, which is its last factor."""
    *rest, norm = n["TV"].blocks[block].right.factors
    assert norm == n["noise_loss"]
    return sp.prod([formula(n, node, *LETTERS)(*numbers) for node in rest])


def test_the_conversions_of_the_library_are_the_proved_ones(n, place, pair):
    path, t, numbers = place
    clean, noise, guess = pair
    states = add_noise(path, clean, t, noise)
    found = views(path, t, states, guess)
    for block, letter in BACK.items():
        back = formula(n, n["TV"].blocks[block].left, "x_t", letter, *LETTERS)
        for state, prediction, expected in zip(states[0], found[letter][0], guess[0], strict=True):
            assert back(float(state), float(prediction), *numbers) == pytest.approx(float(expected), rel=1e-9)


def test_the_proved_factors_are_those_of_the_errors(n, place, pair):
    path, t, numbers = place
    clean, noise, guess = pair
    states = add_noise(path, clean, t, noise)
    found, targets = views(path, t, states, guess), views(path, t, states, noise)
    of_noise = float((guess - noise).square().sum())
    torch.testing.assert_close(targets["x_0_hat"], clean)
    torch.testing.assert_close(targets["u_hat"], velocity.velocity_of_pair(path, clean, t, noise))
    for block, letter in {
        "data-loss": "x_0_hat",
        "score-loss": "s_hat",
        "velocity-loss": "u_hat",
        "v-loss": "v_hat",
    }.items():
        error = float((found[letter] - targets[letter]).square().sum())
        assert error == pytest.approx(float(factor(n, block, numbers)) * of_noise, rel=1e-9)


def test_the_weight_in_continuous_time_is_that_of_small_steps(n):
    """Half of the decrease of the SNR in a short time, divided by it and by the SNR."""
    path, t, h = make_process("cosine"), 0.4, 1e-5
    ratio = [float((at.alpha / at.sigma) ** 2) for at in (path.at(t + k * h, ZERO) for k in (-1, 0, 1))]
    scales = path.at(t, ZERO)
    weight = factor(n, "bound-in-noise", [float(number) for number in (*scales, scales.wronskian)])
    assert float(weight) == pytest.approx((ratio[0] - ratio[2]) / (4 * h) / ratio[1], rel=1e-6)


def test_the_score_and_the_velocity_of_the_oracle_are_views_of_its_noise(place):
    path, t, _ = place
    ring = GaussianMixture.named("ring")
    states = torch.randn(20, 2, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    found = views(path, t, states, ring.noise_predictor(path)(states, t))
    torch.testing.assert_close(found["x_0_hat"], ring.denoiser(path, states, t))
    torch.testing.assert_close(found["s_hat"], ring.score(path, states, t))
    torch.testing.assert_close(found["u_hat"], ring.velocity(path, states, t))


FALSE = """
P3-sign-of-the-score: s = eps / sigma_t; result; score-of-pair
score-without-division: s_hat = -eps_hat; definition; score-view
factor-upside-down: norm2(x_0_hat - x_0) = alpha_t**2 / sigma_t**2 * noise_loss; result; data-loss
factor-without-square: norm2(s_hat - s) = 1 / sigma_t * noise_loss; result; score-loss
velocity-is-v: norm2(u_hat - u) = norm2(v_hat - v); result; velocity-loss v-loss
velocity-towards-the-data: (d_alpha * x_t - alpha_t * u_hat) / W = eps_hat; result; eps-from-velocity
bound-is-the-simple-loss: alpha_t * W / sigma_t**3 * norm2(x_0_hat - x_0) = noise_loss; result; bound-in-noise
"""
test_a_false_step_is_refuted = false_steps("three-views", FALSE)
