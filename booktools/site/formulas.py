"""A block of formulas as rows: those of a derivation stand in the metadata beside its output.

A cell's output is LaTeX, which every notebook shows.  The page sets each side of a row by itself, so that lines can
break and justifications open.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from derive.justifications import JUSTIFICATIONS
from pagekit.certificates import Certificate, certificates

from ..source.index import rows_of

CITED = re.compile(r"\(([A-Z][A-Za-z]*\.\d+)\)")
NAMES = sorted(JUSTIFICATIONS, key=len, reverse=True)


@dataclass(frozen=True)
class Beside:
    """What stands beside a line: ``definition (F.27), (F.28) · rule, all T``, and then from which time on it holds.

    ``certificate`` is what Rocq says of a step; None where there is nothing to check, as in a definition.
    """

    words: str
    status: str = ""
    since: str = ""
    certificate: Certificate | None = None

    @property
    def justification(self) -> str:
        """The name of the justification, or nothing if the words are no justification, such as “independent”."""
        return next((name for name in NAMES if re.match(rf"{re.escape(name)}(?!\w)", self.words)), "")

    @property
    def cited(self) -> list[str]:
        """The numbers of the blocks that the line uses."""
        return CITED.findall(self.words)


@dataclass(frozen=True)
class Row:
    """``left`` is empty on continued lines, ``right`` where the left side stands alone; it begins with its relation."""

    left: str
    right: str
    beside: Beside | None = None


@dataclass(frozen=True)
class Block:
    rows: tuple[Row, ...]
    tag: str = ""


def derived(mark: dict) -> Block:
    """The block of a derivation that an output's metadata describe."""
    name = mark["name"]
    rows = [_row(row, certificates().get(f"{name}, line {line}")) for line, row in enumerate(rows_of(mark), 1)]
    if mark["apart"]:
        first = rows[0]
        rows[:1] = [Row(first.left, ""), Row("", first.right, first.beside)]
    return Block(tuple(rows), mark["tag"])


def _row(row: dict[str, str], certificate: Certificate | None) -> Row:
    words, _, status = row["justification"].partition(" · ")
    return Row(
        row["left"], f"{row['relation']} {row['right']}", Beside(words, status, row.get("since", ""), certificate)
    )


def typed(latex: str) -> Block:
    """A formula that stands in the text of a page: one row."""
    return Block((Row("", latex.strip()),))
