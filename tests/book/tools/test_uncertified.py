"""Falsehoods have no certificate, whatever the proof checker says of them."""

from __future__ import annotations

import pytest
from asked import goals_of
from certified import uncertified
from new_falsehoods import KNOWN, ROOTS, RULES


def is_equation(case) -> bool:
    """Not so where the equation holds and it is the sign of a gap that is false."""
    return not any("gap=G" in line for line in case.lines)


@pytest.mark.parametrize("table", [KNOWN, ROOTS, RULES], ids=["known", "roots", "rules"])
def test_each_falsehood_has_a_step_without_a_certificate(table, theorems):
    rows = {name: goals_of(name, case) for name, case in table.items() if is_equation(case)}
    assert [name for name, goals in rows.items() if not goals] == []
    lost = set(uncertified([goal for goals in rows.values() for goal in goals], theorems))
    assert [name for name, goals in rows.items() if not lost & {goal.name for goal in goals}] == []
