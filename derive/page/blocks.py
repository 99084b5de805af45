"""What a cell shows: numbered, aligned lines with a justification beside each, as LaTeX and as text.

A block's LaTeX is made from its lines, and its lines from the steps that were checked; there is no other way to put a
relation on the page.  The output's metadata carries the number, the name and the count of relations, for links and
for tests, and the rows, for whoever sets the lines otherwise.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

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
    examined: bool = True  # by the counterexample search; what is stated is not asked


UNEXAMINED = "no counterexample search"
STRUT = r" \vphantom{\big|}"  # some air between the lines
RELATIONS = {"=": "=", ":=": ":=", "~": r"\sim", "<": "<", "≤": r"\le"}


@dataclass(frozen=True)
class Rests:
    """Names and tags of assumptions; the left sides of definitions; what states among these are made of; in words."""

    assumptions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    defined: frozenset = frozenset()
    brings: frozenset = frozenset()
    axioms: frozenset[str] = frozenset()
    ordered: frozenset[str] = frozenset()  # the indices that hypotheses order: a result is about these alone

    def __or__(self, other: Rests) -> Rests:
        return Rests(
            MappingProxyType({**self.assumptions, **other.assumptions}),
            self.defined | other.defined,
            self.brings | other.brings,
            self.axioms | other.axioms,
            self.ordered | other.ordered,
        )


class Block:
    """Something with a number on the page; a subclass provides ``left`` and ``lines``."""

    definition = False
    standard = frozenset()  # the noises that it says are standard normal
    equations = ()  # the pairs (density, diffusion) that it assumes

    def __init__(self, name: str, start: int = 1):
        self.name, self.start, self._tag, self._rests = name, start, "", Rests()

    def __setattr__(self, name, value):
        if not name.startswith("_") and (self._tag or name in vars(self)):
            raise ArgumentError(
                f"{self.name!r} was checked as it stands, and its {name} cannot be changed; state another"
            )
        super().__setattr__(name, value)

    _tag = ""
    tag = property(lambda self: self._tag, doc="Its number, once it has a place in a derivation.")
    assumptions = property(lambda self: self._rests.assumptions)
    rests = property(lambda self: self._rests.defined)
    brings = property(lambda self: self._rests.brings)

    def placed(self, tag: str) -> None:
        self._tag = tag

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
        symbols -= self._rests.ordered
        return Fact(self.name, self.left, right, symbols, known, self.rests, self.brings, self._rests.axioms)

    def rows(self) -> list[dict[str, str]]:
        """The lines: both sides and the relation as LaTeX, the justification as words; "left" is "" on continued lines.

        A line that the counterexample search could not examine has "unexamined".  The last one has "since" if it holds
        only from some time on: the smallest values of symbols, as words.
        """
        rows = [
            {
                "left": "" if line.left is None else latex(line.left),
                "relation": RELATIONS[line.relation],
                "right": latex(line.right),
                "justification": line.justification,
                **({} if line.examined else {"unexamined": UNEXAMINED}),
            }
            for line in self.lines()
        ]
        if late := self._late():
            rows[-1]["since"] = ", ".join(f"{symbol} at least {first}" for symbol, first in late)
        return rows

    def _late(self) -> list[tuple[str, int]]:
        return [(symbol, first) for symbol, first in sorted(self.first().items()) if first > 1]

    def latex(self) -> str:
        if not self._tag:
            raise ArgumentError(f"{self.name!r} has no place in a derivation; state it with define, assume or chain")
        rows = self.rows()
        left, apart = rows[0]["left"], _stands_apart(rows)
        widths = [_width(left), *(_width(_right(row)) + (0 if apart else _width(left)) for row in rows)]
        stacked = max(widths) > FULL
        late = "".join(rf"\text{{, }}{symbol}\text{{ at least }}{first}" for symbol, first in self._late())
        lines = [f"& {left}{STRUT}"] if apart else []
        for row in rows:
            told = row["justification"] + (f", {UNEXAMINED}" if "unexamined" in row else "")
            beside = rf"{{\small\text{{{told}}}{late if row is rows[-1] else ''}}}"
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
            told = line.justification + ("" if line.examined else f", {UNEXAMINED}")
            rows.append(f"    {left}{line.relation} {text(line.right)}    [{told}]")
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
