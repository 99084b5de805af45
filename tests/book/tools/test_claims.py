"""Numbers and comparisons in prose and captions: what passes, and what must be computed, cited or tested."""

from __future__ import annotations

import pytest
from book_fixture import HEADER, make_book, write_registry
from root import ROOT

from booktools.check.claims import problems
from booktools.source.pages import Book

FIGURE = """
```{{code-cell}} ipython3
---
mystnb:
  figure:
    name: fig-one
    caption: "{caption}"
---
{code}
```
"""
FAILS = 'if a > b:\n    raise ArithmeticError("not so")'


def faults(root, text, entries=None):
    root = make_book(root, {"chapter": f"{HEADER}# A chapter\n\n{text}\n"})
    write_registry(root, claims=entries or {})
    return problems(Book(root))


def figure(caption, code="a = 1"):
    return FIGURE.format(caption=caption, code=code)


def cell(code):
    return f"\n```{{code-cell}} ipython3\n{code}\n```\n"


@pytest.mark.parametrize(
    "text",
    [
        "It is {value}`share` % of them, $0.3$ of all, and `0.4`.",
        "See Section 3.2, equations 4.1 and 4.3, Table 2.1 and Python 3.11.",
        "With a scale of 7.5 it is sharper.\n" + cell("scale = 7.5"),
        "With a share of 0.25 it is better.\n" + cell("share = .25"),
        "On page 12 there are 3 figures.",
        figure("The loss at each time; lower is better, and at least one point is marked."),
        figure("The loss falls faster than before.", FAILS),
        figure("The loss falls faster than before.", 'measured("loss", a, high=1)'),
        cell('def row(a):\n    if a:\n        raise ArithmeticError("not so")') + figure("It falls.", "row(a)"),
        '```{diagram} fig-boxes\nboxes:\n  one: ["a", [0, 0.5], data]\n```\n\nBy A, CC BY 2.0.',
    ],
)
def test_harmless_by_their_form(tmp_path, text):
    assert faults(tmp_path, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "It is right in 95 % of the cases.", "The error is 0.31 nats.", "28 of 60 get out.", "28 of the 60 get out.",
        "A loss of 1.5 is left.\n" + cell("other = 1.25"), "Section 3.2 says 0.7.",
        figure("The error is .31 at the end."), figure("The loss falls to the floor."),
        figure("Ours is faster.", 'measured("speed", a)'), figure("More noise is better.", "raise_it = 1"),
        cell("def row(a):\n    raise ValueError(a)") + figure("It falls.", "row(a)"),
    ],
)  # fmt: skip
def test_what_nothing_vouches_for_is_reported(tmp_path, text):
    assert len(faults(tmp_path, text)) == 1


@pytest.mark.parametrize("entry", ["if a > b:", ["if a > b:", "not so"]])
def test_the_register_vouches(tmp_path, entry):
    text = "They report 3.17 {cite}`ho2020`, and we set 95 %.\n" + figure("It falls.") + cell(FAILS)
    register = {"cited": {"3.17": "ho2020"}, "set": {"95 %": "the level of an interval"}, "captions": {}}
    register["captions"] = {"fig-one": entry}
    assert faults(tmp_path, text, {"chapter": register}) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cited": {"3.17": "song2021", "95 %": "ho2020"}}, "is not cited"),
        ({"set": {"9.9": "?", "95 %": "a level"}}, "is not on the page"),
        ({"captions": {"fig-one": "if a > c:"}}, "no cell that can fail"),
        ({"captions": {"fig-one": ["if a > b:", "if a > c:"]}}, "no cell that can fail"),
        ({"captions": {"fig-one": "step elsewhere"}}, "no cell that can fail"),
        ({"captions": {"fig-one": "reading", "fig-two": "reading"}}, "compares nothing"),
        ({"guess": {}}, "is not a kind"),
    ],
)
def test_a_stale_or_wrong_entry_is_reported(tmp_path, change, words):
    text = "They report 3.17 {cite}`ho2020`, and we set 95 %.\n" + figure("It falls.") + cell(FAILS)
    register = {"cited": {"3.17": "ho2020"}, "set": {"95 %": "a level"}, "captions": {"fig-one": "reading"}}
    assert any(words in one for one in faults(tmp_path, text, {"chapter": register | change}))


def test_the_book_keeps_the_rule():
    assert problems(Book(ROOT)) == []
