"""Is a term about things that exist, at all times in range?"""

from __future__ import annotations

from ..errors import Inconclusive, Undefined
from ..language.density import KL, Density, Derivative, E, Normal, Var
from ..language.dependence import depends_on, is_noise, is_state
from ..language.expr import Symbol, children, walk
from ..language.functions import Apply
from ..language.times import Index, Item, Limit, Span, Sum
from ..language.tree import bound_by, measure_of
from .free import Free
from .ranges import Ranges
from .states import all_apart, run

LATE = Index(None, 10**9)  # an index that goes to a limit


def exists(node, least: dict[str, int], stated, orders=()) -> None:
    """Raise unless ``node`` is well formed for all times from ``least`` on, where ``stated`` has all definitions."""
    well_formed(node, Ranges.least(least, orders), Free(stated))


def well_formed(node, ranges: Ranges, free: Free) -> None:
    """Raise unless every member in ``node`` is proved to exist, and every measure to be one."""
    if isinstance(node, (Item, Span)):
        low, high = (node.index, node.index) if isinstance(node, Item) else (node.low, node.high)
        if not ranges.at_most(Index(None, node.sequence.start), low):
            raise Undefined(
                f"{node!r} may stand before {node.sequence.name}[{node.sequence.start}], which is the first one; "
                f"give the chain or the sum a later start"
            )
        if not ranges.at_most(low, high + 1):
            raise Undefined(f"{node!r} ends before it begins at early times; give the chain a later start")
        return
    if isinstance(node, Sum):
        if not ranges.at_most(node.low, node.high + 1):
            raise Inconclusive(f"{node!r} ends before it begins at early times; give the chain a later start")
        ranges = ranges.within(node.symbol, node.low, node.high)
        return well_formed(node.body, ranges, free)
    if isinstance(node, Limit):
        return well_formed(node.body, ranges.within(node.symbol, LATE, None), free)
    for measure in (node.p, node.q) if isinstance(node, KL) else (node.under,) if isinstance(node, E) else ():
        if isinstance(measure, Normal):
            _is_density(measure, ranges, free)
    for child in children(node):
        well_formed(child, ranges, free)


def nothing_hidden(sides, ranges: Ranges, free: Free) -> None:
    """Raise ``Inconclusive`` if a symbol under a mean or an integral stands for what varies there, at any time.

    A mean under a named distribution is exempt: there the rules check what a symbol depends on.
    """
    for node in (part for side in sides for part in walk(side)):
        noisy = isinstance(node, Var) or (isinstance(node, E) and node.under is None)
        bound = () if isinstance(node, Derivative) or isinstance(measure_of(node), Density) else bound_by(node)
        parts = [part for part in walk(node) if isinstance(part, (Symbol, Item, Apply))] if noisy or bound else []
        for part in (part for part in dict.fromkeys(parts) if not (is_noise(part) or is_state(part) or part in bound)):
            moving = not all_apart(free.meaning(part, ranges, ()), [*map(run, bound)], ranges)
            if moving or (noisy and depends_on(part, free.stated)):
                raise Inconclusive(
                    f"{part!r} in {node!r} may vary with what is averaged or integrated over; put its definition in, "
                    f"or integrate over a dummy"
                )


def _is_density(normal, ranges, free):
    """Mean and variance of a measure stand still while its variable runs, also where a symbol hides it."""
    still = free(normal.mean, ranges) | free(normal.variance, ranges)
    if not all_apart(still, [run(normal.at)], ranges):
        raise Undefined(f"{normal!r} is no density of its first place, which its mean or variance depends on")
