"""Finite alphabets: brackets, transition matrices, masks, and chains at times in any stated order."""

from __future__ import annotations

import pytest
from alphabets import FALSE, TRUE, Alphabets

from derive import Integral


@pytest.mark.parametrize("name", TRUE)
def test_truths_about_symbols_are_accepted(name):
    TRUE[name]()


@pytest.mark.parametrize("name", FALSE)
def test_near_misses_about_symbols_are_refused(name):
    FALSE[name].must_be_refused()


def test_a_sum_over_symbols_is_written_as_one():
    w = Alphabets()
    line = w.step(Integral(w.both(w.w, w.x[1], w.x[0]), w.x[1]) * 2, 2, "summation")
    assert line.rows()[0]["left"] == r"\left(\sum_{x_1} (w\, [x_1 = x_0] + (1 - w)\, [x_1 = m])\right) \cdot 2"
