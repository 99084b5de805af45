"""The rules on means, divergences and integrals over states: what may come out, go in, be exchanged, or vanish."""

from __future__ import annotations

from derive import KL, E, Sum, Var, exp, log, standard_normal
from derive import Integral as I
from derive import Normal as N
from generated.form import chain_law, step


def letter(w, meaning):
    w.X.define("letter", w.r, meaning)
    return w.r


def letters(w, meaning):
    deep = w.X.symbol("deep")
    w.X.define("deep", deep, meaning)
    w.X.define("letter", w.r, 2 * deep + 1)
    return w.r


def member(w, meaning):
    w.X.define("member", w.m[w.t], meaning)
    return w.m[1]


def defined_function(w):
    w.X.define("function", w.g(w.b), w.b**2 + 1)
    return w.g(w.x[1])


HANGING = {  # what hangs on x_1
    "itself": lambda w: w.x[1],
    "a square": lambda w: w.x[1] ** 2,
    "a function": lambda w: w.g(w.x[1]),
    "a function with a time": lambda w: w.g(w.x[1], w.t),
    "a function of more": lambda w: w.g(w.x[1] + w.x[2]),
    "a defined function": defined_function,
    "a letter": lambda w: letter(w, 2 * w.x[1]),
    "two letters": lambda w: letters(w, 2 * w.x[1]),
    "a letter of a function": lambda w: letter(w, w.g(w.x[1])),
    "a member": lambda w: member(w, w.x[w.t] ** 2),
    "a sum": lambda w: Sum(w.x[w.s], (w.s, 0, 3)),
    "a sum of letters": lambda w: Sum((member(w, w.x[w.t]), w.m[w.s])[1], (w.s, 1, 3)),
    "another density": lambda w: w.p(w.x[1]),
    "a log": lambda w: log(w.p(w.x[1] | w.x[2])),
    "an exponential": lambda w: exp(w.x[1]),
    "a Gaussian": lambda w: N(w.x[1], w.b, 1),
    "a mean of a Gaussian": lambda w: N(w.x[2], w.x[1], 1),
    "a divergence given it": lambda w: KL(w.q(w.x[2] | w.x[1]), w.p(w.x[2] | w.x[1])),
    "a mean given it": lambda w: E(w.x[2], w.q(w.x[2] | w.x[1])),
}
ONES = {  # what is not one
    "two": lambda w: (E(2 + 0 * w.x[1], w.q(w.x[1])), 1),
    "a square of a density": lambda w: (I(w.q(w.x[1]) ** 2, w.x[1]), 1),
    "twice a density": lambda w: (I(2 * w.q(w.x[1]), w.x[1]), 1),
    "over the condition": lambda w: (I(w.q(w.x[1] | w.x[0]), w.x[0]), 1),
    "over one of two": lambda w: (I(w.q(w.x[0], w.x[1]), w.x[0]), 1),
    "a product of two densities": lambda w: (I(w.q(w.x[1]) * w.p(w.x[1]), w.x[1]), 1),
    "a ratio": lambda w: (E(w.p(w.x[1]) / w.q(w.x[1]), w.p(w.x[1])), 1),
    "a ratio upside down": lambda w: (E(w.q(w.x[1]) / w.p(w.x[1]), w.q(w.x[1])), 1),
    "a reciprocal": lambda w: (E(1 / w.q(w.x[1]), w.q(w.x[1])), 1),
    "weights that need not be": lambda w: (I(w.f(w.x[1]) * w.q(w.x[0]), w.x[1]), w.q(w.x[0])),
    "a density as a value": lambda w: (E(w.q(w.x[1]), w.q(w.x[1])), 1),
    "under a joint": lambda w: (I(I(w.q(w.x[1] | w.x[0]), w.x[1]), w.x[0]), 1),
    "of two conditionals": lambda w: (I(I(w.q(w.x[1] | w.x[0]) * w.q(w.x[0] | w.x[1]), w.x[1]), w.x[0]), 1),
}
MEANS = {  # mean
    "forgets the condition": lambda w, q, x: (E(x[1], q(x[1] | x[0])), I(x[1] * q(x[1]), x[1])),
    "over the condition": lambda w, q, x: (E(x[1], q(x[1] | x[0])), I(x[1] * q(x[1] | x[0]), x[0])),
    "turned": lambda w, q, x: (E(x[1], q(x[1] | x[0])), I(x[1] * q(x[0] | x[1]), x[1])),
    "joint for conditional": lambda w, q, x: (E(x[1], q(x[1] | x[0])), I(x[1] * q(x[0], x[1]), x[1])),
    "twice the weight": lambda w, q, x: (E(x[1], q(x[1])), I(x[1] * q(x[1]) ** 2, x[1])),
    "another law": lambda w, q, x: (E(x[1], q(x[1])), I(x[1] * w.p(x[1]), x[1])),
    "another variable": lambda w, q, x: (E(x[1], q(x[1])), E(x[2], q(x[2]))),
    "law for density": lambda w, q, x: (E(x[1] * x[2], q), E(x[1] * x[2], q(x[1] | x[2]))),
    "law for a mean of one": lambda w, q, x: (E(x[1] * x[2], q), x[2] * E(x[1], q)),
    "product of means": lambda w, q, x: (E(x[1] * x[2], q), E(x[1], q) * E(x[2], q)),
    "a square of a mean": lambda w, q, x: (E(x[1] ** 2, q(x[1])), E(x[1], q(x[1])) ** 2),
    "a log of a mean": lambda w, q, x: (E(log(w.p(x[1])), q(x[1])), log(E(w.p(x[1]), q(x[1])))),
    "a function of a mean": lambda w, q, x: (E(w.g(x[1]), q(x[1])), w.g(E(x[1], q(x[1])))),
    "an exponential of a mean": lambda w, q, x: (E(exp(x[1]), q(x[1])), exp(E(x[1], q(x[1])))),
    "a reciprocal of a mean": lambda w, q, x: (E(1 / w.p(x[1]), q(x[1])), 1 / E(w.p(x[1]), q(x[1]))),
    "a sum of laws": lambda w, q, x: (E(x[1], q(x[1])) + E(x[1], w.p(x[1])), 2 * E(x[1], q(x[1]))),
    "weights of a ratio": lambda w, q, x: (E(x[1] * w.p(x[1]) / q(x[1]), q(x[1])), E(x[1], q(x[1]))),
    "a given state averaged": lambda w, q, x: (E(x[0] * x[1], q(x[1] | x[0])), E(x[0] * x[1], q(x[0], x[1]))),
}
TOWERS = {  # given
    "inner mean alone": lambda w, q, x: (E(E(x[2], q(x[2] | x[1])), q(x[1])), E(x[2], q(x[2] | x[1]))),
    "outer mean alone": lambda w, q, x: (E(E(x[2], q(x[2] | x[1])), q(x[1])), E(x[1], q(x[1]))),
    "wrong outer law": lambda w, q, x: (E(E(x[2], q(x[2] | x[1])), w.p(x[1])), E(x[2], q(x[2]))),
    "wrong outer variable": lambda w, q, x: (E(E(x[2], q(x[2] | x[1])), q(x[0])), E(x[2], q(x[2]))),
    "outer conditions are lost": lambda w, q, x: (E(E(x[2], q(x[2] | x[1])), q(x[1] | x[0])), E(x[2], q(x[2] | x[0]))),
    "conditions appear": lambda w, q, x: (E(E(x[2], q((x[2] | x[1]), x[0])), q(x[1])), E(x[2], q(x[2] | x[0]))),
    "of a square": lambda w, q, x: (E(E(x[2], q(x[2] | x[1])) ** 2, q(x[1])), E(x[2] ** 2, q(x[2]))),
    "of a log": lambda w, q, x: (E(log(E(w.p(x[2]), q(x[2] | x[1]))), q(x[1])), E(log(w.p(x[2])), q(x[2]))),
    "marginal weight": lambda w, q, x: (E(E(x[2], q(x[2])) * x[1], q(x[1] | x[2])), E(x[2] * x[1], q(x[1], x[2]))),
    "divergence in two stages": lambda w, q, x: (
        E(KL(q(x[2] | x[1]), w.p(x[2] | x[1])), q(x[1])),
        KL(q(x[2]), w.p(x[2])),
    ),
    "divergence under another law": lambda w, q, x: (
        E(log(q(x[2] | x[1]) / w.p(x[2] | x[1])), q(x[2] | x[1])),
        E(KL(q(x[2] | x[1]), w.p(x[2] | x[1])), w.p(x[1])),
    ),
}
DIVERGENCES = {  # divergence
    "sign": lambda w, p, q, x: (KL(q(x[1]), p(x[1])), E(log(p(x[1]) / q(x[1])), q(x[1]))),
    "wrong mean": lambda w, p, q, x: (KL(q(x[1]), p(x[1])), E(log(q(x[1]) / p(x[1])), p(x[1]))),
    "symmetric": lambda w, p, q, x: (KL(q(x[1]), p(x[1])), KL(p(x[1]), q(x[1]))),
    "zero": lambda w, p, q, x: (KL(q(x[1]), p(x[1])), 0),
    "zero given": lambda w, p, q, x: (KL(q(x[1] | x[0]), q(x[1])), 0),
    "other targets": lambda w, p, q, x: (KL(q(x[1]), p(x[2])), E(log(q(x[1]) / p(x[1])), q(x[1]))),
    "targets within": lambda w, p, q, x: (KL(q(x[1], x[2]), p(x[1])), KL(q(x[1]), p(x[1]))),
    "entropy alone": lambda w, p, q, x: (KL(q(x[1]), p(x[1])), E(log(q(x[1])), q(x[1]))),
    "conditional forgets": lambda w, p, q, x: (KL(q(x[1] | x[0]), p(x[1] | x[0])), KL(q(x[1]), p(x[1]))),
    "conditional averaged": lambda w, p, q, x: (
        KL(q(x[1] | x[0]), p(x[1] | x[0])),
        E(log(q(x[1] | x[0]) / p(x[1] | x[0])), q(x[0], x[1])),
    ),
    "joint forgets the first": lambda w, p, q, x: (
        KL(q(x[0], x[1]), p(x[0], x[1])),
        E(KL(q(x[1] | x[0]), p(x[1] | x[0])), q(x[0])),
    ),
    "joint is a sum of marginals": lambda w, p, q, x: (
        KL(q(x[0], x[1]), p(x[0], x[1])),
        KL(q(x[0]), p(x[0])) + KL(q(x[1]), p(x[1])),
    ),
    "square": lambda w, p, q, x: (E(log(q(x[1]) / p(x[1])) ** 2, q(x[1])), KL(q(x[1]), p(x[1])) ** 2),
    "a normal for a density": lambda w, p, q, x: (KL(q(x[1]), N(x[1], 0, 1)), KL(N(x[1], 0, 1), q(x[1]))),
}
MARGINALS = {  # marginal, Fubini
    "a factor hangs on it": lambda w, q, x: (I(q(x[0], x[1]) * w.p(x[1]), x[1]), q(x[0]) * w.p(x[1])),
    "a factor is lost": lambda w, q, x: (I(q(x[0], x[1]) * w.p(x[1]), x[1]), q(x[0])),
    "a function hangs on it": lambda w, q, x: (I(q(x[0], x[1]) * w.g(x[1]), x[1]), q(x[0]) * w.g(x[1])),
    "a letter hangs on it": lambda w, q, x: ((letter(w, x[1]), I(q(x[0], x[1]) * w.r, x[1]))[1], q(x[0]) * w.r),
    "a letter hangs on it by two": lambda w, q, x: ((letters(w, x[1]), I(q(x[0], x[1]) * w.r, x[1]))[1], q(x[0]) * w.r),
    "the other one goes": lambda w, q, x: (I(q(x[0], x[1]), x[0]), q(x[0])),
    "both go": lambda w, q, x: (I(q(x[0], x[1], x[2]), x[1]), q(x[2])),
    "a square": lambda w, q, x: (I(q(x[0], x[1]) ** 2, x[1]), q(x[0]) ** 2),
    "a log": lambda w, q, x: (I(log(q(x[0], x[1])) * q(x[1]), x[1]), log(q(x[0]))),
    "a reciprocal": lambda w, q, x: (I(q(x[1]) / q(x[0], x[1]), x[1]), 1 / q(x[0])),
    "a span from too far below": lambda w, q, x: (I(q(x[0 : w.T]), x[w.T]), q(x[0 : w.T])),
    "a span to too far above": lambda w, q, x: (I(q(x[0 : w.t + 1]), x[w.t]), q(x[0 : w.t])),
    "the first of a span": lambda w, q, x: (I(q(x[0 : w.t]), x[0]), q(x[0 : w.t - 1])),
    "the middle of a span": lambda w, q, x: (I(q(x[0:2]), x[1]), q(x[0:1])),
    "two laws": lambda w, q, x: (I(q(x[1] | x[0]) * w.p(x[0]), x[0]), q(x[1])),
    "wrong conditional": lambda w, q, x: (I(q(x[0] | x[1]) * q(x[0]), x[0]), q(x[1])),
    "another state's weight": lambda w, q, x: (I(q(x[2] | x[1]) * q(x[0]), x[1]), q(x[2])),
    "product of integrals": lambda w, q, x: (
        I(x[1] * q(x[1]), x[1]) * I(x[1] * q(x[1]), x[1]),
        I(x[1] ** 2 * q(x[1]), x[1]),
    ),
    "captured inside": lambda w, q, x: (I(x[1] * q(x[1]) * I(x[1] * q(x[1]), x[1]), x[1]), E(x[1] ** 2, q(x[1]))),
    "captured density": lambda w, q, x: (I(q(x[1]) * I(q(x[0], x[1]), x[1]), x[1]), I(q(x[1]) * q(x[0], x[1]), x[1])),
    "captured by a mean": lambda w, q, x: (E(x[1] * E(x[1], q(x[1])), q(x[1])), E(x[1] ** 2, q(x[1]))),
    "an inner mean goes out": lambda w, q, x: (
        E(x[1] * E(x[2], q(x[2] | x[1])), q(x[1])),
        E(x[1], q(x[1])) * E(x[2], q(x[2])),
    ),
    "exchange with a log": lambda w, q, x: (
        I(log(I(q(x[0], x[1]), x[1])) * q(x[2]), x[2]),
        I(log(q(x[0], x[1])), x[1]),
    ),
    "a member that may be the same": lambda w, q, x: (E(x[w.s] * x[w.t], q(x[w.t])), x[w.s] * E(x[w.t], q(x[w.t]))),
    "an earlier member in a sum": lambda w, q, x: (
        E(Sum(x[w.s], (w.s, 0, w.T)) * x[w.T], q(x[w.T])),
        Sum(x[w.s], (w.s, 0, w.T)) * E(x[w.T], q(x[w.T])),
    ),
    "all of a path for its marginal": lambda w, q, x: (E(x[0], q(x[0 : w.T])), E(x[0], q(x[0] | x[w.T]))),
}
LICENSED = ("linearity", "marginalisation", "tower")


def falsehoods():
    for name, what in HANGING.items():
        yield step(f"linearity, out of a mean, {name}", _out_of_mean(what), "linearity")
        yield step(f"linearity, out of an integral, {name}", _out_of_integral(what), "marginalisation")
        yield step(f"linearity, into a mean, {name}", _into_mean(what), "tower")
    for name, sides in ONES.items():
        for by in ("linearity", "marginalisation"):
            yield step(f"one, {name}", sides, by)
    for kind, rows in (("mean", MEANS), ("tower", TOWERS), ("marginal", MARGINALS)):
        for name, sides in rows.items():
            for by in ("tower", "marginalisation") if kind != "mean" else LICENSED:
                yield step(f"{kind}, {name}", lambda w, sides=sides: sides(w, w.q, w.x), by)
    for name, sides in DIVERGENCES.items():
        for by in ("marginalisation", "Jensen"):
            yield step(f"divergence, {name}", lambda w, sides=sides: sides(w, w.p, w.q, w.x), by)
    yield step("linearity, a mean under a chain", _chain_mean, "Markov")
    yield step("independence, two states", lambda w: (Var(w.x[1] + w.x[2]), Var(w.x[1]) + Var(w.x[2])), "independence")
    yield step("independence, one noise twice", _same_noise, "independence", "noise")


def _out_of_mean(what):
    def sides(w):
        c = what(w)
        return E(c * w.x[1], w.q(w.x[1])), c * E(w.x[1], w.q(w.x[1]))

    return sides


def _out_of_integral(what):
    def sides(w):
        c = what(w)
        return I(c * w.q(w.x[0], w.x[1]), w.x[1]), c * w.q(w.x[0])

    return sides


def _into_mean(what):
    def sides(w):
        c = what(w)
        return c * E(log(w.q(w.x[1])), w.q(w.x[1])), E(c * log(w.q(w.x[1])), w.q(w.x[1]))

    return sides


def _chain_mean(w):
    k, x = chain_law(w), w.x
    return E(x[2], k((x[2] | x[1]), x[0])), E(x[2], k(x[2] | x[0]))


def _same_noise(w):
    w.X.define("noise", w.e[w.t], standard_normal)
    return Var(w.e[1] + w.b * w.e[1]), 1 + w.b**2
