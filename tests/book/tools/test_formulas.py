"""A stored derivation is read row by row, from the metadata beside it, and set as rows of HTML."""

from __future__ import annotations

import re

import nbformat
import pytest
from root import ROOT

from booktools.site.formulas import Beside, Block, Row, derived
from booktools.site.justifications_directive import Links
from booktools.site.markup import block_html, inline, needed
from booktools.site.mathml import Formula, Formulas
from booktools.site.refuted import paragraphs
from booktools.source.index import rows_of
from booktools.source.pages import BookError

LINKS = Links(lambda name: ("#there", "there"), lambda tag: f"#eq-{tag}")


def line(left, relation, right, justification, **since):
    return {"left": left, "relation": relation, "right": right, "justification": justification} | since


SHORT = {
    "tag": "F.29",
    "name": "short",
    "apart": False,
    "rows": [
        line(r"\mathrm{SNR}_t", "=", r"\frac{a}{b}", "definition (F.27), (F.28)"),
        line("", "<", "c", "positive gap (F.28) · rule, all T", since="t at least 2"),
    ],
}
APART = {
    "tag": "P.1",
    "name": "wide",
    "apart": True,
    "rows": [line(r"\int x\, \mathrm{d}x", "=", "y", "tower · rule"), line("", r"\le", "z", "Gibbs")],
}


@pytest.fixture(scope="module")
def formulas():
    return Formulas()


def test_a_row_has_two_sides_and_its_justification_and_the_block_a_number():
    assert derived(SHORT) == Block(
        (
            Row(r"\mathrm{SNR}_t", r"= \frac{a}{b}", Beside("definition (F.27), (F.28)")),
            Row("", "< c", Beside("positive gap (F.28)", "rule, all T", "t at least 2")),
        ),
        "F.29",
    )


def test_a_wide_left_side_stands_alone():
    assert derived(APART).rows == (
        Row(r"\int x\, \mathrm{d}x", ""),
        Row("", "= y", Beside("tower", "rule")),
        Row("", r"\le z", Beside("Gibbs")),
    )


def test_a_block_that_was_stored_without_rows_is_named_with_the_remedy():
    with pytest.raises(BookError, match=r"F\.29, 'short', was stored without its rows; .*make notebooks"):
        derived({"tag": "F.29", "name": "short"})


def stored():
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                if mark := output.get("metadata", {}).get("diffusion_lib"):
                    yield mark, output.get("data", {}).get("text/latex", "")


def test_every_stored_derivation_has_its_number_and_a_justification_beside_each_step():
    seen = 0
    for mark, latex in stored():
        if "steps" in mark:
            rows = rows_of(mark)
            assert len(rows) == mark["steps"] and f"\\tag{{{mark['tag']}}}" in latex
            assert all(row["right"] in latex and row["justification"] in latex for row in rows)
            seen += 1
    assert seen > 300


def test_a_block_is_rows_a_justification_and_a_number_that_is_an_anchor(formulas):
    block = derived(SHORT)
    formulas.prepare(needed(block))
    html = block_html(block, formulas, LINKS, "eq-F.29", "(F.29)")
    assert html.startswith('<div class="derivation" id="eq-F.29">')
    counted = ('<div class="row">', '<details class="justification"', 'class="right"')
    assert [html.count(each) for each in counted] == [2, 2, 2]
    assert html.count('class="left"') == 1
    assert '<a class="number" href="#eq-F.29">(F.29)</a>' in html
    assert '<div class="derivation apart"' in block_html(derived(APART), formulas, LINKS)


def test_a_long_side_is_several_pieces_and_a_wide_one_tells_its_width(formulas):
    sums, wide = r"\log\frac{a + b + c + d}{e + f}", r"\log\frac{abcdefghijklmnopqrstuvwxyz}{e + f}"
    long = Block((Row("x", f"= {sums} + {sums} + {wide}"),))
    html = block_html(long, formulas, LINKS)
    assert html.count("<math") == 1 + 3
    assert '<span class="fit">' in html
    (told,) = re.findall(r"--w:([\d.]+)", html)
    assert 12 < float(told) < 17


def test_punctuation_stays_with_its_formula(formulas):
    assert re.fullmatch(r'<span class="whole">\(<math>.*</math>\),</span>', inline(Formula("x"), formulas, "(", "),"))
    pieces = inline(Formula("x_1 + x_2 + x_3 + x_4 = y_1 + y_2 + y_3"), formulas, "", ".").split("<wbr>")
    assert len(pieces) == 2
    assert pieces[0].startswith("<math>") and re.fullmatch(r'<span class="whole"><math>.*</math>\.</span>', pieces[1])
    assert inline(Formula("x"), formulas, "", "<").endswith("&lt;</span>")


def test_a_refutation_is_paragraphs():
    told = (
        "refuted, as it must be: step 'sum, line 1', justification 'Jensen': Var(a *\n    b) = (a + b)**2 is false at\n"
        "    a = 36/97: left is 5.0, right is 6.7; correct a side, or the justification"
    )
    claim, where, step = paragraphs(told)
    assert claim.astext() == "Refuted, as it must be: Var(a * b) = (a + b)**2"
    assert where.astext() == "is false at a = 36/97: left is 5.0, right is 6.7."
    assert step.astext() == "Step 'sum, line 1', justification 'Jensen'; correct a side, or the justification."
    weaker = told.replace("is false at", "does not follow from what it cites: it fails at")
    assert paragraphs(weaker)[1].astext().startswith("does not follow from what it cites: it fails at a = 36/97: left")
    assert [each.astext() for each in paragraphs("refuted, as it must be: by\n  hand")] == [
        "refuted, as it must be: by hand"
    ]
