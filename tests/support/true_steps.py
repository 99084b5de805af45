"""True steps over all justifications, as the chapters have them: what the proof checker must accept."""

from __future__ import annotations

from setting import Setting

from derive import KL, E, Limit, Phi, Product, Sum, Var, exp, log, sqrt, standard_normal
from derive import Derivative as D
from derive import Integral as I
from derive import Normal as N
from derive.language.expr import wrap


def setting():
    w = Setting()
    w.k, w.j = w.X.density("k", markov=True), w.X.density("j", markov=True)
    w.l = w.X.sequence("level", start=0)
    w.X.define("noise", w.e[w.t], standard_normal)
    w.X.define("step", w.j(w.x[w.t] | w.x[w.t - 1]), N(w.x[w.t], sqrt(w.al[w.t]) * w.x[w.t - 1], 1 - w.al[w.t]))
    w.X.define("bars", w.ab[w.t], Product(w.al[w.s], (w.s, 1, w.t)))
    w.X.define("r", w.r, 2 * w.a + 1)
    return w


def q3(w):
    return w.q, w.p, w.x, w.t


CONDITIONAL = {
    "split": lambda w, q, p, x, t: (q(x[0], x[1]), q(x[1] | x[0]) * q(x[0]), "chain rule"),
    "quotient": lambda w, q, p, x, t: (q(x[t] | x[t - 1]), q(x[t - 1], x[t]) / q(x[t - 1]), "chain rule"),
    "three": lambda w, q, p, x, t: (q(x[0:2]), q(x[2] | x[0:1]) * q(x[1] | x[0]) * q(x[0]), "chain rule"),
    "span": lambda w, q, p, x, t: (q(x[0 : t + 1]), q(x[t + 1] | x[0:t]) * q(x[0:t]), "chain rule"),
    "span below": lambda w, q, p, x, t: (q(x[0:t]), q(x[1:t] | x[0]) * q(x[0]), "chain rule"),
    "Bayes": lambda w, q, p, x, t: (q(x[0] | x[1]), q(x[1] | x[0]) * q(x[0]) / q(x[1]), "Bayes"),
    "Bayes given": lambda w, q, p, x, t: (
        q((x[t] | x[t + 1]), x[0]),
        q((x[t + 1] | x[t]), x[0]) * q(x[t] | x[0]) / q(x[t + 1] | x[0]),
        "Bayes",
    ),
    "logs": lambda w, q, p, x, t: (log(q(x[0], x[1])), log(q(x[1] | x[0])) + log(q(x[0])), "chain rule"),
    "log of a quotient": lambda w, q, p, x, t: (
        log(q(x[1] | x[0]) / (2 * p(x[1]) ** 2)),
        log(q(x[0], x[1])) - log(q(x[0])) - log(wrap(2)) - 2 * log(p(x[1])),
        "chain rule",
    ),
    "order of conditions": lambda w, q, p, x, t: (q((x[2] | x[1]), x[0]), q((x[2] | x[0]), x[1]), "algebra"),
    "adjacent runs": lambda w, q, p, x, t: (q(x[0], x[1 : t + 1]), q(x[0 : t + 1]), "algebra"),
    "log of a product": lambda w, q, p, x, t: (
        log(Product(q(x[w.s] | x[w.s - 1]), (w.s, 1, w.T))),
        Sum(log(q(x[w.s] | x[w.s - 1])), (w.s, 1, w.T)),
        "algebra",
    ),
}
MARKOV = {
    "last state": lambda w, k, x, t: (k((x[t + 1] | x[t]), x[0]), k(x[t + 1] | x[t])),
    "a span of conditions": lambda w, k, x, t: (k(x[t] | x[0 : t - 1]), k(x[t] | x[t - 1])),
    "later ones": lambda w, k, x, t: (k((x[0] | x[1]), x[2]), k(x[0] | x[1])),
    "a later span": lambda w, k, x, t: (k(x[0] | x[1:t]), k(x[0] | x[1])),
    "path": lambda w, k, x, t: (k(x[1 : w.T] | x[0]), Product(k(x[w.s] | x[w.s - 1]), (w.s, 1, w.T))),
    "joint": lambda w, k, x, t: (k(x[0:3]), k(x[0]) * k(x[1] | x[0]) * k(x[2] | x[1]) * k(x[3] | x[2])),
    "path of prefixes": lambda w, k, x, t: (
        Product(k(x[w.s] | x[0 : w.s - 1]), (w.s, 1, w.T)),
        Product(k(x[w.s] | x[w.s - 1]), (w.s, 1, w.T)),
    ),
}
MEANS = {
    "written out": lambda w, q, p, x, t: (E(x[1], q(x[1] | x[0])), I(x[1] * q(x[1] | x[0]), x[1]), "definition"),
    "divergence": lambda w, q, p, x, t: (KL(q(x[1]), p(x[1])), E(log(q(x[1]) / p(x[1])), q(x[1])), "definition"),
    "sum": lambda w, q, p, x, t: (
        E(2 * x[1] + w.r * x[2] - 1, q(x[1])),
        2 * E(x[1], q(x[1])) + w.r * x[2] - 1,
        "linearity",
    ),
    "sum over times": lambda w, q, p, x, t: (
        E(Sum(w.m[w.s] * w.g(x[w.s]), (w.s, 1, w.T)), q(x[0 : w.T])),
        Sum(w.m[w.s] * E(w.g(x[w.s]), q(x[0 : w.T])), (w.s, 1, w.T)),
        "linearity",
    ),
    "earlier members": lambda w, q, p, x, t: (
        E(x[t - 1] * x[t], q(x[t] | x[t - 1])),
        x[t - 1] * E(x[t], q(x[t] | x[t - 1])),
        "linearity",
    ),
    "one": lambda w, q, p, x, t: (E(wrap(1), q(x[1] | x[0])), 1, "linearity"),
    "integral one": lambda w, q, p, x, t: (I(q(x[1] | x[0]), x[1]), 1, "marginalisation"),
    "marginal": lambda w, q, p, x, t: (q(x[0]), I(q(x[0], x[1]), x[1]), "marginalisation"),
    "marginal of a span": lambda w, q, p, x, t: (I(q(x[0 : t + 1]), x[t + 1]), q(x[0:t]), "marginalisation"),
    "marginal of a middle": lambda w, q, p, x, t: (I(q(x[0:2]), x[1]), q(x[0], x[2]), "marginalisation"),
    "marginal under a factor": lambda w, q, p, x, t: (
        I(w.g(x[0]) * q(x[0], x[1]), x[1]),
        w.g(x[0]) * q(x[0]),
        "marginalisation",
    ),
    "mean of a path": lambda w, q, p, x, t: (E(w.g(x[1]), q(x[0 : w.T])), E(w.g(x[1]), q(x[1])), "marginalisation"),
    "law": lambda w, q, p, x, t: (E(w.g(x[1]), q), E(w.g(x[1]), q(x[1])), "tower"),
    "tower": lambda w, q, p, x, t: (E(E(w.g(x[1]), q(x[1] | x[0])), q(x[0])), E(w.g(x[1]), q(x[0], x[1])), "tower"),
    "tower of a divergence": lambda w, q, p, x, t: (
        E(log(q(x[t - 1] | x[t]) / p(x[t - 1] | x[t])), q),
        E(KL(q(x[t - 1] | x[t]), p(x[t - 1] | x[t])), q(x[t])),
        "tower",
    ),
    "tower with a weight": lambda w, q, p, x, t: (
        E(x[0] * x[1], q(x[0], x[1])),
        E(x[1] * E(x[0], q(x[0] | x[1])), q(x[1])),
        "tower",
    ),
    "two laws": lambda w, q, p, x, t: (
        E(E(w.g(x[0]) * w.h(x[1]), q(x[1])), p(x[0])),
        E(w.g(x[0]), p(x[0])) * E(w.h(x[1]), q(x[1])),
        "tower",
    ),
    "importance": lambda w, q, p, x, t: (E(w.g(x[1]) * q(x[1]) / p(x[1]), p(x[1])), E(w.g(x[1]), q(x[1])), "tower"),
    "Jensen's gap": lambda w, q, p, x, t: (
        E(log(p(x[0], x[1]) / q(x[1] | x[0])), q(x[1] | x[0])),
        log(p(x[0])) - KL(q(x[1] | x[0]), p(x[1] | x[0])),
        "Jensen",
    ),
    "sum of terms": lambda w, q, p, x, t: (
        E(Sum(log(q(x[w.s]) / p(x[w.s])), (w.s, 1, w.T)), q(x[0 : w.T])),
        Sum(KL(q(x[w.s]), p(x[w.s])), (w.s, 1, w.T)),
        "tower",
    ),
}
ROWS = {
    "square": lambda w: ((w.r + w.b) ** 2, w.r**2 + 2 * w.r * w.b + w.b**2, "algebra"),
    "root": lambda w: (sqrt(w.a * w.v), sqrt(w.a) * sqrt(w.v), "algebra"),
    "root of a share": lambda w: (sqrt((1 - w.c) ** 2), 1 - w.c, "algebra"),
    "log of a power": lambda w: (log(w.a**2 * w.v), 2 * log(w.a) + log(w.v), "algebra"),
    "exponential": lambda w: (exp(w.b + w.v) * exp(-w.b), exp(w.v), "algebra"),
    "function": lambda w: (w.g(w.b * 2) + w.g(w.b + w.b), 2 * w.g(2 * w.b), "algebra"),
    "Phi": lambda w: (Phi(w.b) - Phi(w.b) + w.b, w.b, "algebra"),
    "last term": lambda w: (Sum(w.m[w.s], (w.s, 1, w.T)), Sum(w.m[w.s], (w.s, 1, w.T - 1)) + w.m[w.T], "algebra"),
    "sum of sums": lambda w: (
        Sum(w.m[w.s] + 2 * w.l[w.s], (w.s, 1, w.T)),
        Sum(w.m[w.s], (w.s, 1, w.T)) + 2 * Sum(w.l[w.s], (w.s, 1, w.T)),
        "algebra",
    ),
    "telescoping": lambda w: (Sum(w.l[w.s] - w.l[w.s - 1], (w.s, 1, w.T)), w.l[w.T] - w.l[0], "telescoping"),
    "telescoping product": lambda w: (Product(w.ab[w.s] / w.ab[w.s - 1], (w.s, 1, w.T)), w.ab[w.T], "telescoping"),
    "telescoping logs": lambda w: (
        Sum(log(w.q(w.x[w.s]) / w.q(w.x[w.s - 1])), (w.s, 1, w.T)),
        log(w.q(w.x[w.T])) - log(w.q(w.x[0])),
        "telescoping",
    ),
    "count": lambda w: (Sum(w.b, (w.s, 1, w.T)), w.T * w.b, "algebra"),
    "Gauss's sum": lambda w: (Sum(w.s * w.b, (w.s, 1, w.T)), w.T * (w.T + 1) * w.b / 2, "algebra"),
    "definition": lambda w: (w.r * w.b, (2 * w.a + 1) * w.b, "definition", "r"),
    "definition at a time": lambda w: (w.ab[2], w.al[1] * w.al[2], "definition", "bars"),
    "definition of a step": lambda w: (
        w.j(w.x[2] | w.x[1]),
        N(w.x[2], sqrt(w.al[2]) * w.x[1], 1 - w.al[2]),
        "definition",
        "step",
    ),
    "variance": lambda w: (Var(w.b * w.e[1] + 3), w.b**2, "definition", "noise"),
    "mean of a square": lambda w: (E((w.e[1] + w.b) ** 2), 1 + w.b**2, "definition", "noise"),
    "independence": lambda w: (Var(w.a * w.e[1] + w.e[2]), w.a**2 * Var(w.e[1]) + Var(w.e[2]), "independence"),
    "independence of a square": lambda w: (E(w.e[1] ** 2 * w.e[2]), 0, "independence", "noise"),
    "linear in a noise": lambda w: (E(w.b * w.e[1] + 1), w.b * E(w.e[1]) + 1, "linearity"),
    "linear integral": lambda w: (
        I(w.b * w.f(w.y) + w.w(w.y), w.y),
        w.b * I(w.f(w.y), w.y) + I(w.w(w.y), w.y),
        "linearity",
    ),
    "Gaussian normaliser": lambda w: (I(N(w.y, w.b, w.v), w.y), 1, "Gaussian integral"),
    "Gaussian product": lambda w: (
        I(N(w.x[1], w.y, 1) * N(w.y, w.b, w.v), w.y),
        N(w.x[1], w.b, 1 + w.v),
        "Gaussian integral",
    ),
    "Gaussian moment": lambda w: (E(w.y**2, N(w.y, w.b, w.v)), w.b**2 + w.v, "Gaussian integral"),
    "Gaussian divergence": lambda w: (
        KL(N(w.y, w.b, w.v), N(w.y, 0, 1)),
        (w.v + w.b**2 - 1 - log(w.v)) / 2,
        "Gaussian integral",
    ),
    "integration": lambda w: (I(w.y**2, (w.y, 0, w.a)), w.a**3 / 3, "integration"),
    "integration of a reciprocal": lambda w: (I(1 / w.y, (w.y, 1, 1 + w.a)), log(1 + w.a), "integration"),
    "differentiation": lambda w: (
        D(w.g(w.b**2) * w.b, w.b),
        2 * w.b**2 * w.g.prime(w.b**2) + w.g(w.b**2),
        "differentiation",
    ),
    "score": lambda w: (D(log(N(w.x[1], w.b, w.v)), w.x[1]), (w.b - w.x[1]) / w.v, "differentiation"),
    "exchange": lambda w: (
        D(I(N(w.x[1], w.y, 1) * w.f(w.y), w.y), w.x[1]),
        I((w.y - w.x[1]) * N(w.x[1], w.y, 1) * w.f(w.y), w.y),
        "exchange",
    ),
    "tower without a density": lambda w: (E(E(w.x[2], given=w.x[1])), E(w.x[2]), "tower"),
    "what is known": lambda w: (E(w.x[0] * w.x[1], given=w.x[0]), w.x[0] * E(w.x[1], given=w.x[0]), "tower"),
    "variance of a state": lambda w: (Var(w.x[1]), E(w.x[1] ** 2) - E(w.x[1]) ** 2, "tower"),
    "mean of a sum of noises": lambda w: (
        E(Sum(w.m[w.s] * w.e[w.s], (w.s, 1, w.T))),
        Sum(w.m[w.s] * E(w.e[w.s]), (w.s, 1, w.T)),
        "linearity",
    ),
    "variance of a sum of noises": lambda w: (
        Var(Sum(w.m[w.s] * w.e[w.s], (w.s, 1, w.T))),
        Sum(w.m[w.s] ** 2 * Var(w.e[w.s]), (w.s, 1, w.T)),
        "independence",
    ),
    "limit": lambda w: (Limit(w.c**w.T, w.T), 0, "limit"),
    "limit of a quotient": lambda w: (Limit((2 * w.T + 1) / (w.T + 3), w.T), 2, "limit"),
}


def true_steps() -> dict:
    """All true steps by name: functions without arguments, which must not raise."""
    found = {}
    for name, row in CONDITIONAL.items():
        found[f"conditional, {name}"] = lambda row=row: _state(lambda w: row(w, *q3(w)))
    for name, row in MARKOV.items():
        found[f"Markov, {name}"] = lambda row=row: _state(lambda w: (*row(w, w.k, w.x, w.t), "Markov"))
    for name, row in MEANS.items():
        found[f"mean, {name}"] = lambda row=row: _state(lambda w: row(w, *q3(w)))
    for name, row in ROWS.items():
        found[name] = lambda row=row: _state(row)
    return found


def _state(row):
    w = setting()
    w.step(*row(w))
