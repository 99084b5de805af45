"""Sliced Wasserstein distance against closed forms, and its floor between samples of one law."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import pytest
import scipy.optimize
import torch
from hypothesis import given

from diffusion_lib.data import sample_density
from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.metrics import sliced_wasserstein, sliced_wasserstein_floor


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def gaussian_quantiles(n: int, mean: float, std: float) -> torch.Tensor:
    """(n, 1): the law N(mean, std²) at the midpoints of n equal shares of probability."""
    u = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    return mean + std * torch.special.ndtri(u).unsqueeze(1)


@given(st.floats(-3, 3), st.floats(0.1, 3), st.floats(-3, 3), st.floats(0.1, 3))
def test_in_one_dimension_it_is_the_closed_form_of_two_gaussians(m, s, mean, std):
    """W2² = (m − mean)² + (s − std)²; the grid of quantiles has 0.998 of the variance."""
    x, y = gaussian_quantiles(2000, m, s), gaussian_quantiles(2000, mean, std)
    value = sliced_wasserstein(x, y, projections=2)
    assert value == pytest.approx(math.hypot(m - mean, s - std), rel=2e-3, abs=1e-9)


@given(st.integers(1, 7), st.integers(0, 99))
def test_in_one_dimension_it_is_the_best_matching(n, seed):
    x, y = draw(2, n, 1, seed=seed)
    cost = (x - y.T) ** 2
    rows, columns = scipy.optimize.linear_sum_assignment(cost)
    assert sliced_wasserstein(x, y, projections=3) == pytest.approx(cost[rows, columns].mean().sqrt().item(), abs=1e-12)


def test_a_translation_costs_its_length_over_root_d():
    """W2² along θ is ⟨θ, c⟩², whose mean over directions is |c|² / d, here within 5 standard errors of 20,000."""
    for d in (2, 5, 64):
        x, c = draw(10, d), draw(d, seed=1)
        value = sliced_wasserstein(x, x + c, projections=20_000) ** 2
        error = c.norm() ** 2 * math.sqrt(2 * (d - 1) / (d + 2)) / d / math.sqrt(20_000)
        assert abs(value - c.norm() ** 2 / d) < 5 * error


@given(st.integers(0, 99))
def test_it_is_a_distance_between_clouds(seed):
    x, y, z = draw(3, 20, 3, seed=seed)
    there = sliced_wasserstein(x, y)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(seed))
    assert sliced_wasserstein(x, x[order]) == 0 < there
    assert sliced_wasserstein(y[order], x) == pytest.approx(there, rel=1e-12)
    assert sliced_wasserstein(3 * x, 3 * y) == pytest.approx(3 * there, rel=1e-12)
    assert sliced_wasserstein(x + z[0], y + z[0]) == pytest.approx(there, rel=1e-9)
    assert there <= sliced_wasserstein(x, z) + sliced_wasserstein(z, y) + 1e-12


def test_directions_depend_on_the_seed_only():
    x, y = draw(2, 30, 4)
    assert sliced_wasserstein(x, y) == sliced_wasserstein(x, y, seed=0) != sliced_wasserstein(x, y, seed=1)
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    sliced_wasserstein(x, y)
    assert torch.equal(before, torch.random.get_rng_state())


def test_images_are_vectors_and_any_float_will_do():
    x, y = draw(2, 6, 1, 4, 4)
    value = sliced_wasserstein(x, y)
    assert sliced_wasserstein(x.flatten(1), y.flatten(1)) == value
    assert sliced_wasserstein(x.float(), y.float().requires_grad_()) == pytest.approx(value, rel=1e-6)


def test_the_floor_is_the_mean_over_independent_pairs():
    calls = []

    def sample(seed):
        calls.append(seed)
        return draw(50, 2, seed=seed)

    floor = sliced_wasserstein_floor(sample, pairs=3, seed=10)
    assert sorted(calls) == [10, 11, 12, 13, 14, 15]
    pairs = [sliced_wasserstein(draw(50, 2, seed=s), draw(50, 2, seed=s + 1)) for s in (10, 12, 14)]
    assert floor == pytest.approx(sum(pairs) / 3, rel=1e-12)


def test_the_floor_falls_with_the_sample_and_lies_below_another_law():
    floors = [
        sliced_wasserstein_floor(lambda seed, n=n: sample_density("moons", n, seed), pairs=3) for n in (100, 6400)
    ]
    assert floors[0] > 4 * floors[1]  # as 1/√n: 8 in expectation
    other = sliced_wasserstein(sample_density("moons", 6400, 0), sample_density("swiss_roll", 6400, 1))
    assert other > 10 * floors[1]


@pytest.mark.parametrize(
    "x, y, arguments, message",
    [
        (draw(5, 2), draw(4, 2), {}, r"y must have x's shape \(n, ...\), n >= 1: \(5, 2\), got \(4, 2\)"),
        (draw(5, 2), draw(5, 3), {}, "y must have x's shape"),
        (draw(0, 2), draw(0, 2), {}, "n >= 1"),
        (torch.tensor(1.0), torch.tensor(1.0), {}, "n >= 1"),
        (draw(5, 2), draw(5, 2), {"projections": 0}, "projections must be an integer >= 1, got 0"),
        (draw(5, 2), draw(5, 2), {"seed": -1}, "seed must be an integer in 0.., got -1"),
        (draw(5, 2), draw(5, 2), {"seed": 2**63}, "seed must be an integer in 0.., got 9223372036854775808"),
    ],
)
def test_bad_arguments_are_refused(x, y, arguments, message):
    with pytest.raises(ConfigError, match=message.replace("0..", r"0\.\.\d+")):
        sliced_wasserstein(x, y, **arguments)


def test_a_floor_needs_a_pair():
    with pytest.raises(ConfigError, match="pairs must be an integer >= 1, got 0"):
        sliced_wasserstein_floor(lambda seed: draw(5, 2), pairs=0)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_samples_that_are_not_finite_are_an_error_and_not_a_large_distance(value):
    x, y = draw(2, 5, 1, 2, 2)
    y[3, 0, 1, 1] = value
    with pytest.raises(NonFiniteError, match="y must be finite, got NaN or infinity in sample 3"):
        sliced_wasserstein(x, y)
    with pytest.raises(NonFiniteError, match="x must be finite"):
        sliced_wasserstein(y, x)
