"""Annealed Langevin sampling against its stationary distribution in closed form, its calls, and bad input."""

from __future__ import annotations

import math

import pytest
import torch
from worlds import seeded

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.process.schedule import linear
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.langevin import langevin
from diffusion_lib.sample.times import timesteps

SCHEDULE = linear(20)


def randn(*shape):
    return torch.randn(*shape, generator=seeded(), dtype=torch.float64)


def test_times_calls_and_records():
    calls = []

    def model(x_t, t):
        calls.append(int(t[0]))
        return torch.zeros_like(x_t)

    x_T = randn(3, 2)
    records = list(langevin(model, x_T, SCHEDULE, steps=5, repeats=4, generator=seeded()))
    times = timesteps(20, 5)
    assert [record.t for record in records] == [*times, 0] and torch.equal(records[0].x_t, x_T)
    assert calls == [t for t in times for _ in range(4)]


@pytest.mark.parametrize("size", [0.2, 1.0, 1.9])
def test_it_settles_at_the_stated_variance(size):
    """One level, data N(1, ½²), noise-free probes: x̃ → a x̃ + b, so the variance is δ / (1 − a²) = V / (1 −
    δ/(4V))."""
    schedule = linear(1, beta_start=0.3, beta_end=0.3)
    bar = float(schedule.alpha_bar[1])
    V, delta = 0.25 + (1 - bar) / bar, size * (1 - bar) / bar
    world = GaussianMixture([[1.0]], 0.5)
    n = 100_000
    x_T = math.sqrt(bar) * (1 + math.sqrt(V) * torch.randn(n, 1, generator=seeded(), dtype=torch.float64))
    seen = []

    def model(x_t, t):
        seen.append(x_t / math.sqrt(bar))
        return world.noise_predictor(schedule)(x_t, t)

    last(langevin(model, x_T, schedule, repeats=60, size=size, generator=seeded(1)))
    expected = V / (1 - delta / (4 * V))
    assert float(seen[0].var()) == pytest.approx(V, rel=6 * math.sqrt(2 / n))
    assert float(seen[-1].var()) == pytest.approx(expected, rel=6 * math.sqrt(2 / n))
    assert float(seen[-1].mean()) == pytest.approx(1.0, abs=6 * math.sqrt(expected / n))


@pytest.mark.parametrize("spacing", ["trailing", "leading"])
def test_one_point_is_found(spacing):
    point = torch.tensor([[0.7, -1.3]], dtype=torch.float64)
    for steps in (1, 7, 20):
        model = GaussianMixture(point, 0.0).noise_predictor(SCHEDULE)
        x_0 = last(langevin(model, randn(3, 2), SCHEDULE, steps=steps, spacing=spacing, generator=seeded()))
        assert float((x_0 - point).abs().max()) < 1e-6


def test_between_levels_the_unshrunk_state_stays():
    """With next to no step: x_s / √ᾱ_s = x_t / √ᾱ_t."""
    records = list(langevin(lambda x, t: 0 * x, randn(3, 2), SCHEDULE, steps=5, size=1e-30, generator=seeded()))
    for record in records[:-1]:
        unshrunk = record.x_t / SCHEDULE.alpha_bar[record.t].sqrt()
        torch.testing.assert_close(unshrunk, records[0].x_t / SCHEDULE.alpha_bar[20].sqrt())


BAD = {
    "repeats-0": {"repeats": 0},
    "repeats-bool": {"repeats": True},
    "size-0": {"size": 0.0},
    "size-2": {"size": 2.0},
    "size-nan": {"size": math.nan},
    "generator-int": {"generator": 0},
    "steps-0": {"steps": 0},
    "steps-negative": {"steps": -5},
    "steps-above-T": {"steps": 21},
}


@pytest.mark.parametrize("kwargs", BAD.values(), ids=BAD)
def test_bad_arguments_are_refused_at_the_call(kwargs):
    with pytest.raises(ConfigError, match=rf"^{next(iter(kwargs))} must"):
        langevin(lambda x, t: x, torch.zeros(2, 2), SCHEDULE, **kwargs)
