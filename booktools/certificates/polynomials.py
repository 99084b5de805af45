"""Polynomials, as the scripts compare them: in many atoms with rational coefficients, or in one variable.

What is wrong here Rocq refuses.
"""

from __future__ import annotations

from fractions import Fraction

from derive.language.expr import Add, Div, Expr, Mul, Neg, Num, Pow, walk

from .premises import Untranslated

ZERO, ONE, TWO = (Num(Fraction(n)) for n in range(3))

# Expressions


def factors(node: Expr) -> list[Expr]:
    return [each for part in node.factors for each in factors(part)] if isinstance(node, Mul) else [node]


def product(*parts: Expr) -> Expr:
    found = tuple(part for part in parts if part != ONE)
    return ZERO if ZERO in found else Mul(found) if len(found) > 1 else found[0] if found else ONE


def total(*parts: Expr) -> Expr:
    found = tuple(part for part in parts if part != ZERO)
    return Add(found) if len(found) > 1 else found[0] if found else ZERO


def quotient(over: Expr, under: Expr) -> Expr:
    return over if under == ONE else Div(over, under)


# Sums of products of powers of atoms

Monomial = tuple  # of pairs (atom, power), sorted
Polynomial = dict  # monomial -> coefficient


def constant(value) -> Polynomial:
    return {(): Fraction(value)} if value else {}


def atom(node: Expr, power: int = 1) -> Polynomial:
    return {((node, power),): Fraction(1)}


def joined(*monomials: Monomial) -> Monomial:
    powers: dict = {}
    for each in monomials:
        for node, power in each:
            powers[node] = powers.get(node, 0) + power
    return tuple(sorted(((n, p) for n, p in powers.items() if p), key=repr))


def add(*parts: Polynomial) -> Polynomial:
    found: Polynomial = {}
    for part in parts:
        for monomial, value in part.items():
            found[monomial] = found.get(monomial, 0) + value
    return {monomial: value for monomial, value in found.items() if value}


def multiply(*parts: Polynomial) -> Polynomial:
    result = constant(1)
    for part in parts:
        terms = [{joined(a, b): x * y} for a, x in result.items() for b, y in part.items()]
        result = add(*terms)
    return result


def power(base: Polynomial, exponent: int) -> Polynomial:
    """Of a sum with a negative exponent an atom is made."""
    if exponent < 0:
        if len(base) != 1:
            return atom(expression(base), exponent)
        ((monomial, value),) = base.items()
        base, exponent = {tuple((node, -p) for node, p in monomial): 1 / value}, -exponent
    return multiply(*[base] * exponent)


def factor(node: Expr, exponent: int) -> Expr:
    return node if exponent == 1 else Pow(node, Num(Fraction(exponent)))


def word(monomial: Monomial, value=Fraction(1)) -> Expr:
    parts = [factor(node, exponent) for node, exponent in monomial]
    if value != 1 or not parts:
        parts = [Num(Fraction(value)), *parts]
    return parts[0] if len(parts) == 1 else Mul(tuple(parts))


def expression(poly: Polynomial) -> Expr:
    terms = [word(monomial, value) for monomial, value in sorted(poly.items(), key=repr)]
    return ZERO if not terms else terms[0] if len(terms) == 1 else Add(tuple(terms))


# In one variable, with expressions as coefficients

Powers = dict[int, Expr]  # power -> coefficient, which is not zero


class Polynomials:
    """Powers of ``variable - centre``; a coefficient that is zero at random points is left out."""

    def __init__(self, variable: Expr, centre: Expr, value):
        self.variable, self.centre, self.value = variable, centre, value

    def known(self, powers: Powers) -> Powers:
        return {k: c for k, c in powers.items() if any(self.value(c))}

    def of(self, node: Expr) -> Powers:
        if self.variable not in walk(node):
            return self.known({0: node})
        if node == self.variable:
            return self.known({0: self.centre, 1: ONE})
        if isinstance(node, Add):
            parts = [self.of(term) for term in node.terms]
            return self.known({k: total(*(p[k] for p in parts if k in p)) for k in {k for p in parts for k in p}})
        if isinstance(node, Neg):
            return {k: Neg(c) for k, c in self.of(node.arg).items()}
        if isinstance(node, Mul):
            return self.product(node.factors)
        if isinstance(node, Div) and self.variable not in walk(node.under):
            return {k: quotient(c, node.under) for k, c in self.of(node.over).items()}
        if isinstance(node, Pow) and isinstance(node.power, Num) and node.power.value in range(1, 9):
            return self.product([node.base] * int(node.power.value))
        raise Untranslated("no polynomial")

    def product(self, nodes) -> Powers:
        found: Powers = {0: ONE}
        for node in nodes:
            terms: dict[int, list[Expr]] = {}
            for n, c in self.of(node).items():
                for k, d in found.items():
                    terms.setdefault(n + k, []).append(product(d, c))
            found = self.known({k: total(*each) for k, each in terms.items()})
        return found
