"""What a row of a table hands to the proof checker, and so to Rocq, when nothing of the checker is trusted."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from unittest import mock

from booktools.source.steps import noted
from derive import Derivation, Diffusion
from derive.errors import DeriveError
from derive.language.dependence import is_noise
from derive.language.expr import wrap
from derive.page.definition import Definition


def stated(derivation, name, left, right, relation, word):
    """A definition or an assumption of which nothing is checked."""
    left, right = wrap(left), wrap(right)
    if is_noise(left) or isinstance(right, Diffusion):
        relation, word = "~", "independent" if is_noise(left) else "assumption"
    return derivation._place(Definition(name, left, right, relation, word))


def goals_of(name: str, case) -> list:
    """What a row of a table asks of Rocq, in its order; neither its steps nor its definitions are checked."""
    unguarded = mock.patch.object(Derivation, "_state", stated)
    with noted() as (steps, others), unguarded, suppress(DeriveError):  # what cannot even be said ends the row
        case()
    return [replace(goal, name=f"{name}: {goal.name}") for goal in (*steps, *others)]
