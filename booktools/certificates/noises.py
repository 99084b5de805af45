"""Proof scripts of steps with means and variances over noise.

Every mean becomes a sum of constants times means of monomials in random variables.  Means of products become products
of means where the step cites independence, and powers of a noise become numbers where it cites the standard normal.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from fractions import Fraction

from derive.kernel.sums import ONE, ZERO, product, products, total
from derive.language.density import Derivative, E, Var
from derive.language.dependence import is_noise
from derive.language.expr import Add, Expr, Mul, Num, Pow, rebuild
from derive.language.times import Index, Item, Sum
from derive.language.tree import at

from . import derivatives
from .facts import closed
from .premises import OUTCOME

TWO = Num(Fraction(2))


def proof(script) -> str | None:
    """The script, or None if the general one shall be tried."""
    goal = script.goal
    left, right = goal.left, goal.right
    if goal.justification.name in ("linearity", "independence") or goal.standard:
        return "intros; " + Noise(script).proof(left, right)
    if all(isinstance(side, E) for side in (left, right)) and isinstance(left.body, Derivative):
        return f"intros; f_equal; outcomes; {derivative(about(script, left.body, right.body))}"
    if goal.facts:
        return None
    left, right = variances_opened(left), variances_opened(right)
    return f"intros; change ({script.text(left)} = {script.text(right)}); {about(script, left, right).by_cases()}"


def about(script, left, right):
    """The same script, about other sides."""
    inner = copy(script)
    inner.goal = replace(script.goal, left=left, right=right)
    return inner


def derivative(script) -> str:
    plain = "apply is_derive_unique; auto_derive; [ repeat split; side | first [ ring | field; nonzero ] ]"
    other = derivatives.proof(script)
    return f"first [ solve [ {plain} ] | {other} ]" if other else plain


def variances_opened(node):
    """``node`` with Var f = E f² - (E f)²."""
    node = rebuild(node, variances_opened)
    if not isinstance(node, Var):
        return node
    return E(Pow(node.body, TWO), given=node.given) - Pow(E(node.body, given=node.given), TWO)


def nested(parts: list[Expr]) -> Expr:
    """a + (b + (… + 0)), as the lemmas write sums of terms."""
    return Add((parts[0], nested(parts[1:]))) if parts else ZERO


class Noise:
    """The script of one step; ``values`` has what each mean is known to be, ``lines`` the proofs of it."""

    def __init__(self, script):
        self.script, self.text, self.word = script, script.text, script.word
        self.standard = script.goal.standard
        self.independent = script.goal.justification.name == "independence"
        self.lines: list[str] = []
        self.names: list[str] = []  # of what is proved
        self.values: dict[Expr, Expr] = {}

    def proof(self, left, right) -> str:
        if type(left) is type(right) is Sum and (left.low, left.high) == (right.low, right.high):
            other = at(right.body, {right.symbol: Index(left.symbol)})
            return f"{self.each_time(left)}; {self.proof(left.body, other)}"
        left, right = (variances_opened(self.sums_of_noise(side)) for side in (left, right))
        self.lines.append(f"change ({self.text(left)} = {self.text(right)})")
        left, right = self.put(left), self.put(right)
        again = (
            [f"rewrite {', '.join(f'?{name}' for name in self.names)}"] if self.names else []
        )  # where one is used twice
        return "; ".join([*self.lines, *again, self.script.algebra(left, right)])

    def each_time(self, node) -> str:
        return f"apply sum_ext; intros {node.symbol} Hin; apply in_times in Hin"

    def equation(self, old, new, by) -> Expr:
        """Note that ``old`` is ``new``, by a script, and rewrite with it."""
        name = self.script.fresh("M")
        self.names.append(name)
        self.lines.append(f"assert ({name} : {self.text(old)} = {self.text(new)}) by ({by})")
        self.lines.append(f"rewrite ?{name}")
        return new

    def sums_of_noise(self, node):
        """The variance of a sum over time of constants times noises is that of its terms, summed up."""
        node = rebuild(node, self.sums_of_noise)
        if not (isinstance(node, Var) and type(node.body) is Sum and self.independent and not node.given):
            return node
        whole = node.body
        ((coefficient, factors),) = products(whole.body)
        (noise,) = (factor for factor in factors if isinstance(factor, Item) and is_noise(factor))
        constant = product(coefficient, {factor: power for factor, power in factors.items() if factor != noise})
        terms, index = Mul((constant, noise)), whole.symbol
        split = self.text(Var(Sum(terms, index, whole.low, whole.high)))
        same = f"f_equal; outcomes; {self.each_time(whole)}; {self.script.algebra(whole.body, terms)}"
        each = f"(fun {index} : nat => {self.text(constant)}) (fun {index} : nat => {self.variable(noise)})"
        ends = f"{self.word.index(whole.low)} {self.word.index(whole.high)}"
        added = f"apply (variance_times mean_of {ends} {each}); [ expectation | intros; independence ]"
        new = Sum(Mul((Pow(constant, TWO), Var(noise))), index, whole.low, whole.high)
        return self.equation(node, new, f"transitivity {split}; [ {same} | {added} ]")

    def put(self, node):
        """``node`` with its means written as sums of simpler ones."""
        if isinstance(node, E):
            if node not in self.values:
                self.values[node] = self.mean(node) if node.under is None else self.gaussian(node)
            return self.values[node]
        return node if closed(node) else rebuild(node, self.put)

    def random(self, node) -> bool:
        return OUTCOME in self.word.free(node)

    def mean(self, node) -> Expr:
        """E[Σ c X^j m | X] = Σ c X^j E[m | X], where m are monomials in what is not known."""
        terms: dict = {}
        for coefficient, factors in products(node.body):
            moving = {factor: power for factor, power in factors.items() if self.random(factor)}
            rest = {factor: power for factor, power in factors.items() if factor not in moving}
            known = moving.pop(node.given[0], 0) if node.given else 0
            moving = dict(sorted(moving.items(), key=lambda pair: self.text(pair[0])))
            terms.setdefault((known, tuple(moving.items())), []).append(product(coefficient, rest))
        parts = [(total(c), known, product(ONE.value, dict(moving))) for (known, moving), c in terms.items()]
        monomials = [dict(moving) for _, moving in terms]
        if [(known, m) for _, known, m in parts] == [(0, node.body)]:
            return self.monomial(node, monomials[0])
        means = [E(m, given=node.given) if m != ONE else ONE for _, _, m in parts]
        self.equation(node, self.sum(node, parts, means), self.linearity(node, parts))
        values = [e if e == ONE else self.monomial(e, m) for e, m in zip(means, monomials, strict=True)]
        return self.sum(node, parts, values)

    def sum(self, node, parts, values) -> Expr:
        """Σ c X^j v, as ``terms`` and ``known_terms`` in Rocq have it."""

        def one(c, known, value):
            return Mul((c, Mul((Pow(node.given[0], Num(Fraction(known))), value)) if node.given else value))

        return nested([one(c, known, value) for (c, known, _), value in zip(parts, values, strict=True)])

    def linearity(self, node, parts) -> str:
        inside = self.sum(node, parts, [m for _, _, m in parts])
        measure = self.word.functional(node.given)
        powers = [f"{known}%nat, " if node.given else "" for _, known, _ in parts]
        words = [f"({self.text(c)}, {j}{self.variable(m)})" for (c, _, m), j in zip(parts, powers, strict=True)]
        lemma = f"mean_terms {measure}"
        if node.given:
            lemma = f"mean_known_terms mean_given {self.variable(node.given[0])} outcome"
        body = (
            "try rename outcome into outside; intros outcome; "
            f"change ({self.text(node.body)} = {self.text(inside)}); {self.script.algebra(node.body, inside)}"
        )
        ones = f"rewrite ?(mean_one {measure} ltac:(expectation))"
        used = f"apply ({lemma} [{'; '.join(words)}]); [ assumption | {body} ]"
        return f"etransitivity; [ {used} | cbn [means known_means]; {ones}; reflexivity ]"

    def monomial(self, node, moving: dict) -> Expr:
        """The mean of a product of powers, by independence or by the standard normal distribution."""
        if node not in self.values:
            self.values[node] = node
            names = [getattr(factor, "sequence", factor).name for factor in moving if is_noise(factor)]
            measure, pairs = self.word.functional(node.given), list(moving.items())
            if self.independent and len(pairs) == 2 and not node.given:
                (a, m), (b, n) = pairs
                claim = f"independent_under mean_of {self.variable(a)} {self.variable(b)}"
                by = f"assert (K : {claim}) by independence; exact (K {power(m)} {power(n)})"
                new = Mul(tuple(E(product(ONE.value, {factor: k})) for factor, k in pairs))
                self.values[node] = self.equation(node, new, by)
            elif self.independent and len(pairs) == len(names) == 1 and node.given:
                claim = f"same_law {measure} mean_of {self.variable(pairs[0][0])}"
                by = f"assert (K : {claim}) by law; exact (K {power(pairs[0][1])})"
                self.values[node] = self.equation(node, E(node.body), by)
            elif len(pairs) == len(names) == 1 and names[0] in self.standard:
                by = f"assert (K : standard {measure} {self.variable(pairs[0][0])}) by law; moments"
                self.values[node] = self.equation(node, Num(Fraction(moment(pairs[0][1]))), by)
        return self.values[node]

    def variable(self, node) -> str:
        return self.word.outcomes(node)

    def gaussian(self, node) -> Expr:
        """The mean of a polynomial of degree two under a Gaussian."""
        normal, parts = node.under, {0: [], 1: [], 2: []}
        for coefficient, factors in products(node.body):
            parts[factors.pop(normal.at, 0)].append(product(coefficient, factors))
        c, b, a = (total(parts[k]) for k in (0, 1, 2))
        polynomial = Add((Mul((a, Pow(normal.at, TWO))), Mul((b, normal.at)), c))
        same = f"same_bodies {normal.at.name}; f_equal; {self.script.algebra(node.body, polynomial)}"
        by = f"transitivity {self.text(E(polynomial, normal))}; [ {same} | apply normal_quadratic; side ]"
        new = Add((Mul((a, Add((Pow(normal.mean, TWO), normal.variance)))), Mul((b, normal.mean)), c))
        return self.equation(node, new, by)


def power(exponent: int) -> str:
    return "(fun y => y)" if exponent == 1 else f"(fun y => y ^ {exponent})"


def moment(k: int) -> int:
    """E z^k = (k - 1) E z^(k - 2) of the standard normal."""
    return 1 - k if k < 2 else (k - 1) * moment(k - 2)
