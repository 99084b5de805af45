"""The derivations of the chapter divergences, loaded by running its cells; planted errors are refuted."""

from __future__ import annotations

import random

import pytest
import sympy as sp
import torch
from chapters import run_derivation

from booktools.site.justifications_directive import PROVED
from derive import KL, E, Sum, log
from derive.errors import DerivationError, Refuted
from derive.page.chain import Chain
from derive.page.summary import Canary


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("divergences")


@pytest.mark.parametrize("name", ["Jensen", "Gibbs"])
def test_the_proof_of_a_justification_does_not_use_it(chapter, name):
    block = chapter[0]["Q"].blocks[PROVED[name]]
    used = {step.goal.justification.name for step in block.steps}
    if name == "Gibbs":  # the gap of the proof is an integral with a square, and no divergence
        used = {step.beside for step in block.steps if step.relation != "="}
    assert used and name not in used


def test_gibbs_holds_for_every_number_of_outcomes_and_ends_in_the_divergence(chapter):
    n = chapter[0]
    block = n["Q"].blocks["gibbs"]
    assert [step.relation for step in block.steps] == ["≤", "=", "="]
    assert block.steps[0].beside == "non-negative gap" and block.steps[0].gap is not None
    k, last = n["k"], n["n"]
    mine, other = n["weight"][k], n["other"][k]
    assert block.left == Sum(mine, (k, 1, last)) - Sum(other, (k, 1, last))
    assert block.right == Sum(mine * log(mine / other), (k, 1, last))


def test_the_gap_of_the_bound_is_the_divergence_from_the_posterior(chapter):
    n = chapter[0]
    x, q, p, blocks = n["x"], n["q"], n["p"], n["Q"].blocks
    guess = q(x[1] | x[0])
    assert blocks["elbo"].left == n["elbo"] + KL(guess, p(x[1] | x[0])) and blocks["elbo"].right == log(p(x[0]))
    assert blocks["elbo-two-terms"].right == E(log(p(x[0] | x[1])), guess) - KL(guess, p(x[1]))
    assert blocks["elbo-is-below"].steps[0].beside == blocks["no-price-no-information"].steps[0].beside == "Gibbs"


def test_the_canary_shows_a_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted) and "left is" in repr(canary)


PLANTED = {
    "S1-gap-to-the-prior": lambda n: (n["elbo"] + KL(n["guess"], n["prior"]), n["log_evidence"], "chain rule"),
    "S1-evidence-minus-the-prior": lambda n: (n["log_evidence"] - KL(n["guess"], n["prior"]), n["elbo"], "chain rule"),
    "S2-no-price-means-much-told": lambda n: (n["told"] + KL(n["guess"], n["prior"]), 0 * n["told"], "tower"),
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
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_errors_are_refuted(chapter, name):
    left, right, by = PLANTED[name](chapter[0])
    with pytest.raises(Refuted) as caught:
        Chain(chapter[0]["Q"], name, left).equals(right, by=by)
    assert name in str(caught.value) and repr(by) in str(caught.value)


def test_a_gap_without_a_square_has_no_known_sign(chapter):
    n = chapter[0]
    with pytest.raises(DerivationError):
        Chain(n["Q"], "no-square", log(n["c"])).at_most(log(n["c"]) + n["excess"], gap=n["excess"])


def test_the_closed_forms_are_those_of_torch(chapter):
    Q, names = chapter[0]["Q"], chapter[0]
    letters = [Q.sympy(names[letter]) for letter in ("m", "v", "mu", "w")]
    kl, entropy = (sp.lambdify(letters, Q.sympy(Q.blocks[name].right), "math") for name in ("kl-gaussian", "entropy"))
    draw = random.Random(0)
    for _ in range(50):
        m, mu, v, w = draw.uniform(-3, 3), draw.uniform(-3, 3), draw.uniform(0.1, 4), draw.uniform(0.1, 4)
        mean, other = (torch.tensor(number, dtype=torch.float64) for number in (m, mu))
        one, two = torch.distributions.Normal(mean, v**0.5), torch.distributions.Normal(other, w**0.5)
        assert kl(m, v, mu, w) == pytest.approx(float(torch.distributions.kl_divergence(one, two)), rel=1e-12)
        assert entropy(m, v, mu, w) == pytest.approx(float(one.entropy()), rel=1e-12)
