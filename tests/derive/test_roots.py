"""Fifteen roots from which an attack on the proof checker drew falsehoods, each in several forms.

Every row is refused twice: with the counterexample search, and by the prover alone.
"""

from __future__ import annotations

import pytest
from setting import Setting
from tables import table

from derive import Diffusion, Normal, positive, standard_normal
from derive.errors import DeriveError
from derive.verify import verify


class Roots(Setting):
    symbols = Setting.symbols | {
        "zb": lambda w: w.X.noise("zeta_back", backward=True),
        "ys": lambda w: w.X.states("y_state", latex="y"),
        "Y": lambda w: w.X.symbol("Y"),
        "S": lambda w: w.X.symbol("S"),
        "p2": lambda w: w.X.function("rho", positive),
        "any_": lambda w: w.X.indices("any")[0],
    }


def flow(setting, drift, noise=1):
    """The density p2(Y, S) of dY = drift dS + noise dw."""
    setting.X.assume("flow", setting.p2(setting.Y, setting.S), Diffusion(setting.Y, setting.S, drift, noise))


def gaussian_steps(setting):
    q, x, t = setting.q, setting.x, setting.t
    setting.X.define("step", q(x[t] | x[t - 1]), Normal(x[t], x[t - 1], 1))


FALSE = table(
    r"""
# --- R1: the bounds of an integral over a state, within another integral
bounds-of-an-inner-integral: step(I(I(q(x[1] | x[0]), (x[1], 0, 1)) * q(x[0]), x[0]), 1, "marginalisation")
bounds-half-line: step(I(I(q(x[1] | x[0]), (x[1], 0, None)) * q(x[0]), x[0]), 1, "marginalisation")
bounds-under-a-mean: step(E(I(q(x[1] | x[0]), (x[1], 0, 1)), q(x[0])), 1, "marginalisation")
bounds-of-gaussians:
    gaussian_steps(); step(I(I(q(x[1] | x[0]), (x[1], 0, None)) * q(x[0]), x[0]), 1, "marginalisation", "step")
bounds-dropped: step(I(I(q(x[1], x[0]), (x[1], 0, 1)), x[0]), I(I(q(x[1], x[0]), x[1]), x[0]), "marginalisation")
bounds-markov: step(I(I(mk(x[1] | x[0]), (x[1], None, 0)) * mk(x[0]), x[0]), 1, "Markov")
bounds-blinded:
    step(I(I(1, (y, 0, 1)), (u, 0, 1)) + I(I(q(x[1] | x[0]), (x[1], 0, 1)) * q(x[0]), x[0]),
        1 + I(I(1, (y, 0, 1)), (u, 0, 1)), "marginalisation")
# --- R2: a positive function falls off in its place, and need not in time
parts-over-time:
    flow(-Y); step(I(p2(Y, S), S), -I(S * D(p2(Y, S), S), S), "integration by parts")
parts-over-a-second-argument: step(I(D(f(r, b), b), b), 0, "integration by parts")
parts-over-time-twice: step(I(b * D(D(f(r, b), b), b), b), 0, "integration by parts")
time-runs-over-the-line: flow(-Y); step(D(I(p2(Y, S), S), Y), I(D(p2(Y, S), Y), S), "exchange")
time-and-place-exchanged: step(I(I(f(y, u), y), u), I(I(f(y, u), u), y), "exchange")
defined-to-fall: define("f", f(r, b), N(r, 0, 1)); step(I(D(f(r, b) * b, b), b), 0, "integration by parts")
# --- R3: what is random at one time only is no number at the others
random-at-one-time: define("noise", e[t], standard_normal); define("m", m[1], e[3]); step(Var(m[t]), 0, "linearity")
random-at-one-time-algebra: define("m", m[1], e[3]); step(Var(m[t]), 0, "algebra")
random-at-one-time-independence: define("m", m[1], e[3]); step(Var(m[t]), 0, "independence")
random-at-one-time-mean: define("m", m[1], e[3]); step(E(m[t]), m[t], "linearity")
random-from-some-time-on: define("m", m[t + 2], e[t]); step(E(m[t] ** 2), m[t] ** 2, "linearity")
random-by-a-symbol: define("m", m[2], e[1]); define("b", al[t], c); step(E(m[s] * e[t]), m[s] * E(e[t]), "linearity")
random-state-at-one-time: define("m", m[1], x[3]); step(E(m[t], given=x[1]), m[t], "tower")
random-in-a-sum: define("m", m[1], e[3]); step(Var(Sum(m[s], (s, 1, T))), 0, "linearity")
# --- R4: an index called any
index-any:
    define("m", m[t], e[t] + Sum(e[s], (s, 1, t)))
    step(E(Limit(m[any_], any_) * e[1]), Limit(m[any_], any_) * E(e[1]), "linearity")
index-any-apart: step(I(g(x[any_]) * q(x[t]), x[t]), g(x[any_]), "marginalisation")
index-any-in-a-function:
    define("g", g(r, t), r * m[t]); step(I(q(x[any_]) * g(x[t], t), x[any_]), g(x[t], t), "marginalisation")
index-any-limit:
    step(E(Limit(x[any_] / any_, any_), q(x[any_])), Limit(x[any_] / any_, any_), "marginalisation")
# --- R5: a function whose formula hides something random
function-hides-a-noise: define("b", b, e[3]); define("g", g(r), b * r); step(E(g(r)), g(r), "linearity")
function-hides-a-noise-var: define("b", b, e[3]); define("g", g(r), b * r); step(Var(g(r)), 0, "linearity")
function-hides-a-state: define("b", b, x[1]); define("g", g(r), b * r); step(E(g(r), q(x[1])), g(r), "marginalisation")
function-hides-by-a-function:
    define("b", b, e[3]); define("h", h(r), b + r); define("g", g(r), h(r)); step(E(g(r)), g(r), "linearity")
function-hides-later: define("g", g(r), b * r); define("b", b, e[3]); step(E(g(r)), g(r), "linearity")
function-hides-a-member: define("m", m[1], e[3]); define("g", g(r, t), r * m[t]); step(E(g(r, t)), g(r, t), "linearity")
# --- R6: forward states built from backward ones
forward-from-backward:
    define("noise", zb[t], standard_normal); define("y", ys[t - 1], ys[t] + zb[t]); define("x", x[t], x[t - 1] + ys[t])
    step(E(zb[2] * x[2]), 0, "independence", "noise")
forward-from-a-copy:
    define("y", ys[t - 1], ys[t] + zb[t]); define("z", z[t], ys[t]); define("x", x[t], x[t - 1] + z[t])
backward-from-forward: define("x", x[t], x[t - 1] + e[t]); define("y", ys[t - 1], ys[t] + x[t] + zb[t])
backward-after-forward: define("x", x[t], x[t - 1] + ys[t]); define("y", ys[t - 1], ys[t] + zb[t])
both-at-once: define("x", x[t], ys[t] + e[t]); define("y", ys[t - 1], ys[t] + zb[t])
# --- R7: laws that contradict each other
circle-of-three:
    define("1", q(x[t] | ys[t]), N(x[t], ys[t], 1)); define("2", q(ys[t] | z[t]), N(ys[t], z[t], 1))
    define("3", q(z[t] | x[t]), N(z[t], x[t], 1))
two-free-times: define("1", q(x[t] | x[s]), N(x[t], x[s], 1))
two-free-times-of-two: define("1", q(x[t] | z[s]), N(x[t], z[s], 1))
span-of-one: gaussian_steps(); define("2", q(x[0] | x[1:1]), N(x[0], 0, 1))
span-back: gaussian_steps(); define("2", q(x[0] | x[1:2]), N(x[0], 0, 1))
product-beside-step: gaussian_steps(); define("2", q(x[1:2]), q(x[1]) * q(x[2]))
step-beside-product: define("2", q(x[1:2]), q(x[1]) * q(x[2])); gaussian_steps()
product-beside-step-later: gaussian_steps(); define("2", q(x[3:4]), q(x[3]) * q(x[4]))
product-skips: gaussian_steps(); define("2", q(x[0], x[2]), q(x[0]) * q(x[2]))
assumption-hidden-zero: gaussian_steps(); assume("2", q(x[t] | x[t - 1]), N(x[t], 0 * Phi(x[t - 1]), 1))
assumption-hidden-zero-back: gaussian_steps(); assume("2", q(x[0] | x[1]), N(x[0], 0 * Phi(x[1]), 1))
assumption-function: gaussian_steps(); assume("2", q(x[1] | x[0]), N(x[1], g(x[0]), 1))
assumptions-of-each-other:
    assume("1", q(x[1] | x[0]), N(x[1], Phi(x[0]), 1)); assume("2", q(x[0] | x[1]), N(x[0], Phi(x[1]), 1))
# --- R8: the right side of a definition exists
sum-ends-early: define("m", m[t], Sum(rate[s], (s, t, 8))); step(m[10], -rate[9], "definition", "m")
sum-ends-early-general: define("m", m[t], Sum(rate[s], (s, t, 8))); step(m[t], m[t + 1] + rate[t], "definition", "m")
product-ends-early: define("m", m[t], Product(rate[s], (s, t, 8))); step(m[10], 1 / rate[9], "definition", "m")
sum-begins-early: define("m", m[t], Sum(al[s], (s, 0, t))); step(m[1], al[1], "definition", "m")
member-too-early: define("m", m[t], al[t - 3]); step(m[1] - m[1], 0, "algebra"); step(m[2], m[2] + 1, "definition", "m")
function-of-early: define("g", g(r, t), r + Sum(rate[s], (s, t, 8))); step(g(r, 10), r - rate[9], "definition", "g")
assumed-early: assume("m", m[t], Sum(rate[s], (s, t, 8))); step(m[10], -rate[9], "definition", "m")
law-early: define("l", q(x[t] | x[t - 1]), N(x[t], Sum(m[s], (s, t, 8)), 1))
# --- R9: sums that print alike
sums-that-print-alike:
    step(Sum(ab[s] / (1 + ab[s]), (s, 0, T)), Fraction(1, 2) + Sum(ab[s], (s, 1, T)), "algebra")
sums-that-print-alike-telescoping:
    step(Sum(ab[s] / (1 + ab[s]), (s, 0, T)), Fraction(1, 2) + Sum(ab[s], (s, 1, T)), "telescoping")
products-that-print-alike:
    step(Product(ab[s] / (1 + ab[s]), (s, 0, T)), Product(ab[s], (s, 1, T)) / 2, "algebra")
sums-of-means: step(1 / (1 + Sum(E(e[s] ** 2), (s, 1, T)) - Sum(1 + E(e[s] ** 2), (s, 1, T))) ** 0 , 1, "algebra")
sums-of-means-below:
    k = 1 - T * v + Sum(v, (s, 1, T)) - Sum(E(e[s]), (s, 1, T)) + Sum(E(e[s] ** 2), (s, 1, T))
    step(a / k * k, a, "algebra")
# --- R10: an index may be zero, or less
sum-from-minus-one: step(Sum(sqrt(s**2), (s, -1, T)), Sum(1 * s, (s, -1, T)), "algebra")
sum-from-minus-two: step(Sum(sqrt(s**2), (s, -2, T)), Sum(1 * s, (s, -2, T)), "telescoping")
quotient-at-zero: chain("c", T / T, start=0).equals(1, by="algebra")
quotient-at-zero-in-a-sum: step(Sum(s / s, (s, 0, T)), T + 1, "algebra")
root-at-zero: chain("c", sqrt((T - Fraction(1, 2)) ** 2), start=0).equals(T - Fraction(1, 2), by="algebra")
log-at-zero: chain("c", log(T) - log(T), start=0).equals(0, by="algebra")
power-at-zero: chain("c", (1 * T) ** (-1) * T, start=0).equals(1, by="algebra")
noise-at-zero:
    e0 = X.noise("eta", start=0); define("n", e0[t], standard_normal)
    chain("c", E(e0[t] * x[0]), start=0).equals(0, by="independence", using="n")
noise-at-zero-alone:
    e0 = X.noise("eta", start=0)
    chain("c", E(e0[t] * x[0]), start=0).equals(E(e0[t]) * E(x[0]), by="independence")
gap-at-zero: chain("c", r, start=0).below(r + T, gap=1 * T)
gap-in-a-sum: chain("c", r).at_most(r + Sum(1 * s, (s, -5, T)), gap=Sum(1 * s, (s, -5, T)))
stretch-at-zero:
    half = Fraction(1, 2)
    chain("c", Sum(sqrt((s - half) ** 2), (s, t, T)), start=0).equals(Sum(s - half, (s, t, T)), by="algebra")
limit-from-below: step(Sum(sqrt((s - 3) ** 2), (s, 0, T)), Sum(s - 3, (s, 0, T)), "algebra")
# --- R11: two variables of integration
nested-square: k = I(I(Fraction(1, 10) - (y - u) ** 2, (y, 0, 1)), (u, 0, 1)); chain("c", r).at_most(r + k, gap=k)
nested-square-ends: k = I(I(Fraction(1, 10) - (y - u) ** 2, (y, 0, a)), (u, 0, a)); chain("c", r).at_most(r + k, gap=k)
nested-pole: step(I(I((y - u) / (y - u + Fraction(1, 9)), (y, 0, 1)), (u, 0, 1)) * 0, 0, "algebra")
nested-log: step(I(I(log(Fraction(1, 10) - (y - u) ** 2), (y, 0, 1)), (u, 0, 1)) * 0, 0, "algebra")
nested-half-lines:
    k = I(I((1 - (y - u) ** 2) * N(y, 0, 1) * N(u, 0, 1), (y, 0, None)), (u, 0, None))
    chain("c", r).at_most(r + k, gap=k)
# --- R12: an integral beside a density need not converge
fubini-beside-a-density:
    k = (x[0] - x[1]) * f(x[0] - x[1]) * q(x[2])
    step(I(I(k, x[0]), x[1]), I(I(k, x[1]), x[0]), "marginalisation")
fubini-exchange-beside-a-density:
    k = f(x[0] - x[1]) * (x[0]) * q(x[2]); step(I(I(k, x[0]), x[1]), I(I(k, x[1]), x[0]), "exchange")
fubini-functions:
    k = g(x[0], x[1]) * q(x[2]); step(I(I(k, x[0]), x[1]), I(I(k, x[1]), x[0]), "marginalisation")
fubini-split: k = g(x[0]) * q(x[2]); step(I(k - k, x[0]), I(k, x[0]) - I(k, x[0]), "marginalisation")
fubini-zero:
    k = (x[0] - x[1]) * f(x[0] - x[1]) * q(x[2])
    step(I(q(x[2]) * (f(x[0]) + f(x[0] + 1) - f(x[0])), x[0]), I(I(k, x[0]), x[1]), "marginalisation")
fubini-cancelled:
    k = g(x[0], x[1]) * q(x[0]) * q(x[1]) / q(x[1])
    step(I(I(k, x[1]), x[0]), I(I(k, x[0]), x[1]), "marginalisation")
fubini-of-conditions:
    k = g(x[0], x[1]) * q(x[0] | x[1]); step(I(I(k, x[1]), x[0]), I(I(k, x[0]), x[1]), "marginalisation")
fubini-of-both-conditions:
    k = g(x[0], x[1]) * q(x[0] | x[1]) * q(x[1] | x[0])
    step(I(I(k, x[1]), x[0]), I(I(k, x[0]), x[1]), "marginalisation")
# --- R13: limits whose fastest term depends on symbols
limit-of-exponentials: step(Limit((exp(v * T) + 2 * exp(a * T)) / (exp(v * T) + exp(a * T)), T), 2, "limit")
limit-of-exponentials-one: step(Limit((exp(v * T) + 2 * exp(a * T)) / (exp(v * T) + exp(a * T)), T), 1, "limit")
limit-of-powers: step(Limit((c**T + 2 * al[1] ** T) / (c**T + al[1] ** T), T), 2, "limit")
limit-of-powers-one: step(Limit((c**T + 2 * al[1] ** T) / (c**T + al[1] ** T), T), 1, "limit")
limit-of-symbols: step(Limit((exp(a * T) + 2 * exp(b * T)) / (exp(a * T) + exp(b * T)), T), 2, "limit")
limit-real: step(Limit(exp(r * T) / (1 + exp(r * T)), T), 1, "limit")
limit-log: step(Limit(log(exp(v * T) + exp(a * T)) / T, T), v, "limit")
limit-log-other: step(Limit(log(exp(v * T) + exp(a * T)) / T, T), a, "limit")
limit-difference: step(Limit(exp(v * T - a * T) / (1 + exp(v * T - a * T)), T), 1, "limit")
limit-no-quotient: step(Limit(exp((a - v) * T), T), 0, "limit")
limit-arctan: step(Limit(T ** 2 * (a - v) / (1 + T), T), 1, "limit")
# --- R14: symbols that hide the place
drift-hides-its-place:
    define("b", b, -Y); flow(b); step(D(I(y * p2(y, S), y), S), b * I(p2(y, S), y), "Itô", "flow")
drift-hides-its-place-later:
    flow(b); step(D(I(y * p2(y, S), y), S), b * I(p2(y, S), y), "Itô", "flow"); define("b", b, -Y)
    step(b, -Y, "definition", "b")
noise-hides-its-place: define("b", a, 1 + Y**2); flow(-Y, a)
drift-hides-by-a-function: define("g", g(r), r * Y); flow(g(S))
drift-hides-by-a-member: define("m", m[t], -Y); flow(m[1])
mean-hides-its-place: define("b", b, r**2); step(E(b, N(r, 0, 1)), b, "linearity")
mean-hides-its-place-integral: define("b", b, r**2); step(E(b, N(r, 0, 1)), b, "Gaussian integral")
mean-hides-by-two: define("b", b, r**2); define("m", m[t], b); step(E(m[t], N(r, 0, 1)), m[t], "linearity")
integral-hides-its-place: define("b", b, r**2); step(I(b, (r, 0, 1)), b, "integration")
integral-hides-at-one-time: define("m", m[1], r**2); step(I(m[t], (r, 0, 1)), m[t], "integration")
integral-hides-linearity: define("m", m[1], r**2); step(I(f(r) * m[t], r), m[t] * I(f(r), r), "linearity")
gap-hides-its-place: define("b", b, -r); step(I(b * f(r), r), b * I(f(r), r), "linearity")
substitution-hides: define("m", m[1], r); step(I(f(r) * m[t], r), I(f(r + 1) * m[t], r), "substitution")
parts-hides: define("m", m[1], r); step(I(m[t] * D(f(r), r), r), 0, "integration by parts")
# --- R15: a network written as a number
network-as-a-sequence: n = X.sequence("net_output"); step(E(e[t] * n[t]), n[t] * E(e[t]), "linearity")
network-as-latex: n = X.sequence("out", latex=r"\epsilon_\theta"); step(E(e[t] * n[t]), n[t] * E(e[t]), "linearity")
network-with-a-hat: n = X.symbol("guess", latex=r"\hat x"); step(E(e[t] * n), n * E(e[t]), "linearity")
network-called-score: n = X.symbol("score"); step(E(x[0] * n, q(x[0])), n * E(x[0], q(x[0])), "linearity")
network-called-model: n = X.sequence("model_out"); step(E(x[0] * n[t], q(x[0])), n[t] * E(x[0], q(x[0])), "linearity")
""",
    Roots,
    flow=flow,
    gaussian_steps=gaussian_steps,
    standard_normal=standard_normal,
)


@pytest.mark.parametrize("name", FALSE)
def test_falsehoods_are_refused(name):
    with pytest.raises(DeriveError):
        FALSE[name]()


@pytest.mark.parametrize("name", FALSE)
def test_the_prover_alone_refuses_them(name, monkeypatch):
    monkeypatch.setattr(verify, "refute", lambda goal: ())
    monkeypatch.setattr(verify, "refute_gap", lambda *_: None)
    with pytest.raises(DeriveError):
        FALSE[name]()
