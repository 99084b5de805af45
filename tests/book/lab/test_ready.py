"""Where Pyodide cannot be had, the pages say so in a sentence and are built without it; but not where CI is set."""

from __future__ import annotations

import pytest

from booktools.lab import grade, line, npm, ready
from booktools.source.pages import BookError


@pytest.fixture
def lost(monkeypatch):
    def package(*given):
        raise BookError("npm could not fetch pyodide: no network <here>")

    monkeypatch.setattr(npm, "package", package)
    ready.told.cache_clear()
    yield
    ready.told.cache_clear()


def test_a_page_says_that_there_is_nothing_to_load(lost, monkeypatch, tmp_path):
    monkeypatch.delenv("CI", raising=False)
    for html in (grade.block({"name": "last-edge"}), line.block({"page": "intro", "tags": "X.2", "example": "a = b"})):
        assert "no network &lt;here&gt;" in html and "<form" not in html
    ready.install(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_ci_fails(lost, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(BookError, match="no network"):
        ready.told()


def test_what_is_written_into_a_block_is_text(monkeypatch):
    monkeypatch.setattr(ready, "told", lambda: ready.Told(size=14 * 2**20))
    html = line.block({"page": "intro", "tags": "X.2", "example": '"><script>'})
    assert "<script>" not in html and "14 MB" in html
