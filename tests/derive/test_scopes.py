"""Falsehoods about what is bound, named, begun or known where."""

from __future__ import annotations

import pytest
from setting import Setting
from tables import table

from derive import Sum, log
from derive.justifications import justification
from derive.language.expr import wrap
from derive.proof.symbolic import Symbolic


def silent(t, roots=(*range(1, 13), 23)):
    """A polynomial that is zero at all times at which a goal is evaluated, so that only the proof can fail."""
    product = wrap(1)
    for root in roots:
        product = product * (60 * t - 60 * root)
    return product


def log_ratio(q, x, t):
    return log(q(x[t] | x[t - 1])), log(q(x[t], x[t - 1])) - log(q(x[t - 1]))


FALSE = table(
    r"""
# --- facts
# 0 from t = 2 on
a-result-whose-index-is-only-on-its-right (Refuted):
    late = Sum(wrap(1), (s, 3, t)) - t + 2; chain("late", wrap(0), start=2).equals(late, by="algebra")
    step(wrap(0), late, "result", "late")
a-result-whose-letter-is-free-and-bound (Refuted):
    chain("r", Sum(m[s], (s, 1, T)) + m[s]).equals(m[s] + Sum(m[s], (s, 1, T)), by="algebra")
    step(Sum(m[t], (s, 1, T)) + m[t], m[t] + Sum(m[s], (s, 1, T)), "result", "r")
a-result-for-a-constant-sum (Refuted):
    chain("r", Sum(m[t], (s, 1, T))).equals(T * m[t], by="algebra"); step(Sum(m[s], (s, 1, T)), T * m[s], "result", "r")
a-result-for-a-constant-limit (Refuted):
    chain("r", Limit(wrap(t) / (1 + s), s)).equals(0, by="limit"); step(Limit(wrap(s) / (1 + s), s), 0, "result", "r")
a-result-used-before-it-holds-in-a-sum-from-a-letter (Refuted):
    left, right = log_ratio(q, x, t); chain("r", left).equals(right, by="chain rule"); left, right = log_ratio(q, x, s)
    step(Sum(left, (s, t - 1, T)), Sum(right, (s, t - 1, T)), "result", "r")
a-hypothesis-for-all-times-in-a-sum (Inconclusive):
    proof = induction("i", silent(t), 0, over=t); proof.base.equals(0, by="algebra")
    proof.step.equals(Sum(silent(t), (t, 1, t + 1)) - Sum(silent(t), (t, 1, t)),
        by="telescoping").equals(Sum(wrap(0), (t, 1, t + 1)) - Sum(wrap(0),
        (t, 1, t)), by="induction", using="hypothesis")
    proof.step.equals(0, by="algebra"); proof.conclude()
an-induction-in-steps-of-two (ArgumentError):
    roots = (*range(1, 14), 23, 24); proof = induction("i", silent(t, roots), silent(t + 1, roots), over=t + 1)
    proof.base.equals(silent(Index(None, 2), roots), by="algebra")
    proof.step.equals(silent(t + 2, roots), by="algebra"); proof.conclude()
# --- sums and limits
a-sum-that-ends-before-it-begins (Inconclusive):
    early = (t - 1) * (t - 2) * (t - 3) * (t - 4) * (t - 5)
    step(early * (Sum(wrap(1), (s, 8, t + 1)) - Sum(wrap(1), (s, 8, t))), early, "algebra")
a-limit-past-an-integral (Inconclusive):
    bump = I(exp(-(y**2) * T), y); step(Limit(bump / 10**12, T), bump / 10**12, "limit")
a-limit-by-induction-on-its-index (Inconclusive):
    step(Limit(1 / T, T) / 10**12 + Sum(m[s], (s, 1, T)), Fraction(1, 10**12) + Sum(m[s], (s, 1, T)), "limit")
# --- integrals and means
a-member-that-is-the-variable-much-later (Inconclusive):
    step(I(x[s] * N(x[t + 7], 0, 1), x[t + 7]), x[s] * I(N(x[t + 7], 0, 1), x[t + 7]), "linearity")
a-member-that-is-the-variable-of-a-mean (Inconclusive): step(E(x[s], N(x[t + 7], 0, 1)), x[s], "linearity")
a-sum-with-the-variable-in-it (Inconclusive):
    step(E(Sum(x[s], (s, 1, T)), N(x[60], 0, 1)), Sum(x[s], (s, 1, T)), "Gaussian integral")
an-integral-over-a-positive-number (Undefined): step(silent(t) * I(sqrt(a**2), (a, -1, 1)), 0, "integration")
a-mean-over-a-positive-number (Undefined): step(silent(t) * E(sqrt(a**2), N(a, 0, 1)), 0, "Gaussian integral")
an-integral-over-a-stated-number (Undefined):
    m = sequence("stated", start=0, first=5)
    step(I(m[0] * N(m[0], 0, 1), m[0]), 5 * I(N(m[0], 0, 1), m[0]), "linearity")
a-symbol-with-the-name-of-a-dummy-inside (Inconclusive):
    share = symbol("share", positive); gap = I(y - Fraction(66, 100) * share / (1 + share), (y, 0, 1))
    chain("c", r).at_most(r + gap, gap=gap)
# --- conditions
a-conditional-mean-has-no-slope (Refuted): step(D(E(x[1], given=x[0]), x[0]), 0, "differentiation")
a-conditional-mean-out-of-a-mean (Refuted):
    step(E(E(x[1], given=x[0]) * x[0]), E(x[1], given=x[0]) * E(x[0]), "linearity")
a-conditional-mean-is-its-mean (Refuted): step(E(E(x[1], given=x[0])), E(x[1], given=x[0]), "linearity")
a-condition-beside-a-law (ArgumentError): step(E(x[1], q, given=x[0]), E(x[1], q), "algebra")
a-condition-beside-a-density (ArgumentError):
    both = x[1] * x[0]; step(E(both, q(x[0], x[1]), given=x[0]), E(both, q(x[0], x[1])), "algebra")
a-condition-beside-a-gaussian (ArgumentError): step(E(x[1] * x[0], N(x[0], 0, 1), given=x[0]), 0, "Gaussian integral")
a-conditional-mean-has-no-variance (Refuted): step(Var(E(x[1], given=x[0])), 0, "linearity")
# --- names
# reads as 1 + 2 + … + T
a-sum-over-a-letter-that-is-a-symbol (ArgumentError): step(Sum(a, ("a", 1, T)), T * a, "algebra")
a-definition-of-what-another-derivation-declares (ArgumentError):
    other = Derivation("Y").sequence("alpha_bar", unit, start=0); define("zero", other[0], Fraction(1, 2))
a-law-as-a-number (ArgumentError): step(standard_normal - standard_normal, 0, "algebra")
two-numbers-with-one-letter (ArgumentError):
    one = symbol("one", latex="k"); two = symbol("two", latex="k"); define("one", one, 1); define("two", two, 2)
    step(one + two, 3, "definition", ("one", "two"))
two-numbers-with-one-letter-in-one-block (ArgumentError):
    one = symbol("one", latex="k"); two = symbol("two", latex="k"); step(one + two, two + one, "algebra")
a-symbol-that-reads-as-a-member (ArgumentError): step(symbol("m_1") + m[1], m[1] + symbol("m_1"), "algebra")
a-symbol-that-reads-as-a-number (ArgumentError): two = symbol("two", latex="2"); step(two + 2, 2 + two, "algebra")
a-symbol-that-reads-as-a-time (ArgumentError):
    horizon = symbol("horizon", latex="T"); define("horizon", horizon, 3)
    step(horizon + T, 3 + T, "definition", "horizon")
a-function-that-reads-as-a-density (ArgumentError):
    f = function("other", positive, latex="q"); step(f(x[0]) * q(x[0]), q(x[0]) * f(x[0]), "algebra")
# --- densities
functions-that-are-lines-where-there-are-two-states (Refuted):
    left = (g(x[1]) - g(x[2])) * (x[3] - x[4])
    step(left + log(q(x[1])), (g(x[3]) - g(x[4])) * (x[1] - x[2]) + log(q(x[1])), "algebra")
covariances-that-agree-where-there-are-two-states (Refuted):
    x_ = x[1]; g_ = g(x[1]); h_ = h(x[1]); covariance = lambda a, b: E(a * b, q(x_)) - E(a, q(x_)) * E(b, q(x_))
    step(covariance(g_, h_) * covariance(x_, x_), covariance(g_, x_) * covariance(h_, x_), "linearity")
a-root-beside-a-density (Inconclusive):
    entropy = log(q(x[1])); step(entropy * sqrt((a - 1000) ** 2), entropy * (1000 - a), "algebra")
a-pole-beside-a-density (Inconclusive):
    entropy = log(q(x[1])); step(entropy * ((a - 1000) / (a - 1000)), entropy, "algebra")
a-gap-with-a-variance-that-is-negative-far-away (Inconclusive):
    gap = KL(q(x[1]), N(x[1], 0, 1000 - a)); chain("c", -log(q(x[1]))).at_most(-log(q(x[1])) + gap, gap=gap)
a-count-of-times-in-disguise (Inconclusive):
    count = Sum(al[s] / al[s], (s, 1, T)); entropy = log(q(x[1]))
    step((count - 1) * (count - 2) * (count - 3) * (count - 4) * (count - 5) * entropy, 0 * entropy, "algebra")
a-product-with-a-zero-at-each-time (Inconclusive):
    entropy = zero = log(q(x[1]))
    for time in range(1, 6):
        zero = zero * (m[T] - m[time])
    step(zero, 0 * entropy, "algebra")
a-product-with-a-zero-at-each-two-times (Inconclusive):
    k = sequence("k", start=0); entropy = zero = log(q(x[1]))
    for one, other in ((0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (2, -1), (-1, 2), (2, -2), (-2, 2)):
        zero = zero * (k[s + one] - k[t + other])
    step(zero, 0 * entropy, "algebra", start=2)
a-sum-at-the-one-time-that-is-left (Inconclusive):
    entropy = log(q(x[1])); late = chain("late", entropy * Sum(m[s], (s, 1, T)), start=5)
    late.equals(entropy * (m[1] + m[2] + m[3] + m[4] + m[5]), by="algebra")
a-product-of-sums-at-the-few-times-that-are-left (Inconclusive):
    total = Sum(m[n], (n, s, T)); entropy = log(q(x[1]))
    zero = total * (total - m[s]) * (total - m[s] - m[T]) * (total - m[s] - m[s + 1] - m[T])
    step(entropy * zero, 0 * entropy, "algebra", start=3)
a-difference-beyond-the-digits (Inconclusive):
    entropy = log(q(x[1])); step(entropy * (1 + Fraction(1, 10**60)), entropy, "algebra")
a-difference-beyond-the-digits-as-a-power (Inconclusive):
    entropy = log(q(x[1])); step(entropy * (1 + wrap(Fraction(1, 10)) ** 60), entropy, "algebra")
a-difference-beyond-the-digits-as-an-exponential (Inconclusive):
    entropy = log(q(x[1])); step(entropy * (1 + exp(wrap(-200))), entropy, "algebra")
# at least 2
a-difference-beyond-the-digits-in-letters (Inconclusive):
    entropy = log(q(x[1])); two = a / v + v / a
    step(entropy * (1 + exp(-(two * two * two * two * two * two * two * two))), entropy, "algebra")
a-difference-beyond-the-digits-in-a-tail (Inconclusive):
    entropy = log(q(x[1])); two = a / v + v / a
    step(entropy * (1 + Phi(-(two * two * two * two * two))), entropy, "algebra")
a-difference-beyond-the-digits-as-many-factors (Inconclusive):
    entropy = log(q(x[1])); two = a / v + v / a; many = two
    for _ in range(210):
        many = many * two
    step(entropy * (1 + 1 / many), entropy, "algebra")
a-gap-over-a-state-that-runs-backwards-far-away (Inconclusive):
    gap = I(x[0] ** 2, (x[0], 0, 1000 - a)); chain("c", r).at_most(r + gap, gap=gap)
a-divergence-from-a-mean-that-a-letter-moves (Undefined):
    define("b", b, x[1] * Fraction(1, 200)); gap = KL(q(x[1]), N(x[1], b, 1))
    chain("c", -log(q(x[1]))).at_most(-log(q(x[1])) + gap, gap=gap)
a-mean-under-a-measure-that-a-letter-moves (Undefined):
    define("b", b, 2 * x[1]); step(E(wrap(1), N(x[1], b, 1)), 1, "linearity")
a-density-with-a-noise-in-it (ArgumentError): define("q", q(x[0]), N(x[0], e[1], 1))
a-density-with-its-state-in-a-letter (ArgumentError):
    define("m", m[t], x[t]); define("q", q(x[t] | x[t - 1]), N(x[t], m[t], 1))
a-parameter-that-an-assumption-makes-move (Refuted):
    assume("moves", m[t], 2 * x[0]); step(E(m[1] * x[0], q(x[0])), m[1] * E(x[0], q(x[0])), "linearity")
# ∫ P = 1 and ∫ P = 2 ∫ f
a-density-that-gets-a-formula-later (ArgumentError): define("p", p(x[0]), P(x[0])); define("P", P(r), 2 * f(r))
# --- what may be infinite
an-integral-that-diverges-on-the-line (Inconclusive): step(I(y**2, y) - I(y**2, y), 0, "algebra")
an-integral-that-diverges-at-an-end (Inconclusive): step(I(1 / u, (u, 0, 1)) - I(1 / u, (u, 0, 1)), 0, "algebra")
an-integral-of-an-arbitrary-function (Inconclusive): step(I(g(y), y) - I(g(y), y), 0, "algebra")
a-limit-that-is-infinite (Inconclusive): step(Limit(n, n) - Limit(n, n), 0, "algebra")
# 0 at r = 0
a-limit-that-a-letter-can-stop (Inconclusive): fast = T * r**2; step(Limit(fast / (1 + fast), T), 1, "limit")
a-limit-that-a-function-can-stop (Inconclusive):
    fast = T * g(b) ** 2; step(Limit((1 + fast) / (2 + fast), T), 1, "limit")
a-number-that-is-an-infinite-integral (Inconclusive): define("r", r, I(y**2, y)); step(r - r, 0, "algebra")
a-number-that-is-an-infinite-limit (ArgumentError): define("r", r, Limit(n, n)); step(r - r, 0, "algebra")
a-number-that-is-an-infinite-mean (Inconclusive): define("r", r, E(exp(y**2), N(y, 0, 1)))
a-mean-that-is-infinite (Inconclusive): mean = E(exp(y**2), N(y, 0, 1)); step(mean - mean, 0, "algebra")
a-density-with-a-hole-in-its-mean (Inconclusive): define("q", q(x[0]), N(x[0], 1 / r, 1))
a-density-with-an-infinite-mean (Inconclusive): define("q", q(x[0]), N(x[0], I(y**2, y), 1))
# Cyrillic
a-letter-that-looks-like-another (ArgumentError): other = symbol("а"); define("one", a, 1); define("two", other, 2)
a-letter-that-is-not-seen (ArgumentError):
    ghost = symbol("ghost", latex="\\,"); define("ghost", ghost, 2); step(r * ghost, 2 * r, "definition", "ghost")
a-letter-with-a-space (ArgumentError): symbol("other", latex="r\\,")
a-letter-that-is-a-formula (ArgumentError): both = symbol("both", latex="r + b"); define("both", both, 1)
a-letter-that-is-a-fraction (ArgumentError): define("half", symbol("half", latex="\\tfrac12"), 1)
a-law-that-reads-as-the-gaussian (ArgumentError): density("gauss", latex="\\mathcal{N}")
a-function-that-reads-as-a-slope (ArgumentError):
    other = function("other", latex="g'"); step(D(g(r), r) + other(r), g.prime(r) + other(r), "differentiation")
a-first-member-outside-of-the-domain (ArgumentError): sequence("k", unit, start=0, first=5)
# f (a + b) is f(a + b), to a reader
a-symbol-with-the-letter-of-a-function (ArgumentError):
    f_ = symbol("factor", latex="f"); step(f_ * (a + b) + f(r), f(r) + f_ * (a + b), "algebra")
# --- what is built
a-mean-under-a-product (ArgumentError): step(E(x[1], q(x[1]) * q(x[2])), E(x[1], q(x[1])), "algebra")
a-divergence-of-no-density (ArgumentError): step(KL(2 * q(x[1]), q(x[1])), KL(q(x[1]), q(x[1])), "algebra")
a-block-called-hypothesis (ArgumentError): define("hypothesis", r, 1); step(r, 1, "induction", "hypothesis")
a-definition-that-is-changed (ArgumentError): block = define("r", r, a); block.right = 2 * a
a-chain-that-is-changed (DerivationError):
    chain = step(a + 1, 1 + a, "algebra"); chain._steps += (replace(chain.steps[0], right=a),); chain.latex()
""",
    silent=silent,
    log_ratio=log_ratio,
)


@pytest.mark.parametrize("name", FALSE)
def test_falsehoods_are_refused(name):
    FALSE[name].must_be_refused()


def test_a_sum_in_a_sum_keeps_its_indices_apart():
    w = Setting()
    m, k, s, t, T = w.m, w.X.sequence("k"), w.s, w.t, w.T
    translate = Symbolic(justification("algebra"))
    one, other = (translate(Sum(Sum(m[s] * k[r], (s, 1, t)), (t, 1, T))) for r in (t, s))
    assert not translate.field.is_zero(one - other)
