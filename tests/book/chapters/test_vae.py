"""The derivations of the chapter vae, and the network that the page shows, against torch's own distributions."""

from __future__ import annotations

import math

import pytest
import sympy as sp
import torch
from chapters import code_cells, run_derivation
from torch.distributions import Normal as Gaussian
from torch.distributions import kl_divergence

from diffusion_lib.errors import Refuted
from diffusion_lib.symbolic import KL, Derivative, E, Normal, log
from diffusion_lib.symbolic.page.chain import Chain
from diffusion_lib.symbolic.page.summary import Canary


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("vae")


def function(chapter, node, *letters):
    """A formula of the page as a function of its letters, which stand in the page's own names."""
    A = chapter[0]["A"]
    return sp.lambdify([A.sympy(chapter[0][letter]) for letter in letters], A.sympy(node), "math")


def test_canaries_show_their_witnesses(chapter):
    canaries = [thing for thing in chapter[1] if isinstance(thing, Canary)]
    assert len(canaries) == 2 and all(isinstance(canary.refutation, Refuted) for canary in canaries)


def test_the_rate_of_a_code_is_the_divergence_of_torch(chapter):
    proved = function(chapter, chapter[0]["A"].blocks["rate-of-a-coordinate"].right, "mu_i", "sigma_i")
    for mean, deviation in ((0.3, 0.2), (-2.0, 1.7), (0.0, 1.0)):
        scale = torch.tensor(deviation, dtype=torch.float64)
        exact = kl_divergence(Gaussian(mean, scale), Gaussian(0 * scale, 1 + 0 * scale))
        assert proved(mean, deviation) == pytest.approx(float(exact), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("weight", [0.2, 1.0, 2.9, 3.1, 20.0])
def test_the_slope_of_the_best_decoder_is_zero_beyond_the_threshold(chapter, weight):
    A, node = chapter[0]["A"], chapter[0]["best_cost"](chapter[0]["S"])
    letters = [A.sympy(chapter[0][name]) for name in ("w", "v", "S", "beta")]
    cost = sp.lambdify(letters, A.sympy(node, using="model-spread"), "math")
    v, square = 0.5, 1.5  # the threshold is weight 3
    slopes = [number / 2000 for number in range(4000)]
    best = min(slopes, key=lambda w: cost(w, v, square, weight))
    assert best == pytest.approx(math.sqrt(max(0.0, square - weight * v)), abs=1e-3)


SLIPS = {  # left, right, licence and what is cited, in the names of the page
    "prior for posterior": lambda n: (
        n["evidence"] - KL(n["encoder"], n["prior"]),
        n["elbo"],
        ("result", "evidence-and-gap"),
    ),
    "sign of the rate": lambda n: (
        n["elbo"],
        E(log(n["decoder"]), n["encoder"]) + KL(n["encoder"], n["prior"]),
        ("result", "reconstruction-and-rate"),
    ),
    "swapped divergence": lambda n: (KL(n["one"], n["standard"]), KL(n["standard"], n["one"]), ("algebra", ())),
    "no inner derivative": lambda n: (
        E(Derivative(n["cost"](n["moved"]), n["sigma"])),
        E(2 * n["a"] * (n["moved"] - n["b"])),
        ("differentiation", ()),
    ),
    "variance without the weight": lambda n: (
        n["weighted"],
        n["least"]
        + n["beta"] * KL(n["encode"](n["x"][0]), Normal(n["code"], n["w"] * n["x"][0] / n["M"], n["v"] / n["M"])),
        ("result", "weighted-cost"),
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_slips_are_refuted(chapter, slip):
    left, right, (by, using) = SLIPS[slip](chapter[0])
    with pytest.raises(Refuted, match="left is"):
        Chain(chapter[0]["A"], "slip", left).equals(right, by=by, using=using)


def test_the_loss_of_the_page_is_the_negative_elbo():
    (source,) = (cell.source for cell in code_cells("vae") if cell.source.startswith("from torch import nn"))
    page = {"torch": torch, "math": math}
    exec(source, page)
    torch.manual_seed(0)
    model, x_0, eps = page["VAE"](coordinates=3), torch.rand(5, 64), torch.randn(5, 3)
    cost, rate = model(x_0, eps)
    mean, log_sigma = model.encoder(x_0)
    code = Gaussian(mean, log_sigma.exp())
    decoder = Gaussian(model.decode(mean + log_sigma.exp() * eps), model.log_v.exp().sqrt())
    torch.testing.assert_close(cost, -decoder.log_prob(x_0).sum(1).mean())
    torch.testing.assert_close(rate, kl_divergence(code, Gaussian(0 * mean, 1 + 0 * mean)).mean(0))
