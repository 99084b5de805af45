"""Derivatives, the normal distribution function, and integrals between two ends."""

from __future__ import annotations

from fractions import Fraction

import pytest
from mpmath import mp

from derive import (
    Derivation,
    Derivative,
    E,
    Integral,
    Normal,
    Phi,
    Product,
    Sum,
    exp,
    log,
    positive,
    real,
    sqrt,
    standard_normal,
    unit,
)
from derive.errors import ArgumentError, DerivationError, DeriveError, Inconclusive, Refuted
from derive.language.text import text
from derive.numeric.analysis import slope
from derive.numeric.interpret import to_mpf
from derive.page.render import latex


class World:
    def __init__(self):
        self.D = D = Derivation("D")
        self.t, self.s, self.T = D.indices("t s T")
        self.x, self.q = D.states("x"), D.density("q")
        self.alpha = D.sequence("alpha", unit)
        self.mu, self.r, self.b = D.symbol("mu", real), D.symbol("r", real), D.symbol("b", real)
        self.sigma, self.c, self.a = D.symbol("sigma", positive), D.symbol("c", unit), D.symbol("a", positive)
        self.u = D.dummy("u")

    def bell(self, at):
        return Normal(at, self.mu, self.sigma**2)


@pytest.fixture
def w():
    return World()


TRUE = {  # name: left, right, justification
    "score": lambda w: (Derivative(log(w.bell(w.x[w.t])), w.x[w.t]), (w.mu - w.x[w.t]) / w.sigma**2, "differentiation"),
    "by-a-parameter": lambda w: (
        Derivative(w.bell(w.r), w.mu),
        (w.r - w.mu) / w.sigma**2 * w.bell(w.r),
        "differentiation",
    ),
    "second": lambda w: (
        Derivative(Derivative(w.bell(w.r), w.mu), w.mu),
        ((w.r - w.mu) ** 2 / w.sigma**4 - 1 / w.sigma**2) * w.bell(w.r),
        "differentiation",
    ),
    "heat-kernel": lambda w: (
        Derivative(Normal(w.r, w.mu, w.a), w.a),
        Derivative(Derivative(Normal(w.r, w.mu, w.a), w.r), w.r) / 2,
        "differentiation",
    ),
    "a-share": lambda w: (
        Derivative(log(w.c / (1 - w.c)), w.c),
        1 / (w.c * (1 - w.c)),
        "differentiation",
    ),
    "a-member": lambda w: (
        Derivative(sqrt(1 - w.alpha[w.t]) * w.alpha[w.t - 1], w.alpha[w.t]),
        -w.alpha[w.t - 1] / (2 * sqrt(1 - w.alpha[w.t])),
        "differentiation",
    ),
    "mean": lambda w: (
        Derivative(E(w.u**2, w.bell(w.u)), w.mu),
        Derivative(w.mu**2 + w.sigma**2, w.mu),
        "Gaussian integral",
    ),
    "chain-rule-past-an-integral": lambda w: (
        Derivative(log(Integral(exp(w.r * w.u), (w.u, 0, 1))), w.r),
        Derivative(Integral(exp(w.r * w.u), (w.u, 0, 1)), w.r) / Integral(exp(w.r * w.u), (w.u, 0, 1)),
        "differentiation",
    ),
    "Phi": lambda w: (Derivative(Phi(w.r * w.b), w.r), w.b * Normal(w.r * w.b, 0, 1), "differentiation"),
    "Phi-of-minus": lambda w: (Phi(-w.r) + Phi(w.r), 1, "algebra"),
    "Phi-of-zero": lambda w: (Phi(w.r - w.r), Fraction(1, 2), "algebra"),
    "left-tail": lambda w: (Integral(w.bell(w.u), (w.u, None, w.r)), Phi((w.r - w.mu) / w.sigma), "Gaussian integral"),
    "right-tail": lambda w: (Integral(w.bell(w.u), (w.u, w.r, None)), Phi((w.mu - w.r) / w.sigma), "Gaussian integral"),
    "bin": lambda w: (
        Integral(w.bell(w.u), (w.u, w.r - w.c, w.r + w.c)),
        Phi((w.r + w.c - w.mu) / w.sigma) - Phi((w.r - w.c - w.mu) / w.sigma),
        "Gaussian integral",
    ),
    "no-ends": lambda w: (Integral(w.bell(w.u), (w.u, None, None)), 1, "Gaussian integral"),
    "bell-times-exponential": lambda w: (
        Integral(exp(w.r * w.u) * Normal(w.u, 0, 1), (w.u, None, w.b)),
        exp(w.r**2 / 2) * Phi(w.b - w.r),
        "Gaussian integral",
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_steps_and_their_mutants(w, name):
    left, right, by = TRUE[name](w)
    w.D.chain(name, left).equals(right, by=by)
    summary = w.D.summary()
    assert summary.killed == summary.total > 2


FALSE = {
    "sign": lambda w: (Derivative(log(w.bell(w.r)), w.r), (w.r - w.mu) / w.sigma**2, "differentiation"),
    "no-root": lambda w: (Derivative(log(w.bell(w.r)), w.r), (w.mu - w.r) / w.sigma, "differentiation"),
    "1e-8": lambda w: (Derivative(w.r**2, w.r), (2 + Fraction(1, 10**8)) * w.r, "differentiation"),
    "algebra-does-not-differentiate": lambda w: (Derivative(w.r**2, w.r), 2 * w.r, "algebra"),
    "integration-does-not": lambda w: (Derivative(w.r**2, w.r), 2 * w.r, "integration"),
    "no-derivative-is-its-inside": lambda w: (Derivative(w.r**2, w.r), w.r**2, "algebra"),
    "uninterpreted-is-not-linear": lambda w: (Derivative(2 * w.r, w.r), 2 * Derivative(w.r, w.r), "algebra"),
    "uninterpreted-knows-its-variable": lambda w: (Derivative(w.r * w.b, w.r), Derivative(w.r * w.b, w.b), "algebra"),
    "uninterpreted-knows-its-place": lambda w: (Derivative(w.r**2, w.r), Derivative(w.b**2, w.b), "algebra"),
    "constant": lambda w: (Derivative(w.r * w.b, w.r), w.r * Derivative(w.b, w.r), "differentiation"),
    "product-rule": lambda w: (
        Derivative(w.r * exp(w.r), w.r),
        Derivative(w.r, w.r) * Derivative(exp(w.r), w.r),
        "differentiation",
    ),
    "quotient-rule": lambda w: (Derivative(1 / w.a, w.a), 1 / Derivative(w.a, w.a), "differentiation"),
    "root-at-zero": lambda w: (Derivative(sqrt(w.r**2), w.r), w.r / sqrt(w.r**2), "differentiation"),
    "other-member": lambda w: (Derivative(w.x[w.s], w.x[w.t]), 0, "differentiation"),
    "member-in-a-sum": lambda w: (
        Derivative(Sum(w.x[w.s], (w.s, 1, w.T)), w.x[w.t]),
        Sum(Derivative(w.x[w.s], w.x[w.t]), (w.s, 1, w.T)),
        "differentiation",
    ),
    "sum-hides-a-parameter": lambda w: (Derivative(Sum(w.r + w.s, (w.s, 1, w.T)), w.r), 0, "differentiation"),
    "product-hides-a-parameter": lambda w: (
        Derivative(Product(w.a * w.alpha[w.s], (w.s, 1, w.T)), w.a),
        0,
        "differentiation",
    ),
    "integral-hides-a-parameter": lambda w: (Derivative(Integral(w.r, (w.u, 0, 1)), w.r), 0, "differentiation"),
    "integrals-are-not-opened": lambda w: (
        Derivative(Integral(w.r**2 * w.u, (w.u, 0, 1)), w.r),
        Integral(2 * w.r * w.u, (w.u, 0, 1)),
        "differentiation",
    ),
    "means-are-not-opened": lambda w: (
        Derivative(E(w.u**2, w.bell(w.u)), w.mu),
        2 * w.mu,
        "differentiation",
    ),
    "mean-of-a-derivative": lambda w: (
        E(w.u * Derivative(w.u**2, w.u), w.bell(w.u)),
        E(w.u, w.bell(w.u)) * Derivative(w.u**2, w.u),
        "linearity",
    ),
    "integral-of-a-derivative": lambda w: (
        Integral(w.bell(w.x[1]) * Derivative(w.x[1] ** 2, w.x[1]), w.x[1]),
        Derivative(w.x[1] ** 2, w.x[1]),
        "Gaussian integral",
    ),
    "root-under-an-integral": lambda w: (
        Integral(sqrt(1 + w.x[1] ** 2) * w.bell(w.x[1]), w.x[1]),
        sqrt(1 + w.x[1] ** 2),
        "Gaussian integral",
    ),
    "density-has-parameters": lambda w: (
        Derivative(log(w.q(w.x[1])) * w.r, w.r),
        log(w.q(w.x[1])),
        "differentiation",
    ),
    "dummy-outside": lambda w: (Derivative(w.u**2, w.u), 2 * w.u, "differentiation"),
    "Phi-is-not-odd": lambda w: (Phi(-w.r), -Phi(w.r), "algebra"),
    "Phi-is-not-even": lambda w: (Phi(-w.r), Phi(w.r), "algebra"),
    "Phi-is-no-exponential": lambda w: (Phi(w.r) * Phi(w.b), Phi(w.r + w.b), "algebra"),
    "ends-swapped": lambda w: (
        Integral(w.bell(w.u), (w.u, w.r, w.r + w.c)),
        Phi((w.r - w.mu) / w.sigma) - Phi((w.r + w.c - w.mu) / w.sigma),
        "Gaussian integral",
    ),
    "wrong-tail": lambda w: (Integral(w.bell(w.u), (w.u, None, w.r)), Phi((w.mu - w.r) / w.sigma), "Gaussian integral"),
    "variance-for-deviation": lambda w: (
        Integral(w.bell(w.u), (w.u, None, w.r)),
        Phi((w.r - w.mu) / w.sigma**2),
        "Gaussian integral",
    ),
    "uninterpreted-ends": lambda w: (
        Integral(w.bell(w.u), (w.u, None, w.r)),
        Integral(w.bell(w.u), (w.u, w.r, None)),
        "algebra",
    ),
    "uninterpreted-one-end": lambda w: (Integral(w.bell(w.u), (w.u, None, w.r)), Integral(w.bell(w.u), w.u), "algebra"),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_steps_are_refused(w, name):
    left, right, by = FALSE[name](w)
    with pytest.raises(DeriveError):
        w.D.chain("planted", left).equals(right, by=by)


def test_what_is_defined_by_the_variable_moves_with_it(w):
    D, r, b = w.D, w.r, w.b
    D.define("b", b, r**2)
    with pytest.raises(DerivationError, match="may depend on"):
        D.chain("still", Derivative(b * r, r)).equals(b, by="differentiation")
    seen = D.chain("moving", Derivative(b * r, r)).equals(Derivative(r**2 * r, r), by="definition", using="b")
    assert seen.equals(3 * r**2, by="differentiation").steps


def test_what_stood_still_may_not_begin_to_move(w):
    D, r, b = w.D, w.r, w.b
    D.chain("still", Derivative(b * r, r)).equals(b, by="differentiation")
    with pytest.raises(ArgumentError, match="treated it as constant"):
        D.define("b", b, r**2)
    D.define("c", w.mu, b + 1)  # that moves nothing
    with pytest.raises(ArgumentError, match="treated it as constant"):
        D.assume("b", b, 2 * r)


def test_the_variable_is_bound_by_its_derivative(w):
    """Inside a derivative by x[t] the definition of x[t] is not put in, and no result that rests on it."""
    D, x, t, r = w.D, w.x, w.t, w.r
    e = D.noise("epsilon")
    D.define("noise", e[t], standard_normal)
    D.define("draw", x[t], w.c * x[t - 1] + w.sigma * e[t])
    score = Derivative(log(Normal(x[t], w.c * x[t - 1], w.sigma**2)), x[t])
    chain = D.chain("score", score).equals(-(x[t] - w.c * x[t - 1]) / w.sigma**2, by="differentiation")
    assert chain.equals(-e[t] / w.sigma, by="definition", using="draw").steps
    with pytest.raises(DerivationError):
        D.chain("captured", Derivative(x[t] ** 2, x[t])).equals(0, by="definition", using="draw")
    D.define("r", r, 2 * w.mu)
    D.chain("square", r**2).equals(4 * w.mu**2, by="definition", using="r")
    with pytest.raises(DerivationError):
        D.chain("captured too", Derivative(r**2, r)).equals(Derivative(4 * w.mu**2, r), by="result", using="square")
    assert D.chain("own", Derivative(r**2, r)).equals(2 * r, by="differentiation").steps


def test_an_integral_binds_its_variable_too(w):
    D, x = w.D, w.x
    D.define("x", x[1], 2 * w.b)
    D.chain("square", x[1] ** 2).equals(4 * w.b**2, by="definition", using="x")
    bell = Normal(x[1], 0, 1)
    with pytest.raises(DerivationError):
        D.chain("captured", Integral(x[1] ** 2 * bell, x[1])).equals(
            Integral(4 * w.b**2 * bell, x[1]), by="result", using="square"
        )


def test_a_derivative_is_taken_by_a_variable(w):
    with pytest.raises(ArgumentError, match="taken by a symbol"):
        Derivative(w.r**2, w.r**2)
    ab = w.D.sequence("alpha_bar", unit, start=0, first=1)
    with pytest.raises(DerivationError, match="stated number"):
        w.D.chain("first", Derivative(ab[0] ** 2, ab[0])).equals(2 * ab[0], by="differentiation")


def test_central_differences_reach_the_precision():
    with mp.workdps(60):
        for place in (Fraction(1, 3), mp.mpf(1) / 3):
            first = slope(lambda v: mp.sin(to_mpf(v)), place)
            second = slope(lambda v: slope(lambda w: mp.sin(to_mpf(w)), v), place)
            assert abs(first - mp.cos(mp.mpf(1) / 3)) < mp.mpf(10) ** -58
            assert abs(second + mp.sin(mp.mpf(1) / 3)) < mp.mpf(10) ** -58


def test_written_form(w):
    r = w.r
    first, second = Derivative(r**2 * w.b, r), Derivative(Derivative(log(r), r), r)
    assert latex(first) == r"\frac{\mathrm{d}}{\mathrm{d} r} r^2\, b"
    assert latex(second) == r"\frac{\mathrm{d}^2}{\mathrm{d} r^2} \log r"
    assert latex(first * w.b) == r"\left(\frac{\mathrm{d}}{\mathrm{d} r} r^2\, b\right)\, b"
    assert latex(w.b * first) == r"b\, \frac{\mathrm{d}}{\mathrm{d} r} r^2\, b"
    assert latex(Derivative(r + w.b, r)) == r"\frac{\mathrm{d}}{\mathrm{d} r} (r + b)"
    assert latex(Derivative(w.x[w.t - 1], w.x[w.t - 1])) == r"\frac{\mathrm{d}}{\mathrm{d} x_{t-1}} x_{t-1}"
    assert latex(Phi(-r)) == r"\Phi(-r)"
    tail = Integral(w.bell(w.u), (w.u, None, r))
    assert latex(tail).startswith(r"\int_{-\infty}^r \mathcal{N}")
    names = {"Derivative": Derivative, "Integral": Integral, "Normal": Normal, "Phi": Phi, "log": log, **vars(w)}
    for node in (first, second, tail, Phi(-r), first * w.b, Integral(w.bell(w.u), (w.u, r, None))):
        assert eval(text(node), names) == node


def test_multistep_coefficients_by_lagrange_polynomials(w):
    """Three levels with positive steps between them: denominators have a sign, the uniform grid gives 23, −16, 5."""
    D, tau = w.D, w.u
    s_0, h, k, last = D.symbol("s0", real), D.symbol("h", positive), D.symbol("k", positive), D.symbol("l", positive)
    s_1, s_2 = s_0 + h, s_0 + h + k
    basis = (tau - s_0) * (tau - s_1) / ((s_2 - s_0) * (s_2 - s_1))
    weight = (last**3 / 3 + (2 * k + h) * last**2 / 2 + k * (h + k) * last) / ((h + k) * k)
    chain = D.chain("newest", Integral(basis, (tau, s_2, s_2 + last))).equals(weight, by="integration")
    status = chain.steps[0].status
    assert status.searches == ("6 points, 30 digits",) and status.theorem.how == "symbolic zero"
    middle = (tau + 2 * h) * tau / (-(h**2))
    assert D.chain("middle", Integral(middle, (tau, 0, h))).equals(-Fraction(4, 3) * h, by="integration").steps
    with pytest.raises(Refuted):
        D.chain("wrong", Integral(middle, (tau, 0, h))).equals(Fraction(4, 3) * h, by="integration")
    D.suppose("ordered", w.mu, w.r)  # a hypothesis restricts the points; a sign comes from a positive step
    with pytest.raises(Inconclusive, match="different from zero"):
        D.chain("two levels", Integral((tau - w.mu) / (w.r - w.mu), (tau, w.mu, w.r))).equals(
            (w.r - w.mu) / 2, by="integration"
        )
