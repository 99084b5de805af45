"""Holes found by reading the kernel: guards that may be switched off, symbols that are captured, changed steps."""

from __future__ import annotations

import pytest
from tables import table

from derive import log


def beside(setting, left, right, by, using=()):
    """The step with a density as a factor, which must not switch off a guard."""
    other = log(setting.q(setting.x[0]))
    setting.step(left * other, right * other, by, using)


def itself(setting, value, by="algebra"):
    setting.step(value - value, 0, by)


def markov(setting, left, right, start):
    setting.step(left, right, "Markov", start=start)


FALSE = table(
    r"""
# --- I. guards that a density beside them must not switch off
beside-a-density-a-letter-of-a-state (Inconclusive):
    define("d", r, 2 * x[1]); beside(E(r, N(x[1], 0, 1)), r, "Gaussian integral")
beside-a-density-a-letter-of-a-state-comes-out (Refuted):
    define("d", r, 2 * x[1]); beside(E(r * x[1], N(x[1], 0, 1)), r * E(x[1], N(x[1], 0, 1)), "exchange")
beside-a-density-a-letter-of-a-noise (Inconclusive):
    define("d", m[t], eps[t]); beside(E(m[1] * eps[1]), m[1] * E(eps[1]), "Gaussian integral")
beside-a-density-a-letter-of-a-noise-by-linearity (Inconclusive):
    define("d", m[t], eps[t]); beside(E(m[1] * eps[1]), m[1] * E(eps[1]), "linearity")
beside-a-density-a-letter-of-a-noise-with-its-law (Inconclusive):
    define("d", m[t], eps[t]); beside(E(m[1] * eps[1]), 0, "Gaussian integral", "noise")
beside-a-density-two-members-that-may-be-one (Refuted): beside(E(x[s] * x[t], N(x[t], 0, 1)), 0, "Gaussian integral")
beside-a-density-a-member-at-a-number (Refuted): beside(E(x[4] * x[t], N(x[t], 0, 1)), 0, "Gaussian integral")
beside-a-density-a-moving-mean (Refuted):
    define("d", r, 3 * x[1]); beside(I(N(x[1], r, 1), x[1]), 1, "Gaussian integral")
beside-a-density-a-divergent-mean (Inconclusive): mean = E(exp(b**2), N(b, 0, 1)); beside(mean - mean, 0, "algebra")
beside-a-density-a-divergent-integral (Inconclusive): integral = I(exp(y), y); beside(integral - integral, 0, "algebra")
beside-a-density-a-divergent-integral-of-a-state (Inconclusive):
    integral = I(exp(x[1]), x[1]); beside(integral - integral, 0, "marginalisation")
beside-a-density-a-divergent-exchange (Inconclusive):
    inside = (y - u) / (1 + y**2 + u**2) ** 2; beside(I(I(inside, y), u), I(I(inside, u), y), "exchange")
beside-a-density-an-undefined-quotient (Inconclusive): beside(E(r / r, N(b, 0, 1)), 1, "Gaussian integral")
beside-a-density-a-letter-in-a-variance (Inconclusive):
    define("d", m[t], eps[t] ** 2); beside(Var(m[1]), 0, "Gaussian integral")
beside-a-density-a-letter-under-a-slope (Refuted):
    define("d", m[t], x[t] ** 2); beside(D(m[1], x[1]), 0, "differentiation")
# --- J. an induction whose step holds later than from its base on
induction-from-a-late-rule (DerivationError):
    late = sequence("late", start=5); define("first", m[1], 0); define("next", m[t], m[t - 1] + 0 * late[t])
    proof = induction("zero", m[t], 0, over=t); proof.base.equals(0, by="definition", using="first")
    proof.step.equals(m[t] + 0 * late[t + 1], by="definition", using="next")
    proof.step.equals(0 + 0 * late[t + 1], by="induction", using="hypothesis").equals(0, by="algebra"); proof.conclude()
induction-from-a-late-result (DerivationError):
    late = sequence("late", start=6); define("first", m[1], 0); define("next", m[t], m[t - 1] + late[t] - late[t])
    proof = induction("zero", m[t], 0, over=t); proof.base.equals(0, by="definition", using="first")
    proof.step.equals(m[t] + late[t + 1] - late[t + 1], by="definition", using="next")
    proof.step.equals(0 + late[t + 1] - late[t + 1], by="induction", using="hypothesis").equals(0, by="algebra")
    proof.conclude(); step(m[2], 0, "result", "zero")
induction-over-densities-from-a-late-rule (Refuted):
    late = sequence("late", start=4); define("first", m[1], 1); define("next", m[t], m[t - 1] + 0 * late[t])
    p = log(q(x[0])); proof = induction("one", m[t] * p, p, over=t)
    proof.base.equals(1 * p, by="definition", using="first").equals(p, by="algebra")
    proof.step.equals((m[t] + 0 * late[t + 1]) * p, by="definition", using="next")
    proof.step.equals(m[t] * p + 0 * late[t + 1], by="algebra")
    proof.step.equals(p + 0 * late[t + 1], by="induction", using="hypothesis").equals(p, by="algebra"); proof.conclude()
# --- K. what a rule multiplies out before anyone asks whether it is defined
cancelled-in-a-mean (Inconclusive): step(E(r / r * x[1], q(x[1])), E(x[1], q(x[1])), "linearity")
cancelled-difference-in-a-mean (Inconclusive): step(E((r - b) / (r - b) * x[1], q(x[1])), E(x[1], q(x[1])), "linearity")
cancelled-state-in-a-mean (Inconclusive): step(E(x[1] / x[1], q(x[1])), 1, "linearity")
cancelled-in-an-integral (Inconclusive): step(I(r / r * q(x[0], x[1]), x[1]), q(x[0]), "marginalisation")
cancelled-function-in-an-integral (Inconclusive): step(I(g(r) / g(r) * q(x[0], x[1]), x[1]), q(x[0]), "marginalisation")
cancelled-by-zero-in-a-mean (Inconclusive): step(E(0 / r + x[1], q(x[1])), E(x[1], q(x[1])), "linearity")
cancelled-by-zero-a-divergent-integral (Inconclusive):
    step(E(0 * I(exp(y), y) + x[1], q(x[1])), E(x[1], q(x[1])), "linearity")
cancelled-in-a-logarithm (Inconclusive): step(log(r / r * q(x[1])), log(q(x[1])), "chain rule")
cancelled-in-a-logarithm-of-a-state (Inconclusive): step(log(x[1] / x[1] * q(x[1])), log(q(x[1])), "chain rule")
cancelled-divergence-of-an-undefined-weight (Inconclusive):
    step(E(log(q(x[1]) / p(x[1])) * b / b, q(x[1])), KL(q(x[1]), p(x[1])), "marginalisation")
# --- L. one letter for the index of a sum and for a variable outside of it
index-of-a-sum-is-the-variable-of-its-mean (Refuted):
    step(E(Sum(log(q(x[s])), (s, 1, T)), q(x[s])), Sum(E(log(q(x[s])), q(x[s])), (s, 1, T)), "linearity")
index-of-a-sum-is-the-variable-of-its-integral (Refuted):
    step(I(Sum(x[s], (s, 1, T)) * q(x[s]), x[s]), Sum(I(x[s] * q(x[s]), x[s]), (s, 1, T)), "marginalisation")
index-of-a-sum-is-in-the-span-of-its-mean (Refuted):
    step(E(Sum(x[s] ** 2, (s, 1, T)), q(x[0:s])), Sum(E(x[s] ** 2, q(x[0:s])), (s, 1, T)), "linearity")
index-of-a-sum-is-in-the-span-of-its-mean-written-out (Refuted):
    step(E(Sum(x[s] ** 2, (s, 1, T)), q(x[0:s])), Sum(E(x[s] ** 2, q(x[s])), (s, 1, T)), "marginalisation")
index-of-a-sum-is-in-the-weight (Refuted): step(E(Sum(x[s] * x[T], (s, 1, T)), q(x[T] | x[s - 1])),
        Sum(E(x[s] * x[T], q(x[T] | x[s - 1])), (s, 1, T)), "linearity")
index-of-a-sum-is-in-the-weight-under-an-integral (Refuted): step(I(Sum(x[s] * x[T + 1], (s, 1,
        T)) * q(x[T + 1] | x[s]), x[T + 1]), Sum(x[s] * I(x[T + 1] * q(x[T + 1] | x[s]), x[T + 1]), (s, 1, T)),
        "marginalisation")
index-of-a-path-named-as-the-rule-names-it (Refuted):
    (i,) = indices("step"); step(mk(x[0:i]), mk(x[0]) * Product(mk(x[i] | x[i - 1]), (i, 1, T)), "Markov")
index-of-a-path-in-a-sum-named-as-the-rule-names-it (Refuted):
    (i,) = indices("step"); path = mk(x[0]) * Product(mk(x[s] | x[s - 1]), (s, 1, T))
    step(Sum(mk(x[i]) * mk(x[0:T]), (i, 1, T)), Sum(mk(x[i]), (i, 1, T)) * path * 2, "Markov")
# --- M. a measure that is none, and what is random under it
state-on-both-sides-of-a-divergence (Undefined):
    step(2 * KL(q(x[1]), p(x[1] | x[1])) - KL(q(x[1]), p(x[1] | x[1])), KL(q(x[1]), p(x[1] | x[1])), "algebra")
state-on-both-sides-of-a-mean (Undefined):
    under = q(x[1] | x[1]); step(E(x[1] + x[2], under), E(x[1], under) + x[2], "linearity")
state-on-both-sides-of-a-mean-at-one-time (Undefined):
    under = q(x[t - 1] | x[t], x[0]); step(E(x[t - 1] + b, under), E(x[t - 1], under) + b, "linearity")
state-on-both-sides-of-a-divergence-at-one-time (Undefined):
    gap = KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t]))
    chain("c", log(p(x[t]))).at_most(log(p(x[t])) + gap, gap=gap)
state-on-both-sides-of-a-conditional-law (Undefined):
    under = q(x[1] | x[0:t]); step(E(x[1] + b, under), E(x[1], under) + b, "linearity")
noise-by-a-letter-under-a-density (Inconclusive):
    define("d", m[t], eps[t]); step(E(m[1] * x[1], q(x[1])), m[1] * E(x[1], q(x[1])), "linearity")
noise-by-two-letters-under-a-density (Inconclusive):
    define("d", m[t], eps[t]); define("f", r, m[1] + 1)
    step(E(r * x[1], q(x[1])), r * E(x[1], q(x[1])), "marginalisation")
noise-given-a-state-beside-a-density (Inconclusive):
    define("x", x[t], x[t - 1] + eps[t]); beside(E(eps[1], given=x[1]), 0, "Gaussian integral", "noise")
# The case beside-a-density-a-letter-of-a-noise, carried on to the end.
one-is-zero (Inconclusive):
    d = q(x[0]); define("d", m[t], eps[t]); whole = E(m[1] * eps[1]) * d
    chain("none", whole).equals(m[1] * E(eps[1]) * d, by="Gaussian integral")
    chain("some", E(m[1] * eps[1])).equals(E(eps[1] * eps[1]), by="definition", using="d").equals(1, by="definition",
        using="noise")
    chain("mean", E(eps[1])).equals(0, by="definition", using="noise")
    chain("one", whole / d).equals(1 * d / d, by="result", using="some").equals(1, by="algebra")
    chain("zero", whole / d).equals(m[1] * E(eps[1]) * d / d, by="result", using="none").equals(m[1] * 0 * d / d,
        by="result", using="mean").equals(0, by="algebra")
    step(wrap(1), whole / d, "result", "one").equals(0, by="result", using="zero")
# --- N. states that are defined, runs that are empty, steps that are changed
defined-state-under-a-law (Refuted):
    define("x", x[t], 2 * x[t - 1]); step(E(x[1], q), E(2 * x[0], q), "definition", "x")
defined-state-under-a-law-with-marginals (Refuted):
    define("q", q(x[t] | x[t - 1]), N(x[t], 0, 1)); define("x", x[t], 2 * x[t - 1])
    step(E(x[1] * x[2], q(x[0:2])), E(2 * x[0] * x[2], q(x[0:2])), "definition", "x")
defined-state-in-a-density (Refuted): define("x", x[t], x[t - 1] + 0 * r); step(q(x[1]), q(x[0]), "definition", "x")
defined-state-in-a-condition (Refuted):
    define("x", x[t], x[t - 1] + 1); step(q(x[2] | x[1]) * x[1], q(x[2] | x[1]) * (x[0] + 1), "definition", "x")
    step(I(x[1] * q(x[1] | x[0]), x[1]), I((x[0] + 1) * q(x[1] | x[0]), x[1]), "definition", "x")
density-of-nothing (Refuted): step(q(x[1:0]), 0, "chain rule")
density-of-nothing-given-something (Refuted): step(q(x[1:0] | x[0]), q(x[0]), "chain rule")
mean-over-nothing (Refuted): step(E(x[1], q(x[1:0])), 0, "linearity")
mean-over-what-is-nothing-at-first (Refuted): step(E(wrap(2), q(x[2:t] | x[1])), 3, "linearity")
changed-step-and-goal (DerivationError):
    chain = step(a + 1, 1 + a, "algebra"); (one,) = chain.steps
    chain._steps = (replace(one, right=a, goal=replace(one.goal, right=a)),); chain.latex()
changed-step-and-goal-is-cited (DerivationError):
    chain = X.chain("c", a + 1).equals(1 + a, by="algebra"); (one,) = chain.steps
    chain._steps = (replace(one, right=a, goal=replace(one.goal, right=a)),); step(a + 1, a, "result", "c")
step-of-another-chain-is-cited (DerivationError):
    one = chain("one", a + 1).equals(1 + a, by="algebra"); two = chain("two", v + 1); two._steps = one.steps
    step(v + 1, 1 + a, "result", "two")
theorem-of-another-step (DerivationError):
    chain = X.chain("c", a + 1).equals(1 + a, by="algebra")
    other = X.chain("o", a + 1).equals(a + 1 + 0, by="algebra").equals(a + 1, by="algebra")
    chain._steps = (replace(chain.steps[0], right=v, goal=replace(chain.steps[0].goal, right=v),
        status=other.steps[0].status),)
    step(a + 1, v, "result", "c")
# --- O. values that do not exist, behind a letter, at one time of a sum, or for some parameters
undefined-at-one-time-of-a-sum (Undefined): itself(Sum(b / (s - 2), (s, 1, T)))
undefined-at-one-time-of-a-product (Undefined): itself(Product(b / (s - 3), (s, 1, T)))
undefined-at-one-time-of-a-sum-in-a-mean (Undefined): itself(E(Sum(x[1] / (s - 2), (s, 1, T)), q(x[1])), "linearity")
undefined-at-a-state (Inconclusive): itself(E(1 / x[1], q(x[1])))
undefined-log-of-a-state (Inconclusive): itself(E(log(x[1]), q(x[1])), "linearity")
undefined-by-a-letter-of-a-state (Inconclusive): define("r", r, x[1] - x[2]); itself(E(1 / r, q(x[1])), "linearity")
divergent-by-a-letter (Inconclusive): define("m", m[t], exp(eps[t] ** 2)); itself(E(m[1]))
divergent-by-two-letters (Inconclusive): define("m", m[t], eps[t] ** 2); define("r", r, 1 + m[1]); itself(E(exp(r)))
divergent-by-a-letter-under-a-gaussian (Inconclusive): define("r", r, x[1] ** 2); itself(E(exp(r), N(x[1], 0, 1)))
divergent-by-a-defined-function (Inconclusive):
    define("g", g(b), b**2); itself(E(exp(g(c)), N(m[1], 0, 1)) + E(exp(g(m[1])), N(m[1], 0, 1)))
divergent-integral-of-a-function (Inconclusive): itself(I(g(y), y))
divergent-integral-of-a-function-by-a-letter (Inconclusive): define("r", r, I(g(y), y)); itself(r)
divergent-reciprocal-of-a-bell (Inconclusive): itself(E(1 / f(b), N(b, 0, 1)))
divergent-exponential-of-a-function (Inconclusive): itself(E(exp(g(b)), N(b, 0, 1)))
divergent-product-of-noises (Inconclusive): itself(E(exp(2 * eps[1] * eps[2])))
divergent-for-some-parameters (Inconclusive): itself(E(exp(a * eps[1] ** 2)))
divergent-for-some-variances (Inconclusive): itself(E(exp(b**2), N(b, 0, v)))
divergent-variance (Inconclusive): itself(Var(exp(eps[1] ** 2 / 3)))
divergent-under-a-defined-law (Inconclusive):
    define("q", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); itself(E(exp(x[1] ** 2), q(x[1] | x[0])), "definition")
divergent-under-a-defined-law-by-its-definition (Inconclusive):
    define("q", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); mean = E(exp(x[1] ** 2), q(x[1] | x[0]))
    step(mean - mean, 0, "definition", "q")
divergent-mean-of-a-random-state (Inconclusive): define("x", x[t], x[t - 1] + eps[t]); itself(E(exp(x[1] ** 2)))
divergent-in-a-sum-of-means (Inconclusive): itself(Sum(E(exp(s * eps[s] ** 2)), (s, 1, T)))
divergent-divergence (Inconclusive): itself(KL(N(b, 0, 1), N(b, 0, v)) + E(exp(b**4), N(b, 0, 1)))
divergent-limit (Inconclusive): itself(Limit(T + 0 * b, T))
divergent-limit-beside-a-density (Inconclusive):
    lost = Limit(T + 0 * b, T) * log(q(x[0])); step(lost - lost, 0, "algebra")
divergent-limit-in-a-mean (Inconclusive): lost = E(Limit(T * x[1], T), q(x[1])); step(lost - lost, 0, "linearity")
divergent-integral-of-a-density-over-its-condition (Undefined):
    whole = I(q(x[1] | x[0]) * f(x[1]) / f(x[1]), x[0]); define("q", q(x[t] | x[t - 1]), N(x[t], 0, 1))
    step(whole - whole, 0, "definition", "q")
# --- P. laws that cannot be
law-by-a-product-of-another-that-is-not-markov (ArgumentError):
    define("joint", mk(x[0:T]), p(x[0]) * Product(p(x[s] | x[0 : s - 1]), (s, 1, T)))
    step(mk(x[2] | x[1], x[0]), mk(x[2] | x[1]), "Markov")
law-by-two-products (ArgumentError):
    define("one", q(x[0], x[1]), p(x[0]) * p(x[1])); define("two", q(x[1], x[2]), p(x[1] | x[2]) * p(x[2]))
    define("p", p(x[2]), N(x[2], 0, 1))
law-by-a-product-and-its-step (ArgumentError):
    define("one", q(x[0], x[1]), p(x[0]) * p(x[1] | x[0])); define("other", p(x[1] | x[0]), N(x[1], 0, 1))
    define("step", q(x[1] | x[0]), N(x[1], x[0], 1))
law-by-a-product-after-its-step (ArgumentError):
    define("step", q(x[1] | x[0]), N(x[1], x[0], 1)); define("one", q(x[0], x[1]), p(x[0]) * p(x[1]))
law-by-a-function-and-a-gaussian (ArgumentError): define("one", q(x[t]), f(x[t])); define("two", q(x[2]), N(x[2], 0, 1))
law-of-one-function-at-all-times-and-a-step (ArgumentError):
    define("one", q(x[t]), f(x[t])); define("two", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1))
law-forward-and-backward (ArgumentError):
    define("one", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); define("two", q(x[t] | x[t + 1]), N(x[t], x[t + 1], 1))
law-at-one-time-and-at-all (ArgumentError):
    define("one", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); define("two", q(x[3] | x[2]), N(x[3], x[2], 2))
law-by-far-conditions (ArgumentError):
    define("one", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); define("two", q(x[t] | x[t - 2]), N(x[t], x[t - 2], 1))
law-of-one-letter-over-two-sequences (ArgumentError):
    define("one", q(x[1] | z[1]), N(x[1], z[1], 1)); define("two", q(z[1] | x[1]), N(z[1], x[1], 1))
# --- Q. what a path of a Markov chain leaves out
path-after-a-gap-is-left-out (Refuted): markov(mk(x[0], x[2:T]), mk(x[0], x[2]), 2)
path-after-a-gap-is-left-out-given-its-start (Refuted): markov(mk(x[3:T] | x[0]), mk(x[3] | x[0]), 3)
path-before-a-gap-is-left-out (Refuted): markov(mk(x[1:t], x[t + 2]), mk(x[1]) * mk(x[t + 2] | x[t]), 1)
path-between-gaps-is-left-out (Refuted): markov(mk(x[0], x[2:t], x[t + 2]), mk(x[0], x[2]) * mk(x[t + 2] | x[t]), 2)
# --- R. what both halves believe, because the language does it
one-index-renamed-to-another (ArgumentError):
    inner = Sum(m[s] * m[Index("s'")], (s, 1, 2)); chain("r", m[t] * inner).equals(inner * m[t], by="algebra")
    step(m[s] * inner, Sum(m[n] ** 2, (n, 1, 2)) * m[s], "result", "r")
""",
    beside=beside,
    itself=itself,
    markov=markov,
)


@pytest.mark.parametrize("name", FALSE)
def test_falsehoods_are_refused(name):
    FALSE[name].must_be_refused()
