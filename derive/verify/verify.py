"""A step passes when the kernel makes it a theorem and no counterexample is found.

The kernel proves, for all times in range; the counterexample search can only refute.  Neither knows the other.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace

from mpmath import mp

from ..errors import ArgumentError, DerivationError
from ..kernel.theorem import Theorem, bounded, prove
from ..language.goal import Goal
from ..numeric.evaluate import DIGITS
from ..numeric.gaps import refute_gap
from ..numeric.refute import refute, refute_by_definitions


@dataclass(frozen=True)
class ProofStatus:
    """The theorem, and where counterexamples were searched without success."""

    theorem: Theorem
    searches: tuple[str, ...]  # none: the search could not examine the step, which rests on its proof alone


def verify(goal: Goal) -> ProofStatus:
    """The proof status of a true goal; raise a ``DerivationError`` on any other, which names the step and a witness."""
    with named(goal):
        searches = refute(goal)
        return ProofStatus(prove(goal), searches)


def non_negative(goal: Goal, gap, strict: bool = False) -> ProofStatus:
    """The proof status of a gap that is never negative (``strict``: always positive)."""
    searches = refute_gap(goal, gap, strict)
    return ProofStatus(bounded(replace(goal, left=gap, right=gap), strict), searches)


def search_again(goal: Goal) -> None:
    """The counterexample search alone; ``Refuted`` with a witness, if it finds one."""
    with named(goal):
        refute(goal)


def search_by_definitions(goal: Goal) -> tuple[str, ...]:
    """The counterexample search alone, on the conclusion of an induction: definitions are put in, no proof is used."""
    with named(goal):
        return refute_by_definitions(goal)


@contextmanager
def named(goal):
    """Set the precision, refuse indices that do not exist, and name the step in whatever is raised."""
    try:
        goal.check_literals()
        with mp.workdps(DIGITS):
            yield
    except RecursionError as error:
        raise ArgumentError(f"step {goal.name!r} is nested too deeply, or refers to itself; split it") from error
    except DerivationError as error:
        raise type(error)(f"step {goal.name!r}, justification {goal.justification.name!r}: {error}") from error
