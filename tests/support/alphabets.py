"""Truths about finite alphabets, and near misses: what ``derive`` must accept or refuse, and Rocq must certify."""

from __future__ import annotations

from itertools import pairwise

from setting import Setting
from tables import table

from derive import Integral, Iverson, Product, positive, unit


class Alphabets(Setting):
    """States x[t] in an alphabet of K symbols with a mask m; q is a Markov chain, ``law`` and p are any laws."""

    symbols = Setting.symbols | {
        "K": lambda w: w.X.alphabet("K"),
        "x": lambda w: w.X.states("x", w.K),
        "m": lambda w: w.X.symbol("m", w.K),
        "law": lambda w: w.X.density("law"),
        "q": lambda w: w.X.density("q", markov=True),
        "f": lambda w: w.X.function("f", positive),
        "matrix": lambda w: w.X.function("matrix", positive, latex="Q"),
        "A": lambda w: w.X.function("A"),
        "B": lambda w: w.X.function("B", latex=r"\bar A"),
        "w": lambda w: w.X.symbol("w", unit),
        "al": lambda w: w.X.sequence("alpha", unit),
        "ab": lambda w: w.X.sequence("alpha_bar", unit, start=0, first=1),
    }

    def __init__(self):
        super().__init__()
        (self.r,) = self.X.indices("r")

    def both(self, rate, one, other):
        """The symbol is kept with the probability ``rate``, and masked otherwise."""
        return rate * Iverson(one, other) + (1 - rate) * Iverson(one, self.m)

    def uniform(self, rate, one, other):
        """The symbol is kept with the probability ``rate``, and drawn anew otherwise."""
        return rate * Iverson(one, other) + (1 - rate) / self.K.size

    def rates(self):
        (j,) = self.X.indices("j")
        self.X.define("rates", self.ab[self.t], Product(self.al[j], (j, 1, self.t)))

    def closed(self):
        """The uniform chain, and q(x_t | x_0) for all t."""
        x, q, al, ab, t, uniform, total = self.x, self.q, self.al, self.ab, self.t, self.uniform, self.total
        self.rates()
        self.X.define("step", q(x[t] | x[t - 1]), uniform(al[t], x[t], x[t - 1]))
        induction = self.X.induction("closed form", q(x[t] | x[0]), uniform(ab[t], x[t], x[0]), over=t)
        line = induction.base.equals(uniform(al[1], x[1], x[0]), by="definition", using="step")
        line.equals(uniform(ab[1], x[1], x[0]), by="definition", using="rates")
        line = induction.step.equals(total(q(x[t + 1], x[t] | x[0]), x[t]), by="marginalisation")
        line.equals(total(q(x[t + 1] | x[t], x[0]) * q(x[t] | x[0]), x[t]), by="chain rule")
        line.equals(total(q(x[t + 1] | x[t]) * q(x[t] | x[0]), x[t]), by="Markov")
        before = uniform(al[t + 1], x[t + 1], x[t]) * uniform(ab[t], x[t], x[0])
        line.equals(total(before, x[t]), by="definition", using=("step", "hypothesis"))
        line.equals(uniform(ab[t] * al[t + 1], x[t + 1], x[0]), by="summation")
        line.equals(uniform(ab[t + 1], x[t + 1], x[0]), by="definition", using="rates")
        return induction.conclude()

    def absorbing(self):
        """The matrices of a chain that masks: one step, and the product of the first n."""
        (n,) = self.X.indices("n")
        self.rates()
        for name, function, rate in (("step", self.A, self.al), ("product", self.B, self.ab)):
            left = function(self.x[self.s], self.x[self.t], n)
            self.X.define(name, left, self.both(rate[n], self.x[self.t], self.x[self.s]))

    @staticmethod
    def total(body, *states):
        for state in reversed(states):
            body = Integral(body, state)
        return body

    def before(self, *times):
        """Suppose that each time is before the next one."""
        for number, pair in enumerate(pairwise(times)):
            self.X.suppose(f"order {number}", *pair)


TRUE = table(r"""
# brackets
a-bracket-is-its-square: step(Iverson(x[t], m) ** 2, Iverson(x[t], m), "algebra")
same-symbols-have-same-values:
    step(Iverson(x[t], x[s]) * g(x[t]), Iverson(x[t], x[s]) * g(x[s]), "algebra")
a-bracket-is-symmetric: step(Iverson(x[t], m) * g(m), g(x[t]) * Iverson(m, x[t]), "algebra")
brackets-are-transitive:
    step(Iverson(x[0], x[1]) * Iverson(x[1], x[2]), Iverson(x[0], x[1]) * Iverson(x[0], x[2]), "algebra")
a-one-hot-vector-sums-to-one: step(total(Iverson(x[t], x[t - 1]), x[t]), 1, "summation")
a-bracket-picks-one-term: step(total(Iverson(x[t], m) * g(x[t]), x[t]), g(m), "summation")
all-symbols-are-counted: step(total(a, x[t]), a * K.size, "summation")
all-but-the-mask: step(total((1 - Iverson(x[t], m)) * g(x[t]), x[t]), total(g(x[t]), x[t]) - g(m), "summation")
# transition matrices
uniform-rows-sum-to-one: step(total(uniform(al[t], x[t], x[t - 1]), x[t]), 1, "summation")
absorbing-rows-sum-to-one: step(total(both(al[t], x[t], x[t - 1]), x[t]), 1, "summation")
the-uniform-law-is-stationary:
    step(total(uniform(al[t], x[t], x[t - 1]) / K.size, x[t - 1]), 1 / K.size, "summation")
two-uniform-steps: step(total(uniform(al[1], x[1], x[0]) * uniform(al[2], x[2], x[1]), x[1]),
        uniform(al[1] * al[2], x[2], x[0]), "summation")
rows-of-an-arbitrary-matrix-sum-to-one:
    define("matrix", law(x[t] | x[t - 1]), matrix(x[t - 1], x[t], t))
    chain("rows", total(matrix(x[t - 1], x[t], t), x[t])).equals(total(law(x[t] | x[t - 1]), x[t]), by="definition",
        using="matrix").equals(1, by="marginalisation")
uniform-chain-for-all-times: closed()
absorbing-product-for-all-times:
    absorbing(); y = x[t - 1]; keep = ab[t - 1] * al[t]
    product = total(B(x[0], y, t - 1) * A(y, x[t], t), y)
    line = chain("product of matrices", product, start=2)
    line.equals(total(both(ab[t - 1], y, x[0]) * both(al[t], x[t], y), y), by="definition", using=("step", "product"))
    line.equals(both(keep, x[t], x[0]), by="summation").equals(both(ab[t], x[t], x[0]), by="definition", using="rates")
    line.equals(B(x[0], x[t], t), by="definition", using="product")
# chains
posterior-of-a-chain: step(q(x[t - 1] | x[t], x[0]), q(x[t] | x[t - 1]) * q(x[t - 1] | x[0]) / q(x[t] | x[0]), "Markov",
        start=2)
posterior-of-the-uniform-chain:
    closed(); y = x[t - 1]
    line = chain("posterior", q(y | x[t], x[0]), start=2)
    line.equals(q(x[t] | y) * q(y | x[0]) / q(x[t] | x[0]), by="Markov")
    line.equals(uniform(al[t], x[t], y) * uniform(ab[t - 1], y, x[0]) / uniform(ab[t], x[t], x[0]), by="definition",
        using=("step", "closed form"))
a-mean-over-the-data:
    step(q(x[t - 1] | x[t]), total(q(x[t - 1] | x[t], x[0]) * q(x[0] | x[t]), x[0]), "marginalisation", start=2)
chapman-kolmogorov-at-any-times:
    before(r, s, t)
    line = chain("Chapman-Kolmogorov", q(x[t] | x[r]), start=0)
    line.equals(total(q(x[t], x[s] | x[r]), x[s]), by="marginalisation")
    line.equals(total(q(x[t] | x[s], x[r]) * q(x[s] | x[r]), x[s]), by="chain rule")
    line.equals(total(q(x[t] | x[s]) * q(x[s] | x[r]), x[s]), by="Markov")
bridge-at-any-times:
    before(r, s, t); step(q(x[s] | x[r], x[t]), q(x[s] | x[r]) * q(x[t] | x[s]) / q(x[t] | x[r]), "Markov", start=0)
reverse-step-at-any-times:
    before(r, s, t); step(q(x[r] | x[s], x[t]), q(x[r] | x[s]), "Markov", start=0)
h-transform-by-the-last-state:
    before(t, T); h = lambda time: q(x[T] | x[time])
    step(q(x[t] | x[t - 1], x[T]), q(x[t] | x[t - 1]) * h(t) / h(t - 1), "Markov")
h-is-harmonic:
    before(t, T)
    line = chain("harmonic", q(x[T] | x[t - 1])).equals(total(q(x[T], x[t] | x[t - 1]), x[t]), by="marginalisation")
    line.equals(total(q(x[T] | x[t], x[t - 1]) * q(x[t] | x[t - 1]), x[t]), by="chain rule")
    line.equals(total(q(x[T] | x[t]) * q(x[t] | x[t - 1]), x[t]), by="Markov")
rows-of-an-h-transform-sum-to-one:
    h = E(f(x[t]), q(x[t] | x[t - 1])); row = q(x[t] | x[t - 1]) * f(x[t])
    line = chain("rows", total(row / h, x[t])).equals(total(row, x[t]) / h, by="linearity")
    line.equals(1, by="marginalisation")
# masked diffusion
posterior-at-a-mask:
    absorbing(); y = x[t - 1]; masked = Iverson(x[t], m); late = ab[t - 1] * al[t]
    line = chain("unmasking", masked * B(x[0], y, t - 1) * A(y, x[t], t), start=2)
    line.equals(masked * both(ab[t - 1], y, x[0]) * both(al[t], x[t], y), by="definition", using=("step", "product"))
    posterior = lambda whole: both((ab[t - 1] - whole) / (1 - whole), y, x[0])
    line.equals(masked * both(late, x[t], x[0]) * posterior(late), by="algebra")
    line.equals(masked * both(ab[t], x[t], x[0]) * posterior(ab[t]), by="definition", using="rates")
    line.equals(masked * B(x[0], x[t], t) * posterior(ab[t]), by="definition", using="product")
posterior-at-a-mask-as-a-quotient:
    y = x[1]; late = al[1] * al[2]
    step(both(al[1], y, x[0]) * both(al[2], m, y) / both(late, m, x[0]), both((al[1] - late) / (1 - late), y, x[0]),
        "algebra")
what-is-unmasked-stays:
    y = x[1]; shown = Iverson(x[2], x[0]) * (1 - Iverson(x[0], m))
    step(shown * both(al[1], y, x[0]) * both(al[2], x[2], y), shown * Iverson(y, x[0]) * al[1] * al[2], "algebra")
masked-term-is-a-weighted-cross-entropy:
    y = x[1]; data = 1 - Iverson(x[0], m); hidden = Iverson(y, m)
    left = data * total(both(w, y, x[0]) * log(hidden + (1 - hidden) / f(y)), y)
    chain("cross-entropy", left).equals(data * w * log(Iverson(x[0], m) + (1 - Iverson(x[0], m)) / f(x[0]))
        + data * (1 - w) * log(1), by="summation").equals(-w * data * log(f(x[0])), by="algebra")
divergence-is-cross-entropy-less-entropy:
    given = q(x[t - 1] | x[t], x[0]); model = p(x[t - 1] | x[t])
    chain("divergence", KL(given, model), start=2).equals(E(log(given / model), given), by="definition").equals(
        E(log(given), given) - E(log(model), given), by="linearity")
# autoregression
any-order-of-three-tokens:
    one = lambda i, j, k: log(law(x[i])) + log(law(x[j] | x[i])) + log(law(x[k] | x[i], x[j]))
    orders = (one(1, 2, 3) + one(1, 3, 2) + one(2, 1, 3) + one(2, 3, 1) + one(3, 1, 2) + one(3, 2, 1)) / 6
    step(log(law(x[1:3])), orders, "chain rule")
autoregression: step(law(x[1:T] | x[0]), Product(law(x[t] | x[0 : t - 1]), (t, 1, T)), "chain rule")
""", Alphabets, Iverson=Iverson)  # fmt: skip

FALSE = table(r"""
a-bracket-is-not-one (Refuted): step(Iverson(x[t], m) * g(x[t]), g(m), "algebra")
with-two-symbols-only (Refuted):
    a = 1 - Iverson(x[0], m); b = 1 - Iverson(x[1], m); step(a * b, a * b * Iverson(x[0], x[1]), "algebra")
a-bracket-picks-once (Refuted): step(total(Iverson(x[t], m) * g(x[t]), x[t]), K.size * g(m), "summation")
one-symbol-for-all (Refuted): step(total(g(x[t]), x[t]), K.size * g(m), "summation")
rows-with-the-mask-twice (Refuted):
    step(total(both(al[t], x[t], x[t - 1]) + Iverson(x[t], m), x[t]), 1, "summation")
columns-of-an-absorbing-matrix (Refuted): step(total(both(al[t], x[t], x[t - 1]), x[t - 1]), 1, "summation")
drawn-anew-from-the-others (Refuted):
    step(total(uniform(al[1], x[1], x[0]) * uniform(al[2], x[2], x[1]), x[1]),
        uniform(al[1] * al[2], x[2], x[0]) + (1 - al[1]) / K.size, "summation")
posterior-without-its-denominator (Refuted):
    step(q(x[t - 1] | x[t], x[0]), q(x[t] | x[t - 1]) * q(x[t - 1] | x[0]), "Markov", start=2)
posterior-at-any-symbol (Refuted):
    y = x[1]; late = al[1] * al[2]
    step(both(al[1], y, x[0]) * both(al[2], x[2], y),
        both(late, x[2], x[0]) * both((al[1] - late) / (1 - late), y, x[0]), "algebra")
h-transform-without-its-denominator (Refuted):
    before(t, T); step(q(x[t] | x[t - 1], x[T]), q(x[t] | x[t - 1]) * q(x[T] | x[t]), "Markov")
chapman-kolmogorov-by-the-joint (Refuted):
    before(r, s, t); step(q(x[t] | x[r]), total(q(x[t] | x[s]) * q(x[s]), x[s]), "Markov")
a-bridge-is-no-step (Refuted): before(r, s, t); step(q(x[s] | x[r], x[t]), q(x[s] | x[r]), "Markov")
no-markov-chain (Inconclusive): before(r, s, t); step(law(x[t] | x[s], x[r]), law(x[t] | x[s]), "Markov")
times-in-no-order (Undefined): step(q(x[t] | x[s], x[r]), q(x[t] | x[s]), "Markov")
a-circle-of-times (VacuousHypotheses): before(r, s, t, r)
a-result-at-times-in-no-order (Undefined):
    before(r, s); step(q(x[s] | x[r], x[0]), q(x[s] | x[r]), "Markov"); last = list(X.blocks)[-1]
    step(q(x[T] | x[t], x[0]), q(x[T] | x[t]), "result", last)
an-induction-over-an-ordered-time (DerivationError):
    before(t, T); line = induction("ordered", Iverson(x[t], x[t]), 1 + 0 * a, over=t)
    for each in (line.base, line.step): each.equals(1 + 0 * a, by="algebra")
    line.conclude()
a-row-that-sums-to-less (Inconclusive): define("step", q(x[t] | x[t - 1]), al[t] * uniform(al[t], x[t], x[t - 1]))
a-row-with-a-zero (Inconclusive): define("step", q(x[t] | x[t - 1]), both(al[t], x[t], x[t - 1]))
a-row-of-a-later-step (ArgumentError): define("step", q(x[t + 1] | x[t - 1]), uniform(al[t], x[t + 1], x[t - 1]))
a-step-that-is-assumed-to-be-another (ArgumentError):
    closed(); X.assume("again", q(x[t] | x[t - 1]), uniform(al[t] ** 2, x[t], x[t - 1]))
the-first-law-twice (ArgumentError):
    closed(); define("again", q(x[t] | x[0]), uniform(al[t], x[t], x[0]))
a-symbol-is-no-number (ArgumentError): step(x[t] + 1, 1 + x[t], "algebra")
a-symbol-of-another-alphabet (ArgumentError):
    other = X.symbol("other", X.alphabet("L")); step(Iverson(x[t], other), Iverson(other, x[t]), "algebra")
symbols-at-one-time-or-another (Refuted):
    step(total(Iverson(x[t], m) * Iverson(x[s], m), x[t]), Iverson(x[s], m), "summation")
a-factor-that-may-move (Refuted): step(total(g(x[s]) * g(x[t]), x[t]), g(x[s]) * total(g(x[t]), x[t]), "linearity")
a-factor-that-may-move-in-a-sum (Refuted):
    step(total(g(x[s]) * Iverson(x[t], m), x[t]), g(x[s]), "summation")
a-sum-of-a-sum-over-time (Refuted):
    step(total(Sum(Iverson(x[s], m), (s, 1, t)), x[t]), K.size * Sum(Iverson(x[s], m), (s, 1, t)), "summation")
a-bracket-in-a-sum-over-time (Refuted):
    step(Sum(Iverson(x[s], m) * g(x[s]), (s, 1, t)), g(m) * Sum(Iverson(x[s], x[t]), (s, 1, t)), "algebra")
one-bracket-for-all-times (Refuted):
    masked = Iverson(x[s], m); step(Sum(masked, (s, 1, t)) * Sum(1 - masked, (s, 1, t)), 0 * a, "algebra")
a-bracket-of-a-bound-symbol (Refuted):
    y = x[1]; inside = total(Iverson(y, m) * g(y), y)
    step(Iverson(y, m) * inside, Iverson(y, m) * total(g(y), y), "algebra")
a-bracket-of-one-symbol (Refuted): step(total(Iverson(x[t], x[s]), x[t]), 1, "summation")
several-symbols-in-a-bracket (ArgumentError): step(Iverson(x[0:1], m), Iverson(m, x[0:1]), "algebra")
a-size-that-is-defined (ArgumentError): define("size", K.size, a)
a-size-below-one (VacuousHypotheses): suppose("size", K.size, 1)
a-symbol-that-is-stated (ArgumentError): X.sequence("first_symbol", K, first=1)
a-row-with-a-hidden-state (ArgumentError):
    define("hidden", k, f(x[0])); rate = k / (1 + k)
    define("step", q(x[t] | x[t - 1]), uniform(rate, x[t], x[t - 1]))
a-function-that-binds-its-argument (ArgumentError): define("sum", g(x[t]), total(A(x[0], x[t]), x[0]))
no-density-of-a-symbol (ArgumentError): step(N(x[t], 0, 1), N(x[t], 0, 1), "algebra")
no-derivative-by-a-symbol (ArgumentError): step(D(g(x[t]), x[t]), g.prime(x[t]), "differentiation")
no-calculus (Inconclusive): step(total(g(x[t]), x[t]), total(g(x[t]), x[t]), "integration")
the-logarithm-of-a-bracket (Undefined): step(log(Iverson(x[t], m)), log(Iverson(m, x[t])), "algebra")
""", Alphabets, Iverson=Iverson)  # fmt: skip
