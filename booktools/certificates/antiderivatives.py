"""Antiderivatives, for the scripts: what is wrong here Rocq refuses.

Sums of polynomials, of polynomials times the exponential of a linear function, and of polynomials over a linear one.
"""

from __future__ import annotations

from fractions import Fraction

import sympy

from derive.language.expr import Add, Div, Expr, Func, Mul, Neg, Num, Pow, children, walk

from .polynomials import ONE, ZERO, Polynomials, Powers, product, quotient, total
from .premises import Untranslated


def antiderivative(node: Expr, variable: Expr, value):
    """A function whose derivative is ``node``, and the linear functions in denominators, with their coefficients."""
    if isinstance(node, Add):
        parts = [antiderivative(term, variable, value) for term in node.terms]
        return total(*(part for part, _ in parts)), list(dict.fromkeys(pair for _, linear in parts for pair in linear))
    if isinstance(node, Neg):
        part, linear = antiderivative(node.arg, variable, value)
        return Neg(part), linear
    over, under = _fraction(node)
    poly = Polynomials(variable, ZERO, value)
    moving = [part for part in under if variable in walk(part)]
    scale = product(*(part for part in under if part not in moving))
    exps = [part for part in over if isinstance(part, Func) and part.name == "exp" and variable in walk(part)]
    powers = poly.product([part for part in over if part not in exps])
    powers = {k: quotient(c, scale) for k, c in powers.items()}
    if exps and not moving:
        (one,) = exps
        return product(one, _written(_by_parts(powers, poly.of(one.arg)[1]), variable)), []
    if exps or len(moving) > 1:
        raise Untranslated("an antiderivative")
    if not moving:
        return _written(_integrated(powers), variable), []
    line, back = poly.of(moving[0]), {}
    d, e = line.get(0, ZERO), line[1]
    whole, rest = {}, dict(powers)  # the division by the linear function
    for k in range(max(powers), 0, -1):
        whole[k - 1] = cancelled(Div(rest.get(k, ZERO), e), back)
        rest[k - 1] = total(rest.get(k - 1, ZERO), Neg(Mul((d, whole[k - 1]))))
    logarithm = product(cancelled(Div(rest[0], e), back), Func("log", moving[0]))
    return total(_written(_integrated(whole), variable), logarithm), [(moving[0], d, e)]


def _by_parts(powers, a):
    """The polynomial Q with (Q exp(a u))' = P exp(a u), that is a Q_k + (k + 1) Q_{k + 1} = P_k."""
    found: Powers = {}
    for k in range(max(powers), -1, -1):
        after = Neg(product(Num(Fraction(k + 1)), found[k + 1])) if k + 1 in found else ZERO
        found[k] = quotient(total(powers.get(k, ZERO), after), a)
    return found


def _integrated(powers):
    return {k + 1: quotient(c, Num(Fraction(k + 1))) for k, c in powers.items()}


def _written(powers, variable):
    def power(k):
        return variable if k == 1 else Pow(variable, Num(Fraction(k))) if k else ONE

    return total(*(product(c, power(k)) for k, c in sorted(powers.items())))


def _fraction(node):
    """Numerator and denominator of a product, as lists of factors."""
    if isinstance(node, Mul):
        parts = [_fraction(factor) for factor in node.factors]
        return [f for over, _ in parts for f in over], [f for _, under in parts for f in under]
    if isinstance(node, Div):
        (a, b), (c, d) = _fraction(node.over), _fraction(node.under)
        return a + d, b + c
    return [node], []


def cancelled(node: Expr, back: dict) -> Expr:
    """``node`` with common factors cancelled, so that no denominator vanishes that does not have to."""
    return _expression(sympy.cancel(_sympy(node, back)), back)


def _sympy(node, back):
    parts = [_sympy(child, back) for child in children(node)] if isinstance(node, (Add, Neg, Mul, Div, Pow)) else []
    if isinstance(node, Num):
        return sympy.Rational(node.value.numerator, node.value.denominator)
    if isinstance(node, Add):
        return sympy.Add(*parts)
    if isinstance(node, Neg):
        return -parts[0]
    if isinstance(node, Mul):
        return sympy.Mul(*parts)
    if isinstance(node, Div):
        return parts[0] / parts[1]
    if isinstance(node, Pow):
        return parts[0] ** parts[1]
    letter = sympy.Symbol(repr(node))
    back[letter] = node
    return letter


def _expression(node, back):
    if node.is_Rational:
        return Num(Fraction(int(node.p), int(node.q)))
    if node.is_Add:
        return Add(tuple(_expression(part, back) for part in node.args))
    if node.is_Mul:
        over, under = sympy.fraction(node)
        if under != 1:
            return Div(_expression(over, back), _expression(under, back))
        return Mul(tuple(_expression(part, back) for part in node.args))
    if node.is_Pow:
        return Pow(_expression(node.base, back), _expression(node.exp, back))
    return back[node]
