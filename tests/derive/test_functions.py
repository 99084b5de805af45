"""Arbitrary smooth functions, integrals as linear maps, and what may be exchanged."""

from __future__ import annotations

import pytest
from setting import Setting
from tables import table

from derive import Derivative, Integral, Normal, exp, log, positive, sqrt, standard_normal, unit
from derive.errors import ArgumentError, DeriveError, Inconclusive, Refuted
from derive.language.text import text
from derive.language.tree import at
from derive.page.render import latex


class Symbols(Setting):
    """Data y with an arbitrary density f, noised to x: p(x) = ∫ N(x; √ᾱ y, 1 − ᾱ) f(y) dy."""

    symbols = Setting.symbols | {
        "ab": lambda w: w.X.sequence("alpha_bar", unit),
        "p": lambda w: w.X.function("p", positive),
        "bell": lambda w: Normal(w.x[w.t], sqrt(w.ab[w.t]) * w.y, 1 - w.ab[w.t]),
        "both": lambda w: w.bell * w.f(w.y),
        "mix": lambda w: Integral(w.both, w.y),
        "pull": lambda w: (sqrt(w.ab[w.t]) * w.y - w.x[w.t]) / (1 - w.ab[w.t]),
    }


@pytest.fixture
def w():
    return Symbols()


def D(body, by):
    return Derivative(body, by)


TRUE = table(
    r"""
chain-rule: step(D(g(r**2), r), 2 * r * g.prime(r**2), "differentiation")
second: step(D(D(g(a * r), r), r), a**2 * g.prime.prime(a * r), "differentiation")
product-rule: step(D(g(r) * f(r), r), D(g(r), r) * f(r) + g(r) * D(f(r), r), "differentiation")
two-arguments: step(D(g(r, r), r), D(g(r, b + r - b), r), "differentiation")
log-of-a-density: step(D(log(f(r)), r), f.prime(r) / f(r), "differentiation")
equal-arguments: step(g(r + b) * g(r), g(r) * g(b + r), "algebra")
root-of-square: step(sqrt(f(r) ** 2), f(r), "algebra")
sums-and-constants: step(I((g(y) + r * y) * f(y), y), I(g(y) * f(y), y) + r * I(y * f(y), y), "linearity")
between-ends: step(I(r * g(y) + y, (y, 0, a)), r * I(g(y), (y, 0, a)) + I(y, (y, 0, a)), "linearity")
an-integral-is-a-constant: step(I(f(u) * I(w(y), y), u), I(f(u), u) * I(w(y), y), "linearity")
under-the-integral: step(D(mix, x[t]), I(D(bell, x[t]) * f(y), y), "exchange")
under-the-integral-twice: step(D(D(mix, x[t]), x[t]), I(D(D(bell, x[t]), x[t]) * f(y), y), "exchange")
under-an-integral-between-ends: step(D(I(g(r * y), (y, 0, a)), r), I(y * g.prime(r * y), (y, 0, a)), "exchange")
by-the-variance: step(D(I(N(r, y, a) * f(y), y), a), I(D(N(r, y, a), a) * f(y), y), "exchange")
two-integrals: step(I(h(x[t]) * I(both, y), x[t]), I(f(y) * I(h(x[t]) * bell, x[t]), y), "exchange")
two-integrals-of-a-function-of-both:
    step(I(I(g(u, y) * w(u), u) * f(y), y), I(I(g(u, y) * f(y), y) * w(u), u), "exchange")
derivative-past-two-integrals:
    step(D(I(w(u) * I(N(u, r * y, a) * f(y), y), u), r), I(w(u) * I(D(N(u, r * y, a), r) * f(y), y), u), "exchange")
""",
    Symbols,
)


@pytest.mark.parametrize("name", TRUE)
def test_true_steps_and_their_mutants(w, name):
    TRUE[name](w)
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


FALSE = table(
    r"""
variable-out (Undefined): step(I(y * f(y), y), y * I(f(y), y), "linearity")
function-of-the-variable-out (Undefined): step(I(g(y) * f(y), y), g(y) * I(f(y), y), "linearity")
other-variable-out (Refuted): step(I(g(y) * f(y), y), g(r) * I(f(y), y), "linearity")
product-of-integrals (Refuted): step(I(g(y) * f(y), y), I(g(y) * f(y), y) * I(f(y), y), "linearity")
split-product (Refuted): step(I(w(y) * f(y), y), I(w(y), y) * I(f(y), y), "linearity")
other-function (Refuted): step(I(f(y), y), I(w(y), y), "linearity")
integral-of-a-square (Refuted): step(I(f(y) ** 2, y), I(f(y), y) ** 2, "linearity")
f-is-no-density (Refuted): step(I(f(y), y), 1, "linearity")
bell-by-linearity (Refuted): step(I(N(y, 0, 1), y), 1, "linearity")
linearity-does-not-exchange (Refuted): step(D(mix, x[t]), I(D(bell, x[t]) * f(y), y), "linearity")
differentiation-does-not-exchange (Refuted): step(D(mix, x[t]), I(D(bell, x[t]) * f(y), y), "differentiation")
linearity-is-not-Fubini (Inconclusive):
    step(I(w(u) * I(N(u, y, 1) * f(y), y), u), I(f(y) * I(N(u, y, 1) * w(u), u), y), "linearity")
algebra-is-not-linearity (Refuted): step(I(2 * f(y), y), 2 * I(f(y), y), "algebra")
end-moves (Refuted): step(D(I(g(y), (y, 0, r)), r), I(D(g(y), r), (y, 0, r)), "exchange")
end-moves-and-inside (Refuted): step(D(I(g(r * y), (y, 0, r)), r), I(y * g.prime(r * y), (y, 0, r)), "exchange")
tail-moves (Refuted): step(D(I(f(y), (y, None, r)), r), I(D(f(y), r), (y, None, r)), "exchange")
derivative-by-the-bound-variable (Refuted): step(D(I(f(r), r), r), I(f.prime(r), r), "exchange")
by-the-bound-variable-between-ends (Refuted): step(D(I(g(r), (r, 0, 1)), r), I(g.prime(r), (r, 0, 1)), "exchange")
sign (Refuted): step(D(mix, x[t]), -I(D(bell, x[t]) * f(y), y), "exchange")
wrong-variable (Refuted): step(D(mix, x[t]), I(D(bell, y) * f(y), y), "exchange")
derivative-of-the-data (Refuted): step(D(mix, x[t]), I(bell * D(f(y), y), y), "exchange")
lost-root (Refuted): step(D(mix, x[t]), I((ab[t] * y - x[t]) / (1 - ab[t]) * both, y), "exchange")
swap-with-dependent-end (Undefined): step(I(f(y) * I(w(u), (u, 0, y)), y), I(w(u) * I(f(y), y), (u, 0, y)), "exchange")
swap-of-ends (Refuted): step(I(I(g(u, y), (u, 0, 1)), (y, 0, 2)), I(I(g(u, y), (u, 0, 2)), (y, 0, 1)), "exchange")
swap-of-arguments (Refuted): step(I(I(g(u, y), (u, 0, 1)), (y, 0, 2)), I(I(g(y, u), (u, 0, 1)), (y, 0, 2)), "exchange")
captured (Refuted): step(I(f(y) * I(g(y) * w(y), y), y), I(f(y) * g(y) * I(w(y), y), y), "exchange")
divergent (Inconclusive): step(I(g(y) - g(y), y), I(0 * g(y), y), "linearity")
divergent-parts (Inconclusive): step(I(y - y + f(y), y), I(y, y) - I(y, y) + I(f(y), y), "linearity")
one-over-a-density (Inconclusive):
    step(I((1 + r) * N(y, 0, 1) / f(y), y), (1 + r) * I(N(y, 0, 1) / f(y), y), "linearity")
# b may be zero, then nothing falls off
maybe-flat (Inconclusive): step(I(2 * N(r, b * y, 1), y), 2 * I(N(r, b * y, 1), y), "linearity")
growing (Inconclusive): step(I(2 * exp(y**2), y), 2 * I(exp(y**2), y), "linearity")
# falls off across x = y only
flat-in-both (Inconclusive): step(I(I(f(u - y), u), y), I(I(f(u - y), y), u), "exchange")
f-is-not-even (Refuted): step(f(-r), f(r), "algebra")
f-is-not-linear (Refuted): step(g(r + b), g(r) + g(b), "algebra")
f-is-not-its-argument (Refuted): step(g(r), r, "algebra")
other-place (Refuted): step(g(r), g(b), "algebra")
other-order (Refuted): step(g(r, b), g(b, r), "algebra")
other-time (Refuted): step(g(r, t), g(r, t + 1), "algebra")
real-is-not-positive (Refuted): step(sqrt(g(r) ** 2), g(r), "algebra")
real-may-be-zero (Inconclusive): step(g(r) / g(r), 1, "algebra")
log-of-a-real-function (Undefined): step(exp(log(g(r))), g(r), "algebra")
prime-is-not-positive (Refuted): step(sqrt(f.prime(r) ** 2), f.prime(r), "algebra")
prime-is-no-value (Refuted): step(f.prime(r), f(r), "differentiation")
inner-derivative (Refuted): step(D(g(2 * r), r), g.prime(2 * r), "differentiation")
inner-place (Refuted): step(D(g(r**2), r), 2 * r * g.prime(r), "differentiation")
algebra-does-not-know-primes (Refuted): step(D(g(r), r), g.prime(r), "algebra")
constant-function (Refuted): step(D(g(r), r), 0, "differentiation")
sum-of-functions (Undefined):
    step(I(Sum(g(y, s), (s, 1, t)) * f(y), y), Sum(g(y, s), (s, 1, t)) * I(f(y), y), "linearity")
mean-of-a-function (Refuted): step(E(g(u), N(u, r, 1)), g(E(u, N(u, r, 1))), "Gaussian integral")
1e-8 (Refuted): step(D(mix, x[t]), (1 + Fraction(1, 10**8)) * I(D(bell, x[t]) * f(y), y), "exchange")
""",
    Symbols,
)


@pytest.mark.parametrize("name", FALSE)
def test_false_steps_are_refused(name):
    FALSE[name].must_be_refused()


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
    with pytest.raises(ArgumentError, match="real, positive or vectors"):
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
