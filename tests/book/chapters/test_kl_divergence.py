"""The derivations of the chapter kl-divergence, loaded by running its cells; planted errors are refuted."""

from __future__ import annotations

import random

import pytest
import sympy as sp
import torch
from false_steps import false_steps

from booktools.site.justifications_directive import PROVED
from derive import KL, E, Sum, log
from derive.errors import DerivationError
from derive.page.chain import Chain


@pytest.mark.parametrize("name", ["Jensen", "Gibbs"])
def test_the_proof_of_a_justification_does_not_use_it(n, name):
    block = n["Q"].blocks[PROVED[name]]
    used = {step.goal.justification.name for step in block.steps}
    if name == "Gibbs":  # the gap of the proof is an integral with a square, and no divergence
        used = {step.beside for step in block.steps if step.relation != "="}
    assert used and name not in used


def test_gibbs_holds_for_every_number_of_outcomes_and_ends_in_the_divergence(n):
    block = n["Q"].blocks["gibbs"]
    assert [step.relation for step in block.steps] == ["≤", "=", "="]
    assert block.steps[0].beside == "non-negative gap" and block.steps[0].gap is not None
    k, last = n["k"], n["n"]
    mine, other = n["weight"][k], n["other"][k]
    assert block.left == Sum(mine, (k, 1, last)) - Sum(other, (k, 1, last))
    assert block.right == Sum(mine * log(mine / other), (k, 1, last))


def test_the_gap_of_the_bound_is_the_divergence_from_the_posterior(n):
    x, q, p, blocks = n["x"], n["q"], n["p"], n["Q"].blocks
    guess = q(x[1] | x[0])
    assert blocks["elbo"].left == n["elbo"] + KL(guess, p(x[1] | x[0])) and blocks["elbo"].right == log(p(x[0]))
    assert blocks["elbo-two-terms"].right == E(log(p(x[0] | x[1])), guess) - KL(guess, p(x[1]))
    assert blocks["elbo-is-below"].steps[0].beside == blocks["no-price-no-information"].steps[0].beside == "Gibbs"


FALSE = """
S1-gap-to-the-prior: elbo + KL(approximate, prior) = log_evidence; chain rule
S1-evidence-minus-the-prior: log_evidence - KL(approximate, prior) = elbo; chain rule
S2-no-price-means-much-information: information + KL(approximate, prior) = 0 * information; tower
Jensen-without-gap: E(log(positive_function), q(x[0])) = log(E(positive_function, q(x[0]))); Jensen
divergence-swapped: KL(one, two) = KL(two, one); Gaussian integral
P14-log-of-stds: KL(one, two) = (v / w - 1 - log(v / w) / 2 + (m - mu) ** 2 / w) / 2; Gaussian integral
"""
test_a_false_step_is_refuted = false_steps("kl-divergence", FALSE)


def test_a_gap_without_a_square_has_no_known_sign(n):
    with pytest.raises(DerivationError):
        Chain(n["Q"], "no-square", log(n["c"])).at_most(log(n["c"]) + n["excess"], gap=n["excess"])


def test_the_closed_forms_are_those_of_torch(n):
    Q = n["Q"]
    letters = [Q.sympy(n[letter]) for letter in ("m", "v", "mu", "w")]
    kl, entropy = (sp.lambdify(letters, Q.sympy(Q.blocks[name].right), "math") for name in ("kl-gaussian", "entropy"))
    draw = random.Random(0)
    for _ in range(50):
        m, mu, v, w = draw.uniform(-3, 3), draw.uniform(-3, 3), draw.uniform(0.1, 4), draw.uniform(0.1, 4)
        mean, other = (torch.tensor(number, dtype=torch.float64) for number in (m, mu))
        one, two = torch.distributions.Normal(mean, v**0.5), torch.distributions.Normal(other, w**0.5)
        assert kl(m, v, mu, w) == pytest.approx(float(torch.distributions.kl_divergence(one, two)), rel=1e-12)
        assert entropy(m, v, mu, w) == pytest.approx(float(one.entropy()), rel=1e-12)
