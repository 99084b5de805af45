"""The derivations of the chapter reverse-posterior, loaded by running the chapter's own cells."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy as sp
import torch
from chapters import run_derivation

from derive import Normal, sqrt
from derive.errors import DerivationError, Refuted
from derive.page.chain import Chain
from derive.page.summary import Canary
from diffusion_lib.process import identities as process
from diffusion_lib.process.schedule import Schedule
from diffusion_lib.sample import ancestral as sample

SEQUENCES = {"beta": "beta", "alpha": "alpha", "alpha_bar": "alpha_bar"}
T = 40


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("reverse-posterior")


@pytest.fixture(scope="module", params=range(3))
def world(request):
    """A random schedule and, for each time, a data point and a state."""
    random = torch.Generator().manual_seed(request.param)
    betas = 0.001 + 0.4 * torch.rand(T, generator=random, dtype=torch.float64)
    x_0, x_t = torch.randn(2, T, 1, generator=random, dtype=torch.float64)
    return Schedule.from_betas(betas), x_0, x_t, torch.arange(1, T + 1)


def numbers(chapter, world, name, **more):
    """The right side of a proved equality at all times, as a tensor; ``more`` holds other sequences' values."""
    R, t, x, bar = (chapter[0][key] for key in ("R", "t", "x", "alpha_bar"))
    schedule, x_0, x_t, times = world
    columns = {chapter[0][key][t]: getattr(schedule, table)[times] for key, table in SEQUENCES.items()}
    columns |= {bar[t - 1]: schedule.alpha_bar[times - 1], x[t]: x_t[:, 0], x[0]: x_0[:, 0]}
    columns |= {chapter[0][key][t]: values for key, values in more.items()}
    node = R.blocks[name].lines()[-1].right
    function = sp.lambdify([R.sympy(key) for key in columns], R.sympy(node), "math")
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return torch.tensor([function(*row) for row in rows], dtype=torch.float64)


def close(ours, proved):
    torch.testing.assert_close(ours, proved, rtol=1e-12, atol=1e-12)


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted)
    for part in ("beta-for-beta-tilde", "justification 'result'", "left is", "right is"):
        assert part in " ".join(repr(canary).split())


def test_mean_and_variance_equal_the_library(chapter, world):
    schedule, x_0, x_t, t = world
    mean, variance = process.posterior(schedule, x_0, x_t, t)
    eps = process.eps_from_x_0(schedule, x_t, t, x_0)
    v, score = process.v_from_eps(schedule, x_0, t, eps), process.score_from_eps(schedule, eps, t)
    close(mean[:, 0], numbers(chapter, world, "posterior-mean"))
    close(mean[:, 0], numbers(chapter, world, "mean-in-noise", eps=eps[:, 0]))
    close(mean[:, 0], numbers(chapter, world, "mean-in-velocity", v=v[:, 0]))
    close(mean[:, 0], numbers(chapter, world, "mean-in-score", score=score[:, 0]))
    close(variance[:, 0], numbers(chapter, world, "posterior-variance"))


def test_conversions_equal_the_library(chapter, world):
    schedule, x_0, x_t, t = world
    eps = process.eps_from_x_0(schedule, x_t, t, x_0)
    v, score = process.v_from_eps(schedule, x_0, t, eps), process.score_from_eps(schedule, eps, t)
    close(eps[:, 0], numbers(chapter, world, "noise-in-state"))
    close(v[:, 0], numbers(chapter, world, "velocity", eps=eps[:, 0]))
    close(score[:, 0], numbers(chapter, world, "score"))
    close(process.eps_from_v(schedule, x_t, t, v)[:, 0], numbers(chapter, world, "noise-from-velocity", v=v[:, 0]))
    close(process.x_0_from_v(schedule, x_t, t, v)[:, 0], numbers(chapter, world, "solution-velocity", v=v[:, 0]))
    close(process.x_0_from_v(schedule, x_t, t, v), x_0)
    close(x_0[:, 0], numbers(chapter, world, "solution-score", score=score[:, 0]))
    close(process.x_0_from_eps(schedule, x_t, t, eps)[:, 0], numbers(chapter, world, "clean-from-noise", eps=eps[:, 0]))
    close(
        process.eps_from_score(schedule, score, t)[:, 0], numbers(chapter, world, "noise-from-score", score=score[:, 0])
    )


def test_the_sampler_draws_with_the_proved_variances(chapter, world):
    schedule, x_0, x_t, t = world
    eps = process.eps_from_x_0(schedule, x_t, t, x_0)
    one = torch.ones(1, 1, dtype=torch.float64)
    mean = numbers(chapter, world, "mean-in-noise", eps=eps[:, 0])
    small = numbers(chapter, world, "posterior-variance")
    large = schedule.beta[1:].clone()
    large[0] = 0  # no noise in the last step
    for choice, variance in (("posterior", small), ("beta", large)):
        rows = ((x_t[i : i + 1], eps[i : i + 1], i + 1, i) for i in range(T))
        drawn = torch.cat([sample.ddpm_step(schedule, *row, variance=choice, z=one) for row in rows])
        close(drawn[:, 0], mean + variance.sqrt())


def names(n):
    return tuple(n[key] for key in ("x", "t", "q", "alpha", "beta", "alpha_bar", "mu_tilde", "beta_tilde", "eps", "v"))


FALSE = {  # name: left, right, justification, what it cites
    "S6-conditions-dropped-by-Bayes": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        q(x[t] | x[t - 1], x[0]) * q(x[t - 1] | x[0]) / q(x[t] | x[0]),
        q(x[t] | x[t - 1]) * q(x[t - 1] | x[0]) / q(x[t] | x[0]),
        "Bayes",
        (),
    ),
    "S6-x_0-forgotten": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        q(x[t - 1] | x[t], x[0]),
        q(x[t] | x[t - 1]) * q(x[t - 1]) / q(x[t]),
        "Markov",
        (),
    ),
    "P22-beta-for-beta-tilde": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        q(x[t - 1] | x[t], x[0]),
        Normal(x[t - 1], mu[t], b[t]),
        "result",
        "posterior",
    ),
    "P22-first-step-has-variance": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        b[1] * (1 - ab[0]) / (1 - ab[1]),
        b[1],
        "definition",
        "shares",
    ),
    "P8-deviation-for-variance": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        q(x[t - 1] | x[t], x[0]),
        Normal(x[t - 1], mu[t], sqrt(bt[t])),
        "result",
        "posterior",
    ),
    "mean-without-the-root": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        mu[t],
        (x[t] - b[t] / (1 - ab[t]) * e[t]) / sqrt(a[t]),
        "result",
        "mean-in-noise",
    ),
    "mean-with-alpha_bar-in-front": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        mu[t],
        (x[t] - b[t] / sqrt(1 - ab[t]) * e[t]) / sqrt(ab[t]),
        "result",
        "mean-in-noise",
    ),
    "P15-sign-of-velocity": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        mu[t],
        sqrt(a[t]) * x[t] + b[t] * sqrt(ab[t - 1]) / sqrt(1 - ab[t]) * v[t],
        "result",
        "mean-in-velocity",
    ),
    "alpha_bar-without-its-root": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        e[t],
        (x[t] - ab[t] * x[0]) / sqrt(1 - ab[t]),
        "definition",
        "noise-in-state",
    ),
    "index-shift": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        bt[t],
        b[t] * (1 - ab[t]) / (1 - ab[t - 1]),
        "definition",
        "posterior-variance",
    ),
    "half-for-one": lambda x, t, q, a, b, ab, mu, bt, e, v: (
        bt[t],
        Fraction(1, 2) * b[t] * (1 - ab[t - 1]) / (1 - ab[t]),
        "definition",
        "posterior-variance",
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_planted_false_steps_are_refuted(chapter, name):
    left, right, by, using = FALSE[name](*names(chapter[0]))
    with pytest.raises(Refuted) as caught:
        Chain(chapter[0]["R"], name, left, start=2).equals(right, by=by, using=using)
    assert name in str(caught.value) and by in str(caught.value)


def test_sign_of_the_score_is_refuted(chapter):
    """P3, and the slope that is claimed for it."""
    R, t, eps, score, bar = (chapter[0][key] for key in ("R", "t", "eps", "score", "alpha_bar"))
    with pytest.raises(Refuted, match="score turned"):
        Chain(R, "score turned", eps[t]).equals(
            sqrt(1 - bar[t]) * score[t], by="definition", using=("noise-in-state", "score")
        )


def test_the_posterior_is_not_claimed_at_time_one(chapter):
    """q(x_0 | x_1, x_0) is no density; without ``start=2`` the engine refuses the step."""
    R, t, x, q = (chapter[0][key] for key in ("R", "t", "x", "q"))
    with pytest.raises(DerivationError):
        Chain(R, "too early", q(x[t - 1] | x[t], x[0])).equals(
            chapter[0]["step_to"](t) * chapter[0]["jump_to"](t - 1) / chapter[0]["jump_to"](t),
            by="result",
            using=("forward-step", "share", "closed-form"),
        )
