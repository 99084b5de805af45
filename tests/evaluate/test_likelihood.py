"""Log-densities by the flow: Gaussians and mixtures in closed form, the order of the method, and bad input."""

from __future__ import annotations

import math

import pytest
import torch
from worlds import seeded

from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.evaluate.likelihood import divergence, log_density, standard_normal
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process.continuous import flow, vp
from diffusion_lib.process.velocity import velocity_from_eps

STRAIGHT = flow()
WORLD = GaussianMixture([[-1.0, 0.5], [1.2, -0.3]], [0.4, 0.6], [0.3, 0.7])


def even(n, start=0.0, end=1.0):
    return [start + (end - start) * k / n for k in range(n + 1)]


def points(n=12, of=WORLD):
    return of.sample(n, seeded(1))[0]


@pytest.mark.parametrize("steps, most", [(10, 3e-2), (40, 2e-4), (160, 1e-6)])
def test_the_density_of_a_mixture(steps, most):
    x = points()
    found = log_density(lambda x, t: WORLD.velocity(STRAIGHT, x, t), x, even(steps))
    assert float((found.nats - WORLD.log_density(STRAIGHT, x, 0.0)).abs().max()) < most


def test_the_error_falls_with_the_fourth_power_of_the_steps():
    x, exact = points(), WORLD.log_density(STRAIGHT, points(), 0.0)
    errors = [
        float((log_density(lambda x, t: WORLD.velocity(STRAIGHT, x, t), x, even(n)).nats - exact).abs().max())
        for n in (40, 80)
    ]
    assert 3.3 < math.log2(errors[0] / errors[1]) < 5


def test_a_model_on_another_path_with_its_own_end():
    """VP does not quite end in a Gaussian: with the density that it has at the end the result is exact, else not."""
    path, x = vp(0.5, 10.0), points()
    oracle = WORLD.noise_predictor(path)

    def velocity(x, t):
        return velocity_from_eps(path, x, t, oracle(x, t))

    exact = WORLD.log_density(path, x, 0.01)
    ours = log_density(velocity, x, even(150, 0.01), prior=lambda y: WORLD.log_density(path, y, 1.0))
    assert float((ours.nats - exact).abs().max()) < 1e-6
    assert float((log_density(velocity, x, even(150, 0.01)).nats - exact).abs().max()) > 1e-3


def test_a_linear_velocity_in_closed_form():
    """x' = A x: every point moves by exp(A), and the density by the trace, whatever is off the diagonal."""
    A = torch.tensor([[0.3, -1.1, 0.2], [0.7, -0.5, 0.1], [0.0, 0.4, 0.9]], dtype=torch.float64)
    x = torch.randn(5, 3, generator=seeded(), dtype=torch.float64)
    found = log_density(lambda x, t: x @ A.T, x, even(60))
    moved = x @ torch.matrix_exp(A).T
    torch.testing.assert_close(found.x_1, moved, rtol=1e-7, atol=1e-7)
    torch.testing.assert_close(found.nats, standard_normal(moved) + A.trace(), rtol=1e-7, atol=1e-7)


def test_the_divergence_is_the_sum_over_all_dimensions_of_any_shape():
    x = torch.randn(4, 2, 3, generator=seeded(), dtype=torch.float64)
    u, total = divergence(lambda x, t: x**3 * t.view(-1, 1, 1), x, 0.5)
    torch.testing.assert_close(u, x**3 / 2)
    torch.testing.assert_close(total, (3 * x**2 / 2).sum((1, 2)))
    assert torch.equal(divergence(lambda x, t: torch.ones_like(x), x, 0.5)[1], torch.zeros(4, dtype=torch.float64))


def test_a_sample_alone_is_as_in_a_batch():
    x = points(3)
    velocity = lambda x, t: WORLD.velocity(STRAIGHT, x, t)  # noqa: E731
    batch = log_density(velocity, x, even(20)).nats
    alone = torch.cat([log_density(velocity, each[None], even(20)).nats for each in x])
    torch.testing.assert_close(batch, alone, rtol=1e-12, atol=1e-12)


def test_the_standard_normal():
    x = torch.randn(3, 2, 2, generator=seeded(), dtype=torch.float64)
    expected = torch.distributions.Normal(0.0, 1.0).log_prob(x).sum((1, 2))
    torch.testing.assert_close(standard_normal(x), expected)


def test_bad_input():
    x, still = points(2), lambda x, t: x
    for bad in ("no function", None):
        with pytest.raises(ConfigError, match="velocity"):
            log_density(bad, x, even(4))
    with pytest.raises(ConfigError, match="must rise"):
        log_density(still, x, even(4)[::-1])
    with pytest.raises(ConfigError, match="times"):
        log_density(still, x, [0.0])
    for bad in (x[0], x.long(), x[:0], "x"):
        with pytest.raises(ConfigError, match="x_0"):
            log_density(still, bad, even(4))
    with pytest.raises(ConfigError, match="shape"):
        log_density(lambda x, t: x[:, :1], x, even(4))
    with pytest.raises(NonFiniteError, match="finite"):
        log_density(lambda x, t: x / 0, x, even(4))
