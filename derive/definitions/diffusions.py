"""What may be assumed of a density that moves: that it is the density of the solutions of one equation with noise.

The density is a positive function p(x, s) of a place and a time.  The drift is a smooth function of both that grows at
most like a polynomial, the noise a smooth function of the time, and neither depends on p.  That there are such
solutions, and that their density is smooth and falls off, is part of the assumption.
"""

from __future__ import annotations

from ..errors import ArgumentError
from ..language.density import Diffusion
from ..language.dependence import atoms, may_alias, moves
from ..language.expr import Symbol, walk
from ..language.functions import Apply
from ..language.registry import real
from ..language.times import Item
from ..proof.integrability import Integrability


def equation(name, left, right, word) -> None:
    """Raise ``ArgumentError`` unless ``left ~ right`` assumes an equation of a density, and nothing else."""
    about = isinstance(left, Apply) and left.function.positive and left.args == (right.at, right.by)
    plain = all(symbol.role == "parameter" and symbol.domain == real for symbol in (right.at, right.by))
    if not (about and plain) or word != "assumption":
        raise ArgumentError(
            f"{name!r}: a diffusion is assumed, of a positive function of its place and its time, two real symbols; "
            f"got {left!r} and {right!r}"
        )
    parts = [part for side in (right.drift, right.noise) for part in walk(side)]
    if any(may_alias(part, left) for part in parts if isinstance(part, (Symbol, Item, Apply))):
        raise ArgumentError(f"{name!r}: the equation of {left!r} depends on {left!r} itself; take another function")
    if any(part == right.at for part in walk(right.noise)):
        raise ArgumentError(
            f"{name!r}: the noise {right.noise!r} depends on {right.at!r}; it may depend on the time alone"
        )
    Integrability({}).terms(right.drift, frozenset([right.at]))


def nothing_hides_the_place(name, pairs) -> None:
    """Raise ``ArgumentError`` if a symbol in an equation stands, by its definition, for its place or its time."""
    for _, right in ((left, right) for left, right in pairs if isinstance(right, Diffusion)):
        for part in {part for side in (right.drift, right.noise) for part in atoms(side)} - {right.at, right.by}:
            if any(moves(part, variable, pairs) for variable in (right.at, right.by)):
                raise ArgumentError(f"{name!r}: {part!r} in an equation of {right.at!r} may depend on it; write it out")
