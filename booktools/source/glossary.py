"""The terms of the glossary page: the names of each entry, its own first.

An entry of Sphinx's ``{glossary}`` is one line for each name, and below them the definition, indented.
"""

from __future__ import annotations

from collections.abc import Iterator

from .markdown import tokens
from .pages import Book

PAGE = "book/glossary"
DIRECTIVE = "glossary"


def entries(book: Book) -> list[tuple[str, ...]]:
    """The names of each entry, in the order of the page; none for a book without a glossary."""
    page = book.pages.get(PAGE)
    if page is None:
        return []
    return [
        group for _, found in tokens(page.text) if found and found.name == DIRECTIVE for group in _groups(found.body)
    ]


def _groups(body: str) -> Iterator[tuple[str, ...]]:
    names: list[str] = []
    for line in body.splitlines():
        if line[:1].strip():
            names.append(line.strip())
        elif line.strip() and names:
            yield tuple(names)
            names = []
