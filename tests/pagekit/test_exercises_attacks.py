"""Answers that are wrong, or are no answers: none is called right, none hangs, and none ends in a raw error."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy as sp
from sympy import stats

import derive
from derive import Derivation
from derive.proof.timeout import timeout
from diffusion_lib.errors import ConfigError
from pagekit.exercises import decide, exercises, grade_answer, refute, symbols
from pagekit.exercises.exercise import corners

SNR, g, m, mu, v, T, alpha_bar_t, sigma, a, b = (
    sp.Symbol(name) for name in ("SNR[t]", "g", "m", "mu", "v", "T", "alpha_bar[t]", "sigma", "a", "b")
)
G, M = symbols("g", "positive")[0], symbols("m", "real")[0]
D = Derivation("D")
WRITTEN_M = D.symbol("m")
(WRITTEN_k,) = D.indices("k")
far = 10**7


def raw(kind, *parts):
    """A node that SymPy has not evaluated."""
    return kind(*parts, evaluate=False)


def sharing(levels):
    """A small object that is a large tree."""
    node = M
    for _ in range(levels):
        node = raw(sp.Add, raw(sp.Mul, node, node), 1)
    return node


def nested(levels):
    node = M
    for _ in range(levels):
        node = raw(sp.Pow, raw(sp.Add, node, 1), sp.S.Half)
    return node


def written_nested(levels):
    node = WRITTEN_M
    for _ in range(levels):
        node = derive.sqrt(node)
    return node


def written_tower():
    nine = WRITTEN_M * 0 + 9
    return nine ** (nine**nine)


def right_and_a_long_zero(power):
    """An answer to "product-mean" that is right, but takes long to expand."""
    w = sp.Symbol("w")
    s = 1 + m**2 + mu**2 + v**2 + w
    return (m * w + mu * v) / (v + w) + s ** (power - 1) * (s - 1) - s**power + s ** (power - 1)


WRONG = {  # bumps, steps and kinks that vanish at usual points; "velocity-for-data" is SNR + 1, "equal-spread" is g m
    "min": ("velocity-for-data", lambda: sp.Min(SNR, 5) + 1, "Min"),
    "max": ("velocity-for-data", lambda: sp.Max(SNR, 0) + 1, "Max"),
    "bump by max": ("equal-spread", lambda: g * m + sp.Max(0, g - 3), "Max"),
    "far bump by max": ("equal-spread", lambda: g * m + sp.Max(0, g - 10**30), "Max"),
    "bump by min": ("equal-spread", lambda: g * m + sp.Min(0, 100 - g), "Min"),
    "piecewise beyond": ("equal-spread", lambda: sp.Piecewise((g * m, g < 50), (0, True)), "Piecewise"),
    "piecewise at a point": ("equal-spread", lambda: sp.Piecewise((0, sp.Eq(g, 7)), (g * m, True)), "Piecewise"),
    "piecewise that is right": ("equal-spread", lambda: sp.Piecewise((g * m, g > 1), (m * g, True)), "right"),
    "heaviside": ("equal-spread", lambda: g * m * sp.Heaviside(g), "Heaviside"),
    "far heaviside": ("equal-spread", lambda: g * m + sp.Heaviside(g - far), "Heaviside"),
    "sign": ("equal-spread", lambda: g * m * sp.sign(far - g), "sign"),
    "floor": ("equal-spread", lambda: g * m + sp.floor(g / far), "floor"),
    "ceiling": ("equal-spread", lambda: g * m + 1 - sp.ceiling(1 / (1 + g)), "ceiling"),
    "modulo": ("count-of-divergences", lambda: T + sp.Mod(T, 1) * T, "Mod"),
    "kronecker": ("count-of-divergences", lambda: T + sp.KroneckerDelta(T, 100), "KroneckerDelta"),
    "delta": ("equal-spread", lambda: g * m + sp.DiracDelta(g - 3), "DiracDelta"),
    "sine": ("count-of-divergences", lambda: T + sp.sin(sp.pi * T), "right"),  # T is a whole number
    "sine of a fraction": ("count-of-divergences", lambda: T + sp.sin(sp.pi * T / 2), "witness"),
    "sine and cosine": ("equal-spread", lambda: g * m * (sp.sin(g) ** 2 + sp.cos(g) ** 2), "right"),
    "cosine": ("equal-spread", lambda: g * m * sp.cos(g), "witness"),
    "factorial": ("count-of-divergences", lambda: sp.factorial(T) / sp.factorial(T - 1), "factorial"),
    "gamma": ("equal-spread", lambda: m * sp.gamma(g + 1) / sp.gamma(g), "gamma"),
    "erf": ("equal-spread", lambda: g * m * sp.erf(10**9 * g), "erf"),
    "tanh": ("equal-spread", lambda: g * m * sp.tanh(10**9 * g), "tanh"),
    "real part": ("equal-spread", lambda: g * sp.re(m), "re"),
    "abs bump": ("equal-spread", lambda: g * m + sp.Abs(g - 50) + g - 50, "witness"),
    "far abs bump": ("equal-spread", lambda: g * m + sp.Abs(g - far) + g - far, "witness"),
    "abs bump beyond all points": ("equal-spread", lambda: g * m + sp.Abs(g - 10**20) + g - 10**20, "undecided"),
    "root bump beyond all points": (
        "equal-spread",
        lambda: g * m + sp.sqrt((g - 10**20) ** 2) + g - 10**20,
        "undecided",
    ),
    "zero that is too large to expand": ("product-mean", lambda: right_and_a_long_zero(32), "undecided"),
    "a mistake with a far bump": ("equal-spread", lambda: m + sp.Abs(g - far) + g - far, "witness"),
    "abs of a real symbol": ("equal-spread", lambda: g * sp.Abs(m), "witness"),
    "root of a square": ("equal-spread", lambda: g * sp.sqrt(m**2), "witness"),
    "tiny term": ("equal-spread", lambda: g * m + g / 10**25, "witness"),
    "tiny factor": ("equal-spread", lambda: g * m * (1 + sp.Rational(1, 10**25)), "witness"),
    "flat bump": ("equal-spread", lambda: g * m + sp.exp(-50 / g) / 10**20, "witness"),
    "steep bump": ("equal-spread", lambda: g * m + g**32 / 10**29, "witness"),
    "close fraction": ("last-edge", lambda: Fraction(5 * 10**27 + 1, 10**28), "witness"),
    "float near it": ("last-edge", lambda: 0.5000000000000001, "witness"),
    "one third as float": ("last-edge", lambda: 1 / 3, "witness"),
    "float root": ("clean-from-score", lambda: sp.sqrt(0.5) * sp.Symbol("x_t"), "witness"),
    "euler minus its digits": ("last-edge", lambda: sp.S.Half + sp.E - Fraction(math.e), "witness"),
    "polynomial in T": ("count-of-divergences", lambda: T + sp.prod([T - k for k in range(1, 11)]) / 10**9, "witness"),
    "tower of ints in Python": ("equal-spread", lambda: 9 ** (9**4), "more than 30 digits"),
    "tower": ("equal-spread", lambda: raw(sp.Pow, sp.Integer(9), raw(sp.Pow, sp.Integer(9), sp.Integer(9))), "power"),
    "tower in symbols": (
        "equal-spread",
        lambda: raw(sp.Mul, m, raw(sp.Pow, sp.Integer(9), sp.Integer(9**9))),
        "power above 32",
    ),
    "tower of a derivation": ("equal-spread", written_tower, "power above 32"),
    "huge power": ("equal-spread", lambda: raw(sp.Pow, m, sp.Integer(10**9)), "power above 32"),
    "huge inverse power": ("equal-spread", lambda: m ** (-(10**9)), "power above 32"),
    "huge root": ("equal-spread", lambda: m ** sp.Rational(1, 10**9), "power above 32"),
    "powers of powers": ("equal-spread", lambda: ((((m + g) ** 30 + 1) ** 30 + 1) ** 30 + 1) ** 30, "witness"),
    "power by exp and log": (
        "equal-spread",
        lambda: raw(sp.exp, raw(sp.Mul, sp.Integer(10**9), raw(sp.log, sp.Integer(9)))),
        "exponential with numbers",
    ),
    "power by a symbol": ("equal-spread", lambda: 2 ** (g + 10**29), "power above 64"),
    "tower of a symbol": ("equal-spread", lambda: 9 ** (9**g), "witness"),
    "tower of exponentials": ("equal-spread", lambda: sp.exp(sp.exp(sp.exp(sp.exp(g)))), "witness"),
    "large logarithm": ("equal-spread", lambda: sp.log(10**4000 + m), "more than 30 digits"),
    "large integer": ("equal-spread", lambda: 10**5000, "more than 30 digits"),
    "large sympy integer": ("equal-spread", lambda: sp.Integer(10) ** 4300, "more than 30 digits"),
    "large fraction": ("last-edge", lambda: Fraction(1, 10**4400), "more than 30 digits"),
    "large integer of a derivation": ("equal-spread", lambda: WRITTEN_M + 10**4400, "more than 30 digits"),
    "large float": ("equal-spread", lambda: 1e300, "more than 30 digits"),
    "small float": ("equal-spread", lambda: 1e-300, "more than 30 digits"),
    "float beyond floats": ("equal-spread", lambda: sp.Float(10) ** 10**6, "more than 30 digits"),
    "sum of radicals": ("equal-spread", lambda: sp.Add(*(sp.sqrt(k) for k in range(2, 2002))), "more than 400 parts"),
    "sum of radicals in symbols": (
        "equal-spread",
        lambda: sp.Add(*(sp.sqrt(g + k) for k in range(2000))),
        "more than 400 parts",
    ),
    "a hundred radicals": ("equal-spread", lambda: sp.Add(*(sp.sqrt(g + k) for k in range(1, 70))), "witness"),
    "a hundred poles": ("equal-spread", lambda: g * m + sp.Add(*(1 / (g + k) for k in range(1, 70))), "witness"),
    "a tree by sharing": ("equal-spread", lambda: sharing(60), "more than 400 parts or 50 levels"),
    "a tree of 81 levels": ("equal-spread", lambda: nested(40), "more than 400 parts or 50 levels"),
    "a deep tree": ("equal-spread", lambda: nested(3000), "more than 400 parts or 50 levels"),
    "a deep tree of a derivation": ("equal-spread", lambda: written_nested(5000), "more than 400 parts or 50 levels"),
    "roots in roots": ("equal-spread", lambda: nested(20), "witness"),
    "nan": ("equal-spread", lambda: sp.nan, "undefined"),
    "oo": ("equal-spread", lambda: sp.oo, "undefined"),
    "minus oo": ("equal-spread", lambda: -sp.oo, "undefined"),
    "zoo": ("equal-spread", lambda: sp.zoo * m, "undefined"),
    "float nan": ("equal-spread", lambda: math.nan, "undefined"),
    "float inf": ("equal-spread", lambda: -math.inf, "undefined"),
    "sympy float nan": ("equal-spread", lambda: sp.Float("inf") + m, "undefined"),
    "hidden division by zero": ("equal-spread", lambda: g * m + raw(sp.Pow, sp.S.Zero, sp.Integer(-1)), "undefined"),
    "one over infinity": ("equal-spread", lambda: raw(sp.Add, g * m, raw(sp.Pow, sp.oo, sp.Integer(-1))), "undefined"),
    "log of zero": ("equal-spread", lambda: g * m + 0 * raw(sp.log, sp.S.Zero) + raw(sp.log, sp.S.Zero), "undefined"),
    "infinity of a relation": (
        "zoo-velocity",
        lambda: 1 / (SNR - alpha_bar_t / (1 - alpha_bar_t)) + SNR + 1,
        "undefined",
    ),
    "imaginary unit": ("equal-spread", lambda: g * m * sp.I, "undefined"),
    "imaginary unit that cancels": (
        "equal-spread",
        lambda: raw(sp.Mul, -1, g, m, *[raw(sp.Pow, sp.Integer(-1), sp.S.Half)] * 2),
        "undefined",
    ),
    "complex": ("equal-spread", lambda: 1j, "of type complex"),
    "log of a negative symbol": ("equal-spread", lambda: g * m + 0 * m + sp.log(-g) - sp.log(-g - 1), "undefined"),
    "cube root of a negative number": ("equal-spread", lambda: sp.root(-8, 3) * m, "undefined"),
    "cube roots of a negative number that cancel": (
        "equal-spread",
        lambda: raw(sp.Mul, -1, g, m, *[raw(sp.Pow, sp.Integer(-1), sp.Rational(1, 3))] * 3),
        "undefined",
    ),
    "true": ("equal-spread", lambda: True, "of type bool"),
    "sympy true": ("equal-spread", lambda: sp.true, "of type BooleanTrue"),
    "equation": ("equal-spread", lambda: sp.Eq(m, g), "of type Equality"),
    "comparison": ("equal-spread", lambda: g > m, "of type StrictGreaterThan"),
    "text": ("equal-spread", lambda: "g*m", "of type str"),
    "text that is code": ("equal-spread", lambda: "__import__('os').getcwd()", "of type str"),
    "long text": ("equal-spread", lambda: "9**" * 10**6, "of type str"),
    "bytes": ("equal-spread", lambda: b"g*m", "of type bytes"),
    "list": ("equal-spread", lambda: [g * m], "of type list"),
    "list of a large integer": ("equal-spread", lambda: [10**5000], "of type list"),
    "array": ("equal-spread", lambda: np.array([1.0]), "of type ndarray"),
    "decimal": ("last-edge", lambda: Decimal("0.5"), "of type Decimal"),
    "function": ("equal-spread", lambda: lambda g: g, "of type function"),
    "class": ("equal-spread", lambda: sp.Symbol, "of type "),
    "matrix": ("equal-spread", lambda: sp.Matrix([[g * m]]), "Matrix"),
    "immutable matrix": ("equal-spread", lambda: sp.ImmutableMatrix([[g * m]]), "Matrix"),
    "matrix symbol": ("equal-spread", lambda: sp.MatrixSymbol("m", 1, 1), "MatrixSymbol"),
    "matrix element": ("equal-spread", lambda: g * sp.MatrixSymbol("m", 1, 1)[0, 0], "MatrixElement"),
    "indexed": ("velocity-for-data", lambda: sp.IndexedBase("SNR")[sp.Symbol("t")] + 1, "Indexed"),
    "integral": ("equal-spread", lambda: sp.Integral(m, (m, 0, g)), "Integral"),
    "derivative": ("equal-spread", lambda: sp.Derivative(g**2 * m / 2, g), "Derivative"),
    "limit": ("equal-spread", lambda: sp.Limit(g * m, g, 3), "Limit"),
    "sum": ("count-of-divergences", lambda: sp.Sum(1, (v, 1, T)), "Sum"),
    "product": ("count-of-divergences", lambda: sp.Product(T, (v, 1, 1)), "Product"),
    "order": ("equal-spread", lambda: g * m + sp.O(m**2), "Order"),
    "substitution": ("equal-spread", lambda: sp.Subs(v * m, v, g), "Subs"),
    "root of": ("time-of-an-amount", lambda: sp.CRootOf(v**5 - v - 1, 0), "CRootOf|ComplexRootOf"),
    "lambda": ("equal-spread", lambda: sp.Lambda(g, g * m), "Lambda"),
    "unevaluated": ("equal-spread", lambda: sp.UnevaluatedExpr(g) * m, "UnevaluatedExpr"),
    "unknown function": ("equal-spread", lambda: g * sp.Function("f")(m), "type f"),
    "unknown function of a long name": ("equal-spread", lambda: g * sp.Function("f" * 10**5)(m), "type fff"),
    "unknown function of the symbol's name": ("equal-spread", lambda: g * sp.Function("m")(g), "type m"),
    "random symbol": ("equal-spread", lambda: g * stats.Normal("m", 0, 1), "type RandomSymbol"),
    "random symbol of another name": ("equal-spread", lambda: g * stats.Normal("N", 0, 1), "type RandomSymbol"),
    "expectation": ("equal-spread", lambda: stats.Expectation(g * stats.Normal("m", 0, 1)), "Expectation"),
    "dummy": ("equal-spread", lambda: g * sp.Dummy("m"), "m as a Dummy"),
    "wildcard": ("equal-spread", lambda: g * sp.Wild("m"), "m as a Wild"),
    "negative symbol": ("equal-spread", lambda: sp.Symbol("g", negative=True) * m, "g that is declared otherwise"),
    "zero symbol": ("equal-spread", lambda: sp.Symbol("g", zero=True) * m, "g that is declared otherwise"),
    "imaginary symbol": ("equal-spread", lambda: g * sp.Symbol("m", imaginary=True), "m that is declared otherwise"),
    "symbol without order": ("equal-spread", lambda: sp.Symbol("m", commutative=False) * g, "declared otherwise"),
    "whole share": ("zoo-root", lambda: sp.Symbol("alpha_bar[t]", integer=True), "declared otherwise"),
    "stranger": ("equal-spread", lambda: g * m + sp.Symbol("h"), "symbols h"),
    "stranger that cancels": ("equal-spread", lambda: raw(sp.Mul, g, m, raw(sp.Pow, mu, sp.S.Zero)), "right"),
    "long stranger": ("equal-spread", lambda: sp.Symbol("h" * 10**5), "symbols hhh"),
    "golden ratio": ("equal-spread", lambda: sp.GoldenRatio * m, "GoldenRatio"),
    "density": ("equal-spread", lambda: derive.Normal(WRITTEN_M, 0, 1), "Normal"),
    "phi": ("last-edge", lambda: derive.Phi(WRITTEN_M), "Phi"),
    "written sum": ("count-of-divergences", lambda: derive.Sum(WRITTEN_M, (WRITTEN_k, 1, 10**9)), "Sum"),
}


@pytest.mark.parametrize("name", WRONG)
def test_no_attack_is_right(name):
    exercise, make, words = WRONG[name]
    answer = make()
    if words in {"witness", "undecided", "undefined", "right"}:
        with timeout(60):  # far more than any of these takes
            assert grade_answer(exercises()[exercise], answer).kind == words
        return
    with pytest.raises(ConfigError, match=words) as refusal, timeout(60):
        grade_answer(exercises()[exercise], answer)
    text = str(refusal.value)
    assert len(text) < 600
    for symbol in exercises()[exercise].symbols:
        assert symbol.name in text  # a refusal says which symbols are allowed


def test_each_symbol_goes_to_its_borders_while_the_others_stay():
    where = [*refute.points([G, M])]
    usual = where[0]
    for symbol in (G, M):
        for value in corners(symbol):
            assert usual | {symbol: value} in where


def test_a_proof_that_would_be_too_long_is_not_begun(monkeypatch):
    monkeypatch.setattr(decide, "timeout", lambda seconds: pytest.fail("begun"))
    assert not decide.proved_equal(right_and_a_long_zero(32), sp.S.Zero)


def test_a_proof_that_takes_too_long_is_broken_off(monkeypatch):
    monkeypatch.setattr(decide, "SECONDS", 1)
    with timeout(60):
        assert grade_answer(exercises()["product-mean"], right_and_a_long_zero(24)).kind == "undecided"


def test_a_short_zero_of_that_kind_is_proved():
    assert grade_answer(exercises()["product-mean"], right_and_a_long_zero(3)).kind == "right"


@pytest.mark.parametrize("exercise", ["equal-spread", "zoo-velocity", "last-edge"])
def test_a_refusal_says_what_was_given_what_is_allowed_and_what_to_do(exercise):
    with pytest.raises(ConfigError) as refusal:
        grade_answer(exercises()[exercise], sp.Min(g, 2))
    text = str(refusal.value)
    assert "a part of type Min" in text and "an answer is made of whole numbers" in text
    assert text.endswith(", ".join(map(str, exercises()[exercise].symbols)) or "none, the answer is a number")


def test_the_witness_shows_the_digits_that_differ():
    message = grade_answer(exercises()["last-edge"], Fraction(5 * 10**27 + 1, 10**28)).message
    assert "yours is 0.5000000000000000000000000001, it should be 0.5" in message
    assert "Fraction(13, 10)" in grade_answer(exercises()["last-edge"], 0.4999999).message
