"""The derivations of the chapter simple-loss: the library computes what they prove; planted errors are refuted."""

from __future__ import annotations

import re

import pytest
import torch
from chapters import numbers, run_derivation
from losses import World, close
from root import ROOT

from derive import KL, E, Normal, Sum, log
from derive.errors import DerivationError, Refuted, Undefined
from derive.page.chain import Chain
from derive.page.summary import Canary
from diffusion_lib.errors import ConfigError
from diffusion_lib.process import bound
from diffusion_lib.process import identities as process
from diffusion_lib.process.schedule import Schedule


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("simple-loss")


@pytest.fixture(params=range(4))
def world(request):
    return World(request.param)


def proved(world, chapter, name, variance="beta", first=2):
    using = ("untrained-part", "bound-weight")
    return world.proved(chapter[0], chapter[0]["S"], name, variance, first, using)


@pytest.mark.parametrize("variance", bound.VARIANCES)
def test_the_bounds_weight_and_its_terms(chapter, world, variance):
    s, t = world.schedule, world.t[1:]
    close(bound.weight(s, "vlb", variance)[2:], proved(world, chapter, "bound-weight", variance))
    nats = bound.step_term(world.noise_predictor, s, world.x_0[1:], t, world.eps[1:], variance)
    close(nats, proved(world, chapter, "step-in-noise", variance))


def test_the_weight_at_the_first_time(chapter, world):
    for variance in bound.VARIANCES:
        ours = bound.weight(world.schedule, "vlb", variance)[1:]
        close(ours[:1], proved(world, chapter, "bound-weight", variance, first=1)[:1])


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


def test_the_means_of_both_steps(chapter, world):
    s, t = world.schedule, world.t
    true, variance = process.posterior(s, world.x_0, world.x_t, t)
    model, _ = process.posterior(s, world.x_hat, world.x_t, t)
    close(true[1:], proved(world, chapter, "mean-in-noise"))
    close(model[1:], proved(world, chapter, "model-mean"))
    close(variance[1:], proved(world, chapter, "loss-variance"))


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted) and "no-weight" in repr(canary)


def test_the_posterior_is_recalled_from_its_chapter_and_nothing_is_assumed(chapter):
    S = chapter[0]["S"]
    assert {block.origin.chapter for block in S.blocks.values() if hasattr(block, "origin")} == {"reverse-posterior"}
    assert not any(block.assumptions for block in S.blocks.values())


FALSE = {  # name: left, right, justification, what it cites, of the chapter's names n
    "S5-no-weight": lambda n: (n["step"], n["C"] + n["miss"], "result", "step-in-noise"),
    "S5-the-bound-is-the-simple-loss": lambda n: (
        Sum(n["L"][n["t"] - 1], (n["t"], 2, n["T_"])),
        Sum(n["e"][n["t"]], (n["t"], 2, n["T_"])),
        "result",
        "loss-at-time",
    ),
    "S6-no-expectation": lambda n: (
        n["L"][n["t"] - 1],
        n["C"] + n["w"] * n["miss"],
        "result",
        ("loss-term", "step-in-noise"),
    ),
    "P14-log-of-deviations": lambda n: (
        n["step"],
        (log(n["sigma2"] / n["tilde"]) / 2 + n["tilde"] / n["sigma2"] - 1) / 2 + n["w"] * n["miss"],
        "result",
        "step-in-noise",
    ),
    "P14-divergence-turned": lambda n: (
        n["step"],
        KL(n["model_step"], n["true_step"]),
        "result",
        ("posterior", "model-step"),
    ),
    "P22-beta-for-beta-tilde": lambda n: (
        KL(n["back"], n["reverse"]),
        KL(Normal(n["x"][n["t"] - 1], n["mu_tilde"], n["beta"]), n["model_step"]),
        "result",
        ("posterior", "model-step"),
    ),
    "factor-without-alpha": lambda n: (
        n["w"],
        n["beta"] ** 2 / (2 * n["sigma2"] * (1 - n["bar"])),
        "definition",
        "bound-weight",
    ),
    "factor-without-half": lambda n: (
        n["w"],
        n["beta"] ** 2 / (n["sigma2"] * n["alpha"] * (1 - n["bar"])),
        "definition",
        "bound-weight",
    ),
    "factor-with-alpha-bar": lambda n: (
        n["w"],
        n["beta"] ** 2 / (2 * n["sigma2"] * n["bar"] * (1 - n["bar"])),
        "definition",
        "bound-weight",
    ),
}


@pytest.fixture(scope="module")
def names(chapter):
    n = dict(chapter[0])
    t = n["t"]
    n |= {"step": KL(n["back"], n["reverse"]), "tilde": n["beta_tilde"][t], "bar": n["alpha_bar"][t]}
    return n | {key: n[key][t] for key in ("C", "w", "sigma2", "beta", "alpha", "mu_tilde")}


@pytest.mark.parametrize("name", FALSE)
def test_planted_errors_are_refuted(chapter, names, name):
    left, right, by, using = FALSE[name](names)
    with pytest.raises((Refuted, Undefined)) as caught:
        Chain(chapter[0]["S"], name, left, start=2).equals(right, by=by, using=using)
    assert name in str(caught.value) and repr(by) in str(caught.value)


def test_the_floor_is_not_that_of_another_answer(chapter):
    n = chapter[0]
    left = E((n["eps"][n["t"]] - (n["average"] + n["d"])) ** 2, n["behind"])
    with pytest.raises(Refuted):
        Chain(n["S"], "cheaper", left).equals(n["floor"] - n["d"] ** 2, by="linearity")


def test_a_network_does_not_come_out_of_a_mean_over_its_state(chapter):
    """As a letter it would: E[ε ε̂] = ε̂ E[ε] and E (ε − ε̂)² without the ε̂ that moves with x_t."""
    n = chapter[0]
    eps, guess, law = n["eps"][n["t"]], n["guess"], n["q"](n["x"][0], n["x"][n["t"]])
    for name, left, right in (
        ("product", E(eps * guess, law), guess * E(eps, law)),
        ("square", E(n["miss"], law), E(eps**2, law) - 2 * guess * E(eps, law) + guess**2),
    ):
        with pytest.raises(DerivationError):
            Chain(n["S"], name, left, start=2).equals(right, by="linearity")


def test_the_first_variance_of_the_posterior_is_no_density(chapter):
    """P22: β̃_1 does not exist as a variance, and the engine has no such member."""
    n = chapter[0]
    with pytest.raises((DerivationError, ConfigError)):
        Chain(n["S"], "first", n["beta_tilde"][1]).equals(n["beta"][1], by="definition", using="loss-variance")


def test_a_recalled_step_with_a_deviation_for_its_variance_is_refused(chapter):
    n = chapter[0]
    S, t = n["S"], n["t"]
    with pytest.raises(DerivationError, match="says something else"):
        S.recall("posterior", n["back"], Normal(n["x"][t - 1], n["mu_tilde"][t], n["sigma2"][t]), start=2)


def test_hubers_best_answer_counts_the_rare_point_for_less():
    found = numbers("simple-loss")
    assert found["huber-share"] < found["rare-share"] and found["huber-noise"] > found["average-noise"]
