"""Tables in Markdown, for what is read as text and rendered as a page: results, model cards, the ledger of the book."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

RULES = {"l": ":--", "r": "--:", "-": "---"}


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]], align: str = "") -> str:
    """A table with a head; ``align`` has a character for each column: l, r, or - for the reader's default.

    A cell is one line, and a bar in it is a bar of the cell.
    """
    rules = [RULES[side] for side in align or "-" * len(head)]
    cells = [[" ".join(cell.replace("|", "\\|").split()) for cell in row] for row in (head, *rows)]
    return "\n".join("| " + " | ".join(row) + " |" for row in (cells[0], rules, *cells[1:]))
