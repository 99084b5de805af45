"""Blocks that no chapter has to write: the build puts them where a page asks for them by what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

from pagekit.exercises import exercises

from ..source.pages import Page
from .directive import Lab

ASKED = re.compile(r'^grade\("([\w-]+)", \.\.\.\)$', re.MULTILINE)


def attach(app: Sphinx, tree: nodes.document) -> None:
    """A block before each cell that asks; a page may ask once for each exercise."""
    for cell in list(tree.findall(lambda node: isinstance(node, nodes.Element) and "cell_index" in node.attributes)):
        source = next((each.astext() for each in cell.findall(nodes.literal_block)), "")
        for name in sorted(exercises().keys() & set(ASKED.findall(source))):
            place = cell.parent.index(cell)
            cell.parent.insert(place, Lab("", kind="grade", begins={"name": name}, of=name))


LINE = re.compile(r"^    (.+?) {4}\[(.+)\]$", re.MULTILINE)
RELATION = re.compile(r" ([=≤<]) ")
BEST = 40  # characters that an example should have


def examples(text: str) -> Iterator[tuple[str, str]]:
    """The equalities of a block that is shown as text, each between two neighbouring lines, with the rule beside it."""
    before = ""
    for number, (line, rule) in enumerate(LINE.findall(text)):
        left, sign, right = RELATION.split(f"{before} {line}" if number else line, maxsplit=1)
        if sign == "=" and "hypothesis" not in rule:
            yield f"{left} = {right}", rule
        before = right


def example(page: Page) -> tuple[str, str]:
    """The example of a page and the tags of its proved blocks; "" where it has none."""
    shown = [one for cell in page.stored().cells for one in cell.get("outputs", [])]
    told = [(one.get("metadata", {}).get("diffusion_lib", {}), one.get("data", {})) for one in shown]
    proved = [
        (mark["tag"], data)
        for mark, data in told
        if "tag" in mark and not (mark.get("definition", True) or "recalled" in mark)
    ]
    found = [one for _, data in proved for one in examples("".join(data.get("text/plain", "")))]
    # A line by a rule of its own shows more than one by algebra.
    best = min(found, key=lambda one: (one[1].startswith("algebra"), abs(len(one[0]) - BEST)), default=("1 = 1", ""))
    return best[0], " ".join(tag for tag, _ in proved)


def attach_lines(app: Sphinx, tree: nodes.document) -> None:
    """A block at the end of a page with a derivation; its script puts a button beneath each block that has lines."""
    page = app.book.pages.get(app.env.docname)
    if page is None or not page.is_notebook or not page.notebook.is_file():
        return
    text, tags = example(page)
    if tags:
        last = next(iter(tree.findall(nodes.section)), tree)
        last.append(Lab("", kind="line", begins={"page": page.short, "tags": tags, "example": text}))


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", attach)
    app.connect("doctree-read", attach_lines)
