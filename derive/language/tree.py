"""Rewriting: shift an index, list what is free, replace a defined quantity by its definition.

A ``Fact`` is an equation that a later step may cite: a definition, an assumption, or something already proved.  Its
left side is a pattern, true for every value of its index symbols: ``q(x[t] | x[t - 1])`` also matches
``q(x[s + 1] | x[s])``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from ..errors import ArgumentError
from .density import KL, Density, Derivative, Distribution, E, Integral, Normal
from .expr import Expr, Symbol, children, rebuild, walk
from .times import Index, Item, Limit, Sum

DIMENSION = "d"  # the index that counts the coordinates of vectors
MAX_UNFOLDINGS = 200  # a chain of definitions longer than this is a circle


@dataclass(frozen=True)
class Fact:
    """``left = right`` for all values of ``symbols`` that are not smaller than ``first`` says.

    ``rests`` holds what is defined by the definitions that its proof cites, ``brings`` what states among
    them are made of.  ``axioms`` names the assumptions that it rests on; without a word about them it is one itself.
    """

    name: str
    left: Expr
    right: Expr
    symbols: frozenset[str]
    first: tuple[tuple[str, int], ...] = ()
    rests: frozenset[Expr] = frozenset()
    brings: frozenset[Expr] = frozenset()
    axioms: frozenset[str] | None = None

    @property
    def rests_on(self) -> frozenset[str]:
        return frozenset([f"{self.name}: {self.left!r} = {self.right!r}"]) if self.axioms is None else self.axioms

    @cached_property
    def loose(self) -> frozenset[str]:
        """The indices that stand for one time only, or for none that is on the left."""
        return (free_indices(self.left) | free_indices(self.right)) - self.symbols

    def holds_at(self, bound: dict[str, Index], earliest: dict[str, int]) -> bool:
        """Is the fact known for these values of its symbols, where ``earliest`` is the least value of other symbols?"""
        return all(
            index.offset + (0 if index.symbol is None else earliest.get(index.symbol, 1)) >= first
            for symbol, first in self.first
            for index in [bound.get(symbol, Index(symbol))]
        )


def at(node, values: dict[str, Index]):
    """Return ``node`` with index symbols replaced: ``at(x[t - 1], {"t": t + 1})`` is ``x[t]``."""
    if isinstance(node, Index):
        new = values.get(node.symbol)
        return node if new is None else Index(new.symbol, new.offset + node.offset)
    if isinstance(node, (Sum, Limit)):
        free = free_indices(node.body) - {node.symbol}
        inner = {symbol: index for symbol, index in values.items() if symbol in free}
        bound, new = node.symbol, {index.symbol for index in inner.values()}
        if bound in new:  # a new index must not be caught by the sum, nor a free one by its new name
            while bound in new | free:
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
    found = set().union(*map(free_indices, children(node)))
    if isinstance(node, (Sum, Limit)):
        bounds = free_indices(node.low) | free_indices(node.high) if isinstance(node, Sum) else frozenset()
        return (frozenset(found) - {node.symbol}) | bounds
    return frozenset(found)


def catches(node, rest) -> bool:
    """Would a reader take a symbol in the terms that follow for the one that a sum or a limit in ``node`` binds?"""
    bound = {part.symbol for part in walk(node) if isinstance(part, (Sum, Limit))}
    return any(not bound.isdisjoint(free_indices(term)) for term in rest)


def match(pattern, node, symbols, bound, shut=frozenset()) -> bool:
    """Does ``node`` have the form of ``pattern``?  ``bound`` collects the values of the pattern's index symbols.

    ``shut`` holds the indices that a sum or a limit around this place binds: no value may be made of one.
    """
    if isinstance(pattern, Index):
        if not isinstance(node, Index):
            return False
        if pattern.symbol not in symbols:
            return pattern == node
        if node.symbol in shut:
            return False
        value = Index(node.symbol, node.offset - pattern.offset)
        return bound.setdefault(pattern.symbol, value) == value
    if type(pattern) is not type(node):
        return False
    if isinstance(pattern, tuple):
        return len(pattern) == len(node) and all(
            match(p, n, symbols, bound, shut) for p, n in zip(pattern, node, strict=True)
        )
    if isinstance(pattern, Expr):
        inside = symbols, bound, shut
        if isinstance(pattern, (Sum, Limit)):
            inside = symbols - {pattern.symbol}, bound, shut | {pattern.symbol}
        return all(
            match(getattr(pattern, name), getattr(node, name), *(inside if name == "body" else (symbols, bound, shut)))
            for name in pattern.__dataclass_fields__
        )
    return pattern == node


def unfold(nodes, facts, least: int = 1):
    """Return ``nodes`` with every left side of ``facts`` replaced by its right side, again and again.

    A definition that refers to itself one step earlier, such as ``x[t]`` by ``x[t - 1]``, is unfolded to the earliest
    member that ``nodes`` mention; one that refers to later ones to the latest.  What is bound or caught stays.
    """
    ends, budget = _ends(nodes), [MAX_UNFOLDINGS]

    def replace(node, earliest, shut=(), over=frozenset(), whole=False):
        for fact in facts if node not in [variable for _, variable in shut] else ():
            bound: dict[str, Index] = {}
            if (
                not (whole and _role(fact.left) == "state")  # a mean under a joint distribution binds every state
                and not _caught(fact, shut, over)
                and match(fact.left, node, fact.symbols, bound)
                and fact.holds_at(bound, earliest)
                and _may_unfold(fact, node, ends)
            ):
                budget[0] -= 1
                if budget[0] < 0:
                    raise ArgumentError(f"definition {fact.name!r} unfolds without end; define it by earlier ones only")
                return replace(at(fact.right, bound), earliest, shut, over, whole)
        if isinstance(node, Density):
            return node  # its arguments are names of states, and no numbers
        if isinstance(node, Sum):
            before = 0 if node.low.symbol is None else earliest.get(node.low.symbol, 1)
            earliest = {**earliest, node.symbol: before + node.low.offset}
        over = over | {node.symbol} if isinstance(node, (Sum, Limit)) else over
        measure = measure_of(node)
        shut = (*shut, *((type(node), variable) for variable in bound_by(node)))
        if (by := getattr(node, "by", None)) is not None:  # a gradient, too, is by its variable
            shut = (*shut, (Derivative, by))

        def child(part):  # a measure stays a density that can be named
            new = replace(part, earliest, shut, over, whole or isinstance(measure, Distribution))
            return part if part is measure and not isinstance(new, (Density, Normal)) else new

        return rebuild(node, child)

    return tuple(replace(node, first_times(*nodes, least=least)) for node in nodes)


def _caught(fact, shut, over) -> bool:
    """Would a binder around the place change what a fact says?

    It does where the fact rests on the definition of a bound variable, where an integral or a mean would catch the
    parts of a state, and where a sum or a limit binds the one index that the fact, a hypothesis say, is about.
    """
    variables = [variable for _, variable in shut]
    catching = [variable for binder, variable in shut if binder is not Derivative]
    return among(fact.rests, variables) or among(fact.brings, catching) or not fact.loose.isdisjoint(over)


def bound_by(node) -> tuple:
    """The variables that a derivative, an integral, or a mean under a named density binds."""
    if isinstance(node, (Derivative, Integral)):
        return (node.by if isinstance(node, Derivative) else node.over,)
    measure = measure_of(node)
    if isinstance(measure, Density):
        return measure.targets
    return (measure.at,) if isinstance(measure, Normal) else ()


def measure_of(node):
    """The density under which ``node`` is a mean, if it is one."""
    return node.under if isinstance(node, E) else node.p if isinstance(node, KL) else None


def brought(left, right) -> frozenset:
    """What would be caught under an integral over it, once ``left`` is replaced by ``right``.

    An integral over a parameter is about another one of that name.  States move parameters, and densities name them.
    """
    known, state = set(walk(left)), _role(left) == "state"
    parts = [part for part in walk(right) if isinstance(part, (Symbol, Item)) and _role(part) != "bound"]
    return frozenset(part for part in parts if part not in known and (state or _role(part) != "state"))


def _role(node) -> str:
    return getattr(getattr(node, "sequence", node), "role", "")


def among(parts, variables) -> bool:
    """Is one of ``parts`` one of ``variables``, or another member of its sequence?"""
    return any(same_thing(part, variable) for part in parts for variable in variables)


def first_times(*nodes, least: int = 1) -> dict[str, int]:
    """The least value, from ``least`` on, of each free index symbol at which all sequences in ``nodes`` have begun."""
    found = {symbol: least for node in nodes for symbol in free_indices(node)}
    if DIMENSION in found:  # no time: it does not begin late
        found[DIMENSION] = min(least, 1)
    for part in (part for node in nodes for part in walk(node) if isinstance(part, Item)):
        symbol = part.index.symbol
        if symbol in found:
            found[symbol] = max(found[symbol], part.sequence.start - part.index.offset)
    return found


def same_thing(part, other) -> bool:
    """Are these one symbol, or members of one sequence?"""
    a, b = (getattr(getattr(node, "sequence", node), "name", None) for node in (part, other))
    return a is not None and a == b


def _ends(nodes):
    """The earliest and the latest offset of each sequence, for each index symbol."""
    found: dict[tuple[str, str | None], tuple[int, int]] = {}
    for node in (found for root in nodes for found in walk(root) if isinstance(found, Item)):
        key = (node.sequence.name, node.index.symbol)
        low, high = found.get(key, (node.index.offset, node.index.offset))
        found[key] = min(low, node.index.offset), max(high, node.index.offset)
    return found


def _may_unfold(fact, node, ends):
    """Stop a definition that refers to its own sequence at the earliest member in the goal, or at the latest one."""
    if not isinstance(node, Item):
        return True
    symbol, offset = node.index.symbol, node.index.offset
    own = [p.index for p in walk(fact.right) if isinstance(p, Item) and p.sequence == node.sequence and p.index.symbol]
    low, high = ends.get((node.sequence.name, symbol), (offset - 1, offset + 1))
    later = bool(own) and all(index.offset > fact.left.index.offset for index in own)
    return not own or (offset < high if later else offset > low)
