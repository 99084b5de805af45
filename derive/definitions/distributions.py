"""Everything that is stated about one joint distribution can be true at once.

A joint distribution is defined by sampling state by state: each state once, given states that were sampled before it,
all of them earlier or all of them later.  Then a joint distribution with these densities exists, whatever they are.  A
second density of a state that has already been sampled would be an assertion, which may be false; it must be derived or
assumed.  In a declared Markov chain each state is sampled given its neighbour alone, and likewise in a distribution
that is written as a product of such densities.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ArgumentError, Inconclusive, Refuted
from ..justifications import justification
from ..language.density import Density
from ..language.expr import Mul
from ..language.goal import Goal
from ..language.times import Index, Item, Product, Span
from ..language.tree import at, first_times
from ..numeric.models import gaussian_models


@dataclass(frozen=True)
class Draw:
    """One state, drawn given others: ``target`` at all times from ``start`` on, or at its literal time."""

    density: Density

    @property
    def target(self) -> Item:
        return self.density.targets[0]

    @property
    def start(self) -> int:
        symbol = self.target.index.symbol
        if symbol is None:
            return self.target.index.offset
        return first_times(*self.density.targets, *self.density.given).get(symbol, 1) + self.target.index.offset

    def may_alias(self, other: Draw) -> bool:
        """May both draw one state?"""
        if self.target.sequence != other.target.sequence:
            return False
        general = [draw for draw in (self, other) if draw.target.index.symbol is not None]
        literal = [draw for draw in (self, other) if draw.target.index.symbol is None]
        if len(literal) == 2:
            return literal[0].start == literal[1].start
        return len(general) == 2 or literal[0].start >= general[0].start

    def given(self) -> frozenset:
        """The conditions, as distances from the target, or as literal times."""
        here = self.target.index
        return frozenset(self._place(part, here) for part in self.density.given)

    def _place(self, part, here):
        if isinstance(part, Span):
            return "span", part
        if part.sequence != self.target.sequence or part.index.symbol != here.symbol:
            return "far", part.sequence, part.index.symbol, part.index.offset
        return "near", part.index.offset - here.offset

    def single(self) -> bool:
        return len(self.density.targets) == 1

    def agrees(self, literal: Draw) -> bool:
        """Does a sampled state at a literal time have the conditions that this one has then?"""
        here, there = self.target.index, literal.target.index
        time = {} if here.symbol is None else {here.symbol: Index(None, there.offset - here.offset)}
        return {at(part, time) for part in self.density.given} == set(literal.density.given)

    def neighbour(self) -> bool:
        here = {place for place in self.given() if place[0] != "far" or place[1] == self.target.sequence}
        literal = {("far", self.target.sequence, None, self.target.index.offset + k) for k in (1, -1)}
        near = [{("near", 1)}, {("near", -1)}, *({place} for place in literal if self.target.index.symbol is None)]
        return not self.given() or (here == self.given() and here in near)


def consistent(name: str, left: Density, right, others) -> None:
    """Raise ``ArgumentError`` unless ``left := right`` can be true with the pairs of other definitions."""
    pairs = [(one, r) for one, r in (*others, (left, right)) if of_distribution(one, left.distribution)]
    draws = [Draw(by_states(name, one)) for one, r in pairs if not is_product(r)]
    products = [r for _, r in pairs if is_product(r)]
    if len(products) > 1:
        raise ArgumentError(
            f"{name!r}: {left.distribution.name} is written as a product already; derive another product from it"
        )
    if draws and any(part.distribution != left.distribution for r in products for part in bodies(r)):
        raise ArgumentError(f"{name!r}: {left.distribution.name} is a product of other distributions; derive the rest")
    if not is_product(right):
        _drawn_once(name, draws[-1], draws[:-1])
    _one_direction(name, draws)
    _no_circle_of_sequences(name, draws)
    factors = [Draw(by_states(name, part) if draws else part) for r in products for part in bodies(r)]
    for draw in (*draws, *factors) if left.distribution.markov else ():
        if len(draw.density.targets) > 1 or not draw.neighbour():
            raise ArgumentError(
                f"{name!r}: {left.distribution.name} is declared to be a Markov chain, but {draw.density!r} conditions "
                f"on more than one neighbour; use a distribution without that declaration"
            )
    for draw in draws:
        for one in (one for one in factors if one.may_alias(draw)):
            same = one.given() == draw.given() if one.target.index.symbol else draw.agrees(one)
            if not (one.single() and same):
                raise ArgumentError(
                    f"{name!r}: {draw.density!r} has other conditions than {one.density!r} in a product of it"
                )


def not_against(stated, left) -> None:
    """Raise ``ArgumentError`` if an assumption about a distribution contradicts its definition, as far as numbers show.

    ``stated`` are the definitions and assumptions so far, the new one, of ``left``, among them.
    """
    definitions = tuple(fact for block in stated if block.relation == ":=" for fact in block.facts())
    for block in stated if isinstance(left, Density) else ():
        if block.relation == "=" and of_distribution(block.left, left.distribution):
            goal = Goal(block.name, block.left, block.right, justification("result"), definitions=definitions)
            try:
                gaussian_models(goal)
            except Refuted as error:
                raise ArgumentError(
                    f"{block.name!r} contradicts what is stated about {left.distribution.name}: {error}"
                ) from error
            except Inconclusive:  # then it must be possible to draw by it
                others = [(one.left, one.right) for one in stated if one is not block]
                consistent(block.name, block.left, block.right, others)


def _no_circle_of_sequences(name, draws):
    """No sequence of states is drawn given another one that is drawn given it."""
    arrows = {(p.sequence, draw.target.sequence) for draw in draws for p in draw.density.given}
    arrows = {(one, other) for one, other in arrows if one != other}
    for _ in draws:
        arrows |= {(one, last) for one, other in arrows for first, last in arrows if other == first}
    for one in (one for one, other in arrows if one == other):
        raise ArgumentError(f"{name!r}: {one.name} is drawn given others that are drawn given {one.name}")


def by_states(name, density) -> Density:
    """The density with its short runs of states written one by one; each condition is at a time that is fixed."""
    sides = [[one for part in side for one in _states(name, part)] for side in (density.targets, density.given)]
    known = {part.index.symbol for part in sides[0]} | {None}
    for part in (part for part in sides[1] if part.index.symbol not in known):
        raise ArgumentError(f"{name!r}: {part!r} in {density!r} may be at any time; give it at a fixed distance")
    return Density(density.distribution, *map(tuple, sides))


def _states(name, part):
    if isinstance(part, Item):
        return [part]
    if part.low.symbol != part.high.symbol:
        raise ArgumentError(f"{name!r}: {part!r} is of no fixed length; write the density by single states")
    return [Item(part.sequence, Index(part.low.symbol, k)) for k in range(part.low.offset, part.high.offset + 1)]


def of_distribution(left, distribution) -> bool:
    return isinstance(left, Density) and left.distribution == distribution


def is_product(right) -> bool:
    return all(isinstance(part.body if isinstance(part, Product) else part, Density) for part in _factors(right))


def bodies(right) -> list[Density]:
    return [part.body if isinstance(part, Product) else part for part in _factors(right)]


def _factors(right):
    return right.factors if isinstance(right, Mul) else (right,)


def _drawn_once(name, new, stated):
    for other in stated:
        if new.may_alias(other):
            raise ArgumentError(
                f"{name!r}: {other.density!r} says already how {new.target!r} is drawn, so that "
                f"{new.density!r} would be a goal; derive it, or assume it"
            )


def _one_direction(name, draws):
    """No state may be given before it is drawn: all conditions are earlier, or all later, but for undrawn ones."""
    signs = set()
    for draw in draws:
        for kind, *where in draw.given():
            if kind == "near":
                signs.add(where[0] > 0)
            elif kind == "far" and where[0] == draw.target.sequence and _literal_drawn(where, draws):
                signs.add(False if draw.target.index.symbol is not None else where[2] > draw.start)
    if len(signs) > 1:
        raise ArgumentError(
            f"{name!r}: one definition samples it forward in time and another backward; use one direction"
        )


def _literal_drawn(where, draws) -> bool:
    sequence, symbol, offset = where
    time = Item(sequence, Index(symbol, offset))
    densities = [Density(draw.density.distribution, (time,), ()) for draw in draws]
    return symbol is None and any(a.may_alias(Draw(b)) for a, b in zip(draws, densities, strict=True))
