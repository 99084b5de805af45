"""Where a block comes from: the sentences ``*Source: …*`` of the pages, as marks and as a page of their own."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from diffusion_lib.runtime.tables import markdown

from ..source.index import Index, marks
from ..source.pages import Page

HEAD = ["block", "result", "source", "Gumaan (2024)"]
_SENTENCE = re.compile(r"(?ms)^\*Source: (.*?)\*(?=\n\s*\n|\s*\Z)")
_GUMAAN = re.compile(r"(?s)^(.*?)[.;,]?\s*Gumaan \(2024\): (.*)$")


def is_source(node: nodes.Node) -> bool:
    """A paragraph that is nothing but ``*Source: …*``."""
    if not isinstance(node, nodes.paragraph) or len(node.children) != 1:
        return False
    return isinstance(node[0], nodes.emphasis) and node.astext().startswith("Source:")


def word(sentence: str) -> str:
    """How Gumaan (2024) prints the formula, if the sentence records it: ``verbatim`` or ``corrected``."""
    return next((each for each in ("corrected", "verbatim") if each in sentence), "")


def sources(index: Index, page: Page) -> list[list[str]]:
    """The rows of a page: number, name, source and word of each block under which a sentence stands."""
    shown, blocks, rows = iter(index.outputs.get(page.name, [])[1:]), [], []
    for cell in page.cells:
        if cell.kind == "code":
            blocks = [mark for mark, _ in marks([next(shown, [])]) if "tag" in mark] or blocks
            continue
        for found in _SENTENCE.finditer(cell.source):
            if blocks and not cell.source[: found.start()].strip():
                rows.append(row(blocks[-1], " ".join(found[1].split())))
        blocks = []
    return rows


def row(mark: dict, sentence: str) -> list[str]:
    """The row of a block; what follows “Gumaan (2024):” stands in the last column."""
    source, gumaan = sentence.removesuffix("."), ""
    if match := _GUMAAN.match(source):
        source, gumaan = match[1], match[2]
    return [f"{{step}}`{mark['tag']}`", mark["name"], source or "–", gumaan or "–"]


class Provenance(SphinxDirective):
    """``{provenance}``: one table for each chapter that has sources, read again at every build."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        book, index = self.env.app.book, self.env.app.book_index
        text = ""
        for page in book.notebooks:
            if rows := sources(index, page):
                text += f"**{{doc}}`/{page.name}`**\n\n{markdown(HEAD, rows, 'llll')}\n\n"
        made = self.parse_text_to_nodes(text)
        for table in (table for node in made for table in node.findall(nodes.table)):
            table["classes"].append("sources")
        return made


def setup(app: Sphinx) -> None:
    app.add_directive("provenance", Provenance)
