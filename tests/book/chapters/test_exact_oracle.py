"""The chapter exact-oracle: the library computes what is proved, slips are refuted, sentences about numbers hold."""

from __future__ import annotations

import math

import pytest
import sympy as sp
import torch
from chapters import printed
from false_steps import false_steps

from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.evaluate.vlb import optimal_variance, vlb_from_mse
from diffusion_lib.process.schedule import cosine, linear

# --- the derivations -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("t", [1, 7, 20])
def test_floor_and_variance_of_the_answers(t):
    """1 − floor against a sum of ε*² q(x_t) on a grid, which shares nothing with the floor but the density."""
    schedule, world = linear(20), GaussianMixture([[-1.0], [0.4], [1.1]], [0.2, 0.5, 0.3], [0.2, 0.5, 0.3])
    x = torch.linspace(-9, 9, 40_001, dtype=torch.float64)[:, None]
    density = world.log_density(schedule, x, t).exp()
    answers = world.noise_predictor(schedule)(x, t)[:, 0]
    power = float((density * answers**2).sum() * 18 / 40_000)
    assert power == pytest.approx(1 - world.irreducible_loss(schedule, t).loss, abs=1e-9)


def test_the_best_variance_and_its_term_are_those_of_the_library(n):
    """b + r makes the slope zero, and log((b + r) / b) / 2 is the term of the bound with it."""
    K, b, r, v = (n[name] for name in "Kbrv")
    slope, least = (
        sp.lambdify([K.sympy(b), K.sympy(r), K.sympy(v)], K.sympy(K.blocks[name].right), "math")
        for name in ("slope-in-variance", "best-term")
    )
    schedule = cosine(12)
    errors = torch.rand(13, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    best = optimal_variance(schedule, errors)
    terms = vlb_from_mse(schedule, errors, 1, 1.0, best)
    for t in range(2, 13):
        true = float(schedule.posterior_variance[t])
        miss = float(schedule.beta[t] ** 2 * errors[t] / (schedule.alpha[t] * schedule.one_minus_alpha_bar[t]))
        assert float(best[t]) == pytest.approx(true + miss, rel=1e-12)
        assert slope(true, miss, true + miss) == pytest.approx(0, abs=1e-12)
        assert slope(true, miss, 0.9 * (true + miss)) < 0 < slope(true, miss, 1.1 * (true + miss))
        assert float(terms[t - 1]) == pytest.approx(least(true, miss, true + miss), rel=1e-9)


FALSE = """
answer-has-the-noises-variance: e[t] = 0; result; floor-and-variance
floor-plus-for-minus: e[t] = 1 + E(best[t] ** 2, here); result; floor-and-variance
std-for-variance: e[t] = 1 - E(best[t], here) ** 2; result; floor-and-variance
answer-of-the-wrong-time: E(eps[t] * best[t], both) = E(best[t + 1] ** 2, here); result; noise-and-answer
"""
test_a_false_step_is_refuted = false_steps("exact-oracle", FALSE)


# --- the sentences ---------------------------------------------------------------------------------------------------


def test_the_deviation_of_the_answers_is_the_root_of_what_is_left(shown):
    assert shown["answer-std"] == pytest.approx(math.sqrt(1 - shown["least-loss"]), abs=1e-3)
    assert 0.6 < shown["late-std"] < 0.8  # the "about 0.7" of the text


def test_floors_and_draws_agree():
    rows = printed("exact-oracle", "t = ")
    assert len(rows) == 5
    for row in rows:
        floor, variance = float(row[2].rstrip(",")), float(row[-1])
        assert floor + variance == pytest.approx(1, abs=0.02)


def test_the_bounds_are_in_order_and_above_the_entropy(shown):
    assert shown["ring-entropy"] < shown["bound-optimal"] < shown["bound-beta"] < shown["bound-posterior"]
    assert shown["gap-optimal"] == pytest.approx(shown["bound-optimal"] - shown["ring-entropy"], abs=2e-4)


def test_the_bound_tightens_by_a_tenth_for_ten_times_the_steps(shown):
    assert -1.05 < shown["exponent-optimal"] < -0.95 and -1.05 < shown["exponent-beta"] < -0.95
    assert shown["gap-start"] < 0.05 * shown["gap-most"] < 0.05 * shown["gap-one"] / 100
    for name in ("optimal", "beta"):
        (row,) = printed("exact-oracle", f"{name:<10} gap")
        gaps = [float(word.rstrip(",")) for word in row[-5:]]
        assert gaps == sorted(gaps, reverse=True) and gaps[2] / gaps[3] == pytest.approx(10, rel=0.15)


def test_the_estimates_intervals_hold_the_exact_bound():
    for name in ("posterior", "beta", "optimal"):
        (row,) = printed("exact-oracle", f"{name:<10} exact")
        exact, estimate, half = float(row[0].rstrip(",")), float(row[2]), float(row[4])
        assert abs(estimate - exact) <= half


def test_paired_differences_order_the_rows_that_single_estimates_do_not():
    for name in ("posterior", "beta"):
        (row,) = printed("exact-oracle", f"{name:<10} minus optimal:")
        exact, estimate, half = float(row[1].rstrip(",")), float(row[3]), float(row[5])
        assert abs(estimate - exact) <= half < exact
    (single,) = printed("exact-oracle", "optimal    exact")
    assert float(single[4]) > 5 * exact  # the loop ended with beta: its row is that near to the best one


def test_the_time_of_the_largest_excess_is_one_with_a_floor(shown):
    assert 1 <= shown["the excess loss is largest at t ="] <= 1000
    assert 0 < shown["the excess loss there"] < shown["floor-there"] < 1


def test_ratios_are_compared_with_real_digits(shown):
    """The references of what does not copy, real digits and the network, are far from the ratio of the copier."""
    ratio, accused = "median ratio of 10 splits", "p-values of at most 0.05 in 10 splits"
    assert shown[f"empirical oracle {ratio}"] < 0.1
    assert all(0.6 < shown[f"{name} {ratio}"] < 1 for name in ("U-Net", "real digits"))
    assert shown[f"empirical oracle {accused}"] == 10
    assert all(shown[f"{name} {accused}"] <= 4 for name in ("U-Net", "real digits"))
    # the mean after an exchange is no reference for a copier
    assert shown["empirical oracle median expected of 10 splits"] < 0.1


def test_the_network_is_near_the_floor_and_no_better(shown):
    assert shown["excess loss, % of the floor"] < 5
    assert shown["mean of the last 200 losses"] == pytest.approx(shown["least possible loss"], rel=0.05)


def test_copies_are_found_by_two_numbers_and_not_by_the_third(shown):
    copy, network = "empirical oracle ", "U-Net "
    assert shown[copy + "test loss over training loss"] > 5 > 1.3 > shown[network + "test loss over training loss"]
    assert shown[copy + "nearest-neighbour ratio"] < 0.1 and shown[copy + "p-value"] < 0.01
    assert shown[network + "nearest-neighbour ratio"] > 0.7 * shown[network + "mean ratio after an exchange"]
    assert abs(shown[copy + "energy distance to held-out"]) < 0.01
