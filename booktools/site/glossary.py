"""Links to the glossary: the first use of each of its terms on a page leads to the entry.

Only running text is searched: no headings, captions, links, code or formulas.  An abbreviation must be written in its
capitals; other terms may begin a sentence or stand in the plural.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from ..source import glossary

INSIDE = (nodes.title, nodes.caption, nodes.reference, nodes.literal, nodes.footnote, addnodes.pending_xref)


def link(app: Sphinx, tree: nodes.document) -> None:
    """Turn the first use of each term into a reference, the longest term first where two begin together."""
    page = app.env.docname
    if page == glossary.PAGE or page.startswith("book/api/"):
        return
    left = {name: group for group in glossary.entries(app.book) for name in group}
    for text in list(tree.findall(nodes.Text)):
        if left and _runs(text):
            _replace(text, left)


def _runs(text: nodes.Text) -> bool:
    node, paragraph = text.parent, False
    while node is not None:
        if isinstance(node, INSIDE):
            return False
        paragraph |= isinstance(node, nodes.paragraph)
        node = node.parent
    return paragraph


def _replace(text: nodes.Text, left: dict[str, tuple[str, ...]]) -> None:
    """Split ``text`` at its first uses, and take their entries out of ``left``."""
    parts: list[nodes.Node] = []
    rest = text.astext()
    while left and (found := pattern(left).search(rest)):
        name = _name(found[0], left)
        parts += [nodes.Text(rest[: found.start()]), _reference(name, found[0])]
        rest = rest[found.end() :]
        for other in left[name]:
            left.pop(other, None)
    if parts:
        text.parent.replace(text, [*parts, nodes.Text(rest)])


def pattern(names) -> re.Pattern:
    ordered = sorted(names, key=len, reverse=True)
    return re.compile("|".join(rf"(?<![\w-]){_form(name)}(?:e?s)?(?![\w-])" for name in ordered))


def _form(name: str) -> str:
    if is_abbreviation(name):
        return re.escape(name)
    return f"(?i:{re.escape(name)})"


def is_abbreviation(name: str) -> bool:
    """Has it two capitals or more, as SNR and adaLN have?"""
    return sum(letter.isupper() for letter in name.split()[0]) > 1


def _name(written: str, names) -> str:
    whole = [name for name in names if re.fullmatch(rf"{_form(name)}(?:e?s)?", written)]
    return max(whole, key=len)


def _reference(name: str, written: str) -> nodes.Node:
    shown = nodes.inline("", written, classes=["glossary-term"])
    return addnodes.pending_xref(
        "", shown, refdomain="std", reftype="term", reftarget=name, refexplicit=True, refwarn=True
    )


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", link)
