"""LaTeX becomes MathML: once for each formula, tidied, and never silently wrong."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from booktools.site import mathml
from booktools.site.mathml import Formula, FormulaError, Formulas


@pytest.fixture(scope="module")
def formulas():
    return Formulas()


def written(formulas, latex, display=False):
    return "".join(ElementTree.tostring(part, encoding="unicode") for part in formulas[Formula(latex, display)])


def test_all_formulas_are_made_in_one_process_each_once(monkeypatch):
    calls = []
    ask = mathml.ask
    monkeypatch.setattr(mathml, "ask", lambda new: calls.append(list(new)) or ask(new))
    formulas, x, y = Formulas(), Formula("x"), Formula("y", display=True)
    formulas.prepare([x, y, x])
    assert formulas[x].tag == formulas[y].tag == "math"
    assert calls == [[x, y]]


@pytest.mark.parametrize(
    ("latex", "words"),
    [(r"a + \foo", r"a \+ \\\\foo.*cannot be set.*\\foo"), (r"\frac{a", "cannot be set"), (r"\aleph", "lacks ℵ")],
)
def test_what_cannot_be_set_is_an_error_that_names_the_formula(formulas, latex, words):
    with pytest.raises(FormulaError, match=words):
        formulas[Formula(latex)]
    assert formulas[Formula("x")].tag == "math"


def test_node_that_does_not_run_is_an_error(monkeypatch, tmp_path):
    (tmp_path / "render.js").write_text("throw Error('no such thing')", encoding="utf-8")
    monkeypatch.setattr(mathml, "SCRIPT", tmp_path / "render.js")
    with pytest.raises(mathml.BookError, match="no such thing"):
        Formulas()[Formula("x")]


@pytest.mark.parametrize(
    ("latex", "mathml"),
    [
        (r"\hat{\epsilon}", '<mover accent="true"><mi>ϵ</mi><mo stretchy="false">ˆ</mo></mover>'),
        (r"\bar\alpha", '<mover accent="true"><mi>α</mi><mo stretchy="false">¯</mo></mover>'),
        (r"x := y", "<mrow><mi>x</mi><mo>≔</mo><mi>y</mi></mrow>"),
        (r"x \mid y", "<mrow><mi>x</mi><mo>∣</mo><mi>y</mi></mrow>"),
        (r"f''", '<mrow><mi>f</mi><mo lspace="0" rspace="0">″</mo></mrow>'),
        (r"x_{t-1}", '<msub><mi>x</mi><mrow><mi>t</mi><mo lspace="0" rspace="0">−</mo><mn>1</mn></mrow></msub>'),
        (r"x - 1", "<mrow><mi>x</mi><mo>−</mo><mn>1</mn></mrow>"),
        (r"\mathrm{KL}", "<mi>KL</mi>"),
        (r"1, \dots", "<mrow><mn>1</mn><mo>,</mo><mi>…</mi></mrow>"),
        (r"(0,1)", '<mrow><mo stretchy="false">(</mo><mn>0</mn><mo>,</mo><mn>1</mn><mo stretchy="false">)</mo></mrow>'),
        (r"a \log b", '<mspace width="0.1667em" /><mi>log</mi>'),
    ],
)
def test_the_mathml_is_light_and_close_to_tex(formulas, latex, mathml):
    assert mathml in written(formulas, latex)


def test_a_display_is_set_large(formulas):
    assert "<munderover>" in written(formulas, r"\sum_{t=1}^T x_t", display=True)
    assert "<msubsup>" in written(formulas, r"\sum_{t=1}^T x_t")
