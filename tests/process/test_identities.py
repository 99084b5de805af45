"""The forward process against SymPy, against diffusers in float64, and on bad input."""

from __future__ import annotations

import functools
import math
import operator

import hypothesis.strategies as st
import peers
import pytest
import sympy
import torch
from hypothesis import given

from diffusion_lib.errors import ConfigError
from diffusion_lib.process import identities as process
from diffusion_lib.process.registry import SCHEDULES, make_schedule
from diffusion_lib.process.schedule import Schedule, cosine, linear

EXACT = {"rtol": 0, "atol": 1e-12}
rational_betas = st.lists(st.integers(1, 999).map(lambda n: sympy.Rational(n, 1000)), min_size=1, max_size=6)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# --- against diffusers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("T", [1, 2, 10, 1000])
@pytest.mark.parametrize("name", SCHEDULES)
def test_add_noise_and_velocity_equal_those_of_diffusers_at_every_t(monkeypatch, name, T):
    schedule = make_schedule(name, T)
    peer = peers.scheduler(monkeypatch, "DDPM", trained_betas=schedule.beta[1:].numpy())
    x_0, eps, t = draw(T, 3, seed=1), draw(T, 3, seed=2), torch.arange(1, T + 1)
    x_t = process.add_noise(schedule, x_0, t, eps)
    torch.testing.assert_close(x_t, peer.add_noise(x_0, eps, t - 1), **EXACT)
    torch.testing.assert_close(process.v_from_eps(schedule, x_0, t, eps), peer.get_velocity(x_0, eps, t - 1), **EXACT)


# --- against SymPy ----------------------------------------------------------------------------------------------------


@functools.cache
def symbolic_posterior():
    """Mean and variance of q(x_{t−1} | x_t, x_0) by completing the square in SymPy, as functions of exact numbers."""
    x_prev, x_t, x_0 = sympy.symbols("x_prev x_t x_0", real=True)
    alpha, alpha_bar_prev = sympy.symbols("alpha alpha_bar_prev", positive=True)
    beta = 1 - alpha
    log_density = -((x_t - sympy.sqrt(alpha) * x_prev) ** 2) / (2 * beta) - (
        x_prev - sympy.sqrt(alpha_bar_prev) * x_0
    ) ** 2 / (2 * (1 - alpha_bar_prev))
    variance = -1 / sympy.diff(log_density, x_prev, 2)
    (mean,) = sympy.solve(sympy.diff(log_density, x_prev), x_prev)
    arguments = (alpha, alpha_bar_prev, x_0, x_t)
    return sympy.lambdify(arguments, mean, "mpmath"), sympy.lambdify(arguments, variance, "mpmath")


@given(rational_betas)
def test_alpha_bar_and_add_noise_equal_lambdified_sympy(betas):
    schedule = Schedule.from_betas([float(beta) for beta in betas])
    alpha_bar, x_0, eps = sympy.symbols("alpha_bar x_0 eps")
    expression = sympy.sqrt(alpha_bar) * x_0 + sympy.sqrt(1 - alpha_bar) * eps
    exact = sympy.lambdify((alpha_bar, x_0, eps), expression, "mpmath")
    for t in range(1, schedule.T + 1):
        product = functools.reduce(operator.mul, [1 - beta for beta in betas[:t]])
        assert schedule.alpha_bar[t].item() == pytest.approx(float(product), abs=1e-12)
        value_x_0, value_eps = draw(2, 1, seed=t)
        x_t = process.add_noise(schedule, value_x_0, t, value_eps)
        assert x_t.item() == pytest.approx(float(exact(product, value_x_0.item(), value_eps.item())), abs=1e-12)


@given(rational_betas)
def test_posterior_equals_lambdified_sympy(betas):
    schedule = Schedule.from_betas([float(beta) for beta in betas])
    exact_mean, exact_variance = symbolic_posterior()
    x_0, x_t = draw(schedule.T, seed=1), draw(schedule.T, seed=2)
    mean, variance = process.posterior(schedule, x_0, x_t, torch.arange(1, schedule.T + 1))
    torch.testing.assert_close(mean[0], x_0[0], **EXACT)
    assert variance[0] == 0
    for t in range(2, schedule.T + 1):  # at t = 1 the density is a point mass, which has no square to complete
        product = functools.reduce(operator.mul, [1 - beta for beta in betas[: t - 1]])
        point = (1 - betas[t - 1], product, x_0[t - 1].item(), x_t[t - 1].item())
        assert mean[t - 1].item() == pytest.approx(float(exact_mean(*point)), abs=1e-12)
        assert variance[t - 1].item() == pytest.approx(float(exact_variance(*point)), abs=1e-12)


# --- identities -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCHEDULES)
def test_steps_compose_to_the_closed_form(name):
    """Each noise is its own basis vector, so that the chain is a matrix: row t holds the weights of x_0, ε_1…ε_t."""
    schedule = make_schedule(name, 30)
    basis = torch.eye(31, dtype=torch.float64)
    x = basis[:1]
    for t in range(1, 31):
        x = process.q_step(schedule, x, t, basis[t : t + 1])
        assert x[0, 0].item() == pytest.approx(schedule.alpha_bar[t].sqrt().item(), abs=1e-12)
        assert (x[0, 1:] ** 2).sum().item() == pytest.approx(1 - schedule.alpha_bar[t].item(), abs=1e-12)


@given(st.integers(2, 50), st.integers(0, 99))
def test_posterior_obeys_bayes(t, seed):
    """q(x_t | x_{t−1}) q(x_{t−1} | x_0) = q(x_{t−1} | x_t, x_0) q(x_t | x_0) at random points."""
    schedule = cosine(50)
    x_0, x_prev, x_t = draw(3, 1, 4, seed=seed)

    def log_density(x, mean, variance):
        return torch.distributions.Normal(mean, variance.sqrt()).log_prob(x)

    alpha, alpha_bar, beta = schedule.alpha, schedule.alpha_bar, schedule.beta
    left = log_density(x_t, alpha[t].sqrt() * x_prev, beta[t])
    left = left + log_density(x_prev, alpha_bar[t - 1].sqrt() * x_0, 1 - alpha_bar[t - 1])
    right = log_density(x_prev, *process.posterior(schedule, x_0, x_t, t))
    right = right + log_density(x_t, alpha_bar[t].sqrt() * x_0, 1 - alpha_bar[t])
    torch.testing.assert_close(left, right, rtol=1e-9, atol=1e-9)


@given(st.sampled_from(sorted(SCHEDULES)), st.lists(st.integers(1, 40), min_size=1, max_size=5), st.integers(0, 99))
def test_conversions_recover_what_made_x_t(name, times, seed):
    schedule, t = make_schedule(name, 40), torch.tensor(times)
    x_0, eps = draw(2, len(t), 2, 3, seed=seed)
    x_t = process.add_noise(schedule, x_0, t, eps)
    v = process.v_from_eps(schedule, x_0, t, eps)
    score = process.score_from_eps(schedule, eps, t)
    close = functools.partial(torch.testing.assert_close, rtol=1e-9, atol=1e-9)
    close(process.x_0_from_eps(schedule, x_t, t, eps), x_0)
    close(process.eps_from_x_0(schedule, x_t, t, x_0), eps)
    close(process.x_0_from_v(schedule, x_t, t, v), x_0)
    close(process.eps_from_v(schedule, x_t, t, v), eps)
    close(process.eps_from_score(schedule, score, t), eps)
    close(process.ve_to_vp(schedule, process.vp_to_ve(schedule, x_t, t), t), x_t)
    sigma = (1 / schedule.snr[t]).sqrt().view(-1, 1, 1)
    close(process.vp_to_ve(schedule, x_t, t), x_0 + sigma * eps)


def test_score_is_the_gradient_of_the_log_density():
    schedule, t = linear(20), 7
    x_0, eps = draw(2, 1, 5)
    x_t = process.add_noise(schedule, x_0, t, eps).requires_grad_()
    mean, std = schedule.alpha_bar[t].sqrt() * x_0, schedule.one_minus_alpha_bar[t].sqrt()
    (gradient,) = torch.autograd.grad(torch.distributions.Normal(mean, std).log_prob(x_t).sum(), x_t)
    torch.testing.assert_close(process.score_from_eps(schedule, eps, t), gradient, **EXACT)


@pytest.mark.parametrize("dtype, atol", [(torch.float32, 1e-6), (torch.bfloat16, 0.03)])
def test_the_result_keeps_the_dtype_of_the_data(dtype, atol):
    schedule, t = linear(), torch.arange(1, 1001)
    x_0, eps = draw(2, 1000, 3)
    x_t = process.add_noise(schedule, x_0.to(dtype), t, eps.to(dtype))
    assert x_t.dtype == dtype
    torch.testing.assert_close(x_t.double(), process.add_noise(schedule, x_0, t, eps), rtol=0.02, atol=atol)


def test_one_int_serves_the_whole_batch():
    schedule, (x_0, eps) = linear(), draw(2, 4, 2)
    for t in (1, 500, 1000):
        many = torch.full((4,), t)
        assert torch.equal(process.add_noise(schedule, x_0, t, eps), process.add_noise(schedule, x_0, many, eps))
        (mean, variance), (means, variances) = (process.posterior(schedule, x_0, eps, time) for time in (t, many))
        assert torch.equal(mean, means) and torch.equal(variance.expand(4, 1), variances)


# --- bad input --------------------------------------------------------------------------------------------------------

SCHEDULE = linear()
X = torch.zeros(4, 2)
CALLS = {
    "add_noise": lambda t, x=X, y=X: process.add_noise(SCHEDULE, x, t, y),
    "q_step": lambda t, x=X, y=X: process.q_step(SCHEDULE, x, t, y),
    "posterior": lambda t, x=X, y=X: process.posterior(SCHEDULE, x, y, t),
    "x_0_from_eps": lambda t, x=X, y=X: process.x_0_from_eps(SCHEDULE, x, t, y),
    "eps_from_x_0": lambda t, x=X, y=X: process.eps_from_x_0(SCHEDULE, x, t, y),
    "v_from_eps": lambda t, x=X, y=X: process.v_from_eps(SCHEDULE, x, t, y),
    "x_0_from_v": lambda t, x=X, y=X: process.x_0_from_v(SCHEDULE, x, t, y),
    "eps_from_v": lambda t, x=X, y=X: process.eps_from_v(SCHEDULE, x, t, y),
    "score_from_eps": lambda t, x=X: process.score_from_eps(SCHEDULE, x, t),
    "eps_from_score": lambda t, x=X: process.eps_from_score(SCHEDULE, x, t),
    "vp_to_ve": lambda t, x=X: process.vp_to_ve(SCHEDULE, x, t),
    "ve_to_vp": lambda t, x=X: process.ve_to_vp(SCHEDULE, x, t),
}
TIMES = {
    "t-0": (0, "t must be an integer in 1..1000, got 0"),
    "t-minus-1": (-1, "t must be an integer in 1..1000, got -1"),
    "t-T+1": (1001, "t must be an integer in 1..1000, got 1001"),
    "one-of-the-batch-is-0": (torch.tensor([1, 0, 5, 1000]), "t must be in 1..1000, got 0"),
    "one-of-the-batch-is-T+1": (torch.tensor([1, 1000, 5, 1001]), "t must be in 1..1000, got 1001"),
    "one-of-the-batch-is-minus-1": (torch.tensor([1, 2, 5, -1]), "t must be in 1..1000, got -1"),
    "float-tensor": (torch.ones(4), "got torch.float32 of shape (4,)"),
    "int32-tensor": (torch.ones(4, dtype=torch.int32), "got torch.int32"),
    "shape-B-1": (torch.ones(4, 1).long(), "(4,) on cpu, in 1..1000, got torch.int64 of shape (4, 1)"),
    "wrong-batch": (torch.ones(1).long(), "got torch.int64 of shape (1,)"),
    "scalar-tensor": (torch.tensor(3), "got torch.int64 of shape ()"),
    "wrong-device": (torch.ones(4, dtype=torch.int64, device="meta"), "of shape (4,) on meta"),
    "float": (2.0, "t must be an integer in 1..1000, got 2.0 of type float"),
    "bool": (True, "t must be an integer in 1..1000, got True of type bool"),
}


@pytest.mark.parametrize("t, message", TIMES.values(), ids=TIMES)
def test_bad_times_are_refused_by_every_function(t, message):
    for call in CALLS.values():
        with pytest.raises(ConfigError) as caught:
            call(t)
        assert message in str(caught.value)


@given(st.integers(-3000, 3000))
def test_exactly_1_to_T_is_accepted(t):
    for time in (t, torch.full((4,), t)):
        if 1 <= t <= 1000:
            assert math.isfinite(CALLS["add_noise"](time).sum())
        else:
            with pytest.raises(ConfigError, match=r"t must be .*in 1\.\.1000"):
                CALLS["add_noise"](time)


@pytest.mark.parametrize("t", [3, torch.tensor([3, 4, 5, 6])], ids=["int-t", "tensor-t"])
@pytest.mark.parametrize("shape", [(1, 2), (4, 1), (2,), (4, 2, 1), (4, 2, 2)])
def test_shapes_that_would_broadcast_are_refused(shape, t):
    for name, call in CALLS.items():
        if "score" in name or "ve" in name.split("_"):
            continue  # these take one tensor
        with pytest.raises(ConfigError, match="nothing is broadcast here"):
            call(t, X, torch.zeros(shape))


def test_other_things_than_float_tensors_are_refused():
    for call in CALLS.values():
        with pytest.raises(ConfigError, match=r"must be a floating-point tensor \(B, ...\), got torch.uint8"):
            call(3, X.to(torch.uint8))
        with pytest.raises(ConfigError, match=r"must be a floating-point tensor \(B, ...\), got list"):
            call(3, [1.0])
    with pytest.raises(ConfigError, match="eps must be a tensor of x_0's shape"):
        process.add_noise(SCHEDULE, X, 3, 1.0)
    with pytest.raises(ConfigError, match=r"eps must be .* on cpu, got \(4, 2\) on meta"):
        process.add_noise(SCHEDULE, X, 3, X.to("meta"))
