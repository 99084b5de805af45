"""The solvers in σ against what polynomials demand and against exact models; test_parity has diffusers'."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import error_before_the_end, gaussian_model, randn, zero

from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.process.schedule import cosine, linear, scaled_linear
from diffusion_lib.sample.ancestral import ddim, ddim_step
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.ode import adams_bashforth, euler, euler_step, heun, heun_step, lms, lms_step
from diffusion_lib.sample.times import SPACINGS, timesteps

SOLVERS = {
    "euler": euler,
    "heun": heun,
    **{f"lms{order}": lambda *a, order=order, **k: lms(*a, order=order, **k) for order in (1, 2, 3, 4)},
}
UNIFORM = {  # on equal steps of length 1, newest first
    1: [1],
    2: [Fraction(3, 2), Fraction(-1, 2)],
    3: [Fraction(23, 12), Fraction(-16, 12), Fraction(5, 12)],
    4: [Fraction(55, 24), Fraction(-59, 24), Fraction(37, 24), Fraction(-9, 24)],
}


def exact_end(schedule, x_T, mean, std):
    """Where the flow of dx/dσ = E[ε | x] ends for data N(mean, std²): x − mean ∝ √(std² + σ²)."""
    top = schedule.level(schedule.T)
    return mean + std / math.hypot(std, top) * (x_T / schedule.alpha_bar[-1].sqrt() - mean)


# --- weights ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", UNIFORM)
def test_weights_on_equal_steps_are_those_of_the_textbooks(order):
    for step in (1.0, -0.25):
        nodes = [5.0 - step * k for k in range(order)]
        expected = [float(step * Fraction(weight)) for weight in UNIFORM[order]]
        assert adams_bashforth(nodes, 5.0 + step) == pytest.approx(expected, rel=1e-13)


@settings(max_examples=60)
@given(st.lists(st.floats(0.05, 3), min_size=2, max_size=5))
def test_weights_integrate_every_polynomial_that_they_should(gaps):
    """n nodes: exact for the powers 0 … n − 1, from the newest node to the end."""
    *nodes, end = np.cumsum(gaps)[::-1].tolist()[::-1]
    nodes, end = nodes[::-1], end
    weights = adams_bashforth(nodes, end)
    for power in range(len(nodes)):
        exact = (end ** (power + 1) - nodes[0] ** (power + 1)) / (power + 1)
        found = sum(w * node**power for w, node in zip(weights, nodes, strict=True))
        assert found == pytest.approx(exact, rel=1e-9, abs=1e-9 * max(map(abs, weights)) * max(nodes) ** power)


def test_weights_equal_quadrature():
    from scipy.integrate import quad

    nodes, end = [1.3, 2.1, 3.7, 14.6], 0.4
    for k, weight in enumerate(adams_bashforth(nodes, end)):
        others = [node for node in nodes if node != nodes[k]]
        integral, _ = quad(lambda u, k=k, others=others: math.prod((u - o) / (nodes[k] - o) for o in others), 1.3, end)
        assert weight == pytest.approx(integral, rel=1e-12)


@pytest.mark.parametrize(
    ("nodes", "end"),
    [
        ([], 1.0),
        ([1.0] * 5, 0.0),
        ([1.0, 1.0], 0.0),
        ([1.0, 2.0], 1.0),
        ([1.0, math.nan], 0.0),
        ([1.0], math.inf),
        ("ab", 0.0),
    ],
)
def test_bad_nodes_are_refused(nodes, end):
    with pytest.raises(ConfigError, match=r"^(nodes|end) must"):
        adams_bashforth(nodes, end)


# --- what the solvers are --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [linear, scaled_linear, cosine])
@pytest.mark.parametrize("T", [1, 2, 10, 1000])
def test_sigma_is_that_of_diffusers(make, T):
    import diffusers

    schedule = make(T)
    scheduler = diffusers.EulerDiscreteScheduler(num_train_timesteps=T, trained_betas=schedule.beta[1:].tolist())
    theirs = ((1 - scheduler.alphas_cumprod) / scheduler.alphas_cumprod) ** 0.5  # float32: few digits near the data
    ours = torch.tensor([schedule.level(t) for t in range(1, T + 1)])
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=0)
    assert schedule.level(0) == 0


@pytest.mark.parametrize("make", [linear, scaled_linear, cosine])
def test_an_euler_step_is_a_ddim_step(make):
    schedule, x_t, eps_hat = make(1000), randn(3, 2, seed=1), randn(3, 2, seed=2)
    for t, s in [(1000, 999), (1000, 0), (700, 300), (2, 1), (1, 0)]:
        theirs = ddim_step(schedule, x_t, eps_hat, t, s)
        scale = 1 + float(schedule.alpha_bar[s] / schedule.alpha_bar[t]) ** 0.5
        assert float((euler_step(schedule, x_t, eps_hat, t, s) - theirs).abs().max()) < 1e-13 * scale


def test_the_first_steps_use_the_past_that_there_is():
    schedule, x_T = linear(30), randn(2, 2)
    model = gaussian_model(schedule, 0.5, 0.3)
    first, second = list(euler(model, x_T, schedule, steps=5)), list(lms(model, x_T, schedule, steps=5))
    torch.testing.assert_close(first[1].x_t, second[1].x_t)
    past = [(r.t, model(r.x_t, torch.full((2,), r.t))) for r in second[:2]][::-1]
    torch.testing.assert_close(second[2].x_t, lms_step(schedule, second[1].x_t, past, second[2].t))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_one_point_is_found_with_every_step_count(solver, dtype):
    point = torch.tensor([0.7, -1.3], dtype=dtype)
    for T in (1, 2, 3, 10, 25):
        schedule = linear(T)
        for steps in range(1, T + 1):
            for spacing in SPACINGS:
                model = gaussian_model(schedule, point, 0.0)
                x_0 = last(SOLVERS[solver](model, randn(3, 2, dtype=dtype), schedule, steps=steps, spacing=spacing))
                assert x_0.dtype == dtype and float((x_0 - point).abs().max()) < 1e-6


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("steps", [1, 27, 53, 1000])
def test_one_point_is_found_at_T_1000(solver, steps):
    schedule, point = linear(1000), torch.tensor([0.7, -1.3], dtype=torch.float64)
    x_0 = last(SOLVERS[solver](gaussian_model(schedule, point, 0.0), randn(3, 2), schedule, steps=steps))
    assert float((x_0 - point).abs().max()) < 1e-6


def test_more_orders_and_more_steps_come_nearer_to_the_exact_flow():
    """Data N(0.5, 1): an error that falls like steps^−order, until the last step to σ = 0 counts."""
    schedule, x_T = linear(1000), randn(4, 1)
    exact, model = exact_end(schedule, x_T, 0.5, 1.0), gaussian_model(schedule, 0.5, 1.0)

    def error(solver, steps):
        return float((last(SOLVERS[solver](model, x_T, schedule, steps=steps)) - exact).abs().max())

    assert error("euler", 50) / error("euler", 100) > 1.7
    assert error("lms2", 100) < error("euler", 100) / 5
    assert error("lms4", 100) < error("lms2", 100) / 3


def test_heun_is_of_second_order():
    """At t = 200, before the Euler step to σ = 0, against the exact flow of data N(0.5, 1); Euler's error halves."""
    error = error_before_the_end(linear(1000), 200)
    assert 3.5 < error(heun, 100) / error(heun, 200) < 4.5
    assert 1.8 < error(euler, 100) / error(euler, 200) < 2.2


def test_heun_calls_the_model_at_both_ends_of_a_step_and_once_in_the_last():
    schedule, x_T, calls = linear(20), randn(3, 2), []
    exact = gaussian_model(schedule)

    def model(x_t, t):
        calls.append((t.dtype, tuple(t.shape), int(t[0])))
        return exact(x_t, t)

    records = list(heun(model, x_T, schedule, steps=6))
    times = timesteps(20, 6)
    assert [r.t for r in records] == [*times, 0]
    assert calls == [(torch.int64, (3,), t) for t in [times[0], *(t for t in times[1:] for _ in range(2))]]
    for here, there in pairwise(records):
        eps_hat = exact(here.x_t, torch.full((3,), here.t))
        x_s = euler_step(schedule, here.x_t, eps_hat, here.t, there.t)
        if there.t:
            eps_hat_s = exact(x_s, torch.full((3,), there.t))
            x_s = heun_step(schedule, here.x_t, eps_hat, eps_hat_s, here.t, there.t)
        torch.testing.assert_close(there.x_t, x_s, rtol=1e-12, atol=1e-12)


def test_records_times_and_calls_are_those_of_ddim():
    schedule, x_T, calls = linear(20), randn(3, 2), []

    def model(x_t, t):
        calls.append((t.dtype, tuple(t.shape), int(t[0])))
        return zero(x_t, t)

    records = list(lms(model, x_T, schedule, steps=6))
    assert [r.t for r in records] == [r.t for r in ddim(zero, x_T, schedule, steps=6)] == [*timesteps(20, 6), 0]
    assert calls == [(torch.int64, (3,), t) for t in timesteps(20, 6)]
    assert torch.equal(records[0].x_t, x_T) and torch.equal(records[-1].x_t, records[-1].x_0_hat)


def test_two_chains_from_one_call_each_have_their_own_past():
    schedule, x_T = linear(20), randn(3, 2)
    model = gaussian_model(schedule, 0.5, 0.3)
    one, two = (last(lms(model, x_T, schedule, steps=6)) for _ in range(2))
    assert torch.equal(one, two)


def test_nothing_is_drawn_and_no_graph_is_kept():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    weight = torch.ones(2, requires_grad=True)
    x_0 = last(lms(lambda x_t, t: x_t * weight, randn(2, 2, dtype=torch.float32), linear(5)))
    assert torch.equal(before, torch.get_rng_state()) and not x_0.requires_grad


# --- planted bugs ----------------------------------------------------------------------------------------------------


def wrong_sign(schedule, x_t, eps_hat, t, s):
    return 2 * (schedule.alpha_bar[s] / schedule.alpha_bar[t]).sqrt() * x_t - euler_step(schedule, x_t, eps_hat, t, s)


def direction_of_t(schedule, x_t, eps_hat, t, s):
    """P16: √(1 − ᾱ_t) in the place of √(1 − ᾱ_s)."""
    wrong = schedule.one_minus_alpha_bar[t].sqrt() - schedule.one_minus_alpha_bar[s].sqrt()
    return euler_step(schedule, x_t, eps_hat, t, s) + wrong * eps_hat


@pytest.mark.parametrize("bug", [wrong_sign, direction_of_t])
def test_planted_bugs_are_seen(bug):
    schedule, x_t, eps_hat = linear(100), randn(3, 2, seed=1), randn(3, 2, seed=2)
    assert float((bug(schedule, x_t, eps_hat, 60, 40) - ddim_step(schedule, x_t, eps_hat, 60, 40)).abs().max()) > 1e-2


# --- faults ----------------------------------------------------------------------------------------------------------

X_T = torch.zeros(2, 2)
BAD_CALLS = {
    "steps-0": {"steps": 0},
    "steps-above-T": {"steps": 11},
    "steps-bool": {"steps": True},
    "spacing-unknown": {"spacing": "karas"},
    "order-0": {"order": 0},
    "order-5": {"order": 5},
    "order-bool": {"order": True},
    "order-float": {"order": 2.0},
    "x_T-nan": {"x_T": torch.tensor([[0.0, math.nan]])},
    "x_T-no-batch": {"x_T": torch.zeros(2)},
    "model-none": {"model": None},
}


@pytest.mark.parametrize("kwargs", BAD_CALLS.values(), ids=BAD_CALLS)
def test_bad_arguments_are_refused_at_the_call(kwargs):
    arguments = {"model": zero, "x_T": X_T, "process": linear(10), **kwargs}
    for solver in (lms,) if "order" in kwargs else (lms, euler, heun):
        with pytest.raises(ConfigError, match=rf"^{next(iter(kwargs))} must"):
            solver(**arguments)


@pytest.mark.parametrize(("t", "s"), [(0, 0), (11, 3), (3, 3), (3, 4), (3, -1), (True, 0)])
def test_steps_refuse_bad_times(t, s):
    with pytest.raises(ConfigError, match=r"^[ts] must"):
        euler_step(linear(10), X_T, X_T, t, s)


@pytest.mark.parametrize(
    "past", [[], [(5, X_T)] * 2, [(4, X_T), (3, X_T)], [(5, X_T[:1])], [(5 + k, X_T) for k in range(5)]]
)
def test_a_bad_past_is_refused(past):
    with pytest.raises(ConfigError, match="must"):
        lms_step(linear(10), X_T, past, 2)


def test_sigma_refuses_bad_times():
    for t in (-1, 11, 2.0, True):
        with pytest.raises(ConfigError, match=r"^t must"):
            linear(10).level(t)


def test_non_finite_sample_names_the_step():
    with pytest.raises(NonFiniteError, match="from t=4 to 3"):
        last(lms(lambda x_t, t: torch.where(t[0] == 4, torch.nan, 0.0) + x_t, X_T, linear(10)))
