"""How long a chapter takes: by a rule that is stated, in the same words on the page and in the notebook."""

from __future__ import annotations

import json

import pytest
from book_fixture import HEADER, make_book
from nbformat import from_dict

from booktools.notebooks import minutes
from booktools.notebooks.compose import compose
from booktools.source.index import Index
from booktools.source.pages import Book, BookError
from pagekit.chapters.registry import Registry

CELL = "\n```{code-cell} ipython3\n:tags: [parameters]\n\nn = 3  # code is not counted in words\n```\n"
FORMULA = "\n$$ a = b \\\\ c = d $$\n"
ROWS = from_dict({"data": {"text/latex": r"a \\ b \cr c"}, "metadata": {"diffusion_lib": {"tag": "F.1", "name": "x"}}})


def book_of(tmp_path, text, other="# Other\n", outputs=()):
    book = Book(make_book(tmp_path / "book-root", {"page": HEADER + "# Title\n\n" + text + CELL, "other": other}))
    return book, Index(book, {"book/page": [list(outputs)]}), book.pages["book/page"]


def measured(page, seconds):
    page.notebook.with_suffix(".cost.json").write_text(json.dumps({"code_sha256": "", "seconds": seconds}))


@pytest.mark.parametrize(
    ("text", "outputs", "seconds", "told"),
    [
        ("word " * 199, [], None, "1 minute to read."),
        ("word " * 200, [], None, "2 minutes to read."),  # with the title
        ("word " * 190 + "$a = b + c$ {value}`some-name` `code of three`", [], None, "1 minute to read."),
        ("word " * 150 + "\n" + FORMULA, [], None, "2 minutes to read."),
        ("word " * 140, [ROWS], None, "2 minutes to read."),
        ("word", [], 60.0, "1 minute to read, 1 to run on two cores."),
        ("word", [], 60.1, "1 minute to read, 2 to run on two cores."),
    ],
)
def test_the_rule(tmp_path, text, outputs, seconds, told):
    _, index, page = book_of(tmp_path, text, outputs=outputs)
    if seconds:
        measured(page, seconds)
    assert minutes.told(index, page, "here") == told


def test_a_table_tells_it_of_another_chapter(tmp_path):
    book, index, page = book_of(tmp_path, "word " * 250)
    measured(page, 3)
    assert minutes.told(index, book.pages["book/other"], "page") == "2 to read, 1 to run"
    assert minutes.told(index, page, "other") == "1 to read"
    with pytest.raises(BookError, match="no page 'nowhere'"):
        minutes.told(index, page, "nowhere")


def test_the_notebook_says_it_too(tmp_path):
    book, index, page = book_of(tmp_path, "**You need** nothing. {minutes}`here`\n")
    measured(page, 70)
    assert "nothing. 1 minute to read, 2 to run on two cores." in compose(book, index, page, [[], []])


def test_a_path_takes_what_its_chapters_take_together(tmp_path, monkeypatch):
    book, index, page = book_of(tmp_path, "word " * 250)
    monkeypatch.setattr(minutes, "registry", lambda: Registry({}, {"short": ("page", "other")}))
    measured(page, 70)
    assert minutes.told(index, book.pages["book/other"], "path: short") == "1 hour to read, 2 minutes to run"
    monkeypatch.setattr(minutes, "reading", lambda index, page: 40)
    assert minutes.told(index, page, "path: short") == "2 hours to read, 2 minutes to run"
    with pytest.raises(BookError, match="no path 'long'"):
        minutes.told(index, page, "path: long")
