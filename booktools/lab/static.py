"""The blocks that Python draws: those of laboratories whose program is too heavy to run while the book is built."""

from __future__ import annotations

from collections.abc import Callable

from . import grade, line

BLOCKS: dict[str, tuple[str, Callable[[dict[str, str]], str]]] = {
    "grade": (grade.TITLE, grade.block),
    "line": (line.TITLE, line.block),
}  # by kind: title, and the HTML for some options
