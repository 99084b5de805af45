"""Falsehoods that are aimed at the roots of known holes and at each justification; the checker refuses them."""

from __future__ import annotations

import re

import pytest
from new_falsehoods import FALSE, KNOWN, ROOTS, RULES

from derive.errors import DeriveError

ACCEPTED = frozenset()


@pytest.mark.parametrize("name", FALSE)
def test_falsehoods_are_refused(name):
    """By an error about mathematics or about what is stated, never by a crash."""
    if name in ACCEPTED:
        FALSE[name]()
        return
    with pytest.raises(DeriveError) as caught:
        FALSE[name]()
    assert not re.search(r"is not declared|must be one of|must name|known: |Error: ", str(caught.value)), caught.value


def test_most_of_them_are_refused():
    assert len(ACCEPTED - FALSE.keys()) == 0
    assert len(ACCEPTED) <= 0.05 * len(FALSE)


def test_there_are_five_for_each_root_and_justification():
    counts = [sum(name.startswith(f"r{root}-") for name in ROOTS) for root in range(1, 16)]
    assert counts == [5] * 15 and len(ROOTS) == 75
    assert len(RULES) >= 110 and len(KNOWN) == 42
