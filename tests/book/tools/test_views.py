"""Which pages `make test` views again: those whose HTML, or anything that a browser loads with it, has changed."""

from __future__ import annotations

import json

import pytest

from booktools.check import limits, measure, views

HEAD = '<link rel="stylesheet" href="../_static/book.css"><script src="../_static/site.js?v=1"></script>'
BUILT = {
    "book/words.html": f'{HEAD}<p>words</p><a href="../_sources/book/words.ipynb">notebook</a>',
    "book/image.html": f'{HEAD}<img src="../_images/a.svg">',
    "book/lab.html": f'{HEAD}<div class="lab" id="lab-score" data-kind="score"></div>',
    "_static/book.css": "@font-face { src: url(fonts/math.woff2) }",
    "_static/fonts/math.woff2": "font",
    "_static/site.js": "script",
    "_static/lab/made/shell.js": "shell",
    "_static/lab/made/score.js": "score",
    "_images/a.svg": "<svg/>",
    "_sources/book/words.ipynb": "of one commit",
}
NAMES = [name.removesuffix(".html") for name in BUILT if name.endswith(".html")]


@pytest.fixture
def html(tmp_path, monkeypatch):
    """A build whose pages have all passed; ``pages.json`` lies beside it."""
    for name, text in BUILT.items():
        path = tmp_path / "html" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(views, "sha256", views.sha256.__wrapped__)  # without a cache, as a test changes files
    monkeypatch.setattr(limits, "STORED", tmp_path / "pages.json")
    limits.STORED.write_text(json.dumps({name: {views.KEY: views.digest(name, tmp_path / "html")} for name in NAMES}))
    return tmp_path / "html"


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        (None, []),
        ("book/words.html", ["book/words"]),
        ("_images/a.svg", ["book/image"]),
        ("_static/lab/made/score.js", ["book/lab"]),
        ("_static/book.css", NAMES),
        ("_static/fonts/math.woff2", NAMES),
        ("_static/site.js", NAMES),
        ("_sources/book/words.ipynb", []),  # offered, and loaded by nobody
    ],
)
def test_a_change_concerns_the_pages_that_load_it(html, file, changed):
    if file:
        (html / file).write_text(BUILT[file] + " ")
    assert [name for name in NAMES if not views.unchanged(name, html)] == changed


def test_other_last_digits_in_a_script_are_those_of_another_processor(html):
    script = html / "_static" / "lab" / "made" / "score.js"
    for number, same in (("0.30000000000000004", True), ("0.29999999999999999", True), ("0.30003000000000004", False)):
        script.write_text(f"score {number}")
        if number == "0.30000000000000004":
            limits.STORED.write_text(json.dumps({"book/lab": {views.KEY: views.digest("book/lab", html)}}))
        assert views.unchanged("book/lab", html) == same


def test_a_page_without_a_record_or_not_built_is_not_unchanged(html):
    limits.STORED.write_text(json.dumps({"book/words": {"kind": "prose"}, "book/gone": {views.KEY: None}}))
    assert not any(views.unchanged(name, html) for name in [*NAMES, "book/gone"])


def test_other_code_that_views_means_viewing_all_again(html, tmp_path, monkeypatch):
    other = tmp_path / views.LOOKS[0].name
    other.write_text("another test")
    monkeypatch.setattr(views, "LOOKS", (other, *views.LOOKS[1:]))
    assert not any(views.unchanged(name, html) for name in NAMES)


@pytest.mark.parametrize("fault", [None, "view", "limit"])
def test_only_what_passed_is_stored_as_viewed(html, monkeypatch, capsys, fault):
    names = ["book/vae", "book/score"]
    row = {"kind": "list", "sideways": 0, "overflowing": 0, "kilobytes": 1, "shift": 0.0, "blocking": 1, "ms": 1}
    row |= {"height": 1, "code": 0.0, "first_figure": None, "figures": 0}
    bad = {"sideways": 9} if fault == "limit" else {}
    monkeypatch.setattr(measure, "measure", lambda _, __, ___, name: row | (bad if name == names[0] else {}))
    monkeypatch.setattr(measure, "STORED", limits.STORED)
    monkeypatch.setattr(views, "digest", lambda name: f"hash of {name}")
    monkeypatch.setattr(views.subprocess, "run", lambda command, **_: Ran(command, 1 if fault == "view" else 0))
    monkeypatch.setattr("sys.argv", ["measure", "--write", "vae", "score"])
    assert measure.main() == (1 if fault else 0)
    kept = {name for name, row in json.loads(limits.STORED.read_text()).items() if row.get(views.KEY)}
    assert kept == {None: set(names), "view": set(), "limit": {names[1]}}[fault]
    assert ("a view failed" in capsys.readouterr().err) == (fault == "view")


class Ran:
    def __init__(self, command: list[str], returncode: int) -> None:
        assert views.TESTS in command and "book/score.html" in command[-1]
        self.returncode = returncode
