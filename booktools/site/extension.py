"""Sphinx extension of the book: roles for computed values and derivation steps, notebook links, offline pages.

``{value}`name` `` is the text that a cell of the page displayed under that name.  ``{step}`F.3` `` (or the step's name)
links to the block that is numbered F.3.  Both read the committed notebooks, and an unknown name is a warning,
which ``-W`` turns into an error.  Pages may load nothing from other hosts, and every image has an alternative text.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import sphinxcontrib.bibtex.plugin
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx_exercise.nodes import solution_node
from sphinxcontrib.bibtex.style.referencing import BracketStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

from ..lab import asked
from ..lab import directive as laboratories
from ..notebooks import cost, minutes
from ..notebooks.install import commit_of_library, install_cell
from ..source.index import Index, stored_outputs
from ..source.pages import PUBLISHED, Book, BookError
from . import accessible, api, fold, frame, glossary, head, images, maths, offline, purge_css, refuted, search, where
from .chapters_directive import Chapters
from .diagram_directive import Diagram
from .measures import Measures

TOOLS = Path(__file__).parents[1]
LOGGER = logging.getLogger(__name__)
PERCENT = re.compile(r"(?:(?<=\d)|^) %")  # also where a role has left the number as a text of its own
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'",
        "worker-src 'self' blob:",  # one from a blob is bound by this policy, one from an address would not be
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    )
)


def _round() -> BracketStyle:
    return BracketStyle(left="(", right=")", sep="; ")


@dataclass
class RoundAuthorYear(AuthorYearReferenceStyle):
    """Ho et al. (2020) and (Ho et al., 2020), as in most papers."""

    bracket_parenthetical: BracketStyle = field(default_factory=_round)
    bracket_textual: BracketStyle = field(default_factory=_round)
    bracket_author: BracketStyle = field(default_factory=_round)
    bracket_label: BracketStyle = field(default_factory=_round)
    bracket_year: BracketStyle = field(default_factory=_round)


class ValueRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        book, index = self.env.app.book, self.env.app.book_index
        page = book.pages[self.env.docname]
        try:
            for source in index.shown_from(page, self.text):
                self.env.note_dependency(str(source.notebook))
            found = index.value(page, self.text, index.values.get(page.name, {}))
        except BookError as error:
            LOGGER.warning("%s", error, location=self.get_location())
            found = self.text
        return [nodes.Text(found)], []


class MinutesRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        book, index = self.env.app.book, self.env.app.book_index
        page = book.pages[self.env.docname]
        try:
            found = minutes.told(index, page, self.text)
            for chapter in minutes.chapters(index, page, self.text):
                for read in (chapter.source, chapter.notebook, cost.path_of(chapter)):
                    self.env.note_dependency(str(read))
        except BookError as error:
            LOGGER.warning("%s", error, location=self.get_location())
            found = self.text
        return [nodes.Text(found)], []


class CloneRole(SphinxRole):
    """The command that copies the book, with the address of ``_config.yml``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        command = f"git clone {self.env.app.book.repository}"
        return [nodes.literal("", command)], []


class StepRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            target = self.env.app.book_index.find("steps", self.text)
        except BookError as error:
            LOGGER.warning("%s", error, location=self.get_location())
            return [nodes.Text(self.text)], []
        self.env.note_dependency(str(target.page.notebook))
        return [nodes.reference("", target.text, internal=True, refuri=step_url(self.env.app, self.text))], []


def step_url(app: Sphinx, label: str) -> str:
    """The address of a numbered block, seen from the page that is being read."""
    return maths.links(app, app.env.docname).step(label)


def only_the_pages(app: Sphinx, config: Config) -> None:
    """Sphinx reads these and nothing else: an environment or a built wheel may lie in the folder, under any name."""
    config.include_patterns = [f"{name}.md" for name in Book(app.srcdir).pages]


def read_book(app: Sphinx) -> None:
    app.book = Book(app.srcdir)
    app.book_index = Index(app.book, stored_outputs(app.book))
    app.config.html_baseurl = app.config.ogp_site_url = f"{app.book.site}/"


def depend_on_notebook(app: Sphinx, docname: str, source: list[str]) -> None:
    """A page is rendered again when its committed notebook changes, not only when its text does."""
    page = app.book.pages.get(docname)
    if page and page.notebook.is_file():
        app.env.note_dependency(str(page.notebook))


def finish_tree(app: Sphinx, tree: nodes.document) -> None:
    refuted.show(tree)
    for text in list(tree.findall(nodes.Text)):  # a line does not end between a number and its %
        if PERCENT.search(text) and not isinstance(text.parent, (nodes.FixedTextElement, nodes.literal)):
            text.parent.replace(text, nodes.Text(PERCENT.sub("\u00a0%", text)))
    for solution in tree.findall(solution_node):
        solution["classes"].append("dropdown")  # folded, as in the notebooks
    for image in tree.findall(nodes.image):
        if not image.get("alt", "").strip():
            LOGGER.warning("this image needs an alternative text%s", _cell(image), location=image)


def _cell(image: nodes.image) -> str:
    """Which cell displayed the image, and how to describe it there."""
    node = image.parent
    while node is not None and "cell_index" not in node.attributes:
        node = node.parent
    return (
        f" (cell {node['cell_index'] + 1}: set mystnb: image: alt: in its metadata)" if node is not None else " (:alt:)"
    )


def finish_page(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    context["metatags"] = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n' + context.get(
        "metatags", ""
    )
    page = app.book.pages.get(pagename)
    if page is None or not page.is_notebook:
        return
    written = f"/blob/{app.book.branch}/{pagename}.md"
    path = page.notebook.relative_to(app.book.root).as_posix()
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []) if isinstance(group, dict) else []:
            if "url" in button:
                button["url"] = button["url"].replace(written, f"/blob/{PUBLISHED}/{path}")


def offer_notebooks(app: Sphinx, error: Exception | None) -> None:
    """The download button gives the committed notebook, with its outputs, instead of the theme's own conversion.

    It installs the library of the commit that the page was built from.  The same files are published for Colab.
    """
    if error is not None:
        return
    first = install_cell(app.book, commit_of_library(app.book))
    for page in app.book.notebooks:
        nb = page.stored()
        nb.cells[0].source = first.source
        target = Path(app.outdir, "_sources", f"{page.name}.ipynb")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(nbformat.writes(nb) + "\n", encoding="utf-8")


def drop_thebe(app: Sphinx) -> None:
    """Jupyter Book always loads thebe: its script lives on another host, and twice declared it is an error."""
    for listeners in app.events.listeners.values():
        listeners[:] = [
            each
            for each in listeners
            if getattr(each.handler, "__name__", "") not in ("init_thebe_core", "update_thebe_context")
        ]


def setup(app: Sphinx) -> dict:
    sphinxcontrib.bibtex.plugin.register_plugin(
        "sphinxcontrib.bibtex.style.referencing", "author_year_round", RoundAuthorYear
    )
    app.add_role("value", ValueRole())
    app.add_role("minutes", MinutesRole())
    app.add_role("step", StepRole())
    app.add_role("clone", CloneRole())
    app.add_directive("costs", cost.Costs)
    app.add_directive("large-costs", cost.LargeCosts)
    app.add_directive("measures", Measures)
    app.add_directive("chapters", Chapters)
    app.add_directive("diagram", Diagram)
    fold.setup(app)
    maths.setup(app)
    where.setup(app)
    frame.setup(app)
    images.setup(app)
    accessible.setup(app)
    search.setup(app)
    glossary.setup(app)
    head.setup(app)
    laboratories.setup(app)
    offline.setup(app)
    asked.setup(app)
    purge_css.setup(app)
    api.setup(app)
    drop_thebe(app)
    app.connect("config-inited", only_the_pages)
    app.connect("builder-inited", read_book)
    app.connect("source-read", depend_on_notebook)
    app.connect("doctree-read", finish_tree)
    app.connect("html-page-context", finish_page, priority=600)  # the theme makes its buttons at 501
    app.connect("build-finished", offer_notebooks)
    files = [
        *sorted(TOOLS.rglob("*.py")),
        *sorted((TOOLS / "lab").glob("*.mjs")),
        *sorted((TOOLS / "site").glob("*.js")),
        *sorted((TOOLS / "site" / "templates").iterdir()),
        *sorted((TOOLS / "site" / "vendor").glob("*.js*")),
        *sorted(path for path in (TOOLS.parent / "book" / "_static").rglob("*") if path.is_file()),
    ]
    version = int(hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:8], 16)
    # Sphinx would not notice a change of this package or of the style sheet: the version makes it render all pages.
    return {"env_version": version, "parallel_read_safe": True, "parallel_write_safe": True}
