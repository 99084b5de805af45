"""What a cell shows: numbered, aligned lines with a licence beside each, as LaTeX and as text.

A block's LaTeX is made from its lines, and its lines from the steps that were checked; there is no other way to put a
relation on the page.  The output's metadata carries the number, the name and the count of relations, for links and
for tests.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from diffusion_lib.symbolic.claim import first_times
from diffusion_lib.symbolic.render import latex, text

WIDE = 13  # a left side wider than this many letters gets a line of its own


@dataclass(frozen=True)
class Line:
    """``relation`` is one of RELATIONS; ``left`` is None on continued lines; ``licence`` is the text beside it."""

    left: object
    relation: str
    right: object
    licence: str


RELATIONS = {"=": "=", ":=": ":=", "~": r"\sim", "<": "<", "≤": r"\le"}


class Block:
    """Something with a number on the page; a subclass provides ``lines``."""

    definition = False

    def __init__(self, name: str, tag: str):
        self.name, self.tag = name, tag

    def lines(self) -> list[Line]:
        raise TypeError("a subclass of Block must provide lines()")

    def latex(self) -> str:
        rows, lines = [], self.lines()
        times = first_times(*(side for line in lines for side in (line.left, line.right) if side is not None))
        late = [
            rf", }}{symbol}\text{{ at least }}{first}\text{{" for symbol, first in sorted(times.items()) if first > 1
        ]
        for line in lines:
            beside = line.licence + "".join(late if line is lines[-1] else [])
            right = f"{RELATIONS[line.relation]} {latex(line.right)} && {{\\small\\text{{{beside}}}}}"
            if line.left is None:
                rows.append(f"&{right}")
            elif _width(latex(line.left)) <= WIDE:
                rows.append(f"{latex(line.left)} &{right}")
            else:
                rows += [f"& {latex(line.left)}", f"&{right}"]
        body = " \\cr\n".join(rows)
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
