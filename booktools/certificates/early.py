"""Times before 0: natural numbers have none, and t - 2 is 0 at t = 1.  This module is trusted.

A statement writes the index of a member, the ends of a sum and a power by a time as natural numbers.  Where one of them
may be negative it would say something else than the step, so that such a step has no statement.
"""

from __future__ import annotations

from collections.abc import Mapping

from derive.language.expr import Pow, children
from derive.language.functions import Apply
from derive.language.goal import Goal
from derive.language.times import Index, Item, Limit, Span, Sum
from derive.language.tree import Fact, first_times

FAR = 10**9  # an index that goes to a limit is larger than every number in the step


def negative(goal: Goal, least: Mapping[str, int]) -> bool:
    """May a time in a goal, or in what it cites, be negative?"""
    sides = [side for pair in ((goal.left, goal.right), *goal.hypotheses) for side in pair]
    cited = [(side, {**least, **begun(fact)}) for fact in goal.facts for side in (fact.left, fact.right)]
    return any(early(side, least, goal.start) for side in sides) or any(early(side, known, 0) for side, known in cited)


def early(node, least: Mapping[str, int], other: int) -> bool:
    """May a time in ``node`` be negative, where indices are at least ``least``, and those not named ``other``?"""

    def value(index: Index) -> int:
        return index.offset + (0 if index.symbol is None else least.get(index.symbol, other))

    if any(value(index) < 0 for index in natural(node)):
        return True
    inner = least
    if isinstance(node, (Sum, Limit)):
        inner = {**least, node.symbol: value(node.low) if isinstance(node, Sum) else FAR}
    return any(early(part, inner if part is getattr(node, "body", None) else least, other) for part in children(node))


def begun(fact: Fact) -> dict[str, int]:
    """From when on a fact is stated."""
    return {**first_times(fact.left, fact.right, least=0), **dict(fact.first)}


def natural(node) -> list[Index]:
    """The times right below ``node`` that are natural numbers in a statement."""
    if isinstance(node, Item):
        return [node.index]
    if isinstance(node, (Span, Sum)):
        return [node.low, node.high]
    if isinstance(node, Pow):
        return [node.power] if isinstance(node.power, Index) else []
    return [arg for arg in node.args if isinstance(arg, Index)] if isinstance(node, Apply) else []
