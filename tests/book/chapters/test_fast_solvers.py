"""The chapter fast-solvers: what it derives is what the library does, and its sentences about numbers hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy as sp
import torch
from chapters import printed
from false_steps import false_steps
from proved import formula
from worlds import gaussian_model, randn

from diffusion_lib.process.schedule import scaled_linear
from diffusion_lib.sample import dpm2, dpmpp
from diffusion_lib.sample.dpm import corrected, first_order_step, parabola

SCHEDULE = scaled_linear(1000)


# --- the formulas ----------------------------------------------------------------------------------------------------


def states(sampler, times):
    """The states of a chain through these times, with the estimates and noises found on the way; all divided by √ᾱ."""
    model = gaussian_model(SCHEDULE, 0.5, 0.3)
    chain = list(sampler(model, randn(3, 1), SCHEDULE, spacing=times))
    kept = [float(SCHEDULE.alpha_bar[step.t]) ** 0.5 for step in chain]
    unshrunk = [step.x_t / root for step, root in zip(chain, kept, strict=True)]
    noises = [(x - step.x_0_hat) / SCHEDULE.level(step.t) for x, step in zip(unshrunk[:-1], chain, strict=False)]
    return unshrunk, [step.x_0_hat for step in chain], noises, model


def test_the_first_order_step_is_the_proved_one(n):
    """(σ_s/σ_t) x̃ + (1 − σ_s/σ_t) x̂_0, as the page derives it, is the first step of the chain."""
    line = n["FS"].blocks["hold-the-data"].steps[1].right
    x, clean, start, end = (n[name] for name in ("X", "x_0_hat", "sigma_t", "sigma_s"))
    unshrunk, cleans, _, _ = states(dpmpp, (900, 500))
    symbols = [n["FS"].sympy(node) for node in (x, clean, start, end)]
    of_line = sp.lambdify(symbols, n["FS"].sympy(line), "math")
    levels = SCHEDULE.level(900), SCHEDULE.level(500)
    for before, guess, after in zip(unshrunk[0], cleans[0], unshrunk[1], strict=True):
        assert of_line(float(before), float(guess), *levels) == pytest.approx(float(after), rel=1e-11)


def test_the_second_step_of_2m_is_the_proved_one(n):
    """The line's value in the middle, g_0 + h/(2 h_1) (g_0 − x̂_0'), put into the first-order step."""
    times = (990, 700, 500)
    unshrunk, cleans, _, _ = states(dpmpp, times)
    levels = [SCHEDULE.level(t) for t in times]
    h_1, h = math.log(levels[0] / levels[1]), math.log(levels[1] / levels[2])
    in_the_middle = formula(n, n["in_the_middle"], "g_0", "older", "h", "h_1")
    share = levels[2] / levels[1]
    for k in range(3):
        clean = in_the_middle(float(cleans[1][k]), float(cleans[0][k]), h, h_1)
        expected = share * float(unshrunk[1][k]) + (1 - share) * clean
        assert float(unshrunk[2][k]) == pytest.approx(expected, rel=1e-11)


def test_a_step_of_dpm_solver_2_is_the_proved_one(n):
    times = (990, 500)
    unshrunk, _, noises, model = states(dpm2, times)
    m = SCHEDULE.log_midpoint(*times)
    start, between, end = (SCHEDULE.level(t) for t in (times[0], m, times[1]))
    there = unshrunk[0] + (between - start) * noises[0]
    seen = model(there * float(SCHEDULE.alpha_bar[m]) ** 0.5, torch.full((3,), m))
    blend = formula(n, n["blend"], "g_0", "seen", "share")
    share = math.log(start / between) / math.log(start / end)
    for k in range(3):
        expected = float(unshrunk[0][k]) + (end - start) * blend(float(noises[0][k]), float(seen[k]), share)
        assert float(unshrunk[1][k]) == pytest.approx(expected, rel=1e-11)


def test_the_correction_takes_the_step_again_with_the_parabola():
    before, step = SCHEDULE.transition(990, 700), SCHEDULE.transition(700, 500)
    x, older, old, new = (randn(3, 1, seed=k) for k in range(4))
    h_1, h = (math.log(each.level_t / each.level_s) for each in (before, step))
    a, b, c = parabola(h, h_1)
    torch.testing.assert_close(
        corrected([(step, x, old), (before, x, older)], new), first_order_step(step, x, a * older + b * old + c * new)
    )
    torch.testing.assert_close(corrected([(step, x, old)], new), first_order_step(step, x, (old + new) / 2))


FALSE = """
another-sign-of-h: sigma_s / sigma_t * X + (1 - sigma_s / sigma_t) * x_0_hat
    = X - (sigma_s - sigma_t) * found; definition; estimate
weight-without-the-exponential: Integral(exp(u) * g_0, (u, 0, h)) = h * g_0; integration
lambda-of-the-square: log(snr_s / snr_t) = lam_s - lam_t; definition; ratio-at-t ratio-at-s
third-order-of-one-value: h ** 2 * moved(v) = h ** 3 * moved(v); algebra
skip-everything: (1 - c_skip) ** 2 * width ** 2 + c_skip ** 2 * level ** 2 = level ** 2; definition; skipped-share
"""
test_a_false_step_is_refuted = false_steps("fast-solvers", FALSE)


# --- the sentences ---------------------------------------------------------------------------------------------------


ORDERS = {"DDIM": (0.9, 1.1), "Heun": (1.9, 2.2), "DPM-Solver-2": (1.9, 2.2), "2M": (1.9, 2.3), "UniPC": (2.6, 3.3)}


@pytest.mark.parametrize("name", ORDERS)
def test_the_measured_orders_are_the_derived_ones(name):
    """The spread over five mixtures leaves no doubt."""
    ((mean, _, spread),) = (row[-3:] for row in printed("fast-solvers", f"{name} ") if "order" in row)
    low, high = ORDERS[name]
    assert low < float(mean) - 2 * float(spread) and float(mean) + 2 * float(spread) < high


@pytest.mark.parametrize("calls", [5, 10, 20])
def test_chosen_times_leave_less_than_a_third(shown, calls):
    assert shown[f"best-miss-{calls}"] + 2 * shown[f"best-spread-{calls}"] < shown[f"usual-miss-{calls}"] / 3
    assert shown["reference-error"] < shown[f"best-miss-{calls}"] / 5


def test_chosen_times_come_near_to_the_floor(shown):
    rows = {
        name: printed("fast-solvers", name)[0]
        for name in ("two sets of data", "DDIM, even in t", "UniPC, equal errors ")
    }
    floor, usual, chosen = (float(row[-3]) for row in rows.values())
    spread = max(float(row[-1]) for row in rows.values())
    assert chosen < floor + 2 * spread < usual - 2 * spread


@pytest.mark.parametrize("calls", [5, 10, 20])
def test_the_network_gains_as_well(shown, calls):
    """Five seeds; the page itself stops unless the best pair is better for each of them."""
    assert shown["stored-seeds"] == 5
    assert shown[f"network-miss-{calls}"] < 0.75 * shown[f"network-usual-{calls}"]


@pytest.mark.parametrize("calls", [5, 10, 20])
def test_no_seed_chooses_the_pair_that_it_judges(shown, kept, calls):
    """The number of the table, from the stored runs: for each seed the pair that is best on the other four."""
    prefix = f"miniature, {calls} calls, "
    pairs = [name for name in kept.runs[0]["shown"] if name.startswith(prefix) and name.endswith(": thousandths")]
    table = np.array([kept.numbers(name) for name in pairs])  # (24, seeds)
    assert table.shape == (24, 5)
    judged = [table[np.delete(table, seed, 1).mean(1).argmin(), seed] for seed in range(5)]
    assert shown[f"network-miss-{calls}"] == pytest.approx(np.mean(judged), abs=0.51)


def test_the_pair_of_the_ring_is_judged_on_other_starts_than_those_that_chose_it(shown):
    pairs = [(shown[f"choosing-miss-{calls}"], shown[f"judged-miss-{calls}"]) for calls in (5, 10, 20)]
    assert any(chosen != judged for chosen, judged in pairs)
    for calls, (chosen, judged) in zip((5, 10, 20), pairs, strict=True):
        assert chosen == pytest.approx(judged, rel=0.4)
        assert judged == pytest.approx(shown[f"best-miss-{calls}"], abs=6e-4)


def test_layers_that_know_the_width_learn_more_of_narrow_data():
    (words,) = printed("fast-solvers", " 0.2 ")  # of the table of means
    text = " ".join(words)
    told, untold = (float(text.split(f"{name} ")[1].split()[0]) for name in ("with data_std", "v-prediction"))
    assert told < untold / 2


def test_the_stored_runs_are_those_of_this_page(shown):
    assert printed("fast-solvers", "the stored runs have the functions and the parameters of this page")
