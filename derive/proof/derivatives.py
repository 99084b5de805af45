"""What moves under a derivative: whatever is defined by its variable, and nothing else.

In ``Derivative(f, v)`` the definitions of everything but v count as put in, whether or not the line cites them: with
b := v², the derivative of b is 2v and never 0.  A derivative may be evaluated only where everything that moves is
visible, so the definition of b must be cited before.  v itself stands for any number, also where it has a definition.
"""

from __future__ import annotations

from ..errors import ArgumentError, DerivationError, Inconclusive
from ..language.density import Density, Derivative, Integral
from ..language.dependence import atoms, moves
from ..language.expr import children, walk
from ..language.goal import has_densities
from ..language.times import Item, Limit, Span, Sum
from ..language.tree import among, bound_by, first_times, measure_of, same_thing


def visible(goal, *nodes) -> None:
    """Raise ``Inconclusive`` if something moves under a derivative in ``nodes`` that is not seen to."""
    for node in (part for side in nodes for part in walk(side) if isinstance(part, Derivative)):
        if _unsure(node.body, node.by, first_times(goal.left, goal.right, least=goal.start)):
            raise Inconclusive(
                f"{node!r} has other members of {node.by.sequence.name}, one of which may be {node.by!r}; split it"
            )
        for part in atoms(node.body):
            if part != node.by and moves(part, node.by, goal.stated):
                raise Inconclusive(f"{part!r} in {node!r} may depend on {node.by!r}; put its definition in first")


def distinct(goal, *nodes) -> None:
    """Raise ``Inconclusive`` if another member in an integral or a mean may be the variable that it binds."""
    first = first_times(goal.left, goal.right, least=goal.start)
    for node in (part for side in nodes for part in walk(side) if not isinstance(part, Derivative)):
        if isinstance(measure_of(node), Density) or (isinstance(node, Integral) and has_densities(node)):
            continue  # the kernel tells these apart
        for variable in bound_by(node):
            if _unsure(node, variable, first):
                raise Inconclusive(f"{node!r} has other members, one of which may be {variable!r}; split the step")


def _unsure(node, variable, first, bound=frozenset()) -> bool:
    """May another member of the variable's sequence be the variable, at some time from ``first`` on?"""
    if isinstance(node, Span) and same_thing(node, variable):
        return True
    if isinstance(node, Item) and isinstance(variable, Item) and same_thing(node, variable):
        ours, other = sorted((node.index, variable.index), key=lambda index: index.symbol is None)
        if node.index.symbol in bound or None not in (ours.symbol, other.symbol):
            return node.index.symbol in bound or ours.symbol != other.symbol
        return ours.symbol is not None and other.offset - ours.offset >= first.get(ours.symbol, 0)
    if isinstance(node, (Sum, Limit)):
        bound = bound | {node.symbol}
    return any(_unsure(child, variable, first, bound) for child in children(node))


def moving_in_time(name, left, right, others, sides) -> None:
    """What stood still under a derivative may not begin to move by a later definition."""
    stated = [*others, (left, right)]
    for node in (part for side in sides for part in walk(side) if isinstance(part, Derivative)):
        for part in atoms(node.body):
            if part != node.by and not moves(part, node.by, others) and moves(part, node.by, stated):
                raise ArgumentError(
                    f"{name!r}: {part!r} would depend on {node.by!r}, but {node!r} treated it as constant; "
                    "define it first"
                )


def not_under_its_own_variable(proof) -> None:
    """A hypothesis may not stand under a derivative or integral by something whose definition the proof cites."""
    for node in (part for step in (proof.base, proof.step) for side in step.sides() for part in walk(side)):
        caught = proof.rests if isinstance(node, Derivative) else proof.rests | proof.brings
        for variable in bound_by(node):
            if among(caught, [variable]):
                raise DerivationError(
                    f"{proof.name!r} defines {variable!r} or by it, which {node!r} binds; take another symbol"
                )
