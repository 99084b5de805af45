"""The rules on densities: conditional, Markov, and what spans of states have at their ends."""

from __future__ import annotations

from derive import Product, Sum, log
from generated.form import chain_law, step

PAIRS = {  # A and B of p(A | B)
    "first": lambda w: (w.x[1], w.x[0]),
    "step": lambda w: (w.x[w.t], w.x[w.t - 1]),
    "back": lambda w: (w.x[w.t - 1], w.x[w.t]),
    "path": lambda w: (w.x[1 : w.T], w.x[0]),
    "far": lambda w: (w.x[w.T], w.x[0]),
}
CONDITIONAL = {  # what p(A | B) is not
    "joint over the target": lambda q, a, b: q(a, b) / q(a),
    "turned": lambda q, a, b: q(b | a),
    "joint": lambda q, a, b: q(a, b),
    "joint times condition": lambda q, a, b: q(a, b) * q(b),
    "quotient of marginals": lambda q, a, b: q(a) / q(b),
    "marginal": lambda q, a, b: q(a),
    "unnormalised Bayes": lambda q, a, b: q(b | a) * q(a),
    "Bayes upside down": lambda q, a, b: q(b | a) * q(b) / q(a),
    "twice conditioned": lambda q, a, b: q(a | b) / q(b),
}
TRIPLES = {
    "0 1 2": lambda w: (w.x[2], w.x[1], w.x[0]),
    "2 1 0": lambda w: (w.x[0], w.x[1], w.x[2]),
    "t": lambda w: (w.x[w.t + 1], w.x[w.t], w.x[0]),
    "back t": lambda w: (w.x[w.t], w.x[w.t + 1], w.x[0]),
}
GIVEN = {  # what p(A | B, C) is not
    "drops the middle": lambda q, a, b, c: q(a | c),
    "drops the far one": lambda q, a, b, c: q(a | b),
    "wrong denominator": lambda q, a, b, c: q(a, b, c) / q(b),
    "Bayes without a condition": lambda q, a, b, c: q(b | a, c) * q(a) / q(b | c),
    "Bayes by the other denominator": lambda q, a, b, c: q(b | a, c) * q(a | c) / q(b),
    "product of two": lambda q, a, b, c: q(a | b) * q(a | c),
    "joint given one": lambda q, a, b, c: q(a, b | c),
}
MARKOV = {  # of a Markov chain k; left and right
    "nearest is not the far one": lambda w, k, x, t: (k(x[t + 1] | x[t], x[0]), k(x[t + 1] | x[0])),
    "a state beyond is no past": lambda w, k, x, t: (k(x[t] | x[t - 1], x[t + 1]), k(x[t] | x[t - 1])),
    "a state before is no future": lambda w, k, x, t: (k(x[t] | x[t - 1], x[t + 1]), k(x[t] | x[t + 1])),
    "the nearest is not given": lambda w, k, x, t: (k(x[t + 2] | x[t]), k(x[t + 2] | x[t + 1])),
    "no condition is left": lambda w, k, x, t: (k(x[t + 1] | x[t]), k(x[t + 1])),
    "backwards from the far one": lambda w, k, x, t: (k(x[t - 1] | x[t], x[t + 1]), k(x[t - 1] | x[t + 1])),
    "forwards is not backwards": lambda w, k, x, t: (k(x[t] | x[t - 1]), k(x[t - 1] | x[t])),
    "a gap in a path": lambda w, k, x, t: (k(x[1], x[3]), k(x[1]) * k(x[3] | x[2])),
    "targets on both sides": lambda w, k, x, t: (k(x[1], x[3] | x[2], x[0]), k(x[1], x[3] | x[2])),
    "a middle target": lambda w, k, x, t: (k(x[2] | x[1], x[3]), k(x[2] | x[1]) * k(x[3] | x[2])),
    "endpoints are the nearest": lambda w, k, x, t: (k(x[2] | x[0], x[4]), k(x[2] | x[1], x[3])),
    "one end of a bridge": lambda w, k, x, t: (k(x[t] | x[t - 1], x[t + 4]), k(x[t] | x[t - 1])),
    "span of conditions to its wrong end": lambda w, k, x, t: (k(x[t + 1] | x[0:t]), k(x[t + 1] | x[0])),
    "span of later conditions": lambda w, k, x, t: (k(x[0] | x[1:t]), k(x[0] | x[t])),
    "reverse drops the data": lambda w, k, x, t: (k(x[t] | x[t + 1], x[0]), k(x[t] | x[t + 1])),
    "independent steps": lambda w, k, x, t: (k(x[t], x[t - 1]), k(x[t]) * k(x[t - 1])),
    "two steps at once": lambda w, k, x, t: (k(x[2] | x[0]), k(x[2] | x[1]) * k(x[1] | x[0])),
}
PATHS = {  # ∏ k(x_s | x_{s−1}) is not k(x_{1:T} | x_0) with these ends
    "from 2": lambda k, x, s, T: Product(k(x[s] | x[s - 1]), (s, 2, T)),
    "to T - 1": lambda k, x, s, T: Product(k(x[s] | x[s - 1]), (s, 1, T - 1)),
    "to T + 1": lambda k, x, s, T: Product(k(x[s] | x[s - 1]), (s, 1, T + 1)),
    "shifted up": lambda k, x, s, T: Product(k(x[s + 1] | x[s]), (s, 1, T)),
    "turned": lambda k, x, s, T: Product(k(x[s - 1] | x[s]), (s, 1, T)),
    "given the data": lambda k, x, s, T: Product(k(x[s] | x[0]), (s, 1, T)),
    "with the marginal": lambda k, x, s, T: k(x[0]) * Product(k(x[s] | x[s - 1]), (s, 1, T)),
    "back without the last": lambda k, x, s, T: Product(k(x[s - 1] | x[s], x[0]), (s, 2, T)),
    "back with a marginal": lambda k, x, s, T: k(x[T]) * Product(k(x[s - 1] | x[s], x[0]), (s, 2, T)),
    "one factor": lambda k, x, s, T: k(x[1] | x[0]) * k(x[T] | x[0]),
    "double last": lambda k, x, s, T: k(x[T] | x[T - 1]) * Product(k(x[s] | x[s - 1]), (s, 1, T)),
}
SPANS = {  # for any law
    "overlap": lambda q, x, t: (q(x[0 : t + 1]), q(x[0:t]) * q(x[t : t + 1])),
    "one less above": lambda q, x, t: (q(x[0:t]), q(x[0 : t - 1])),
    "one less below": lambda q, x, t: (q(x[0:t]), q(x[1:t])),
    "split with a hole": lambda q, x, t: (q(x[0 : t + 1]), q(x[t + 1] | x[0 : t - 1]) * q(x[0 : t - 1])),
    "split at one end too far": lambda q, x, t: (q(x[0:t]), q(x[t] | x[1 : t - 1]) * q(x[0 : t - 1])),
    "split without condition": lambda q, x, t: (q(x[0:t]), q(x[1:t]) * q(x[0])),
    "split turned": lambda q, x, t: (q(x[0:t]), q(x[0] | x[1:t]) * q(x[0])),
    "log of a path": lambda q, x, t: (log(q(x[0:t])), log(q(x[0])) + log(q(x[1:t]))),
    "both sides": lambda q, x, t: (q(x[0:t] | x[t + 1]), q(x[0 : t + 1]) / q(x[t])),
    "condition within the targets": lambda q, x, t: (q(x[0:t] | x[1]), q(x[0:t]) / q(x[1])),
    "product over marginals": lambda q, x, t: (q(x[0:2]), q(x[0]) * q(x[1]) * q(x[2])),
}


def falsehoods():
    for pair, states in PAIRS.items():
        for name, other in CONDITIONAL.items():
            yield step(
                f"conditional, {name}, {pair}", _pair(states, other), "Bayes" if "Bayes" in name else "chain rule"
            )
    for triple, states in TRIPLES.items():
        for name, other in GIVEN.items():
            yield step(f"conditional, {name}, {triple}", _triple(states, other), "Bayes")
    for name, sides in MARKOV.items():
        for by in ("Markov", "chain rule"):
            yield step(f"Markov, {name}", _chain(sides), by)
    for name, path in PATHS.items():
        yield step(f"Markov, path {name}", _path(path, lambda w: chain_law(w)), "Markov")
    yield step("Markov, path of an undeclared law", _path(_true_path, lambda w: w.q), "Markov")
    yield step("Markov, path by the chain rule", _path(_true_path, lambda w: chain_law(w)), "chain rule")
    yield step("Markov, undeclared", lambda w: (w.q(w.x[2] | w.x[1], w.x[0]), w.q(w.x[2] | w.x[1])), "Markov")
    yield step("Markov, undeclared beside a chain", _beside, "Markov")
    yield step("Markov, a sum of undeclared logs", _undeclared_sum, "Markov")
    for name, sides in SPANS.items():
        yield step(f"spans, {name}", lambda w, sides=sides: sides(w.q, w.x, w.t), "chain rule")
    yield step("conditional, a state on both sides at t = 1", _both_sides, "Bayes")
    yield step("conditional, a state twice at t = s", _twice, "chain rule")
    yield step("conditional, another law", lambda w: (w.q(w.x[1] | w.x[0]), w.p(w.x[0], w.x[1]) / w.q(w.x[0])), "Bayes")


def _pair(states, other):
    def sides(w):
        a, b = states(w)
        return w.q(a | b), other(w.q, a, b)

    return sides


def _triple(states, other):
    def sides(w):
        a, b, c = states(w)
        return w.q((a | b), c), other(w.q, a, b, c)

    return sides


def _chain(sides):
    return lambda w: sides(w, chain_law(w), w.x, w.t)


def _path(path, law):
    def sides(w):
        k = law(w)
        return k(w.x[1 : w.T] | w.x[0]), path(k, w.x, w.s, w.T)

    return sides


def _true_path(k, x, s, T):
    return Product(k(x[s] | x[s - 1]), (s, 1, T))


def _beside(w):
    k, x, q = chain_law(w), w.x, w.q
    return k(x[1]) * q(x[2] | x[1], x[0]), k(x[1]) * q(x[2] | x[1])


def _undeclared_sum(w):
    x, q, s, k = w.x, w.q, w.s, chain_law(w)
    total = Sum(log(q(x[s + 1] | x[s], x[0])), (s, 1, w.T))
    return total + log(k(x[0])), Sum(log(q(x[s + 1] | x[s])), (s, 1, w.T)) + log(k(x[0]))


def _both_sides(w):
    x, q, t = w.x, w.q, w.t
    return q(x[t - 1] | x[t], x[0]), q(x[t] | x[t - 1], x[0]) * q(x[t - 1] | x[0]) / q(x[t] | x[0])


def _twice(w):
    x, q = w.x, w.q
    return q(x[w.s], x[w.t]), q(x[w.s] | x[w.t]) * q(x[w.t])
