"""Proof scripts of steps with vectors.  They are not trusted.

Both sides are brought to the form that the kernel gives them: sums over coordinates multiplied out, logarithms of
Gaussians opened, means and partial derivatives taken.  Each such operator is proved equal to its form, innermost first,
and what is left is algebra.
"""

from __future__ import annotations

from derive.kernel.sums import ONE, product, products, total
from derive.language.density import Density, Derivative, E, Integral, Normal
from derive.language.expr import Div, Expr, Func, Mul, Pi, Symbol, children, log, rebuild, walk
from derive.language.functions import Apply
from derive.language.times import Item
from derive.language.tree import at, match
from derive.language.vectors import Dot, Gradient, Jacobian, Total, d, has_vectors, is_variable, redrawn
from derive.proof.vectors import HALF, Coordinates, rooted

from .facts import recursive
from .fingerprint import Fingerprint
from .premises import OUTCOME, Untranslated, name_of
from .script import Script
from .vector_integrals import Integrals
from .vector_means import Means
from .vector_slopes import Slopes
from .vector_words import KernelWords

SPECIAL = (Dot, Total, Gradient, Jacobian, E, Normal, Derivative, Integral)
MOST = 20  # facts that are put in


class VectorScript(Integrals, Slopes, Script):
    """The script of one step."""

    def __init__(self, goal):
        self.word = KernelWords(goal)
        self.goal = self.word.goal
        self.said = self.word.statement()
        self.count, self.opens = 0, True
        self.kernel = self.word.symbols = Coordinates(self.goal)
        self.kernel.only = frozenset(self.word.drawn)
        self.print = Fingerprint()

    def proof(self) -> str:
        lines, (left, right) = self.facts(self.goal.left, self.goal.right)
        a, b = self.kernel(left), self.kernel(right)
        self.print = self.points((a, b))
        lines.append(f"change ({self.text(left)} = {self.text(right)})")
        lines += self.domains(a, b)
        lines.append(f"transitivity {self.text(a)}; [ {self.normal(left)} | ]")
        lines.append(f"symmetry; transitivity {self.text(b)}; [ {self.normal(right)} | symmetry ]")
        lines += self.as_numbers(a, b)
        last = self.exponentials(a, b) or self.algebra(a, b)
        if isinstance(a, Derivative):
            moved = (
                "apply is_derive_unique; auto_derive; [ powers; derivable | powers; first [ ring | field; nonzero ] ]"
            )
            last = f"first [ solve [ {'; '.join([*self.generalized(a, b)[0], moved])} ] | {last} ]"
        return "; ".join([self.intros(), *lines, last])

    def exponentials(self, *sides) -> str | None:
        """A proof that two products of exponentials are equal, by their exponents."""
        exponents = list(map(exponent, sides))
        if None in exponents or exponents == [side.arg for side in sides if isinstance(side, Func)]:
            return None
        self.print = self.points(exponents)
        merged = "unfold Rdiv; rewrite <- ?exp_Ropp, <- ?exp_plus; f_equal; ring"
        left, right = (f"transitivity (exp {self.text(each)}); [ {merged} | " for each in exponents)
        return f"{left}symmetry; {right}symmetry; f_equal; {self.algebra(*exponents)} ] ]"

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
        own = [name_of(each.name) for each in item.args] if isinstance(item, Apply) and self.every_argument(item) else []
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

    # Each operator has the form that the kernel gives it

    def normal(self, node) -> str:
        """A proof that ``node`` equals its form."""
        lines = []
        for part in dict.fromkeys(self.outermost(node)):
            form = self.kernel(part)
            if self.text(part) == self.text(form):
                continue
            name = self.fresh("A")
            lines.append(f"assert ({name} : {self.text(part)} = {self.text(form)}) by ({getattr(self, f'_{type(part).__name__}')(part, form)})")
            lines.append(f"rewrite ?{name}")
        return "; ".join([*lines, "reflexivity"])

    def outermost(self, node):
        if has_vectors(node) and (isinstance(node, SPECIAL) or (isinstance(node, Func) and node.name == "log")):
            yield node
        elif not isinstance(node, (Apply, Density)):
            for child in children(node):
                yield from self.outermost(child)

    def _Dot(self, node, form):
        return self.summed(Mul((node.left, node.right)), self.kernel(Mul((node.left, node.right))), form)

    def _Total(self, node, form):
        return self.summed(node.body, self.kernel(node.body), form)

    def summed(self, raw, body, form, inner=None) -> str:
        """A sum over coordinates, multiplied out."""
        before = self.over(body)
        each = self.under(lambda: inner(self.word.place) if inner else self.normal(raw))
        return f"transitivity {before}; [ {each} | {self.expanded(body, form)} ]"

    def under(self, proof) -> str:
        """The bodies of two sums are equal."""
        place, outside = f"k{self.word.depth + 1}'", self.word.place
        self.word.place, self.word.depth = place, self.word.depth + 1
        text = f"apply sum_ext; coordinate {place}; {proof()}"
        self.word.place, self.word.depth = outside, self.word.depth - 1
        return text

    def over(self, body) -> str:
        return self.word.every(lambda: self.text(body))

    def inside(self, *nodes):
        """The text of ``nodes`` as functions of a coordinate."""
        return [self.word.function_of(lambda node=node: self.text(node)) for node in nodes]

    def expanded(self, body, form) -> str:
        parts = []
        for c, factors in products(body):
            moving = {f: n for f, n in rooted(factors).items() if self.kernel.moves(f)}
            rest = {f: n for f, n in rooted(factors).items() if f not in moving}
            kept = self.kernel.sums[self.kernel.sum(moving)] if moving else {}  # in the order of the kernel
            parts.append((product(c, rest), product(ONE.value, kept)))
        words = [f"({self.text(c)}, {self.inside(m)[0]})" for c, m in parts]
        written = total([*(Mul((c, m)) for c, m in parts)]) if parts else total([])
        place, outside = f"k{self.word.depth + 1}'", self.word.place
        self.word.place, self.word.depth = place, self.word.depth + 1
        pointwise = self.algebra(body, written)
        each = f"coordinate {place}; cbn [linear_terms]; transitivity {self.text(written)}; [ {pointwise} | ring ]"
        self.word.place, self.word.depth = outside, self.word.depth - 1
        return (
            f"etransitivity; [ apply (sum_combination _ [{'; '.join(words)}]); {each} | "
            f"cbn [combined]; rewrite ?sum_ones; first [ ring | field; nonzero ] ]"
        )

    # Gaussians

    def _Normal(self, node, form):
        return f"apply as_exponential; [ pos | {self._log(node, form.arg)} ]"

    def _Func(self, node, form):
        return self._log(node.arg, form)

    def _log(self, node, form) -> str:
        if isinstance(node, Normal):
            at_, mean, variance = map(self.kernel, (node.at, node.mean, node.variance))
            functions = " ".join(self.inside(at_, mean, variance))
            raw = self.under_product(node)
            body = opened(at_, mean, variance)
            opening = f"rewrite (ln_normals {self.word.index(d)} {functions}) by (intros; pos)"
            same = "apply sum_ext; intros; cbv beta; first [ reflexivity | field; nonzero ]"
            same = f"transitivity {self.over(body)}; [ {same} | {self.expanded(body, form)} ]"
            return f"{raw}{opening}; {same}"
        if isinstance(node, (Mul, Div)) and form != log(self.kernel(node)):
            parts = children(node)
            logs = [self.kernel.log(part) for part in parts]
            proofs = []
            for part, value in zip(parts, logs, strict=True):
                name = self.fresh("L")
                proofs.append(
                    f"assert ({name} : ln {self.text(part)} = {self.text(value)}) by ({self._log(part, value)})"
                )
                proofs.append(f"rewrite ?{name}")
            return f"repeat first [ rewrite ln_quotient by pos | rewrite ln_mult by pos ]; {'; '.join(proofs)}; ring"
        return f"f_equal; {self.normal(node)}"

    def under_product(self, node) -> str:
        """Place, mean and variance in the form of the kernel."""
        parts = [node.at, node.mean, node.variance]
        forms = list(map(self.kernel, parts))
        if all(self.text(a) == self.text(b) for a, b in zip(parts, forms, strict=True)):
            return ""
        raise Untranslated("a Gaussian whose mean has an operator inside")

    # Means

    def _E(self, node, form):
        return Means(self).proof(node, form)


def exponent(node) -> Expr | None:
    """The exponent of a product or quotient of exponentials."""
    if isinstance(node, Func) and node.name == "exp":
        return node.arg
    parts = list(map(exponent, children(node))) if isinstance(node, (Mul, Div)) else [None]
    if None in parts:
        return None
    return total(parts) if isinstance(node, Mul) else parts[0] - parts[1]


def opened(x, m, v) -> Expr:
    """The logarithm of a Gaussian."""
    return -HALF * (log(2 * Pi()) + log(v)) - (x - m) ** 2 / (2 * v)
