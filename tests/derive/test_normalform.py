"""The decision procedure against numbers: it must know true identities and never accept a false one."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from derive.errors import Inconclusive, Undefined
from derive.language.registry import positive, real, unit
from derive.proof.integrals import gaussian
from derive.proof.normalform import Field
from derive.proof.signs import sign_of
from derive.proof.symbolic import chart

a, b, c = (chart(name, unit) for name in "abc")
p = chart("p", positive)
x, y = chart("x", real), chart("y", real)
n = sp.Symbol("n", positive=True, integer=True)


def bell(at, mean, variance):
    return sp.exp(-((at - mean) ** 2) / (2 * variance)) / sp.sqrt(2 * sp.pi * variance)


TRUE = {
    "root-of-product": (sp.sqrt(a * b), sp.sqrt(a) * sp.sqrt(b)),
    "root-of-one-minus": (sp.sqrt(1 - a * b) ** 2, 1 - a + a * (1 - b)),
    "nested-root": (sp.sqrt(a + sp.sqrt(b)) ** 2, a + sp.sqrt(b)),
    "numbers": (sp.sqrt(6) / sp.sqrt(2), sp.sqrt(3)),
    "rationalised": (1 / (sp.sqrt(a) + sp.sqrt(b)) * (a - b), sp.sqrt(a) - sp.sqrt(b)),
    "log": (sp.log(1 - a * b) + sp.log(a / (1 - a * b)), sp.log(a)),
    "log-of-power": (sp.log(a**n), n * sp.log(a)),
    "exp": (sp.exp(x) * sp.exp(y) / sp.exp(x - y), sp.exp(2 * y)),
    "exp-of-log": (sp.exp(sp.log(p) / 2 + x), sp.sqrt(p) * sp.exp(x)),
    "power": (a ** (n + 1), a * a**n),
    "shifted-bell": (
        bell((x - sp.sqrt(a) * y) / sp.sqrt(1 - a), 0, 1) / sp.sqrt(1 - a),
        bell(x, sp.sqrt(a) * y, 1 - a),
    ),
    "product-of-bells": (
        bell(y, 0, p) * bell(x - y, 0, b),
        bell(x, 0, p + b) * bell(y, p * x / (p + b), p * b / (p + b)),
    ),
    "sum-of-bells": (bell(x, 0, a) + bell(x, y, b), bell(y, x, b) + bell(-x, 0, a)),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_identities_and_near_misses(name):
    left, right = TRUE[name]
    assert Field().is_zero(left - right)
    assert not Field().is_zero(left - right * sp.Rational(10**8 + 1, 10**8))
    assert not Field().is_zero(left + right)


leaves = st.sampled_from([a, b, 1 - a, 1 - a * b, p, sp.Integer(2), sp.Rational(1, 3)])
steps = st.lists(st.tuples(st.sampled_from(["+", "*", "/", "sqrt", "square"]), leaves), min_size=1, max_size=4)


def build(first, moves):
    value = first
    for move, other in moves:
        value = {
            "+": lambda v, o: v + o,
            "*": lambda v, o: v * o,
            "/": lambda v, o: v / o,
            "sqrt": lambda v, o: sp.sqrt(v * o),
            "square": lambda v, o: v**2 + o,
        }[move](value, other)
    return value


@given(leaves, steps, leaves, steps)
def test_zero_agrees_with_sixty_digits(first, moves, second, others):
    """Positive expressions of roots and quotients: decided equal if and only if equal at a point."""
    left, right = build(first, moves), build(second, others)
    point = {
        s: sp.Rational(k, 7)
        for s, k in zip(sorted(left.free_symbols | right.free_symbols, key=str), (5, 11, 3), strict=False)
    }
    gap = abs(sp.N((left - right).subs(point), 60))
    assert Field().is_zero(left - right) == bool(gap < sp.Rational(1, 10**45))
    assert Field().is_zero(left * right - right * left)


@pytest.mark.parametrize("expr", [sp.sqrt(x), sp.log(x), sp.sqrt(a - b), sp.log(x - y)])
def test_unknown_sign_is_undecided(expr):
    with pytest.raises(Inconclusive, match="sign"):
        Field().is_zero(expr - 1)


@pytest.mark.parametrize("expr", [sp.sqrt(-p), sp.log(-p), sp.log(a - 1), sp.sqrt(a * b - 1)])
def test_outside_of_the_reals(expr):
    with pytest.raises((Undefined, Inconclusive)):
        Field().is_zero(expr - 1)


def test_division_by_a_hidden_zero():
    with pytest.raises(Undefined, match="which is zero"):
        Field().is_zero(1 / (sp.sqrt(a * b + a) - sp.sqrt(a) * sp.sqrt(1 + b)))


def test_signs():
    w, v = sp.symbols("w v", positive=True)
    assert sign_of(w * v + 3) == 1 and sign_of(-w - x**2) == -1
    assert sign_of(w - v) is None and sign_of(x) is None and sign_of(w + x) is None
    assert sign_of(x**2) is None and sign_of(x**2, strict=False) == 1


def test_gaussian_rule():
    field = Field()
    result = gaussian(field, sp.exp(-p * y**2 + x * y), y)
    assert field.is_zero(result - sp.sqrt(sp.pi / p) * sp.exp(x**2 / (4 * p)))
    for bad in (sp.exp(p * y**2), sp.exp(-p * y), y * sp.exp(-p * y**2), sp.exp(-x * y**2)):
        with pytest.raises(Inconclusive):
            gaussian(Field(), bad, y)
