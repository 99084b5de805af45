"""The derivations of the chapter vae, loaded by running its cells, against torch's own distributions."""

from __future__ import annotations

import pytest
import sympy as sp
import torch
from chapters import run_derivation
from torch.distributions import Normal as Gaussian
from torch.distributions import kl_divergence

from derive import KL, Derivative, E, log
from derive.errors import DerivationError, Refuted
from derive.page.chain import Chain
from derive.page.summary import Canary


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("vae")


def function(chapter, node, *letters):
    """A formula of the page as a function of its letters, which stand in the page's own names."""
    A = chapter[0]["A"]
    return sp.lambdify([A.sympy(chapter[0][letter]) for letter in letters], A.sympy(node), "math")


def test_the_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted)


@pytest.mark.parametrize("name", ["elbo", "elbo-two-terms", "price"])
def test_what_another_chapter_proved_is_recalled_from_it(chapter, name):
    block = chapter[0]["A"].blocks[name]
    assert block.origin.chapter == "divergences" and block.latex() and not block.steps


def test_a_slip_in_a_recalled_line_is_refused(chapter):
    n = chapter[0]
    with pytest.raises(DerivationError, match="says something else"):
        n["A"].recall("elbo", n["elbo"] + KL(n["encoder"], n["prior"]), n["evidence"])


def test_the_rate_of_a_code_is_the_divergence_of_torch(chapter):
    proved = function(chapter, chapter[0]["A"].blocks["rate-of-a-coordinate"].right, "mu_i", "sigma_i")
    for mean, deviation in ((0.3, 0.2), (-2.0, 1.7), (0.0, 1.0)):
        scale = torch.tensor(deviation, dtype=torch.float64)
        exact = kl_divergence(Gaussian(mean, scale), Gaussian(0 * scale, 1 + 0 * scale))
        assert proved(mean, deviation) == pytest.approx(float(exact), rel=1e-12, abs=1e-12)


SLIPS = {  # left, right, justification and what is cited, in the names of the page
    "prior for posterior": lambda n: (
        n["elbo"] + KL(n["encoder"], n["prior"]),
        n["evidence"],
        ("result", "elbo"),
    ),
    "sign of the rate": lambda n: (
        n["elbo"],
        E(log(n["decoder"]), n["encoder"]) + KL(n["encoder"], n["prior"]),
        ("result", "elbo-two-terms"),
    ),
    "no inner derivative": lambda n: (
        E(Derivative(n["cost"](n["moved"]), n["sigma"])),
        E(2 * n["a"] * (n["moved"] - n["b"])),
        ("differentiation", ()),
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slips_are_refuted(chapter, slip):
    left, right, (by, using) = SLIPS[slip](chapter[0])
    with pytest.raises(Refuted, match="left is"):
        Chain(chapter[0]["A"], "slip", left).equals(right, by=by, using=using)
