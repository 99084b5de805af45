"""The statement of a step and its script, for a step about numbers or about vectors."""

from __future__ import annotations

from derive.language.goal import Goal
from derive.language.vectors import has_vectors

from .script import Script
from .statement import Statement, Translator
from .vector_scripts import VectorScript
from .vectors import Words


def statement(goal: Goal) -> Statement:
    """What is claimed."""
    return (Words if has_vectors(goal.left, goal.right) else Translator)(goal).statement()


def script(goal: Goal) -> str:
    """How Rocq may prove it."""
    return (VectorScript if has_vectors(goal.left, goal.right) else Script)(goal).proof()
