"""Sets of states with symbolic times, such as {x_0, x_{t−1}, x_t} or x_{0:T}, in one written form.

A set is a sorted tuple of *runs* (sequence, low, high), merged where one ends just before the next begins; a run may be
empty.  Whether two runs meet is proved for all times in range, or the step is undecided.
"""

from __future__ import annotations

from ..errors import Inconclusive, Undefined
from ..language.expr import Symbol
from ..language.times import Index, Item, Span
from .ranges import Ranges

Run = tuple  # (sequence or symbol, low, high)


def run(part) -> Run:
    """A state, or the states of a span; a dummy variable is a run of its own."""
    if isinstance(part, Symbol):
        return part, Index(None, 0), Index(None, 0)
    return (part.sequence, *((part.index, part.index) if isinstance(part, Item) else (part.low, part.high)))


def written(one: Run):
    """The expression that stands for a run."""
    thing, low, high = one
    if isinstance(thing, Symbol):
        return thing
    return Item(thing, low) if low == high else Span(thing, low, high)


def empty(one: Run, ranges: Ranges) -> bool:
    return ranges.at_most(one[2] + 1, one[1])


def apart(one: Run, other: Run, ranges: Ranges) -> bool:
    """Is it proved that two runs are disjoint?"""
    if one[0] != other[0]:
        return True
    return ranges.at_most(one[2] + 1, other[1]) or ranges.at_most(other[2] + 1, one[1])


def inside(one: Run, other: Run, ranges: Ranges) -> bool:
    """Is it proved that ``one`` lies within ``other``?"""
    return one[0] == other[0] and ranges.at_most(other[1], one[1]) and ranges.at_most(one[2], other[2])


def order(one: Run):
    thing, low, high = one
    return thing.name, low.symbol or "", low.offset, high.symbol or "", high.offset


def union(runs, ranges: Ranges) -> tuple[Run, ...]:
    """The set of all ``runs``, which must be pairwise disjoint; ``Undefined`` if that is not proved."""
    kept = [one for one in runs if not empty(one, ranges)]
    for place, one in enumerate(kept):
        for other in kept[place + 1 :]:
            if not apart(one, other, ranges):
                both = f"{written(one)!r} and {written(other)!r}"
                raise Undefined(f"{both} may be one state; give the chain a later start, or the states other times")
    merged = True
    while merged:
        merged = _merge(kept, ranges)
    return tuple(sorted(kept, key=order))


def _merge(kept, ranges) -> bool:
    for one in kept:
        for other in kept:
            meet = one is not other and one[0] == other[0] and one[2] + 1 == other[1]
            if meet and all(ranges.at_most(part[1], part[2] + 1) for part in (one, other)):
                kept.remove(one), kept.remove(other), kept.append((one[0], one[1], other[2]))
                return True
    return False


def minus(states, taken, ranges: Ranges) -> tuple[Run, ...]:
    """``states`` without ``taken``, each of which must lie within one of them."""
    rest = list(states)
    for gone in taken:
        home = next((one for one in rest if inside(gone, one, ranges)), None)
        if home is None:
            raise Inconclusive(f"{written(gone)!r} is not seen to be one of {[written(one) for one in states]!r}")
        rest.remove(home)
        rest += [(home[0], home[1], gone[1] - 1), (home[0], gone[2] + 1, home[2])]
        rest = [one for one in rest if not empty(one, ranges)]
    return tuple(sorted(rest, key=order))


def holds(states, one: Run, ranges: Ranges) -> bool:
    """Is it proved that ``one`` is among ``states``?"""
    return any(inside(one, other, ranges) for other in states)


def overlap(states, others, ranges: Ranges) -> list[Run] | None:
    """The intersection of both sets, as runs; None where it is not known for all times."""
    found = []
    for one in states:
        for other in (other for other in others if not apart(one, other, ranges)):
            low = next((a for a, b in ((one[1], other[1]), (other[1], one[1])) if ranges.at_most(b, a)), None)
            high = next((a for a, b in ((one[2], other[2]), (other[2], one[2])) if ranges.at_most(a, b)), None)
            if low is None or high is None:
                return None
            found.append((one[0], low, high))
    return found


def all_apart(states, others, ranges: Ranges) -> bool:
    return all(apart(one, other, ranges) for one in states for other in others)


def in_order(states, ranges: Ranges) -> list[Run] | None:
    """Runs of one sequence by time, none of which is empty; None where the order is not proved."""
    left, found = list(states), []
    while left:
        first = next((a for a in left if all(a is b or ranges.at_most(a[2] + 1, b[1]) for b in left)), None)
        if first is None or not ranges.at_most(first[1], first[2]):
            return None
        left.remove(first), found.append(first)
    return found
