"""What depends on what, by the definitions so far."""

from __future__ import annotations

from .density import Density
from .expr import Symbol, walk
from .functions import Apply
from .times import Item, Span


def is_state(part) -> bool:
    return isinstance(part, (Item, Span)) and part.sequence.role == "state"


def is_noise(node) -> bool:
    return getattr(node, "role", getattr(getattr(node, "sequence", None), "role", "")) == "noise"


def atoms(node) -> list:
    return [part for part in walk(node) if isinstance(part, (Symbol, Item, Density, Apply))]


def may_alias(part, other) -> bool:
    """May these stand for the same thing at some time?  Members of one sequence, and densities of one law, may."""
    if type(part) is not type(other):
        return False
    if isinstance(part, Symbol):
        return part.name == other.name
    if isinstance(part, Apply):
        return part.function.name == other.function.name
    return part.law == other.law if isinstance(part, Density) else part.sequence.name == other.sequence.name


def depends_on(part, pairs, seen=()) -> bool:
    """Is ``part`` random, by the (left, right) pairs of the definitions so far?"""
    if is_noise(part) or is_state(part):
        return True
    meanings = [right for left, right in pairs if left not in seen and may_alias(part, left)]
    seen = (*seen, *(left for left, _ in pairs if may_alias(part, left)))
    return any(depends_on(deeper, pairs, seen) for meaning in meanings for deeper in atoms(meaning))


def random_facts(facts) -> list:
    """Those definitions of parameters that make them random."""
    pairs = [(fact.left, fact.right) for fact in facts]
    return [
        f for f in facts if isinstance(f.left, (Symbol, Item)) and any(depends_on(p, pairs) for p in atoms(f.right))
    ]
