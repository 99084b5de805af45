"""What a cell shows: numbered, aligned lines with a licence beside each, as LaTeX and as text.

A block's LaTeX is made from its lines, and its lines from the steps that were checked; there is no other way to put a
relation on the page.  The output's metadata carries the number, the name and the count of relations, for links and
for tests.
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
FULL = 34  # if any line is wider than this many letters, the licences stand below the lines, as on a phone


@dataclass(frozen=True)
class Line:
    """``relation`` is one of RELATIONS; ``left`` is None on continued lines; ``licence`` is the text beside it."""

    left: object
    relation: str
    right: object
    licence: str


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
        return Fact(self.name, self.left, right, symbols, known, self.rests, self.brings)

    def latex(self) -> str:
        lines = self.lines()
        late = [(symbol, first) for symbol, first in sorted(self.first().items()) if first > 1]
        lefts = ["" if line.left is None else latex(line.left) for line in lines]
        rights = [f"{RELATIONS[line.relation]} {latex(line.right)}" for line in lines]
        apart = _width(lefts[0]) > WIDE
        widths = [_width(lefts[0]), *(_width(right) + (0 if apart else _width(lefts[0])) for right in rights)]
        stacked = max(widths) > FULL
        rows = [f"& {lefts[0]}{STRUT}"] if apart else []
        for line, left, right in zip(lines, lefts, rights, strict=True):
            beside = rf"{{\small\text{{{line.licence}}}}}"
            if late and line is lines[-1]:
                beside = "".join(
                    [beside[:-1], *(rf"\text{{, }}{s}\text{{ at least }}{first}" for s, first in late), "}"]
                )
            row = f"{'' if apart else left} &{right}{STRUT}"
            rows += [row, rf"&\quad {beside}"] if stacked else [f"{row} && {beside}"]
        body = " \\cr\n".join(row.strip() for row in rows)
        return f"$$\\begin{{aligned}}\n{body}\n\\end{{aligned}}\\tag{{{self.tag}}}$$"

    def metadata(self) -> dict:
        shown = {"tag": self.tag, "name": self.name, "steps": len(self.lines()), "definition": self.definition}
        return {"diffusion_lib": {**shown, "sha256": hashlib.sha256(self.latex().encode()).hexdigest()}}

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/latex": self.latex(), "text/plain": repr(self)}, self.metadata()

    def _repr_latex_(self):
        return self.latex()

    def __repr__(self):
        rows = [f"({self.tag}) {self.name}"]
        for line in self.lines():
            left = "" if line.left is None else f"{text(line.left)} "
            rows.append(f"    {left}{line.relation} {text(line.right)}    [{line.licence}]")
        return "\n".join(rows)


def _width(source: str) -> int:
    """A rough count of the letters that LaTeX source shows."""
    source = re.sub(r"\\(left|right|middle|,|;|mathrm|mathcal|mathbb|operatorname|bar|sqrt|frac)", "", source)
    return len(re.sub(r"\\[a-zA-Z]+", "x", source).translate(str.maketrans("", "", "{}_^ \\")))
