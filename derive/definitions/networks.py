"""A network's answer moves with its input: a symbol for it may not stand under a mean, integral or derivative."""

from __future__ import annotations

import re

from ..errors import ArgumentError
from ..language.density import KL, Derivative, E, Integral, Var
from ..language.dependence import is_state, may_alias
from ..language.expr import Symbol, walk
from ..language.times import Item
from ..language.tree import bound_by

ANSWER = re.compile(r"(^|_)(hat|theta)$")
READS = re.compile(r"(^|_)(net|network|model|score|denoiser|prediction|output)(_| |$)|\\(hat|theta)\b")  # or its LaTeX


def no_symbol_for_a_network(sides, stated) -> None:
    """Raise ``ArgumentError`` for a symbol that reads as an estimate, and is not defined, where something is bound."""
    binders = (E, Var, KL, Integral, Derivative)
    for node in (part for side in sides for part in walk(side) if isinstance(part, binders)):
        random = isinstance(node, (E, Var, KL)) or is_state(bound_by(node)[0])
        for part in (part for part in walk(node) if isinstance(part, (Symbol, Item))):
            thing = getattr(part, "sequence", part)
            answer = ANSWER.search(thing.name) or (random and READS.search(f"{thing.name} {thing.latex}"))
            if answer and not any(may_alias(part, left) for left, _ in stated):
                raise ArgumentError(
                    f"{part!r} in {node!r} reads as what a network answers, which moves with its input; declare "
                    f"F.function({thing.name!r}) and write {thing.name}(x[t], t), or define the symbol"
                )
