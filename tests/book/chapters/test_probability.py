"""The derivations of the chapter probability, loaded by running its cells; planted errors are refuted."""

from __future__ import annotations

import random

import pytest
import sympy as sp
import torch
from chapters import run_derivation

from booktools.site.licences import PROVED
from diffusion_lib.errors import DerivationError, Refuted
from diffusion_lib.symbolic import KL, E, Integral, Normal, Sum, Var, log
from diffusion_lib.symbolic.page.chain import Chain
from diffusion_lib.symbolic.page.summary import Canary


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("probability")


@pytest.mark.parametrize("name", PROVED)
def test_a_licence_has_its_block(chapter, name):
    assert PROVED[name] in chapter[0]["P"].blocks


@pytest.mark.parametrize("name", ["linearity", "independence", "Bayes", "tower", "Jensen", "Gibbs", "telescoping"])
def test_a_proof_does_not_use_what_it_proves(chapter, name):
    block = chapter[0]["P"].blocks[PROVED[name]]
    used = {step.claim.licence.name for step in block.steps}
    if name == "independence":  # it is stated for means in ``means-multiply``, by linearity; here it is used once
        used = {step.claim.licence.name for step in chapter[0]["P"].blocks["means-multiply"].steps}
    if name == "Gibbs":  # the gap of the proof is an integral with a square, and no divergence
        used = {step.beside for step in block.steps if step.relation != "="}
    assert used and name not in used


def test_gibbs_holds_for_every_number_of_outcomes_and_ends_in_the_divergence(chapter):
    n = chapter[0]
    block = n["P"].blocks["gibbs"]
    assert [step.relation for step in block.steps] == ["≤", "=", "="]
    assert block.steps[0].beside == "non-negative gap" and block.steps[0].gap is not None
    k, last = n["k"], n["n"]
    mine, other = n["weight"][k], n["other"][k]
    assert block.left == Sum(mine, (k, 1, last)) - Sum(other, (k, 1, last))
    assert block.right == Sum(mine * log(mine / other), (k, 1, last))


def test_the_gap_of_the_bound_is_the_divergence_from_the_posterior(chapter):
    n = chapter[0]
    x, q, p, blocks = n["x"], n["q"], n["p"], n["P"].blocks
    guess = q(x[1] | x[0])
    assert blocks["elbo"].left == n["elbo"] + KL(guess, p(x[1] | x[0])) and blocks["elbo"].right == log(p(x[0]))
    assert blocks["elbo-two-terms"].right == E(log(p(x[0] | x[1])), guess) - KL(guess, p(x[1]))
    assert blocks["elbo-is-below"].steps[0].beside == blocks["no-price-no-information"].steps[0].beside == "Gibbs"


def test_the_canaries_show_a_witness(chapter):
    canaries = [thing for thing in chapter[1] if isinstance(thing, Canary)]
    assert len(canaries) == 2
    assert all(isinstance(canary.refutation, Refuted) and "left is" in repr(canary) for canary in canaries)


PLANTED = {
    "S1-gap-to-the-prior": lambda n: (n["elbo"] + KL(n["guess"], n["prior"]), n["log_evidence"], "chain rule"),
    "S1-evidence-minus-the-prior": lambda n: (n["log_evidence"] - KL(n["guess"], n["prior"]), n["elbo"], "chain rule"),
    "S2-no-price-means-much-told": lambda n: (n["told"] + KL(n["guess"], n["prior"]), 0 * n["told"], "tower"),
    "S3-deviations-add": lambda n: (
        Var(n["a"] * n["e"][1] + n["b"] * n["e"][2]),
        (n["a"] + n["b"]) ** 2 * Var(n["e"][1]),
        "independence",
    ),
    "S3-variances-average": lambda n: (
        Integral(Normal(n["y"] - n["u"], 0, n["v"]) * Normal(n["u"], 0, n["w"]), n["u"]),
        Normal(n["y"], 0, (n["v"] + n["w"]) / 2),
        "Gaussian integral",
    ),
    "own-weights": lambda n: (
        n["P"].blocks["two-opinions"].left,
        Normal(n["m"], n["mu"], n["v"] + n["w"])
        * Normal(
            n["hidden"],
            (n["v"] * n["m"] + n["w"] * n["mu"]) / (n["v"] + n["w"]),
            n["v"] * n["w"] / (n["v"] + n["w"]),
        ),
        "algebra",
    ),
    "Bayes-upside-down": lambda n: (
        n["q"](n["x"][1] | n["x"][0]),
        n["q"](n["x"][0] | n["x"][1]) * n["q"](n["x"][0]) / n["q"](n["x"][1]),
        "Bayes",
    ),
    "Markov-for-free": lambda n: (n["q"](n["x"][2] | n["x"][0:1]), n["q"](n["x"][2] | n["x"][1]), "chain rule"),
    "Jensen-without-gap": lambda n: (
        E(log(n["positive_function"]), n["q"](n["x"][0])),
        log(E(n["positive_function"], n["q"](n["x"][0]))),
        "Jensen",
    ),
    "divergence-swapped": lambda n: (n["KL"](n["one"], n["two"]), n["KL"](n["two"], n["one"]), "Gaussian integral"),
    "P14-log-of-deviations": lambda n: (
        n["KL"](n["one"], n["two"]),
        (n["v"] / n["w"] - 1 - log(n["v"] / n["w"]) / 2 + (n["m"] - n["mu"]) ** 2 / n["w"]) / 2,
        "Gaussian integral",
    ),
    "dependent-means-multiply": lambda n: (
        E(n["e"][1] * n["e"][2]),
        E(n["e"][1]) * E(n["e"][2]),
        "linearity",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_errors_are_refuted(chapter, name):
    left, right, by = PLANTED[name](chapter[0])
    with pytest.raises(Refuted) as caught:
        Chain(chapter[0]["P"], name, left).equals(right, by=by)
    assert name in str(caught.value) and repr(by) in str(caught.value)


def test_a_gap_without_a_square_has_no_known_sign(chapter):
    n = chapter[0]
    with pytest.raises(DerivationError):
        Chain(n["P"], "no-square", log(n["c"])).at_most(log(n["c"]) + n["excess"], gap=n["excess"])


def test_the_closed_forms_are_those_of_torch(chapter):
    P, names = chapter[0]["P"], chapter[0]
    letters = [P.sympy(names[letter]) for letter in ("m", "v", "mu", "w")]
    kl, entropy = (sp.lambdify(letters, P.sympy(P.blocks[name].right), "math") for name in ("kl-gaussian", "entropy"))
    draw = random.Random(0)
    for _ in range(50):
        m, mu, v, w = draw.uniform(-3, 3), draw.uniform(-3, 3), draw.uniform(0.1, 4), draw.uniform(0.1, 4)
        mean, other = (torch.tensor(number, dtype=torch.float64) for number in (m, mu))
        one, two = torch.distributions.Normal(mean, v**0.5), torch.distributions.Normal(other, w**0.5)
        assert kl(m, v, mu, w) == pytest.approx(float(torch.distributions.kl_divergence(one, two)), rel=1e-12)
        assert entropy(m, v, mu, w) == pytest.approx(float(one.entropy()), rel=1e-12)
