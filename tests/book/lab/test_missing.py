"""A laboratory whose parts cannot be had: the book is built without it and says so; in CI that is a fault."""

from __future__ import annotations

import pytest

from booktools.lab import data, directive
from booktools.source.pages import BookError


@pytest.fixture
def offline(monkeypatch):
    def refuse():
        raise BookError("npm could not fetch it; is there a network?")

    monkeypatch.setitem(data.DATA, "picture", refuse)
    directive.missing.cache_clear()
    yield
    directive.missing.cache_clear()


def test_the_others_are_drawn(offline, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    lost, drawn = directive.render([("picture", {}), ("schedule", {})])
    assert lost == {"title": directive.title("picture"), "missing": "npm could not fetch it; is there a network?"}
    assert "<svg" in drawn["html"] and "missing" not in drawn


def test_it_is_a_fault_where_everything_must_be_there(offline, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(BookError, match="could not fetch"):
        directive.render([("picture", {})])


def test_every_laboratory_has_a_title():
    assert all(directive.title(kind) for kind in directive.kinds() if kind not in ("grade", "line"))
