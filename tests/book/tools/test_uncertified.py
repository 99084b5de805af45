"""Of each falsehood Rocq leaves something without a certificate: a step, the sign of a gap, or a conclusion.

Nothing of the proof checker is in force here, not even the rules for definitions.
"""

from __future__ import annotations

import pytest
from asked import goals_of
from certified import uncertified
from new_falsehoods import KNOWN, ROOTS, RULES, STATEMENTS


@pytest.mark.parametrize("table", [KNOWN, ROOTS, RULES, STATEMENTS], ids=["known", "roots", "rules", "statements"])
def test_no_falsehood_is_certified(table, theorems):
    rows = {name: goals_of(name, case) for name, case in table.items()}
    assert [name for name, goals in rows.items() if not goals] == []
    lost = set(uncertified([goal for goals in rows.values() for goal in goals], theorems))
    assert [name for name, goals in rows.items() if not lost & {goal.name for goal in goals}] == []
