"""What a term depends on: the states and symbols in it, and those that the definitions of its symbols bring.

A symbol depends on whatever its definition has, whether or not a step cites that definition.  What is not seen exactly
counts as all members of a sequence, so that nothing is taken for a constant that may move.
"""

from __future__ import annotations

from ..language.density import Density, Derivative, Distribution
from ..language.dependence import atoms, is_state, may_alias
from ..language.expr import Symbol, children
from ..language.functions import Apply
from ..language.times import Index, Item, Limit, Span, Sum
from ..language.tree import at, bound_by, free_indices, match, measure_of
from .ranges import Ranges
from .states import Run, inside, run

ANY = Index("?")  # a time of which nothing is known; no author can declare it


class Free:
    """``Free(stated)(node, ranges)`` is the set of runs that ``node`` depends on; ``stated`` has all definitions."""

    def __init__(self, stated):
        self.stated = tuple(stated)

    def __call__(self, node, ranges: Ranges, seen=()) -> frozenset[Run]:
        if isinstance(node, (Symbol, Item, Span)):
            return frozenset([run(node)]) | self.meaning(node, ranges, seen)
        if isinstance(node, (Apply, Density)):
            return self.inside(node, ranges, seen) | self.meaning(node, ranges, seen)
        if isinstance(node, (Sum, Limit)):
            return self.folded(node, ranges, seen)
        variables = [run(part) for part in bound_by(node)]
        found = self.inside(node, ranges, seen)
        under = measure_of(node)
        if isinstance(under, Distribution):
            return frozenset(one for one in found if not is_state_run(one))
        if isinstance(node, Derivative) or not variables:
            return found
        bound = [one for one in found if any(inside(one, variable, ranges) for variable in variables)]
        kept = frozenset(one for one in found if one not in bound)
        for end in (getattr(node, "low", None), getattr(node, "high", None)):
            kept |= self(end, ranges, seen) if end is not None else frozenset()
        for part in (getattr(under, "mean", None), getattr(under, "variance", None)):
            kept |= self(part, ranges, seen) if part is not None else frozenset()
        return kept

    def inside(self, node, ranges, seen):
        return frozenset().union(
            *(self(child, ranges, seen) for child in children(node) if not isinstance(child, Index))
        )

    def folded(self, node, ranges, seen):
        """The body at all times of a sum; a run that moves with the sum's index becomes all that it passes."""
        low, high = (node.low, node.high) if isinstance(node, Sum) else (ANY, None)
        within = ranges.within(node.symbol, low, high)
        ends = (node.low, node.high) if isinstance(node, Sum) else (ANY, ANY)

        def passed(one):
            thing, *times = one
            return thing, *(
                Index(end.symbol, end.offset + time.offset) if time.symbol == node.symbol else time
                for time, end in zip(times, ends, strict=True)
            )

        return frozenset(map(passed, self(node.body, within, seen)))

    def meaning(self, node, ranges, seen):
        """What the definitions of a symbol, function or density bring; a state stands for itself."""
        if is_state(node):
            return frozenset()
        found = frozenset()
        for left, right in self.stated:
            if not may_alias(node, left):
                continue
            if left in seen or isinstance(node, Density):  # it leads back to itself, or its states are its arguments
                found |= {(anything(part), ANY, ANY) for part in self.reached(right) if not is_state(part)}
                found |= {(part.sequence, ANY, ANY) for part in self.reached(right) if is_state(part) and left in seen}
                continue
            bound: dict[str, Index] = {}
            if match(left, node, free_indices(left), bound):
                found |= self(at(right, bound), ranges, (*seen, left))
            else:
                args = left.args if isinstance(left, Apply) else ()  # those of the node are seen
                found |= {(anything(part), ANY, ANY) for part in self.reached(right) if part not in args}
        return found

    def reached(self, node, seen=()):
        """All symbols and members that ``node`` leads to, at whatever times."""
        found = []
        for part in atoms(node):
            found += [part] if isinstance(part, (Symbol, Item)) else []
            for left, right in () if is_state(part) else self.stated:
                if may_alias(part, left) and left not in seen:
                    found += self.reached(right, (*seen, left))
        return found


def anything(part):
    return part.sequence if isinstance(part, Item) else part


def is_state_run(one) -> bool:
    return getattr(one[0], "role", "") == "state"


def is_noise_run(one) -> bool:
    return getattr(one[0], "role", "") == "noise"
