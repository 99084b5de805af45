"""Goals, and what each half of the check must decide about them: all falsehoods and truths, built once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from unittest.mock import patch

from halves import kernel_alone
from setting import Setting

from derive.errors import DeriveError, Refuted, Undefined
from derive.page import chain

FEW = 5
SLOW = 0.08  # seconds of processor time; a slower falsehood is left out where there are many mutants


@dataclass(frozen=True)
class Case:
    """An equality (``gap`` is None), or the sign of a gap; ``seen``: do numbers refute it?"""

    name: str
    goal: object
    gap: object = None
    strict: bool = False
    seen: bool = False


class Halves:
    """The two halves, of whatever proof checker is loaded now; each is true of a case that it lets pass."""

    def __init__(self):
        from derive.kernel.theorem import prove
        from derive.numeric.gaps import refute_gap
        from derive.numeric.refute import refute
        from derive.proof.nonneg import non_negative
        from derive.verify.verify import named

        self.named = named
        self.proves = lambda one: prove(one.goal) if one.gap is None else non_negative(one.goal, one.gap, one.strict)
        self.searches = lambda one: refute(one.goal) if one.gap is None else refute_gap(one.goal, one.gap, one.strict)

    def error(self, half, one):
        """The error that a half raises; None if it lets the case pass."""
        try:
            with self.named(one.goal):
                half(one)
        except Exception as error:  # a mutant may raise anything
            return error
        return None

    def proved(self, one) -> bool:
        return self.error(self.proves, one) is None

    def unrefuted(self, one) -> bool:
        return self.error(self.searches, one) is None


def stated(name, build) -> list[Case]:
    """The goals that ``build()`` makes; the last one is that at which it stopped, if it did."""
    found, verify, sign = [], chain.verify, chain.non_negative  # the search is slow, and is run later

    def verified(goal):
        found.append(Case(name, goal))
        return verify(goal)

    def signed(goal, gap, strict):
        found.append(Case(name, goal, gap, strict))
        return sign(goal, gap, strict)

    with kernel_alone(), patch.object(chain, "verify", verified), patch.object(chain, "non_negative", signed):
        try:
            build()
        except DeriveError:
            return found
        except Exception:  # a raw error is another test's concern
            return []
    return [*found, None]


def false_cases(builds: dict, because=frozenset()) -> list[Case]:
    """The goals at which falsehoods stop, if numbers refute them, or if their names are in ``because``."""
    halves, found = Halves(), []
    for name, build in builds.items():
        *_, last = stated(name, build) or [None]
        if last is None:
            continue
        before = time.process_time()
        seen = isinstance(halves.error(halves.searches, last), (Refuted, Undefined))
        halves.proved(last)
        if (seen or name in because) and time.process_time() - before < SLOW:
            found.append(Case(name, last.goal, last.gap, last.strict, seen))
    return found


def true_cases(builds: dict) -> list[Case]:
    """The goals of true steps."""
    return [one for name, build in builds.items() for one in stated(name, build) if one is not None]


def every_false_case(thin: int = 1) -> list[Case]:
    """Each ``thin``-th of the generated falsehoods, and the whole register with them unless they are few."""
    from generated import generated
    from register import cases

    made = generated()
    builds = {name: (lambda one=one: one.build(Setting())) for name, one in made.items()}
    chosen = dict(list(builds.items())[::thin]) | (cases() if thin < FEW else {})
    one_line = (name for name, one in made.items() if one.because and not name.startswith(("induction", "cited")))
    return false_cases(chosen, set(one_line))
