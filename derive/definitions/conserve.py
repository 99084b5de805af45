"""Definitions must be conservative: they name something new, and never say anything about what is known already.

The left side is an undefined atom: a symbol, a member of a sequence for all times, a member at a literal time that no
general rule covers, or a density.  The right side has no other index symbols, and does not lead back to the left side;
a sequence may refer to its own earlier members.  Assumptions obey the same rules, so that they cannot contradict each
other.  ``definable`` says what a density or a function may be defined as.
"""

from __future__ import annotations

from ..errors import ArgumentError
from ..language.alphabets import has_symbols
from ..language.density import Density, Diffusion
from ..language.dependence import atoms, depends_on, is_noise, is_state, may_alias
from ..language.expr import Symbol, walk
from ..language.functions import Apply
from ..language.goal import free_dummies
from ..language.registry import standard_normal
from ..language.times import Item
from ..language.tree import first_times, free_indices
from . import definable, diffusions, distributions
from .mixture import is_mixture, mixture


def conservative(name, left, right, others, word="definition") -> None:
    """Raise ``ArgumentError`` unless ``left := right`` says nothing about ``others``, the pairs so far."""
    _atom(name, left)
    if any(part == standard_normal for side in (left, right) for part in walk(side)) and not is_noise(left):
        raise ArgumentError(f"{name!r}: standard_normal is the distribution of a noise, not a number; got {left!r}")
    if is_noise(left):
        _noise(name, left, right, word)
    extra = free_indices(right) - free_indices(left)
    if extra:
        raise ArgumentError(f"{name!r}: the right side has the index {sorted(extra)[0]!r}, which {left!r} has not")
    if free_dummies(right):
        raise ArgumentError(f"{name!r}: {right!r} has a variable of integration outside of its integral")
    _noise_in_time(name, [*others, (left, right)])
    _one_direction(name, [*others, (left, right)])
    if any(_taken((left, right), other) for other in others):
        raise ArgumentError(f"{name!r}: {left!r} is defined already; one {word} for each thing, choose a new name")
    if isinstance(left, Density):
        if is_mixture(right):
            mixture(name, left, right, others)
        else:
            definable.density(name, left, right, others)
        if word == "definition" or has_symbols(left):  # numbers do not compare what is said of symbols
            distributions.consistent(name, left, right, others)
    _normalised(name, [*others, (left, right)])
    if isinstance(right, Diffusion):
        diffusions.equation(name, left, right, word)
    elif isinstance(left, Apply):
        definable.function(name, left, right, others)
    diffusions.nothing_hides_the_place(name, [*others, (left, right)])
    _no_circle(name, left, right, others)


def _normalised(name, pairs):
    """A function that is declared to be a density integrates to one, so nothing else may be stated about it."""
    functions = {right.function for left, right in pairs if isinstance(left, Density) and isinstance(right, Apply)}
    for left, _ in pairs:
        if isinstance(left, Apply) and left.function in functions:
            raise ArgumentError(f"{name!r}: {left!r} has a formula, which need not integrate to one; it is no density")


def _atom(name, left):
    if isinstance(left, Symbol) and left.role in ("bound", "size"):
        raise ArgumentError(f"{name!r}: {left!r} is a variable of integration, or a size, and cannot be defined")
    if not isinstance(left, (Symbol, Item, Density, Apply)) or left == standard_normal:
        raise ArgumentError(
            f"{name!r}: the left side must be a symbol, a member of a sequence, a density or a function, got {left!r}"
        )


def _noise(name, left, right, word):
    general = isinstance(left, Symbol) or (left.index.symbol is not None and left.index.offset == 0)
    if right != standard_normal or not general or word == "assumption":
        raise ArgumentError(
            f"{name!r}: define the distribution of a noise for all its times, as standard_normal; "
            f"got {left!r} and {right!r}"
        )


def _noise_in_time(name, pairs):
    """A state may depend on the noises up to its own time only, and not by way of another definition.

    In a process that is drawn backward it depends on what is later, by noises that are declared so.
    """
    for left, right in pairs:
        if not is_state(left):
            continue
        backward = any(
            is_noise(part) and getattr(part, "sequence", None) and part.sequence.backward for part in walk(right)
        )
        in_time = _later if backward else _no_later
        for part in walk(right):
            known = is_noise(part) or (isinstance(part, Item) and is_state(part))
            against = is_noise(part) and part.sequence.backward != backward if isinstance(part, Item) else False
            if known and (against or not (isinstance(part, Item) and in_time(part.index, left.index))):
                raise ArgumentError(f"{name!r}: the state {left!r} cannot depend on {part!r}, which may come after it")
            if (
                isinstance(part, (Symbol, Item))
                and not is_state(part)
                and not is_noise(part)
                and depends_on(part, pairs)
            ):
                raise ArgumentError(f"{name!r}: {part!r} is random; write out the noise in the state {left!r}")


def _one_direction(name, pairs):
    """States that are drawn backward, and what is made of them, are not mixed with states that are drawn forward."""
    made, ways = {}, {}
    for left, right in ((left, right) for left, right in pairs if is_state(left)):
        for part in (part for part in walk(right) if isinstance(part, Item)):
            known, way = part.index.symbol is not None, ways.setdefault(left.sequence, set())
            if is_noise(part):
                way.add(part.sequence.backward)
            elif is_state(part):
                made.setdefault(left.sequence, set()).add(part.sequence)
                way |= {part.index.offset > left.index.offset} if known and part.index != left.index else set()
    for _ in made:
        for sequence, parts in made.items():
            ways[sequence] = ways[sequence].union(*(ways.get(part, ()) for part in parts))
    for sequence in (sequence for sequence, way in ways.items() if len(way) > 1):
        raise ArgumentError(f"{name!r}: {sequence.name} is drawn forward and made of states that are drawn backward")


def _later(time, other):
    return time.symbol == other.symbol and time.offset > other.offset


def _no_later(time, other):
    return (time.symbol == other.symbol and time.offset <= other.offset) or (time.symbol is None and time.offset <= 0)


def random_in_time(name, left, right, others, sides) -> None:
    """A parameter may become random only before anything is stated about it: as a number it has no variance."""
    parameter = isinstance(left, (Symbol, Item)) and not is_state(left) and not is_noise(left)
    if not parameter or not any(depends_on(part, others) for part in atoms(right)):
        return
    if any(may_alias(part, left) for side in sides for part in walk(side) if isinstance(part, (Symbol, Item))):
        raise ArgumentError(
            f"{name!r}: {left!r} would become random, and earlier blocks took it for a number; define it first"
        )


def _taken(new, old) -> bool:
    """Do two definitions speak about the same thing at some time?  Two general rules for one sequence always do."""
    if isinstance(new[0], Density):
        return False  # ``distributions`` checks these
    a, b = (getattr(left, "index", None) for left, _ in (new, old))
    if not may_alias(new[0], old[0]) or a is None or b is None or (a.symbol is not None and b.symbol is not None):
        return may_alias(new[0], old[0])
    if a.symbol is None and b.symbol is None:
        return a.offset == b.offset
    literal, general, rule = (a, b, old) if a.symbol is None else (b, a, new)
    return literal.offset >= first_times(*rule, least=0).get(general.symbol, 0) + general.offset


def _no_circle(name, left, right, others):
    """Follow what the right side mentions; it must not lead back to ``left``, but to its own earlier members."""
    again = left in atoms(right) or (isinstance(left, Apply) and any(may_alias(left, part) for part in atoms(right)))
    if isinstance(left, (Density, Apply)) and again:
        raise ArgumentError(f"{name!r}: {left!r} is defined by itself; define it by something else")
    if isinstance(left, Item):
        for part in atoms(right):
            own = isinstance(part, Item) and part.sequence.name == left.sequence.name
            if own and not (_earlier(part, left) or (is_state(left) and _drawn_backward(left, right))):
                raise ArgumentError(f"{name!r}: {left!r} refers to {part!r}, which is not earlier; unfolds without end")
    if isinstance(left, Symbol) and left in atoms(right):
        raise ArgumentError(f"{name!r}: {left!r} is defined by itself and unfolds without end")
    if isinstance(left, Density):  # a valid product of densities; it cannot contradict its own factors
        return
    seen, todo = [], [part for part in atoms(right) if _thing(part) != _thing(left)]
    while todo:
        part = todo.pop()
        for other, meaning in others:
            if other in seen or not may_alias(part, other):
                continue
            seen.append(other)
            if any(may_alias(deeper, left) for deeper in atoms(meaning)):
                raise ArgumentError(f"{name!r}: {left!r} leads back to itself by {other!r} and unfolds without end")
            todo += atoms(meaning)


def _thing(part):
    return part.sequence.name if isinstance(part, Item) else part


def _drawn_backward(left, right):
    """Does a state depend on later states of its sequence only?"""
    own = [part for part in atoms(right) if isinstance(part, Item) and part.sequence.name == left.sequence.name]
    return all(_later(part.index, left.index) for part in own)


def _earlier(part, left):
    return part.index.symbol == left.index.symbol and part.index.offset < left.index.offset
