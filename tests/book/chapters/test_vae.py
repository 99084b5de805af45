"""The derivations of the chapter vae, loaded by running its cells, against torch's own distributions."""

from __future__ import annotations

import pytest
import sympy as sp
import torch
from false_steps import false_steps
from torch.distributions import Normal as Gaussian
from torch.distributions import kl_divergence

from derive import KL
from derive.errors import DerivationError


def function(n, node, *letters):
    """A formula of the page as a function of its letters, which stand in the page's own names."""
    A = n["A"]
    return sp.lambdify([A.sympy(n[letter]) for letter in letters], A.sympy(node), "math")


@pytest.mark.parametrize("name", ["elbo", "elbo-two-terms", "price"])
def test_what_another_chapter_proved_is_recalled_from_it(n, name):
    block = n["A"].blocks[name]
    assert block.origin.chapter == "kl-divergence" and block.latex() and not block.steps


def test_an_error_in_a_recalled_line_is_refused(n):
    with pytest.raises(DerivationError, match="states something else"):
        n["A"].recall("elbo", n["elbo"] + KL(n["encoder"], n["prior"]), n["evidence"])


def test_the_rate_of_a_latent_is_the_divergence_of_torch(n):
    proved = function(n, n["A"].blocks["rate-of-a-coordinate"].right, "mu_i", "sigma_i")
    for mean, deviation in ((0.3, 0.2), (-2.0, 1.7), (0.0, 1.0)):
        scale = torch.tensor(deviation, dtype=torch.float64)
        exact = kl_divergence(Gaussian(mean, scale), Gaussian(0 * scale, 1 + 0 * scale))
        assert proved(mean, deviation) == pytest.approx(float(exact), rel=1e-12, abs=1e-12)


FALSE = """
prior-for-posterior: elbo + KL(encoder, prior) = evidence; result; elbo
sign-of-the-rate: elbo = E(log(decoder), encoder) + KL(encoder, prior); result; elbo-two-terms
no-inner-derivative: E(Derivative(cost(moved), sigma)) = E(2 * a * (moved - b)); differentiation
"""
test_a_false_step_is_refuted = false_steps("vae", FALSE)
