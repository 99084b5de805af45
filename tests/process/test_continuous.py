"""Paths: α and σ with their slopes, the dictionary between velocity, ε, x_0, v and score, and the oracle on a path."""

from __future__ import annotations

import math

import pytest
import torch

from diffusion_lib.errors import ConfigError
from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.process import continuous as paths
from diffusion_lib.process import identities
from diffusion_lib.process import velocity as velocities
from diffusion_lib.process.continuous import from_schedule
from diffusion_lib.process.registry import make_process, make_schedule
from diffusion_lib.process.schedule import Schedule, cosine, linear
from diffusion_lib.process.velocity import velocity_of_pair
from diffusion_lib.registry import PROCESSES, SCHEDULES

EXACT = {"rtol": 1e-10, "atol": 1e-10}
ALL = {**{name: make_process(name) for name in PROCESSES}, "chain": from_schedule(linear(50))}
UNEVEN = GaussianMixture([[-1.2, -0.7], [1.2, -0.7], [0.0, 1.3]], [0.2, 0.4, 0.1], [0.25, 0.35, 0.4])
TIMES = torch.tensor([0.013, 0.25, 0.4, 0.77, 0.995], dtype=torch.float64)
each_path = pytest.mark.parametrize("path", ALL.values(), ids=ALL.keys())


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


# --- paths ------------------------------------------------------------------------------------------------------------


@each_path
def test_slopes_are_the_derivatives(path):
    """By autograd, so that a slope and its function cannot both be wrong in the same way."""
    for function, slope in ((path.alpha, path.d_alpha), (path.sigma, path.d_sigma)):
        t = TIMES.clone().requires_grad_()
        value = function(t)
        expected = torch.zeros_like(t)
        if value.requires_grad:
            (expected,) = torch.autograd.grad(value.sum(), t)
        torch.testing.assert_close(slope(TIMES), expected, rtol=1e-9, atol=1e-12)


@each_path
def test_at_0_stand_the_data_and_the_ratio_falls(path):
    grid = torch.linspace(0, 1, 401, dtype=torch.float64)
    alpha, sigma = path.alpha(grid), path.sigma(grid)
    assert alpha[0] == 1 and sigma[0] == 0
    assert bool(((sigma / alpha).diff() > 0).all())
    assert bool((path.at(TIMES, draw(5, 1)).wronskian > 0).all())


def test_the_named_paths_are_those_of_the_papers():
    """Points worked out by hand from the equations, not by the code."""
    t = torch.tensor([0.25], dtype=torch.float64)
    flow, trigonometric, ve = (ALL[name] for name in ("flow", "cosine", "ve"))
    assert (flow.alpha(t), flow.sigma(t)) == (0.75, 0.25)
    assert float(trigonometric.alpha(t)) == pytest.approx(math.cos(math.pi / 8), rel=1e-15)
    assert float(ve.sigma(t)) == pytest.approx(math.sqrt((0.01 * 5000**0.25) ** 2 - 0.01**2), rel=1e-12)
    kept = math.exp(-(0.1 * 0.25 + 19.9 * 0.25**2 / 2))  # −∫β of β(t) = 0.1 + 19.9 t
    assert float(ALL["vp"].alpha(t)) == pytest.approx(kept**0.5, rel=1e-14)
    assert float(ALL["vp"].sigma(t)) == pytest.approx((1 - kept) ** 0.5, rel=1e-14)
    assert float(ALL["sub_vp"].sigma(t)) == pytest.approx(1 - kept, rel=1e-14)
    ends = [
        (float(p.alpha(torch.ones(1).double())), float(p.sigma(torch.ones(1).double()))) for p in (flow, trigonometric)
    ]
    assert ends == [(0, 1), (0, 1)]


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_and_its_path_agree_at_whole_times(name):
    schedule = make_schedule(name, 40)
    path, k, x, eps = from_schedule(schedule), torch.arange(1, 41), draw(40, 3), draw(40, 3, seed=1)
    t = k.double() / 40
    for function in (identities.add_noise, identities.eps_from_x_0, identities.v_from_eps, identities.x_0_from_v):
        torch.testing.assert_close(function(path, x, t, eps), function(schedule, x, k, eps), **EXACT)
    line = GaussianMixture(UNEVEN.means, UNEVEN.std, UNEVEN.weights)
    torch.testing.assert_close(
        line.score(path, x[:, :2].contiguous(), t), line.score(schedule, x[:, :2].contiguous(), k), **EXACT
    )


def test_between_whole_times_the_equation_with_noise_is_one_step_of_the_chain():
    """With β held, x at k/T given x at (k−1)/T has the factor √(1 − β_k) and the variance β_k."""
    schedule = cosine(10)
    path = from_schedule(schedule)
    for k in range(1, 11):
        scales = path.at((k - 0.5) / 10, draw(1))
        beta = -2 * float(scales.drift)
        assert math.exp(-beta / 10) == pytest.approx(1 - float(schedule.beta[k]), rel=1e-12)
        assert float(scales.diffusion) ** 2 == pytest.approx(beta, rel=1e-9)


def test_the_equation_with_noise_of_vp_has_its_published_coefficients():
    scales = ALL["vp"].at(TIMES, draw(5))
    beta = 0.1 + 19.9 * TIMES
    torch.testing.assert_close(scales.drift, -beta / 2, **EXACT)
    torch.testing.assert_close(scales.diffusion.square(), beta, **EXACT)
    ve = ALL["ve"].at(TIMES, draw(5))
    torch.testing.assert_close(ve.diffusion, 0.01 * 5000**TIMES * math.sqrt(2 * math.log(5000)), **EXACT)
    assert not ve.drift.any()


# --- the dictionary ---------------------------------------------------------------------------------------------------


@each_path
def test_the_velocity_is_the_slope_of_the_state(path):
    x_0, eps = draw(5, 3, seed=1), draw(5, 3, seed=2)
    t = TIMES.clone().requires_grad_()
    x_t = path.alpha(t)[:, None] * x_0 + path.sigma(t)[:, None] * eps
    for place in range(3):
        (slope,) = torch.autograd.grad(x_t[:, place].sum(), t, retain_graph=True)
        torch.testing.assert_close(velocity_of_pair(path, x_0, TIMES, eps)[:, place], slope, **EXACT)


@each_path
def test_every_word_of_the_dictionary_leads_to_every_other(path):
    x_0, eps, t = draw(5, 2, 2, seed=3), draw(5, 2, 2, seed=4), TIMES
    x_t = identities.add_noise(path, x_0, t, eps)
    u, v = velocity_of_pair(path, x_0, t, eps), identities.v_from_eps(path, x_0, t, eps)
    score = identities.score_from_eps(path, eps, t)
    loose = {"rtol": 1e-7, "atol": 1e-7}
    for made, expected in (
        (velocities.velocity_from_eps(path, x_t, t, eps), u),
        (velocities.velocity_from_x_0(path, x_t, t, x_0), u),
        (velocities.velocity_from_v(path, x_t, t, v), u),
        (velocities.velocity_from_score(path, x_t, t, score), u),
        (velocities.eps_from_velocity(path, x_t, t, u), eps),
        (velocities.x_0_from_velocity(path, x_t, t, u), x_0),
        (velocities.v_from_velocity(path, x_t, t, u), v),
        (velocities.score_from_velocity(path, x_t, t, u), score),
        (identities.x_0_from_v(path, x_t, t, v), x_0),
        (identities.eps_from_v(path, x_t, t, v), eps),
    ):
        torch.testing.assert_close(made, expected, **loose)


def test_the_straight_path_has_the_formulas_that_everybody_uses():
    flow, x_0, eps, t = ALL["flow"], draw(5, 2, seed=5), draw(5, 2, seed=6), TIMES
    torch.testing.assert_close(
        velocity_of_pair(flow, x_0, t, eps), eps - x_0, **EXACT
    )  # Esser et al., noise minus data
    x_t, u = identities.add_noise(flow, x_0, t, eps), eps - x_0
    torch.testing.assert_close(velocities.x_0_from_velocity(flow, x_t, t, u), x_t - t[:, None] * u, **EXACT)
    torch.testing.assert_close(velocities.eps_from_velocity(flow, x_t, t, u), x_t + (1 - t)[:, None] * u, **EXACT)


def test_one_number_and_a_batch_of_it_agree_and_single_precision_stays():
    x_0, eps = draw(4, 2).float(), draw(4, 2, seed=1).float()
    one = velocities.velocity_from_v(ALL["vp"], x_0, 0.3, eps)
    assert one.dtype == torch.float32
    assert torch.equal(one, velocities.velocity_from_v(ALL["vp"], x_0, torch.full((4,), 0.3, dtype=torch.float64), eps))


# --- the oracle -------------------------------------------------------------------------------------------------------


@each_path
def test_the_best_velocity_carries_the_densities(path):
    """∂q/∂t + ∇·(q u) = 0 by autograd at random points: the oracle's density and velocity, of one path."""
    x = (draw(40, 2, seed=7) * 1.5).requires_grad_()
    t = torch.full((40,), 0.37, dtype=torch.float64)
    log_q, u = UNEVEN.log_density(path, x, t), UNEVEN.velocity(path, x, t)
    (score,) = torch.autograd.grad(log_q.sum(), x, retain_graph=True)
    divergence = sum(torch.autograd.grad(u[:, k].sum(), x, retain_graph=True)[0][:, k] for k in range(2))
    h = 1e-5
    later, sooner = (UNEVEN.log_density(path, x.detach(), t + step) for step in (h, -h))
    balance = (later - sooner) / (2 * h) + divergence.detach() + (u * score).sum(1).detach()
    scale = float(divergence.abs().max())
    torch.testing.assert_close(balance, torch.zeros_like(balance), rtol=0, atol=1e-5 * scale)


@each_path
def test_the_means_of_the_oracle_obey_the_dictionary(path):
    x = draw(5, 2, seed=8)
    eps, clean, u = (
        UNEVEN.noise_predictor(path)(x, TIMES),
        UNEVEN.denoiser(path, x, TIMES),
        UNEVEN.velocity(path, x, TIMES),
    )
    torch.testing.assert_close(identities.add_noise(path, clean, TIMES, eps), x, **EXACT)
    torch.testing.assert_close(
        velocities.velocity_from_score(path, x, TIMES, UNEVEN.score(path, x, TIMES)), u, rtol=1e-6, atol=1e-6
    )


def test_at_pure_noise_the_velocity_is_the_noise_less_the_mean_of_the_data():
    x = draw(4, 2)
    mean = UNEVEN.weights @ UNEVEN.means
    torch.testing.assert_close(UNEVEN.velocity(ALL["flow"], x, 1.0), x - mean, **EXACT)


def test_the_floor_of_a_path_is_that_of_a_schedule_with_its_scales():
    schedule = Schedule.from_betas([0.3, 0.2])
    there, here = UNEVEN.irreducible_loss(schedule, 2), UNEVEN.irreducible_loss(from_schedule(schedule), 1.0)
    assert here.loss == pytest.approx(there.loss, rel=1e-12)
    assert UNEVEN.irreducible_loss(ALL["flow"], 1.0).loss == pytest.approx(0, abs=1e-12)  # noise alone is known


# --- bad input --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: make_process("straight"), "process must be one of"),
        (lambda: make_process("flows"), "did you mean 'flow'"),
        (lambda: identities.add_noise(ALL["flow"], draw(2, 1), 1.2, draw(2, 1)), r"t must be .* \[0, 1\]"),
        (
            lambda: identities.add_noise(ALL["flow"], draw(2, 1), torch.tensor([0.1, float("nan")]), draw(2, 1)),
            "got nan",
        ),
        (
            lambda: identities.add_noise(ALL["flow"], draw(2, 1), torch.tensor([1, 0]), draw(2, 1)),
            "one time per sample",
        ),
        (lambda: identities.add_noise(ALL["flow"], draw(2, 1), torch.tensor([0.5]), draw(2, 1)), "one time per sample"),
        (lambda: ALL["vp"].at(0.0, draw(2, 1)), "sigma' must be finite"),
        (lambda: velocities.velocity_from_eps(ALL["flow"], draw(2, 1), 1.0, draw(2, 1)), "alpha must be above 0"),
        (lambda: velocities.velocity_from_x_0(ALL["flow"], draw(2, 1), 0.0, draw(2, 1)), "sigma must be above 0"),
        (lambda: velocity_of_pair(linear(10), draw(2, 1), 1, draw(2, 1)), "process must be a ContinuousProcess"),
        (lambda: velocity_of_pair(ALL["flow"], draw(2, 1), 0.5, draw(2, 2)), "nothing is broadcast"),
        (lambda: from_schedule("linear"), "schedule must be a Schedule"),
        (lambda: paths.vp(0.0), "beta_start must be"),
        (lambda: paths.vp(2.0, 1.0), "beta_end must be"),
        (lambda: paths.ve(1.0, 1.0), "sigma_max must be"),
        (lambda: UNEVEN.irreducible_loss(ALL["flow"], TIMES), "t must be one number"),
    ],
)
def test_bad_arguments_are_refused(call, words):
    with pytest.raises(ConfigError, match=words):
        call()
