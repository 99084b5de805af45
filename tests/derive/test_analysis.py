"""Derivatives, the normal distribution function, and integrals between two ends."""

from __future__ import annotations

from fractions import Fraction

import pytest
from mpmath import mp
from setting import Setting
from tables import table

from derive import Derivative, Integral, Normal, Phi, log, positive, real, standard_normal, unit
from derive.errors import ArgumentError, DerivationError, Inconclusive, Refuted
from derive.language.text import text
from derive.numeric.analysis import numerical_derivative
from derive.numeric.interpret import to_mpf
from derive.page.render import latex


class Symbols(Setting):
    symbols = Setting.symbols | {
        "alpha": lambda w: w.X.sequence("alpha", unit),
        "mu": lambda w: w.X.symbol("mu"),
        "sigma": lambda w: w.X.symbol("sigma", positive),
    }

    def bell(self, at):
        return Normal(at, self.mu, self.sigma**2)


@pytest.fixture
def w():
    return Symbols()


TRUE = table(
    r"""
score: step(D(log(bell(x[t])), x[t]), (mu - x[t]) / sigma**2, "differentiation")
by-a-parameter: step(D(bell(r), mu), (r - mu) / sigma**2 * bell(r), "differentiation")
second: step(D(D(bell(r), mu), mu), ((r - mu) ** 2 / sigma**4 - 1 / sigma**2) * bell(r), "differentiation")
heat-kernel: step(D(N(r, mu, a), a), D(D(N(r, mu, a), r), r) / 2, "differentiation")
a-share: step(D(log(c / (1 - c)), c), 1 / (c * (1 - c)), "differentiation")
a-member:
    step(D(sqrt(1 - alpha[t]) * alpha[t - 1], alpha[t]), -alpha[t - 1] / (2 * sqrt(1 - alpha[t])), "differentiation")
mean: step(D(E(u**2, bell(u)), mu), D(mu**2 + sigma**2, mu), "Gaussian integral")
chain-rule-past-an-integral: step(D(log(I(exp(r * u), (u, 0, 1))), r),
        D(I(exp(r * u), (u, 0, 1)), r) / I(exp(r * u), (u, 0, 1)), "differentiation")
Phi: step(D(Phi(r * b), r), b * N(r * b, 0, 1), "differentiation")
Phi-of-minus: step(Phi(-r) + Phi(r), 1, "algebra")
Phi-of-zero: step(Phi(r - r), Fraction(1, 2), "algebra")
left-tail: step(I(bell(u), (u, None, r)), Phi((r - mu) / sigma), "Gaussian integral")
right-tail: step(I(bell(u), (u, r, None)), Phi((mu - r) / sigma), "Gaussian integral")
bin: step(I(bell(u), (u, r - c, r + c)), Phi((r + c - mu) / sigma) - Phi((r - c - mu) / sigma), "Gaussian integral")
no-ends: step(I(bell(u), (u, None, None)), 1, "Gaussian integral")
bell-times-exponential: step(I(exp(r * u) * N(u, 0, 1), (u, None, b)), exp(r**2 / 2) * Phi(b - r), "Gaussian integral")
""",
    Symbols,
)


@pytest.mark.parametrize("name", TRUE)
def test_true_steps_and_their_mutants(w, name):
    TRUE[name](w)
    summary = w.X.summary()
    assert summary.killed == summary.total > 2


FALSE = table(
    r"""
sign (Refuted): step(D(log(bell(r)), r), (r - mu) / sigma**2, "differentiation")
no-root (Refuted): step(D(log(bell(r)), r), (mu - r) / sigma, "differentiation")
1e-8 (Refuted): step(D(r**2, r), (2 + Fraction(1, 10**8)) * r, "differentiation")
algebra-does-not-differentiate (Refuted): step(D(r**2, r), 2 * r, "algebra")
integration-does-not (Refuted): step(D(r**2, r), 2 * r, "integration")
no-derivative-is-its-inside (Refuted): step(D(r**2, r), r**2, "algebra")
uninterpreted-is-not-linear (Refuted): step(D(2 * r, r), 2 * D(r, r), "algebra")
uninterpreted-knows-its-variable (Refuted): step(D(r * b, r), D(r * b, b), "algebra")
uninterpreted-knows-its-place (Refuted): step(D(r**2, r), D(b**2, b), "algebra")
constant (Refuted): step(D(r * b, r), r * D(b, r), "differentiation")
product-rule (Refuted): step(D(r * exp(r), r), D(r, r) * D(exp(r), r), "differentiation")
quotient-rule (Refuted): step(D(1 / a, a), 1 / D(a, a), "differentiation")
root-at-zero (Inconclusive): step(D(sqrt(r**2), r), r / sqrt(r**2), "differentiation")
other-member (Refuted): step(D(x[s], x[t]), 0, "differentiation")
member-in-a-sum (Inconclusive): step(D(Sum(x[s], (s, 1, T)), x[t]), Sum(D(x[s], x[t]), (s, 1, T)), "differentiation")
sum-hides-a-parameter (Refuted): step(D(Sum(r + s, (s, 1, T)), r), 0, "differentiation")
product-hides-a-parameter (Refuted): step(D(Product(a * alpha[s], (s, 1, T)), a), 0, "differentiation")
integral-hides-a-parameter (Refuted): step(D(I(r, (u, 0, 1)), r), 0, "differentiation")
integrals-are-not-opened (Refuted): step(D(I(r**2 * u, (u, 0, 1)), r), I(2 * r * u, (u, 0, 1)), "differentiation")
means-are-not-opened (Refuted): step(D(E(u**2, bell(u)), mu), 2 * mu, "differentiation")
mean-of-a-derivative (Undefined): step(E(u * D(u**2, u), bell(u)), E(u, bell(u)) * D(u**2, u), "linearity")
integral-of-a-derivative (Refuted):
    step(I(bell(x[1]) * D(x[1] ** 2, x[1]), x[1]), D(x[1] ** 2, x[1]), "Gaussian integral")
root-under-an-integral (Refuted):
    step(I(sqrt(1 + x[1] ** 2) * bell(x[1]), x[1]), sqrt(1 + x[1] ** 2), "Gaussian integral")
density-has-parameters (Inconclusive): step(D(log(q(x[1])) * r, r), log(q(x[1])), "differentiation")
dummy-outside (Undefined): step(D(u**2, u), 2 * u, "differentiation")
Phi-is-not-odd (Refuted): step(Phi(-r), -Phi(r), "algebra")
Phi-is-not-even (Refuted): step(Phi(-r), Phi(r), "algebra")
Phi-is-no-exponential (Refuted): step(Phi(r) * Phi(b), Phi(r + b), "algebra")
ends-swapped (Refuted):
    step(I(bell(u), (u, r, r + c)), Phi((r - mu) / sigma) - Phi((r + c - mu) / sigma), "Gaussian integral")
wrong-tail (Refuted): step(I(bell(u), (u, None, r)), Phi((mu - r) / sigma), "Gaussian integral")
variance-for-deviation (Refuted): step(I(bell(u), (u, None, r)), Phi((r - mu) / sigma**2), "Gaussian integral")
uninterpreted-ends (Refuted): step(I(bell(u), (u, None, r)), I(bell(u), (u, r, None)), "algebra")
uninterpreted-one-end (Refuted): step(I(bell(u), (u, None, r)), I(bell(u), u), "algebra")
""",
    Symbols,
)


@pytest.mark.parametrize("name", FALSE)
def test_false_steps_are_refused(name):
    FALSE[name].must_be_refused()


def test_what_is_defined_by_the_variable_moves_with_it(w):
    D, r, b = w.X, w.r, w.b
    D.define("b", b, r**2)
    with pytest.raises(DerivationError, match="may depend on"):
        D.chain("still", Derivative(b * r, r)).equals(b, by="differentiation")
    seen = D.chain("moving", Derivative(b * r, r)).equals(Derivative(r**2 * r, r), by="definition", using="b")
    assert seen.equals(3 * r**2, by="differentiation").steps


def test_what_stood_still_may_not_begin_to_move(w):
    D, r, b = w.X, w.r, w.b
    D.chain("still", Derivative(b * r, r)).equals(b, by="differentiation")
    with pytest.raises(ArgumentError, match="treated it as constant"):
        D.define("b", b, r**2)
    D.define("c", w.mu, b + 1)  # that moves nothing
    with pytest.raises(ArgumentError, match="treated it as constant"):
        D.assume("b", b, 2 * r)


def test_the_variable_is_bound_by_its_derivative(w):
    """Inside a derivative by x[t] the definition of x[t] is not put in, and no result that rests on it."""
    D, x, t, r = w.X, w.x, w.t, w.r
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
    D, x = w.X, w.x
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
    ab = w.X.sequence("alpha_bar", unit, start=0, first=1)
    with pytest.raises(DerivationError, match="stated number"):
        w.X.chain("first", Derivative(ab[0] ** 2, ab[0])).equals(2 * ab[0], by="differentiation")


def test_central_differences_reach_the_precision():
    with mp.workdps(60):
        for place in (Fraction(1, 3), mp.mpf(1) / 3):
            first = numerical_derivative(lambda v: mp.sin(to_mpf(v)), place)
            second = numerical_derivative(lambda v: numerical_derivative(lambda w: mp.sin(to_mpf(w)), v), place)
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
    D, tau = w.X, w.u
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
