"""Sums, products and times: ends, bound letters, telescoping, and what is not linear."""

from __future__ import annotations

from derive import Limit, Product, Sum, exp, log, sqrt
from derive.language.expr import wrap
from generated.form import step

TELESCOPES = {  # Σ_{s=low..high} (m_s − m_{s−1}) has other ends
    "one late below": (1, 0, lambda m, T: m[T] - m[1]),
    "one early above": (1, 0, lambda m, T: m[T - 1] - m[0]),
    "one late above": (1, 0, lambda m, T: m[T + 1] - m[0]),
    "turned": (1, 0, lambda m, T: m[0] - m[T]),
    "no start": (1, 0, lambda m, T: m[T]),
    "starts at two": (2, 0, lambda m, T: m[T] - m[0]),
    "ends early": (1, -1, lambda m, T: m[T] - m[0]),
    "starts at two, turned": (2, 0, lambda m, T: m[1] - m[T]),
}
PLAIN = {  # w, m, s, T
    "product of sums": lambda w, m, s, T: (
        Sum(m[s], (s, 1, T)) * Sum(w.h0[s], (s, 1, T)),
        Sum(m[s] * w.h0[s], (s, 1, T)),
    ),
    "square of a sum": lambda w, m, s, T: (Sum(m[s], (s, 1, T)) ** 2, Sum(m[s] ** 2, (s, 1, T))),
    "log of a sum": lambda w, m, s, T: (log(Sum(w.al[s], (s, 1, T))), Sum(log(w.al[s]), (s, 1, T))),
    "log of a product over s": lambda w, m, s, T: (log(Product(w.al[s], (s, 1, T))), Product(log(w.al[s]), (s, 1, T))),
    "log of a real product": lambda w, m, s, T: (log(Product(m[s], (s, 1, T)) ** 2), 2 * Sum(log(m[s]), (s, 1, T))),
    "exp of a sum": lambda w, m, s, T: (exp(Sum(m[s], (s, 1, T))), Sum(exp(m[s]), (s, 1, T))),
    "exp of a product": lambda w, m, s, T: (exp(Product(m[s], (s, 1, T))), Sum(exp(m[s]), (s, 1, T))),
    "root of a sum": lambda w, m, s, T: (sqrt(Sum(w.al[s], (s, 1, T))), Sum(sqrt(w.al[s]), (s, 1, T))),
    "reciprocal of a sum": lambda w, m, s, T: (1 / Sum(w.al[s], (s, 1, T)), Sum(1 / w.al[s], (s, 1, T))),
    "sum of a constant": lambda w, m, s, T: (Sum(w.r, (s, 1, T)), w.r),
    "count off by one below": lambda w, m, s, T: (Sum(w.r, (s, 0, T)), T * w.r),
    "count off by one above": lambda w, m, s, T: (Sum(w.r, (s, 1, T - 1)), T * w.r),
    "power off by one": lambda w, m, s, T: (Product(w.a, (s, 1, T)), w.a ** (T - 1)),
    "product of a constant": lambda w, m, s, T: (Product(w.a, (s, 1, T)), w.a * T),
    "a factor out of a product": lambda w, m, s, T: (
        Product(w.a * w.al[s], (s, 1, T)),
        w.a * Product(w.al[s], (s, 1, T)),
    ),
    "a term out of a sum": lambda w, m, s, T: (Sum(w.a + m[s], (s, 1, T)), w.a + Sum(m[s], (s, 1, T))),
    "the index out of a sum": lambda w, m, s, T: (Sum(s * m[s], (s, 1, T)), T * Sum(m[s], (s, 1, T))),
    "shifted body": lambda w, m, s, T: (Sum(m[s], (s, 1, T)), Sum(m[s + 1], (s, 1, T))),
    "shifted ends": lambda w, m, s, T: (Sum(m[s], (s, 1, T)), Sum(m[s - 1], (s, 1, T + 1))),
    "first term twice": lambda w, m, s, T: (Sum(m[s], (s, 1, T)), m[1] + Sum(m[s], (s, 1, T))),
    "last term lost": lambda w, m, s, T: (Sum(m[s], (s, 1, T)), Sum(m[s], (s, 1, T - 1))),
    "last term is another": lambda w, m, s, T: (Sum(m[s], (s, 1, T)), Sum(m[s], (s, 1, T - 1)) + m[T - 1]),
    "reversed": lambda w, m, s, T: (Sum(m[s] * T, (s, 1, T)), Sum(m[s] * s, (s, 1, T))),
    "Gauss's sum": lambda w, m, s, T: (Sum(s + 0 * w.r, (s, 1, T)), T * (T - 1) / 2 + 0 * w.r),
    "sum of squares": lambda w, m, s, T: (Sum(s * s, (s, 1, T)), T * (T + 1) * (2 * T - 1) / wrap(6)),
    "geometric series": lambda w, m, s, T: (Sum(w.c**s, (s, 1, T)), (1 - w.c**T) / (1 - w.c)),
    "sum for product": lambda w, m, s, T: (Sum(w.al[s], (s, 1, T)), Product(w.al[s], (s, 1, T))),
    "empty sum is one": lambda w, m, s, T: (Sum(m[s], (s, 1, 0)), 1),
    "empty product is zero": lambda w, m, s, T: (Product(m[s], (s, 1, 0)), 0),
    "captured index": lambda w, m, s, T: (m[s] * Sum(m[s], (s, 1, T)), Sum(m[s] * m[s], (s, 1, T))),
    "captured index in an end": lambda w, m, s, T: (
        Sum(Sum(m[w.n], (w.n, 1, s)), (s, 1, T)),
        Sum(Sum(m[s], (w.n, 1, s)), (s, 1, T)),
    ),
    "exchange with moving ends": lambda w, m, s, T: (
        Sum(Sum(m[w.n] * m[s], (w.n, 1, s)), (s, 1, T)),
        Sum(Sum(m[w.n], (s, 1, T)), (w.n, 1, T)),
    ),
    "a sum in a sum of its own": lambda w, m, s, T: (
        Sum(m[s] * Sum(m[s], (s, 1, T)), (s, 1, T)),
        Sum(m[s] ** 2, (s, 1, T)) * T,
    ),
    "another last time": lambda w, m, s, T: (Sum(m[s], (s, 1, T)), Sum(m[s], (s, 1, w.t))),
    "ratio of products": lambda w, m, s, T: (
        Product(w.al[s], (s, 1, T)) / Product(w.al[s], (s, 1, T - 1)),
        w.al[T - 1],
    ),
    "telescoping product": lambda w, m, s, T: (Product(w.ab[s] / w.ab[s - 1], (s, 1, T)), w.ab[T] / w.ab[1]),
    "telescoping product to T - 1": lambda w, m, s, T: (Product(w.ab[s] / w.ab[s - 1], (s, 1, T)), w.ab[T - 1]),
    "telescoping product turned": lambda w, m, s, T: (Product(w.ab[s] / w.ab[s - 1], (s, 1, T)), 1 / w.ab[T]),
    "a start that is not stated": lambda w, m, s, T: (w.ab[1], 1),
}
DENSITY = {  # the same with logs of densities
    "a log of a path": lambda q, x, s, T: (
        log(Product(q(x[s] | x[s - 1]), (s, 1, T))),
        Sum(log(q(x[s] | x[s - 1])), (s, 2, T)),
    ),
    "a log of a path to T - 1": lambda q, x, s, T: (
        log(Product(q(x[s] | x[s - 1]), (s, 1, T))),
        Sum(log(q(x[s] | x[s - 1])), (s, 1, T - 1)),
    ),
    "a log of a sum": lambda q, x, s, T: (log(Sum(q(x[s]), (s, 1, T))), Sum(log(q(x[s])), (s, 1, T))),
    "telescoping ratios": lambda q, x, s, T: (
        Sum(log(q(x[s] | x[0]) / q(x[s - 1] | x[0])), (s, 2, T)),
        log(q(x[T] | x[0])) - log(q(x[0])),
    ),
    "telescoping ratios turned": lambda q, x, s, T: (
        Sum(log(q(x[s] | x[0]) / q(x[s - 1] | x[0])), (s, 2, T)),
        log(q(x[1] | x[0]) / q(x[T] | x[0])),
    ),
    "telescoping ratios to T - 1": lambda q, x, s, T: (
        Product(q(x[s]) / q(x[s - 1]), (s, 1, T)),
        q(x[T - 1]) / q(x[0]),
    ),
    "telescoping from the wrong start": lambda q, x, s, T: (
        Product(q(x[s]) / q(x[s - 1]), (s, 1, T)),
        q(x[T]) / q(x[1]),
    ),
    "a square of a log": lambda q, x, s, T: (log(q(x[1])) ** 2, 2 * log(q(x[1]))),
    "a log of a mixture": lambda q, x, s, T: (log(q(x[1]) + q(x[2])), log(q(x[1])) + log(q(x[2]))),
    "a log of a quotient": lambda q, x, s, T: (log(q(x[1]) / q(x[2])), log(q(x[1])) / log(q(x[2]))),
    "a shifted sum of logs": lambda q, x, s, T: (Sum(log(q(x[s])), (s, 1, T)), Sum(log(q(x[s + 1])), (s, 1, T))),
    "a captured index": lambda q, x, s, T: (
        log(q(x[s])) * Sum(log(q(x[s])), (s, 1, T)),
        Sum(log(q(x[s])) ** 2, (s, 1, T)),
    ),
    "early times": lambda q, x, s, T: (
        Sum(log(q(x[s])), (s, 1, T)) - Sum(log(q(x[s])), (s, 1, 4)),
        Sum(log(q(x[s])), (s, 5, T)),
    ),
    "a product that is zero at first": lambda q, x, s, T: (
        (T - 1) * (T - 2) * (T - 3) * (T - 4) * (T - 5) * (T - 6) * (T - 7) * log(q(x[1])),
        0 * log(q(x[1])),
    ),
}
LIMITS = {
    "a power of a share": lambda w, T: (Limit(w.c**T, T), 1),
    "a bounded quotient": lambda w, T: (Limit((T + 1) / (T + 2), T), 2),
    "a quotient upside down": lambda w, T: (Limit((2 * T + 1) / (T + 2), T), wrap(1) / 2),
    "no limit of a growing term": lambda w, T: (Limit(T + 0 * w.r, T), 0),
    "a sum of vanishing terms": lambda w, T: (Limit(T * (w.r / T), T), 0),
    "a member": lambda w, T: (Limit(w.al[T], T), 0),
    "a power of one and a bit": lambda w, T: (Limit((1 + 1 / T) ** T, T), 1),
}


def falsehoods():
    for name, (low, high, other) in TELESCOPES.items():
        for by in ("telescoping", "algebra"):
            yield step(f"telescoping, {name}", _telescope(low, high, other), by)
    for name, sides in PLAIN.items():
        for by in ("algebra", "telescoping"):
            yield step(f"sum, {name}", _plain(sides), by)
    for name, sides in DENSITY.items():
        for by in ("telescoping", "chain rule"):
            yield step(f"sum of densities, {name}", lambda w, sides=sides: sides(w.q, w.x, w.s, w.T), by)
    for name, sides in LIMITS.items():
        yield step(f"limit, {name}", lambda w, sides=sides: sides(w, w.T), "limit")


def _telescope(low, high, other):
    def sides(w):
        m = w.X.sequence("level", start=0)
        return Sum(m[w.s] - m[w.s - 1], (w.s, low, w.T + high)), other(m, w.T)

    return sides


def _plain(sides):
    def both(w):
        w.h0 = w.X.sequence("other")
        return sides(w, w.m, w.s, w.T)

    return both
