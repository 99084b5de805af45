"""Is a term about things that exist, at all times in range?"""

from __future__ import annotations

from ..errors import Inconclusive, Undefined
from ..language.density import KL, E, Normal
from ..language.expr import children
from ..language.times import Index, Item, Limit, Span, Sum
from .free import Free
from .ranges import Ranges
from .states import all_apart, run

LATE = Index(None, 10**9)  # an index that goes to a limit


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


def _is_density(normal, ranges, free):
    """Mean and variance of a measure stand still while its variable runs, also where a symbol hides it."""
    still = free(normal.mean, ranges) | free(normal.variance, ranges)
    if not all_apart(still, [run(normal.at)], ranges):
        raise Undefined(f"{normal!r} is no density of its first place, which its mean or variance depends on")
