"""What is true because it is stated: definitions, assumptions, and hypotheses."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from ..language.alphabets import has_symbols
from ..language.density import Diffusion
from ..language.expr import Expr
from ..language.functions import Apply
from ..language.registry import standard_normal, standard_vector
from ..language.times import Item
from ..language.tree import brought
from ..language.vectors import is_variable
from .blocks import Block, Line, Rests


def is_matrix(left) -> bool:
    """Is this a function of symbols of an alphabet?  They may be those at the time 0."""
    return isinstance(left, Apply) and has_symbols(left)


class Definition(Block):
    """``left := right``, or an assumption; true because it is stated."""

    definition, steps = True, ()

    def __init__(self, name: str, left: Expr, right: Expr, relation: str, word: str):
        super().__init__(name, left.sequence.start if isinstance(left, Item) else int(not is_matrix(left)))
        self.left, self.right, self.relation, self.word = left, right, relation, word
        self.equations = ((left, right),) if isinstance(right, Diffusion) else ()
        noise = [left.sequence.name if isinstance(left, Item) else left.name] if right == standard_normal else []
        self.standard = frozenset(noise)
        assumed = self.equations or relation == "="
        words = frozenset([f"{name}: {left!r} {relation} {right!r}"] if assumed else [])
        self._rests = Rests(defined=frozenset([left]), brings=brought(left, right), axioms=words)

    def placed(self, tag: str) -> None:
        """It has a number now; an assumption is one that others rest on."""
        if self.equations or self.relation == "=":
            self._rests |= Rests(MappingProxyType({self.name: tag}))
        super().placed(tag)

    def facts(self):
        if self.relation not in ("=", ":="):
            return []
        return [replace(self.fact(), rests=frozenset())]  # as a pattern it says itself what may be replaced

    def lines(self):
        of_vectors = self.right == standard_normal and is_variable(self.left)
        return [Line(self.left, self.relation, standard_vector if of_vectors else self.right, self.word)]
