"""The laboratories of the book, and what a browser is asked about them."""

from __future__ import annotations

from root import ROOT

from booktools.lab.directive import FOLDER, blocks
from booktools.lab.static import BLOCKS
from booktools.source.pages import Book

ASKED = (ROOT / "tests" / "support" / "laboratory.js").read_text(encoding="utf-8")
WHERE = {found.argument: page for page, found in reversed(list(blocks(Book(ROOT))))}  # the first page that has it
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in (FOLDER / "kinds").glob("*.js")}
# Those that the shell mounts; the others do it themselves.
LIGHT = [kind for kind in WHERE if kind not in BLOCKS and "export const mount" not in TEXTS[kind]]
