"""Arbitrary smooth functions, integrals as linear maps, and what may be exchanged."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive import (
    Derivation,
    Derivative,
    E,
    Integral,
    Normal,
    Sum,
    exp,
    log,
    positive,
    real,
    sqrt,
    standard_normal,
    unit,
)
from derive.errors import ArgumentError, DeriveError, Inconclusive, Refuted
from derive.language.text import text
from derive.language.tree import at
from derive.page.render import latex


class World:
    """Data y with an arbitrary density f, noised to x: p(x) = ∫ N(x; √ᾱ y, 1 − ᾱ) f(y) dy."""

    def __init__(self):
        self.X = X = Derivation("X")
        self.t, self.s = t, _ = X.indices("t s")
        self.x, self.q, self.ab = x, _, ab = X.states("x"), X.density("q"), X.sequence("alpha_bar", unit)
        self.y, self.u = y, _ = X.dummy("y"), X.dummy("u")
        self.f, self.w = f, _ = X.function("f", positive), X.function("w", positive)
        self.g, self.h = X.function("g"), X.function("h")
        self.p = X.function("p", positive)
        self.r, self.b, self.a = X.symbol("r", real), X.symbol("b", real), X.symbol("a", positive)
        self.c = X.symbol("c", unit)
        self.bell = bell = Normal(x[t], sqrt(ab[t]) * y, 1 - ab[t])
        self.both = bell * f(y)
        self.mix = Integral(self.both, y)
        self.pull = (sqrt(ab[t]) * y - x[t]) / (1 - ab[t])


@pytest.fixture
def w():
    return World()


def D(body, by):
    return Derivative(body, by)


TRUE = {  # name: left, right, justification
    "chain-rule": lambda w: (D(w.g(w.r**2), w.r), 2 * w.r * w.g.prime(w.r**2), "differentiation"),
    "second": lambda w: (D(D(w.g(w.a * w.r), w.r), w.r), w.a**2 * w.g.prime.prime(w.a * w.r), "differentiation"),
    "product-rule": lambda w: (
        D(w.g(w.r) * w.f(w.r), w.r),
        D(w.g(w.r), w.r) * w.f(w.r) + w.g(w.r) * D(w.f(w.r), w.r),
        "differentiation",
    ),
    "two-arguments": lambda w: (
        D(w.g(w.r, w.r), w.r),
        D(w.g(w.r, w.b + w.r - w.b), w.r),
        "differentiation",
    ),
    "log-of-a-density": lambda w: (D(log(w.f(w.r)), w.r), w.f.prime(w.r) / w.f(w.r), "differentiation"),
    "equal-arguments": lambda w: (w.g(w.r + w.b) * w.g(w.r), w.g(w.r) * w.g(w.b + w.r), "algebra"),
    "root-of-square": lambda w: (sqrt(w.f(w.r) ** 2), w.f(w.r), "algebra"),
    "sums-and-constants": lambda w: (
        Integral((w.g(w.y) + w.r * w.y) * w.f(w.y), w.y),
        Integral(w.g(w.y) * w.f(w.y), w.y) + w.r * Integral(w.y * w.f(w.y), w.y),
        "linearity",
    ),
    "between-ends": lambda w: (
        Integral(w.r * w.g(w.y) + w.y, (w.y, 0, w.a)),
        w.r * Integral(w.g(w.y), (w.y, 0, w.a)) + Integral(w.y, (w.y, 0, w.a)),
        "linearity",
    ),
    "an-integral-is-a-constant": lambda w: (
        Integral(w.f(w.u) * Integral(w.w(w.y), w.y), w.u),
        Integral(w.f(w.u), w.u) * Integral(w.w(w.y), w.y),
        "linearity",
    ),
    "under-the-integral": lambda w: (D(w.mix, w.x[w.t]), Integral(D(w.bell, w.x[w.t]) * w.f(w.y), w.y), "exchange"),
    "under-the-integral-twice": lambda w: (
        D(D(w.mix, w.x[w.t]), w.x[w.t]),
        Integral(D(D(w.bell, w.x[w.t]), w.x[w.t]) * w.f(w.y), w.y),
        "exchange",
    ),
    "under-an-integral-between-ends": lambda w: (
        D(Integral(w.g(w.r * w.y), (w.y, 0, w.a)), w.r),
        Integral(w.y * w.g.prime(w.r * w.y), (w.y, 0, w.a)),
        "exchange",
    ),
    "by-the-variance": lambda w: (
        D(Integral(Normal(w.r, w.y, w.a) * w.f(w.y), w.y), w.a),
        Integral(D(Normal(w.r, w.y, w.a), w.a) * w.f(w.y), w.y),
        "exchange",
    ),
    "two-integrals": lambda w: (
        Integral(w.h(w.x[w.t]) * Integral(w.both, w.y), w.x[w.t]),
        Integral(w.f(w.y) * Integral(w.h(w.x[w.t]) * w.bell, w.x[w.t]), w.y),
        "exchange",
    ),
    "two-integrals-of-a-function-of-both": lambda w: (
        Integral(Integral(w.g(w.u, w.y) * w.w(w.u), w.u) * w.f(w.y), w.y),
        Integral(Integral(w.g(w.u, w.y) * w.f(w.y), w.y) * w.w(w.u), w.u),
        "exchange",
    ),
    "derivative-past-two-integrals": lambda w: (
        D(Integral(w.w(w.u) * Integral(Normal(w.u, w.r * w.y, w.a) * w.f(w.y), w.y), w.u), w.r),
        Integral(w.w(w.u) * Integral(D(Normal(w.u, w.r * w.y, w.a), w.r) * w.f(w.y), w.y), w.u),
        "exchange",
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_steps_and_their_mutants(w, name):
    left, right, by = TRUE[name](w)
    w.X.chain(name, left).equals(right, by=by)
    if name == "two-arguments":  # by the other argument's value nothing is changed
        return
    summary = w.X.summary()
    assert summary.killed == summary.total > 1


def tweedie(w):
    """The slope of log p, with p defined by its integral."""
    X, x, t, ab = w.X, w.x, w.t, w.ab
    p, mean = w.p(x[t], t), Integral(w.y * w.both, w.y)
    X.define("marginal", p, w.mix)
    return (
        X.chain("Tweedie", D(log(p), x[t]))
        .equals(D(p, x[t]) / p, by="differentiation")
        .equals(D(w.mix, x[t]) / p, by="definition", using="marginal")
        .equals(Integral(D(w.bell, x[t]) * w.f(w.y), w.y) / p, by="exchange")
        .equals(Integral(w.pull * w.both, w.y) / p, by="differentiation")
        .equals((sqrt(ab[t]) * mean - x[t] * w.mix) / (1 - ab[t]) / p, by="linearity")
        .equals((sqrt(ab[t]) * mean - x[t] * p) / (1 - ab[t]) / p, by="definition", using="marginal")
        .equals((sqrt(ab[t]) * (mean / p) - x[t]) / (1 - ab[t]), by="algebra")
    )


def test_tweedie_for_an_arbitrary_density(w):
    chain = tweedie(w)
    assert chain.steps[2].status.theorem.how == "symbolic zero"
    summary = w.X.summary()
    assert summary.killed == summary.total > 200
    p, mean, x, ab, t = w.p(w.x[w.t], w.t), Integral(w.y * w.both, w.y), w.x, w.ab, w.t
    for wrong in (
        (ab[t] * (mean / p) - x[t]) / (1 - ab[t]),
        (sqrt(ab[t]) * (mean / p) + x[t]) / (1 - ab[t]),
        (sqrt(ab[t]) * (mean / p) - x[t]) / sqrt(1 - ab[t]),
        sqrt(ab[t]) * (mean / p) - x[t],
    ):
        with pytest.raises(Refuted):
            w.X.chain("wrong", chain.right).equals(wrong, by="algebra")


def test_the_cross_term_of_denoising_score_matching(w):
    """E_q[s ∂log q] = ∫ f ∫ s ∂log q(x | y) q(x | y) dx dy, for any score model s."""
    x, t, s = w.x, w.t, w.h(w.x[w.t], w.t)
    chain = (
        w.X.chain("cross-term", Integral(s * D(log(w.mix), x[t]) * w.mix, x[t]))
        .equals(Integral(s * D(w.mix, x[t]), x[t]), by="differentiation")
        .equals(Integral(s * Integral(D(w.bell, x[t]) * w.f(w.y), w.y), x[t]), by="exchange")
        .equals(Integral(s * Integral(D(log(w.bell), x[t]) * w.both, w.y), x[t]), by="differentiation")
        .equals(Integral(Integral(s * D(log(w.bell), x[t]) * w.bell, x[t]) * w.f(w.y), w.y), by="exchange")
    )
    assert len(chain.steps) == 4
    summary = w.X.summary()
    assert summary.killed == summary.total > 100


FALSE = {
    "variable-out": lambda w: (Integral(w.y * w.f(w.y), w.y), w.y * Integral(w.f(w.y), w.y), "linearity"),
    "function-of-the-variable-out": lambda w: (
        Integral(w.g(w.y) * w.f(w.y), w.y),
        w.g(w.y) * Integral(w.f(w.y), w.y),
        "linearity",
    ),
    "other-variable-out": lambda w: (
        Integral(w.g(w.y) * w.f(w.y), w.y),
        w.g(w.r) * Integral(w.f(w.y), w.y),
        "linearity",
    ),
    "product-of-integrals": lambda w: (
        Integral(w.g(w.y) * w.f(w.y), w.y),
        Integral(w.g(w.y) * w.f(w.y), w.y) * Integral(w.f(w.y), w.y),
        "linearity",
    ),
    "split-product": lambda w: (
        Integral(w.w(w.y) * w.f(w.y), w.y),
        Integral(w.w(w.y), w.y) * Integral(w.f(w.y), w.y),
        "linearity",
    ),
    "other-function": lambda w: (Integral(w.f(w.y), w.y), Integral(w.w(w.y), w.y), "linearity"),
    "integral-of-a-square": lambda w: (Integral(w.f(w.y) ** 2, w.y), Integral(w.f(w.y), w.y) ** 2, "linearity"),
    "f-is-no-density": lambda w: (Integral(w.f(w.y), w.y), 1, "linearity"),
    "bell-by-linearity": lambda w: (Integral(Normal(w.y, 0, 1), w.y), 1, "linearity"),
    "linearity-does-not-exchange": lambda w: (
        D(w.mix, w.x[w.t]),
        Integral(D(w.bell, w.x[w.t]) * w.f(w.y), w.y),
        "linearity",
    ),
    "differentiation-does-not-exchange": lambda w: (
        D(w.mix, w.x[w.t]),
        Integral(D(w.bell, w.x[w.t]) * w.f(w.y), w.y),
        "differentiation",
    ),
    "linearity-is-not-Fubini": lambda w: (
        Integral(w.w(w.u) * Integral(Normal(w.u, w.y, 1) * w.f(w.y), w.y), w.u),
        Integral(w.f(w.y) * Integral(Normal(w.u, w.y, 1) * w.w(w.u), w.u), w.y),
        "linearity",
    ),
    "algebra-is-not-linearity": lambda w: (Integral(2 * w.f(w.y), w.y), 2 * Integral(w.f(w.y), w.y), "algebra"),
    "end-moves": lambda w: (
        D(Integral(w.g(w.y), (w.y, 0, w.r)), w.r),
        Integral(D(w.g(w.y), w.r), (w.y, 0, w.r)),
        "exchange",
    ),
    "end-moves-and-inside": lambda w: (
        D(Integral(w.g(w.r * w.y), (w.y, 0, w.r)), w.r),
        Integral(w.y * w.g.prime(w.r * w.y), (w.y, 0, w.r)),
        "exchange",
    ),
    "tail-moves": lambda w: (
        D(Integral(w.f(w.y), (w.y, None, w.r)), w.r),
        Integral(D(w.f(w.y), w.r), (w.y, None, w.r)),
        "exchange",
    ),
    "derivative-by-the-bound-variable": lambda w: (
        D(Integral(w.f(w.r), w.r), w.r),
        Integral(w.f.prime(w.r), w.r),
        "exchange",
    ),
    "by-the-bound-variable-between-ends": lambda w: (
        D(Integral(w.g(w.r), (w.r, 0, 1)), w.r),
        Integral(w.g.prime(w.r), (w.r, 0, 1)),
        "exchange",
    ),
    "sign": lambda w: (D(w.mix, w.x[w.t]), -Integral(D(w.bell, w.x[w.t]) * w.f(w.y), w.y), "exchange"),
    "wrong-variable": lambda w: (D(w.mix, w.x[w.t]), Integral(D(w.bell, w.y) * w.f(w.y), w.y), "exchange"),
    "derivative-of-the-data": lambda w: (D(w.mix, w.x[w.t]), Integral(w.bell * D(w.f(w.y), w.y), w.y), "exchange"),
    "lost-root": lambda w: (
        D(w.mix, w.x[w.t]),
        Integral((w.ab[w.t] * w.y - w.x[w.t]) / (1 - w.ab[w.t]) * w.both, w.y),
        "exchange",
    ),
    "swap-with-dependent-end": lambda w: (
        Integral(w.f(w.y) * Integral(w.w(w.u), (w.u, 0, w.y)), w.y),
        Integral(w.w(w.u) * Integral(w.f(w.y), w.y), (w.u, 0, w.y)),
        "exchange",
    ),
    "swap-of-ends": lambda w: (
        Integral(Integral(w.g(w.u, w.y), (w.u, 0, 1)), (w.y, 0, 2)),
        Integral(Integral(w.g(w.u, w.y), (w.u, 0, 2)), (w.y, 0, 1)),
        "exchange",
    ),
    "swap-of-arguments": lambda w: (
        Integral(Integral(w.g(w.u, w.y), (w.u, 0, 1)), (w.y, 0, 2)),
        Integral(Integral(w.g(w.y, w.u), (w.u, 0, 1)), (w.y, 0, 2)),
        "exchange",
    ),
    "captured": lambda w: (
        Integral(w.f(w.y) * Integral(w.g(w.y) * w.w(w.y), w.y), w.y),
        Integral(w.f(w.y) * w.g(w.y) * Integral(w.w(w.y), w.y), w.y),
        "exchange",
    ),
    "divergent": lambda w: (Integral(w.g(w.y) - w.g(w.y), w.y), Integral(0 * w.g(w.y), w.y), "linearity"),
    "divergent-parts": lambda w: (
        Integral(w.y - w.y + w.f(w.y), w.y),
        Integral(w.y, w.y) - Integral(w.y, w.y) + Integral(w.f(w.y), w.y),
        "linearity",
    ),
    "one-over-a-density": lambda w: (
        Integral((1 + w.r) * Normal(w.y, 0, 1) / w.f(w.y), w.y),
        (1 + w.r) * Integral(Normal(w.y, 0, 1) / w.f(w.y), w.y),
        "linearity",
    ),
    "maybe-flat": lambda w: (  # b may be zero, then nothing falls off
        Integral(2 * Normal(w.r, w.b * w.y, 1), w.y),
        2 * Integral(Normal(w.r, w.b * w.y, 1), w.y),
        "linearity",
    ),
    "growing": lambda w: (Integral(2 * exp(w.y**2), w.y), 2 * Integral(exp(w.y**2), w.y), "linearity"),
    "flat-in-both": lambda w: (  # falls off across x = y only
        Integral(Integral(w.f(w.u - w.y), w.u), w.y),
        Integral(Integral(w.f(w.u - w.y), w.y), w.u),
        "exchange",
    ),
    "f-is-not-even": lambda w: (w.f(-w.r), w.f(w.r), "algebra"),
    "f-is-not-linear": lambda w: (w.g(w.r + w.b), w.g(w.r) + w.g(w.b), "algebra"),
    "f-is-not-its-argument": lambda w: (w.g(w.r), w.r, "algebra"),
    "other-place": lambda w: (w.g(w.r), w.g(w.b), "algebra"),
    "other-order": lambda w: (w.g(w.r, w.b), w.g(w.b, w.r), "algebra"),
    "other-time": lambda w: (w.g(w.r, w.t), w.g(w.r, w.t + 1), "algebra"),
    "real-is-not-positive": lambda w: (sqrt(w.g(w.r) ** 2), w.g(w.r), "algebra"),
    "real-may-be-zero": lambda w: (w.g(w.r) / w.g(w.r), 1, "algebra"),
    "log-of-a-real-function": lambda w: (exp(log(w.g(w.r))), w.g(w.r), "algebra"),
    "prime-is-not-positive": lambda w: (sqrt(w.f.prime(w.r) ** 2), w.f.prime(w.r), "algebra"),
    "prime-is-no-value": lambda w: (w.f.prime(w.r), w.f(w.r), "differentiation"),
    "inner-derivative": lambda w: (D(w.g(2 * w.r), w.r), w.g.prime(2 * w.r), "differentiation"),
    "inner-place": lambda w: (D(w.g(w.r**2), w.r), 2 * w.r * w.g.prime(w.r), "differentiation"),
    "algebra-does-not-know-primes": lambda w: (D(w.g(w.r), w.r), w.g.prime(w.r), "algebra"),
    "constant-function": lambda w: (D(w.g(w.r), w.r), 0, "differentiation"),
    "sum-of-functions": lambda w: (
        Integral(Sum(w.g(w.y, w.s), (w.s, 1, w.t)) * w.f(w.y), w.y),
        Sum(w.g(w.y, w.s), (w.s, 1, w.t)) * Integral(w.f(w.y), w.y),
        "linearity",
    ),
    "mean-of-a-function": lambda w: (
        E(w.g(w.u), Normal(w.u, w.r, 1)),
        w.g(E(w.u, Normal(w.u, w.r, 1))),
        "Gaussian integral",
    ),
    "1e-8": lambda w: (
        D(w.mix, w.x[w.t]),
        (1 + Fraction(1, 10**8)) * Integral(D(w.bell, w.x[w.t]) * w.f(w.y), w.y),
        "exchange",
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_steps_are_refused(w, name):
    left, right, by = FALSE[name](w)
    with pytest.raises(DeriveError):
        w.X.chain("planted", left).equals(right, by=by)


def test_what_a_function_may_be_defined_as(w):
    X, x, t, ab = w.X, w.x, w.t, w.ab
    e, p, g = X.noise("epsilon"), w.p, w.g
    X.define("noise", e[t], standard_normal)
    for left, right, match in (
        (p(x[t]), w.mix, "make it an argument"),  # it depends on t as well
        (p(x[1], t), w.mix, "takes different states"),
        (p(x[t - 1], t), w.mix, "takes different states"),
        (p(ab[t], t), w.f(ab[t]), "takes different states"),
        (p.prime(x[t]), w.f(x[t]), "takes different states"),
        (p(w.r, w.r), w.f(w.r), "takes different states"),
        (g(x[t]), g(x[t]) + 1, "defined by itself"),
        (g(x[t], t), x[t] + x[0], "no argument"),
        (g(x[t], t), x[t] + e[t], "no argument"),
        (g(w.r), w.y, "variable of integration outside"),
        (p(x[t], t), Integral(Normal(x[t], x[1], 1) * w.f(x[1]), x[1]), "use a dummy"),
        (p(w.r), 1 + w.r**2, "fall off"),
        (p(w.r, w.b), w.f(w.r - w.b), "fall off"),
    ):
        with pytest.raises(ArgumentError, match=match):
            X.define("planted", left, right)
    for left, right in ((g(w.r), exp(w.r**2)), (g(w.r), sqrt(w.r**2)), (g(w.r), 1 / w.r), (p(w.r), -w.f(w.r))):
        with pytest.raises(DeriveError):
            X.define("planted", left, right)
    X.define("p", p(x[t], t), Integral(Normal(x[t], sqrt(ab[t]) * x[0], 1 - ab[t]) * w.f(x[0]), x[0]))
    with pytest.raises(ArgumentError, match="defined already"):
        X.define("again", p(x[t], t), w.mix)
    X.define("line", g(x[t]), w.a * x[t])
    with pytest.raises(Inconclusive, match="may depend on"):
        X.chain("still", D(g(x[t]), w.a)).equals(0, by="differentiation")
    assert X.chain("seen", D(g(x[t]), x[t])).equals(D(w.a * x[t], x[t]), by="definition", using="line").steps
    with pytest.raises(ArgumentError, match="treated it as constant"):
        X.chain("slope", D(w.h(w.r), w.b)).equals(0, by="differentiation")
        X.define("late", w.h(w.r), w.b * w.r)


def test_a_function_needs_arguments_and_a_plain_range(w):
    with pytest.raises(ArgumentError, match="one argument"):
        w.g()
    with pytest.raises(ArgumentError, match="one argument"):
        w.g.prime(w.r, w.b)
    with pytest.raises(ArgumentError, match="real or positive"):
        w.X.function("k", unit)
    with pytest.raises(ArgumentError, match="already declared"):
        w.X.function("g", positive)


def test_written_form(w):
    g, x, t = w.g, w.x, w.t
    for node, as_latex, as_text in (
        (g(x[t - 1], t), r"g(x_{t-1}, t)", "g(x[t - 1], t)"),
        (g.prime(w.r), r"g'(r)", "g.prime(r)"),
        (2 * g.prime.prime(w.r) ** 2, r"2\, g''(r)^2", "2 * g.prime.prime(r)**2"),
    ):
        assert (latex(node), text(node)) == (as_latex, as_text)
        assert eval(as_text, vars(w)) == node
    assert at(g(x[t], t), {"t": t + 1}) == g(x[t + 1], t + 1) and g(x[1], 1) == at(
        g(x[t], t), {"t": g(x[1], 1).args[1]}
    )
