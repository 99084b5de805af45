"""What a page tells machines: title, description, canonical address; and the site map.  For cards see _config.yml."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from types import SimpleNamespace

from docutils import nodes
from sphinx.application import Sphinx

from ..source.pages import Book
from . import card

LONGEST = 160  # what search engines show of a description
CARD = "_static/card.png"
LISTED = re.compile(r"^(After this|You need|Needs|\d+ minutes)|:$")  # first lines that say nothing of the subject


def address(book: Book, page: str) -> str:
    """Where the page is published; the first page is also the front of the site, but has one address."""
    return f"{book.site}/{page}.html"


def description(tree: nodes.document) -> str:
    """The first sentences of the page that tell something, whole, in at most ``LONGEST`` characters."""
    for paragraph in tree.findall(nodes.paragraph):
        if isinstance(paragraph.parent, (nodes.section, nodes.document)) and not paragraph.get("classes"):
            text = " ".join(plain(paragraph).split())
            if len(text) > 40 and not LISTED.search(text):
                return shorten(text)
    items = [" ".join(plain(item).split()).rstrip(";,.") for item in tree.findall(nodes.list_item)]
    title = next((node.astext() for node in tree.findall(nodes.title)), "")
    return shorten(f"{title}: {'; '.join(items[:3])}." if items else title)


def plain(node: nodes.Node) -> str:
    """The words of ``node``, without formulas: a description shows no LaTeX."""
    if isinstance(node, (nodes.math, nodes.math_block, nodes.raw)):
        return "…" if isinstance(node, nodes.math) else ""
    return str(node) if isinstance(node, nodes.Text) else "".join(map(plain, node.children))


def shorten(text: str) -> str:
    """The whole sentences that fit, or, if not even one does, its first words."""
    if len(text) <= LONGEST:
        return text
    whole = text[: text[:LONGEST].rfind(". ") + 1]
    return whole if len(whole) > 40 else text[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def fill(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    book: Book = app.book
    title = re.sub(r"<[^>]*>", "", str(context.get("title", "")))
    named = book.config["title"]
    context["head"] = SimpleNamespace(title=f"{title} — {named}" if title and title != named else named, canonical="")
    if pagename in book.pages and doctree is not None:
        context["head"].canonical = address(book, pagename)
        said = escape(description(doctree))  # the extension's own is cut within a word, and shows LaTeX
        context["metatags"] += f'<meta name="description" content="{said}">\n'
        context["meta"] = (context["meta"] or {}) | {"og:description": said}
    else:
        context["metatags"] += '<meta name="robots" content="noindex">\n'


def site_map(book: Book) -> str:
    urls = "".join(f"<url><loc>{escape(address(book, name))}</loc></url>\n" for name in book.pages)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{urls}</urlset>\n'
    )


def finish(app: Sphinx, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    output = Path(app.outdir)
    (output / "sitemap.xml").write_text(site_map(app.book), encoding="utf-8")
    robots = f"User-agent: *\nAllow: /\nSitemap: {app.book.site}/sitemap.xml\n"
    (output / "robots.txt").write_text(robots, encoding="utf-8")
    card.draw(app.book.config["title"], output / CARD)


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", fill, priority=400)  # before sphinxext-opengraph, which writes what a card needs
    app.connect("build-finished", finish)
