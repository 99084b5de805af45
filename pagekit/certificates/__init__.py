"""Which steps of the book Rocq has checked: ``certificates()["jensen-gap, line 2"]``.

``record.json`` beside this module is written by ``python -m booktools.certificates --write``.  A step is named by its
block and its line.  It has a certificate if Rocq accepted a proof of the statement that was made from it.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files

GAP = ", gap"  # after the name of an inequality: that the gap of this line has its sign
SPACES = {  # where a statement is made, in words for the page
    "numbers": "for all values of its symbols",
    "any": "for every integral with the properties that its rule names",
    "noise": "for all noises with the properties that the page states",
    "finite": "on finite spaces of any size",
    "line": "with integrals over the real line",
    "vectors": "in ℝᵈ for every dimension d",
}


@dataclass(frozen=True)
class Certificate:
    """``reason`` says why a step has no certificate; it is empty where Rocq has checked the step."""

    page: str
    by: str
    space: str = ""
    sha256: str = ""
    reason: str = ""

    @property
    def checked(self) -> bool:
        return not self.reason


@functools.cache
def certificates() -> Mapping[str, Certificate]:
    """Every step of the book by its name, in the order of the pages; an inequality needs the sign of its gap, too."""
    found = {
        name: Certificate(page, **entry) for page, told in record().items() for name, entry in told["steps"].items()
    }
    gaps = {name: found.pop(name) for name in [*found] if name.endswith(GAP)}
    unsigned = {name.removesuffix(GAP): gap.reason for name, gap in gaps.items() if gap.reason}
    return {name: replace(each, reason=each.reason or unsigned.get(name, "")) for name, each in found.items()}


def axioms() -> set[str]:
    """The axioms on which the proofs of all steps rest, as ``Print Assumptions`` names them."""
    return {axiom for told in record().values() for axiom in told["axioms"]}


def counts() -> dict[str, tuple[int, int]]:
    """For each page, how many of its steps Rocq has checked, and how many there are."""
    every = Counter(each.page for each in certificates().values())
    checked = Counter(each.page for each in certificates().values() if each.checked)
    return {page: (checked[page], number) for page, number in every.items()}


@functools.cache
def record() -> dict:
    """The record as it is stored: for each page its axioms and its steps."""
    return json.loads((files(__package__) / "record.json").read_text(encoding="utf-8"))
