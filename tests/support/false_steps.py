"""False steps: what peers, papers and earlier drafts wrote, planted where a chapter proves what is right.

A row is ``name: left = right; justification; what it cites``, in the symbols of the chapter; a line that begins with a
space continues it.  S, C and P with a number are entries of the error catalogue, the page ``errata``.
``line(block, k)`` is a line of a proved block, 0 its left side, and ``*name`` cites what the chapter lists there.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from chapters import run_derivation
from proved import derivation_of

import derive
from derive.errors import Refuted
from derive.page.chain import Chain

NAMES = {name: getattr(derive, name) for name in derive.__all__} | {"Fraction": Fraction}


def false_steps(chapter: str, rows: str, start: int = 1) -> Callable:
    """A test for each row: the step, claimed from the time ``start`` on, is refuted at a point, and named."""
    named = [row.partition(": ") for row in rows.strip().replace("\n ", " ").splitlines()]

    @pytest.mark.parametrize(("name", "step"), [pytest.param(name, step, id=name) for name, _, step in named])
    def refuted(name, step):
        names = run_derivation(chapter)[0]
        derivation = derivation_of(names)

        def line(block, k):
            return [derivation.blocks[block].left, *(each.right for each in derivation.blocks[block].steps)][k]

        known = NAMES | names | {"line": line}
        sides, by, *cited = step.split("; ")
        left, right = (eval(side, known) for side in sides.split(" = "))
        using = [each for word in " ".join(cited).split() for each in _cited(word, known)]
        with pytest.raises(Refuted, match="left is") as caught:
            Chain(derivation, name, left, start=start).equals(right, by=by, using=tuple(using))
        if name not in str(caught.value) or repr(by) not in str(caught.value):
            raise AssertionError(f"the message must name the step {name!r} and {by!r}, got {caught.value}")

    return refuted


def _cited(word: str, known: dict) -> tuple[str, ...]:
    return tuple(known[word[1:]]) if word.startswith("*") else (word,)
