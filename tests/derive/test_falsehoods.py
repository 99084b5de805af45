"""Falsehoods that a hostile reader got accepted once."""

from __future__ import annotations

import pytest
from tables import table

from derive import KL, Derivation, log

FALSE = table(r"""
five-factors-that-vanish-at-small-n (Refuted):
    p = (n - 1) * (n - 2) * (n - 3) * (n - 4) * (n - 5); S = Sum(wrap(1), (s, 1, n)); step(p * S, 2 * p * S, "algebra")
a-sum-that-is-empty-for-small-T (Refuted):
    a = sequence("a", positive); S = Sum(a[s], (s, 1, T - 5)); step(S, 2 * S, "algebra")
five-factors-before-a-density (Inconclusive):
    chain("x", (T - 1) * (T - 2) * (T - 3) * (T - 4) * (T - 5) * log(q(x[1]))).equals(0 * log(q(x[1])), by="algebra")
two-definitions-of-one-symbol (ArgumentError):
    define("one", b, 1); define("two", b, 2)
    step(wrap(1), b, "definition", "one").equals(2, by="definition", using="two")
another-definition-under-the-same-name (ArgumentError):
    define("b", b, 1); chain("r", b).equals(1, by="definition", using="b"); define("b", b, 2)
    step(wrap(1), b, "result", "r").equals(2, by="definition", using="b")
a-circle-of-definitions (ArgumentError):
    a = symbol("a"); define("a", a, b + 1); define("b", b, a + 1)
    step(a, b + 1, "definition", "a").equals(a + 2, by="definition", using="b")
a-definition-of-a-number (ArgumentError): define("d", wrap(1), 2); step(wrap(1), 2, "definition", "d")
a-free-index-in-a-definition (ArgumentError):
    c = symbol("c"); a = sequence("a"); define("c", c, a[t]); chain("r", a[t]).equals(c, by="definition", using="c")
    step(a[1], c, "result", "r").equals(a[2], by="result", using="r")
two-assumptions-that-contradict (ArgumentError):
    assume("one", b, 1); assume("two", b, 2)
    step(wrap(1), b, "definition", "one").equals(2, by="definition", using="two")
a-hypothesis-against-an-assumption (VacuousHypotheses):
    a = symbol("a"); suppose("h", a, b); assume("e", a, b + 1); step(a, b + 1, "definition", "e")
a-division-by-a-real-that-may-be-zero (Inconclusive): a = symbol("a"); step(a / a, 1, "algebra")
a-division-by-zero-hidden-in-definitions (Inconclusive):
    c = symbol("c"); d = symbol("d"); define("b", b, a); define("c", c, a**2 - b**2); define("d", d, a**2 - a * b)
    chain("A", c / (a - b)).equals((a**2 - b**2) / (a - b), by="definition", using="c").equals(a + b,
        by="algebra").equals(2 * a, by="definition", using="b")
    chain("R", c).equals(d, by="definition", using=("c", "d", "b"))
    chain("B", c / (a - b)).equals(d / (a - b), by="result", using="R").equals((a**2 - a * b) / (a - b),
        by="definition", using="d").equals(a, by="algebra")
    step(2 * a, c / (a - b), "result", "A").equals(a, by="result", using="B")
a-chain-cited-before-its-first-time (Refuted):
    one = wrap(1); chain("r", Sum(one, (s, 2, t)), start=0).equals(t - 1, by="algebra")
    step(wrap(0), Sum(one, (s, 2, 0)), "algebra").equals(-1, by="result", using="r")
two-times-that-may-be-equal (Refuted):
    e = noise("e"); define("noise", e[t], standard_normal)
    chain("r", E(e[s] * e[t])).equals(0, by="independence", using="noise")
    step(wrap(1), E(e[1] * e[1]), "definition", "noise").equals(0, by="result", using="r")
a-limit-of-any-real-sequence (Inconclusive): a = sequence("a"); step(Limit(a[T] / T, T), 0, "limit")
a-limit-of-any-powers-below-one (Inconclusive): a = sequence("alpha", unit); step(Limit(a[T] ** T, T), 0, "limit")
a-limit-that-algebra-enlarges (Refuted):
    c = symbol("c"); step(Limit(c, T), c, "limit"); step(Limit(c, T), c + 11, "algebra")
an-expectation-of-one-that-is-two (Refuted): step(E(wrap(1)), 2, "algebra")
a-variance-that-gains-a-square (Refuted): c = symbol("c"); step(Var(c), c + 2 * c**2, "algebra")
an-integral-that-gains-its-variable (Undefined):
    f = N(u, 0, 1); step(I(f, u), 1, "Gaussian integral"); step(I(f, u), f + 3 * u, "algebra")
a-gap-whose-law-holds-its-own-variable (Undefined):
    g = KL(q(x[t] | x[0]), N(x[t], x[t], 1)); chain("x", 0 * log(q(x[t] | x[0]))).at_most(g, g)
a-law-cited-for-another-noise (Refuted):
    e = noise("e"); w = noise("w"); define("noise", e[t], standard_normal); step(Var(w[1]), 1, "definition", "noise")
a-noise-of-variance-four (ArgumentError):
    e = noise("e"); define("noise", e[t], N(e[t], 0, 4)); step(Var(e[t]), 1, "definition", "noise")
a-law-of-one-member-for-another (ArgumentError):
    e = noise("e"); define("noise", e[1], standard_normal); step(Var(e[2]), 1, "definition", "noise")
a-start-outside-of-the-interval (Refuted):
    a = sequence("alpha", unit); define("ab", bar[t], Product(a[s], (s, 1, t))); step(bar[0], 1, "definition", "ab")
    chain("x", bar[0]).below(1, 1 - bar[0])
a-logarithm-of-zero-at-the-start (Refuted):
    a = sequence("alpha", unit); define("ab", bar[t], Product(a[s], (s, 1, t)))
    step(log(1 - bar[0]) - log(1 - bar[0]), 0, "algebra")
a-merged-noise-independent-of-its-part (Refuted):
    e = noise("e"); z = merged_noise("z"); define("noise", e[t], standard_normal)
    step(E(z * e[1]), 0, "independence", "noise")
an-expectation-of-a-product-as-uninterpreted (Refuted):
    e = noise("e"); b = e[1]; step(Var(b) + Var(-b), 2 * (E(b) + E(-b)), "algebra")
a-condition-dropped-as-markov (Refuted): chain("x", q(x[t - 1] | x[t], x[0])).equals(q(x[t - 1] | x[t]), by="Markov")
bayes-at-the-first-time (Undefined): chain("x", q(x[t] | x[t - 1], x[0])).equals(q(x[t - 1] | x[t],
        x[0]) * q(x[t] | x[0]) / q(x[t - 1] | x[0]), by="Bayes")
a-root-of-a-square (Refuted): a = symbol("a"); step(sqrt(a**2), a, "algebra")
a-root-of-a-square-of-a-defined-sequence (Refuted):
    b = symbol("b", unit); step(sqrt((1 - 2 * b) ** 2), 1 - 2 * b, "algebra")
jensen-in-the-wrong-direction (Refuted):
    g = KL(q(x[1] | x[0]), p(x[1] | x[0])); chain("x", log(p(x[0]))).at_most(log(p(x[0])) - g, -g)
a-gap-of-either-sign (Refuted): e = noise("e"); chain("x", E(e[1]) * 0).at_most(E(e[1]), E(e[1]))
a-gap-whose-product-is-empty (Refuted):
    a = sequence("a", unit); P = Product(a[s], (s, 1, T - 1)); chain("x", P).below(1, 1 - P)
a-product-below-one-that-is-empty (Refuted):
    a = sequence("a", unit); P = Product(a[s], (s, 1, 0)); chain("x", P).below(1, 1 - P)
two-limits-exchanged (Inconclusive): (k,) = indices("k"); step(Limit(Limit(n / (n + k), k), n), 1, "limit")
a-limit-of-a-tiny-constant (Inconclusive): step(Limit(wrap(Fraction(1, 10**12)), T), 0, "limit")
a-definition-that-is-not-cited (Refuted):
    b = sequence("beta", unit); a = sequence("alpha", unit); define("al", a[t], 1 - b[t])
    step(a[t], 1 - b[t], "algebra")
markov-for-two-general-times (Undefined): chain("x", q(x[t] | x[s], x[0])).equals(q(x[t] | x[s]), by="Markov")
a-sum-of-gaps-of-either-sign (Undefined):
    g = Sum(KL(q(x[t] | x[0]), N(x[t], x[t], 1)), (t, 1, T)); chain("x", 0 * log(q(x[T] | x[0]))).at_most(g, g)
an-expectation-under-another-state (Refuted):
    chain("x", E(x[1] ** 2, q(x[1]))).equals(E(x[1], q(x[1])) ** 2, by="linearity")
a-noise-given-a-later-state (Refuted):
    e = noise("e"); define("noise", e[t], standard_normal)
    chain("x", E(e[t] * x[t])).equals(0, by="independence", using="noise")
a-merged-noise-beside-its-part (ArgumentError):
    e = noise("e"); z = merged_noise("z"); a = symbol("a", unit); define("noise", e[t], standard_normal)
    define("d", x[1], a * x[0] + (1 - a) * e[1]); define("j", x[1], a * x[0] + (1 - a) * z)
    step(E(x[1] * e[1] - a * x[0] * e[1]), E((1 - a) * e[1] * e[1]), "definition", ("d", "noise")).equals(1 - a,
        by="definition", using="noise")
    step(E(x[1] * e[1] - a * x[0] * e[1]), E((1 - a) * z * e[1]), "definition", ("j", "noise")).equals(0,
        by="independence", using="noise")
five-factors-before-a-density-twice (Inconclusive): chain("x", (T - 1) * (T - 2) * (T - 3) * (T - 4) * (T
        - 5) * log(q(x[1])) + log(q(x[1]))).equals(log(q(x[1])), by="algebra")
a-sum-of-densities-that-is-empty (Inconclusive):
    chain("x", Sum(log(q(x[s])), (s, 1, T - 5)) + log(q(x[1]))).equals(log(q(x[1])), by="algebra")
densities-of-few-pairs-of-times (Refuted):
    chain("x", q(x[t] | x[t - 1], x[t - 2])).equals(q(x[t] | x[t - 1]), by="chain rule")
an-integral-through-a-pole (Undefined): step(I(1 / u, (u, -1, 1)), 0, "integration")
an-induction-with-a-shifted-hypothesis (Refuted):
    a = sequence("a"); proof = induction("i", a[t], a[1], over=t); proof.base.equals(a[1], by="algebra")
    proof.step.equals(a[1], by="induction", using="hypothesis"); proof.conclude()
a-free-dummy-in-a-result (Undefined):
    f = N(u, 0, 1); chain("A", I(f, u)).equals(f + 3 * u, by="algebra")
    chain("B", I(f, u)).equals(1, by="Gaussian integral")
    step(wrap(1), I(f, u), "result", "B").equals(f + 3 * u, by="result", using="A")
an-assumption-with-another-right-side (ArgumentError):
    e = noise("e"); assume("noise", e[t], wrap(7)); step(Var(e[t]), 1, "definition", "noise")
independence-without-a-law (Refuted): e = noise("e"); step(E(e[s] * e[t]), E(e[s]) * E(e[t]), "independence")
a-denominator-that-vanishes-at-equal-times (Undefined):
    a = sequence("a"); step((a[s] ** 2 - a[t] ** 2) / (a[s] - a[t]), a[s] + a[t], "algebra")
a-recursion-cited-at-its-start (Refuted):
    a = sequence("alpha", unit)
    chain("r", Product(a[s], (s, 1, t))).equals(a[t] * Product(a[s], (s, 1, t - 1)), by="algebra")
    step(wrap(1), Product(a[s], (s, 1, 0)), "algebra").equals(2, by="result", using="r")
a-dummy-that-is-defined (ArgumentError): define("u", u, 2); step(I(u, (u, 0, 1)), 2, "integration", "u")
a-parameter-constant-in-its-own-integral (ArgumentError):
    c = symbol("c"); assume("uc", u, c); step(I(1 + 0 * u, (u, 0, c)), c, "integration")
a-binomial-that-vanishes-for-small-T (Inconclusive): step(KL(q(x[T] | x[0]), p(x[T] | x[0])),
        KL(q(x[T] | x[0]), p(x[T] | x[0])) + (T - 1) * (T - 2) * (T - 3) * (T - 4) * (T - 5) * log(p(x[0])), "algebra")
two-laws-for-one-state (ArgumentError):
    a = symbol("a"); define("d1", x[t], a * x[t - 1]); define("d2", x[t], 2 * a * x[t - 1])
    step(a * x[0], x[1], "definition", "d1").equals(2 * a * x[0], by="definition", using="d2")
a-result-cited-before-its-domain (Refuted):
    a = sequence("alpha", unit); define("ab", bar[t], Product(a[s], (s, 1, t)))
    step((1 - bar[t]) / (1 - bar[t]), 1, "algebra", start=0); step(1 - bar[0], 0, "definition", "ab")
an-expectation-of-a-constant-that-gains-a-square (Refuted):
    c = symbol("c"); step(E(c, N(u, 0, 1)), c + c**2, "algebra"); step(E(c, N(u, 0, 1)), c, "linearity")
one-is-two-from-an-expectation (Refuted):
    chain("A", E(wrap(1))).equals(2, by="algebra"); chain("B", E(wrap(1))).equals(1, by="linearity")
    step(wrap(1), E(wrap(1)), "result", "B").equals(2, by="result", using="A")
a-start-that-is-no-time (ArgumentError):
    chain("r", Sum(wrap(1), (s, 1, t)), start=-3).equals(t, by="algebra")
    step(wrap(0), Sum(wrap(1), (s, 1, -2)), "algebra").equals(-2, by="result", using="r")
a-gap-stated-as-an-equality (Undefined):
    b = sequence("beta", unit); define("step", q(x[t] | x[t - 1]), N(x[t], sqrt(1 - b[t]) * x[t - 1], b[t]))
    step(KL(q(x[t] | x[t - 1]), N(x[t], x[t], 1)), -(1 + log(b[t])) / 2, "definition", "step")
alpha-bar-starts-at-0-and-1-by-its-definition-and-is-below-1 (Refuted):
    ab = sequence("alpha_bar", unit, start=0, first=1); chain("x", ab[0]).below(1, 1 - ab[0])
twice-the-expectation-of-one-is-three (Refuted):
    chain("x", E(wrap(2), q(x[1]))).equals(3 * E(wrap(1), q(x[1])), by="algebra")
a-step-is-a-gibbs-step-by-saying-so (ArgumentError): a = symbol("a"); step(a, a, "Gibbs")
two-circles-of-definitions (ArgumentError):
    a = sequence("a"); b = sequence("b"); define("a", a[t], b[t]); define("b", b[t], a[t] + 1)
a-step-under-its-hypothesis-cited-as-a-result (ArgumentError):
    a = sequence("a"); define("a", a[t], a[t - 1]); proof = induction("i", a[t], wrap(0), over=t)
    proof.step.equals(a[t], by="definition", using="a").equals(0, by="induction", using="hypothesis")
    step(a[2], 0, "result", "i, step")
a-noise-given-itself-has-mean-0 (Inconclusive): step(E(eps[1], given=eps[1]), 0, "definition", "noise")
a-noise-given-the-state-that-it-makes-has-mean-0 (Refuted):
    define("draw", x[t], x[t - 1] + eps[t]); step(E(eps[1], given=x[1]), 0, "definition", ("noise", "draw"))
a-state-made-of-a-noise-that-is-drawn-later (ArgumentError): define("draw", x[t], x[t - 1] + eps[t + 1])
a-state-made-of-a-later-noise-by-way-of-a-parameter (ArgumentError):
    b = sequence("b"); define("draw", x[t], x[t - 1] + b[t]); define("b", b[t], eps[t + 1])
a-defined-draw-is-no-number-its-variance-is-not-0 (Refuted):
    z = merged_noise("z"); jump = sequence("jump"); twice = sequence("twice"); define("jump", jump[t], 1 + z)
    define("twice", twice[t], 2 * jump[t]); step(Var(twice[t]), 0, "linearity")
a-variable-of-integration-caught-by-a-definition (ArgumentError): define("b", b, u + 0)
a-gap-that-begins-later-than-the-line (ArgumentError):
    a = sequence("a"); g = sequence("g", positive, start=5); chain("x", a[t]).at_most(a[t], gap=g[t] - g[t])
a-backward-noise-apart-from-the-state-that-it-makes (Refuted):
    z = noise("zeta", backward=True); chain("x", E(z[t] * x[t - 1])).equals(E(z[t]) * E(x[t - 1]), by="independence")
a-forward-noise-in-a-state-drawn-backward (ArgumentError): e = noise("e"); define("x", x[t - 1], x[t] + e[t])
a-letter-for-a-network-under-a-mean (ArgumentError):
    e = noise("e"); hat = sequence("eps_hat"); step(E(e[t] * hat[t]), hat[t] * E(e[t]), "linearity")
a-circle-through-three (ArgumentError):
    a = symbol("a"); c = symbol("c"); define("a", a, b); define("b", b, c); define("c", c, a + 1)
hypotheses-first-contradicting-definition-later (VacuousHypotheses):
    a = symbol("a"); suppose("h", a, b); define("a", a, b + 1)
a-state-made-of-a-later-state-of-another-process (ArgumentError):
    y = states("y"); define("x", x[t], x[t - 1] + eps[t]); define("y", y[t], y[t - 1] + x[t + 1])
a-first-member-and-a-general-rule-that-covers-it (ArgumentError):
    define("general", x[t], wrap(2)); define("literal", x[0], wrap(1))
a-gap-that-exists-later-than-the-line (ArgumentError):
    g = sequence("g", positive, start=5); define("g", g[t], a)
    chain("x", wrap(0) + 0 * t).at_most(a + 0 * t, gap=g[t], using="g")
a-density-defined-by-a-later-state (ArgumentError): define("a", q(x[t] | x[t - 1]), N(x[t], x[t + 1], 1))
two-laws-of-one-transition (ArgumentError):
    define("a", q(x[t] | x[t - 1]), N(x[t], 0, 1)); define("b", q(x[t] | x[0]), N(x[t], 0, 2))
a-product-that-is-no-density (ArgumentError): define("a", q(x[0], x[1]), q(x[0] | x[1]) * q(x[1] | x[0]))
a-definition-with-a-hole-in-its-domain (Inconclusive): define("r", symbol("r"), 1 / symbol("a"))
an-expression-too-deep-to-look-at (ArgumentError):
    deep = symbol("a")
    for _ in range(2000):
        deep = -sqrt(deep + 1)
    step(deep, deep + 1, "algebra")
a-number-that-becomes-random-later (ArgumentError):
    z = merged_noise("z"); define("noise", z, standard_normal); step(Var(b), 0, "linearity"); define("b", b, 2 * z)
    step(Var(b), 4, "definition", ("b", "noise"))
""")


@pytest.mark.parametrize("name", FALSE)
def test_falsehoods_are_refused(name):
    FALSE[name].must_be_refused()


def test_gaps_are_attacked():
    """A wrong sign and a swapped divergence in the gap itself are among the mutants of an inequality."""
    F = Derivation("F")
    x, q, p = F.states("x"), F.density("q"), F.density("p")
    gap = KL(q(x[1] | x[0]), p(x[1] | x[0]))
    chain = F.chain("evidence", -log(p(x[0]))).at_most(-log(p(x[0])) + gap, gap=gap)
    kinds = [what for what, _, _ in chain.steps[0].attacks((), (q, p))]
    assert "gap: sign" in kinds and any(what.startswith("gap: swapped") for what in kinds)
    summary = F.summary()
    assert summary.killed == summary.total > 5


def test_a_first_member_beside_a_rule_that_begins_later():
    F = Derivation("F")
    t, a = *F.indices("t"), F.sequence("a")
    F.define("first", a[1], 1)
    F.define("next", a[t], a[t - 1] + 1)
    assert F.chain("x", a[2]).equals(a[1] + 1, by="definition", using="next").equals(2, by="definition", using="first")
    for _ in range(2):  # a cell may run twice
        F.define("next", a[t], a[t - 1] + 1)
