"""The two halves of a check, each alone: what the kernel accepts without numbers, and what the numbers let pass."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from derive.page import chain, induction
from derive.verify import verify


class Unproved:
    """What stands for a theorem where the kernel is switched off."""

    rests = frozenset()

    def __init__(self, goal, strict=None):
        self.goal, self.left, self.right = goal, goal.left, goal.right
        self.how = "not proved" if strict is None else chain.SIGNS[strict]


@contextmanager
def kernel_alone():
    """The counterexample search is switched off: it refutes nothing."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(verify, "refute", lambda goal: ("no search",)))
        stack.enter_context(patch.object(verify, "refute_gap", lambda *what: ("no search",)))
        yield


@contextmanager
def numbers_alone():
    """The kernel is switched off: everything is a theorem."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(verify, "prove", Unproved))
        stack.enter_context(patch.object(verify, "bounded", Unproved))
        stack.enter_context(patch.object(chain.Chain, "proved", lambda *line: True))
        stack.enter_context(patch.object(induction, "by_induction", lambda goal, *rest: Unproved(goal)))
        for module in (chain, induction):
            stack.enter_context(patch.object(module, "chained", lambda steps: (steps[0].left, steps[-1].right)))
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
