"""Falsehoods about functions, integrals, data and what may be exchanged."""

from __future__ import annotations

import pytest
from tables import table

from derive import Normal, sqrt


def data(setting, density):
    x, q, t, al = setting.x, setting.q, setting.t, setting.al
    setting.X.define("step", q(x[t] | x[t - 1]), Normal(x[t], sqrt(al[t]) * x[t - 1], 1 - al[t]))
    setting.X.define("data", q(x[0]), density)


FALSE = table(
    r"""
# --- functions and definitions
def-function-wrong-time (Refuted):
    define("P", P(x[t], t), I(N(x[t], m[t] * y, 1) * f(y), y))
    step(P(x[t + 1], t + 1), I(N(x[t + 1], m[t] * y, 1) * f(y), y), "definition", "P")
def-function-at-zero (Undefined):
    define("P", P(x[t], t), I(N(x[t], m[t] * y, 1) * f(y), y))
    step(P(x[0], 0), I(N(x[0], m[0] * y, 1) * f(y), y), "definition", "P")
def-function-capture-dummy (Inconclusive):
    define("g", g(r), r * b); step(I(f(b) * g(r), b), I(f(b), b) * g(r), "linearity")
    step(I(f(b) * g(r), b), I(f(b) * r * b, b), "definition", "g")
def-function-capture-E (Inconclusive):
    define("g", g(r), r * b); step(E(g(r), N(b, 0, 1)), g(r), "linearity")
    step(E(g(r), N(b, 0, 1)), E(r * b, N(b, 0, 1)), "definition", "g").equals(0, by="Gaussian integral")
def-symbol-capture-integral (Inconclusive):
    define("v2", r, 2 * b); step(I(f(b) * r, b), r * I(f(b), b), "linearity")
    step(I(f(b) * r, b), I(f(b) * 2 * b, b), "definition", "v2")
def-symbol-capture-E (Inconclusive):
    define("v2", r, 2 * b); step(E(r, N(b, 0, 1)), r, "Gaussian integral")
    step(E(r, N(b, 0, 1)), E(2 * b, N(b, 0, 1)), "definition", "v2").equals(0, by="Gaussian integral")
state-capture-by-density (Refuted):
    define("x", x[t], x[t - 1] + eps[t])
    step(I(x[1] * N(x[1], 0, 1), x[1]), I((x[0] + eps[1]) * N(x[1], 0, 1), x[1]), "definition", "x")
function-of-random (Refuted): step(E(g(eps[t])), g(E(eps[t])), "definition", "noise")
function-of-noise-zero (Refuted): step(E(g(eps[t]) * eps[t]), 0, "definition", "noise")
function-of-noise-stein-wrong (Refuted): step(E(g(eps[t]) * eps[t]), E(g(eps[t])), "definition", "noise")
function-of-noise-independent (Refuted):
    step(E(g(eps[t]) * h(eps[t])), E(g(eps[t])) * E(h(eps[t])), "independence", "noise")
# 4-node rule is exact to degree 7 only
function-cubic-gh (Inconclusive): step(E(eps[t] ** 8), 105 - 24, "definition", "noise")
# --- integrals
int-rename-free (Refuted): step(r * I(f(y) * y, y), I(f(r) * r * y, y), "linearity")
int-shift (Refuted): step(I(f(y + r), y), I(f(y), y) + r, "linearity")
int-scale (Refuted): step(I(f(a * y), y), a * I(f(y), y), "linearity")
int-end-scale (Refuted): step(I(g(y), (y, 0, 2 * a)), 2 * I(g(y), (y, 0, a)), "linearity")
int-ends-equal (Refuted): step(I(g(y), (y, 0, r)), I(g(y), (y, 0, b)), "linearity")
int-ends-sum (Refuted): step(I(g(y), (y, 0, r + b)), I(g(y), (y, 0, r)) + I(g(y), (y, 0, b)), "linearity")
int-one (Refuted): step(I(r + 0 * y, (y, 0, 1)), r, "linearity")
int-half-line (Refuted): step(I(f(y), (y, 0, None)), I(f(y), y) / 2, "linearity")
int-div (Refuted): step(I(f(y) / w(y), (y, 0, 1)), I(f(y), (y, 0, 1)) / I(w(y), (y, 0, 1)), "linearity")
int-log (Refuted): step(I(log(f(y)), (y, 0, 1)), log(I(f(y), (y, 0, 1))), "linearity")
int-sqrt (Refuted): step(I(sqrt(f(y)), (y, 0, 1)), sqrt(I(f(y), (y, 0, 1))), "linearity")
int-exp-const (Refuted): step(I(exp(r + y), (y, 0, 1)), r + I(exp(y), (y, 0, 1)), "linearity")
int-pole (Inconclusive): step(D(I(1 / (y - r), (y, 0, 1)), r), I(1 / (y - r) ** 2, (y, 0, 1)), "exchange")
int-improper-exchange (Inconclusive): step(D(I(sqrt(y * a), (y, 0, 1)), a), I(D(sqrt(y * a), a), (y, 0, 1)), "exchange")
# d/da int a/(a²+y²) dy = 0 for a>0, fine, but not tame
int-dirichlet (Inconclusive): step(D(I(a / (a**2 + y**2), y), a), I(D(a / (a**2 + y**2), a), y), "exchange")
# classic counterexample
fubini-cauchy (Inconclusive):
    k = (y**2 - u**2) / (1 + y**2 + u**2) ** 2
    step(I(I(k, (y, 1, None)), (u, 1, None)), I(I(k, (u, 1, None)), (y, 1, None)), "exchange")
fubini-one-bell (Inconclusive): step(I(I(g(u, y) * f(u), u), y), I(f(u) * I(g(u, y), y), u), "exchange")
# y-u falls, u+y missing
fubini-difference (Inconclusive): step(I(I(N(u, y, 1) * g(u), u), y), I(g(u) * I(N(u, y, 1), y), u), "exchange")
# two bells in the same direction u-y
fubini-same-sign-counterexample (Inconclusive):
    k = f(u - y) * w(y - u); step(I(I(k * y, u), y), I(I(k * y, y), u), "exchange")
fubini-zero-coeff (Inconclusive): k = f(u - b * y) * w(u); step(I(I(k, u), y), I(I(k, y), u), "exchange")
fubini-dependent-directions (Inconclusive):
    k = f(u + y) * w(2 * u + 2 * y); step(I(I(k, u), y), I(I(k, y), u), "exchange")
exchange-by-bound (Undefined): step(D(I(f(y) * y, y), y), I(D(f(y) * y, y), y), "exchange")
exchange-lost-product (Refuted):
    step(D(I(g(r) * N(r, y, 1) * f(y), y), r), I(g(r) * D(N(r, y, 1), r) * f(y), y), "exchange")
exchange-second (Refuted): step(D(D(I(N(r, y, 1) * f(y), y), r), r), I(D(N(r, y, 1), r) ** 2 * f(y), y), "exchange")
exchange-mixed (Refuted): step(D(D(I(N(r, y, a) * f(y), y), r), a), I(D(D(N(r, y, a), r), r) * f(y), y), "exchange")
heat-wrong-half (Refuted): p = I(N(r, y, a) * f(y), y); step(D(p, a), D(D(p, r), r), "exchange")
heat-wrong-sign (Refuted): p = I(N(r, y, a) * f(y), y); step(D(p, a), -D(D(p, r), r) / 2, "exchange")
fp-no-drift (Refuted): n = N(r, sqrt(c) * b, 1 - c); step(-c * D(n, c), D(D(n, r), r) / 2, "differentiation")
fp-drift-outside (Refuted):
    n = N(r, sqrt(c) * b, 1 - c); step(-c * D(n, c), (r * D(n, r) + D(D(n, r), r)) / 2, "differentiation")
# probability flow: without half
flow-ode-wrong (Refuted): p = I(N(r, y, a) * f(y), y); step(D(p, a), -D(p * -D(log(p), r), r), "exchange")
parts-sign (Refuted): step(I(g(y) * D(f(y), y), y), I(D(g(y), y) * f(y), y), "exchange")
total-derivative-ends (Refuted): step(I(D(g(y), y), (y, 0, 1)), g(1) - g(0) + 1, "integration")
score-is-linear (Refuted): step(D(log(f(r) + w(r)), r), D(log(f(r)), r) + D(log(w(r)), r), "differentiation")
# --- with E
d-of-E-inside (Refuted): step(D(E(g(y), N(y, r, 1)), r), E(D(g(y), r), N(y, r, 1)), "exchange")
E-fn-out (Undefined): step(E(g(y) * y, N(y, 0, 1)), g(y) * E(y, N(y, 0, 1)), "linearity")
E-fn-square (Refuted): step(E(g(y) ** 2, N(y, 0, 1)), E(g(y), N(y, 0, 1)) ** 2, "linearity")
E-stein-false (Refuted): step(E(g(y) * y, N(y, r, v)), v * E(D(g(y), y), N(y, r, v)), "Gaussian integral")
E-zero-fn (Refuted): step(E(g(y) - g(y), N(y, 0, 1)), 1, "linearity")
E-other-mean (Refuted): step(E(g(y), N(y, r, 1)), E(g(y), N(y, b, 1)), "linearity")
E-other-variance-def (Refuted): step(E(g(y), N(y, r, v)), I(g(y) * N(y, r, sqrt(v)), y), "definition")
KL-swapped-def (Refuted):
    step(KL(N(y, r, 1), N(y, 0, v)), I(N(y, r, 1) * log(N(y, 0, v) / N(y, r, 1)), y), "definition")
KL-other-variables (Undefined):
    step(KL(N(y, r, 1), N(u, 0, v)), I(N(y, r, 1) * log(N(y, r, 1) / N(u, 0, v)), y), "definition")
E-nested-capture (Refuted): step(E(E(g(y), N(y, 0, 1)) * y, N(y, r, 1)), E(g(y) * y, N(y, r, 1)), "linearity")
# --- with Limit
limit-function (Refuted): step(Limit(g(1 / (1 + T)), T), g(r - r + 0), "algebra")
limit-function-wrong (Refuted): step(Limit(g(r, T), T), g(r), "limit")
limit-fn-const (Refuted): step(Limit(g(r) / (1 + T), T), g(r), "limit")
limit-fn-decays (Refuted): step(Limit(f(T + 0 * r), T), 1, "limit")
limit-inside-integral (Refuted): step(Limit(I(f(y) / T, y), T), I(f(y), y), "limit")
limit-of-integral-moving-bump (Refuted): step(Limit(I(f(y - T), y), T), 0, "limit")
limit-fn-of-T (Refuted): step(Limit(g(T * r), T), g(r), "limit")
derivative-of-limit (Refuted): step(D(Limit(r**2 / T, T), r), Limit(2 * r, T), "exchange")
# --- induction
induction-with-functions (Refuted):
    ind = induction("i", g(r, t), g(r, 1), over=t); ind.base.equals(g(r, 1), by="algebra")
    ind.step.equals(g(r, t), by="algebra")
induction-hyp-under-derivative (Refuted):
    ind = induction("i", D(g(r, t), r), g(r, t), over=t); ind.base.equals(g(r, 1), by="differentiation")
induction-sum-functions (Refuted):
    ind = induction("i", Sum(g(r, s), (s, 1, t)), t * g(r, 1), over=t); ind.base.equals(1 * g(r, 1), by="algebra")
    ind.step.equals(Sum(g(r, s), (s, 1, t)) + g(r, t + 1), by="telescoping").equals(t * g(r, 1) + g(r, t + 1),
        by="induction", using="hypothesis").equals((t + 1) * g(r, 1), by="algebra")
sum-of-functions (Refuted): step(Sum(g(r, s), (s, 1, T)), T * g(r, 1), "algebra")
product-of-functions (Refuted): step(Product(f(r, s), (s, 1, T)), f(r, 1) ** T, "algebra")
sum-under-derivative (Refuted): step(D(Sum(g(r, s), (s, 1, T)), r), Sum(g(r, s), (s, 1, T)), "differentiation")
sum-under-derivative-zero (Refuted): step(D(Sum(g(r, s), (s, 1, T)), r), 0, "differentiation")
sum-into-integral (Refuted):
    step(I(Sum(g(y, s), (s, 1, T)) * f(y), y), Sum(I(g(y, s) * f(y), y), (s, 1, T + 1)), "linearity")
# --- gaps
gap-real-function (Refuted): chain("c", r).at_most(r + g(b), gap=g(b))
gap-prime (Refuted): chain("c", r).at_most(r + f.prime(b), gap=f.prime(b))
gap-difference (Refuted): chain("c", f(r)).at_most(f(r) + w(r) - f(r) * w(r), gap=w(r) - f(r) * w(r))
gap-integral (Refuted): chain("c", r).at_most(r + I(f(y), (y, 0, b)), gap=I(f(y), (y, 0, b)))
gap-integral-real (Refuted): chain("c", r).at_most(r + I(g(y) * f(y), y), gap=I(g(y) * f(y), y))
gap-square-strict (Inconclusive): chain("c", r).below(r + g(b) ** 2, gap=g(b) ** 2)
gap-decreasing-integral (Refuted): chain("c", r).below(r + I(f(y), (y, 1, 0)), gap=I(f(y), (y, 1, 0)))
gap-log (Refuted): chain("c", r).at_most(r + log(f(b)), gap=log(f(b)))
gap-derivative (Refuted): chain("c", r).at_most(r + D(a**2 * b, b), gap=D(f(a), a))
# --- laws with data
data-mean-zero (Refuted): data(f(x[0])); step(E(x[0], q(x[0])), 0, "definition", "data")
data-other-law (Refuted): data(f(x[0])); step(p(x[0]), f(x[0]), "definition", "data")
data-conditional (Refuted): data(f(x[0])); step(q(x[0] | x[1]), f(x[0]), "definition", "data")
data-time-one (Refuted): data(f(x[0])); step(q(x[1]), f(x[1]), "definition", "data")
data-gauss-is-stationary-wrong (Refuted):
    data(N(x[0], 0, v)); step(q(x[1]), N(x[1], 0, v), "definition", ("data", "step"))
data-two (ArgumentError): data(f(x[0])); define("d2", q(x[0]), N(x[0], 0, 1))
data-f-then-bell (ArgumentError):
    data(f(x[0])); define("fd", f(r), 2 * N(r, 0, 1)); step(q(x[0]), 2 * N(x[0], 0, 1), "definition", ("data", "fd"))
data-f-normalised (Refuted): data(f(x[0])); step(I(f(x[0]), x[0]), 2, "definition", "data")
density-int-function (Refuted): step(I(g(x[0]) * q(x[0] | x[1]), x[0]), g(x[1]) * I(q(x[0] | x[1]), x[0]), "linearity")
derivative-density-wrt-condition (Refuted): step(D(q(x[1] | x[0]), x[0]), -D(q(x[1] | x[0]), x[1]), "algebra")
E-density-function-of-cond (Refuted): step(E(g(x[1]), q(x[0] | x[1])), E(g(x[0]), q(x[0] | x[1])), "linearity")
positive-bell-nonpos (Refuted): step(sqrt(f(r)) * sqrt(w(r)), sqrt(f(r) + w(r)), "algebra")
log-sum (Refuted): step(log(f(r) + w(r)), log(f(r)) + log(w(r)), "algebra")
fn-abs (Refuted): step(exp(log(g(r) ** 2) / 2), g(r), "algebra")
fn-nested (Refuted): step(g(h(r)), h(g(r)), "algebra")
fn-inverse (Refuted): step(D(g(h(r)), r), g.prime(r) * h.prime(r), "differentiation")
fn-partial-second (Refuted): step(D(g(r, b), r), D(g(b, r), r), "differentiation")
fn-total (Refuted): step(D(g(r, r), r), 2 * D(g(r, b), r), "differentiation")
fn-state-time (Refuted): step(g(x[t], t), g(x[t], s), "algebra")
fn-other-member (Refuted): step(D(g(x[s]), x[t]), 0, "differentiation")
fn-assume (Refuted): assume("a", g(r), r); step(g(b), b, "definition", "a")
fn-assume-prime (Inconclusive): assume("a", g(r), b * r); step(D(g(r), b), 0, "differentiation")
fn-suppose (VacuousHypotheses): suppose("s", f(r), 0)
fn-suppose-one (Inconclusive): suppose("s", f(r), a); step(f(b) / (a - f(b)) * (a - f(b)), f(b), "algebra")
fn-negative-power (Inconclusive): step(g(r) * g(r) ** (-1), 1, "algebra")
fn-define-unit-escape (Refuted): define("c2", c, f(r))
fn-define-positive-escape (Refuted): define("a2", a, g(r))
fn-circle (ArgumentError): define("g", g(r), h(r) + 1); define("h", h(r), g(r) + 1)
fn-circle-symbol (ArgumentError): define("b", b, g(r)); define("g", g(r), b + 1)
fn-def-twice (ArgumentError): define("g", g(r), r); define("g2", g(b), 2 * b)
fn-def-after-zero (ArgumentError): step(D(g(r), b), 0, "differentiation"); define("g", g(r), r * b)
fn-def-two-args-one (Refuted): define("g", g(r), r); step(g(r, b), r, "definition", "g")
var-of-function (Refuted): step(Var(g(x[1])), g.prime(x[1]) ** 2 * Var(x[1]), "linearity")
var-int (Refuted): step(Var(eps[1] * I(f(y), y)), I(f(y), y), "definition", "noise")
E-int-of-noise (Refuted): step(E(I(f(y - eps[1]), y)), I(f(y), y) + 1, "definition", "noise")
E-int-hides (Refuted): step(E(eps[1] * I(f(y - eps[1]), y)), 0, "definition", "noise")
index-as-number (Refuted): step(g(r, t) * t, g(r, t), "algebra")
assumption-random (Refuted):
    assume("a", r, 2 * eps[1]); step(Var(r), 0, "linearity"); step(Var(r), 4, "definition", ("a", "noise"))
assumption-capture (Inconclusive):
    assume("a", r, 2 * b); left = E(r * b, N(b, 0, 1)); step(left, r * E(b, N(b, 0, 1)), "linearity")
    step(left, E(2 * b * b, N(b, 0, 1)), "definition", "a")
result-capture (Inconclusive):
    define("d", r, 2 * b); chain("R", r**2).equals(4 * b**2, by="definition", using="d"); left = I(f(b) * r**2, b)
    step(left, r**2 * I(f(b), b), "linearity"); step(left, I(f(b) * 4 * b**2, b), "result", "R")
capture-sequence (Inconclusive):
    define("d", m[t], 2 * b * t); left = I(f(b) * m[t], b); step(left, m[t] * I(f(b), b), "linearity")
    step(left, I(f(b) * 2 * b * t, b), "definition", "d")
capture-by-integration (Inconclusive):
    define("d", r, 2 * b); left = I(r * b, (b, 0, 1)); step(left, r / 2, "integration")
    step(left, I(2 * b * b, (b, 0, 1)), "definition", "d")
capture-two-step (Inconclusive):
    define("d", r, 2 * b); define("d2", m[t], r + t); left = I(f(b) * m[t], b)
    step(left, m[t] * I(f(b), b), "linearity")
    step(left, I(f(b) * (r + t), b), "definition", "d2").equals(I(f(b) * (2 * b + t), b), by="definition", using="d")
capture-two-at-once (Refuted):
    define("d", r, 2 * b); define("d2", m[t], r + t); left = I(f(b) * m[t], b)
    step(left, I(f(b) * (2 * b + t), b), "definition", ("d", "d2"))
capture-function (Inconclusive):
    define("g", g(r), b * r); left = I(f(b) * g(r), b); step(left, g(r) * I(f(b), b), "linearity")
    step(left, I(f(b) * b * r, b), "definition", "g")
capture-variance (Undefined):
    define("d", v, a + 1); define("k", q(x[0]), N(x[0], 0, v)); left = I(f(a) * log(v), (a, 0, 1))
    step(left, I(f(a) * log(a + 1), (a, 0, 1)), "definition", "d")
capture-divergence (Undefined):
    define("d", r, 2 * b); left = KL(N(b, r, 1), N(b, 0, 1)); step(left, r**2 / 2, "Gaussian integral")
    step(left, KL(N(b, 2 * b, 1), N(b, 0, 1)), "definition", "d")
capture-induction (DerivationError):
    define("d", r, 2 * b); ind = induction("i", r * t, 2 * b * t, over=t)
    ind.base.equals(2 * b, by="definition", using="d").equals(2 * b * 1, by="algebra")
    ind.step.equals(r * t + r, by="algebra").equals(2 * b * t + r, by="induction",
        using="hypothesis").equals(2 * b * (t + 1), by="definition", using="d")
    ind.conclude(); left = I(f(b) * (r * t), b); step(left, r * t * I(f(b), b), "linearity")
    step(left, I(f(b) * (2 * b * t), b), "result", "i")
capture-state-integral (Refuted):
    define("d", r, 2 * x[0]); step(I(f(x[0]) * r, x[0]), r * I(f(x[0]), x[0]), "linearity")
capture-random-later (ArgumentError):
    step(I(f(x[0]) * r, x[0]), r * I(f(x[0]), x[0]), "linearity"); define("d", r, 2 * x[0])
""",
    data=data,
)


@pytest.mark.parametrize("name", FALSE)
def test_falsehoods_are_refused(name):
    FALSE[name].must_be_refused()
