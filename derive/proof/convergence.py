"""Which integrals and means of a step must converge, and whether they are seen to."""

from __future__ import annotations

from ..errors import DerivationError, Inconclusive
from ..justifications import justification
from ..language.alphabets import alphabet_of
from ..language.density import E, Integral, Normal, Var
from ..language.dependence import is_noise, is_state
from ..language.expr import walk
from ..language.goal import has_densities
from ..language.vectors import has_vectors
from .falling import decaying, must_fall
from .integrability import Integrability
from .symbolic import Symbolic, floors


def converges(*nodes) -> None:
    """Raise ``Inconclusive`` unless each integral in ``nodes`` is seen to converge, in all its variables together."""
    checker = Integrability(floors(*nodes))
    for part in (part for node in nodes for part in walk(node)):
        over_line = isinstance(part, Integral) or (isinstance(part, E) and isinstance(part.under, Normal))
        over_line = over_line and not alphabet_of(getattr(part, "over", None))
        if over_line and not has_densities(part):  # those of a declared distribution are taken to exist
            try:
                checker.terms(part, frozenset())
            except Inconclusive:
                if not falls_off(part):
                    raise


def falls_off(part) -> bool:
    """Does the integrand of an integral over the line fall off, once its derivatives are taken?"""
    if not isinstance(part, Integral) or (part.low, part.high) != (None, None) or has_vectors(part):
        return False
    try:
        translate = Symbolic(justification("differentiation"))
        must_fall(translate, translate(part.body), translate(part.over), decaying(part))
    except DerivationError:
        return False
    return True


def require_convergence(*sides) -> None:
    """Raise ``Inconclusive`` for an integral over the line inside a side that is not seen to converge.

    An integral that is a whole side need not converge, and between ends, what is defined up to them converges.
    """
    for side in sides:
        finite(*(part for part in walk(side) if part is not side))


def finite(*parts) -> None:
    """Raise ``Inconclusive`` if one of ``parts`` is an integral over the line, or a mean, that may diverge."""
    for part in parts:
        over_line = isinstance(part, Integral) and (part.low is None or part.high is None)
        over_line = over_line and not alphabet_of(part.over)  # a finite sum
        if over_line or (isinstance(part, E) and isinstance(part.under, Normal)):
            converges(part)


def tame(*sides) -> None:
    """Raise ``Inconclusive`` for a mean over noise that may not exist, such as E[exp(ε²)]."""
    for node in (part for side in sides for part in walk(side)):
        if isinstance(node, Var) or (isinstance(node, E) and node.under is None):
            if has_densities(node.body):
                raise Inconclusive(f"{node!r} does not say which density it averages over; write E(…, q(…))")
            random = frozenset(part for part in walk(node.body) if is_state(part) or is_noise(part))
            Integrability(floors(node), moments=True).terms(node.body, random)
