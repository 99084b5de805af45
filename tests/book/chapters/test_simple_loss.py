"""The derivations of the chapter simple-loss: the library computes what they prove; planted errors are refuted."""

from __future__ import annotations

import re

import pytest
import torch
from false_steps import false_steps
from losses import World, close
from root import ROOT

from derive import E, Normal
from derive.errors import DerivationError
from derive.page.chain import Chain
from diffusion_lib.errors import ConfigError
from diffusion_lib.process import bound
from diffusion_lib.process import identities as process
from diffusion_lib.process.schedule import Schedule


@pytest.fixture(params=range(4))
def world(request):
    return World(request.param)


def proved(world, n, name, variance="beta", first=2):
    using = ("untrained-part", "bound-weight")
    return world.proved(n, n["S"], name, variance, first, using)


@pytest.mark.parametrize("variance", bound.VARIANCES)
def test_the_bounds_weight_and_its_terms(n, world, variance):
    s, t = world.schedule, world.t[1:]
    close(bound.weight(s, "vlb", variance)[2:], proved(world, n, "bound-weight", variance))
    nats = bound.step_term(world.noise_predictor, s, world.x_0[1:], t, world.eps[1:], variance)
    close(nats, proved(world, n, "step-in-noise", variance))


def test_the_weight_at_the_first_time(n, world):
    for variance in bound.VARIANCES:
        ours = bound.weight(world.schedule, "vlb", variance)[1:]
        close(ours[:1], proved(world, n, "bound-weight", variance, first=1)[:1])


def test_the_named_first_variances_are_those_of_the_pages_table():
    """The rows of the table, as code: σ_1² and σ_t² for each name of ``step_variance``."""
    s = Schedule.from_betas([0.1, 0.2, 0.3])
    small, large = s.posterior_variance, s.beta
    rows = {"posterior": (small[2], small), "beta": (large[1], large), "fixed_large": (small[2], large)}
    text = (ROOT / "book" / "simple-loss.md").read_text()
    assert (
        set(rows)
        == set(bound.VARIANCES)
        == set(re.findall(r'^\| `"(\w+)"` \| \$\\(?:tilde\\)?beta', text, re.MULTILINE))
    )
    for name, (first, later) in rows.items():
        table = bound.step_variance(s, name)
        assert table[1] == first and torch.equal(table[2:], later[2:])


def test_the_means_of_both_steps(n, world):
    s, t = world.schedule, world.t
    true, variance = process.posterior(s, world.x_0, world.x_t, t)
    model, _ = process.posterior(s, world.x_hat, world.x_t, t)
    close(true[1:], proved(world, n, "mean-in-noise"))
    close(model[1:], proved(world, n, "model-mean"))
    close(variance[1:], proved(world, n, "loss-variance"))


def test_the_posterior_is_recalled_from_its_chapter_and_nothing_is_assumed(n):
    S = n["S"]
    assert {block.origin.chapter for block in S.blocks.values() if hasattr(block, "origin")} == {"reverse-posterior"}
    assert not any(block.assumptions for block in S.blocks.values())


FALSE = """
S5-no-weight: KL(back, reverse) = C[t] + squared_error; result; step-in-noise
S5-the-bound-is-the-simple-loss: Sum(L[t - 1], (t, 2, T_)) = Sum(e[t], (t, 2, T_)); result; loss-at-time
S6-no-expectation: L[t - 1] = C[t] + w[t] * squared_error; result; loss-term step-in-noise
P14-log-of-stds: KL(back, reverse)
    = (log(sigma2[t] / beta_tilde[t]) / 2 + beta_tilde[t] / sigma2[t] - 1) / 2
    + w[t] * squared_error; result; step-in-noise
P14-divergence-reversed: KL(back, reverse) = KL(model_step, true_step); result; posterior model-step
P22-beta-for-beta-tilde: KL(back, reverse)
    = KL(Normal(x[t - 1], mu_tilde[t], beta[t]), model_step); result; posterior model-step
factor-without-alpha: w[t] = beta[t] ** 2 / (2 * sigma2[t] * (1 - alpha_bar[t])); definition; bound-weight
factor-without-half: w[t] = beta[t] ** 2 / (sigma2[t] * alpha[t] * (1 - alpha_bar[t])); definition; bound-weight
factor-with-alpha-bar: w[t]
    = beta[t] ** 2 / (2 * sigma2[t] * alpha_bar[t] * (1 - alpha_bar[t])); definition; bound-weight
floor-of-another-answer: E((eps[t] - (average + d)) ** 2, behind) = floor - d ** 2; linearity
"""
test_a_false_step_is_refuted = false_steps("simple-loss", FALSE, start=2)


def test_a_network_does_not_come_out_of_a_mean_over_its_state(n):
    """As a letter it would: E[ε ε̂] = ε̂ E[ε] and E (ε − ε̂)² without the ε̂ that moves with x_t."""
    eps, guess, law = n["eps"][n["t"]], n["guess"], n["q"](n["x"][0], n["x"][n["t"]])
    for name, left, right in (
        ("product", E(eps * guess, law), guess * E(eps, law)),
        ("square", E(n["squared_error"], law), E(eps**2, law) - 2 * guess * E(eps, law) + guess**2),
    ):
        with pytest.raises(DerivationError):
            Chain(n["S"], name, left, start=2).equals(right, by="linearity")


def test_the_first_variance_of_the_posterior_is_no_density(n):
    """P22: β̃_1 does not exist as a variance, and the engine has no such member."""
    with pytest.raises((DerivationError, ConfigError)):
        Chain(n["S"], "first", n["beta_tilde"][1]).equals(n["beta"][1], by="definition", using="loss-variance")


def test_a_recalled_step_with_a_deviation_for_its_variance_is_refused(n):
    S, t = n["S"], n["t"]
    with pytest.raises(DerivationError, match="states something else"):
        S.recall("posterior", n["back"], Normal(n["x"][t - 1], n["mu_tilde"][t], n["sigma2"][t]), start=2)


def test_hubers_best_answer_counts_the_rare_point_for_less(shown):
    assert shown["huber-probability"] < shown["rare-probability"] and shown["huber-noise"] > shown["average-noise"]
