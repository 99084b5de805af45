"""The two halves of a verdict, each alone: what the kernel accepts without numbers, and what the numbers let pass."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from unittest.mock import patch

from derive.page import chain
from derive.verify import verify


class Unproved:
    """What stands for a theorem where the kernel is switched off."""

    def __init__(self, claim):
        self.claim, self.left, self.right, self.how = claim, claim.left, claim.right, "not proved"


@contextmanager
def kernel_alone():
    """The numbers are switched off: they look at nothing, and refute nothing."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(verify, "refute", lambda claim: ("no look",)))
        stack.enter_context(patch.object(verify, "look_at_gap", lambda *what: None))
        yield


@contextmanager
def numbers_alone():
    """The kernel is switched off: everything is a theorem."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(verify, "prove", Unproved))
        stack.enter_context(patch.object(verify, "prove_non_negative", lambda *what: None))
        stack.enter_context(patch.object(chain, "by_induction", lambda claim, *rest: Unproved(claim)))
        stack.enter_context(patch.object(chain, "chained", lambda steps: (steps[0].left, steps[-1].right)))
        yield


@contextmanager
def last_claim():
    """A list whose last entry is the claim that is being looked at."""
    seen, real = [], verify.named

    def named(claim):
        seen.append(claim)
        return real(claim)

    with patch.object(verify, "named", named):
        yield seen
