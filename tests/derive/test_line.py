"""Integrals over the line, against exact moments; narrow densities were missed by the rule that stood here before."""

from __future__ import annotations

import pytest
from mpmath import mp

from derive.numeric import line


def normal(mean, variance):
    return lambda x: mp.exp(-((x - mean) ** 2) / (2 * variance)) / mp.sqrt(2 * mp.pi * variance)


CASES = [(0, 1), (1.9, 0.1), (-2, 0.001), (0.3, 0.0001), (-1.7, 9), (5, 0.01), (20, 1)]


@pytest.mark.parametrize("digits", [20, 30])
@pytest.mark.parametrize(("mean", "variance"), CASES)
def test_moments_of_a_normal(mean, variance, digits):
    with mp.workdps(digits + 10):
        mean, variance = mp.mpf(str(mean)), mp.mpf(str(variance))
        q = normal(mean, variance)
        exact = {lambda x: 1: 1, lambda x: x**2: mean**2 + variance, mp.sin: mp.sin(mean) * mp.exp(-variance / 2)}
        for f, value in exact.items():
            found = line.integral(lambda x, f=f: f(x) * q(x), digits)
            assert abs(found - value) <= mp.mpf(10) ** (2 - digits) * max(1, abs(value))


def test_a_narrow_density_is_missed_by_the_rule_of_tanh_and_sinh():
    """What the docstring says of it, and why densities are not left to it."""
    q = normal(mp.mpf(-2), mp.mpf("0.001"))
    with mp.workdps(30):
        assert mp.nstr(mp.quad(q, [-mp.inf, 0, mp.inf]), 5) == "1.0007"
        assert abs(line.integral(q, 30) - 1) < mp.mpf(10) ** -28


def test_few_nodes_suffice_for_a_density():
    places = []
    q = normal(mp.mpf(0), mp.mpf(1))
    line.integral(lambda x: places.append(x) or q(x), 20)
    assert len(places) == len(set(places)) < 150


@pytest.mark.parametrize(
    ("f", "value"),
    [(lambda x: 1 / (mp.pi * (1 + x**2)), 1), (lambda x: mp.exp(-abs(x)) / 2, 1), (lambda x: mp.zero, 0)],
    ids=["heavy ends", "a corner", "nothing"],
)
def test_what_is_no_such_density_is_left_to_the_other_rule(f, value):
    with mp.workdps(20):
        assert abs(line.integral(f, 20) - value) < mp.mpf(10) ** -9


def test_ends_that_are_small_but_not_negligible_are_seen():
    """Student's law with five degrees: 2.6e-10 of it lies beyond |x| = 149."""
    with mp.workdps(20):
        found = line.integral(lambda x: 8 / (3 * mp.pi * mp.sqrt(5)) / (1 + x**2 / 5) ** 3, 20)
        assert abs(found - 1) < mp.mpf(10) ** -16
