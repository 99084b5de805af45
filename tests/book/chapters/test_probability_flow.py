"""The derivations of the chapter probability-flow, loaded by running the chapter's own cells."""

from __future__ import annotations

from itertools import pairwise

import pytest
import sympy as sp
from false_steps import false_steps
from proved import T, formula, random_schedule

from derive import Derivative, log
from derive.errors import DerivationError
from derive.page.chain import Chain
from diffusion_lib.sample import ode


@pytest.fixture(scope="module")
def schedule():
    return random_schedule(0, most=0.4)


def test_the_speed_of_the_flow_is_not_that_of_one_data_point(n):
    """The best ε̂ is −σ times the score of all data; with the score given x_0 the line is false, as a row below says."""
    assert n["O"].blocks["flow-speed"].right == -(n["sigma"] * Derivative(log(n["wide"]), n["Y"]))


WEIGHTS = {  # the blocks of the weights of three and of four values, and their values on equal steps
    3: {"three-newest": 23, "three-middle": -16, "three-oldest": 5},
    4: {"four-newest": 55, "four-second": -59, "four-third": 37, "four-oldest": -9},
}


def proved_weights(n, order):
    h, h_1 = n["h"], n["h_1"]
    two = [h + h**2 / (2 * h_1), -(h**2 / (2 * h_1))]  # the coefficients of f_0 and f_1 in two-values
    blocks = [n["O"].blocks[name] for name in WEIGHTS.get(order, ())]
    nodes = {1: [h], 2: two}.get(order) or [block.steps[0].right for block in blocks]
    return [formula(n, node, "h", "h_1", "h_2", "h_3", "d_2", "d_3") for node in nodes]


def test_the_coefficients_of_two_values_are_those_that_are_tested(n):
    D = n["O"]
    whole = sp.expand(D.sympy(D.blocks["two-values"].right))
    h, h_1, f_0, f_1 = (D.sympy(n[name]) for name in ("h", "h_1", "f_0", "f_1"))
    assert sp.simplify(whole.coeff(f_0) - (h + h**2 / (2 * h_1))) == 0
    assert sp.simplify(whole.coeff(f_1) + h**2 / (2 * h_1)) == 0


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_lms_steps_have_the_proved_weights(n, schedule, draws, order):
    """All times, each with the four times before it in the chain of all times, and with uneven ones."""
    weights = proved_weights(n, order)
    for t in range(2, T - 9):
        for gaps in ((1, 1, 1, 1), (1, 3, 1, 2), (t - 1, 2, 4, 1), (t, 1, 2, 3)):
            s, times = t - gaps[0], [t]
            for gap in gaps[1:order]:
                times.append(times[-1] + gap)
            levels = [schedule.level(time) for time in [*times, T, T, T][:4]]
            widths = [levels[0] - schedule.level(s), *(b - a for a, b in pairwise(levels))]
            widths = [width or 1.0 for width in widths]  # what is not used
            numbers = (*widths, sum(widths[1:3]), sum(widths[1:]))
            x_t, past = draws[0, t], [(time, draws[1, time]) for time in times]
            late, early = float(schedule.alpha_bar[t]), float(schedule.alpha_bar[s])
            travelled = sum(w(*numbers) * float(eps) for w, (_, eps) in zip(weights, past, strict=True))
            expected = early**0.5 * (float(x_t) / late**0.5 - travelled)
            ours = float(ode.lms_step(schedule, x_t, past, s))
            scale = 1 + sum(abs(w(*numbers)) for w in weights)
            assert abs(ours - expected) < 1e-12 * scale


def test_equal_steps_give_the_textbook_weights(n):
    D = n["O"]
    h, f_0, f_1 = (D.sympy(n[name]) for name in ("h", "f_0", "f_1"))
    assert sp.simplify(D.sympy(D.blocks["two-equal"].right) - h * (3 * f_0 - f_1) / 2) == 0
    for under, order in ((12, 3), (24, 4)):
        assert sum(WEIGHTS[order].values()) == under
        for name, number in WEIGHTS[order].items():
            assert D.sympy(D.blocks[name].right) / h == sp.Rational(number, under)


FALSE = """
adams-bashforth-sign: (h + h ** 2 / (2 * h_1)) * f_0 - h ** 2 / (2 * h_1) * f_1
    = h * (Fraction(3, 2) * f_0 + Fraction(1, 2) * f_1); algebra; equal-1
equal-weights-on-uneven-steps: (h + h ** 2 / (2 * h_1)) * f_0 - h ** 2 / (2 * h_1) * f_1
    = h * (Fraction(3, 2) * f_0 - Fraction(1, 2) * f_1); algebra
score-given-x_0: O.blocks['flow-speed'].left = -(sigma * Derivative(log(kernel), Y)); result; tweedie-unshrunk
"""
test_a_false_step_is_refuted = false_steps("probability-flow", FALSE)


def test_the_wrong_speed_does_not_carry_the_densities(n):
    """Without the minus the current would gather points where noise spreads them."""
    with pytest.raises(DerivationError):
        Chain(n["O"], "gathered", Derivative(n["wide"], n["sigma"])).equals(
            Derivative(n["wide"] * n["velocity"], n["Y"]), by="result", using="no-point-is-lost"
        )


def test_an_exact_past_does_not_repair_few_steps(shown):
    assert shown["first-steps"] == 10 and shown["first-exact-past"] != 0
    assert abs(shown["first-exact-past"] / shown["first-error"] - 1) < 0.01


def test_that_the_flow_carries_the_density_rests_on_its_well_posedness(n):
    blocks = n["O"].blocks
    assert "flow-is-well-posed" in blocks["score-of-flowing-points"].assumptions
    assert not blocks["no-point-is-lost"].assumptions
