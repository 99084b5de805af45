"""A decision procedure for the algebra of this book: is this SymPy expression zero?

``simplify`` is a heuristic: it can fail, hang, or depend on the order of a hash table.  The expressions of a
derivation are of a kind that can be decided: rational functions, square roots, logarithms and exponentials of real
symbols, most of them positive.

Each expression is brought to the form Σ cₖ exp(Aₖ), with cₖ and Aₖ rational functions of symbols and *generators*:

- the argument of a root or logarithm is factored, √(ab) = √a √b and log(ab) = log a + log b for factors that are
  *proved* positive (all coefficients of the polynomial are positive), and each irreducible factor f gets one
  generator r with r² = f, and one generator for log f;
- Φ and arbitrary functions have one generator for each value of their argument;
- products of exponentials add their exponents; a power with a symbolic exponent is exp(n log b).

The sum is zero if, for each distinct exponent, the coefficients add to zero once r² is replaced by f.  A factor whose
sign is not proved, an unknown function, a float, nan or infinity ends in an exception, never in an answer.
"""

from __future__ import annotations

from functools import wraps

import sympy as sp

from ..errors import Inconclusive, Undefined
from .functions import Generic, fraction
from .signs import sign_of


def remembered(method):
    """Asked the same again, with no new generator since, a Field answers as it did."""

    @wraps(method)
    def ask(self, expr):
        question = method, expr, len(self.roots), len(self.logs), len(self.functions), len(self.steep)
        if question not in self.answers:
            self.answers[question] = method(self, expr)
        return self.answers[question]

    return ask


class Field:
    """The generators that belong together: one Field serves all parts of a goal."""

    def __init__(self):
        self.answers: dict[tuple, object] = {}
        self.roots: dict[sp.Expr, sp.Symbol] = {}  # irreducible factor -> its square root
        self.logs: dict[sp.Expr, sp.Symbol] = {}  # irreducible factor -> its logarithm
        self.steep: dict[sp.Expr, sp.Symbol] = {}  # positive exponent A -> exp(A) - 1
        self.functions: list[tuple] = []  # function, argument, the symbol of its value

    def is_zero(self, expr) -> bool:
        """Return whether ``expr`` vanishes identically; raise if that cannot be decided."""
        charts, terms = len(self.steep), self.terms(sp.sympify(expr))
        if len(self.steep) > charts:  # what came before a chart was written without it
            return self.is_zero(expr)
        return all(self.lowered_is_zero(coefficient) for _, coefficient in self.groups(terms))

    def groups(self, terms):
        """One (exponent, coefficient) for each distinct exponent."""
        groups: list[list] = []
        for exponent, coefficient in terms:
            for group in groups:
                if self.lowered_is_zero(group[0] - exponent):
                    group[1] += coefficient
                    break
            else:
                groups.append([exponent, coefficient])
        return groups

    @remembered
    def terms(self, expr):
        """Return the list of (exponent, coefficient) with expr = Σ coefficient · exp(exponent)."""
        if expr.is_Float or expr.has(sp.Float):
            raise Inconclusive(f"{expr} contains a float; write a ratio of integers")
        if expr in (sp.nan, sp.zoo, sp.oo, -sp.oo):
            raise Undefined(f"a side of the step is {expr}; exclude that point from the domain")
        if expr.is_Rational or expr.is_Symbol or expr is sp.pi:
            return [(sp.S.Zero, expr)]
        if expr is sp.E:
            return [self.exponential(sp.S.One)]
        if expr.is_Add:
            return [term for part in expr.args for term in self.terms(part)]
        if expr.is_Mul:
            product = [(sp.S.Zero, sp.S.One)]
            for part in expr.args:
                product = [(a + b, c * d) for a, c in product for b, d in self.terms(part)]
            return product
        if isinstance(expr, sp.exp):
            return [self.exponential(self.rational(expr.args[0]))]
        if isinstance(expr, sp.Abs):
            return [(exponent, self.root(part**2)) for exponent, part in [self.single(expr.args[0])]]
        if expr.is_Pow:
            return self.power(*expr.as_base_exp())
        if isinstance(expr, sp.log):
            exponent, coefficient = self.single(expr.args[0])
            return [(sp.S.Zero, exponent + self.logarithm(coefficient))]
        if isinstance(expr, Generic):
            return [(sp.S.Zero, self.value(expr.func, tuple(map(self.rational, expr.args))))]
        raise Inconclusive(f"no decision procedure for {type(expr).__name__} in {expr}; state the step without it")

    def power(self, base, power):
        if power.is_Integer:
            if power > 0:
                return self.terms(sp.Mul(*[base] * int(power), evaluate=False)) if power > 1 else self.terms(base)
            exponent, coefficient = self.single(base)
            if self.lowered_is_zero(coefficient):
                raise Undefined(f"division by {base}, which is zero")
            return [(power * exponent, coefficient**power)]
        exponent, coefficient = self.single(base)
        if power.is_Rational and power.q == 2:
            return [(power * exponent, self.root(coefficient) ** power.p)]
        return [self.exponential(self.rational(power) * (exponent + self.logarithm(coefficient)))]

    def single(self, expr):
        """The one term of an expression that must have one."""
        terms = self.terms(expr)
        if all(exponent == 0 for exponent, _ in terms):
            return sp.S.Zero, sp.Add(*(coefficient for _, coefficient in terms))
        terms = self.groups(terms)
        if len(terms) == 1:
            return terms[0]
        if self.charted(exponent for exponent, _ in terms):
            return self.single(expr)
        raise Inconclusive(f"a sum of exponentials inside a root, logarithm or quotient: {expr}")

    def rational(self, expr):
        exponent, coefficient = self.single(expr)
        if exponent != 0:
            raise Inconclusive(f"an exponential inside an exponential: {expr}")
        return coefficient

    def exponential(self, exponent):
        """exp(exponent) as (exponent, coefficient): whole and half multiples of log f become powers of f and √f."""
        coefficient, exponent = sp.S.One, sp.expand(self.lower(exponent))
        for factor, generator in list(self.logs.items()):
            multiple = exponent.coeff(generator, 1).as_independent(*exponent.free_symbols, as_Add=True)[0]
            if (2 * multiple).is_Integer and multiple != 0:
                exponent = sp.expand(exponent - multiple * generator)
                coefficient *= self.root(factor) ** (2 * multiple)
        for term in sp.Add.make_args(exponent):
            for base, growth in self.steep.items():
                if (2 * term / base).is_Integer:
                    exponent -= term
                    coefficient *= self.root(1 + growth) ** (2 * term / base)
        return exponent, coefficient

    def charted(self, exponents) -> bool:
        """Give each term with a known sign a chart: exp(A) = 1 + w with w > 0, for A > 0.  Is one of them new?"""
        terms = [part for each in exponents for part in sp.Add.make_args(sp.expand(self.lower(each)))]
        for number, base in sorted((term.as_coeff_Mul() for term in terms if term), key=lambda pair: abs(pair[0])):
            sides = [sign_of(side) for side in sp.fraction(base)]
            if None not in sides and not any((2 * number * base / known).is_Integer for known in self.steep):
                growth = sp.Symbol(f"growth.{len(self.steep)}", positive=True)
                self.steep[abs(number) * sides[0] * sides[1] * base] = growth
                return True
        return False

    def value(self, function, arguments):
        """One generator for each value of a function that is known by rules: equal arguments, equal values."""
        half = function.odd_about_half
        if half and self.lowered_is_zero(arguments[0]):
            return sp.Rational(1, 2)
        for known, others, generator in self.functions:
            if known is function and self.same(others, arguments):
                return fraction(generator) if half else generator
            if known is function and half and self.lowered_is_zero(others[0] + arguments[0]):
                return 1 - fraction(generator)
        sure = {"positive": True} if function.positive else {"real": True}
        generator = sp.Symbol(f"{function.__name__}:{len(self.functions)}", **sure)
        self.functions.append((function, arguments, generator))
        return fraction(generator) if half else generator

    @remembered
    def factors(self, expr):
        """Return [(positive irreducible factor, multiplicity)] of a positive rational function."""
        sign, found = 1, []
        for part, direction in zip(sp.fraction(self.lower(expr)), (1, -1), strict=True):
            number, factors = sp.factor_list(part)
            if number == 0:
                raise Undefined(f"root or logarithm of zero, or division by zero, in {expr}")
            sign *= sp.sign(number)
            for prime, count in sp.factorrat(abs(number)).items():
                found.append((sp.Integer(prime), direction * count))
            for factor, count in factors:
                known = sign_of(factor)
                if known is None and count % 2 == 0:
                    known = 1  # the root of its square is its absolute value
                    factor, count = factor**2, count // 2
                if known is None:
                    raise Inconclusive(
                        f"the sign of {factor} is not known on the domain, so its root or log is not either"
                    )
                sign *= known**count
                found.append((sp.expand(known * factor), direction * count))
        if sign < 0:
            raise Undefined(f"root or logarithm of a negative quantity, {expr}")
        return found

    def root(self, expr):
        result = sp.S.One
        for factor, count in self.factors(expr):
            sure = {"positive": True} if sign_of(factor) == 1 else {"real": True}  # a square may be zero
            generator = self.roots.setdefault(factor, sp.Symbol(f"root.{len(self.roots)}", **sure))
            result *= generator ** (count % 2) * factor ** ((count - count % 2) // 2)
        return result

    def logarithm(self, expr):
        result = sp.S.Zero
        for factor, count in self.factors(expr):
            result += count * self.logs.setdefault(factor, sp.Symbol(f"log.{len(self.logs)}", real=True))
        return result

    @remembered
    def lower(self, expr):
        """Return a rational function with every r² replaced by f, in numerator and denominator."""
        over, under = (self.lower_polynomial(part) for part in sp.fraction(sp.together(expr)))
        if over.is_Number or under == 1:
            return over / under
        number, over, under = sp.cancel((over, under))
        return number * over / under

    def lower_polynomial(self, expr):
        expr = sp.expand(expr)
        for factor, generator in reversed(list(self.roots.items())):  # a later root may contain an earlier one
            if any(power.base == generator for power in expr.atoms(sp.Pow)):
                coefficients = sp.Poly(expr, generator).all_coeffs()[::-1]
                expr = sp.expand(sum(c * factor ** (k // 2) * generator ** (k % 2) for k, c in enumerate(coefficients)))
        return expr

    def lowered_is_zero(self, expr) -> bool:
        return self.lower_polynomial(sp.fraction(sp.together(expr))[0]) == 0

    def same(self, ones, others) -> bool:
        return all(self.lowered_is_zero(a - b) for a, b in zip(ones, others, strict=True))

    def plain(self, expr):
        """Return ``expr`` with the generators written out."""
        for table, function in ((self.logs, sp.log), (self.roots, sp.sqrt)):
            for factor, generator in reversed(list(table.items())):
                expr = expr.subs(generator, function(factor))
        for exponent, growth in reversed(list(self.steep.items())):
            expr = expr.subs(growth, sp.exp(self.plain(exponent)) - 1)
        for function, arguments, generator in reversed(self.functions):
            if not expr.has(generator):
                continue
            value = function(*map(self.plain, arguments))
            expr = expr.subs(generator, value / (1 - value) if function.odd_about_half else value)
        return expr
