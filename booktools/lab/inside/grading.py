"""The grader of the notebooks, asked from the page."""

from __future__ import annotations

from derive.page.render import latex
from diffusion_lib.errors import check_choice
from pagekit.exercises import exercises, grade_answer

from .formula import Reader


def grade(name: str, text: str) -> dict:
    """Kind and message of the grader's verdict, and the formula as it was read, in LaTeX."""
    exercise = _exercise(name)
    tree = Reader(exercise)(text)
    verdict = grade_answer(exercise, tree)
    return {"kind": verdict.kind, "message": verdict.message, "latex": latex(tree)}


def preview(name: str, text: str) -> dict:
    return {"kind": "read", "latex": latex(Reader(_exercise(name))(text))}


def _exercise(name):
    return exercises()[check_choice("name", name, exercises())]
