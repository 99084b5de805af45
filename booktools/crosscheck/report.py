"""The count: what Rocq and Maxima say, by chapter and by justification."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from .ask import CONFIRMED, CONTRADICTED
from .language import Goal
from .questions import Question

RECORD = Path(__file__).parents[2] / "pagekit" / "crosscheck.json"  # pages show it, also on Colab
COLUMNS = ("steps", "densities", "alike", "Rocq", "Maxima", "either", "unknown", "contradicted")


@dataclass(frozen=True)
class Record:
    """Counts by chapter and justification, in the order of ``COLUMNS``; the steps that are unknown or contradicted."""

    total: dict[str, int]
    chapters: dict[str, dict[str, int]]
    justifications: dict[str, dict[str, int]]
    unknown: list[str]
    contradicted: list[str]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def record(
    goals: dict[str, list[Goal]], asked: Sequence[Question], rocq: Sequence[str], maxima: Sequence[str]
) -> Record:
    """Count; ``rocq`` and ``maxima`` are the verdicts on ``asked``, in the same order."""
    by_chapter: dict[str, Counter] = {chapter: Counter() for chapter in goals}
    by_justification: dict[str, Counter] = {}
    unknown, contradicted = [], []
    for chapter, found in goals.items():
        for goal in found:
            for count in (by_chapter[chapter], by_justification.setdefault(goal.justification.name, Counter())):
                count.update(["steps", "densities"])
    for question, *verdicts in zip(asked, rocq, maxima, strict=True):
        words = _words(question, *verdicts)
        unknown += [question.label] if "unknown" in words else []
        contradicted += [question.label] if "contradicted" in words else []
        for count in (by_chapter[question.chapter], by_justification[question.goal.justification.name]):
            count.update(words)
            count["densities"] -= 1
    total = sum(by_chapter.values(), Counter())
    rows = [{name: _row(count) for name, count in counts.items()} for counts in (by_chapter, by_justification)]
    return Record(_row(total), *rows, unknown, contradicted)


def table(result: Record) -> str:
    """The record as a table of plain text."""
    wide = max(map(len, (*result.chapters, *result.justifications)))
    lines = [" " * wide + "".join(f"{name:>14}" for name in COLUMNS)]
    for rows in (result.chapters, result.justifications, {"all": result.total}):
        lines += [f"{name:{wide}}" + "".join(f"{row[column]:14}" for column in COLUMNS) for name, row in rows.items()]
        lines.append("")
    for title, names in (("unknown to both", result.unknown), ("contradicted", result.contradicted)):
        lines += [f"{title}: {name}" for name in names]
    return "\n".join(lines)


def _words(question: Question, rocq: str, maxima: str) -> list[str]:
    if question.alike:
        return ["alike"]
    words = [name for name, verdict in (("Rocq", rocq), ("Maxima", maxima)) if verdict == CONFIRMED]
    if CONTRADICTED in (rocq, maxima):
        return [*words, "contradicted"]
    return [*words, "either"] if words else ["unknown"]


def _row(count: Counter) -> dict[str, int]:
    return {column: count[column] for column in COLUMNS}
