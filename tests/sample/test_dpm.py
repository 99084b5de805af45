"""The exponential integrators against an exact Gaussian; diffusers' are in test_parity."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import error_before_the_end, gaussian_model, randn, zero

from diffusion_lib.errors import ConfigError
from diffusion_lib.process.schedule import linear, scaled_linear
from diffusion_lib.sample import dpm
from diffusion_lib.sample.ancestral import ddim
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.dpm import dpm2, dpmpp, parabola, unipc
from diffusion_lib.sample.times import GRIDS, timesteps

FAMILY = {"dpm2": dpm2, "dpmpp": dpmpp, "unipc": unipc}


def counted(model):
    """The same model, and the times at which it is called."""
    calls = []

    def asked(x_t, t):
        calls.append(int(t[0]))
        return model(x_t, t)

    return asked, calls


# --- weights ---------------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.floats(1e-4, 12), st.floats(1e-4, 12))
def test_the_parabola_is_exact_for_polynomials_of_degree_two(h, before):
    """∫_0^h e^u u^k du / (e^h − 1) by quadrature on v = u/h, in which nothing cancels."""
    nodes, weights = (torch.from_numpy(each) for each in np.polynomial.legendre.leggauss(40))
    v = (nodes + 1) / 2
    share = weights / 2 * torch.exp(h * (v - 1))
    a, b, c = parabola(h, before)
    for k in range(3):
        found = a * (-before / h) ** k + b * 0**k + c
        size = 1 + abs(a) * (before / h) ** k
        assert found == pytest.approx(float((share * v**k).sum() / share.sum()), rel=1e-11, abs=1e-11 * size)


def test_of_equal_short_steps_the_parabola_is_that_of_adams_and_moulton():
    """Without the exponential: −1/12, 8/12, 5/12."""
    assert parabola(1e-6, 1e-6) == pytest.approx((-1 / 12, 8 / 12, 5 / 12), abs=1e-6)


def test_the_middle_is_the_time_of_the_mean_log_level():
    schedule = scaled_linear(1000)
    for t, s in ((1000, 900), (500, 20), (3, 1)):
        m, aim = schedule.log_midpoint(t, s), math.sqrt(schedule.level(t) * schedule.level(s))
        off = {time: abs(math.log(schedule.level(time) / aim)) for time in range(s + 1, t)}
        assert m == min(off, key=off.get)
    assert schedule.log_midpoint(7, 6) is None and schedule.log_midpoint(7, 0) is None


# --- what the samplers are -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spacing", GRIDS)
@pytest.mark.parametrize("name", FAMILY)
def test_one_point_is_found_with_every_step_count(name, spacing):
    point = torch.tensor([0.7, -1.3], dtype=torch.float64)
    for T in (1, 2, 10, 25):
        schedule = linear(T)
        model = gaussian_model(schedule, point, 0.0)
        for steps in range(1, T + 1):
            x_0 = last(FAMILY[name](model, randn(3, 2), schedule, steps=steps, spacing=spacing))
            assert float((x_0 - point).abs().max()) < 1e-6


@pytest.mark.parametrize(("T", "at"), [(1000, 200), (2000, 400)])
@pytest.mark.parametrize("name", FAMILY)
def test_they_are_of_second_order(name, T, at):
    """Before the last step to σ = 0, against the exact flow of data N(0.5, 1); DDIM's error halves.

    UniPC corrects with a parabola, and gains more.
    """
    error = error_before_the_end(linear(T), at)
    gain = error(FAMILY[name], 100) / error(FAMILY[name], 200)
    assert gain > 6 if name == "unipc" else 3.3 < gain < 4.7
    assert 1.8 < error(ddim, 100) / error(ddim, 200) < 2.2


def uneven(pair):
    """Times from 1000 to 232 by steps of 2/3 and 1/3 of ``pair`` in turn."""
    return [*(t - shift for t in range(1000, 232, -pair) for shift in (0, 2 * pair // 3)), 232]


def uneven_gain(sampler):
    """How much smaller the error at 232 gets when all of these steps are halved."""
    error = error_before_the_end(linear(1000), 232)

    def through(*given, steps):
        return sampler(*given, spacing=uneven(steps))

    return error(through, 24) / error(through, 12)


@pytest.mark.parametrize("name", FAMILY)
def test_the_order_does_not_need_even_steps(name):
    assert uneven_gain(FAMILY[name]) > 3.3


def slips():
    """In the way to the second value: it is one in λ, backward, and in units of the step to come."""
    extrapolated = dpm.extrapolated
    return {
        "a level in the place of its logarithm": ("_width", lambda step: (step.level_t - step.level_s) ** 0.5),
        "the ratio left out": ("extrapolated", lambda _, new, before, old: new + (new - old) / 2),
        "the wrong sign of h": ("extrapolated", lambda *given: 2 * given[1] - extrapolated(*given)),
        "the whole line and not its half": ("extrapolated", lambda *given: 2 * extrapolated(*given) - given[1]),
    }


@pytest.mark.parametrize("slip", slips())
def test_that_would_see_a_slip_that_costs_the_order(monkeypatch, slip):
    """On steps that even out as they get short, a wrong ratio would only cost a factor.

    The ratio upside down costs no order on any steps: what it does wrong, h'² − h² for each, cancels over the way.
    """
    monkeypatch.setattr(dpm, *slips()[slip])
    assert uneven_gain(dpmpp) < 2.7


def test_half_of_log_snr_is_the_same_lambda_and_log_snr_is_another():
    """λ = log(α/σ) is half of log SNR.  Twice the λ leaves all ratios of ways, and spoils what needs h itself."""
    schedule = scaled_linear(1000)
    for t in (1, 500, 1000):
        assert -math.log(schedule.level(t)) == pytest.approx(float(schedule.snr[t].log()) / 2, rel=1e-12)
    assert parabola(2.0, 2.0) != pytest.approx(parabola(1.0, 1.0), abs=0.02)


def test_the_first_and_the_last_step_are_those_of_ddim():
    schedule, x_T = scaled_linear(1000), randn(3, 2)
    model = gaussian_model(schedule, 0.5, 0.3)
    ours, theirs = (list(sampler(model, x_T, schedule, steps=5)) for sampler in (dpmpp, ddim))
    torch.testing.assert_close(ours[1].x_t, theirs[1].x_t)
    assert float((ours[2].x_t - theirs[2].x_t).abs().max()) > 1e-3
    assert [record.t for record in ours] == [*timesteps(1000, 5), 0]
    for name in FAMILY:
        *_, before, end = FAMILY[name](model, x_T, schedule, steps=5)
        torch.testing.assert_close(end.x_t, before.x_0_hat, rtol=1e-12, atol=1e-12)


def test_the_correction_is_what_unipc_adds(monkeypatch):
    schedule, x_T = scaled_linear(1000), randn(3, 2)
    model = gaussian_model(schedule, 0.5, 0.3)
    corrected = last(unipc(model, x_T, schedule, steps=6))
    plain = last(dpmpp(model, x_T, schedule, steps=6))
    assert float((corrected - plain).abs().max()) > 1e-4
    seen = []

    def not_corrected(past, x_0_hat):  # the step as it was
        seen.append(past[0][0].t)
        transition, x_t, clean = past[0]
        return dpm.first_order_step(
            transition, x_t, clean if len(past) == 1 else dpm.extrapolated(transition, clean, *past[1][::2])
        )

    monkeypatch.setattr(dpm, "corrected", not_corrected)
    torch.testing.assert_close(last(unipc(model, x_T, schedule, steps=6)), plain, rtol=1e-12, atol=1e-12)
    assert seen == timesteps(1000, 6)[:-1]


@pytest.mark.parametrize("name", ["dpmpp", "unipc"])
def test_two_chains_each_have_their_own_past_and_a_step_costs_one_call(name):
    schedule, x_T = linear(20), randn(3, 2)
    model, calls = counted(gaussian_model(schedule, 0.5, 0.3))
    one, other = (last(FAMILY[name](model, x_T, schedule, steps=6)) for _ in range(2))
    assert torch.equal(one, other) and calls == timesteps(20, 6) * 2


def test_dpm2_calls_at_the_time_and_in_the_middle_where_there_is_one():
    schedule = linear(20)
    for steps in (6, 15, 20):
        model, calls = counted(gaussian_model(schedule, 0.5, 0.3))
        last(dpm2(model, randn(3, 2), schedule, steps=steps))
        pairs = [(t, schedule.log_midpoint(t, s)) for t, s in pairwise([*timesteps(20, steps), 0])]
        assert calls == [time for pair in pairs for time in pair if time is not None]


@pytest.mark.parametrize("sampler", FAMILY.values(), ids=FAMILY)
def test_they_refuse_what_the_others_refuse(sampler):
    for bad in ({"steps": 0}, {"steps": 11}, {"spacing": "karas"}, {"x_T": torch.zeros(2)}, {"model": None}):
        arguments = {"model": zero, "x_T": torch.zeros(2, 2), "process": linear(10), **bad}
        with pytest.raises(ConfigError, match=rf"^{next(iter(bad))} must"):
            sampler(**arguments)
