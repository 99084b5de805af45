"""The file of the whole book: each link of a page leads to its place in the file, and nothing collides."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zlib
from collections import Counter

import pytest
from root import ROOT

from booktools.site.pdf import article, whole
from booktools.source.pages import Book, BookError

PAGES = ("book/vae", "book/guidance")


@pytest.fixture
def book(tmp_path):
    (tmp_path / "_config.yml").write_text((ROOT / "_config.yml").read_text(encoding="utf-8"), encoding="utf-8")
    toc = "format: jb-book\nroot: book/vae\nparts:\n  - caption: More\n    chapters:\n      - file: book/guidance\n"
    (tmp_path / "_toc.yml").write_text(toc, encoding="utf-8")
    folder = tmp_path / "_build" / "html" / "book"
    folder.mkdir(parents=True)
    (tmp_path / "_build" / "html" / "index.html").touch()
    (tmp_path / "_build" / "html" / "_static").mkdir()
    shutil.copy(ROOT / "book" / "_static" / "print.css", tmp_path / "_build" / "html" / "_static" / "book.css")
    for name in PAGES:
        other = next(each for each in PAGES if each != name).removeprefix("book/")
        text = (
            f'<html><article class="bd-article"><h1>On {name[5:]}<a class="headerlink" href="#top">#</a></h1>'
            f'<section id="top"><a href="#top">here</a> <a href="{other}.html#top">there</a>'
            f'<a href="{other}.html">it</a> <a href="https://example.org/#x">out</a>'
            '<a href="../_sources/x.ipynb">file</a>'
            '<label for="one">1</label><input name="group" id="one"><img alt="" loading="lazy" src="data:,"></section>'
            "</article></html>"
        )
        (tmp_path / "_build" / "html" / f"{name}.html").write_text(text, encoding="utf-8")
    return Book(tmp_path)


def test_links_lead_to_places_in_the_file(book):
    text = whole(book, book.root / "_build" / "html")
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert max(Counter(ids).values()) == 1
    inside = re.findall(r'href="#([^"]+)"', text)
    assert {"vae--top", "guidance--top", "vae", "guidance"} <= set(inside) <= set(ids)
    assert 'href="https://example.org/#x"' in text
    assert f'href="{book.site}/book/../_sources/x.ipynb"' in text
    assert 'for="vae--one"' in text and 'name="vae--group"' in text
    assert "lazy" not in text and text.index("On vae") < text.index("More") < text.index("On guidance")


def test_a_page_without_an_article_is_a_fault(book):
    with pytest.raises(BookError, match="no article"):
        article(book, "book/vae", "<html></html>")


def test_the_file_has_pages_an_outline_and_links(book):
    command = [
        sys.executable,
        "-m",
        "booktools.site.pdf",
    ]  # in a process of its own, since Playwright starts once in one
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=book.root, env=environment, capture_output=True, text=True, check=False)
    if "no chromium" in done.stderr and not os.environ.get("CI"):
        pytest.skip(done.stderr)
    assert done.stderr.splitlines() == ["an image is missing in the PDF: data:,"] * 2, done.stderr  # the planted ones
    data = (book.root / "_build" / "book.pdf").read_bytes()
    streams = re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL)
    data += b"".join(_inflated(each) for each in streams)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", data)) >= 3  # a title page and two chapters
    assert b"/Outlines" in data and b"/StructTreeRoot" in data and b"example.org" in data
    assert not (book.root / "_build" / "book.html").exists()


def _inflated(stream):
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""
