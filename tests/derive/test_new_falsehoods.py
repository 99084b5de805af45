"""Falsehoods that are aimed at the roots of known holes and at each justification; the checker refuses them."""

from __future__ import annotations

import re

import pytest
from new_falsehoods import FALSE, KNOWN, ROOTS, RULES

from derive.errors import DeriveError


@pytest.mark.parametrize("name", FALSE)
def test_falsehoods_are_refused(name):
    """By an error about mathematics or about what is stated, and not by one about names."""
    with pytest.raises(DeriveError) as caught:
        FALSE[name]()
    assert not re.search(r"is not declared|must be one of|must name|known: ", str(caught.value)), caught.value


def test_there_are_five_for_each_root_and_justification():
    for root in range(1, 16):
        assert sum(name.startswith(f"r{root}-") for name in ROOTS) == 5
    assert len(ROOTS) == 75 and len(RULES) == 115 and len(KNOWN) == 42
