"""The loss of flow matching against its closed form, and pairs of least cost against all permutations."""

from __future__ import annotations

import itertools

import pytest
import torch

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import add_noise, make_process
from diffusion_lib.train.flow import nearest_pairs, velocity_loss

FLOW = make_process("flow")


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_target_is_noise_minus_data():
    x_0, eps, t = draw(8, 2), draw(8, 2, seed=1), torch.linspace(0, 1, 8, dtype=torch.float64)
    seen = []

    def velocity(x_t, t):
        seen.append(x_t)
        return eps - x_0 + 0.5

    assert float(velocity_loss(velocity, FLOW, x_0, t, eps)) == pytest.approx(0.25, rel=1e-12)
    torch.testing.assert_close(seen[0], add_noise(FLOW, x_0, t, eps))


@pytest.mark.parametrize("name", ["flow", "cosine", "sub_vp"])
def test_the_loss_is_the_excess_over_the_floor_of_the_oracle(name):
    """With û off by a constant c everywhere the loss is the oracle's own plus c²: that is a conditional mean."""
    path, world, n = make_process(name), GaussianMixture.named("ring"), 100_000
    x_0, _ = world.sample(n, torch.Generator().manual_seed(3))
    t, eps = torch.full((n,), 0.6, dtype=torch.float64), draw(n, 2, seed=4)
    least = velocity_loss(lambda x, t: world.velocity(path, x, t), path, x_0, t, eps)
    scales = path.at(0.6, x_0)
    floor = world.irreducible_loss(path, 0.6).loss * float(scales.wronskian / scales.alpha) ** 2
    assert float(least) == pytest.approx(floor, rel=0.02)
    worse = velocity_loss(lambda x, t: world.velocity(path, x, t) + 0.5, path, x_0, t, eps)
    assert float(worse - least) == pytest.approx(0.25, abs=0.02)


def test_the_nearest_pairs_are_the_best_of_all_orders():
    x_0, eps = draw(6, 2, 2), draw(6, 2, 2, seed=1)
    least = min(float((x_0 - eps[list(order)]).square().sum()) for order in itertools.permutations(range(6)))
    found = nearest_pairs(x_0, eps)
    assert float((x_0 - found).square().sum()) == pytest.approx(least, rel=1e-12)
    assert torch.equal(found.flatten(1).sum(1).sort().values, eps.flatten(1).sum(1).sort().values)  # each is used once


def test_on_a_line_the_nearest_pairs_are_in_order():
    x_0, eps = draw(40, 1), draw(40, 1, seed=1)
    assert torch.equal(nearest_pairs(x_0, eps)[x_0[:, 0].argsort()], eps.sort(0).values)


def test_other_shapes_are_refused():
    with pytest.raises(ConfigError, match="eps must have x_0's shape"):
        nearest_pairs(draw(4, 2), draw(3, 2))
    with pytest.raises(ConfigError, match=r"must return x_t.s shape"):
        velocity_loss(lambda x, t: x[:, :1], FLOW, draw(4, 2), torch.rand(4), draw(4, 2))
