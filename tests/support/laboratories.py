"""The laboratories of the book, and what a browser is asked about them."""

from __future__ import annotations

from root import ROOT

from booktools.lab.directive import blocks
from booktools.lab.static import BLOCKS
from booktools.source.pages import Book

ASKED = (ROOT / "tests" / "support" / "laboratory.js").read_text(encoding="utf-8")
WHERE = {found.argument: page for page, found in reversed(list(blocks(Book(ROOT))))}  # the first page that has it
LIGHT = [kind for kind in WHERE if kind not in BLOCKS]  # those that the shell mounts
