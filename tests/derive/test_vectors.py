"""Vectors: what papers state of them is proved, near misses are refused, and formulas that mix the two are, too."""

from __future__ import annotations

import pytest
from vector_truths import FALSE, TRUE


@pytest.mark.parametrize("name", TRUE)
def test_truths_are_accepted(name):
    TRUE[name]()


@pytest.mark.parametrize("name", FALSE)
def test_near_misses_are_refused(name):
    FALSE[name].must_be_refused()
