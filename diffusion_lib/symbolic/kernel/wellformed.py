"""Is a term about things that exist, at all times in range?"""

from __future__ import annotations

from diffusion_lib.errors import Inconclusive, Undefined
from diffusion_lib.symbolic.kernel.ranges import Ranges
from diffusion_lib.symbolic.language.expr import children
from diffusion_lib.symbolic.language.times import Index, Item, Limit, Span, Sum

EARLY = Index(None, 0)


def well_formed(node, ranges: Ranges) -> None:
    """Raise unless every member in ``node`` is proved to exist, and every range to end no earlier than before it."""
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
        return well_formed(node.body, ranges)
    if isinstance(node, Limit):
        return well_formed(node.body, ranges.within(node.symbol, Index(None, 10**9), None))
    for child in children(node):
        well_formed(child, ranges)
