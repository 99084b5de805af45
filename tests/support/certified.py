"""Which goals Rocq accepts, asked in one run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from booktools.certificates.check import Question, check
from booktools.certificates.record import step
from derive.language.goal import Goal


def uncertified(goals: Iterable[Goal], theorems: Path) -> list[str]:
    """The names of the goals that get no certificate; ``theorems`` is the folder of the fixture with that name."""
    found = [step("test", goal) for goal in goals]
    asked = [Question(each.name, each.by, each.statement, each.script) for each in found if each.script]
    answers, _ = check(f"test_{abs(hash(tuple(asked)))}", asked, theorems)
    proved = {id(each): good for each, good in zip((e for e in found if e.script), answers, strict=True)}
    return [each.name for each in found if not proved.get(id(each), False)]
