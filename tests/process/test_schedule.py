"""Schedules against mpmath and against diffusers in float64; bad input."""

from __future__ import annotations

import json
import math

import hypothesis.strategies as st
import mpmath
import numpy as np
import peers
import pytest
import torch
from hypothesis import given

from diffusion_lib.errors import ConfigError
from diffusion_lib.process.betas import MAX_T, TABLES
from diffusion_lib.process.registry import SCHEDULES, make_schedule, schedule_from_config
from diffusion_lib.process.schedule import Schedule, cosine, linear, scaled_linear

EXACT = {"rtol": 0, "atol": 1e-12}
HALF_ULP = 2.0**-24  # of a float32, relative
betas_lists = st.lists(st.floats(1e-6, 0.999), min_size=1, max_size=30)


def exact_alpha_bars(schedule: Schedule) -> list[mpmath.mpf]:
    """∏ (1 − β_s) for t = 1…T, in the digits that mpmath is set to."""
    product, values = mpmath.mpf(1), []
    for beta in schedule.beta[1:].tolist():
        product *= 1 - mpmath.mpf(beta)
        values.append(product)
    return values


def relative_error(table: torch.Tensor, exact: list[mpmath.mpf]) -> float:
    return float(max(abs(value / reference - 1) for value, reference in zip(table.tolist(), exact, strict=True)))


# --- the tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("T", [1, 2, 10, 1000])
@pytest.mark.parametrize("ours, theirs", [("linear", "linear"), ("scaled_linear", "scaled_linear")])
def test_tables_equal_those_of_diffusers(monkeypatch, ours, theirs, T):
    schedule = make_schedule(ours, T)
    start, end = schedule.config["beta_start"], schedule.config["beta_end"]
    peer = peers.scheduler(
        monkeypatch, "DDPM", num_train_timesteps=T, beta_schedule=theirs, beta_start=start, beta_end=end
    )
    torch.testing.assert_close(schedule.beta[1:], peer.betas, **EXACT)
    torch.testing.assert_close(schedule.alpha_bar[1:], peer.alphas_cumprod, **EXACT)


@pytest.mark.parametrize("T", [1, 2, 10, 1000])
def test_cosine_equals_that_of_diffusers(monkeypatch, T):
    peer = peers.scheduler(monkeypatch, "DDPM", num_train_timesteps=T, beta_schedule="squaredcos_cap_v2")
    torch.testing.assert_close(cosine(T).beta[1:], peer.betas, **EXACT)
    torch.testing.assert_close(cosine(T).alpha_bar[1:], peer.alphas_cumprod, **EXACT)


def test_cosine_is_the_published_function_until_it_is_clipped():
    schedule = cosine(100)
    t = torch.arange(100, dtype=torch.float64)
    f = ((t / 100 + 0.008) / 1.008 * math.pi / 2).cos() ** 2
    torch.testing.assert_close(schedule.alpha_bar[:100], f / f[0], **EXACT)
    assert schedule.beta[100] == 0.999


@given(betas_lists)
def test_tables_obey_their_definitions(betas):
    schedule = Schedule.from_betas(betas)
    assert len(betas) == schedule.T and schedule.beta[1:].tolist() == betas
    assert all(getattr(schedule, table).shape == (schedule.T + 1,) for table in TABLES)
    assert all(getattr(schedule, table).dtype == torch.float64 for table in TABLES)
    assert schedule.beta[0] == 0 and schedule.alpha[0] == 1 and schedule.alpha_bar[0] == 1
    assert schedule.one_minus_alpha_bar[0] == 0 and schedule.snr[0] == math.inf
    assert (schedule.snr.diff() < 0).all() and (schedule.alpha_bar.diff() < 0).all()
    torch.testing.assert_close(schedule.alpha_bar + schedule.one_minus_alpha_bar, torch.ones(schedule.T + 1).double())
    assert schedule.posterior_variance[0] == 0 and schedule.posterior_variance[1] == 0
    assert (schedule.posterior_variance[1:] <= schedule.beta[1:]).all()
    assert (schedule.posterior_variance[2:] > 0).all()


@given(betas_lists)
def test_config_rebuilds_the_schedule_bit_for_bit_through_json(betas):
    T = len(betas)
    for schedule in (Schedule.from_betas(betas, "mine"), cosine(T, 0.1, 0.7), linear(T, betas[0] / 2, betas[0])):
        again = schedule_from_config(json.loads(json.dumps(schedule.config)))
        assert again.name == schedule.name and again.config == schedule.config
        assert all(torch.equal(getattr(again, table), getattr(schedule, table)) for table in TABLES)


@pytest.mark.parametrize("kind", [list, tuple, np.array, torch.tensor, lambda b: np.array(b, dtype=np.float32)])
def test_betas_may_be_any_sequence_of_floats(kind):
    torch.testing.assert_close(Schedule.from_betas(kind([0.125, 0.25])).beta, torch.tensor([0, 0.125, 0.25]).double())


# --- casts and look-up ------------------------------------------------------------------------------------------------


def test_casts_come_from_float64_and_are_cached():
    schedule = linear()
    single = schedule.to(dtype=torch.float32)
    assert single is schedule.to("cpu", torch.float32) and single.to(dtype=torch.float64) is schedule
    for table in TABLES:
        assert torch.equal(getattr(single, table), getattr(schedule, table).float())
    coarse = linear(7).to(dtype=torch.bfloat16)
    assert torch.equal(
        coarse.to(dtype=torch.float32).beta, linear(7).beta.float()
    )  # digits come back: no double rounding


@pytest.mark.parametrize("dtype", [torch.int64, torch.float16], ids=["integers", "alpha-bar-underflows"])
def test_a_dtype_that_cannot_hold_the_tables_is_refused(dtype):
    with pytest.raises(ConfigError, match="dtype must be a floating-point type that holds alpha_bar_T"):
        cosine().to(dtype=dtype)


@given(st.data())
def test_gather_reads_every_t_and_broadcasts(data):
    schedule = linear(50)
    shape = data.draw(st.lists(st.integers(1, 3), max_size=3))
    t = torch.tensor(data.draw(st.lists(st.integers(0, 50), min_size=1, max_size=5)))
    x = torch.zeros(len(t), *shape)
    values = schedule.gather("alpha_bar", t, x)
    assert values.shape == (len(t), *[1] * len(shape)) and values.dtype == x.dtype
    assert torch.equal(values.flatten(), schedule.alpha_bar[t].float())
    assert schedule.gather("alpha_bar", int(t[0]), x) == values[0].flatten()


@pytest.mark.parametrize(
    "t", [-1, 51, torch.tensor([-1]), torch.tensor([51]), torch.tensor([[1]]), torch.tensor([1.0])]
)
def test_gather_refuses_times_outside_the_tables(t):
    with pytest.raises(ConfigError, match="t must be"):
        linear(50).gather("alpha_bar", t, torch.zeros(1, 2))


def test_check_t_returns_what_it_accepts():
    schedule, t = linear(50), torch.tensor([1, 50])
    assert schedule.check_t(t) is t and schedule.check_t(50) == 50 and len(schedule.check_t(t[:0])) == 0
    for wrong in (torch.tensor(1), torch.tensor([[1]]), torch.tensor([True]), torch.tensor([51])):
        with pytest.raises(ConfigError, match=r"t must be .*in 1\.\.50"):
            schedule.check_t(wrong)


# --- the prior --------------------------------------------------------------------------------------------------------


@given(st.floats(0, 4), st.floats(1e-4, 0.9))
def test_prior_kl_is_the_mean_of_the_kl_over_data_of_that_variance(data_variance, beta):
    schedule = Schedule.from_betas([beta, beta])
    x_0 = torch.tensor([-1.0, 1.0]).double() * math.sqrt(data_variance)  # mean 0, the given variance
    q = torch.distributions.Normal(schedule.alpha_bar[2].sqrt() * x_0, schedule.one_minus_alpha_bar[2].sqrt())
    p = torch.distributions.Normal(torch.zeros(2).double(), torch.ones(2).double())
    bits = torch.distributions.kl_divergence(q, p).mean().item() / math.log(2)
    assert schedule.prior_kl(data_variance) == pytest.approx(bits, rel=1e-9, abs=1e-14)


@given(st.floats(0.01, 4), st.floats(1e-4, 0.9))
def test_prior_gap_is_the_kl_of_the_state_of_gaussian_data_and_the_rest_of_prior_kl_is_information(s2, beta):
    schedule = Schedule.from_betas([beta, beta])
    signal, noise = (float(table[2]) for table in (schedule.alpha_bar, schedule.one_minus_alpha_bar))
    q, p = torch.distributions.Normal(0, math.sqrt(signal * s2 + noise)), torch.distributions.Normal(0, 1)
    gap = torch.distributions.kl_divergence(q, p).item() / math.log(2)
    assert schedule.prior_gap(s2) == pytest.approx(gap, rel=1e-4, abs=1e-6)  # q is in float32
    information = math.log2(1 + signal * s2 / noise) / 2  # of a Gaussian channel
    assert schedule.prior_kl(s2) == pytest.approx(information + schedule.prior_gap(s2), rel=1e-9, abs=1e-13)


def test_prior_gap_of_unit_variance_is_zero_and_no_other_shape_has_a_smaller_one():
    schedule, line = Schedule.from_betas([0.3, 0.4]), torch.linspace(-12, 12, 200_001, dtype=torch.float64)
    assert schedule.prior_gap() == 0 < schedule.prior_kl()
    for s in (0.5, 1.0, 1.7):  # data at ±s
        bells = torch.distributions.Normal(
            schedule.alpha_bar[2].sqrt() * torch.tensor([[s], [-s]]).double(), schedule.one_minus_alpha_bar[2].sqrt()
        )
        density = bells.log_prob(line).exp().mean(0)
        prior = torch.distributions.Normal(torch.tensor(0.0).double(), 1).log_prob(line)
        gap = float(torch.trapezoid(density * (density.log() - prior), line)) / math.log(2)
        assert schedule.prior_gap(s**2) < gap < schedule.prior_kl(s**2)


# --- bad input --------------------------------------------------------------------------------------------------------

SIZED = "T must be an integer >= 1, got "
BAD = {
    "T-0": (lambda: linear(0), SIZED + "0"),
    "T-negative": (lambda: cosine(-5), SIZED + "-5"),
    "T-2.5": (lambda: linear(2.5), SIZED + "2.5 of type float"),
    "T-text": (lambda: linear("100"), SIZED + "'100' of type str"),
    "T-bool": (lambda: cosine(True), SIZED + "True of type bool"),
    "T-None": (lambda: scaled_linear(None), SIZED + "None of type NoneType"),
    "T-nan": (lambda: linear(math.nan), SIZED + "nan of type float"),
    "T-huge": (lambda: linear(10**9), "T must be an integer in 1..100000, got 1000000000: its tables need 48 GB"),
    "start-above-end": (lambda: linear(10, 0.02, 0.01), "beta_start must be at most beta_end = 0.01, got 0.02"),
    "beta-end-2": (lambda: linear(1000, 1e-4, 2), "beta_end must be a finite number in (0, 1), got 2"),
    "betas-to-2": (
        lambda: Schedule.from_betas(torch.linspace(1e-4, 2, 1000)),
        "beta must be in (0, 1), got 2.0 at t=1000",
    ),
    "beta-0": (lambda: Schedule.from_betas([0.1, 0.0, 0.1]), "beta must be in (0, 1), got 0.0 at t=2"),
    "beta-end-1": (
        lambda: linear(10, 0.1, 1.0),
        "eps-prediction is undefined where alpha_bar_T = 0; use v-prediction",
    ),
    "beta-1": (
        lambda: Schedule.from_betas([0.1, 1.0]),
        "at t=2; eps-prediction is undefined where alpha_bar_T = 0; use v",
    ),
    "alpha-bar-underflows": (lambda: Schedule.from_betas([0.9] * 400), "stay above 0 in float64, got 0 at t=324"),
    "nan": (lambda: Schedule.from_betas([0.1, math.nan, 0.1]), "beta must be in (0, 1), got nan at t=2"),
    "inf": (lambda: Schedule.from_betas([0.1, 0.1, math.inf]), "beta must be in (0, 1), got inf at t=3"),
    "negative": (lambda: Schedule.from_betas([-0.1, 0.1]), "beta must be in (0, 1), got -0.1 at t=1"),
    "beta-start-nan": (lambda: linear(10, math.nan), "beta_start must be a finite number in (0, 1), got nan"),
    "empty": (lambda: Schedule.from_betas([]), "betas must be floats of shape (T,), T >= 1"),
    "2-D": (lambda: Schedule.from_betas([[0.1, 0.2]]), "of shape (1, 2)"),
    "scalar": (lambda: Schedule.from_betas(0.1), "of shape ()"),
    "integers": (lambda: Schedule.from_betas(torch.tensor([1, 2])), "got torch.int64"),
    "text": (lambda: Schedule.from_betas(["a"]), "betas must be a 1-D sequence of floats"),
    "ragged": (lambda: Schedule.from_betas([[0.1], [0.1, 0.2]]), "betas must be a 1-D sequence"),
    "not-strict": (lambda: Schedule.from_betas([0.1, 1e-17]), "alpha_bar must fall strictly"),
    "too-long": (lambda: Schedule.from_betas([0.1] * (MAX_T + 1)), "T must be an integer in 1..100000"),
    "nearest": (lambda: make_schedule("cosin"), "did you mean 'cosine'?"),
    "listed": (lambda: make_schedule("xyz"), f"one of {', '.join(map(repr, SCHEDULES))}, got 'xyz'"),
    "config": (lambda: schedule_from_config({"name": "cosin"}), "did you mean 'cosine'?"),
    "config-arguments": (
        lambda: schedule_from_config({"name": "linear", "S": 1}),
        "must hold the arguments of linear",
    ),
    "variance-nan": (lambda: linear(5).prior_kl(math.nan), "data_variance must be a finite number"),
}


@pytest.mark.parametrize("call, message", BAD.values(), ids=BAD)
def test_bad_input_is_refused_with_the_name_the_value_and_what_is_allowed(call, message):
    with pytest.raises(ConfigError) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize("name", SCHEDULES, ids=lambda name: f"T-1-{name}")
def test_one_step_is_a_schedule(name):
    schedule = make_schedule(name, 1)
    assert schedule.T == 1 and schedule.posterior_variance.tolist() == [0, 0]
    assert schedule.alpha_bar[1] == 1 - schedule.beta[1] and schedule.T == 1


@pytest.mark.parametrize("T", [50, 1000], ids=lambda T: f"cosine-T-{T}")
def test_the_clip_of_cosine_is_recorded_and_float32_is_the_nearest_value(T):
    schedule = cosine(T)
    assert schedule.config["max_beta"] == schedule.beta[-1] == 0.999
    single = schedule.to(dtype=torch.float32).alpha_bar.double()
    assert ((single - schedule.alpha_bar).abs() <= HALF_ULP * schedule.alpha_bar).all()


@pytest.mark.parametrize("name", SCHEDULES)
def test_alpha_bar_agrees_with_fifty_digits(name):
    schedule = make_schedule(name, 1000)
    single = schedule.to(dtype=torch.float32)
    with mpmath.workdps(50):
        exact = exact_alpha_bars(schedule)
        complement = [1 - value for value in exact]
        assert relative_error(schedule.alpha_bar[1:], exact) < 1e-14
        assert relative_error(schedule.one_minus_alpha_bar[1:], complement) < 1e-14
        assert relative_error(single.alpha_bar[1:], exact) < 1.001 * HALF_ULP
        assert relative_error(single.one_minus_alpha_bar[1:], complement) < 1.001 * HALF_ULP
        naive = (1 - schedule.beta[1:].float()).cumprod(0)  # what the float64 detour buys
        assert relative_error(naive, exact) > 4 * HALF_ULP
        assert relative_error(1 - naive, complement) > 400 * HALF_ULP
