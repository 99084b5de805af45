"""Blocks that no chapter has to write: the build puts them where a page asks for them by what it is."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

from diffusion_lib.notebook.exercises import exercises

from .directive import Lab

ASKED = re.compile(r'^grade\("([\w-]+)", \.\.\.\)$', re.MULTILINE)


def attach(app: Sphinx, tree: nodes.document) -> None:
    """A block before each cell that asks; a page may ask once for each exercise."""
    for cell in list(tree.findall(lambda node: isinstance(node, nodes.Element) and "cell_index" in node.attributes)):
        source = next((each.astext() for each in cell.findall(nodes.literal_block)), "")
        for name in sorted(exercises().keys() & set(ASKED.findall(source))):
            place = cell.parent.index(cell)
            cell.parent.insert(place, Lab("", kind="grade", begins={"name": name}, of=name))


SHORT = re.compile(r"^    (\S.{8,60}? = [^=]{3,60}?)    \[", re.MULTILINE)


def attach_lines(app: Sphinx, tree: nodes.document) -> None:
    """A block at the end of a page with a derivation; its script puts a button beneath each block that has lines."""
    page = app.book.pages.get(app.env.docname)
    if page is None or not page.is_notebook or not page.notebook.is_file():
        return
    shown = [one for cell in page.stored().cells for one in cell.get("outputs", [])]
    told = [(one.get("metadata", {}).get("diffusion_lib", {}), one.get("data", {})) for one in shown]
    proved = [
        (mark["tag"], data)
        for mark, data in told
        if "tag" in mark and not (mark.get("definition", True) or "recalled" in mark)
    ]
    if not proved:
        return
    texts = [found for _, data in proved for found in SHORT.findall("".join(data.get("text/plain", "")))]
    example = min(texts, key=lambda text: abs(len(text) - 30), default="1 = 1")
    begins = {"page": page.short, "tags": " ".join(tag for tag, _ in proved), "example": example}
    last = next(iter(tree.findall(nodes.section)), tree)
    last.append(Lab("", kind="line", begins=begins))


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", attach)
    app.connect("doctree-read", attach_lines)
