"""What Sphinx hands over: formulas in paragraphs, with what touches them, and formulas in the HTML of a cell."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document

from booktools.site.mathml import Formulas
from booktools.site.maths import finish


def finished(*children):
    tree = new_document("page")
    tree += nodes.paragraph("", "", *children)
    finish(SimpleNamespace(formulas=Formulas()), tree, "page")
    return tree


@pytest.mark.parametrize(
    ("before", "after", "taken", "left"),
    [
        ("so (", "), and", ("(", "),"), ("so ", " and")),
        ("the ", "-th step", ("", "-th"), ("the ", " step")),
        ("a ", " b", ("", ""), ("a ", " b")),
        ("a—", "—b", ("", ""), ("a—", "—b")),
        ("non-", ".", ("non-", "."), ("", "")),
    ],
)
def test_what_touches_a_formula_goes_with_it(before, after, taken, left):
    tree = finished(nodes.Text(before), math := nodes.math("", "x"), nodes.Text(after))
    assert (math["before"], math["after"]) == taken
    assert tree[0][0].astext() == left[0] and tree[0][2].astext() == left[1]


def test_two_formulas_share_a_text_but_not_its_signs():
    tree = finished(first := nodes.math("", "x"), nodes.Text(","), second := nodes.math("", "y"))
    assert (first["after"], second["before"]) == (",", "")
    assert tree.astext() == "xy"


def test_the_html_of_a_cell_may_hold_formulas():
    (raw,) = finished(nodes.raw("", r"<p>\(x &lt; y\) and 5 $</p>", format="html")).findall(nodes.raw)
    assert raw.astext() == "<p><math><mi>x</mi><mo>&lt;</mo><mi>y</mi></math> and 5 $</p>"
    (same,) = finished(nodes.raw("", "<p>x</p>", format="html")).findall(nodes.raw)
    assert same.astext() == "<p>x</p>"
