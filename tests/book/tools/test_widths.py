"""Widths of formulas, and where they break; test_browser.py compares the widths with what Chromium draws."""

from __future__ import annotations

import pytest

from booktools.site.breaking import Group, Piece, broken, leaves
from booktools.site.mathml import Formula, Formulas
from booktools.site.stacking import WIDE, stacked
from booktools.site.widths import ADVANCES, height, unknown, width


@pytest.fixture(scope="module")
def formulas():
    return Formulas()


@pytest.fixture
def wide(formulas):
    return lambda latex: width(formulas[Formula(latex, display=True)])


def text(row):
    return "".join("".join(part.itertext()) for part in row)


@pytest.fixture
def pieces(formulas):
    def cut(latex, room):
        return [text(leaf.row) for leaf in leaves(broken(formulas[Formula(latex, display=True)], room))]

    return cut


def test_a_width_is_the_sum_of_the_letters_and_spaces(wide):
    assert wide("x") == pytest.approx(ADVANCES["𝑥"] / 1000)
    assert wide("h") == pytest.approx(ADVANCES["ℎ"] / 1000)
    assert wide("xx") == pytest.approx(2 * wide("x"))
    assert wide("x = x") == pytest.approx(2 * wide("x") + ADVANCES["="] / 1000 + 0.556)
    assert wide("x_{x}") < wide("xx") < wide("x + x") < wide("x = x")
    assert wide(r"\frac{xx}{x}") == pytest.approx(wide("xx"), abs=0.11)
    assert wide(r"\hat x") == wide("x")


def test_fractions_are_tall_and_small_in_fractions(formulas, wide):
    assert height(formulas[Formula("x_t^2", True)]) == 1 < height(formulas[Formula(r"\frac{a}{b}", True)])
    assert wide(r"\frac{\frac{xxxx}{y}}{y}") < 0.8 * wide(r"\frac{xxxx}{y}")


def test_a_letter_that_the_font_lacks_is_named(formulas):
    assert unknown(formulas[Formula(r"\hat\epsilon_\theta + \mathcal{N} \mathbb{E} \|x\|")]) == ""


@pytest.mark.parametrize(
    ("latex", "room", "parts"),
    [
        ("= a + b", 9, ["=a+b"]),
        ("a = b + c = d + e", 5, ["a", "=b+c", "=d+e"]),
        ("= a + b - c", 2, ["=a", "+b", "−c"]),
        ("= -a + b", 2, ["=−a", "+b"]),
        (r"= aaaa\, bbbb\, cccc", 3, ["=aaaa", "bbbb", "cccc"]),
        (r"= f(aaaa + bbbb)", 4, ["=f(aaaa", "+bbbb)"]),
        (r"= f(a + b)^2 + c", 3, ["=f(a", "+b)2", "+c"]),
        (r"= D(aaaa \,\|\, bbbb)", 3, ["=D(aaaa", "‖bbbb)"]),
        (r"= E[E[aaaa + bbbb]]", 4, ["=E[E[aaaa", "+bbbb]]"]),
        (r"= \frac{aaaa + bbbb}{c}", 3, ["=aaaa+bbbbc"]),
        (r"q(x \mid y)", 1, ["q(x∣y)"]),
    ],
)
def test_a_formula_breaks_at_relations_then_sums_then_factors_then_in_brackets(pieces, latex, room, parts):
    assert pieces(latex, room) == parts


def test_what_belongs_together_moves_together(formulas):
    whole = broken(formulas[Formula(r"= f(aaaa + bbbb) + c")], 5)
    assert isinstance(whole, Group) and [type(part) for part in whole.parts] == [Group, Piece]


def test_a_sign_at_the_start_of_a_line_keeps_its_spaces_and_a_torn_bracket_its_height(formulas):
    _, second = leaves(broken(formulas[Formula("aaaa + bbbb")], 3))
    assert second.row[0].get("form") == "infix"
    first, last = leaves(broken(formulas[Formula(r"\left(aaaa + \frac{bbbb}{c}\right)", True)], 3))
    assert first.row[0].get("minsize") == last.row[-1].get("minsize") == "2.3em"


def test_breaking_changes_no_other_formula(formulas):
    formula = formulas[Formula(r"\left(aaaa + \frac{bbbb}{c}\right)", True)]
    before = text(formula), [dict(part.attrib) for part in formula.iter()]
    broken(formula, 3)
    assert before == (text(formula), [dict(part.attrib) for part in formula.iter()])


def test_a_fraction_wider_than_any_screen_is_stacked(formulas):
    terms = " + ".join(f"a_{{{place}}} b_{{{place}}}" for place in range(14))
    wide = formulas[Formula(rf"= \frac{{{terms}}}{{c}}", True)]
    narrow = stacked(wide, 12)
    assert width(wide) > WIDE > 17 > width(narrow)
    assert narrow.findall(".//mtable/mtr") and text(narrow) == text(wide)
    small = formulas[Formula(r"\frac{a}{b}")]
    assert not stacked(small, 12).findall(".//mtable")
