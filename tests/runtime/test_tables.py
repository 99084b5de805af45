"""A table in Markdown: its rule, its cells, nothing in a cell that ends it."""

from __future__ import annotations

import pytest

from diffusion_lib.runtime.tables import markdown


def test_head_rule_and_rows():
    assert markdown(["a", "b"], [["1", "2"], ["", "4"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n|  | 4 |"
    assert markdown(["a", "b", "c"], [], "lr-").splitlines()[1] == "| :-- | --: | --- |"


@pytest.mark.parametrize(
    ("cell", "shown"), [("a|b", "a\\|b"), ("a\nb", "a b"), ("a\r\n\tb", "a b"), (" a ", "a"), ("\n", "")]
)
def test_a_cell_is_one_line_and_ends_where_it_ends(cell, shown):
    assert markdown(["x"], [[cell]]).splitlines()[2:] == [f"| {shown} |"]
