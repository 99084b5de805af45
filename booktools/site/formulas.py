r"""The stored LaTeX of a derivation, read as what it is: lines with a left side, a right side and a licence.

A cell's output stays LaTeX, which every notebook shows.  The page takes it apart at ``\cr``, ``&``,
``{\small\text{licence}}`` and ``\tag{F.3}``, and sets each part by itself; so lines can break and licences open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.justifications import LICENCES

BODY = re.compile(r"^\\begin\{(aligned|align\*?|split)\}(.*)\\end\{\1\}(.*)$", re.DOTALL)
TAG = re.compile(r"\\tag\{([^{}]*)\}")
STRUT = re.compile(r"\s*\\vphantom\{\\big\|\}\s*")
SMALL = re.compile(r"^\{\\small\s*(.*)\}$", re.DOTALL)
TEXT = re.compile(r"\\text\{([^{}]*)\}")
CITED = re.compile(r"\(([A-Z][A-Za-z]*\.\d+)\)")
TOKEN = re.compile(r"\\begin\b|\\end\b|\\cr(?![a-zA-Z])|\\.|[{}&]", re.DOTALL)
NAMES = sorted(LICENCES, key=len, reverse=True)


@dataclass(frozen=True)
class Beside:
    """What stands beside a line: ``definition (F.27), (F.28) · rule, all T``, and then from which time on it holds."""

    words: str
    verdict: str = ""
    since: str = ""

    @property
    def licence(self) -> str:
        """The name of the licence, or nothing if the words are no licence, such as “independent”."""
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


def parse(latex: str) -> Block:
    """A block of lines; a formula without lines is a block of one."""
    latex = latex.strip().removeprefix("$$").removesuffix("$$").strip()
    tag = TAG.search(latex)
    latex = TAG.sub("", latex).strip()
    found = BODY.match(latex)
    body, after = (found[2], found[3]) if found else (latex, "")
    lines = [[_bare(cell) for cell in _split(line, ("&",))] for line in _split(body, (r"\cr", r"\\"))]
    if words := _words(after):
        lines[-1].append(words)
    return Block(tuple(_rows(line for line in lines if any(line))), tag[1] if tag else "")


def _rows(lines: Iterator[list[str | Beside]]) -> list[Row]:
    """A licence in a line of its own belongs to the line above it."""
    rows: list[Row] = []
    for cells in lines:
        sides = [cell for cell in cells if isinstance(cell, str)]
        beside = next((cell for cell in cells if isinstance(cell, Beside)), None)
        if not any(sides) and beside and rows:
            rows[-1] = Row(rows[-1].left, rows[-1].right, beside)
        elif len(cells) == 1:
            rows.append(Row("", sides[0], beside))
        else:
            left, right = sides[0], " ".join(sides[1:]).strip()
            alone = not left and not re.match(r":?=|\\(?:sim|le|ge|approx)(?![a-z])|[<>]", right)
            rows.append(Row(right, "", beside) if alone and not rows else Row(left, right, beside))
    return rows


def _bare(cell: str) -> str | Beside:
    cell = STRUT.sub(" ", cell).strip()
    cell = re.sub(r"^\\q?quad(?![a-zA-Z])", "", cell).strip()
    return _words(cell) or cell


def _words(cell: str) -> Beside | None:
    """``cell`` as a licence, if it is one: small text, or nothing but text."""
    cell = re.sub(r"^\\q?quad(?![a-zA-Z])", "", cell.strip()).strip()
    if not (small := SMALL.match(cell)) and not (cell and re.fullmatch(rf"(?:{TEXT.pattern}\s*)+", cell)):
        return None
    inside = small[1] if small else cell
    first = TEXT.match(inside)
    if not first:
        return Beside(TEXT.sub(r"\1", inside).strip())
    words, _, verdict = first[1].partition(" · ")
    since = TEXT.sub(r"\1", inside[first.end() :]).lstrip(", ").strip()
    return Beside(words.strip(), verdict.strip(), since)


def _split(latex: str, at: tuple[str, ...]) -> list[str]:
    """``latex`` cut at these marks, but not inside of braces and environments."""
    parts, depth, start = [], 0, 0
    for token in TOKEN.finditer(latex):
        if token[0] in ("{", r"\begin"):
            depth += 1
        elif token[0] in ("}", r"\end"):
            depth -= 1
        elif depth == 0 and token[0] in at:
            parts.append(latex[start : token.start()])
            start = token.end()
    return [*parts, latex[start:]]
