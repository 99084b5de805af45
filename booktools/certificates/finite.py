"""Proof scripts for steps about densities and means on finite spaces, and by linearity.

Every density becomes a quotient of marginals, and every mean or integral a sum of constants times sums over sets of
states that no factor can be pulled out of, and that no state can be summed out of.  In this form both sides agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

from derive.language.alphabets import Iverson
from derive.language.density import KL, Density, Derivative, Distribution, E, Integral, Normal
from derive.language.expr import Add, Div, Expr, Func, Interval, Mul, Neg, Num, Pow, Symbol, rebuild, walk
from derive.language.functions import Apply
from derive.language.goal import contains
from derive.language.times import Index, Item, Product, Span, Sum
from derive.language.tree import unfold

from . import polynomials as poly
from .fingerprint import Fingerprint
from .polynomials import expression
from .radicals import opened
from .radicals import script as solved
from .rules import Rules
from .states import ALL, Marginal, Over, Times, Unknown, Words, parts_of

LETTERS = (Marginal, Iverson, Apply, Derivative, Index, Item, Symbol, Product)
LEAFWISE = ("Markov", "chain rule")  # most of these steps replace single densities


def proof(script) -> str | None:
    """The script, or None if the general one shall be tried."""
    words = Words(script.goal)
    words.statement()
    script.word = words
    left, right = script.goal.left, script.goal.right
    lines = [script.intros()]
    if script.goal.facts:
        a, b = unfold((left, right), script.goal.facts, script.goal.start)
        lines += [f"transitivity {words(a)}; [ solve [ cong ] | ]"] * (a != left)
        lines += [f"symmetry; transitivity {words(b)}; [ solve [ cong ] | ]; symmetry"] * (b != right)
        left, right = a, b
    ranges = {symbol: (least, None) for symbol, least in words.least.items()}
    for early, late in script.goal.orders():
        ranges[early.symbol] = ranges.get(early.symbol, (0, None))[0], late - 1 - early.offset
    common = {part for part in walk(left) if isinstance(part, (E, KL, Integral))} & set(walk(right))
    by_pairs = (False, True) if script.goal.justification.name == "Markov" else (False,)
    for pairs, powers, logs, shared in product(by_pairs, (False, True), (False, True), (common, set())):
        words.times = Times(ranges)
        means = Means(script, words, powers, logs, shared, pairs)
        try:
            if means.same(left, right):
                text = means.equal(left, right)
                break
        except Unknown:
            continue
    else:
        text = None
    if script.goal.justification.name in LEAFWISE:
        text = f"first [ solve [ leafwise ltac:(first [ drop | path ]) ] | {text or 'fail'} ]"
    if text is None:
        return None
    return "; ".join([*lines, text])


@dataclass
class Means(Rules):
    """``powers``, ``logs``: are powers and logarithms of sums and products expanded?  ``common`` is left as it is."""

    script: object
    words: Words
    powers: bool
    logs: bool
    common: set
    paired: bool = False  # are marginals of Markov chains written by pairs of states?
    count: int = 0
    seen: dict = field(default_factory=dict)

    # Normal forms

    def form(self, node: Expr) -> poly.Polynomial:
        if isinstance(node, Num):
            return poly.constant(node.value)
        if self.shut(node):
            return poly.atom(node)
        if isinstance(node, Add):
            return poly.add(*map(self.form, node.terms))
        if isinstance(node, Neg):
            return poly.multiply(poly.constant(-1), self.form(node.arg))
        if isinstance(node, Mul):
            return poly.multiply(*map(self.form, node.factors))
        if isinstance(node, Div):
            return poly.multiply(self.form(node.over), poly.power(self.form(node.under), -1))
        if isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value.denominator == 1:
            return poly.power(self.form(node.base), node.power.value.numerator)
        if self.is_atom(node):
            return poly.atom(node)
        return self.form(self.rewritten(node)[0])

    def logarithm(self, node) -> poly.Polynomial:
        inside = self.form(opened(node.arg) if any(isinstance(p, Normal) for p in walk(node.arg)) else node.arg)
        if len(inside) != 1:
            return poly.atom(node)
        ((monomial, value),) = inside.items()
        terms = [] if value == 1 else [poly.atom(Func("log", Num(value)))]
        for base, power in monomial:
            if isinstance(base, Func) and base.name == "sqrt":
                terms.append({m: v * power / 2 for m, v in self.logarithm(Func("log", base.arg)).items()})
            elif isinstance(base, Func) and base.name == "exp":
                terms.append({m: v * power for m, v in self.form(base.arg).items()})
            else:
                terms.append({m: v * power for m, v in poly.atom(Func("log", base)).items()})
        return poly.add(*terms)

    def is_atom(self, node) -> bool:
        return not self.operator(node) or self.rewritten(node)[0] == node

    def operator(self, node) -> bool:
        if isinstance(node, Marginal) or node in self.common:
            return False
        if isinstance(node, Func):
            return node.name == "log" and self.logs
        return isinstance(node, (Density, KL, E, Integral, Over)) or type(node) is Sum

    def rewritten(self, node) -> tuple[Expr, str]:
        """What stands for a density, a mean, an integral or a sum, and a proof of it."""
        if node not in self.seen:
            self.seen[node] = self.rewrite(node)
        return self.seen[node]

    def rewrite(self, node):
        if isinstance(node, Density):
            return self.density(node)
        if isinstance(node, Func):
            return self.split(node)
        if isinstance(node, KL):
            return self.rewrite(E(Func("log", Div(node.p, node.q)), node.p))
        if type(node) is Sum:
            return self.under_sum(node)
        if isinstance(node, E) and isinstance(node.under, Density):
            return self.over(node.under.targets, node.body * node.under)
        if isinstance(node, E) and isinstance(node.under, Distribution):
            (sequence,) = {part.targets[0].sequence for part in walk(node.body) if isinstance(part, Density)}
            return self.sum_over(sequence, ALL, node.body * Marginal(node.under, sequence, ALL))
        if isinstance(node, E) and isinstance(node.under, Normal):
            return self.integral(Integral(node.body * node.under, node.under.at))
        if isinstance(node, Integral) and isinstance(node.over, (Item, Span)):
            return self.over((node.over,), node.body)
        if isinstance(node, Integral):
            return self.integral(node)
        if isinstance(node, Over):
            return self.sum_over(node.sequence, node.parts, node.body)
        return node, "reflexivity"

    def split(self, node):
        """A logarithm as a sum of logarithms."""
        new, lines = expression(self.logarithm(node)), {}
        left, right = Func("log", self.open(node.arg, lines)), new
        return new, "; ".join([*lines.values(), self.algebra(left, right, logs=True)])

    def density(self, node):
        times, distribution = self.words.times, node.distribution
        (sequence,) = {part.sequence for part in (*node.targets, *node.given)}
        given = parts_of(node.given, times)
        whole = Marginal(distribution, sequence, times.union(parts_of(node.targets, times), given))
        if not given:
            return whole, "apply cond_joint; first [ assumption | bits ]"
        new, prove = Div(whole, Marginal(distribution, sequence, given)), "apply cond_as; bits"
        paired = distribution.markov and self.paired
        parts = [self.pairs(side) for side in (new.over, new.under)] if paired else [(None, ())]
        if not any(lines for _, lines in parts):
            return new, prove
        lines = [line for _, lines in parts for line in lines]
        prove = f"transitivity {self.words(new)}; [ {prove} | {'; '.join(lines)}; reflexivity ]"
        return Div(*(side for side, _ in parts)), prove

    def over(self, targets, body):
        (sequence,) = {part.sequence for part in targets}
        return self.sum_over(sequence, parts_of(targets, self.words.times), body)

    # Equalities

    def equal(self, left, right) -> str:
        """A proof of ``left = right`` by normal forms."""
        lines: dict = {}
        left, right = (self.open(side, lines) for side in (left, right))
        return "; ".join([*lines.values(), self.algebra(left, right)])

    def open(self, node, lines):
        """``node`` with its operators rewritten; ``lines`` do so in Rocq."""
        if self.shut(node):
            return node
        if not self.operator(node):
            return rebuild(node, lambda child: self.open(child, lines))
        new, prove = self.rewritten(node)
        if new != node and node not in lines:
            name = self.fresh("A")
            lines[node] = f"assert ({name} : {self.words(node)} = {self.words(new)}) by ({prove}); rewrite ?{name}"
        return new

    def shut(self, node) -> bool:
        """Is ``node`` a letter, whatever is inside?"""
        if (
            isinstance(node, (Marginal, Iverson, Apply, Derivative, Index, Item, Symbol, Product))
            or node in self.common
        ):
            return True
        if isinstance(node, Pow) and isinstance(node.base, Add) and isinstance(node.power, Num):
            return node.power.value > 1 and not self.powers
        return isinstance(node, Func) and node.name == "log" and not self.logs

    def letters(self, node, found, logs=False, bracketed=False) -> Expr:
        if isinstance(node, (Index, Item, Symbol)):
            return node
        if isinstance(node, Func) and node.name == "log":
            letter = not logs
        else:
            letter = self.operator(node) or (isinstance(node, Normal) and not logs)
            letter = letter or (self.shut(node) and not (logs and isinstance(node, Pow)))
        letter = letter and not (bracketed and (contains(Iverson, node) or isinstance(node, (Apply, Func))))
        if letter:
            return found.setdefault(node, Symbol(f"letter{len(found) + 1}", "", Interval()))
        return rebuild(node, lambda child: self.letters(child, found, logs, bracketed))

    def same(self, left, right) -> bool:
        if contains(Iverson, left, right):  # they have cases
            return True
        found: dict = {}
        left, right = (self.letters(expression(self.form(side)), found) for side in (left, right))
        return Fingerprint()(left) == Fingerprint()(right)

    def algebra(self, left, right, logs=False) -> str:
        """Field arithmetic; what it need not look into becomes a letter."""
        if left == right:
            return "first [ reflexivity | ring ]"
        bracketed = contains(Iverson, left, right)
        logs = logs and not bracketed
        found: dict = {}
        left, right = (self.letters(side, found, logs, bracketed) for side in (left, right))
        lines = self.script.domains(left, right)
        lines += [f"as_letter {letter.name} {self.words(node)}" for node, letter in found.items()]
        if bracketed:
            return "; ".join([*lines, "by_brackets"])
        if any(isinstance(part, Normal) for side in (left, right) for part in walk(side)):
            left, right = opened(left), opened(right)
            lines.append("rewrite ?normal_open")
        return "; ".join([*lines, f"solve [ {solved(left, right, self.words)} ]"])
