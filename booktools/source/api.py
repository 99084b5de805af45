"""The entries of the API reference: what the pages in ``book/api`` describe, by the name that one imports."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from .pages import Book, Page

FOLDER = "book/api/"
_LINE = re.compile(r"(?m)^\.\. (currentmodule|autofunction|autoclass|autoexception|py:data):: +([\w.]+)")


@dataclass(frozen=True)
class Entry:
    """An object under the name ``full``, which is also its anchor on the page."""

    page: Page
    full: str

    @property
    def name(self) -> str:
        return self.full.rpartition(".")[2]


def entries(book: Book) -> dict[str, Entry]:
    """Every entry by its full name, in the order of the pages."""
    found: dict[str, Entry] = {}
    for page in book.pages.values():
        module = ""
        for word, name in _LINE.findall(page.text) if page.name.startswith(FOLDER) else ():
            if word == "currentmodule":
                module = name
            else:
                full = name if "." in name else f"{module}.{name}"
                found[full] = Entry(page, full)
    return found


def imported(page: Page, known: dict[str, Entry]) -> dict[str, Entry]:
    """What the cells of a page import and the reference describes, by the name that the cells call it.

    A cell may import from the module that defines a name, where the reference has the subpackage that exports it.
    """
    found = {}
    for cell in page.code:
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    parts = node.module.split(".")
                    names = [".".join([*parts[:n], alias.name]) for n in range(len(parts), 0, -1)]
                    if entry := next((known[name] for name in names if name in known), None):
                        found[alias.asname or alias.name] = entry
    return found
