"""The times of Karras et al.: as many as asked, from T to 1; timesteps has its tests in test_ancestral."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import gaussian_denoiser, randn

from diffusion_lib.errors import ConfigError
from diffusion_lib.process.schedule import cosine, linear, scaled_linear
from diffusion_lib.sample import ddim, ddpm, dpmpp, euler, heun, last, lms, sigma
from diffusion_lib.sample.times import karras_levels, visited


@settings(max_examples=40)
@given(st.integers(1, 300).flatmap(lambda T: st.tuples(st.just(T), st.integers(1, T))))
def test_they_are_as_many_as_asked_strictly_decreasing_from_T_to_1(T_steps):
    T, steps = T_steps
    for make in (linear, scaled_linear, cosine):
        times = visited(make(T), steps, "karras")
        assert len(times) == steps and times[0] == T and all(a > b for a, b in pairwise(times))
        assert times[-1] == 1 or steps == 1 < T


def test_a_level_lies_at_the_nearest_time_where_no_other_does():
    schedule, steps = scaled_linear(1000), 12
    for level, t in zip(
        karras_levels(sigma(schedule, 1000), sigma(schedule, 1), steps), visited(schedule, steps, "karras"), strict=True
    ):
        near = [abs(math.log(level / sigma(schedule, s))) for s in (t - 1, t, t + 1) if 1 <= s <= 1000]
        assert min(near) == abs(math.log(level / sigma(schedule, t)))


def test_the_levels_are_even_in_their_seventh_root_and_of_the_paper():
    roots = [level ** (1 / 7) for level in karras_levels(80, 0.002, 18)]
    gaps = [a - b for a, b in pairwise(roots)]
    assert max(gaps) - min(gaps) < 1e-12
    assert karras_levels(80, 0.002, 18)[::17] == pytest.approx([80, 0.002])
    assert karras_levels(3.0, 1.0, 1) == pytest.approx([3.0])


@pytest.mark.parametrize("sampler", [ddim, ddpm, euler, heun, lms, dpmpp])
def test_every_sampler_runs_through_them(sampler):
    schedule, point = scaled_linear(1000), torch.tensor([0.7, -1.3], dtype=torch.float64)
    records = list(sampler(gaussian_denoiser(schedule, point, 0.0), randn(3, 2), schedule, steps=9, spacing="karras"))
    assert [record.t for record in records] == [*visited(schedule, 9, "karras"), 0]
    assert float((last(records) - point).abs().max()) < 1e-6


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((1.0, 1.0, 5), "top"), ((1.0, 0.0, 5), "bottom"), ((1.0, 0.5, 0), "steps"), ((math.nan, 0.5, 3), "top")],
)
def test_bad_levels_are_refused(arguments, name):
    with pytest.raises(ConfigError, match=rf"^{name} must"):
        karras_levels(*arguments)


@pytest.mark.parametrize(
    ("steps", "spacing", "name"), [(11, "karras", "steps"), (0, "karras", "steps"), (5, "karas", "spacing")]
)
def test_bad_choices_are_refused(steps, spacing, name):
    with pytest.raises(ConfigError, match=rf"^{name} must"):
        visited(linear(10), steps, spacing)
