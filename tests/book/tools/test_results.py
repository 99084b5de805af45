"""What chapters recall from each other: the file says what the notebooks report, and the chapters prove it still."""

from __future__ import annotations

import json

import pytest
from chapters import notebooks, outputs, run_derivation
from nbformat import from_dict
from root import ROOT

from booktools.notebooks.results import collected, outdated, stored
from booktools.source.index import stored_outputs
from booktools.source.pages import Book
from derive import Derivation
from derive.page.recall import find, recorded
from derive.page.record import results


def recalled() -> list[dict]:
    """What the stored notebooks recall, each with the page that does."""
    marks = [(name, out.get("metadata", {}).get("diffusion_lib", {})) for name in notebooks() for out in outputs(name)]
    return [{"page": name, **mark["recalled"]} for name, mark in marks if "recalled" in mark]


def test_the_file_is_what_the_notebooks_report():
    book = Book(ROOT)
    assert json.loads(collected(book, stored_outputs(book))) == stored(book) == recorded()


@pytest.mark.parametrize("chapter", sorted({one["chapter"] for one in recalled()}))
def test_a_recalled_result_is_proved_by_its_chapter(chapter):
    """The chapter's own cells run here: what they prove now is what the file says, and what other pages show."""
    (derivation,) = {
        id(one): one for one in run_derivation(chapter)[0].values() if isinstance(one, Derivation)
    }.values()
    proved = results(derivation)
    assert {**proved, "recalls": recorded()[chapter]["recalls"]} == recorded()[chapter]
    for one in (one for one in recalled() if one["chapter"] == chapter):
        there = find(one["name"], {chapter: json.loads(json.dumps(proved))})
        assert (there.tag, there.sentence) == (one["tag"], one["says"]), one["page"]


def test_a_page_is_stale_when_what_it_recalls_has_changed():
    told = {"letter": "A", "recalls": [], "letters": {"a": "parameter in (0, 1)"}, "definitions": {}}
    row = {"tag": "A.1", "says": "a = a", "times": {}, "rests": [], "letters": ["a"]}
    known = {"first": {**told, "results": {"same": row}}}
    mark = {
        "tag": "B.1",
        "recalled": {"chapter": "first", "name": "same", "tag": "A.1", "says": find("same", known).sentence},
    }
    shown = [[from_dict({"data": {}, "metadata": {"diffusion_lib": mark}})]]
    assert outdated(shown, known) is None
    for change in ({"tag": "A.2"}, {"says": "a = 2 * a"}, {"times": {"t": 2}}):
        assert "'same'" in outdated(shown, {"first": {**told, "results": {"same": {**row, **change}}}})
    assert outdated(shown, {"first": {**told, "results": {}}}) and outdated(shown, {})
    other = {**told, "letters": {"a": "parameter in (0, ∞)"}, "results": {"same": row}}
    assert outdated(shown, {"first": other})
