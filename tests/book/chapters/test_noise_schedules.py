"""The derivations of the chapter noise-schedules, loaded by running the chapter's own cells."""

from __future__ import annotations

import math

import pytest
import sympy as sp
import torch
from false_steps import false_steps
from proved import close, right, table

from diffusion_lib.process.schedule import Schedule


def test_the_ratio_is_the_one_of_the_library(n, schedule):
    close(schedule.snr[1:], table(n, schedule, right(n, "snr")))
    gaps = table(n, schedule, right(n, "snr-gap"), first=2)
    close(schedule.snr[1:-1] - schedule.snr[2:], gaps)


def test_prior_term_as_numbers(n):
    F, x, alpha_bar, T_ = (n[name] for name in ("M", "x", "alpha_bar", "T_"))
    formula = F.sympy(F.blocks["prior-term-value"].right)
    value = sp.lambdify((F.sympy(x[0]), F.sympy(alpha_bar[T_])), formula, "math")
    mean, variance = math.sqrt(0.1) * 0.7, 0.9  # KL(N(m, v) ‖ N(0, 1)) = (m² + v − 1 − log v) / 2
    assert value(0.7, 0.1) == pytest.approx((mean**2 + variance - 1 - math.log(variance)) / 2, rel=1e-12)


def test_the_prior_term_is_the_proved_one(n, schedule):
    """The library averages over data: x_0² becomes their variance, here 0.49."""
    symbols = n["M"].sympy(n["x"][0]), n["M"].sympy(n["alpha_bar"][n["T_"]])
    prior = sp.lambdify(symbols, n["M"].sympy(right(n, "prior-term-value")), "math")
    assert schedule.prior_kl(0.49) == pytest.approx(prior(0.7, float(schedule.alpha_bar[-1])) / math.log(2), rel=1e-12)


def test_the_gap_to_the_prior_is_the_proved_one(n, schedule):
    symbols = n["M"].sympy(n["v"]), n["M"].sympy(n["alpha_bar"][n["T_"]])
    gap, told, both = (
        sp.lambdify(symbols, n["M"].sympy(right(n, name)), "math")
        for name in ("prior-gap-value", "information-value", "prior-split-value")
    )
    for v in (0.2, 1.0, 3.0):
        numbers = v, float(schedule.alpha_bar[-1])
        assert schedule.prior_gap(v) == pytest.approx(gap(*numbers) / math.log(2), rel=1e-6, abs=1e-13)
        assert schedule.prior_kl(v) == pytest.approx(both(*numbers) / math.log(2), rel=1e-9)
        assert schedule.prior_kl(v) == pytest.approx((gap(*numbers) + told(*numbers)) / math.log(2), rel=1e-9)


def test_the_limit_of_fine_steps(n):
    """A chain of 10⁵ steps against the closed form, and the differential equation by differences."""
    symbols = [n["M"].sympy(n[name]) for name in ("low", "slope", "tau")]
    limit = sp.lambdify(symbols, n["M"].sympy(right(n, "continuous-linear")), "math")
    steps = 100_000
    ends = torch.arange(1, steps + 1, dtype=torch.float64) / steps
    fine = Schedule.from_betas((0.1 + 19.9 * ends) / steps).alpha_bar
    for time in (0.1, 0.5, 1.0):
        assert float(fine[round(time * steps)]) == pytest.approx(limit(0.1, 19.9, time), rel=3e-3)
    h = 1e-5
    slope = (limit(0.1, 3.0, 0.4 + h) - limit(0.1, 3.0, 0.4 - h)) / (2 * h)
    decay = n["M"].sympy(n["M"].blocks["decay"].steps[0].right)
    assert slope == pytest.approx(float(decay.subs(dict(zip(symbols, (0.1, 3.0, 0.4), strict=True)))), rel=1e-8)


def test_the_signal_is_caught_between_two_bounds(n, schedule):
    """−Σβ − Σβ²/(2(1 − β)) ≤ log ᾱ_T ≤ −Σβ: what the limit of fine steps rests on."""
    rest = table(n, schedule, right(n, "rest-is-small"))
    logarithm, total = float(schedule.alpha_bar[-1].log()), float(schedule.beta[1:].sum())
    assert -total - float(rest.sum()) < logarithm < -total


FALSE = """
limit-of-the-other-sign: Limit((1 - total_noise / n) ** n, n) = exp(total_noise); limit
limit-without-the-power: Limit(1 - total_noise / n, n) = exp(-total_noise); limit
"""
test_a_false_step_is_refuted = false_steps("noise-schedules", FALSE)
