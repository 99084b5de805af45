"""``python -m booktools.site.pdf``: the whole book as one PDF, ``_build/book.pdf``, printed by headless Chromium.

The contents of the built pages become one page, in the order of the book, after a list of chapters.  A link to another
page becomes a link within the file.  Folded parts are left out.
"""

from __future__ import annotations

import re
import sys
from html import escape
from pathlib import Path

from ..check.measure import chromium
from ..source.pages import Book, BookError, report

FOOT = '<div style="width:100%;text-align:center;font-size:8pt;color:#555"><span class="pageNumber"></span></div>'
MARGIN = {"top": "18mm", "bottom": "18mm", "left": "18mm", "right": "18mm"}
READY = """() => Promise.all([...document.images].map((each) => each.decode().catch(() => {})))
    .then(() => document.fonts.ready)
    .then(() => [...document.images].filter((each) => !each.naturalWidth).map((each) => each.src))"""
_ARTICLE = re.compile(r'<article class="bd-article">(.*)</article>', re.DOTALL)
_NAMES = re.compile(r'(?<=\s)(id|for|name|aria-labelledby|aria-describedby)="([^"]*)"')
_LINK = re.compile(r'(?<=\s)href="([^"#]*)(?:#([^"]*))?"')
_SOURCE = re.compile(r'(?<=\s)src="(?!data:|https?:)([^"]*)"')
_TITLE = re.compile(r"<h1[^>]*>(.*?)<a class=\"headerlink\"", re.DOTALL)


def place(name: str, anchor: str = "") -> str:
    """Where a page, or an anchor on it, is in the file."""
    short = name.rsplit("/", 1)[-1]
    return f"{short}--{anchor}" if anchor else short


def article(book: Book, name: str, text: str) -> str:
    """The content of a built page, with its anchors, links and images adapted to the file."""
    found = _ARTICLE.search(text)
    if found is None:
        raise BookError(f"{name}.html: no article in it; run `make book`")
    folder = Path(name).parent.as_posix()

    def link(each: re.Match) -> str:
        path, anchor = each[1], each[2] or ""
        if not path:
            return f'href="#{place(name, anchor)}"'
        if re.match(r"[a-z]+:", path):
            return each[0]
        target = Path(folder, path).as_posix().removesuffix(".html")
        return f'href="#{place(target, anchor)}"' if target in book.pages else f'href="{book.site}/{folder}/{path}"'

    def names(each: re.Match) -> str:
        return f'{each[1]}="{" ".join(place(name, one) for one in each[2].split())}"'

    body = _LINK.sub(link, _NAMES.sub(names, found[1].replace(' loading="lazy"', "")))
    body = _SOURCE.sub(lambda each: f'src="html/{folder}/{each[1]}"', body)
    return f'<article class="bd-article" id="{place(name)}">{body}</article>'


def whole(book: Book, html: Path) -> str:
    """One page with all of the book."""
    texts = {name: (html / f"{name}.html").read_text(encoding="utf-8") for name in book.pages}
    parts = {name: part for part, names in book.parts.items() for name in names[:1]}
    chapters, contents = [], []
    for name, text in texts.items():
        if name in parts:
            contents.append(f"</ol><p>{escape(parts[name])}</p><ol>")
        title = _TITLE.search(text)
        contents.append(f'<li><a href="#{place(name)}">{title[1] if title else escape(name)}</a></li>')
        chapters.append(article(book, name, text))
    title = escape(book.config["title"])
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light"><meta charset="utf-8"><title>{title}</title>'
        '<link rel="stylesheet" href="html/_static/book.css"><body class="whole"><main>'
        f'<section class="front bd-article"><p class="title">{title}</p><p>{escape(book.config["author"])}</p>'
        f'<p><a href="{book.site}/">{book.site}</a></p><nav aria-label="Chapters"><ol>{"".join(contents)}</ol></nav>'
        f"</section>{''.join(chapters)}</main></body></html>\n"
    ).replace("<ol></ol>", "")


def make(book: Book) -> list[str]:
    """Print the book; what is wrong with it."""
    build = book.root / "_build"
    if not (build / "html" / "index.html").is_file():
        raise BookError("there are no built pages; run `make book`")
    source, target = build / "book.html", build / "book.pdf"
    source.write_text(whole(book, build / "html"), encoding="utf-8")
    with chromium() as browser:
        page = browser.new_page()
        page.set_default_timeout(0)
        page.goto(source.as_uri())
        missing = page.evaluate(READY)
        page.pdf(
            path=target, format="A4", margin=MARGIN, outline=True, tagged=True, print_background=True,
            display_header_footer=True, header_template="<span></span>", footer_template=FOOT,
        )  # fmt: skip
    source.unlink()
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")
    return [f"an image is missing in the PDF: {address}" for address in missing]


if __name__ == "__main__":
    sys.exit(report(make, Path()))
