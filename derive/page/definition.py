"""What is true because it is stated: definitions, assumptions, and hypotheses."""

from __future__ import annotations

from dataclasses import replace

from ..language.alphabets import has_symbols
from ..language.density import Diffusion
from ..language.expr import Expr
from ..language.functions import Apply
from ..language.registry import standard_normal
from ..language.times import Item
from ..language.tree import brought
from .blocks import Block, Line


class Definition(Block):
    """``left := right``, or an assumption; true because it is stated."""

    definition = True

    def __init__(self, name: str, left: Expr, right: Expr, relation: str, word: str):
        matrix = isinstance(left, Apply) and has_symbols(left)  # its states may be the first ones
        super().__init__(name, left.sequence.start if isinstance(left, Item) else 0 if matrix else 1)
        self.left, self.right, self.relation, self.word = left, right, relation, word
        self.equations = ((left, right),) if isinstance(right, Diffusion) else ()
        noise = [left.sequence.name if isinstance(left, Item) else left.name] if right == standard_normal else []
        self.standard = frozenset(noise)
        self.steps, self.rests, self.brings = (), frozenset([left]), brought(left, right)

    def facts(self):
        if self.relation not in ("=", ":="):
            return []
        return [replace(self.fact(), rests=frozenset())]  # as a pattern it says itself what may be replaced

    def lines(self):
        return [Line(self.left, self.relation, self.right, self.word)]
