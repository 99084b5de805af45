"""Editing: the known part follows q exactly, a step up is undone by a step down, and diffusers' inversion is ours."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from worlds import gaussian_model, randn, seeded

from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.process.identities import add_noise
from diffusion_lib.process.schedule import linear, scaled_linear
from diffusion_lib.sample.ancestral import ddim, ddpm
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.dpm import dpmpp
from diffusion_lib.sample.editing import Inpainted, invert, repaint
from diffusion_lib.sample.ode import euler, heun, lms
from diffusion_lib.sample.times import sampling_timesteps, strength_timesteps

SCHEDULE = scaled_linear(1000)
KNOWN, EPS = randn(1, 4, seed=1), randn(3, 4, seed=2)
MASK = torch.tensor([[True, False, False, True]])


def bent(x_t, t):
    """A model that mixes the axes, so that a known part has a say in the others."""
    return torch.sin(2 * x_t.roll(1, 1)) + x_t / 2 + t[:, None] / 2000


# --- times -----------------------------------------------------------------------------------------------------------


@given(st.integers(1, 200), st.floats(0, 1, exclude_min=True))
def test_the_last_times_are_as_many_as_diffusers_takes(steps, strength):
    times, count = sampling_timesteps(SCHEDULE, steps), min(int(steps * strength), steps)
    if count:
        assert strength_timesteps(times, strength) == times[max(steps - count, 0) :]
    else:
        with pytest.raises(ConfigError, match="strength must leave a step to take, got"):
            strength_timesteps(times, strength)


@pytest.mark.parametrize("strength", [0, -0.1, 1.1, 2, math.nan, math.inf, "1", None, True])
def test_a_strength_that_is_none_is_refused(strength):
    with pytest.raises(ConfigError, match="strength must be"):
        strength_timesteps((3, 2, 1), strength)


GIVEN = {
    "rise": ((1, 2), "got [1, 2]"),
    "equal": ((2, 2), "got [2, 2]"),
    "none": ((), "got []"),
    "zero": ((5, 0), "spacing must be an integer in 1..1000, got 0"),
    "above-T": ((1001,), "spacing must be an integer in 1..1000, got 1001"),
    "real": ((5.0,), "spacing must be an integer in 1..1000, got 5.0"),
    "count": ((5, 2, 1), "steps must be the number of times in spacing, 3, got 2"),
    "no list": (7, "or a list of times, got 7"),
}


@pytest.mark.parametrize(("times", "message"), GIVEN.values(), ids=GIVEN)
def test_times_that_are_no_chain_are_refused(times, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        ddim(bent, EPS, SCHEDULE, steps=2 if times == (5, 2, 1) else None, spacing=times)


@pytest.mark.parametrize("sampler", [ddim, euler, heun, lms, dpmpp, ddpm])
def test_the_end_of_a_chain_is_a_chain(sampler):
    """From the state that a chain of one step at a time is in, its last times lead on as it does."""
    options = {"generator": seeded()} if sampler is ddpm else {}
    whole = list(sampler(bent, EPS, SCHEDULE, steps=9, **options))
    if sampler in (lms, dpmpp):  # which look back: so begin at the start
        times = sampling_timesteps(SCHEDULE, 9)
        again = list(sampler(bent, EPS, SCHEDULE, spacing=times))
        assert torch.equal(again[-1].x_t, whole[-1].x_t)
        return
    times = strength_timesteps(sampling_timesteps(SCHEDULE, 9), 0.5)
    if sampler is ddpm:  # the noise of the first five steps is spent
        options = {"generator": seeded()}
        for _ in range(5):
            torch.randn(EPS.shape, generator=options["generator"], dtype=EPS.dtype)
    again = list(sampler(bent, whole[5].x_t, SCHEDULE, spacing=times, **options))
    assert [step.t for step in again] == [step.t for step in whole[5:]] == [*times, 0]
    assert torch.equal(again[-1].x_t, whole[-1].x_t)


# --- inpainting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", [ddim, euler, heun, lms, dpmpp])
@pytest.mark.parametrize("spacing", ["trailing", "karras"])
def test_the_known_part_is_noised_anew_at_each_time_with_the_noise_of_the_start(sampler, spacing):
    start = add_noise(SCHEDULE, KNOWN.expand(3, 4), 1000, EPS)
    chain = list(sampler(Inpainted(bent, SCHEDULE, KNOWN, MASK), start, SCHEDULE, steps=7, spacing=spacing))
    for step in chain[:-1]:
        expected = add_noise(SCHEDULE, KNOWN.expand(3, 4), step.t, EPS)
        torch.testing.assert_close(step.x_t[:, 1:3], expected[:, 1:3], rtol=0, atol=1e-11)
        torch.testing.assert_close(step.x_0_hat[:, 1:3], KNOWN[:, 1:3].expand(3, 2), rtol=0, atol=1e-10)
    torch.testing.assert_close(chain[-1].x_t[:, 1:3], KNOWN[:, 1:3].expand(3, 2), rtol=0, atol=1e-11)
    free = last(sampler(bent, start, SCHEDULE, steps=7, spacing=spacing))
    assert float((chain[-1].x_t - free)[:, [0, 3]].abs().max()) > 1e-2  # what is known has a say


@pytest.mark.parametrize("sampler", [ddpm, repaint])
def test_with_noise_the_known_part_is_a_draw_of_q_at_each_time(sampler):
    """Mean √ᾱ_t z and variance 1 − ᾱ_t, to 5 standard errors of 20,000 chains."""
    n, known = 20_000, torch.tensor([[0.7, 0.0]], dtype=torch.float64)
    mask = torch.tensor([[False, True]])
    x_T = add_noise(SCHEDULE, known.expand(n, 2), 1000, randn(n, 2, seed=9))
    options = {"again": 3} if sampler is repaint else {}
    chain = sampler(
        Inpainted(gaussian_model(SCHEDULE), SCHEDULE, known, mask),
        *(x_T, SCHEDULE),
        **{"steps": 6, "generator": seeded(), **options},
    )
    for step in chain:
        kept, rest = float(SCHEDULE.alpha_bar[step.t]), float(SCHEDULE.one_minus_alpha_bar[step.t])
        told = step.x_t[:, 0]
        assert abs(float(told.mean()) - 0.7 * math.sqrt(kept)) <= 5 * math.sqrt(rest / n) + 1e-12
        assert abs(float(told.var()) - rest) <= 5 * rest * math.sqrt(2 / n) + 1e-12


def test_repaint_once_is_ddpm_and_again_calls_more_often():
    calls = []

    def counted(x_t, t):
        calls.append(int(t[0]))
        return bent(x_t, t)

    once = last(repaint(counted, EPS, SCHEDULE, steps=5, again=1, generator=seeded()))
    torch.testing.assert_close(once, last(ddpm(bent, EPS, SCHEDULE, steps=5, generator=seeded())), rtol=0, atol=1e-12)
    calls.clear()
    last(repaint(counted, EPS, SCHEDULE, steps=5, again=4, generator=seeded()))
    assert calls == [1000] * 4 + [800] * 4 + [600] * 4 + [400] * 4 + [200]


def test_repaint_leaves_a_gaussian_as_it_is():
    """With the exact model of N(0, I), whose reverse steps are exact in their mean, the variance stays near 1."""
    x_T, schedule = randn(40_000, 1, seed=9), linear(1000)
    x_0 = last(repaint(gaussian_model(schedule), x_T, schedule, steps=50, again=3, generator=seeded()))
    expected = last(ddpm(gaussian_model(schedule), x_T, schedule, steps=50, generator=seeded())).var()
    assert abs(float(x_0.mean())) < 0.03 and abs(float(x_0.var() - expected)) < 0.05


@pytest.mark.parametrize("mask", [None, MASK.double(), MASK[0], "x"])
def test_a_mask_that_is_none_is_refused(mask):
    with pytest.raises(ConfigError, match=r"mask must be bool with the axes of known \(1, 4\)"):
        Inpainted(bent, SCHEDULE, KNOWN, mask)


# --- inversion -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps", [1, 5, 20, 50])
def test_inversion_is_diffusers(steps):
    import peers

    x_0 = randn(3, 4, seed=5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(peers.MODULES, "DDIMInverse", "ddim_inverse")
        config = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "clip_sample": False}
        peer = peers.scheduler(patch, "DDIMInverse", **config, timestep_spacing="trailing")
        peer.set_timesteps(steps)
        x = x_0
        for time in peer.timesteps:
            x = peer.step(bent(x, (time + 1).expand(3)), int(time), x).prev_sample
    ours = last(invert(bent, x_0, SCHEDULE, steps=steps))
    assert float((ours - x).abs().max()) <= 1e-9


def test_the_error_falls_with_the_steps_and_the_rounds_undo_it():
    x_0 = randn(5, 4, seed=5)
    mild = lambda x_t, t: bent(x_t, t) / 4  # noqa: E731

    def there_and_back(steps, rounds):
        x_T = last(invert(mild, x_0, SCHEDULE, steps=steps, rounds=rounds))
        return float((last(ddim(mild, x_T, SCHEDULE, steps=steps)) - x_0).abs().max())

    errors = [there_and_back(steps, 1) for steps in (25, 50, 100, 200)]
    assert all(0.3 < fine / coarse < 0.8 for coarse, fine in pairwise(errors))  # nearly halves
    assert there_and_back(100, 60) < 1e-9 < errors[2] / 1e4


def test_records_rise_and_end_at_T():
    steps = list(invert(bent, EPS, SCHEDULE, steps=4))
    assert [step.t for step in steps] == [250, 500, 750, 1000]


BAD = {
    "rounds": ({"rounds": 0}, "rounds must be an integer >= 1, got 0"),
    "steps": ({"steps": 0}, "steps must be an integer in 1..1000, got 0"),
    "x": ({"x_0": torch.full((1, 2), math.nan)}, "x_0 must be finite, got nan"),
    "model": ({"model": 3}, "model must be callable"),
}


@pytest.mark.parametrize(("changes", "message"), BAD.values(), ids=BAD)
def test_bad_arguments_of_an_inversion_are_refused_at_the_call(changes, message):
    given = {"model": bent, "x_0": EPS, "process": SCHEDULE, "steps": 3} | changes
    with pytest.raises(ConfigError, match=message):
        invert(given.pop("model"), given.pop("x_0"), given.pop("process"), **given)


def test_an_iteration_that_runs_away_is_said():
    with pytest.raises(NonFiniteError, match=r"got .* in the step from t=.*; use fewer rounds"):
        last(invert(lambda x_t, t: 1e30 * x_t, EPS, SCHEDULE, steps=3, rounds=30))
