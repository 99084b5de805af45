"""What is handed to the proof checker, and to Rocq in its place."""

from __future__ import annotations

from types import SimpleNamespace

from booktools.certificates.check import check
from booktools.certificates.script import Script
from booktools.certificates.statement import Translator
from booktools.crosscheck.collect import unchecked
from derive.errors import DeriveError


def goals_of(case) -> list:
    """The goals of a row of a table, none of them checked; those before a definition that is refused."""
    found = []

    def note(goal):
        found.append(goal)
        return SimpleNamespace(theorem=SimpleNamespace(goal=goal, left=goal.left, right=goal.right), looks=())

    with unchecked(note):
        try:
            case()
        except DeriveError:
            pass
    return found


def certified(name: str, goals: list, theorems) -> list[bool]:
    """Which goals have a certificate; one that cannot be said in Rocq, or that no script is for, has none."""
    texts = {}
    for number, goal in enumerate(goals):
        try:
            script = Translator(goal).statement().text, Script(goal).proof()
        except Exception:  # as the tool that asks about the book does: the step stays without a certificate
            continue
        texts[number] = (goal.name, goal.justification.name, *script)
    found = check(name, list(texts.values()), theorems)
    return [dict(zip(texts, found, strict=True)).get(number, False) for number in range(len(goals))]
