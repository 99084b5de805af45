"""How a root splits into roots of factors: a hint for Rocq, which proves it.

Two factors are taken for one if they agree at two random points; where that is wrong, the proof fails.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction

from .language import Add, Div, Expr, Mul, Neg, Num, Pow

POINTS = 2
MODULUS = 2**61 - 1  # values are taken modulo a prime


class Bases:
    """The factors of all radicands of a claim; ``texts`` are their formulas, in the order of their roots s0, s1, …"""

    def __init__(self):
        self.texts: list[str] = []
        self._found: dict[tuple[int, ...], int] = {}

    def product(self, radicand: Expr, text: Callable[[Expr], str]) -> str:
        """The root of ``radicand`` as a product of powers of factors and of their roots."""
        powers: dict[int, int] = {}
        for base, power in _factors(radicand, 1):
            key = tuple(_value(base, text, point) for point in range(POINTS))
            if key == (1,) * POINTS:
                continue
            number = self._found.setdefault(key, len(self.texts))
            if number == len(self.texts):
                self.texts.append(text(base))
            powers[number] = powers.get(number, 0) + power
        words = []
        for number, power in powers.items():
            whole, odd = divmod(abs(power), 2)
            word = f"{self.texts[number]} ^ {whole}" + (f" * s{number}" if odd else "")
            words.append(f"({word})" if power > 0 else f"/ ({word})")
        return " * ".join(words) or "1"


def _factors(node: Expr, power: int) -> list[tuple[Expr, int]]:
    if isinstance(node, Mul):
        return [pair for factor in node.factors for pair in _factors(factor, power)]
    if isinstance(node, Div):
        return _factors(node.over, power) + _factors(node.under, -power)
    if isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value.denominator == 1:
        return _factors(node.base, power * node.power.value.numerator)
    if isinstance(node, Num) and node.value > 0:
        return [
            (Num(Fraction(n)), p)
            for whole, sign in ((node.value.numerator, 1), (node.value.denominator, -1))
            for n, p in _primes(whole, power * sign)
        ]
    return [(node, power)]


def _primes(n: int, power: int) -> list[tuple[int, int]]:
    found, p = [], 2
    while n > 1:
        while n % p == 0:
            found.append((p, power))
            n //= p
        p += 1
    return found


def _value(node: Expr, text: Callable[[Expr], str], point: int) -> int:
    """The value at a random point, modulo a prime; what is no rational function is a letter."""

    def value(part):
        return _value(part, text, point)

    if isinstance(node, Num):
        return node.value.numerator * pow(node.value.denominator, -1, MODULUS) % MODULUS
    if isinstance(node, Add):
        return sum(map(value, node.terms)) % MODULUS
    if isinstance(node, Neg):
        return -value(node.arg) % MODULUS
    if isinstance(node, Mul):
        result = 1
        for factor in node.factors:
            result = result * value(factor) % MODULUS
        return result
    if isinstance(node, Div):
        return value(node.over) * pow(value(node.under), -1, MODULUS) % MODULUS
    if isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value.denominator == 1:
        return pow(value(node.base), node.power.value.numerator, MODULUS)
    return random.Random(f"{text(node)} {point}").randrange(1, MODULUS)
