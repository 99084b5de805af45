"""Diagrams in pages that run no code: data in, an SVG out, and a clear word where the data are none."""

from __future__ import annotations

import base64
import re

import pytest
from root import ROOT

from booktools.site.diagram_directive import drawing
from diffusion_lib.errors import ConfigError

GOOD = """
caption: Two boxes.
alt: A box and a box.
boxes:
  one: ["$x_0$", [0, 0], data]
  two: ["$x_t$", [1, 0]]
arrows:
  - [one, two, "$q$"]
"""


def test_a_diagram_is_drawn_and_twice_the_same():
    shown, caption = drawing(GOOD)
    ((alt, encoded),) = re.findall(r'alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)"', shown)
    svg = base64.b64decode(encoded)
    assert svg.startswith(b"<?xml") and b"<script" not in svg and shown == drawing(GOOD)[0]
    assert (alt, caption) == ("A box and a box.", "Two boxes.")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("alt: A box and a box.\n", "", "must have caption, alt and boxes"),
        ("boxes:", "box:", "must have caption, alt and boxes"),
        ("[one, two", "[one, three", "'three'"),
        ("data]", "datum]", "'datum'"),
    ],
)
def test_what_is_no_diagram_is_refused(old, new, words):
    with pytest.raises(ConfigError, match=re.escape(words)):
        drawing(GOOD.replace(old, new))


def test_the_diagrams_of_the_pages_are_drawn():
    found = [
        body
        for path in sorted((ROOT / "book").glob("*.md"))
        for body in re.findall(r"(?ms)^```\{diagram\}\n(.*?)^```", path.read_text(encoding="utf-8"))
    ]
    assert len(found) >= 4
    for body in found:
        drawing(body)
