"""The translator agrees with a table of steps and statements, in which somebody else wrote what each step says."""

from __future__ import annotations

import re

from booktools.certificates.check import build, check
from booktools.certificates.statement import Translator

PREMISE = (
    "solve [assumption | lia | intros; match goal with P : _ |- _ => solve [apply P; first [assumption | lia]] end]"
)


def binders(names: str) -> list[str]:
    """The names in ``(s t : nat) (x : nat -> R)``."""
    return [name for group in re.findall(r"\(([^:()]*):", names) for name in group.split()]


def proposition(names: str, premises: list[str], claim: str) -> str:
    return (
        " ->\n".join([*(f"({premise})" for premise in premises), claim])
        if not names
        else (f"forall {names},\n" + " ->\n".join([*(f"({premise})" for premise in premises), claim]))
    )


def translated(goal):
    """Names, premises and text of what the translator makes of a goal."""
    made = Translator(goal).statement()
    return list(made.names), len(made.premises), made.text


def follows(first, second):
    """A script that proves the second statement from the first, if they differ in the order of names and premises."""
    (names, count, _), (others, *_) = first, second
    return f"intros H {' '.join(others)}; intros; refine (H {' '.join(names)}{' _' * count}); clear H; {PREMISE}"


def implications(name, goal, rocq):
    mine = (binders(rocq[0]), len(rocq[1]), proposition(*rocq))
    theirs = translated(goal)
    return [
        (f"{name}: {word}", "translator", f"({first[2]}) ->\n({second[2]})", follows(first, second))
        for word, first, second in (("translator to table", theirs, mine), ("table to translator", mine, theirs))
    ]
