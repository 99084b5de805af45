"""A network's answer moves with its input: a symbol for it may not stand under a mean, integral or derivative."""

from __future__ import annotations

import re

from ..errors import ArgumentError
from ..language.density import KL, Derivative, E, Integral, Var
from ..language.dependence import may_alias
from ..language.expr import Symbol, walk
from ..language.times import Item

ANSWER = re.compile(r"(^|_)(hat|theta)$")


def no_symbol_for_a_network(sides, stated) -> None:
    """Raise ``ArgumentError`` for a symbol that reads as an estimate, and is not defined, where something is bound."""
    binders = (E, Var, KL, Integral, Derivative)
    for node in (part for side in sides for part in walk(side) if isinstance(part, binders)):
        for part in walk(node):
            name = getattr(getattr(part, "sequence", part), "name", "") if isinstance(part, (Symbol, Item)) else ""
            if ANSWER.search(name) and not any(may_alias(part, left) for left, _ in stated):
                raise ArgumentError(
                    f"{part!r} in {node!r} reads as what a network answers, which moves with its input; declare "
                    f"F.function({name!r}) and write {name}(x[t], t), or define the symbol"
                )
