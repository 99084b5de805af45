"""A term as a sum of products: [(coefficient, {factor: exponent})], by the ring axioms, and back."""

from __future__ import annotations

from fractions import Fraction

from ..language.expr import Add, Div, Expr, Mul, Neg, Num, Pow

ONE = Num(Fraction(1))
ZERO = Num(Fraction(0))
LARGEST = 6  # a power of a sum above it is not multiplied out

Product = tuple[Fraction, dict[Expr, int]]


def products(node: Expr) -> list[Product]:
    """``node`` multiplied out; what is no sum, product, quotient or whole power is one factor."""
    if isinstance(node, Num):
        return [(node.value, {})] if node.value else []
    if isinstance(node, Add):
        return [one for term in node.terms for one in products(term)]
    if isinstance(node, Neg):
        return [(-coefficient, factors) for coefficient, factors in products(node.arg)]
    if isinstance(node, Mul):
        return many(products(factor) for factor in node.factors)
    if isinstance(node, Div):
        return many([products(node.over), power(node.under, -1)])
    if isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value.denominator == 1:
        return power(node.base, int(node.power.value))
    return [(Fraction(1), {node: 1})]


def power(base: Expr, exponent: int) -> list[Product]:
    parts = products(base)
    if len(parts) == 1:
        ((coefficient, factors),) = parts
        return [(coefficient**exponent, {factor: count * exponent for factor, count in factors.items()})]
    if 0 < exponent <= LARGEST:
        return many([parts] * exponent)
    return [(Fraction(1), {base: exponent})]


def many(parts) -> list[Product]:
    """The product of several sums."""
    total: list[Product] = [(Fraction(1), {})]
    for part in parts:
        total = [(a * b, times(f, g)) for a, f in total for b, g in part]
    return total


def times(one: dict, other: dict) -> dict:
    """One product of factors; exponents add, and what is to the power zero is gone."""
    found = dict(one)
    for factor, count in other.items():
        found[factor] = found.get(factor, 0) + count
    return {factor: count for factor, count in found.items() if count}


def product(coefficient: Fraction, factors: dict[Expr, int]) -> Expr:
    """The written form of one product."""
    parts = [factor if count == 1 else Pow(factor, Num(Fraction(count))) for factor, count in factors.items()]
    if coefficient != 1 or not parts:
        parts.insert(0, Num(coefficient))
    return parts[0] if len(parts) == 1 else Mul(tuple(parts))


def outside(coefficient: Fraction, factors: dict[Expr, int], inside: Expr) -> Expr:
    """A product of constants, and what they were pulled out of."""
    return product(coefficient, factors) * inside if factors or coefficient != 1 else inside


def total(parts) -> Expr:
    """The written form of a sum of terms."""
    parts = list(parts)
    if not parts:
        return ZERO
    return parts[0] if len(parts) == 1 else Add(tuple(parts))
