"""Scripts that put in what a step with vectors cites."""

from __future__ import annotations

from derive.language.density import Integral
from derive.language.expr import Symbol, rebuild, walk
from derive.language.functions import Apply
from derive.language.times import Item
from derive.language.tree import at, match
from derive.language.vectors import is_variable, redrawn

from .facts import recursive
from .premises import OUTCOME, name_of

MOST = 20  # facts that are put in


class Facts:
    """The part of ``VectorScript`` for facts."""

    def facts(self, *sides):
        """What is cited is put in, also under sums: the vector y t is a function of the coordinate."""
        lines: list[str] = []
        cited = tuple(self.in_place(side) for side in sides)
        if cited != sides:
            lines.append(f"transitivity {self.text(cited[0])}; [ solve [ cong ] | ]")
            lines.append(f"symmetry; transitivity {self.text(cited[1])}; [ solve [ cong ] | ]; symmetry")
        sides = cited
        for _ in range(MOST):
            items = [part for side in sides for part in walk(side) if isinstance(part, (Item, Symbol, Apply))]
            found = next((f for item in items for f in self.instance(item)), None)
            if found is None:
                break
            item, value, number = found
            name, head, binders = self.fresh("F"), self.head(item), self.binders(item)
            with_ends = f"(fun {binders} => {self.at_place(value)})" if binders else self.text(value)
            vary = "".join(f"vary {each}; " for each in binders.split())
            proof = f"{vary}first [ apply H{number}; side | cited ]"
            lines.append(f"assert ({name} : {head} = {with_ends}) by ({proof})")
            if isinstance(item, Apply) and item.function.positive:
                lines.append(self.stays_positive(item, value, name))
            lines.append(f"try rewrite !{name}; cbv beta")
            sides = tuple(redrawn(side, item, value) for side in sides)
        return lines, sides

    def stays_positive(self, item, value, name) -> str:
        """What a positive function is defined as is positive, also in the form of the kernel."""
        known, form = self.fresh("Above"), self.text(self.kernel(value))
        lines = f"assert ({known} : 0 < {self.text(item)}) by pos; rewrite {name} in {known}; cbv beta in {known}; "
        return f"{lines}replace {self.text(value)} with {form} in {known} by (symmetry; {self.normal(value)})"

    def in_place(self, node):
        """A result about an integral is put in."""
        for fact in self.goal.facts:
            if isinstance(fact.left, Integral) and not fact.symbols and node == fact.left:
                return fact.right
        return rebuild(node, self.in_place)

    def earliest(self, item) -> bool:
        """Is this the earliest member of its sequence in the goal, down to which a recursion is put in?"""
        found = [part.index for side in self.goal.sides() for part in walk(side) if isinstance(part, Item)
                 and part.sequence == item.sequence and part.index.symbol == item.index.symbol]  # fmt: skip
        return item.index.offset <= min((index.offset for index in found), default=item.index.offset)

    def instance(self, item):
        for number, fact in enumerate(self.goal.facts):
            bound: dict = {}
            if match(fact.left, item, fact.symbols, bound) and not (recursive(fact) and self.earliest(item)):
                yield item, at(fact.right, bound), number

    def head(self, item) -> str:
        """The word for a vector as a whole."""
        if isinstance(item, Apply) and self.every_argument(item):
            return name_of(item.function.name)
        if not is_variable(item):
            return self.text(item)
        text, binders = self.at_place(item), self.binders(item)
        return (
            f"({text[1:-1].removesuffix(' ' + binders)})"
            if " " in text[1:-1].removesuffix(" " + binders)
            else text[1:-1].removesuffix(" " + binders)
        )

    def binders(self, item) -> str:
        own = (
            [name_of(each.name) for each in item.args] if isinstance(item, Apply) and self.every_argument(item) else []
        )
        chance = not isinstance(item, Apply) and OUTCOME in self.word.moves(item)
        return " ".join(own + (["i0'"] if is_variable(item) else []) + (["outcome"] if chance else []))

    def every_argument(self, item) -> bool:
        """Is a function cited for all values of its arguments?"""
        return all(self.word.bound.get(getattr(each, "name", "")) == each for each in item.args)

    def at_place(self, node) -> str:
        outside, self.word.place = self.word.place, "i0'"
        text = self.text(node)
        self.word.place = outside
        return text
