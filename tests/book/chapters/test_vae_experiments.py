"""The derivations of the chapter vae-experiments, and the network of the page, against torch's distributions."""

from __future__ import annotations

import math

import pytest
import sympy as sp
import torch
from chapters import code_cells
from false_steps import false_steps
from torch.distributions import Normal as Gaussian
from torch.distributions import kl_divergence


@pytest.mark.parametrize("weight", [0.2, 1.0, 2.9, 3.1, 20.0])
def test_the_weight_of_the_best_decoder_is_zero_beyond_the_threshold(n, weight):
    model_N, node = n["model_N"], n["best_cost"](n["S"])
    letters = [model_N.sympy(n[name]) for name in ("w", "v", "S", "beta")]
    cost = sp.lambdify(letters, model_N.sympy(node, using="model-spread"), "math")
    v, square = 0.5, 1.5  # the threshold is weight 3
    slopes = [number / 2000 for number in range(4000)]
    best = min(slopes, key=lambda w: cost(w, v, square, weight))
    assert best == pytest.approx(math.sqrt(max(0.0, square - weight * v)), abs=1e-3)


def test_the_bound_of_the_linear_model_is_the_evidence_less_the_divergence_of_torch(n):
    model_N = n["model_N"]
    letters = [n["w"], n["v"], n["x"][0], n["m"], n["u"]]
    proved = model_N.sympy(model_N.blocks["example-elbo"].right)
    bound = sp.lambdify([model_N.sympy(letter) for letter in letters], proved, "math")
    w, v, x_0, m, u = map(lambda number: torch.tensor(number, dtype=torch.float64), (1.3, 0.4, -0.8, 0.2, 0.7))
    spread = w**2 + v
    evidence = Gaussian(0 * w, spread.sqrt()).log_prob(x_0)
    missing = kl_divergence(Gaussian(m, u.sqrt()), Gaussian(w * x_0 / spread, (v / spread).sqrt()))
    assert bound(*map(float, (w, v, x_0, m, u))) == pytest.approx(float(evidence - missing), rel=1e-12)


FALSE = """
swapped-divergence: KL(approximate, standard) = KL(standard, approximate); algebra
gap-to-the-prior: log(Normal(x[0], 0, in_view)) - KL(approximate, standard) = L; Gaussian integral; example-bound
variance-without-the-weight: weighted
    = least + beta * KL(encode(x[0]), Normal(code, w * x[0] / M, v / M)); definition; model-spread least-cost
"""
test_a_false_step_is_refuted = false_steps("vae-experiments", FALSE)


def test_the_loss_of_the_page_is_the_negative_elbo():
    starts = ("from torch import nn", "def cost_and_rate")
    page = {"torch": torch, "math": math}
    for cell in code_cells("vae-experiments"):
        if cell.source.startswith(starts):
            exec(cell.source, page)
    torch.manual_seed(0)
    model, x_0, eps = page["VAE"](coordinates=3), torch.rand(5, 64), torch.randn(5, 3)
    cost, rate = page["cost_and_rate"](model, x_0, eps)
    mean, log_sigma = model.encoder(x_0)
    code = Gaussian(mean, log_sigma.exp())
    decoder = Gaussian(model.decode(mean + log_sigma.exp() * eps), model.log_v.exp().sqrt())
    torch.testing.assert_close(cost, -decoder.log_prob(x_0).sum(1).mean())
    torch.testing.assert_close(rate, kl_divergence(code, Gaussian(0 * mean, 1 + 0 * mean)).mean(0))


def test_the_gap_is_what_the_sentences_say(shown):
    """On held-out digits the gap is larger, by more than the noise of the means, and most of the loss is gap."""
    seen, held = shown["training: gap"], shown["held out: gap"]
    errors = shown["training: standard error of the gap"], shown["held out: standard error of the gap"]
    assert held - seen > 3 * math.hypot(*errors)
    assert shown["fraction of the ELBO difference that is gap"] > 0.5
    assert shown["held out: median gap"] < held < shown["held out: 90th percentile"]


def test_the_caption_of_the_latents_states_what_neighbours_do(shown):
    of_all, shuffled, worst, best = (
        shown[name]
        for name in (
            "nearest latent has the same class, fraction of 355",
            "with shuffled labels",
            "in the worst class",
            "in the best class",
        )
    )
    assert worst < of_all < best and of_all > 4 * shuffled and shuffled == pytest.approx(0.1, abs=0.05)
    assert shown["same-class"] == pytest.approx(100 * of_all, abs=0.51)
    assert shown["same-class-worst"] == pytest.approx(100 * worst, abs=0.51)
    assert worst < of_all - 0.1  # the caption says that the classes overlap, and names this one
