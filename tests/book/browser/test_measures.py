"""Every page keeps its limits, those that are pending excepted, and the page `cost` shows what was measured last."""

from __future__ import annotations

import pytest
from browser import EACH
from root import ROOT

from booktools.check.limits import broken, kind, limits, pending, rules, stored
from booktools.check.measure import judged, measure
from booktools.source.pages import Book

BOOK = Book(ROOT)
SLACK = {
    "height": 300,
    "code": 0.01,
    "first_figure": 60,
    "figures": 0,
    "kilobytes": 15,
}  # what letters and tools change


@pytest.mark.parametrize("page", EACH)
def test_a_page_keeps_its_limits_and_is_stored_as_it_is(chromium, served, page):
    name = page.removesuffix(".html")
    row = measure(chromium, served, BOOK, name)
    assert judged(name, row) == []
    kept = stored().get(name)
    assert kept, "run `python -m booktools.check.measure --write`"
    far = {each for each, slack in SLACK.items() if abs((row[each] or 0) - (kept[each] or 0)) > slack}
    assert far == set(), "the page has changed: run `python -m booktools.check.measure --write`"


PLANTED = """<!doctype html><meta charset="utf-8"><style>* {{ margin: 0; padding: 0 }} article {{ width: 700px }}
@media (max-width: 500px) {{ article {{ width: 300px }} }}</style><article>{}</article>"""
TALL = '<div style="height: 2000px"></div>'
CASES = {
    "code": '<div class="cell_input"><div class="highlight" style="height: 1000px">x</div></div>' + TALL,
    "first_figure": TALL + '<svg aria-hidden="true" width="300" height="300"></svg>',
    "height": '<div style="height: 15200px"></div>',
    "sideways": '<div class="cell_output"><pre style="overflow: auto">' + "x" * 400 + "</pre></div>",
    "overflowing": '<p><math display="block" style="display:block;width:600px"><mi>x</mi></math></p>',
    "kilobytes": '<img alt="x" src="noise.png" width="9" height="9">',
    "shift": "<p id=p style='height:0;overflow:hidden'>x</p><p style='height:300px'>text</p><script>"
    "requestAnimationFrame(() => setTimeout(() => { p.style.height = '300px' }, 50))</script>",
    "blocking": "".join(f'<link rel="stylesheet" href="{i}.css">' for i in range(3)),
}


@pytest.mark.parametrize("fault", [None, *CASES])
def test_a_planted_fault_is_measured(chromium, tmp_path, fault):
    from booktools.check.serve import host

    figure = '<svg aria-hidden="true" width="300" height="300"></svg>'
    body = CASES[fault] if fault else figure
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "vae.html").write_text(PLANTED.format(body), encoding="utf-8")
    (tmp_path / "noise.png").write_bytes(b"")
    (tmp_path / "book" / "noise.png").write_bytes(bytes(700_000))
    for i in range(3):
        (tmp_path / "book" / f"{i}.css").write_text("p { color: red }", encoding="utf-8")
    with host(tmp_path) as server:
        found = broken(measure(chromium, server, BOOK, "book/vae"))
    if fault:
        assert fault in found
    else:
        assert found == {}


def test_folds_and_outputs_are_no_open_code(chromium, tmp_path):
    from booktools.check.serve import host

    cell = '<div class="cell_input"><div class="highlight" style="height: 500px">x</div></div>'
    shown = '<div class="cell_output"><div class="highlight" style="height: 500px">x</div></div>'
    text = '<div style="height: 500px">text</div>'
    (tmp_path / "book").mkdir()
    page = tmp_path / "book" / "vae.html"
    page.write_text(PLANTED.format(f"<details>{cell}</details>{shown}{cell}{text}"), encoding="utf-8")
    with host(tmp_path) as server:
        row = measure(chromium, server, BOOK, "book/vae")
    assert row["code"] == pytest.approx(1 / 3, abs=0.01)


def test_the_pending_list_names_pages_and_limits_that_exist():
    for name, of in (rules()["pending"] or {}).items():
        assert name in BOOK.pages and set(of) <= limits(kind(BOOK, name)).keys() and pending(name)


def test_a_pending_limit_that_is_kept_fails(monkeypatch):
    row = {"kind": "list", "sideways": 0, "overflowing": 2, "kilobytes": 100, "shift": 0.0, "blocking": 1}
    monkeypatch.setitem(rules(), "pending", {"book/x": ["overflowing", "sideways"]})
    (words,) = judged("book/x", row)
    assert "keeps sideways now" in words
    monkeypatch.setitem(rules(), "pending", {})
    (words,) = judged("book/x", row)
    assert words == "book/x: 2 formulas overflow at 390 px, more than 0"
