"""Proof scripts of steps with vectors.  They are not trusted.

Both sides are brought to the form that the kernel gives them: sums over coordinates multiplied out, logarithms of
Gaussians opened, means and partial derivatives taken.  Each such operator is proved equal to its form, innermost first,
and what is left is algebra.
"""

from __future__ import annotations

from derive.kernel.sums import ONE, product, products, total
from derive.language.density import Density, Derivative, E, Integral, Normal
from derive.language.expr import Div, Expr, Func, Mul, Pi, children, log
from derive.language.functions import Apply
from derive.language.vectors import Dot, Gradient, Jacobian, Total, d, has_vectors
from derive.proof.vectors import HALF, Coordinates, rooted

from .fingerprint import Fingerprint
from .premises import Untranslated
from .script import Script
from .vector_derivatives import Derivatives
from .vector_facts import Facts
from .vector_integrals import Integrals
from .vector_means import Means
from .vector_words import KernelWords

SPECIAL = (Dot, Total, Gradient, Jacobian, E, Normal, Derivative, Integral)


class VectorScript(Facts, Integrals, Derivatives, Script):
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

    # Each operator has the form that the kernel gives it

    def normal(self, node) -> str:
        """A proof that ``node`` equals its form."""
        lines = []
        for part in dict.fromkeys(self.outermost(node)):
            form = self.kernel(part)
            if self.text(part) == self.text(form):
                continue
            name = self.fresh("A")
            proof = getattr(self, f"_{type(part).__name__}")(part, form)
            lines.append(f"assert ({name} : {self.text(part)} = {self.text(form)}) by ({proof})")
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
