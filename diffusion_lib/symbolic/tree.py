"""Rewriting: shift an index, list what is free, replace a defined quantity by its definition.

A ``Fact`` is an equation that a later step may cite: a definition, an assumption, or something already proved.  Its
left side is a pattern, true for every value of its index symbols: ``q(x[t] | x[t - 1])`` also matches
``q(x[s + 1] | x[s])``.
"""

from __future__ import annotations

from dataclasses import dataclass

from diffusion_lib.errors import ConfigError
from diffusion_lib.symbolic.density import KL, Density, Derivative, E, Integral, Normal
from diffusion_lib.symbolic.expr import Expr, Symbol, rebuild, walk
from diffusion_lib.symbolic.times import Index, Item, Limit, Span, Sum

MAX_UNFOLDINGS = 200  # a chain of definitions longer than this is a circle


@dataclass(frozen=True)
class Fact:
    """``left = right`` for all values of ``symbols`` that are not smaller than ``first`` says.

    ``rests`` holds what is defined by the definitions that its proof cites.
    """

    name: str
    left: Expr
    right: Expr
    symbols: frozenset[str]
    first: tuple[tuple[str, int], ...] = ()
    rests: frozenset[Expr] = frozenset()

    def holds_at(self, bound: dict[str, Index], earliest: dict[str, int]) -> bool:
        """Is the fact known for these values of its symbols, where ``earliest`` is the least value of other symbols?"""
        return all(
            index.offset + (0 if index.symbol is None else earliest.get(index.symbol, 1)) >= first
            for symbol, first in self.first
            for index in [bound.get(symbol, Index(None, first))]
        )


def at(node, values: dict[str, Index]):
    """Return ``node`` with index symbols replaced: ``at(x[t - 1], {"t": t + 1})`` is ``x[t]``."""
    if isinstance(node, Index):
        new = values.get(node.symbol)
        return node if new is None else Index(new.symbol, new.offset + node.offset)
    if isinstance(node, (Sum, Limit)):
        inner = {symbol: index for symbol, index in values.items() if symbol != node.symbol}
        bound = node.symbol
        if any(index.symbol == bound for index in inner.values()):  # a new index must not be caught by the sum
            bound += "'"
            inner[node.symbol] = Index(bound)
        if isinstance(node, Limit):
            return Limit(at(node.body, inner), bound)
        return type(node)(at(node.body, inner), bound, at(node.low, values), at(node.high, values))
    return rebuild(node, lambda child: at(child, values))


def free_indices(node) -> frozenset[str]:
    """Return the index symbols that are not bound by a sum, a product or a limit."""
    if isinstance(node, Index):
        return frozenset([node.symbol] if node.symbol else [])
    found: set[str] = set()
    rebuild(node, lambda child: found.update(free_indices(child)) or child)
    if isinstance(node, (Sum, Limit)):
        bounds = free_indices(node.low) | free_indices(node.high) if isinstance(node, Sum) else frozenset()
        return (frozenset(found) - {node.symbol}) | bounds
    return frozenset(found)


def match(pattern, node, symbols, bound) -> bool:
    """Does ``node`` have the form of ``pattern``?  ``bound`` collects the values of the pattern's index symbols."""
    if isinstance(pattern, Index):
        if not isinstance(node, Index):
            return False
        if pattern.symbol not in symbols:
            return pattern == node
        value = Index(node.symbol, node.offset - pattern.offset)
        return bound.setdefault(pattern.symbol, value) == value
    if type(pattern) is not type(node):
        return False
    if isinstance(pattern, tuple):
        return len(pattern) == len(node) and all(
            match(p, n, symbols, bound) for p, n in zip(pattern, node, strict=True)
        )
    if isinstance(pattern, Expr):
        names = pattern.__dataclass_fields__
        return all(match(getattr(pattern, name), getattr(node, name), symbols, bound) for name in names)
    return pattern == node


def unfold(nodes, facts, least: int = 1):
    """Return ``nodes`` with every left side of ``facts`` replaced by its right side, again and again.

    A definition that refers to itself one step earlier, such as ``x[t]`` by ``x[t - 1]``, is unfolded down to the
    earliest member that ``nodes`` mention, and no further.  A variable that is bound stays, and so does what would be
    replaced by a fact that rests on its definition, or by something that an integral or a mean would catch.
    """
    floors, budget = _earliest(nodes), [MAX_UNFOLDINGS]

    def replace(node, earliest, shut=()):
        variables = [variable for _, variable in shut]
        for fact in facts if node not in variables else ():
            bound: dict[str, Index] = {}
            if (
                not any(same_thing(left, variable) for left in fact.rests for variable in variables)
                and match(fact.left, node, fact.symbols, bound)
                and fact.holds_at(bound, earliest)
                and _may_unfold(fact, node, floors)
                and not _captured(at(fact.right, bound), node, [v for binder, v in shut if binder is not Derivative])
            ):
                budget[0] -= 1
                if budget[0] < 0:
                    raise ConfigError(f"definition {fact.name!r} unfolds without end; define it by earlier ones only")
                return replace(at(fact.right, bound), earliest, shut)
        if isinstance(node, Sum):
            earliest = {**earliest, node.symbol: node.low.offset if node.low.symbol is None else 1}
        measure = node.under if isinstance(node, E) else node.p if isinstance(node, KL) else None
        shut = (*shut, *((type(node), variable) for variable in bound_by(node)))

        def child(part):  # a measure stays a density that can be named
            new = replace(part, earliest, shut)
            return part if part is measure and not isinstance(new, (Density, Normal)) else new

        return rebuild(node, child)

    first = first_times(*nodes, least=least)
    return tuple(replace(node, first) for node in nodes)


def bound_by(node) -> tuple:
    """The variables that a derivative, an integral, or a mean under a named density binds."""
    if isinstance(node, (Derivative, Integral)):
        return (node.by if isinstance(node, Derivative) else node.over,)
    measure = node.under if isinstance(node, E) else node.p if isinstance(node, KL) else None
    if isinstance(measure, Density):
        return measure.targets
    return (measure.at,) if isinstance(measure, Normal) else ()


def _captured(right, left, variables) -> bool:
    """Would something on the right side be caught by a binder, though it does not stand on the left side?"""
    known = set(walk(left))
    loose = [part for part in walk(right) if isinstance(part, (Symbol, Item, Span)) and part not in known]
    if isinstance(left, Density):  # its right side has no states but those on the left
        loose = [part for part in loose if isinstance(part, Symbol) or part.sequence.role != "state"]
    return any(same_thing(part, variable) for part in loose for variable in variables)


def first_times(*nodes, least: int = 1) -> dict[str, int]:
    """The least value, from ``least`` on, of each free index symbol at which all sequences in ``nodes`` have begun."""
    found = {symbol: least for node in nodes for symbol in free_indices(node)}
    for part in (part for node in nodes for part in walk(node) if isinstance(part, Item)):
        symbol = part.index.symbol
        if symbol in found:
            found[symbol] = max(found[symbol], part.sequence.start - part.index.offset)
    return found


def same_thing(part, other) -> bool:
    """Are these one symbol, or members of one sequence?"""
    a, b = (getattr(getattr(node, "sequence", node), "name", None) for node in (part, other))
    return a is not None and a == b


def _earliest(nodes):
    floors: dict[tuple[str, str | None], int] = {}
    for node in (found for root in nodes for found in walk(root) if isinstance(found, Item)):
        key = (node.sequence.name, node.index.symbol)
        floors[key] = min(floors.get(key, node.index.offset), node.index.offset)
    return floors


def _may_unfold(fact, node, floors):
    """Stop a definition that refers to its own sequence at the earliest member in the claim."""
    if not isinstance(node, Item):
        return True
    symbol, offset = node.index.symbol, node.index.offset
    recursive = any(isinstance(p, Item) and p.sequence == node.sequence and p.index.symbol for p in walk(fact.right))
    return not recursive or offset > floors.get((node.sequence.name, symbol), offset - 1)
