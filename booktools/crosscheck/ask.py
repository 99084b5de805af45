"""All questions, put to Rocq and to Maxima."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from . import run_maxima, run_rocq
from .maxima import Program
from .questions import Equality, Question
from .rocq import Statement
from .words import Untranslated

CONFIRMED, CONTRADICTED, UNKNOWN = "confirmed", "contradicted", "unknown"
PROGRAMS = {"Rocq": "coqc", "Maxima": "maxima"}


def present() -> dict[str, bool]:
    """Which of the programs are installed."""
    return {name: shutil.which(command) is not None for name, command in PROGRAMS.items()}


def maxima(asked: Sequence[Question]) -> list[str]:
    """Maxima's verdict on each question."""

    def word(question: Question, equality: Equality, number: int) -> str:
        program = Program(equality.earliest, question.goal.standard, question.goal.justification.independent)
        return program(number, equality.left, equality.right)

    return _verdicts(asked, word, run_maxima.ask)


def rocq(asked: Sequence[Question], folder: Path) -> list[str]:
    """Rocq's verdict on each question; ``folder`` receives one file for each chapter."""
    verdicts: dict[int, str] = {}
    for chapter in dict.fromkeys(question.chapter for question in asked):
        here = {number: question for number, question in enumerate(asked) if question.chapter == chapter}

        def word(question: Question, equality: Equality, number: int) -> str:
            return Statement(equality.earliest)(number, equality.left, equality.right)

        def run(texts: dict[int, str], chapter=chapter) -> dict[int, str]:
            return run_rocq.ask(chapter, texts, folder)

        verdicts |= dict(zip(here, _verdicts(list(here.values()), word, run), strict=True))
    return [verdicts[number] for number in range(len(asked))]


def _verdicts(
    asked: Sequence[Question],
    word: Callable[[Question, Equality, int], str],
    run: Callable[[dict[int, str]], dict[int, str]],
) -> list[str]:
    """Translate each way of each question, run the program once, and put the answers together."""
    texts: dict[int, str] = {}
    ways: list[list[list[int]]] = []
    for question in asked:
        ways.append([])
        for way in question.ways:
            try:
                words = {len(texts) + k: word(question, equality, len(texts) + k) for k, equality in enumerate(way)}
            except Untranslated:
                continue
            texts |= words
            ways[-1].append(list(words))
    answers = run(texts)
    return [
        _verdict(question, [[answers[n] for n in way] for way in found])
        for question, found in zip(asked, ways, strict=True)
    ]


def _verdict(question: Question, found: list[list[str]]) -> str:
    if any(all(answer == CONFIRMED for answer in way) for way in found):
        return CONFIRMED
    direct = len(question.ways) == 1  # with letters for sums, a difference may be one of letters only
    return CONTRADICTED if direct and any(CONTRADICTED in way for way in found) else UNKNOWN
