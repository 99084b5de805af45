"""What a page tells machines: description, canonical address, the card shown where it is linked; and the site map."""

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


def tags(book: Book, page: str, title: str, said: str) -> str:
    """The ``<meta>`` elements of a page."""
    picture, site = f"{book.site}/{CARD}", book.config["title"]
    properties = {
        "og:title": title, "og:type": "article", "og:url": address(book, page), "og:site_name": site,
        "og:description": said, "og:image": picture, "og:image:width": card.SIZE[0], "og:image:height": card.SIZE[1],
        "og:image:alt": card.ALT,
    }  # fmt: skip
    names = {"description": said, "twitter:card": "summary_large_image"}
    made = [f'<meta property="{name}" content="{escape(str(value))}">\n' for name, value in properties.items()]
    return "".join(made + [f'<meta name="{name}" content="{escape(value)}">\n' for name, value in names.items()])


def fill(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    book: Book = app.book
    title = re.sub(r"<[^>]*>", "", str(context.get("title", "")))
    named = book.config["title"]
    context["head"] = SimpleNamespace(title=f"{title} — {named}" if title and title != named else named, canonical="")
    if pagename in book.pages and doctree is not None:
        context["head"].canonical = address(book, pagename)
        context["metatags"] += tags(book, pagename, title, description(doctree))
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
    app.connect("html-page-context", fill, priority=700)
    app.connect("build-finished", finish)
