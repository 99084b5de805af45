"""Finite alphabets: brackets, transition matrices, masks, and chains at times in any stated order."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alphabets import FALSE, TRUE, Alphabets
from halves import kernel_alone, numbers_alone

from derive import Integral
from derive.errors import DeriveError, Refuted, Undefined
from derive.verify.verify import search_by_definitions


@pytest.mark.parametrize("name", TRUE)
def test_truths_about_symbols_are_accepted(name):
    TRUE[name]()


@pytest.mark.parametrize("name", FALSE)
def test_near_misses_about_symbols_are_refused(name):
    FALSE[name].must_be_refused()


@pytest.mark.parametrize("name", FALSE)
def test_the_kernel_alone_refuses_near_misses_about_symbols(name):
    with kernel_alone(), pytest.raises(DeriveError):
        FALSE[name]()


def test_numbers_alone_refuse_what_is_false():
    for case in FALSE.values():
        if case.error == "Refuted":
            with numbers_alone(), pytest.raises((Refuted, Undefined)):
                case()


def test_the_conclusion_of_an_induction_is_evaluated_in_chains_of_its_steps():
    w = Alphabets()
    (step,) = w.closed().steps
    assert step.status.searches == ("5 chains",)
    wrong = replace(step.goal, right=w.uniform(w.al[w.t], w.x[w.t], w.x[0]))
    with pytest.raises(Refuted, match=r"distribution 0: left is"):
        search_by_definitions(wrong)


def test_a_sum_over_symbols_is_written_as_one():
    w = Alphabets()
    line = w.step(Integral(w.both(w.w, w.x[1], w.x[0]), w.x[1]) * 2, 2, "summation")
    assert line.rows()[0]["left"] == r"\left(\sum_{x_1} (w\, [x_1 = x_0] + (1 - w)\, [x_1 = m])\right) \cdot 2"
