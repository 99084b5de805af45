"""Sums and products over time: up to the smallest last index in a goal they are one unknown, and then written out.

From a symbolic time on, a sum is what is summed up to its end without what is summed before it begins.
"""

from __future__ import annotations

import sympy as sp

from ..errors import DerivationError, Inconclusive
from ..language.registry import unit
from ..language.times import Index
from .linear import Linear
from .signs import sign_of

NATURAL = {"positive": True, "integer": True}
FEW = 4  # so many first terms of a sum are written out, so that sums that begin apart meet


class Folds(Linear):
    """A subclass has ``floors`` and ``least``, and says what the body is."""

    def __init__(self, index=None):
        super().__init__(index)
        self.heads: dict[tuple, str] = {}

    def Sum(self, node):
        return self.folded(node, sp.Add, sp.S.Zero)

    def Product(self, node):
        return self.folded(node, sp.Mul, sp.S.One)

    def folded(self, node, combine, empty):
        low, high = self.time(node.low), self.time(node.high)
        if isinstance(low, Index) and isinstance(high, Index) and low.symbol == high.symbol:
            offsets = range(low.offset, high.offset + 1)
            return combine(empty, *(self.body_at(node, Index(low.symbol, offset)) for offset in offsets))
        if isinstance(low, Index):
            return self.stretch(node, combine)
        if not isinstance(high, Index):
            return combine(*(self.body_at(node, time) for time in range(low, high + 1))) if high >= low else empty
        floor = self.floors.get(high.symbol, high.offset)
        late = self.floors.get(None, low) if combine is sp.Add else low
        early = range(low, late if late - low < FEW else low)
        last = [self.body_at(node, Index(high.symbol, offset)) for offset in range(floor + 1, high.offset + 1)]
        marks = [len(i.symbol) for i in self.index.values() if isinstance(i, Index) and i.symbol.startswith("·")]
        mark = Index("·" * (1 + max(marks, default=0)))  # one more around each sum within a sum
        self.least[mark.symbol] = low + len(early)
        body = self.body_at(node, mark)
        last += [self.body_at(node, time) for time in early]
        ends = f"{low + len(early)}, {high.symbol}{floor:+d}"
        if combine is sp.Add:
            count = self(Index(high.symbol, floor + 1 - low))  # the mark runs from 1 to it, but for the early ones
            return combine(self.sum_head(body, ends, sp.Symbol(mark.symbol, **NATURAL), count, len(early)), *last)
        some = self.earliest(Index(high.symbol, floor)) >= low  # an empty product is 1, which no product below 1 is
        return combine(self.product_head(body, ends, some), *last)

    def stretch(self, node, combine):
        """From a symbolic time on: what is summed up to the end without what is summed before, an arbitrary start."""
        first = min(self.floors.get(None, 1), self.earliest(self.time(node.low)))  # any that is early enough would do
        whole, before = (type(node)(node.body, node.symbol, first, end) for end in (node.high, node.low - 1))
        if combine is sp.Mul:
            return self(whole) / self(before)
        return self(whole) - self(before)

    def sum_head(self, body, ends, mark, count, early):
        """A sum up to a symbol: Σ c g = c Σ g, and one unknown for each Σ g that is no power of the index."""
        total = sp.S.Zero
        for term in sp.Add.make_args(sp.expand(body)):
            moving = [s for s in term.free_symbols if any("·" in part.name for part in (s, *self.reach(s)))]
            factor, inside = term.as_independent(*moving, as_Add=False) if moving else (term, sp.S.One)
            if inside.free_symbols <= {mark} and inside.is_polynomial(mark):
                total += factor * (
                    sum_of_power(sp.degree(inside, mark), count) - sum_of_power(sp.degree(inside, mark), early)
                )
                continue
            total += factor * self.hide(sp.Symbol(self.label("Sum", inside, ends), real=True), [inside])
        return total

    def product_head(self, body, ends, some):
        label = self.label("Product", body, ends)
        if some and self.is_unit(body):
            head = chart(label, unit, self.chart)
        else:
            head = sp.Symbol(label, real=True, positive=True if self.is_positive(body) else None)
        for symbol in head.free_symbols:
            self.hide(symbol, [body])
        return head

    def label(self, *what) -> str:
        """One label for each body and its ends: for equal terms, since unequal ones may print alike."""
        return self.heads.setdefault(what, f"{what[0]}.{len(self.heads)}")

    def body_at(self, node, time):
        with self.bind(node.symbol, time):
            return self(node.body)

    def is_positive(self, expr):
        try:
            return all(sign_of(part) == 1 for part in sp.fraction(self.field.lower(self.field.rational(expr))))
        except DerivationError:
            return False

    def is_unit(self, expr):
        return self.is_positive(expr) and self.is_positive(1 - expr)


def sum_of_power(power, end):
    """1 + 2ᵖ + … + nᵖ, by the polynomial whose increment is nᵖ."""
    n = sp.Dummy()
    grown = sp.bernoulli(power + 1, n + 1) / (power + 1)
    if sp.expand(grown - grown.subs(n, n - 1) - n**power) != 0:
        raise Inconclusive(f"the sum of the powers {power} is not known")
    return grown.subs(n, end) - grown.subs(n, 0)


def chart(label, domain, kind="ratio"):
    """A SymPy expression that runs over exactly the open interval ``domain``; kind "plain" is a bare symbol."""
    if kind == "plain":
        return sp.Symbol(label, real=True, positive=True if domain.low is not None and domain.low >= 0 else None)
    if domain.low is None and domain.high is None:
        return sp.Symbol(label, real=True)
    w = sp.Symbol(label, positive=True)
    fraction = {"ratio": w / (1 + w), "decay": sp.exp(-w), "rise": 1 - sp.exp(-w)}[kind]
    if domain.high is None:
        return sp.Rational(domain.low) + w
    return sp.Rational(domain.high) - w if domain.low is None else domain.low + (domain.high - domain.low) * fraction
