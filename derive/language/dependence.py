"""What depends on what, by the definitions so far."""

from __future__ import annotations

from .density import Density
from .expr import Symbol, walk
from .functions import Apply
from .times import Item, Span
from .tree import same_thing


def is_state(part) -> bool:
    return isinstance(part, (Item, Span)) and part.sequence.role == "state"


def is_noise(node) -> bool:
    return getattr(node, "role", getattr(getattr(node, "sequence", None), "role", "")) == "noise"


def atoms(node) -> list:
    return [part for part in walk(node) if isinstance(part, (Symbol, Item, Density, Apply))]


def may_alias(part, other) -> bool:
    """May these be the same thing at some time?  Members of one sequence and densities of one distribution may."""
    if type(part) is not type(other):
        return False
    if isinstance(part, Symbol):
        return part.name == other.name
    if isinstance(part, Apply):
        return part.function.name == other.function.name
    if isinstance(part, Density):
        return part.distribution == other.distribution
    return part.sequence.name == other.sequence.name


def depends_on(part, pairs, seen=()) -> bool:
    """Is ``part`` random, by the (left, right) pairs of the definitions so far?"""
    if is_noise(part) or is_state(part):
        return True
    meanings = [(left, right) for left, right in pairs if left not in seen and may_alias(part, left)]
    seen = (*seen, *(left for left, _ in meanings))
    return any(depends_on(deeper, pairs, seen) for left, right in meanings for deeper in brings(left, right))


def brings(left, right) -> list:
    """What a definition brings in: all that its right side mentions, but for the arguments of a function."""
    return [part for part in atoms(right) if not (isinstance(left, Apply) and part in left.args)]


def random_facts(facts) -> list:
    """Those definitions of parameters that make them random."""
    pairs = [(fact.left, fact.right) for fact in facts]
    return [
        f for f in facts if isinstance(f.left, (Symbol, Item)) and any(depends_on(p, pairs) for p in atoms(f.right))
    ]


def moves(part, variable, stated, seen=()) -> bool:
    """Does ``part`` depend on ``variable`` by what was stated, where the variable itself stands for any number?

    A density depends on its arguments, which are seen, and on parameters, which are not.
    """
    if isinstance(part, Density):
        hidden = [deeper for left, right in stated if may_alias(part, left) for deeper in atoms(right)]
        hidden = [deeper for deeper in hidden if not (is_state(deeper) or isinstance(deeper, Density))]
        return not is_state(variable) or any(moves(deeper, variable, stated, seen) for deeper in hidden)
    if isinstance(part, Apply):  # it depends on its arguments, which are seen, and on what else its definition has
        meanings = [(left, right) for left, right in stated if left not in seen and may_alias(part, left)]
        hidden = [deeper for left, right in meanings for deeper in brings(left, right)]
        seen = (*seen, *(left for left, _ in meanings))
        return any(same_thing(deeper, variable) or moves(deeper, variable, stated, seen) for deeper in hidden)
    if isinstance(part, Item) and isinstance(variable, Item) and same_thing(part, variable):
        one, other, start = part.index, variable.index, part.sequence.start
        same = one.symbol == other.symbol and one.offset <= other.offset
        if same or (one.symbol is None and one.offset <= max(other.offset, start)):
            return False  # a definition refers to earlier members only
    meanings = [(left, right) for left, right in stated if left not in seen and may_alias(part, left)]
    seen = (*seen, *(left for left, _ in meanings))
    for _, right in meanings:
        for deeper in atoms(right):
            if same_thing(deeper, variable) or moves(deeper, variable, stated, seen):
                return True
    return False
