"""The learned variance against diffusers, the library's own bound, and what each part of the loss may teach."""

from __future__ import annotations

import math

import peers
import pytest
import torch

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate import GaussianMixture, optimal_variance, state_variance, vlb_from_mse
from diffusion_lib.process import add_noise, cosine, linear
from diffusion_lib.process.bound import decoder_term, step_term
from diffusion_lib.process.hybrid import hybrid_loss, interpolated_variance, variance_loss

SCHEDULE = linear(20, 1e-3, 0.3)
DRAWS = torch.Generator().manual_seed(0)


def random(*shape):
    return torch.randn(*shape, generator=DRAWS, dtype=torch.float64)


@pytest.mark.parametrize("t", [2, 7, 20])
def test_the_interpolation_is_that_of_diffusers(monkeypatch, t):
    config = {"num_train_timesteps": 20, "trained_betas": SCHEDULE.beta[1:].tolist(), "variance_type": "learned_range"}
    peer = peers.scheduler(monkeypatch, "DDPM", **config)
    share = torch.rand(4, 3, generator=DRAWS, dtype=torch.float64)
    theirs = peer._get_variance(t - 1, predicted_variance=2 * share - 1)  # the logarithm, of a share in [-1, 1]
    ours = interpolated_variance(SCHEDULE, share, torch.full((4,), t))
    torch.testing.assert_close(ours, theirs.exp(), rtol=1e-12, atol=0)


def test_the_ends_of_the_share_are_the_two_variances_of_the_paper():
    t, ones = torch.arange(1, 21), torch.ones(20, 2, dtype=torch.float64)
    high, low = interpolated_variance(SCHEDULE, ones, t), interpolated_variance(SCHEDULE, 0 * ones, t)
    torch.testing.assert_close(high[:, 0], SCHEDULE.beta[1:])
    torch.testing.assert_close(low[1:, 1], SCHEDULE.posterior_variance[2:])
    assert low[0, 0] == low[1, 0] > 0  # at t = 1 there is no logarithm of the posterior's own variance


@pytest.mark.parametrize("t", [1, 2, 20])
@pytest.mark.parametrize("variance", ["posterior", "beta"])
def test_the_loss_is_the_bounds_term(t, variance):
    x_0, eps, times = random(5, 3), random(5, 3), torch.full((5,), t)
    world = GaussianMixture([[-1.0, 0.5, 0.2], [0.3, -0.2, 0.1]], 0.3)
    model = world.noise_predictor(SCHEDULE)
    eps_hat = model(add_noise(SCHEDULE, x_0, times, eps), times)
    share = torch.full_like(x_0, float(variance == "beta"))
    ours = variance_loss(SCHEDULE, x_0, times, eps, eps_hat, interpolated_variance(SCHEDULE, share, times))
    if t == 1:
        expected = decoder_term(model, SCHEDULE, x_0, eps, variance, levels=None)
    else:
        expected = step_term(model, SCHEDULE, x_0, t, eps, variance)
    torch.testing.assert_close(ours, expected)


def test_mean_and_share_learn_from_their_own_parts():
    x_0, eps, t = random(6, 2), random(6, 2), torch.tensor([1, 2, 3, 10, 19, 20])
    eps_hat, share = random(6, 2).requires_grad_(), torch.rand(6, 2, dtype=torch.float64).requires_grad_()
    of_mean, of_share = torch.autograd.grad(hybrid_loss(SCHEDULE, x_0, t, eps, eps_hat, share), (eps_hat, share))
    torch.testing.assert_close(of_mean, (eps_hat - eps).detach() / 6)  # of L_simple: 2 (ε̂ − ε) / 12
    assert bool((of_share != 0).all())
    (without,) = torch.autograd.grad(hybrid_loss(SCHEDULE, x_0, t, eps, eps_hat, share, weight=0.0), share)
    assert not without.any()
    whole = 20 * variance_loss(SCHEDULE, x_0, t, eps, eps_hat, interpolated_variance(SCHEDULE, share, t)).mean() / 2
    split = hybrid_loss(SCHEDULE, x_0, t, eps, eps_hat, share, weight=1.0) - (eps - eps_hat).square().mean()
    torch.testing.assert_close(split, whole)


def test_the_best_variance_of_each_state_beats_that_of_each_time_by_jensens_gap():
    """Two points on a line, by quadrature: the mean of the variances is the table, and the bound is lower by a known
    amount."""
    schedule, world = cosine(6), GaussianMixture([[-1.0], [1.0]], 0.1)
    floors = world.floors(schedule)
    table = optimal_variance(schedule, floors)
    x = torch.linspace(-6, 6, 4001, dtype=torch.float64)[:, None]
    for t in range(2, 7):
        density = world.log_density(schedule, x, t).exp()
        weights = density / density.sum()
        best = state_variance(world, schedule, x, t)[:, 0]
        torch.testing.assert_close(float(weights @ best), float(table[t]), rtol=1e-6, atol=0)
        assert float(weights @ best.log()) < math.log(table[t])
    assert float(vlb_from_mse(schedule, floors, 1, 1.01, table).sum()) >= world.entropy()


def test_another_shape_of_the_variance_is_refused():
    x_0, t = random(5, 3), torch.full((5,), 2)
    with pytest.raises(ConfigError, match="variance must have the shape of x_0"):
        variance_loss(SCHEDULE, x_0, t, x_0, x_0, torch.ones(5, 1, dtype=torch.float64))
    with pytest.raises(ConfigError, match="t must be"):
        interpolated_variance(SCHEDULE, x_0, torch.full((5,), 21))
