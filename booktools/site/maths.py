"""Sphinx asks here for the HTML of every formula: in the text, in derivations, and in HTML that cells show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from html import unescape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

from ..source.pages import BookError
from .formulas import Block, derived, typed
from .justifications_directive import CERTIFIED, EXPLAINED, PROVED, Links
from .markup import block_html, inline, needed
from .mathml import Formula, Formulas

LOGGER = logging.getLogger(__name__)
NAME = "temml"
RAW = re.compile(r"\\\((.+?)\\\)", re.DOTALL)
OPENING = re.compile(r"[^\s—–/]{1,12}$")  # what touches a formula stays on its line
CLOSING = re.compile(r"^[^\s—–/]{1,12}")


def address(app: Sphinx, here: str, page: str, anchor: str) -> str:
    """A place of the book, seen from the page ``here``."""
    return ("" if page == here else app.builder.get_relative_uri(here, page)) + f"#{anchor}"


def links(app: Sphinx, here: str) -> Links:
    """Where the justifications and the numbers on the page ``here`` lead."""

    def step(tag: str) -> str:
        target = app.book_index.find("steps", tag)
        return address(app, here, target.page.name, target.anchor)

    def justification(name: str) -> tuple[str, str]:
        if name in PROVED:
            return step(PROVED[name]), app.book_index.find("steps", PROVED[name]).text
        page, anchor = EXPLAINED
        return (address(app, here, page, anchor), "the notation") if page in app.book.pages else ("", "")

    proofs = app.builder.get_relative_uri(here, CERTIFIED) if CERTIFIED in app.book.pages else ""
    return Links(justification, step, proofs)


def prepare(app: Sphinx, env: BuildEnvironment) -> None:
    """Make all formulas of the book at once, before the first page is written."""
    app.formulas.prepare(each for page in env.found_docs for each in _formulas(app, env.get_doctree(page)))


def block_of(app: Sphinx, node: nodes.math_block) -> Block:
    """A block of a derivation, if a cell has displayed it; else a formula of the text."""
    mark = app.book_index.blocks.get(node.astext().strip())
    return derived(mark) if mark else typed(node.astext())


def _formulas(app: Sphinx, tree: nodes.document) -> Iterator[Formula]:
    yield from (Formula(node.astext()) for node in tree.findall(nodes.math))
    for node in tree.findall(nodes.math_block):
        with suppress(BookError):  # it is told where the block is written
            yield from needed(block_of(app, node))
    for node in tree.findall(_is_html):
        yield from (Formula(unescape(found[1])) for found in RAW.finditer(node.astext()))


def _is_html(node: nodes.Node) -> bool:
    return isinstance(node, nodes.raw) and node.get("format") == "html"


def finish(app: Sphinx, tree: nodes.document, page: str) -> None:
    """Take what touches a formula into its node, and set the formulas in the HTML of cells."""
    for math in list(tree.findall(nodes.math)):
        math["before"], math["after"] = _taken(math, -1, OPENING), _taken(math, 1, CLOSING)
    for raw in [node for node in tree.findall(_is_html) if RAW.search(node.astext())]:
        html = RAW.sub(lambda found: _safe(app, raw, Formula(unescape(found[1]))), raw.astext())  # noqa: B023
        raw.replace_self(nodes.raw("", html, format="html"))


def _taken(math: nodes.math, step: int, which: re.Pattern) -> str:
    """The letters of the text beside ``math`` that touch it; they leave the text."""
    place = math.parent.index(math) + step
    beside = math.parent[place] if 0 <= place < len(math.parent) else None
    if not isinstance(beside, nodes.Text) or not (found := which.search(beside)):
        return ""
    rest = beside[: found.start()] if step < 0 else beside[found.end() :]
    math.parent.replace(beside, nodes.Text(rest))
    return found[0]


def _safe(app: Sphinx, node: nodes.Node, formula: Formula, before: str = "", after: str = "") -> str:
    """The formula's HTML; what cannot be set is a warning, which fails the build and names the page."""
    try:
        return inline(formula, app.formulas, before, after)
    except BookError as error:
        LOGGER.warning("%s", error, location=node)
        return ""


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    html = _safe(self.builder.app, node, Formula(node.astext()), node.get("before", ""), node.get("after", ""))
    self.body.append(html)
    raise nodes.SkipNode


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    app = self.builder.app
    try:
        block = block_of(app, node)
        number = f"({block.tag or node.get('number')})" if block.tag or node.get("number") else ""
        anchor = f"eq-{block.tag}" if block.tag else next(iter(node.get("ids", [])), "")
        self.body.append(block_html(block, app.formulas, links(app, self.builder.current_docname), anchor, number))
    except BookError as error:
        LOGGER.warning("%s", error, location=node)
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.formulas = Formulas()
    app.add_html_math_renderer(NAME, (visit_inline, None), (visit_block, None))
    app.connect("env-updated", prepare)
    app.connect("doctree-resolved", finish)
