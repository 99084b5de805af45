"""The record of the steps that Rocq has checked, ``pagekit/certificates/record.json``: what the pages show.

A certificate is named by its page and its step; the record holds the space of its statement and a hash of it.  What
was compiled before is not compiled again: the folder ``done`` of the build has an answer for each statement with its
script and the theorems that the script may use.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from derive.language.goal import Goal
from derive.language.vectors import d

from ..check.proofs import ALLOWED
from ..source.pages import Book
from ..source.steps import chapters, claims
from . import certificate
from .check import Question, build, check, theorems
from .statement import Statement

PATH = Path("pagekit") / "certificates" / "record.json"
PART = 40  # statements in one file
LONG = 600  # seconds for a script that is known to succeed, on however slow a machine
REMEDY = "run python -m booktools.certificates --write"


@dataclass(frozen=True)
class Step:
    """One step of a page; ``reason`` says why there is no statement, or no script for it."""

    page: str
    name: str
    by: str
    statement: str = ""
    script: str = ""
    space: str = ""
    reason: str = ""
    seconds: int = 60  # for a script that is not known to succeed

    @cached_property
    def sha256(self) -> str:
        return _hash(self.statement)[:16]

    def entry(self, good: bool) -> dict[str, str]:
        """What the record says of the step."""
        if good:
            return {"by": self.by, "space": self.space, "sha256": self.sha256}
        return {"by": self.by, "reason": self.reason or "Rocq found no proof by the script"}


def step(page: str, goal: Goal) -> Step:
    """The statement and the script of a goal; where one of them cannot be written, the step has no certificate."""
    by = goal.justification.name
    try:
        statement = certificate.statement(goal)
    except Exception as error:  # without a statement nothing is claimed
        return Step(page, goal.name, by, reason=f"no statement: {error}")
    try:
        script = certificate.script(goal)
    except Exception as error:  # scripts are not trusted, and may fail in any way
        return Step(page, goal.name, by, statement.text, reason=f"no script: {type(error).__name__} {error}")
    return Step(page, goal.name, by, statement.text, script, where(statement))


def where(statement: Statement) -> str:
    """The space of a statement; one that speaks of no integral and no mean is about numbers."""
    if d.symbol in statement.names:
        return "vectors"
    if "Outcome" in statement.names:
        return "noise"
    functional = any("-> R) ->" in type_ for type_ in statement.names.values())
    return "numbers" if statement.space == "any" and not functional else statement.space


def stated(book: Book, pages: Iterable[str] = ()) -> dict[str, list[Step]]:
    """The steps of each page with a derivation, or of ``pages`` alone."""
    chosen = [page for page in chapters(book) if not pages or page.short in pages]
    return {page.short: [step(page.short, goal) for goal in claims(page)] for page in chosen}


class Answers:
    """What Rocq says of steps; an answer that the folder ``into`` has is not asked for again."""

    def __init__(self, root: Path, into: Path, known: dict):
        build(root, into)
        self.into, self.kept, self.known = into, into / "done", known
        self.kept.mkdir(exist_ok=True)
        self.library = _hash("".join(path.read_text(encoding="utf-8") for path in theorems(root)))

    def file(self, each: Step) -> Path:
        return self.kept / _hash("\0".join((self.library, each.statement, each.script)))

    def to(self, each: Step) -> tuple[bool, list[str]]:
        """Is the step proved, and on which axioms do the proofs rest that were compiled with it?"""
        if not each.script:
            return False, []
        good, axioms = json.loads(self.file(each).read_text(encoding="utf-8"))
        return good, axioms

    def ask(self, found: Iterable[Step]) -> None:
        """Compile what has no answer yet, in two processes."""
        new = [each for each in found if each.script and not self.file(each).exists()]
        parts = [new[start : start + PART] for start in range(0, len(new), PART)]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self._compile, parts))

    def _compile(self, part: list[Step]) -> None:
        questions = [
            Question(
                f"{each.page}: {each.name}",
                each.by,
                each.statement,
                each.script,
                LONG if self._has(each) else each.seconds,
            )
            for each in part
        ]
        name = _hash("".join(question.statement for question in questions))[:16]
        answers, axioms = check(name, questions, self.into)
        for each, good in zip(part, answers, strict=True):
            self.file(each).write_text(json.dumps([good, axioms if good else []]), encoding="utf-8")

    def _has(self, each: Step) -> bool:
        return self.known.get(each.page, {}).get("steps", {}).get(each.name, {}).get("sha256") == each.sha256


def record(found: dict[str, list[Step]], answers: Answers) -> dict:
    """The record of these pages: the axioms of their proofs, and an entry for each step."""
    answers.ask(each for part in found.values() for each in part)
    return {
        page: {
            "axioms": sorted({axiom for each in part for axiom in answers.to(each)[1]}),
            "steps": {each.name: each.entry(answers.to(each)[0]) for each in part},
        }
        for page, part in found.items()
    }


def read(root: Path) -> dict:
    path = root / PATH
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write(root: Path, fresh: dict) -> None:
    (root / PATH).write_text(json.dumps(fresh, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def stale(known: dict, found: dict[str, list[Step]]) -> list[str]:
    """Where the record speaks of other steps, or of other statements, than the pages have today."""
    wrong = []
    for page, today in found.items():
        old = known.get(page, {}).get("steps", {})
        if list(old) != [each.name for each in today]:
            wrong.append(f"{PATH} has other steps than {page}; {REMEDY}")
            continue
        for each in today:
            if old[each.name].get("sha256", each.sha256) != each.sha256 or old[each.name]["by"] != each.by:
                wrong.append(f"{PATH} has another statement of {page}: {each.name}; {REMEDY}")
    return wrong


def faults(known: dict, fresh: dict) -> list[str]:
    """Where Rocq says something else than the record, and axioms that are not allowed."""
    wrong = []
    for page, told in fresh.items():
        wrong += [f"a proof of {page} rests on {axiom}" for axiom in told["axioms"] if axiom not in ALLOWED]
        old = known.get(page, {}).get("steps", {})
        wrong += [
            f"{page}: {name} is not what {PATH} says; {REMEDY}"
            for name, new in told["steps"].items()
            if old.get(name) != new
        ]
    return wrong


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
