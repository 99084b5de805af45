"""Eight kinds of holes that a hostile reader found in the proof checker, each in several forms."""

from __future__ import annotations

from fractions import Fraction

import pytest
from tables import table

from derive import Normal, Product, Sum
from derive.language.expr import wrap


def late(setting, k, body):
    """Σ_{k=s+1..T} body: zero until T exceeds s."""
    n, s, T = setting.n, setting.s, setting.T
    return Product(Sum(body, (n, s + 1, T)), (s, 1, k))


def power_polynomial(T, degree):
    """The polynomial of that degree that is 2^T at T = 1 … degree + 1: Σ of binomial coefficients of T − 1, twice."""
    total, term = wrap(2), wrap(2)
    for k in range(1, degree + 1):
        term = term * (T - k) / k
        total = total + term
    return total


def gauss(setting):
    q, x, t = setting.q, setting.x, setting.t
    setting.X.define("q", q(x[t]), Normal(x[t], 0, 1))
    return q(x[setting.n])


def ddim(setting, markov=True):
    """q(x_{t−1} | x_t, x_0) with x_0 in its mean: no Markov chain backwards, and so none forwards."""
    x, t, q = setting.x, setting.t, setting.X.density("ddim", markov=markov)
    setting.X.define(
        "step", q(x[t - 1] | x[t], x[0]), Normal(x[t - 1], x[0] * Fraction(1, 2) + x[t] * Fraction(1, 3), 1)
    )
    return q, x, t


FALSE = table(
    r"""
# --- A. what holds at the first few times only
a-product-of-sums-of-ones-to-five (Inconclusive): step(late(5, I(gauss(), x[n])), 0, "marginalisation")
a-product-of-sums-of-ones-to-eight (Inconclusive): step(late(8, I(gauss(), x[n])), 0, "marginalisation")
a-product-of-sums-of-ones-written-out (Inconclusive):
    gauss(); parts = [Sum(I(q(x[n]), x[n]), (n, k + 1, T)) for k in range(1, 7)]
    step(wrap(1) * parts[0] * parts[1] * parts[2] * parts[3] * parts[4] * parts[5], 0, "marginalisation")
a-product-of-sums-of-ones-by-definition (Refuted): step(late(5, I(gauss(), x[n])), 0, "definition", "q")
a-product-of-sums-of-ones-by-the-integral (Inconclusive): step(late(5, I(N(y, 0, 1), y)), 0, "Gaussian integral")
a-product-of-sums-of-logs (Inconclusive): step(late(5, log(q(x[n]))), 0, "algebra")
a-product-of-sums-of-numbers (Refuted): step(late(6, wrap(1)), 0, "algebra")
a-product-of-sums-before-a-density (Inconclusive): step(late(5, wrap(1)) * log(q(x[1])), 0 * log(q(x[1])), "algebra")
a-power-of-two-by-degree-four (Refuted): step(wrap(2) ** T, power_polynomial(T, 4), "algebra")
a-power-of-two-by-degree-twelve (Refuted): step(wrap(2) ** T, power_polynomial(T, 12), "algebra")
a-product-of-twos-by-degree-five (Refuted): step(Product(wrap(2), (s, 1, T)), power_polynomial(T, 5), "telescoping")
a-power-of-two-beside-a-density (Inconclusive):
    p = log(q(x[1])); step(wrap(2) ** T * p, power_polynomial(T, 5) * p, "algebra")
a-power-of-two-in-a-mean (Inconclusive):
    p = q(x[1]); step(E(wrap(2) ** T * x[1], p), power_polynomial(T, 5) * E(x[1], p), "linearity")
# --- B. one letter for laws of two sequences of states
two-sequences-entropy (Refuted): step(E(log(q(x[1])), q(x[1])), E(log(q(z[1])), q(z[1])), "marginalisation")
two-sequences-divergence (Refuted): step(KL(q(x[1]), p(x[1])), KL(q(z[1]), p(z[1])), "algebra")
two-sequences-divergence-written-out (Refuted): step(KL(q(x[1]), p(x[1])), KL(q(z[1]), p(z[1])), "marginalisation")
two-sequences-prior-term (Refuted): step(KL(q(x[T] | x[0]), p(x[T])), KL(q(z[T] | z[0]), p(z[T])), "Markov")
two-sequences-bound (Refuted):
    bound = lambda s: E(log(p(s[0:T]) / q(s[1:T] | s[0])), q(s[0:T])); step(bound(x), bound(z), "marginalisation")
two-sequences-normaliser-of-a-square (Refuted): step(I(q(x[1]) ** 2, x[1]), I(q(z[1]) ** 2, z[1]), "marginalisation")
two-sequences-renamed-variable (Refuted): step(q(x[1]), q(z[1]), "algebra")
two-sequences-in-one-density (Refuted): step(q(x[1], z[1]), q(x[1]) * q(z[1]), "chain rule")
two-sequences-given-the-other (Refuted):
    q = density("chain", markov=True); step(q(x[2] | x[1], z[1]), q(x[2] | x[1]), "Markov")
# --- C. the output of a network as a letter
network-out-of-a-mean (Refuted):
    hat = symbol("epsilon_hat"); define("x", x[t], x[t - 1] + eps[t]); define("hat", hat, net(x[1]))
    step(E(eps[1] * hat), hat * E(eps[1]), "linearity")
network-out-of-a-mean-at-each-time (Refuted):
    define("x", x[t], x[t - 1] + eps[t]); define("hat", hat[t], net(x[t], t))
    step(E(eps[t] * hat[t]), hat[t] * E(eps[t]), "linearity")
network-in-a-variance (Refuted):
    define("x", x[t], x[t - 1] + eps[t]); define("hat", hat[t], net(x[t], t))
    step(Var(eps[t] + hat[t]), Var(eps[t]), "independence", "noise")
network-under-a-slope (Inconclusive):
    x0 = sequence("x0_hat"); define("hat", hat[t], g(x[t], t))
    define("x0", x0[t], (x[t] - sqrt(1 - ab[t]) * hat[t]) / sqrt(ab[t]))
    step(D((x[t] - sqrt(1 - ab[t]) * hat[t]) / sqrt(ab[t]), x[t]), 1 / sqrt(ab[t]), "differentiation")
network-under-a-slope-by-its-letter (Inconclusive):
    x0 = sequence("x0_hat"); define("hat", hat[t], g(x[t], t))
    define("x0", x0[t], (x[t] - sqrt(1 - ab[t]) * hat[t]) / sqrt(ab[t]))
    step(D(x0[t], x[t]), 1 / sqrt(ab[t]), "differentiation", "x0")
network-in-the-mean-of-a-gaussian (Refuted):
    define("hat", hat[t], g(x[t - 1], t))
    step(I(N(x[t], hat[t], 1), x[t - 1]), N(x[t], hat[t], 1) * I(wrap(1) * N(x[t - 1], 0, 1), x[t - 1]), "linearity")
network-of-its-own-variable-integrated (Refuted):
    define("hat", hat[t], g(x[t], t)); step(I(N(x[t], hat[t], 1), x[t]), 1, "Gaussian integral")
network-under-a-density (Refuted):
    define("hat", hat[t], g(x[t], t)); step(E(x[t] * hat[t], q(x[t])), hat[t] * E(x[t], q(x[t])), "linearity")
network-under-a-density-by-two-letters (Refuted):
    out = sequence("out"); define("hat", hat[t], g(x[t], t)); define("out", out[t], 2 * hat[t] + 1)
    step(E(x[t] * out[t], q(x[t])), out[t] * E(x[t], q(x[t])), "linearity")
network-out-of-a-kernel (Refuted):
    define("hat", hat[t], g(x[t], t))
    step(I(hat[t] * q(x[t], x[t - 1]), x[t]), hat[t] * q(x[t - 1]), "marginalisation")
network-variance-by-two-letters (Refuted):
    one = sequence("one"); two = sequence("two"); define("one", one[t], g(eps[t])); define("two", two[t], 3 * one[t])
    step(Var(two[t]), 0, "linearity")
network-mean-by-two-letters (Refuted):
    one = sequence("one"); two = sequence("two"); define("one", one[t], eps[t] ** 2); define("two", two[t], 3 * one[t])
    step(E(two[t] * one[t]), two[t] * E(one[t]), "linearity")
# --- D. times before the first
before-time-zero-in-a-sum (Inconclusive):
    total = Sum(log(q(x[s - 2])), (s, 1, T - 2)); step(total, 7 * total, "algebra")
before-time-zero-in-a-sum-of-numbers (Undefined): total = Sum(m[s - 2], (s, 1, T)); step(total, 7 * total, "algebra")
before-time-zero-in-a-product (Undefined): total = Product(q(x[s - 3]), (s, 1, T)); step(total, total**2, "chain rule")
before-time-zero-in-a-span (Refuted): step(q(x[t - 2 : t]), q(x[t - 1 : t]), "marginalisation")
before-time-zero-in-a-condition (Undefined): step(q(x[1] | x[-1]), q(x[1]), "chain rule")
before-time-zero-in-a-mean (Undefined): step(Sum(E(x[s - 2], q(x[s - 2])), (s, 0, t)), 0, "linearity")
before-time-zero-in-a-sum-in-a-sum (Undefined):
    total = Sum(Sum(log(q(x[s - 2])), (s, 1, n)), (n, 1, T)); step(total, 3 * total, "algebra")
an-end-before-the-beginning (Refuted):
    total = Sum(log(q(x[s])), (s, 4, T)); step(total, Sum(log(q(x[s])), (s, 3, T)) - log(q(x[3])), "telescoping")
# --- E. a law that is no Markov chain
not-markov-backwards (ArgumentError): q, x, t = ddim(); step(q(x[t] | x[t + 1], x[0]), q(x[t] | x[t + 1]), "Markov")
not-markov-forwards (ArgumentError): q, x, t = ddim(); step(q(x[t + 1] | x[t], x[0]), q(x[t + 1] | x[t]), "Markov")
not-markov-path (ArgumentError):
    q, x, _ = ddim(); step(q(x[1:T] | x[0]), Product(q(x[s] | x[s - 1]), (s, 1, T)), "Markov")
not-markov-undeclared (ArgumentError):
    q, x, t = ddim(markov=False); step(q(x[t + 1] | x[t], x[0]), q(x[t + 1] | x[t]), "Markov")
not-markov-undeclared-beside-a-chain (ArgumentError):
    q, x, t = ddim(markov=False); p = density("chain", markov=True)
    step(q(x[t + 1] | x[t], x[0]) * p(x[1]), q(x[t + 1] | x[t]) * p(x[1]), "Markov")
not-markov-by-two-steps (ArgumentError):
    q = density("two", markov=True); define("step", q(x[t] | x[t - 1], x[t - 2]), N(x[t], x[t - 1] - x[t - 2], 1))
    step(q(x[t + 1] | x[t], x[t - 1]), q(x[t + 1] | x[t]), "Markov")
not-markov-joint-of-ddim (ArgumentError):
    q = density("ddim", markov=True); k = density("k")
    define("joint", q(x[1:T] | x[0]), k(x[T] | x[0]) * Product(k(x[s - 1] | x[s], x[0]), (s, 2, T)))
    step(q(x[2] | x[1], x[0]), q(x[2] | x[1]), "Markov")
# --- F. two definitions of one law
# it has variance 2
contradictory-step-and-marginal (ArgumentError):
    define("step", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); define("start", q(x[0]), N(x[0], 0, 1))
    define("later", q(x[1]), N(x[1], 0, 1))
contradictory-step-and-closed-form (ArgumentError):
    define("step", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); define("closed", q(x[t] | x[0]), N(x[t], x[0], 1))
contradictory-joint-and-marginal (ArgumentError):
    define("start", q(x[0]), N(x[0], 0, 1)); define("step", q(x[1] | x[0]), N(x[1], x[0], 1))
    define("back", q(x[0] | x[1]), N(x[0], x[1], 1))
contradictory-two-marginals (ArgumentError):
    define("one", q(x[t]), N(x[t], 0, 1)); define("two", q(x[t + 1]), N(x[t + 1], 0, 2))
contradictory-product (ArgumentError):
    define("joint", q(x[0], x[1]), p(x[0]) * p(x[1])); define("step", q(x[1] | x[0]), N(x[1], x[0], 1))
contradictory-product-and-marginal (ArgumentError):
    define("joint", q(x[0], x[1]), p(x[0]) * p(x[1] | x[0])); define("noise", p(x[0]), N(x[0], 0, 1))
    define("start", q(x[0]), N(x[0], 3, 1))
contradictory-assumption (ArgumentError):
    define("step", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); assume("closed", q(x[2] | x[0]), N(x[2], x[0], 1))
# --- G. what a refused line leaves behind
refused-line-keeps-its-assumption (Refuted):
    assume("a", r, b); chain = X.chain("c", b + 1)
    try:
        chain.equals(b + 2, by="definition", using="a")
    except DeriveError:
        if not (chain.assumptions or chain.rests or chain.brings or chain.steps):
            raise
refused-bound-keeps-its-assumption (Refuted):
    assume("a", r, b); chain = X.chain("c", b)
    try:
        chain.at_most(b - a, gap=-a, using="a")
    except DeriveError:
        if not (chain.assumptions or chain.rests or chain.brings or chain.steps):
            raise
refused-bound-by-its-gap (Refuted):
    assume("a", r, b); chain = X.chain("c", b)
    try:
        chain.at_most(b + r, gap=r, using="a")
    except DeriveError:
        if not (chain.assumptions or chain.rests or chain.brings or chain.steps):
            raise
refused-line-in-an-induction (Refuted):
    assume("a", r, b); proof = induction("i", r * t, b * t, over=t)
    try:
        proof.base.equals(b + 1, by="definition", using="a")
    except DeriveError:
        if not (proof.base.assumptions or proof.base.rests or proof.base.steps):
            raise
refused-definition-stays (Refuted):
    try:
        define("bad", c, 1 + a)
    except DeriveError:
        if "bad" not in X.blocks and (not X.stated()):
            raise
refused-definition-keeps-its-letters (Refuted):
    try:
        define("bad", c, 1 + a)
    except DeriveError:
        if not X.defined:
            raise
refused-hypothesis-stays (VacuousHypotheses):
    suppose("one", a, v)
    try:
        suppose("two", v, a)
    except DeriveError:
        if len(X.hypotheses()) == 1:
            raise
refused-line-is-cited (ArgumentError):
    chain = X.chain("c", b)
    with pytest.raises(DeriveError):
        chain.equals(b + 1, by="algebra")
    step(b, b + 1, "result", "c")
# --- H. means and integrals that do not exist
no-mean-of-the-exponential-of-a-square (Inconclusive): mean = E(exp(eps[1] ** 2)); step(mean - mean, 0, "algebra")
no-mean-of-the-exponential-of-half-a-square (Inconclusive):
    mean = E(exp(eps[1] ** 2 / 2)); step(mean - mean, 0, "algebra")
no-mean-of-a-reciprocal (Inconclusive): mean = E(1 / eps[1]); step(mean - mean, 0, "algebra")
no-mean-of-a-reciprocal-square (Inconclusive): mean = E(1 / eps[1] ** 2); step(mean + 1 - mean, 1, "linearity")
no-mean-of-a-ratio-of-noises (Inconclusive): step(E(eps[1] / eps[2]), 0, "independence", "noise")
no-mean-of-an-exponential-of-a-fourth-power (Inconclusive):
    mean = E(exp(eps[1] ** 4)); step(2 * mean - mean, mean, "linearity")
no-mean-under-a-gaussian (Inconclusive): mean = E(exp(r**2), N(r, 0, 1)); step(mean - mean, 0, "algebra")
no-mean-under-a-wide-gaussian (Inconclusive):
    mean = E(exp(r**2 / 4), N(r, 0, 3)); step(mean - mean, 0, "Gaussian integral")
no-mean-under-a-gaussian-of-a-reciprocal (Inconclusive): step(E(1 / r, N(r, 0, 1)), 0, "Gaussian integral")
no-variance-of-a-reciprocal (Inconclusive): spread = Var(1 / eps[1]); step(spread - spread, 0, "algebra")
no-integral-of-a-growing-exponential (Inconclusive): integral = I(exp(y), y); step(integral - integral, 0, "algebra")
no-integral-of-a-constant (Inconclusive):
    integral = I(r + 0 * y, y); step(2 * integral - integral, integral, "linearity")
no-integral-over-a-pole (Undefined): step(I(1 / y, (y, -1, 1)), 0, "integration")
no-integral-up-to-a-pole (Inconclusive): integral = I(1 / y, (y, 0, 1)); step(integral - integral, 0, "algebra")
no-mean-of-cauchy (Inconclusive): step(I(y * (1 / (1 + y**2)), y), 0, "integration")
no-mean-of-cauchy-by-algebra (Inconclusive): mean = I(y / (1 + y**2), y); step(mean - mean, 0, "algebra")
no-second-moment-of-cauchy (Inconclusive):
    step(I(y**2 / (1 + y**2), y), I(wrap(1), y) - I(1 / (1 + y**2), y), "linearity")
no-integral-of-a-mean-under-a-density (Inconclusive):
    mean = I(wrap(1) + 0 * x[1], x[1]); step(mean * log(q(x[2])) - mean * log(q(x[2])), 0, "algebra")
""",
    late=late,
    power_polynomial=power_polynomial,
    gauss=gauss,
    ddim=ddim,
)


@pytest.mark.parametrize("name", FALSE)
def test_falsehoods_are_refused(name):
    FALSE[name].must_be_refused()
