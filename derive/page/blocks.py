"""What a cell shows: numbered, aligned lines with a justification beside each, as LaTeX and as text.

A block's LaTeX is made from its lines, and its lines from the steps that were checked; there is no other way to put a
relation on the page.  The output's metadata carries the number, the name and the count of relations, for links and
for tests, and the rows, for whoever sets the lines otherwise.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from ..errors import ArgumentError
from ..language.text import text
from ..language.tree import Fact, first_times, free_indices
from .render import latex

WIDE = 13  # a left side wider than this many letters gets a line of its own
FULL = 34  # if any line is wider than this many letters, the justifications stand below the lines, as on a phone


@dataclass(frozen=True)
class Line:
    """``relation`` is one of RELATIONS; ``left`` is None on continued lines; ``justification`` is shown beside it."""

    left: object
    relation: str
    right: object
    justification: str


STRUT = r" \vphantom{\big|}"  # some air between the lines
RELATIONS = {"=": "=", ":=": ":=", "~": r"\sim", "<": "<", "≤": r"\le"}


class Block:
    """Something with a number on the page; a subclass provides ``left`` and ``lines``."""

    definition = False
    standard = frozenset()  # the noises that it says are standard normal
    equations = ()  # the pairs (density, diffusion) that it assumes

    def __init__(self, name: str, start: int = 1):
        self.name, self.start, self.tag = name, start, ""
        self.assumptions: dict[str, str] = {}  # names and tags of the assumptions that it rests on
        self.rests: frozenset = frozenset()  # the left sides of the definitions that it rests on
        self.brings: frozenset = frozenset()  # what states among these are made of
        self.ordered: frozenset[str] = frozenset()  # the indices that hypotheses order: it is about these alone

    def __setattr__(self, name, value):
        if name in ("left", "right", "relation", "start") and name in vars(self):
            raise ArgumentError(
                f"{self.name!r} was checked as it stands, and its {name} cannot be changed; state another"
            )
        super().__setattr__(name, value)

    def lines(self) -> list[Line]:
        raise TypeError("a subclass of Block must provide lines()")

    def sides(self):
        """Every expression in the block."""
        return [side for line in self.lines() for side in (line.left, line.right) if side is not None]

    def first(self) -> dict[str, int]:
        """The least value of each index symbol at which the block is true."""
        return first_times(*self.sides(), least=self.start)

    def fact(self) -> Fact:
        """What a later step may cite: the first expression equals the last one, from the first time that all allow."""
        first = self.first()
        right, symbols = self.lines()[-1].right, free_indices(self.left)
        known = tuple(sorted((symbol, first[symbol]) for symbol in symbols | free_indices(right)))
        symbols -= self.ordered
        return Fact(self.name, self.left, right, symbols, known, self.rests, self.brings)

    def rows(self) -> list[dict[str, str]]:
        """The lines: both sides and the relation as LaTeX, the justification as words; "left" is "" on continued lines.

        The last one has "since" if it holds only from some time on: the smallest values of symbols, as words.
        """
        rows = [
            {
                "left": "" if line.left is None else latex(line.left),
                "relation": RELATIONS[line.relation],
                "right": latex(line.right),
                "justification": line.justification,
            }
            for line in self.lines()
        ]
        if late := self._late():
            rows[-1]["since"] = ", ".join(f"{symbol} at least {first}" for symbol, first in late)
        return rows

    def _late(self) -> list[tuple[str, int]]:
        return [(symbol, first) for symbol, first in sorted(self.first().items()) if first > 1]

    def latex(self) -> str:
        rows = self.rows()
        left, apart = rows[0]["left"], _stands_apart(rows)
        widths = [_width(left), *(_width(_right(row)) + (0 if apart else _width(left)) for row in rows)]
        stacked = max(widths) > FULL
        late = "".join(rf"\text{{, }}{symbol}\text{{ at least }}{first}" for symbol, first in self._late())
        lines = [f"& {left}{STRUT}"] if apart else []
        for row in rows:
            beside = rf"{{\small\text{{{row['justification']}}}{late if row is rows[-1] else ''}}}"
            line = f"{'' if apart else row['left']} &{_right(row)}{STRUT}"
            lines += [line, rf"&\quad {beside}"] if stacked else [f"{line} && {beside}"]
        body = " \\cr\n".join(line.strip() for line in lines)
        return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}\\tag{{{self.tag}}}$$"

    def metadata(self) -> dict:
        rows = self.rows()
        shown = {"tag": self.tag, "name": self.name, "steps": len(rows), "definition": self.definition}
        shown |= {"rows": rows, "apart": _stands_apart(rows)}
        return {"diffusion_lib": {**shown, "sha256": hashlib.sha256(self.latex().encode()).hexdigest()}}

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/latex": self.latex(), "text/plain": repr(self)}, self.metadata()

    def _repr_latex_(self):
        return self.latex()

    def __repr__(self):
        rows = [f"({self.tag}) {self.name}"]
        for line in self.lines():
            left = "" if line.left is None else f"{text(line.left)} "
            rows.append(f"    {left}{line.relation} {text(line.right)}    [{line.justification}]")
        return "\n".join(rows)


def _right(row: dict[str, str]) -> str:
    return f"{row['relation']} {row['right']}"


def _stands_apart(rows: list[dict[str, str]]) -> bool:
    """Whether the first left side is so wide that it gets a line of its own."""
    return _width(rows[0]["left"]) > WIDE


def _width(source: str) -> int:
    """A rough count of the letters that LaTeX source shows."""
    source = re.sub(r"\\(left|right|middle|,|;|mathrm|mathcal|mathbb|operatorname|bar|sqrt|frac)", "", source)
    return len(re.sub(r"\\[a-zA-Z]+", "x", source).translate(str.maketrans("", "", "{}_^ \\")))
