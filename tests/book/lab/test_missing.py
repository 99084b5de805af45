"""A laboratory whose parts cannot be had: the book is built without it and says so; in CI that is a fault."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from booktools.lab import data, directive, npm
from booktools.source.pages import BookError


@pytest.fixture
def offline(monkeypatch):
    def refuse(kind):
        if kind == "picture":
            raise BookError("npm could not install it: no network")
        return {}

    monkeypatch.setattr(data, "of", refuse)
    directive.missing.cache_clear()
    yield
    directive.missing.cache_clear()


@pytest.fixture
def unbundled(monkeypatch):
    def refuse(*given):
        raise BookError("npm could not install it: no network <here>")

    monkeypatch.setattr(npm, "package", refuse)
    directive.frozen.cache_clear()
    yield
    directive.frozen.cache_clear()


def test_the_others_are_drawn(offline, monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    lost, drawn = directive.render([("picture", {}), ("schedule", {})])
    assert lost == {"title": directive.title("picture"), "missing": "npm could not install it: no network"}
    assert "<svg" in drawn["html"] and "missing" not in drawn


def test_it_is_a_fault_where_everything_must_be_there(offline, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(BookError, match="could not install"):
        directive.render([("picture", {})])


def test_every_laboratory_has_a_title():
    assert all(directive.title(kind) for kind in directive.kinds() if kind not in ("grade", "line"))


def shown(kind: str) -> str:
    """The block as it stands on a page whose picture was drawn."""
    app = SimpleNamespace(laboratories={(kind, "{}"): {"title": "A title", "html": "<svg></svg>"}})
    page = SimpleNamespace(builder=SimpleNamespace(app=app), body=[])
    node = directive.made(kind, "", [])
    directive.visit_lab(page, node)
    directive.depart_lab(page, node)
    return "".join(page.body)


def test_without_the_bundler_a_picture_stands_and_says_why_it_does_not_move(unbundled, monkeypatch, tmp_path):
    monkeypatch.delenv("CI", raising=False)
    html = shown("schedule")
    assert "<svg></svg>" in html and "data-kind" not in html
    assert "does not move: npm could not install it: no network &lt;here&gt;" in html
    assert "does not move" not in shown("line") and "data-kind" not in shown("line")  # it says so itself
    app = SimpleNamespace(
        outdir=tmp_path, builder=SimpleNamespace(format="html"), laboratories={("schedule", "{}"): {}}
    )
    directive.write(app, None)
    assert list(tmp_path.iterdir()) == []


def test_a_bundler_that_cannot_be_had_is_a_fault_where_everything_must_be_there(unbundled, monkeypatch):
    monkeypatch.setenv("CI", "true")
    with pytest.raises(BookError, match="could not install"):
        directive.frozen()
