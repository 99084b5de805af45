"""The derivations of the chapter reverse-posterior, loaded by running the chapter's own cells."""

from __future__ import annotations

import pytest
import sympy as sp
import torch
from false_steps import false_steps

from derive.errors import DerivationError
from derive.page.chain import Chain
from diffusion_lib.process import identities as process
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.sample import ancestral as sample

SEQUENCES = {"beta": "beta", "alpha": "alpha", "alpha_bar": "alpha_bar"}
T = 40


@pytest.fixture(scope="module", params=range(3))
def world(request):
    """A random schedule and, for each time, a data point and a state."""
    random = torch.Generator().manual_seed(request.param)
    betas = 0.001 + 0.4 * torch.rand(T, generator=random, dtype=torch.float64)
    x_0, x_t = torch.randn(2, T, 1, generator=random, dtype=torch.float64)
    return Schedule.from_betas(betas), x_0, x_t, torch.arange(1, T + 1)


def numbers(n, world, name, **more):
    """The right side of a proved equality at all times, as a tensor; ``more`` holds other sequences' values."""
    R, t, x, bar = (n[key] for key in ("R", "t", "x", "alpha_bar"))
    schedule, x_0, x_t, times = world
    columns = {n[key][t]: getattr(schedule, table)[times] for key, table in SEQUENCES.items()}
    columns |= {bar[t - 1]: schedule.alpha_bar[times - 1], x[t]: x_t[:, 0], x[0]: x_0[:, 0]}
    columns |= {n[key][t]: values for key, values in more.items()}
    node = R.blocks[name].lines()[-1].right
    function = sp.lambdify([R.sympy(key) for key in columns], R.sympy(node), "math")
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return torch.tensor([function(*row) for row in rows], dtype=torch.float64)


def close(ours, proved):
    torch.testing.assert_close(ours, proved, rtol=1e-12, atol=1e-12)


def test_mean_and_variance_equal_the_library(n, world):
    schedule, x_0, x_t, t = world
    mean, variance = process.posterior(schedule, x_0, x_t, t)
    eps = process.eps_from_x_0(schedule, x_t, t, x_0)
    v, score = process.v_from_eps(schedule, x_0, t, eps), process.score_from_eps(schedule, eps, t)
    close(mean[:, 0], numbers(n, world, "posterior-mean"))
    close(mean[:, 0], numbers(n, world, "mean-in-noise", eps=eps[:, 0]))
    close(mean[:, 0], numbers(n, world, "mean-in-velocity", v=v[:, 0]))
    close(mean[:, 0], numbers(n, world, "mean-in-score", score=score[:, 0]))
    close(variance[:, 0], numbers(n, world, "posterior-variance"))


def test_conversions_equal_the_library(n, world):
    schedule, x_0, x_t, t = world
    eps = process.eps_from_x_0(schedule, x_t, t, x_0)
    v, score = process.v_from_eps(schedule, x_0, t, eps), process.score_from_eps(schedule, eps, t)
    close(eps[:, 0], numbers(n, world, "noise-in-state"))
    close(v[:, 0], numbers(n, world, "velocity", eps=eps[:, 0]))
    close(score[:, 0], numbers(n, world, "score"))
    close(process.eps_from_v(schedule, x_t, t, v)[:, 0], numbers(n, world, "noise-from-velocity", v=v[:, 0]))
    close(process.x_0_from_v(schedule, x_t, t, v)[:, 0], numbers(n, world, "solution-velocity", v=v[:, 0]))
    close(process.x_0_from_v(schedule, x_t, t, v), x_0)
    close(x_0[:, 0], numbers(n, world, "solution-score", score=score[:, 0]))
    close(process.x_0_from_eps(schedule, x_t, t, eps)[:, 0], numbers(n, world, "clean-from-noise", eps=eps[:, 0]))
    close(process.eps_from_score(schedule, score, t)[:, 0], numbers(n, world, "noise-from-score", score=score[:, 0]))


def test_the_sampler_draws_with_the_proved_variances(n, world):
    schedule, x_0, x_t, t = world
    eps = process.eps_from_x_0(schedule, x_t, t, x_0)
    one = torch.ones(1, 1, dtype=torch.float64)
    mean = numbers(n, world, "mean-in-noise", eps=eps[:, 0])
    small = numbers(n, world, "posterior-variance")
    large = schedule.beta[1:].clone()
    large[0] = 0  # no noise in the last step
    for choice, variance in (("posterior", small), ("beta", large)):
        rows = ((x_t[i : i + 1], eps[i : i + 1], i + 1, i) for i in range(T))
        drawn = torch.cat([sample.ddpm_step(schedule, *row, variance=choice, z=one) for row in rows])
        close(drawn[:, 0], mean + variance.sqrt())


FALSE = """
S6-conditions-dropped-by-Bayes: q(x[t] | x[t - 1], x[0]) * q(x[t - 1] | x[0]) / q(x[t] | x[0])
    = q(x[t] | x[t - 1]) * q(x[t - 1] | x[0]) / q(x[t] | x[0]); Bayes
S6-x_0-forgotten: q(x[t - 1] | x[t], x[0]) = q(x[t] | x[t - 1]) * q(x[t - 1]) / q(x[t]); Markov
P22-beta-for-beta-tilde: q(x[t - 1] | x[t], x[0]) = Normal(x[t - 1], mu_tilde[t], beta[t]); result; posterior
P22-first-step-has-variance: beta[1] * (1 - alpha_bar[0]) / (1 - alpha_bar[1]) = beta[1]; definition; shares
P8-std-for-variance: q(x[t - 1] | x[t], x[0]) = Normal(x[t - 1], mu_tilde[t], sqrt(beta_tilde[t])); result; posterior
mean-without-the-root: mu_tilde[t]
    = (x[t] - beta[t] / (1 - alpha_bar[t]) * eps[t]) / sqrt(alpha[t]); result; mean-in-noise
mean-with-alpha_bar-in-front: mu_tilde[t]
    = (x[t] - beta[t] / sqrt(1 - alpha_bar[t]) * eps[t]) / sqrt(alpha_bar[t]); result; mean-in-noise
P15-sign-of-velocity: mu_tilde[t]
    = sqrt(alpha[t]) * x[t] + beta[t] * sqrt(alpha_bar[t - 1]) / sqrt(1 - alpha_bar[t]) * v[t]; result; mean-in-velocity
alpha_bar-without-its-root: eps[t] = (x[t] - alpha_bar[t] * x[0]) / sqrt(1 - alpha_bar[t]); definition; noise-in-state
index-shift: beta_tilde[t] = beta[t] * (1 - alpha_bar[t]) / (1 - alpha_bar[t - 1]); definition; posterior-variance
half-for-one: beta_tilde[t]
    = Fraction(1, 2) * beta[t] * (1 - alpha_bar[t - 1]) / (1 - alpha_bar[t]); definition; posterior-variance
P3-sign-of-the-score: eps[t] = sqrt(1 - alpha_bar[t]) * score[t]; definition; noise-in-state score
"""
test_a_false_step_is_refuted = false_steps("reverse-posterior", FALSE, start=2)


def test_the_posterior_is_not_claimed_at_time_one(n):
    """q(x_0 | x_1, x_0) is no density; without ``start=2`` the engine refuses the step."""
    R, t, x, q = (n[key] for key in ("R", "t", "x", "q"))
    with pytest.raises(DerivationError):
        Chain(R, "too early", q(x[t - 1] | x[t], x[0])).equals(
            n["step_to"](t) * n["jump_to"](t - 1) / n["jump_to"](t),
            by="result",
            using=("forward-step", "share", "closed-form"),
        )
