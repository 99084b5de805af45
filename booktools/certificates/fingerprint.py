"""Values of expressions at random points of a finite field: equal values suggest equal expressions, for the scripts.

What is no rational function or root has a value that depends on the values of its parts, so that two integrals of
integrands that are equal by algebra have one value, too.  Where two values agree by chance, the proof fails.
"""

from __future__ import annotations

import random

from derive.language.density import KL, Density, Derivative, E, Integral, Normal, Var
from derive.language.expr import Add, Div, Func, Mul, Neg, Num, Pow, children
from derive.language.times import Index, Item, Span, Sum

from .factors import PRIME, inverse
from .facts import split_log


def _noise(*key) -> int:
    return random.Random(repr(key)).randrange(1, PRIME)


class Fingerprint:
    """``of(node)``: two numbers, of two points."""

    def __init__(self, salts: tuple[int, int] = (0, 0)):
        self.salts = salts
        self.kept: dict = {}

    def __call__(self, node) -> tuple[int, int]:
        if node not in self.kept:
            self.kept[node] = tuple(self.at(node, point) for point in (0, 1))
        return self.kept[node]

    def square(self, value: int) -> bool:
        return value == 0 or pow(value, (PRIME - 1) // 2, PRIME) == 1

    def at(self, node, p: int) -> int:
        if isinstance(node, Num):
            return node.value.numerator * inverse(node.value.denominator) % PRIME
        if (
            isinstance(node, Item)
            and node.sequence.first is not None
            and node.index == Index(None, node.sequence.start)
        ):
            return node.sequence.first.numerator * inverse(node.sequence.first.denominator) % PRIME
        if isinstance(node, Item):
            return _noise(node.sequence.name, self(node.index)[p], p, self.salts[p])
        if isinstance(node, Index):
            base = _noise("index", node.symbol, p, self.salts[p]) if node.symbol else 0
            return (base + node.offset) % PRIME
        if isinstance(node, Add):
            return sum(self(term)[p] for term in node.terms) % PRIME
        if isinstance(node, Neg):
            return -self(node.arg)[p] % PRIME
        if isinstance(node, Mul):
            result = 1
            for factor in node.factors:
                result = result * self(factor)[p] % PRIME
            return result
        if isinstance(node, Div):
            return self(node.over)[p] * inverse(self(node.under)[p]) % PRIME
        if isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value.denominator == 1:
            base, power = self(node.base)[p], node.power.value.numerator
            return pow(base if power >= 0 else inverse(base), abs(power), PRIME)
        if isinstance(node, Func) and node.name == "sqrt":
            return pow(self(node.arg)[p], (PRIME + 1) // 4, PRIME)
        if isinstance(node, Func) and node.name == "log":
            return self._log(node.arg, p, 1)
        if isinstance(node, KL):
            return self(E(Func("log", Div(node.p, node.q)), node.p))[p]
        if isinstance(node, E) and isinstance(node.under, Normal):
            return self(Integral(node.body * node.under, node.under.at))[p]
        if isinstance(node, E) and isinstance(node.under, Density):
            return _noise("over", *map(repr, node.under.targets), self(node.body * node.under)[p])
        if isinstance(node, Integral) and isinstance(node.over, (Item, Span)):
            return _noise("over", repr(node.over), self(node.body)[p])
        if isinstance(node, Normal):
            return _noise("normal", self(node.at - node.mean)[p] ** 2 % PRIME, self(node.variance)[p], p)
        if isinstance(node, (E, Integral, Derivative, Var, Sum, Density)) or children(node):
            kind = (type(node).__name__, getattr(node, "name", ""), repr(getattr(node, "function", "")))
            rest = [
                repr(getattr(node, name))
                for name in ("over", "by", "under", "given", "symbol", "low", "high", "distribution", "targets")
                if hasattr(node, name) and name != "arg"
            ]
            if isinstance(node, Density):
                return _noise(kind, rest, p, self.salts[p])
            inside = [self(part) for part in children(node)]
            if isinstance(node, (E, Integral, Derivative, Sum, Var)):
                inside = [self(node.body)]
            return _noise(
                kind, rest if isinstance(node, (E, Integral, Derivative, Sum, Var)) else "", inside, p, self.salts[p]
            )
        return _noise(repr(node), p, self.salts[p])

    def _log(self, node, p, power):
        if isinstance(node, Mul):
            return sum(self._log(factor, p, power) for factor in node.factors) % PRIME
        if isinstance(node, Div):
            return (self._log(node.over, p, power) + self._log(node.under, p, -power)) % PRIME
        if isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value.denominator == 1:
            return self._log(node.base, p, power * node.power.value.numerator)
        if isinstance(node, Func) and node.name == "sqrt":
            return self._log(node.arg, p, power) * inverse(2) % PRIME
        if isinstance(node, Func) and node.name == "exp":
            return power * self(node.arg)[p] % PRIME
        if isinstance(node, Num) and node.value == 1:
            return 0
        if isinstance(node, Normal):
            return power * self(split_log(node))[p] % PRIME
        return power * _noise("log", self(node), p) % PRIME
