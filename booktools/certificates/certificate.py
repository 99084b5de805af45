"""A statement and its script, for a step about numbers or about vectors."""

from __future__ import annotations

from derive.language.goal import Goal
from derive.language.vectors import has_vectors

from .script import Script
from .statement import Translator


def certificate(goal: Goal) -> tuple[str, str]:
    """What is claimed of a goal, and how Rocq may prove it."""
    if has_vectors(goal.left, goal.right):
        from .vector_scripts import VectorScript

        script = VectorScript(goal)
        return script.said.text, script.proof()
    return Translator(goal).statement().text, Script(goal).proof()
