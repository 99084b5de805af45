"""The chapter lora-and-controlnet: its derivation refutes common errors, and its stored runs support its sentences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from false_steps import false_steps

from pagekit import stored

SCALES = ("0", "0-5", "1", "2", "4")


def test_the_divergence_is_that_of_two_gaussians(n):
    AD, node = n["AD"], n["AD"].blocks["encoder-divergence"].right
    letters = {AD.sympy(n["m"]): 0.7, AD.sympy(n["v"]): 0.2}
    pair = torch.distributions.Normal(0.7, math.sqrt(0.2)), torch.distributions.Normal(0.0, 1.0)
    assert float(AD.sympy(node).subs(letters)) == pytest.approx(float(torch.distributions.kl_divergence(*pair)), 1e-6)


FALSE = """
the-log-of-the-std: KL(Normal(z, m, v), Normal(z, 0, 1)) = (m ** 2 + v - 1) / 2 - log(v); Gaussian integral
both-rest: k * A * ell.prime(adapted) = 0; definition; zero-start
A-moves: Derivative(ell(adapted), A) = B * ell.prime(adapted); differentiation
one-mean-for-both: E((x[1] - b) ** 2, unconditional) = E((x[1] - m_c) ** 2, unconditional) + (b - m_c) ** 2; linearity
zeros-wait: c * ell.prime(h) = 0; definition; zero-convolution
"""
test_a_false_step_is_refuted = false_steps("lora-and-controlnet", FALSE)


def test_five_trainings_are_stored_each_with_its_own_images(kept):
    assert {run["parameters"]["seed"] for run in kept.runs} == set(range(5))
    assert len({tuple(run["shown"].values()) for run in kept.runs}) == 5


def test_the_new_is_learned_and_the_old_pays_more_at_each_scale(kept):
    new, old = ({s: np.array(kept.numbers(f"{name}-{s}")) for s in SCALES} for name in ("new-right", "old-clean"))
    assert (new["1"] - new["0"]).min() > 0.5 and new["1"].mean() > 0.9
    assert 0.02 < (old["0"] - old["1"]).mean() < 0.3 and (old["0"] - old["0-5"]).mean() < 0.05
    assert (old["1"] - old["4"]).min() > 0.5


def test_a_known_word_is_taken_away_and_one_that_means_nothing_takes_less(kept):
    careless = np.array(kept.numbers("careless"))
    apart = careless - np.array(kept.numbers("unasked-after"))
    assert careless.min() > 0.5 and apart.mean() > 2 * apart.std(ddof=1) / 5**0.5


def test_one_row_learns_rex_later_than_the_low_rank_update(kept):
    """Both are trained for as long as each other: what 60 steps show of the row, 600 do not."""
    longer = stored.read("lora-and-controlnet-steps")
    row, low_rank, old = (
        {n: np.array(longer.numbers(f"along-{name}-{n}")) for n in (60, 150, 300, 600)}
        for name in ("word", "lora", "old")
    )
    assert (row[600] - row[60]).min() > 0 and row[60].mean() < 0.4 and row[600].mean() > 0.8
    assert min(each.min() for each in low_rank.values()) > 0.8
    assert old[600].mean() < 0.8 and min(kept.numbers("known-right")) > 0.8


def test_the_edges_draw_what_is_painted_to_their_place(shown):
    assert shown["place-gain"] > 2 * shown["place-doubt"] and shown["place-n"] >= 10
    assert shown["place-with"] < shown["place-without"]


def test_the_caption_lowers_the_error(shown):
    assert shown["difference, in standard errors, n = 32"] > 3
    with_it, without = (shown[f"noise-prediction error at t = 600, {name}"] for name in ("with the caption", "without"))
    assert with_it < without
