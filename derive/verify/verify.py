"""A step passes when the kernel makes it a theorem, and the numbers do not refute it.

The kernel proves, for all times in range; the numbers look, and can only say no.  Neither knows the other.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass

from mpmath import mp

from ..errors import ArgumentError, DerivationError
from ..kernel.theorem import Theorem, prove
from ..language.goal import Claim
from ..numeric.evaluate import DIGITS
from ..numeric.gaps import look_at_gap
from ..numeric.refute import refute, refute_by_definitions
from ..proof.nonneg import non_negative as prove_non_negative


@dataclass(frozen=True)
class Verdict:
    """The theorem, and where numbers looked for a counterexample."""

    theorem: Theorem
    looks: tuple[str, ...]


def verify(claim: Claim) -> Verdict:
    """The verdict on a true claim; raise a ``DerivationError`` on any other, which names the step and a witness."""
    with named(claim):
        looks = refute(claim)
        return Verdict(prove(claim), looks)


def non_negative(claim: Claim, gap, strict: bool = False) -> None:
    """Prove that a gap is never negative (or, if ``strict``, always positive), and let numbers look."""
    look_at_gap(claim, gap, strict)
    prove_non_negative(claim, gap, strict)


def look_again(claim: Claim) -> None:
    """The numbers alone; ``Refuted`` with a witness, if they find one."""
    with named(claim):
        refute(claim)


def look(claim: Claim) -> tuple[str, ...]:
    """The numbers alone, on what an induction concludes: its definitions are put in, its proof is not used."""
    with named(claim):
        return refute_by_definitions(claim)


@contextmanager
def named(claim):
    """Set the precision, refuse indices that do not exist, and name the step in whatever is raised."""
    try:
        claim.check_literals()
        with mp.workdps(DIGITS):
            yield
    except RecursionError as error:
        raise ArgumentError(f"step {claim.name!r} is nested too deeply, or refers to itself; split it") from error
    except DerivationError as error:
        raise type(error)(f"step {claim.name!r}, licence {claim.licence.name!r}: {error}") from error
