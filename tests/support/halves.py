"""The two halves of a check, each alone: what the kernel accepts without numbers, and what the numbers let pass."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from derive.page import chain
from derive.verify import verify


class Unproved:
    """What stands for a theorem where the kernel is switched off."""

    def __init__(self, goal):
        self.goal, self.left, self.right, self.how = goal, goal.left, goal.right, "not proved"


@contextmanager
def kernel_alone():
    """The counterexample search is switched off: it refutes nothing."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(verify, "refute", lambda goal: ("no search",)))
        stack.enter_context(patch.object(verify, "refute_gap", lambda *what: None))
        yield


@contextmanager
def numbers_alone():
    """The kernel is switched off: everything is a theorem."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(verify, "prove", Unproved))
        stack.enter_context(patch.object(verify, "prove_non_negative", lambda *what: None))
        stack.enter_context(patch.object(chain, "by_induction", lambda goal, *rest: Unproved(goal)))
        stack.enter_context(patch.object(chain, "chained", lambda steps: (steps[0].left, steps[-1].right)))
        yield


@contextmanager
def last_goal():
    """A list whose last entry is the goal that is being checked."""
    seen, real = [], verify.named

    def named(goal):
        seen.append(goal)
        return real(goal)

    with patch.object(verify, "named", named):
        yield seen
