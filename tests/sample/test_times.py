"""The grids in log σ: as many times as asked, from T to 1; timesteps has its tests in test_ancestral."""

from __future__ import annotations

import math
from itertools import pairwise, product

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import gaussian_model, randn

from diffusion_lib.errors import ConfigError
from diffusion_lib.process.schedule import cosine, linear, scaled_linear
from diffusion_lib.sample import ddim, ddpm, dpm2, dpmpp, euler, heun, last, lms, unipc
from diffusion_lib.sample.times import LEVELS, equal_error_times, exponential_levels, karras_levels, sampling_timesteps


@settings(max_examples=40)
@given(st.integers(1, 300).flatmap(lambda T: st.tuples(st.just(T), st.integers(1, T))))
def test_they_are_as_many_as_asked_strictly_decreasing_from_T_to_1(T_steps):
    T, steps = T_steps
    for make, name in product((linear, scaled_linear, cosine), LEVELS):
        times = sampling_timesteps(make(T), steps, name)
        assert len(times) == steps and times[0] == T and all(a > b for a, b in pairwise(times))
        assert times[-1] == 1 or steps == 1 < T


@pytest.mark.parametrize("name", LEVELS)
def test_a_level_lies_at_the_nearest_time_where_no_other_does(name):
    schedule, steps = scaled_linear(1000), 12
    levels = LEVELS[name](schedule.level(1000), schedule.level(1), steps)
    for level, t in zip(levels, sampling_timesteps(schedule, steps, name), strict=True):
        near = [abs(math.log(level / schedule.level(s))) for s in (t - 1, t, t + 1) if 1 <= s <= 1000]
        assert min(near) == abs(math.log(level / schedule.level(t)))


def test_the_levels_are_even_in_their_seventh_root_and_of_the_paper():
    roots = [level ** (1 / 7) for level in karras_levels(80, 0.002, 18)]
    gaps = [a - b for a, b in pairwise(roots)]
    assert max(gaps) - min(gaps) < 1e-12
    assert karras_levels(80, 0.002, 18)[::17] == pytest.approx([80, 0.002])
    assert karras_levels(3.0, 1.0, 1) == pytest.approx([3.0])


def test_exponential_levels_are_even_in_their_logarithm():
    gaps = [a / b for a, b in pairwise(exponential_levels(80, 0.002, 18))]
    assert gaps == pytest.approx([(80 / 0.002) ** (1 / 17)] * 17)
    assert exponential_levels(80, 0.002, 18)[::17] == pytest.approx([80, 0.002])
    assert exponential_levels(3.0, 1.0, 1) == pytest.approx([3.0])


@pytest.mark.parametrize("spacing", ["karras", "exponential", (990, 500, 499, 20)], ids=str)
@pytest.mark.parametrize("sampler", [ddim, ddpm, euler, heun, lms, dpm2, dpmpp, unipc])
def test_every_sampler_runs_through_them(sampler, spacing):
    schedule, point = scaled_linear(1000), torch.tensor([0.7, -1.3], dtype=torch.float64)
    steps = 9 if isinstance(spacing, str) else None
    model = gaussian_model(schedule, point, 0.0)
    records = list(sampler(model, randn(3, 2), schedule, steps=steps, spacing=spacing))
    assert [record.t for record in records] == [*sampling_timesteps(schedule, steps, spacing), 0]
    assert float((last(records) - point).abs().max()) < 1e-6


def test_listed_times_are_taken_as_they_are():
    assert (
        sampling_timesteps(linear(10), None, [10, 3, 1]) == sampling_timesteps(linear(10), 3, (10, 3, 1)) == (10, 3, 1)
    )


# --- equal shares of the error ---------------------------------------------------------------------------------------


def chain(schedule, std, steps=None):
    """A chain for data N(0, std²)."""
    return list(ddim(gaussian_model(schedule, 0.0, std), randn(50, 1), schedule, steps=steps))


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 60).flatmap(lambda T: st.tuples(st.just(T), st.integers(1, T))), st.floats(0.1, 3))
def test_equal_shares_are_as_many_times_as_asked_and_fall_from_T(T_steps, std):
    T, steps = T_steps
    times = equal_error_times(linear(T), chain(linear(T), std), steps)
    assert len(times) == steps and times[0] == T and times[-1] >= 1 and all(a > b for a, b in pairwise(times))


@pytest.mark.parametrize("steps", [1000, 250])
def test_they_share_out_what_they_say(steps):
    """The steps' parts of the integral, computed here from the exact flow, are equal but for the rounding to times."""
    schedule, std = scaled_linear(1000), 0.3
    logs = torch.tensor([math.log(schedule.level(t)) for t in range(1, 1001)], dtype=torch.float64)
    levels, kept = logs.exp(), schedule.alpha_bar[1:].sqrt()
    # x̂_0 = x̃ std² / (std² + σ²) along x̃ ∝ √(std² + σ²), so that |dx̂_0/dλ| ∝ σ² / (std² + σ²)^{3/2}
    parts = (kept * levels**2 / (std**2 + levels**2) ** 1.5).sqrt() * logs.diff(prepend=logs[:1])
    times = equal_error_times(schedule, chain(schedule, std, steps), 12)
    shares = [float(parts[s:t].sum()) for t, s in pairwise([*times, 1])]
    assert max(shares[:-1]) < 1.15 * min(shares[:-1])
    even = [float(parts[s:t].sum()) for t, s in pairwise([*sampling_timesteps(schedule, 12), 1])]
    assert max(even[:-1]) > 1.5 * min(even[:-1])


def test_they_follow_the_data():
    """Narrow clusters are decided late, at low levels: there the steps get short."""
    schedule = scaled_linear(1000)
    wide, narrow = (equal_error_times(schedule, chain(schedule, std), 10) for std in (1.0, 0.05))
    assert narrow[5] < wide[5] and narrow[-1] < wide[-1]


def test_bad_chains_are_refused():
    short = chain(linear(10), 1.0)
    for bad in (short[1:], short[:1], []):
        with pytest.raises(ConfigError, match=r"^chain must"):
            equal_error_times(linear(10), bad, 3)
    with pytest.raises(ConfigError, match=r"^steps must"):
        equal_error_times(linear(10), short, 11)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [((1.0, 1.0, 5), "top"), ((1.0, 0.0, 5), "bottom"), ((1.0, 0.5, 0), "steps"), ((math.nan, 0.5, 3), "top")],
)
@pytest.mark.parametrize("levels", LEVELS.values(), ids=LEVELS)
def test_bad_levels_are_refused(levels, arguments, name):
    with pytest.raises(ConfigError, match=rf"^{name} must"):
        levels(*arguments)


@pytest.mark.parametrize(
    ("steps", "spacing", "name"),
    [
        (11, "karras", "steps"),
        (0, "exponential", "steps"),
        (5, "karas", "spacing"),
        (None, (5, 5), "spacing"),
        (None, (), "spacing"),
        (None, (11, 5), "spacing"),
        (3, (10, 5), "steps"),
    ],
)
def test_bad_choices_are_refused(steps, spacing, name):
    with pytest.raises(ConfigError, match=rf"^{name} must"):
        sampling_timesteps(linear(10), steps, spacing)
