"""What is handed to the proof checker, asked of Rocq in its place; nothing here trusts the checker."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from missing import missing
from root import ROOT

from booktools.certificates.check import build, check
from booktools.certificates.script import Script
from booktools.certificates.statement import Translator
from booktools.crosscheck.collect import unchecked
from derive import Derivation, Diffusion
from derive.errors import DeriveError
from derive.language.dependence import is_noise
from derive.language.expr import wrap
from derive.page.definition import Definition


def theorems_in(into: Path) -> Path:
    """The folder with the compiled theorems; those of an earlier build that have not changed are taken from it."""
    if shutil.which("coqc") is None:
        missing("the falsehoods were NOT shown to Rocq: install Debian's packages `coq` and `libcoq-coquelicot`")
    for folder in ("proofs", "certificates"):
        for path in (ROOT / "_build" / folder).glob("*.v*"):
            if not path.name.startswith(("Ask", "At_")):
                shutil.copy(path, into)
    build(ROOT, into)
    return into


def stated(derivation, name, left, right, relation, word):
    """A definition or an assumption of which nothing is checked."""
    left, right = wrap(left), wrap(right)
    if is_noise(left) or isinstance(right, Diffusion):
        relation, word = "~", "independent" if is_noise(left) else "assumption"
    return derivation.place(Definition(name, left, right, relation, word))


def goals_of(case) -> list:
    """The goals of a row of a table, in their order; neither steps nor definitions are checked."""
    found = []

    def note(goal):
        found.append(goal)
        return SimpleNamespace(theorem=SimpleNamespace(goal=goal, left=goal.left, right=goal.right), looks=())

    with unchecked(note), mock.patch.object(Derivation, "_state", stated):
        try:
            case()
        except DeriveError:  # what cannot even be said ends the row
            pass
    return found


def certified(name: str, goals: list, theorems: Path) -> list[bool]:
    """Which goals have a certificate; what cannot be said in Rocq, or what there is no script for, has none."""
    texts = {}
    for number, goal in enumerate(goals):
        try:
            script = Translator(goal).statement().text, Script(goal).proof()
        except Exception:  # as for the book's steps, where nothing is lost but a certificate
            continue
        texts[number] = (goal.name, goal.justification.name, *script)
    found = dict(zip(texts, check(name, list(texts.values()), theorems), strict=True))
    return [found.get(number, False) for number in range(len(goals))]
