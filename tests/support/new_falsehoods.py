"""Falsehoods that are aimed at the proof checker: at each root of a known hole, and at each justification.

KNOWN   forms in which a hostile referee got past the checker, as the referee described them
ROOTS   five new ones for each of the fifteen roots of those holes
RULES   five for each of twenty-three justifications
STATEMENTS  what would be true if the statements in Rocq were read carelessly

All but the last were written from the descriptions of the holes and of the rules, by somebody who had not read how the
checker works or how the holes were closed.  Each is false in a world that satisfies all of its definitions and
assumptions, or has definitions that no world satisfies; its name or the comment above it says why.  If a row has
several steps, they contradict one another, or the last does not follow, so that one of them at least must be refused.
"""

from __future__ import annotations

from tables import table

from derive import Integral
from derive.language.expr import wrap


def blind(setting, left, right, by, using=(), start=1):
    """The step with a harmless integral of one on both sides."""
    more = Integral(wrap(1), (setting.zeta, 0, 1))
    setting.step(left + more, right + more, by, using, start)


def nested(setting, left, right, by, using=(), start=1):
    """The step with a nested integral of one on both sides."""
    more = Integral(Integral(wrap(1), (setting.u, 0, 1)), (setting.zeta, 0, 1))
    setting.step(left + more, right + more, by, using, start)


HELPERS = {"blind": blind, "nested": nested}

KNOWN = table(
    r"""
# --- R1: an inner integral over an interval is no marginal
known-1-inner-interval: step(I(I(q(x[1] | x[0]), (x[1], 0, 1)) * q(x[0]), x[0]), 1, "marginalisation")
known-1-inner-interval-blinded: blind(I(I(q(x[1] | x[0]), (x[1], 0, 1)) * q(x[0]), x[0]), 1, "marginalisation")
known-1-half-line-of-a-gaussian:
    define("law", q(x[1] | x[0]), N(x[1], x[0], 1)); half = I(I(q(x[1] | x[0]), (x[1], 0, None)) * q(x[0]), x[0])
    step(half, 1, "marginalisation")
known-1-two-halves-make-two:
    left = I(I(q(x[1] | x[0]), (x[1], 0, None)) * q(x[0]), x[0])
    rest = I(I(q(x[1] | x[0]), (x[1], None, 0)) * q(x[0]), x[0]); step(left + rest, 2, "marginalisation")
# --- R2: the total mass is 1, but the density does not fall off in time; p may be stationary
known-2-the-time-integral-by-parts:
    assume("moves", f(r, b), Diffusion(r, b, -r, 1))
    step(I(f(r, u), u), -I(u * D(f(r, u), u), u), "integration by parts")
known-2-the-time-integral-by-parts-blinded:
    assume("moves", f(r, b), Diffusion(r, b, -r, 1))
    blind(I(f(r, u), u), -I(u * D(f(r, u), u), u), "integration by parts")
known-2-the-increase-over-all-time-is-nothing:
    assume("moves", f(r, b), Diffusion(r, b, -r, 1)); step(I(D(f(r, u), u), u), 0, "integration by parts")
known-2-no-mass-in-time:
    assume("moves", f(r, b), Diffusion(r, b, 0, 1))
    chain("one", D(I(f(y, b), y), b)).equals(0, by="Itô", using="moves")
    step(D(I(y**2 * f(y, b), y), b), 0, "Itô", "moves")
# --- R3: random at one literal time
known-3-variance-of-a-parameter: define("m", m[1], e[3]); step(Var(m[t]), 0, "linearity")
known-3-zero-is-one:
    define("m", m[1], eps[3]); chain("none", Var(m[t])).equals(0, by="linearity")
    step(wrap(1), Var(eps[3]), "definition", "noise").equals(Var(m[1]), by="definition", using="m").equals(0,
        by="result", using="none")
known-3-variance-of-a-parameter-blinded: define("m", m[1], eps[3]); blind(Var(m[t]), 0, "linearity")
# --- R4: an index that is named as the kernel's own
known-4-a-noise-at-any-time: (i,) = indices("any"); define("m", m[i], eps[i]); step(Var(m[t]), 0, "linearity")
known-4-a-noise-at-any-time-beside-itself:
    (i,) = indices("any"); define("m", m[i], eps[i]); step(E(m[t] * eps[t]), m[t] * E(eps[t]), "linearity")
known-4-any-time-is-every-time: (i,) = indices("any"); step(q(x[i]), q(x[t]), "Markov")
known-4-any-time-is-every-time-of-a-chain:
    (i,) = indices("any"); step(mk(x[i] | x[i - 1]), mk(x[t] | x[t - 1]), "Markov")
# --- R5: a function hides what is random
known-5-a-function-of-a-noise: define("b", b, e[3]); define("g", g(r), b * r); step(E(g(r)), g(r), "linearity")
known-5-a-function-of-a-noise-blinded:
    define("b", b, eps[3]); define("g", g(r), b * r); blind(E(g(r)), g(r), "linearity")
# --- R6: y[1] = y[2] + z[2] is made of z[2], and x[2] of y[2] and y[1]
known-6-forward-from-backward:
    n_ = noise("back", backward=True); define("law", n_[t], standard_normal); define("y", z[t - 1], z[t] + n_[t])
    define("x", x[t], x[t - 1] + z[t]); step(E(n_[2] * x[2]), 0, "independence", "law")
known-6-forward-from-backward-zero-is-one:
    n_ = noise("back", backward=True); define("law", n_[t], standard_normal); define("y", z[t - 1], z[t] + n_[t])
    define("x", x[t], x[t - 1] + z[t])
    step(E(n_[2] * x[2]), E(n_[2] * (x[1] + z[2])), "definition", "x").equals(0, by="independence", using="law")
    step(E(n_[2] * x[2]), 1, "independence", ("law", "x", "y"))
# --- R7: laws that contradict one another
known-7-a-circle-of-three:
    define("one", q(x[0] | x[1]), N(x[0], x[1], 1)); define("two", q(x[1] | x[2]), N(x[1], x[2], 1))
    define("three", q(x[2] | x[0]), N(x[2], x[0], 1)); step(wrap(1), 0, "Bayes", ("one", "two", "three"))
known-7-one-law-for-all-pairs:
    define("law", q(x[t] | x[s]), N(x[t], x[s], 1))
    step(E((x[2] - x[0]) ** 2, q(x[2] | x[0])), 2, "Gaussian integral", "law")
known-7-a-condition-that-is-a-span:
    define("step", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); define("odd", q(x[0] | x[1:1]), N(x[0], 0, 1))
    step(q(x[0] | x[1]) * q(x[1]), N(x[0], 0, 1) * q(x[1]), "definition", "odd")
known-7-independent-beside-the-step:
    define("step", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); define("joint", q(x[1:2]), q(x[1]) * q(x[2]))
    step(q(x[2] | x[1]), q(x[2]), "chain rule", "joint")
known-7-an-assumption-beside-a-function:
    assume("a", q(x[t]), N(x[t], 0 * Phi(x[t]), 1)); step(E(x[1], q(x[1])), 0, "Gaussian integral", "a")
    step(E(x[1] ** 2, q(x[1])), 2, "definition", "a")
# --- R8: a[9] would be a sum from 9 to 8
known-8-a-sum-that-runs-backwards:
    define("m", m[t], Sum(rate[s], (s, t, 8))); step(m[9], 0, "definition", "m")
    step(m[10], -rate[9], "definition", "m"); step(m[10], 0, "definition", "m")
# --- R9: two sums whose bodies look alike
known-9-the-head-of-a-sum: step(Sum(ab[s] / (1 + ab[s]), (s, 0, T)), Fraction(1, 2) + Sum(ab[s], (s, 1, T)), "algebra")
known-9-the-head-of-a-sum-by-telescoping:
    step(Sum(ab[s] / (1 + ab[s]), (s, 0, T)), Fraction(1, 2) + Sum(ab[s], (s, 1, T)), "telescoping")
known-9-the-head-of-a-sum-blinded:
    blind(Sum(ab[s] / (1 + ab[s]), (s, 0, T)), Fraction(1, 2) + Sum(ab[s], (s, 1, T)), "telescoping")
# --- R10: indices that are zero or negative
known-10-roots-of-squares: step(Sum(sqrt(s**2), (s, -1, T)), Sum(s, (s, -1, T)), "algebra")
known-10-a-quotient-at-zero: step(T / T, 1, "algebra", start=0)
known-10-a-quotient-at-zero-blinded: blind(T * (1 / T), 1, "algebra", start=0)
known-10-a-start-that-is-ignored: step(Sum(wrap(1), (s, 1, t)) / t, 1, "algebra", start=0)
# --- R11: ∫∫ (y − u)² over the unit square is 1/6
known-11-one-dummy-for-two:
    G = I(I(Fraction(1, 10) - (y - u) ** 2, (y, 0, 1)), (u, 0, 1)); chain("x", r).at_most(r + G, gap=G)
# --- R12: the order of two integrals, one of which diverges
known-12-order-beside-a-density:
    k = N(y, u, 1) - N(y, u + 1, 1)
    step(I(I(q(x[2]) * k, u), (y, 0, None)), I(I(q(x[2]) * k, (y, 0, None)), u), "marginalisation")
known-12-order-beside-a-density-by-exchange:
    k = N(y, u, 1) - N(y, u + 1, 1); step(I(I(q(x[2]) * k, u), (y, 0, None)), q(x[2]), "exchange")
# --- R13: the limit is 1 for v > w
known-13-a-limit-of-two-exponentials:
    step(Limit((exp(r * T) + 2 * exp(b * T)) / (exp(r * T) + exp(b * T)), T), 2, "limit")
known-13-a-limit-of-two-exponentials-nested:
    nested(Limit((exp(v * T) + 2 * exp(a * T)) / (exp(v * T) + exp(a * T)), T), 2, "limit")
# --- R14: a symbol that stands for the place
known-14-the-drift-is-a-symbol:
    define("b", b, -r); d_ = symbol("clock"); assume("moves", f(r, d_), Diffusion(r, d_, b, 1))
    step(D(I(y * f(y, d_), y), d_), b * I(f(y, d_), y), "Itô", "moves")
known-14-the-square-of-the-place: define("b", b, r**2); step(E(b, N(r, 0, 1)), b, "linearity")
known-14-the-square-of-the-place-blinded: define("b", b, r**2); blind(E(b, N(r, 0, 1)), b, "Gaussian integral")
# --- R15: what a network says of a noisy state
known-15-a-network-of-the-state:
    define("x", x[t], x[t - 1] + eps[t]); define("net", m[t], net(x[t], t))
    step(E(eps[t] * m[t]), m[t] * E(eps[t]), "linearity", "noise")
known-15-a-network-of-the-state-blinded:
    define("x", x[t], x[t - 1] + eps[t]); define("net", m[t], net(x[t], t))
    blind(E(eps[t] * m[t]), 0, "independence", "noise")
""",
    **HELPERS,
)

ROOTS = table(
    r"""
# --- R1: an interval is dropped, and what is left over looks like a marginal
r1-a-half-line-given-a-state: step(E(I(q(x[1] | x[0]), (x[1], 0, None)), q(x[0])), 1, "marginalisation")
r1-the-outer-interval: step(I(I(q(x[0], x[1]), x[1]), (x[0], 0, 1)), 1, "marginalisation")
r1-an-interval-of-a-joint-density: step(I(q(x[0], x[1]), (x[1], 0, 1)), q(x[0]), "marginalisation")
r1-another-interval:
    step(I(I(q(x[1] | x[0]), (x[1], 0, 1)) * q(x[0]), x[0]), I(q(x[1]), (x[1], 0, 2)), "marginalisation")
r1-an-interval-in-the-middle-of-a-chain:
    step(I(mk(x[2] | x[1]) * mk(x[1] | x[0]), (x[1], 0, 1)), mk(x[2] | x[0]), "Markov")
# --- R2: with the drift −r and the noise √2, N(r, 0, 1) is a density for all times, constant in time
r2-by-parts-on-half-of-all-times:
    assume("moves", f(r, b), Diffusion(r, b, -r, sqrt(2)))
    step(I(u * D(f(r, u), u), (u, 0, None)), -I(f(r, u), (u, 0, None)), "integration by parts")
r2-it-vanishes-at-late-times:
    assume("moves", f(r, b), Diffusion(r, b, -r, sqrt(2))); step(Limit(f(r, T), T), 0, "limit")
# N(r, exp(−s), 1) moves so, and changes from 0 to N(r, 0, 1)
r2-what-it-gains-over-all-times:
    assume("moves", f(r, b), Diffusion(r, b, -r, sqrt(2)))
    step(I(D(f(r, u), u), u), 0, "integration by parts", "moves")
r2-a-factor-of-time-by-parts:
    assume("moves", f(r, b), Diffusion(r, b, -r, sqrt(2)))
    step(I(g(u) * D(f(r, u), u), u), -I(g.prime(u) * f(r, u), u), "integration by parts", "moves")
r2-the-mean-stands-still:
    assume("moves", f(r, b), Diffusion(r, b, -r, sqrt(2))); step(D(I(y * f(y, b), y), b), 0, "Itô", "moves")
# --- R3: a parameter that is random at one time only
r3-the-variance-at-any-time: define("one", m[3], 2 * eps[3] + 1); step(Var(m[t]), 0, "linearity")
r3-out-of-a-mean: define("one", m[1], x[1]); step(E(m[t] * x[t]), m[t] * E(x[t]), "linearity")
r3-beside-its-own-noise:
    define("one", m[2], 2 * eps[2]); step(E(m[s] * eps[s]), m[s] * E(eps[s]), "independence", "noise")
r3-out-of-an-integral:
    define("one", m[1], x[0] ** 2); step(I(f(x[0]) * m[t], x[0]), m[t] * I(f(x[0]), x[0]), "linearity")
r3-in-a-sum-over-all-times:
    define("one", rate[4], exp(eps[4])); step(Var(Sum(rate[s], (s, 1, T))), 0, "linearity", start=4)
# --- R4: indices with names that a program might keep for itself
r4-all-members-are-the-same: (i,) = indices("any"); step(Sum(m[i], (i, 1, T)), T * m[T], "algebra")
r4-one-transition-for-another:
    (i,) = indices("any"); step(q(x[i] | x[i - 1], x[0]), q(x[t] | x[t - 1], x[0]), "chain rule", start=2)
r4-one-member-for-another: (i,) = indices("ANY"); step(m[i] * log(q(x[i])), m[t] * log(q(x[t])), "algebra")
r4-the-start-is-forgotten: (i,) = indices("step"); step(mk(x[i] | x[0]), mk(x[i]), "Markov", start=2)
# i may be t
r4-two-times-that-may-meet: (i,) = indices("any"); step(E(eps[i] * eps[t]), 0, "independence", "noise")
# --- R5: randomness that a function or a symbol of a function hides
r5-its-mean: define("b", b, eps[3]); define("g", g(r), r + b); step(E(g(a)), g(a), "linearity")
r5-its-variance: define("b", b, x[1]); define("g", g(r), b * r); step(Var(g(r)), 0, "linearity")
r5-beside-the-state-that-it-hides:
    define("b", b, x[0]); define("h", h(r), r + b); step(E(h(1) * x[0]), h(1) * E(x[0]), "linearity")
r5-through-two-functions:
    define("b", b, eps[1]); define("h", h(r), r * b); define("g", g(r), h(r) + 1); step(E(g(2)), g(2), "linearity")
# the mean is a
r5-beside-the-noise-that-it-hides:
    define("b", b, eps[1]); define("g", g(r), b * r); step(E(g(a) * eps[1]), 0, "independence", "noise")
# --- R6: forward states in which backward noises are hidden
r6-the-state-before:
    n_ = noise("back", backward=True); define("law", n_[t], standard_normal); define("y", z[t - 1], z[t] + n_[t])
    define("x", x[t], x[t - 1] + z[t - 1]); step(E(n_[1] * x[1]), 0, "independence", "law")
r6-behind-a-symbol:
    n_ = noise("back", backward=True); define("law", n_[t], standard_normal); define("y", z[t - 1], z[t] + n_[t])
    define("r", r, z[0]); define("x", x[t], x[t - 1] + r); step(E(n_[1] * x[1]), 0, "independence", "law")
r6-behind-a-function:
    n_ = noise("back", backward=True); define("law", n_[t], standard_normal); define("y", z[t - 1], z[t] + n_[t])
    define("g", g(r), r * z[0]); define("x", x[t], x[t - 1] + g(1)); step(E(n_[1] * x[1]), 0, "independence", "law")
r6-a-backward-noise-in-a-forward-state: n_ = noise("back", backward=True); define("law", n_[t], standard_normal)
    define("x", x[t], x[t - 1] + n_[t]); step(E(n_[t] * x[t]), 0, "independence", "law")
r6-behind-a-sequence:
    n_ = noise("back", backward=True); define("law", n_[t], standard_normal); define("y", z[t - 1], z[t] + n_[t])
    define("m", m[t], 2 * z[t - 1]); define("x", x[t], x[t - 1] + m[t]); step(E(n_[t] * x[t]), 0, "independence", "law")
# --- R7: laws of which there is no example
r7-a-product-of-three-beside-a-step:
    define("step", q(x[2] | x[1]), N(x[2], x[1], 1)); define("joint", q(x[0:2]), p(x[0]) * p(x[1]) * p(x[2]))
    step(q(x[2] | x[1]), p(x[2]), "chain rule", "joint")
r7-the-same-variance-in-both-directions:
    define("one", q(x[1] | x[0]), N(x[1], x[0], 1)); define("two", q(x[0] | x[1]), N(x[0], x[1], 1))
    step(q(x[0]), q(x[1]), "Bayes", ("one", "two"))
r7-one-marginal-for-a-walk-that-spreads:
    define("one", q(x[0]), N(x[0], 0, 1)); define("two", q(x[1]), N(x[1], 0, 1))
    define("three", q(x[1] | x[0]), N(x[1], x[0], 1)); step(E(x[1] ** 2, q(x[1])), 1, "Gaussian integral", "two")
    step(E(x[1] ** 2, q(x[1])), E(E(x[1] ** 2, q(x[1] | x[0])), q(x[0])), "tower").equals(2,
        by="Gaussian integral", using=("one", "three"))
r7-an-assumed-law-and-a-defined-one:
    assume("one", q(x[1] | x[0]), N(x[1], x[0], 1)); define("two", q(x[1] | x[0]), N(x[1], x[0], 2))
    step(E((x[1] - x[0]) ** 2, q(x[1] | x[0])), 1, "Gaussian integral", "one").equals(2, by="Gaussian integral",
        using="two")
r7-two-steps-as-wide-as-one:
    define("one", mk(x[t] | x[t - 1]), N(x[t], x[t - 1], 1)); define("two", mk(x[2] | x[0]), N(x[2], x[0], 1))
    step(E((x[2] - x[0]) ** 2, mk(x[2] | x[0])), 1, "Gaussian integral", "two").equals(2, by="Markov", using="one")
# --- R8: right sides that do not exist at all times
r8-a-sum-that-ends-before-it-begins:
    define("m", m[t], Sum(rate[s], (s, t, 5))); step(m[7] - m[8], rate[7], "definition", "m")
    step(m[7] - m[8], 0, "definition", "m")
r8-a-logarithm-of-what-becomes-negative: define("m", m[t], log(2 - t)); step(exp(m[3]), -1, "definition", "m")
r8-a-root-of-what-becomes-negative: define("m", m[t], sqrt(3 - t)); step(m[4] ** 2, -1, "definition", "m")
# 0 at t = 3
r8-a-pole-at-one-time: define("m", m[t], 1 / (t - 3)); step(m[t] * (t - 3), 1, "definition", "m")
r8-a-product-that-ends-before-it-begins:
    define("m", m[t], Product(al[s], (s, 3, t))); step(m[1] * al[2], 1, "definition", "m")
    step(m[1], 1, "definition", "m")
# --- R9: the first term is taken out, and the others lose their form
r9-roots: step(Sum(sqrt(ab[s]), (s, 0, T)), 1 + Sum(ab[s], (s, 1, T)), "telescoping")
r9-squares: step(Sum(m[s] ** 2, (s, 1, T)), m[1] ** 2 + Sum(m[s], (s, 2, T)), "telescoping")
r9-a-product: step(Product(1 + ab[s], (s, 0, T)), 2 * Product(ab[s], (s, 1, T)), "algebra")
r9-logarithms: step(Sum(log(ab[s]), (s, 0, T)), Sum(ab[s] - 1, (s, 1, T)), "telescoping")
r9-two-sums-at-once: step(Sum(exp(ab[s]), (s, 0, T)) - Sum(ab[s], (s, 0, T)), exp(wrap(1)) - 1 + 0 * T, "telescoping")
# --- R10: times that are zero
r10-a-root-of-a-square-at-zero: step(sqrt((t - 1) ** 2), t - 1, "algebra", start=0)
r10-a-sum-of-roots-from-zero: step(Sum(sqrt(s**2 - 2 * s + 1), (s, 0, T)), Sum(s - 1, (s, 0, T)), "algebra")
# 0 at t = 0
r10-a-factor-cancelled-at-zero: step(t * rate[t] * (1 / t), rate[t], "algebra", start=0)
r10-a-noise-at-zero-and-its-state:
    n_ = noise("early", start=0); define("law", n_[t], standard_normal); define("x", x[0], 2 * n_[0])
    step(E(n_[0] * x[0]), 0, "independence", "law")
# the product is 0, so that the quotient is not 1
r10-a-product-from-zero: step(Product(s, (s, 0, T)) * (1 / Product(s, (s, 0, T))), 1, "algebra")
# --- R11: positive where the variables are equal, negative in the mean
r11-a-square-of-a-difference:
    G = I(I(Fraction(1, 8) - (y - u) ** 2, (y, 0, 1)), (u, 0, 1)); chain("x", r).at_most(r + G, gap=G)
r11-a-difference: G = I(I(y - u, (y, 0, 1)), (u, 0, 2)); chain("x", r).at_most(r + G, gap=G)
# its mean over the square is 0.861 − 0.9
r11-a-bell-of-a-difference:
    G = I(I(exp(-((y - u) ** 2)) - Fraction(9, 10), (y, 0, 1)), (u, 0, 1)); chain("x", r).at_most(r + G, gap=G)
r11-sums: G = Sum(Sum(1 - (s - t) ** 2, (s, 1, 4)), (t, 1, 4)); chain("x", r).at_most(r + G, gap=G)
r11-a-product-less-a-square: G = I(I(y * u - y**2, (y, 0, 1)), (u, 0, 1)); chain("x", r).at_most(r + G, gap=G)
# --- R12: what diverges, beside a density
# +π/4 and −π/4
r12-the-classic-beside-a-density:
    k = (y**2 - u**2) / (y**2 + u**2) ** 2
    step(I(I(q(x[2]) * k, (y, 1, None)), (u, 1, None)), I(I(q(x[2]) * k, (u, 1, None)), (y, 1, None)), "exchange")
r12-over-the-condition: step(I(q(x[1] | x[0]), x[0]), 1, "marginalisation")
# the left side is 0, the right side q(x₂)
r12-a-moved-bell-as-fubini:
    k = f(y - u) - f(y - u - 1)
    step(I(I(q(x[2]) * k, u), (y, 0, None)), I(I(q(x[2]) * k, (y, 0, None)), u), "exchange")
# ∫ 1 dx₁
r12-a-density-over-itself: step(E(1 / q(x[1]), q(x[1])), 1, "marginalisation")
r12-a-difference-of-two-that-diverge:
    step(I(q(x[0]) * g(y + 1) - q(x[0]) * g(y), y), 0, "marginalisation")
# --- R13: limits that depend on signs
r13-three-to-one: step(Limit((exp(r * T) + 3 * exp(b * T)) / (exp(r * T) + exp(b * T)), T), 3, "limit")
r13-a-logistic-function: step(Limit(exp(r * T) / (1 + exp(r * T)), T), 1, "limit")
r13-a-power: step(Limit(a**T / (1 + a**T), T), 1, "limit")
r13-a-sign: step(Limit(r * T / (1 + sqrt(r**2 * T**2)), T), 1, "limit")
# 1 for a < v only
r13-the-faster-of-two: step(Limit((exp(-a * T) + exp(-v * T)) / exp(-a * T), T), 1, "limit")
# --- R14: symbols that stand for the place
r14-an-exponential: define("b", b, exp(r)); step(I(b * N(r, 0, 1), r), b * I(N(r, 0, 1), r), "linearity")
r14-the-drift: d_ = symbol("clock"); define("b", b, -2 * r + 1); assume("moves", f(r, d_), Diffusion(r, d_, b, 1))
    step(D(I(y * f(y, d_), y), d_), b, "Itô", "moves")
r14-a-function-of-another-place: define("g", g(b), b * r); step(E(g(a), N(r, 0, 1)), g(a), "linearity")
r14-the-variance: define("v", v, 1 + r**2); step(E(r**2, N(r, 0, v)), v, "Gaussian integral")
# 4 r³
r14-under-a-derivative: define("b", b, r**3); step(D(b * r, r), b, "differentiation")
# --- R15: networks are functions of random states
r15-out-of-a-mean:
    define("x", x[t], x[t - 1] + eps[t]); step(E(eps[t] * net(x[t], t)), net(x[t], t) * E(eps[t]), "linearity", "noise")
r15-independent-of-the-noise-in-its-state:
    define("x", x[t], x[t - 1] + eps[t]); step(E(eps[t] * net(x[t], t)), 0, "independence", "noise")
r15-no-variance:
    define("x", x[t], x[t - 1] + eps[t]); define("net", m[t], net(x[t], t)); step(Var(m[t]), 0, "linearity")
r15-the-loss-without-its-cross-term:
    define("x", x[t], x[t - 1] + eps[t])
    step(E((eps[t] - net(x[t], t)) ** 2), 1 + E(net(x[t], t) ** 2), "independence", "noise")
r15-a-symbol-for-it:
    define("x", x[t], x[t - 1] + eps[t]); define("b", b, net(x[1], 1))
    step(E(b * eps[1]), b * E(eps[1]), "linearity", "noise")
""",
    **HELPERS,
)

RULES = table(
    r"""
# --- definition
definition-another-time: define("m", m[t], 2 * r * t); step(m[t + 1], 2 * r * t, "definition", "m")
definition-the-member-itself: define("m", m[t], al[t] * m[t - 1]); step(m[3], al[3] * m[3], "definition", "m")
definition-another-argument: define("g", g(r), r**2 + b); step(g(2 * r), 2 * r**2 + b, "definition", "g")
definition-two-steps-as-one:
    define("q", q(x[t] | x[t - 1]), N(x[t], c * x[t - 1], v))
    step(q(x[2] | x[0]), N(x[2], c * x[0], v), "definition", "q")
definition-a-quotient-of-neighbours:
    define("ab", ab[t], Product(al[s], (s, 1, t))); step(ab[t] / ab[t - 1], al[t - 1], "definition", "ab", start=2)
# --- algebra
algebra-a-cube: step((a - v) ** 3, a**3 - 3 * a**2 * v + 3 * a * v**2 + v**3, "algebra")
algebra-a-root-of-a-sum: step(sqrt(a**2 + v**2), a + v, "algebra")
algebra-a-logarithm-of-a-sum: step(log(a + v) - log(v), log(a / v + v), "algebra")
algebra-a-product-of-exponentials: step(exp(r) * exp(b), exp(r * b), "algebra")
algebra-a-root-of-a-negative-number: step(sqrt((c - 1) ** 2), c - 1, "algebra")
# --- linearity
linearity-a-square: step(E(r * x[1] ** 2 + b, q(x[1])), r * E(x[1], q(x[1])) ** 2 + b, "linearity")
linearity-a-mass-that-is-not-one: step(I((y + 1) * f(y), y), I(y * f(y), y) + 1, "linearity")
linearity-equal-terms: step(E(Sum(m[s] * x[s], (s, 1, T)), q(x[1:T])), T * E(m[1] * x[1], q(x[1])), "linearity")
linearity-the-condition-averaged:
    step(E(x[0] * x[1], q(x[1] | x[0])), E(x[0], q(x[0])) * E(x[1], q(x[1] | x[0])), "linearity")
linearity-a-square-of-a-noise: step(E(eps[t] ** 2 + 2 * eps[t]), E(eps[t]) ** 2 + 2 * E(eps[t]), "linearity")
# --- Markov
markov-a-bridge: step(mk(x[1] | x[0], x[2]), mk(x[1] | x[2]), "Markov")
markov-two-given-the-same: step(mk(x[1], x[2] | x[0]), mk(x[1] | x[0]) * mk(x[2] | x[0]), "Markov")
markov-a-state-that-is-left-out: step(mk(x[0], x[2]), mk(x[0]) * mk(x[2] | x[1]), "Markov")
markov-another-condition: step(mk(x[t] | x[t - 2]), mk(x[t] | x[t - 1]), "Markov", start=2)
markov-the-other-side: step(mk(x[t - 1] | x[t + 1], x[0]), mk(x[t - 1] | x[t + 1]), "Markov", start=2)
# --- chain rule
chain-rule-both-conditional: step(q(x[0], x[1]), q(x[0] | x[1]) * q(x[1] | x[0]), "chain rule")
chain-rule-as-if-it-were-a-chain: step(q(x[1:T] | x[0]), Product(q(x[s] | x[s - 1]), (s, 1, T)), "chain rule")
chain-rule-the-middle-is-skipped: step(q(x[0], x[1], x[2]), q(x[0]) * q(x[1] | x[0]) * q(x[2] | x[0]), "chain rule")
chain-rule-two-marginals: step(log(q(x[1] | x[0])), log(q(x[1])) - log(q(x[0])), "chain rule")
chain-rule-the-condition-is-lost: step(q(x[1] | x[0], x[2]), q(x[1], x[2] | x[0]) / q(x[2]), "chain rule")
# --- marginalisation
marginalisation-the-condition: step(I(q(x[1] | x[0]) * q(x[0]), x[0]), q(x[1] | x[0]), "marginalisation")
marginalisation-another-prior: step(I(q(x[1] | x[0]) * p(x[0]), x[0]), q(x[1]), "marginalisation")
marginalisation-inside-a-logarithm:
    step(E(log(q(x[1] | x[0])), q(x[0], x[1])), E(log(q(x[1])), q(x[1])), "marginalisation")
marginalisation-a-factor-of-the-variable: step(I(x[0] * q(x[0], x[1]), x[0]), x[0] * q(x[1]), "marginalisation")
marginalisation-of-a-square: step(I(q(x[0], x[1]) ** 2, x[1]), q(x[0]) ** 2, "marginalisation")
# --- Bayes
bayes-the-prior-upside-down: step(q(x[0] | x[1]), q(x[1] | x[0]) * q(x[1]) / q(x[0]), "Bayes")
bayes-as-if-it-were-a-chain: step(q(x[1] | x[2], x[0]), q(x[2] | x[1]) * q(x[1] | x[0]) / q(x[2] | x[0]), "Bayes")
bayes-the-likelihood-of-another-model: step(q(x[0] | x[1]), p(x[1] | x[0]) * q(x[0]) / q(x[1]), "Bayes")
bayes-the-evidence-added: step(log(q(x[0] | x[1])), log(q(x[1] | x[0])) + log(q(x[0])) + log(q(x[1])), "Bayes")
bayes-the-evidence-forgotten: step(q(x[0] | x[1]) / q(x[0]), q(x[1] | x[0]), "Bayes")
# --- tower
tower-beside-a-later-state: step(E(E(x[0], given=x[1]) * x[2]), E(x[0] * x[2]), "tower")
tower-a-square-inside: step(E(E(x[2] ** 2, given=x[1])), E(E(x[2], given=x[1]) ** 2), "tower")
tower-a-condition-that-is-forgotten: step(E(E(x[2], q(x[2] | x[1])), q(x[1] | x[0])), E(x[2], q(x[2] | x[0])), "tower")
tower-the-wrong-condition-stays: step(E(E(x[0], given=(x[1], x[2])), given=x[2]), E(x[0], given=x[1]), "tower")
tower-two-models: step(E(E(x[1], p(x[1] | x[0])), q(x[0])), E(x[1], q(x[1])), "tower")
# --- independence
# 3 and 1
independence-a-product-of-shifted-noises:
    step(Var((1 + eps[1]) * (1 + eps[2])), Var(1 + eps[1]) * Var(1 + eps[2]), "independence", "noise")
independence-factors-that-are-not-squared:
    step(Var(r * eps[1] + b * eps[2]), r * Var(eps[1]) + b * Var(eps[2]), "independence")
independence-a-fourth-power: step(E((eps[1] + eps[2]) ** 4), E(eps[1] ** 4) + E(eps[2] ** 4), "independence", "noise")
independence-one-noise-twice: step(Var(eps[1] + 2 * eps[1]), Var(eps[1]) + 4 * Var(eps[1]), "independence", "noise")
independence-an-earlier-noise-in-a-state:
    define("x", x[t], c * x[t - 1] + eps[t]); step(E(x[2] * eps[1]), 0, "independence", "noise")
# --- Jensen
jensen-as-an-equality: step(E(log(f(x[0])), q(x[0])), log(E(f(x[0]), q(x[0]))), "Jensen")
jensen-the-gap-of-another-model: step(log(q(x[1])), E(log(q(x[1] | x[0])), p(x[0])) + KL(p(x[0]), q(x[0])), "Jensen")
jensen-the-divergence-turned-round:
    step(log(p(x[0])), E(log(p(x[0], x[1]) / q(x[1] | x[0])), q(x[1] | x[0])) + KL(p(x[1] | x[0]), q(x[1] | x[0])),
        "Jensen")
jensen-the-gap-with-the-wrong-sign:
    step(log(p(x[0])), E(log(p(x[0], x[1]) / q(x[1] | x[0])), q(x[1] | x[0])) - KL(q(x[1] | x[0]), p(x[1] | x[0])),
        "Jensen")
jensen-an-exponential: step(E(exp(x[1]), q(x[1])), exp(E(x[1], q(x[1]))), "Jensen")
# --- gaps
gap-a-difference-of-divergences: G = KL(q(x[1]), p(x[1])) - KL(p(x[1]), q(x[1])); chain("x", r).at_most(r + G, gap=G)
gap-a-mean-of-a-logarithm: G = E(log(f(x[1])), q(x[1])); chain("x", r).at_most(r + G, gap=G)
# −1/4 at a = 1/2
gap-a-quadratic: G = a**2 - a; chain("x", r).at_most(r + G, gap=G)
gap-a-sum-that-may-be-empty: G = Sum(rate[s], (s, 2, T)); chain("x", r).below(r + G, gap=G)
gap-a-divergence-that-may-vanish: G = KL(q(x[1]), p(x[1])); chain("x", r).below(r + G, gap=G)
# --- Gaussian integral
gaussian-a-fourth-moment: step(E(y**4, N(y, 0, v)), v**2, "Gaussian integral")
gaussian-an-exponential: step(E(exp(y), N(y, r, v)), exp(r + v), "Gaussian integral")
gaussian-a-divergence-without-its-half: step(KL(N(y, r, 1), N(y, b, 1)), (r - b) ** 2, "Gaussian integral")
gaussian-variances-multiplied: step(I(N(y, r, v) * N(y, b, d), y), N(r, b, v * d), "Gaussian integral")
gaussian-a-third-moment: step(E(y**3, N(y, r, v)), r**3 + v * r, "Gaussian integral")
# --- integration
integration-a-logarithm: step(I(1 / (1 + y), (y, 0, a)), log(a), "integration")
integration-the-ends-swapped: step(I(exp(-y), (y, 0, a)), exp(-a) - 1, "integration")
integration-a-power: step(I(y**2, (y, 0, r)), r**2 / 2, "integration")
integration-through-a-pole: step(I(1 / y**2, (y, -1, 1)), -2, "integration")
integration-a-product: step(I(y * exp(y), (y, 0, 1)), I(y, (y, 0, 1)) * I(exp(y), (y, 0, 1)), "integration")
# --- differentiation
differentiation-an-inner-derivative: step(D(g(r**2), r), g.prime(r**2), "differentiation")
differentiation-the-sign-of-a-score: step(D(log(N(r, b, v)), r), (r - b) / v, "differentiation")
differentiation-an-exponent: step(D(exp(r * b), r), exp(r * b), "differentiation")
differentiation-a-root: step(D(sqrt(f(r)), r), 1 / (2 * sqrt(f(r))), "differentiation")
differentiation-a-product-twice:
    step(D(D(f(r) * w(r), r), r), D(D(f(r), r), r) * w(r) + f(r) * D(D(w(r), r), r), "differentiation")
# --- exchange
exchange-an-end-that-moves: step(D(I(g(y), (y, 0, r)), r), I(D(g(y), r), (y, 0, r)), "exchange")
exchange-an-end-that-moves-too: step(D(I(g(r * y), (y, 0, r)), r), I(y * g.prime(r * y), (y, 0, r)), "exchange")
exchange-a-triangle: step(I(I(g(y) * h(u), (y, 0, u)), (u, 0, 1)), I(I(g(y) * h(u), (u, 0, y)), (y, 0, 1)), "exchange")
exchange-the-sign-of-a-score: step(D(E(g(y), N(y, r, v)), r), E(g(y) * D(log(N(y, r, v)), y), N(y, r, v)), "exchange")
exchange-a-factor-that-is-lost: step(D(I(f(y) * exp(r * y), y), r), I(f(y) * exp(r * y), y), "exchange")
# --- integration by parts
parts-an-end-at-zero: step(I(f.prime(y), (y, 0, None)), 0, "integration by parts")
parts-both-ends: step(I(g.prime(y) * h(y), (y, 0, 1)), -I(g(y) * h.prime(y), (y, 0, 1)), "integration by parts")
parts-the-variance-is-forgotten: step(E(g.prime(y), N(y, r, v)), E(g(y) * (y - r), N(y, r, v)), "integration by parts")
parts-a-factor-of-two: step(I(y**2 * f.prime(y), y), -I(y * f(y), y), "integration by parts")
parts-a-sign: step(I(D(f(y) * w(y), y) * h(y), y), I(f(y) * w(y) * h.prime(y), y), "integration by parts")
# --- substitution
substitution-the-factor-upside-down: step(I(f(2 * u), u), 2 * I(f(y), y), "substitution")
substitution-the-ends-reflected: step(I(f(-u), (u, 0, 1)), I(f(y), (y, 0, 1)), "substitution")
substitution-one-end-moved: step(I(g(u + r), (u, 0, 1)), I(g(y), (y, r, 1)), "substitution")
substitution-a-square: step(I(f(u**2), (u, 0, 1)), I(f(y), (y, 0, 1)), "substitution")
substitution-the-standard-deviation-as-variance: step(E(g(a * y + r), N(y, 0, 1)), E(g(u), N(u, r, a)), "substitution")
# --- reparameterisation
reparameterisation-a-variance: step(E(g(y), N(y, r, a**2)), E(g(r + a**2 * zeta), N(zeta, 0, 1)), "reparameterisation")
reparameterisation-two-noises-for-one:
    step(E(g(y) * h(y), N(y, 0, v)), E(g(sqrt(v) * zeta), N(zeta, 0, 1)) * E(h(sqrt(v) * zeta), N(zeta, 0, 1)),
        "reparameterisation")
reparameterisation-the-mean-is-scaled:
    step(E(g(y), N(y, r, v)), E(g(sqrt(v) * (r + zeta)), N(zeta, 0, 1)), "reparameterisation")
reparameterisation-the-mean-is-added-again:
    step(E(g(y - r), N(y, r, v)), E(g(sqrt(v) * zeta + r), N(zeta, 0, 1)), "reparameterisation")
reparameterisation-a-derivative:
    step(D(E(g(y), N(y, r, v)), v), E(g.prime(r + sqrt(v) * zeta), N(zeta, 0, 1)), "reparameterisation")
# --- Itô
itô-half-a-square:
    assume("moves", f(r, b), Diffusion(r, b, 0, a)); step(D(I(y**2 * f(y, b), y), b), a**2 / 2, "Itô", "moves")
itô-the-noise-for-its-square:
    assume("moves", f(r, b), Diffusion(r, b, 0, a)); step(D(I(y**2 * f(y, b), y), b), a, "Itô", "moves")
itô-the-ordinary-chain-rule:
    assume("moves", f(r, b), Diffusion(r, b, g(r), a))
    step(D(I(h(y) * f(y, b), y), b), I(g(y) * h.prime(y) * f(y, b), y), "Itô", "moves")
itô-the-drift-of-the-mean:
    assume("moves", f(r, b), Diffusion(r, b, g(r), a))
    step(D(I(y * f(y, b), y), b), g(I(y * f(y, b), y)), "Itô", "moves")
itô-another-density:
    assume("moves", f(r, b), Diffusion(r, b, -r, a)); step(D(I(y * w(y, b), y), b), -I(y * w(y, b), y), "Itô", "moves")
# --- test functions
test-functions-a-constant-one:
    chain("weak", I(y * f.prime(y), y)).equals(-I(f(y), y), by="integration by parts")
    step(r * f.prime(r), -f(r), "test functions", "weak")
test-functions-even-functions-only:
    chain("weak", I(h(y**2) * f(y), y)).equals(I(h(y**2) * f(-y), y), by="substitution")
    step(f(r), f(-r), "test functions", "weak")
test-functions-on-no-interval:
    chain("weak", I(h(y) * f(y), (y, 0, 0))).equals(I(h(y) * w(y), (y, 0, 0)), by="integration")
    step(f(r), w(r), "test functions", "weak")
test-functions-without-a-function:
    chain("weak", I(f(y), y)).equals(I(f(y + 1), y), by="substitution"); step(f(r), f(r + 1), "test functions", "weak")
test-functions-by-parts-with-the-wrong-sign:
    chain("weak", I(h(y) * f.prime(y), y)).equals(I(h.prime(y) * f(y), y), by="integration by parts")
    step(f.prime(r), -f.prime(r), "test functions", "weak")
# --- limit
limit-one-to-an-infinite-power: step(Limit((1 + 1 / T) ** T, T), 1, "limit")
limit-a-half-is-forgotten: step(Limit(T * (sqrt(1 + a / T) - 1), T), a, "limit")
limit-a-triangular-number: step(Limit(Sum(t / T**2, (t, 1, T)), T), 1, "limit")
limit-the-value-at-the-end: step(Limit(Sum(g(t / T) / T, (t, 1, T)), T), g(1), "limit")
limit-a-sign: step(Limit(T * log(1 - c / T), T), c, "limit")
# --- telescoping
telescoping-the-first-term: step(Sum(rate[s] - rate[s - 1], (s, 1, T)), rate[T] - rate[1], "telescoping")
telescoping-a-sum: step(Sum(rate[s] + rate[s - 1], (s, 1, T)), rate[T] + rate[0], "telescoping")
telescoping-two-apart: step(Sum(rate[s + 1] - rate[s - 1], (s, 1, T)), rate[T + 1] - rate[0], "telescoping")
telescoping-a-product: step(Product(rate[s] / rate[s - 1], (s, 1, T)), rate[T] - rate[0], "telescoping")
telescoping-with-weights: step(Sum(s * (rate[s] - rate[s - 1]), (s, 1, T)), T * rate[T] - rate[0], "telescoping")
# --- induction
induction-a-hypothesis-for-the-next-time:
    ind = induction("i", m[t], m[1], over=t); ind.base.equals(m[1], by="algebra")
    ind.step.equals(m[1], by="induction", using="hypothesis")
induction-a-base-that-fails:
    ind = induction("i", Sum(s, (s, 1, t)), (t**2 + t + 2) / 2, over=t); ind.base.equals(2, by="algebra")
induction-a-step-that-fails:
    ind = induction("i", Sum(s, (s, 1, t)), t**2, over=t); ind.base.equals(1, by="algebra")
    ind.step.equals(Sum(s, (s, 1, t)) + t + 1, by="telescoping").equals(t**2 + t + 1, by="induction",
        using="hypothesis").equals((t + 1) ** 2, by="algebra")
induction-another-member: ind = induction("i", m[t], r, over=t); ind.step.equals(r, by="induction", using="hypothesis")
induction-the-hypothesis-twice:
    define("m", m[t], 2 * m[t - 1]); ind = induction("i", m[t], m[1], over=t); ind.base.equals(m[1], by="algebra")
    ind.step.equals(2 * m[t], by="definition", using="m").equals(m[1], by="induction", using="hypothesis")
""",
    **HELPERS,
)
STATEMENTS = table(
    r"""
# --- times before 0, where a natural number would be 0; the first is 1/r + 1
statement-a-power-with-a-negative-exponent: step(Sum(r ** (s - 2), (s, 1, 2)), 2, "algebra")
statement-a-power-with-a-negative-exponent-at-time-0: step(Sum(a ** (s - 1), (s, 0, 1)), 2, "algebra")
# 6 + 6
statement-a-sum-that-begins-before-0: step(Sum(Sum(wrap(1), (s, t - 5, t)), (t, 1, 2)), 5, "telescoping")
# 0 + 1
statement-a-sum-that-ends-before-0: step(Sum(Sum(wrap(1), (s, 0, t - 2)), (t, 1, 2)), 2, "telescoping")
statement-members-before-0: step(Sum(rate[s - 2], (s, 1, 2)), 2 * rate[0], "algebra")
statement-a-function-at-a-time-before-0: step(Sum(g(r, s - 3), (s, 1, 2)), 2 * g(r, 0), "algebra")
# --- derivatives that do not go into an integral: at r = 0 the left sides are √π, ∫ f, and π f(0); the right sides 0
statement-a-derivative-of-a-bell-that-becomes-flat:
    k_ = r**3 * exp(-(r**4) * y**2); step(D(I(k_, y), r), I(D(k_, r), y), "exchange")
statement-a-derivative-of-a-function-that-becomes-flat:
    k_ = r**3 * f(r**2 * y); step(D(I(k_, y), r), I(D(k_, r), y), "exchange")
statement-a-derivative-of-a-peak:
    k_ = f(y) * r**3 / (r**4 + y**2); step(D(I(k_, y), r), I(D(k_, r), y), "exchange")
# --- a noise is no number under a density
statement-a-noise-behind-a-symbol:
    define("m", m[t], eps[t]); step(E(m[1] * x[1], q(x[1])), m[1] * E(x[1], q(x[1])), "linearity")
# --- names that Rocq has given away
statement-a-sequence-called-like-the-inclusion-of-numbers: c_ = sequence("INR"); step(t * r, c_[t] * r, "algebra")
statement-a-function-called-like-the-power: c_ = function("Rpower"); step(c_(a, b), a**b, "algebra")
""",
)
FALSE = KNOWN | ROOTS | RULES | STATEMENTS
