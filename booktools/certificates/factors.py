"""How radicands and arguments of logarithms split into factors, exponents into sums: hints for Rocq, which proves them.

Terms are compared by their values at two random points modulo a prime p = 4k + 3.  There x ↦ x^((p + 1)/4) is a root
of every square, and the root of a product is the product of the roots, so that relations between roots are seen, too.
Where two values agree by chance, the proof fails.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import combinations, product

from derive.language.expr import Add, Div, Expr, Func, Mul, Neg, Num, Pow

Text = Callable[[Expr], str]
PRIME = 2**61 - 1
POINTS = (0, 1)
MOST = 3  # factors that a sum is tried to be a product of
TRIES = 2000  # sets of points, until all factors of radicands are squares


class Values:
    """Values of expressions at random points; what is no rational function or root is a symbol of its own."""

    def __init__(self, text: Text, salts: tuple[int, int] = (0, 0)):
        self.text, self.salts = text, salts

    def __call__(self, node: Expr) -> tuple[int, ...]:
        return tuple(self.at(node, point) for point in POINTS)

    def at(self, node: Expr, point: int) -> int:
        if isinstance(node, Num):
            return node.value.numerator * pow(node.value.denominator, -1, PRIME) % PRIME
        if isinstance(node, Add):
            return sum(self.at(term, point) for term in node.terms) % PRIME
        if isinstance(node, Neg):
            return -self.at(node.arg, point) % PRIME
        if isinstance(node, Mul):
            result = 1
            for factor in node.factors:
                result = result * self.at(factor, point) % PRIME
            return result
        if isinstance(node, Div):
            return self.at(node.over, point) * inverse(self.at(node.under, point)) % PRIME
        if isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value.denominator == 1:
            base, power = self.at(node.base, point), node.power.value.numerator
            return pow(base if power >= 0 else inverse(base), abs(power), PRIME)
        if isinstance(node, Func) and node.name == "sqrt":
            return pow(self.at(node.arg, point), (PRIME + 1) // 4, PRIME)
        return random.Random(f"{self.text(node)} {point} {self.salts[point]}").randrange(1, PRIME)


class Factors:
    """The factors of some radicands and arguments of logarithms; ``bases`` are those that the others are made of."""

    def __init__(self, radicands: Iterable[Expr], arguments: Iterable[Expr], text: Text):
        rooted = [base for node in radicands for base, _ in factors(node, 1)]
        others = [base for node in arguments for base, _ in factors(node, 2)]
        first = next((salt for salt in range(TRIES) if _all_squares(rooted, Values(text, (salt, 0)), 0)), 0)
        second = next((salt for salt in range(TRIES) if _all_squares(rooted, Values(text, (0, salt)), 1)), 0)
        self.value = Values(text, (first, second))
        self.bases: list[Expr] = []
        self._powers: dict[tuple[int, ...], dict[int, int]] = {(1,) * len(POINTS): {}}
        for base in sorted(
            {**dict.fromkeys(rooted), **dict.fromkeys(others)}, key=lambda n: (isinstance(n, Add), len(text(n)))
        ):
            self._enter(base)

    def powers(self, node: Expr, unit: int) -> dict[int, int]:
        """The powers of the bases in ``node``, in halves if ``unit`` is 2, and in the root of ``node`` if it is 1."""
        found: dict[int, int] = {}
        for base, power in factors(node, unit):
            for number, more in self._powers[self.value(base)].items():
                found[number] = found.get(number, 0) + power * more
        return {number: power for number, power in found.items() if power}

    def _enter(self, base):
        key = self.value(base)
        if key not in self._powers:
            self._powers[key] = (isinstance(base, Add) and self._search(key)) or {len(self.bases): 1}
            if self._powers[key] == {len(self.bases): 1}:
                self.bases.append(base)

    def _search(self, key):
        known = [self.value(base) for base in self.bases]
        for size in range(1, MOST + 1):
            for chosen in combinations(range(len(known)), size):
                for signs in product((1, -1), repeat=size):
                    if all(_product(known, chosen, signs, p) == key[p] for p in POINTS):
                        return dict(zip(chosen, signs, strict=True))
        return None


def relations(exponents: list[Expr], value: Values) -> list[dict[int, int]]:
    """For each exponent, the earlier ones that it is a sum of, with whole coefficients; empty if there are none."""
    found: list[dict[int, int]] = []
    free: list[int] = []
    for number, node in enumerate(exponents):
        key = value(node)
        signs = next(
            (
                signs
                for most, values in ((5, (0, 1, -1)), (3, (0, 1, -1, 2, -2)))
                for signs in product(values, repeat=min(len(free), most))
                if all(
                    sum(s * value(exponents[n])[p] for s, n in zip(signs, free, strict=False)) % PRIME == key[p]
                    for p in POINTS
                )
            ),
            None,
        )
        found.append({n: s for s, n in zip(signs or (), free, strict=False) if s})
        if signs is None:
            free.append(number)
    return found


def factors(node: Expr, power: int) -> list[tuple[Expr, int]]:
    """The factors of ``node`` as it is written, each with its power; numbers are split into primes."""
    if isinstance(node, Mul):
        return [pair for factor in node.factors for pair in factors(factor, power)]
    if isinstance(node, Div):
        return factors(node.over, power) + factors(node.under, -power)
    if isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value.denominator == 1:
        return factors(node.base, power * node.power.value.numerator)
    if isinstance(node, Func) and node.name == "sqrt" and power % 2 == 0:
        return factors(node.arg, power // 2)
    if isinstance(node, Num) and node.value > 0:
        value = node.value
        return [*_primes(value.numerator, power), *_primes(value.denominator, -power)]
    return [(node, power)]


def _primes(n, power):
    found, p = [], 2
    while n > 1:
        while n % p == 0:
            found.append((Num(Fraction(p)), power))
            n //= p
        p += 1
    return found


def _all_squares(nodes, value, point):
    return all(pow(value.at(node, point), (PRIME - 1) // 2, PRIME) == 1 for node in nodes)


def _product(known, chosen, signs, point):
    result = 1
    for number, sign in zip(chosen, signs, strict=True):
        value = known[number][point]
        result = result * (value if sign > 0 else inverse(value)) % PRIME
    return result


def inverse(value):
    return pow(value, PRIME - 2, PRIME)
