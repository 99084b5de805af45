"""Truths that a teacher would write, one kind a function: each must be accepted, by rule, for all T."""

from __future__ import annotations

from fractions import Fraction

import pytest
from falsehoods import World
from truths import Truths

from derive import (
    KL,
    Derivative,
    E,
    Integral,
    Limit,
    Normal,
    Product,
    Sum,
    Var,
    exp,
    log,
    positive,
    sqrt,
    standard_normal,
)
from derive.errors import DeriveError
from derive.verify import verify

truth = Truths()


class Chains(World):
    """The letters of a falsehood's world, with a Markov chain r, and a law over two state sequences."""

    def __init__(self):
        super().__init__()
        self.mc = self.X.density("r_chain", latex="r", markov=True)
        self.model = self.X.density("p_model", latex="p", markov=True)
        self.guide = self.X.symbol("guide", latex="w")
        self.d, self.k = self.X.symbol("d", positive), self.X.symbol("k", positive)


# logarithms and powers


@truth(Fraction(13, 10), Fraction(-1, 2), 3, "g")
def log_of_a_power(w, g):
    g = w.guide if g == "g" else g
    w.st(log(w.q(w.x[1]) ** g), g * log(w.q(w.x[1])), "algebra")


@truth(Fraction(13, 10), "g")
def log_of_a_power_of_a_ratio(w, g):
    g = w.guide if g == "g" else g
    ratio = w.q(w.x[1] | w.x[0]) / w.p(w.x[1])
    w.st(log(ratio**g), g * log(w.q(w.x[1] | w.x[0])) - g * log(w.p(w.x[1])), "algebra")


@truth(Fraction(7, 3), "g")
def power_of_a_product(w, g):
    g = w.guide if g == "g" else g
    w.st((w.a * w.v) ** g, w.a**g * w.v**g, "algebra")


@truth(Fraction(7, 3), "g")
def power_of_a_product_of_densities(w, g):
    g = w.guide if g == "g" else g
    a, b = w.q(w.x[1]), w.p(w.x[2])
    w.st((a * b) ** g, a**g * b**g, "algebra")


@truth()
def guidance_as_a_power(w):
    g = w.guide
    a, b = w.q(w.x[1] | w.x[0]), w.q(w.x[1])
    w.st(log(b * (a / b) ** g), (1 - g) * log(b) + g * log(a), "algebra")


@truth(1, 2)
def powers_add(w, n):
    g = w.guide
    w.st(w.q(w.x[1]) ** g * w.q(w.x[1]) ** n, w.q(w.x[1]) ** (g + n), "algebra")


@truth()
def log_of_a_product_over_time(w):
    x, t, T = w.x, w.t, w.T
    w.st(log(Product(w.q(x[t] | x[t - 1]), (t, 1, T))), Sum(log(w.q(x[t] | x[t - 1])), (t, 1, T)), "algebra")


# joint laws


@truth()
def ddim_joint(w):
    x, q, t, T = w.x, w.q, w.t, w.T
    joint = q(x[T] | x[0]) * Product(q(x[t - 1] | x[t], x[0]), (t, 2, T))
    w.X.define("joint", q(x[1:T] | x[0]), joint)
    w.X.chain("use", q(x[1:T] | x[0])).equals(joint, by="definition", using="joint")
    whole = log(q(x[T] | x[0])) + Sum(log(q(x[t - 1] | x[t], x[0])), (t, 2, T))
    w.X.chain("log", log(q(x[1:T] | x[0]))).equals(log(joint), by="definition", using="joint").equals(
        whole, by="algebra"
    )


@truth()
def ddim_mean_of_a_ratio(w):
    x, q, p, t, T = w.x, w.q, w.p, w.t, w.T
    joint = q(x[T] | x[0]) * Product(q(x[t - 1] | x[t], x[0]), (t, 2, T))
    w.X.define("joint", q(x[1:T] | x[0]), joint)
    ratio = p(x[0:T]) / q(x[1:T] | x[0])
    path = q(x[1:T] | x[0])
    w.X.chain("use", E(log(ratio), path)).equals(E(log(p(x[0:T]) / joint), path), by="definition", using="joint")


@truth("mean", "square")
def ancestral_draw(w, what):
    """x_{t−1} = μ + σ z: the mean of anything under the model's step is one over a standard normal z."""
    x, t, g, z = w.x, w.t, w.g, w.X.dummy("zeta")
    mu, sigma = w.X.function("mu"), w.X.sequence("sigma", positive)
    law, drawn = Normal(x[t - 1], mu(x[t], t), sigma[t] ** 2), mu(x[t], t) + sigma[t] * z
    of = g if what == "mean" else lambda value: (value - x[0]) ** 2 * g(value)
    w.X.chain("draw", E(of(x[t - 1]), law), start=2).equals(E(of(drawn), Normal(z, 0, 1)), by="reparameterisation")


@truth("constant", "network")
def backward_draw(w, what):
    X, x, t, z = w.X, w.x, w.t, w.X.noise("zeta", backward=True)
    X.define("noise", z[t], standard_normal)
    sigma = X.sequence("sigma", positive)
    mu = X.sequence("mu")[t] if what == "constant" else X.function("mu")(x[t], t)
    X.define("draw", x[t - 1], mu + sigma[t] * z[t])
    X.chain("difference", x[t - 1] - mu).equals(sigma[t] * z[t], by="definition", using="draw")
    X.chain("apart", E(z[t] * x[t])).equals(E(z[t]) * E(x[t]), by="independence")


@truth()
def draw_of_a_state(w):
    X, x, t, e = w.X, w.x, w.t, w.e
    X.define("noise", e[t], standard_normal)
    mu, sigma = X.function("mu"), X.sequence("sigma", positive)
    X.define("draw", x[t], mu(x[t - 1], t) + sigma[t] * e[t])
    X.chain("spread", Var(x[t] - mu(x[t - 1], t))).equals(
        Var(mu(x[t - 1], t) + sigma[t] * e[t] - mu(x[t - 1], t)), by="definition", using="draw"
    ).equals(sigma[t] ** 2, by="definition", using="noise")


@truth("parts", "stein")
def network_by_parts(w, what):
    x, t, f = w.x, w.t, w.f
    net = w.X.function("net")
    if what == "parts":
        cross = Integral(f(x[t]) * net(x[t], t) * Derivative(log(f(x[t])), x[t]), x[t])
        w.st(cross, -Integral(f(x[t]) * Derivative(net(x[t], t), x[t]), x[t]), "integration by parts")
    else:
        law = Normal(x[t], w.r, w.v)
        w.st(E((x[t] - w.r) * net(x[t], t), law), w.v * E(Derivative(net(x[t], t), x[t]), law), "integration by parts")


@truth()
def a_sum_split_at_a_symbolic_time(w):
    m, s, t, T = w.m, w.s, w.t, w.T
    split = Sum(m[s], (s, 1, t)) + Sum(m[s], (s, t + 1, T))
    w.st(Sum(split, (t, 1, T)), Sum(Sum(m[s], (s, 1, T)), (t, 1, T)), "telescoping")


@truth("log", "weights", "product")
def continuous_time(w, what):
    """What the variational bound tends to when the steps grow many."""
    t, T, u, g, h = w.t, w.T, w.u, w.g, w.h
    if what == "log":
        w.st(Limit(T * log(1 + w.a / T), T), w.a, "limit")
    elif what == "weights":
        w.st(Limit(Sum(g(t / T) * h(t / T) ** 2 / T, (t, 1, T)), T), Integral(g(u) * h(u) ** 2, (u, 0, 1)), "limit")
    else:
        right = Integral(exp(-w.a * u) / (1 + u), (u, 0, 1))
        w.st(Limit(Sum(exp(-w.a * t / T) / (T + t), (t, 1, T)), T), right, "limit")


@truth("E", "KL", "integral", "loss")
def network_with_densities(w, what):
    x, q, p, t = w.x, w.q, w.p, w.t
    eps = w.X.function("eps", latex="\\epsilon")
    out = eps(x[t], t)
    if what == "E":
        w.st(E(w.a * out + w.b, q(x[t] | x[0])), w.a * E(out, q(x[t] | x[0])) + w.b, "linearity")
    elif what == "integral":
        w.st(E(out, q(x[t])), Integral(out * q(x[t]), x[t]), "definition")
    elif what == "KL":
        body = out * KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t]))
        inner = E(log(q(x[t - 1] | x[t], x[0]) / p(x[t - 1] | x[t])), q(x[t - 1] | x[t], x[0]))
        mean = E(out * inner, q(x[t] | x[0]))
        w.X.chain("kl", E(body, q(x[t] | x[0])), start=2).equals(mean, by="definition")
    else:
        joint = q(x[t - 1 : t] | x[0])
        w.X.chain("loss", E((out - x[0]) ** 2, joint), start=2).equals(
            E((out - x[0]) ** 2, q(x[t] | x[0])), by="marginalisation"
        )


# two letters


@truth("chain rule", "Bayes", "marginalisation", "tower", "total")
def one_law_over_two_sequences(w, what):
    q, x, y = w.q, w.x, w.X.states("y_label", latex="y")
    if what == "chain rule":
        w.st(q(x[0], y[0]), q(y[0]) * q(x[0] | y[0]), what)
    elif what == "Bayes":
        w.st(q(x[0] | y[0]), q(y[0] | x[0]) * q(x[0]) / q(y[0]), what)
    elif what == "marginalisation":
        w.st(q(x[0]), Integral(q(x[0] | y[0]) * q(y[0]), y[0]), what)
    elif what == "tower":
        w.st(E(log(q(x[0] | y[0])), q(x[0], y[0])), E(E(log(q(x[0] | y[0])), q(x[0] | y[0])), q(y[0])), what)
    else:
        f = w.g
        w.st(E(f(x[0]), q(x[0])), E(E(f(x[0]), q(x[0] | y[0])), q(y[0])), "tower")


@truth()
def bayes_for_guidance(w):
    q, x, t, y = w.q, w.x, w.t, w.X.states("y_label", latex="y")
    w.st(log(q(x[t] | y[0])), log(q(x[t])) + log(q(y[0] | x[t])) - log(q(y[0])), "Bayes")


@truth("algebra", "linearity", "defined")
def mixture_of_two_laws(w, what):
    X, q, p, x, c = w.X, w.q, w.p, w.x, w.c
    if what == "linearity":
        w.st(
            Integral((c * q(x[1]) + (1 - c) * p(x[1])) * w.g(x[1]), x[1]),
            c * E(w.g(x[1]), q(x[1])) + (1 - c) * E(w.g(x[1]), p(x[1])),
            "marginalisation",
        )
    elif what == "algebra":
        w.st(c * q(x[1]) + (1 - c) * p(x[1]), p(x[1]) + c * (q(x[1]) - p(x[1])), "algebra")
    else:
        r = X.density("mix")
        X.define("mixture", r(x[1]), c * q(x[1]) + (1 - c) * p(x[1]))
        X.chain("mean", E(w.g(x[1]), r(x[1]))).equals(Integral(w.g(x[1]) * r(x[1]), x[1]), by="definition").equals(
            Integral(w.g(x[1]) * (c * q(x[1]) + (1 - c) * p(x[1])), x[1]), by="definition", using="mixture"
        ).equals(c * E(w.g(x[1]), q(x[1])) + (1 - c) * E(w.g(x[1]), p(x[1])), by="marginalisation")


@truth()
def mixture_normalises(w):
    w.st(Integral(w.c * w.q(w.x[1]) + (1 - w.c) * w.p(w.x[1]), w.x[1]), 1, "marginalisation")


# towers and variances without a density


@truth("one", "two", "noise", "square")
def tower_without_density(w, what):
    x, t, e = w.x, w.t, w.e
    if what == "one":
        w.st(E(E(x[t] * x[t - 1] + x[t], given=x[t - 1])), E(x[t] * x[t - 1] + x[t]), "tower")
    elif what == "two":
        inner = E(x[3] * x[2] * x[1], given=(x[2], x[1]))
        w.st(E(inner, given=x[1]), E(x[3] * x[2] * x[1], given=x[1]), "tower")
    elif what == "noise":
        w.st(E(E(x[t] * e[t], given=x[t - 1])), E(x[t] * e[t]), "tower")
    else:
        w.st(E(E(x[t] ** 2, given=x[0])), E(x[t] ** 2), "tower")


@truth("x0", "previous")
def total_variance(w, what):
    x, t = w.x, w.t
    given = x[0] if what == "x0" else x[t - 1]
    y = x[t]
    w.st(Var(y), E(Var(y, given=given)) + Var(E(y, given=given)), "tower")


@truth("out", "both")
def what_is_known_comes_out(w, what):
    x, t = w.x, w.t
    if what == "out":
        w.st(E(x[t - 1] * x[t], given=x[t - 1]), x[t - 1] * E(x[t], given=x[t - 1]), "linearity")
    else:
        w.st(E(x[t - 1] * x[t]), E(x[t - 1] * E(x[t], given=x[t - 1])), "tower")


# integration by parts


@truth("bell", "bell-first", "three", "normal")
def by_parts(w, what):
    y, f, g, v = w.y, w.f, w.g, w.v
    if what == "bell":
        w.st(Integral(f.prime(y) * g(y), y), -Integral(f(y) * g.prime(y), y), "integration by parts")
    elif what == "bell-first":
        w.st(Integral(f(y) * g.prime(y), y), -Integral(f.prime(y) * g(y), y), "integration by parts")
    elif what == "three":
        w.st(
            Integral(y**2 * f.prime(y) * g(y), y),
            -Integral(f(y) * (2 * y * g(y) + y**2 * g.prime(y)), y),
            "integration by parts",
        )
    else:
        w.st(
            Integral(g.prime(y) * Normal(y, 0, v), y),
            Integral(g(y) * y / v * Normal(y, 0, v), y),
            "integration by parts",
        )


@truth()
def a_derivative_integrates_to_nothing(w):
    w.st(Integral(w.f.prime(w.y), w.y), 0, "integration by parts")


@truth("mean", "centred", "square", "reverse")
def stein(w, what):
    y, g, v, r = w.y, w.g, w.v, w.r
    law = Normal(y, r, v)
    if what == "mean":
        w.st(E((y - r) * g(y), law), v * E(g.prime(y), law), "integration by parts")
    elif what == "centred":
        w.st(E(y * g(y), Normal(y, 0, 1)), E(g.prime(y), Normal(y, 0, 1)), "integration by parts")
    elif what == "square":
        w.st(E((y - r) ** 2 * g(y), law), v * E(g(y), law) + v * E((y - r) * g.prime(y), law), "integration by parts")
    else:
        w.st(E(g.prime(y), law), E((y - r) * g(y), law) / v, "integration by parts")


@truth("function", "normal")
def mean_of_the_score(w, what):
    y, f = w.y, w.f
    if what == "function":
        w.st(Integral(f(y) * Derivative(log(f(y)), y), y), 0, "integration by parts")
    else:
        law = Normal(y, w.r, w.v)
        w.st(E(Derivative(log(law), y), law), 0, "integration by parts")


@truth()
def mean_of_the_score_of_a_density(w):
    X, x, q, f = w.X, w.x, w.q, w.f
    X.define("data", q(x[0]), f(x[0]))
    score = Derivative(log(f(x[0])), x[0])
    X.chain("score", Integral(score * f(x[0]), x[0])).equals(0, by="integration by parts")


@truth()
def implicit_score_matching(w):
    """Hyvärinen: the cross term of score and model by parts."""
    y, f, g = w.y, w.f, w.g
    w.st(
        Integral(f(y) * g(y) * Derivative(log(f(y)), y), y),
        -Integral(f(y) * g.prime(y), y),
        "integration by parts",
    )


# substitution


@truth("standard", "back", "two")
def reparameterisation(w, what):
    y, g, r, v = w.y, w.g, w.r, w.v
    z = w.X.dummy("zeta")
    left = E(g(y), Normal(y, r, v))
    right = E(g(r + sqrt(v) * z), Normal(z, 0, 1))
    if what == "standard":
        w.st(left, right, "reparameterisation")
    elif what == "back":
        w.st(right, left, "reparameterisation")
    else:
        w.st(
            E(y * g(y), Normal(y, r, v)),
            E((r + sqrt(v) * z) * g(r + sqrt(v) * z), Normal(z, 0, 1)),
            "reparameterisation",
        )


@truth("line", "shift", "bell", "interval")
def substitution(w, what):
    y, u, f, a, b = w.y, w.u, w.f, w.a, w.b
    if what == "line":
        w.st(Integral(f(a * u + b) * a, u), Integral(f(y), y), "substitution")
    elif what == "shift":
        w.st(Integral(f(u + b), u), Integral(f(u), u), "substitution")
    elif what == "bell":
        w.st(
            Integral(w.g(a * u + b) * Normal(a * u + b, 0, w.v) * a, u),
            Integral(w.g(y) * Normal(y, 0, w.v), y),
            "substitution",
        )
    else:
        w.st(Integral(w.g(a * u + b) * a, (u, 0, 1)), Integral(w.g(y), (y, b, a + b)), "substitution")


@truth("E", "integral")
def the_name_of_a_dummy(w, what):
    y, u = w.y, w.u
    if what == "E":
        w.st(E(w.g(y), Normal(y, w.r, w.v)), E(w.g(u), Normal(u, w.r, w.v)), "substitution")
    else:
        w.st(Integral(w.f(y), y), Integral(w.f(u), u), "substitution")


# limits


@truth("function", "explicit", "left", "factor")
def riemann(w, what):
    t, T, u, g = w.t, w.T, w.u, w.g
    if what == "function":
        w.st(Limit(Sum(g(t / T) / T, (t, 1, T)), T), Integral(g(u), (u, 0, 1)), "limit")
    elif what == "explicit":
        w.st(Limit(Sum(exp(w.a * t / T) / T, (t, 1, T)), T), Integral(exp(w.a * u), (u, 0, 1)), "limit")
    elif what == "left":
        w.st(Limit(Sum(g((t - 1) / T) / T, (t, 1, T)), T), Integral(g(u), (u, 0, 1)), "limit")
    else:
        w.st(Limit(w.a * Sum(g(t / T), (t, 1, T)) / T, T), w.a * Integral(g(u), (u, 0, 1)), "limit")


@truth("plus", "minus", "two", "square", "unit")
def exponential_limit(w, what):
    T = w.T
    if what == "plus":
        w.st(Limit((1 + w.a / T) ** T, T), exp(w.a), "limit")
    elif what == "minus":
        w.st(Limit((1 - w.c / T) ** T, T), exp(-w.c), "limit")
    elif what == "two":
        w.st(Limit((1 + w.a / T + w.v / T**2) ** T, T), exp(w.a), "limit")
    elif what == "square":
        w.st(Limit((1 - w.c / (2 * T)) ** (2 * T), T), exp(-w.c), "limit")
    else:
        c = w.X.symbol("gamma", positive)
        w.st(Limit((1 - c / T) ** T, T), exp(-c), "limit")


# bounds


@truth("log", "u-1", "exp", "small")
def bounds_of_log_and_exp(w, what):
    u, c = w.a, w.c
    if what == "log":
        w.X.chain("b", c).at_most(-log(1 - c), gap=-log(1 - c) - c)
    elif what == "u-1":
        w.X.chain("b", log(u)).at_most(u - 1, gap=u - 1 - log(u))
    elif what == "exp":
        w.X.chain("b", 1 + w.r).at_most(exp(w.r), gap=exp(w.r) - 1 - w.r)
    else:
        w.X.chain("b", 1 - c).at_most(exp(-c), gap=exp(-c) - (1 - c))


@truth("two", "mean", "weighted", "sum", "nested")
def compound_gap(w, what):
    q, p, x, t, T = w.q, w.p, w.x, w.t, w.T
    a = KL(q(x[1]), p(x[1]))
    b = KL(q(x[2] | x[1]), p(x[2] | x[1]))
    if what == "two":
        w.X.chain("b", w.r).at_most(w.r + a + KL(q(x[2]), p(x[2])), gap=a + KL(q(x[2]), p(x[2])))
    elif what == "mean":
        w.X.chain("b", w.r).at_most(w.r + E(b, q(x[1])), gap=E(b, q(x[1])))
    elif what == "weighted":
        w.X.chain("b", w.r).at_most(w.r + w.c * a + (w.r - w.b) ** 2, gap=w.c * a + (w.r - w.b) ** 2)
    else:
        one = KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t]))
        gap = Sum(E(one, q(x[t] | x[0])), (t, 2, T))
        if what == "nested":
            gap = w.c * (gap + a)
        w.X.chain("b", w.r).at_most(w.r + gap, gap=gap)


@truth()
def bound_of_the_evidence(w):
    """log p(x_0) ≥ ELBO with the gap named."""
    q, p, x, T = w.q, w.p, w.x, w.T
    path = q(x[1:T] | x[0])
    gap = KL(path, p(x[1:T] | x[0]))
    elbo = E(log(p(x[0:T]) / path), path)
    w.X.chain("identity", elbo).equals(log(p(x[0])) - gap, by="Jensen")
    w.X.chain("bound", log(p(x[0])) - gap).at_most(log(p(x[0])), gap=gap)


@truth()
def jensen_with_the_gap(w):
    q, p, x = w.q, w.p, w.x
    w.st(
        log(Integral(p(x[0], x[1]), x[1])),
        E(log(p(x[0], x[1]) / q(x[1] | x[0])), q(x[1] | x[0])) + KL(q(x[1] | x[0]), p(x[1] | x[0])),
        "Jensen",
    )


# identities of statistics


@truth()
def fisher_identity(w):
    """The score of a marginal is the mean of the score given what is left out."""
    u, f, r = w.u, w.f, w.r
    top = Integral(Derivative(Normal(r, u, w.v), r) * f(u), u)
    marginal = Integral(Normal(r, u, w.v) * f(u), u)
    w.X.chain("fisher", Derivative(log(marginal), r)).equals(
        Derivative(marginal, r) / marginal, by="differentiation"
    ).equals(top / marginal, by="exchange")


@truth("density", "normal", "noise", "law")
def mean_of_a_constant(w, what):
    if what == "density":
        w.st(E(w.r, w.q(w.x[1])), w.r, "linearity")
    elif what == "normal":
        w.st(E(w.r, Normal(w.y, w.b, w.v)), w.r, "linearity")
    elif what == "law":
        w.st(E(w.a * w.r, w.q(w.x[1 : w.T] | w.x[0])), w.a * w.r, "linearity")
    else:
        w.st(E(w.r), w.r, "linearity")


@truth("var", "cov", "sum", "scale")
def covariances(w, what):
    a, b = w.x[1], w.x[2]
    cov = E((a - E(a)) * (b - E(b)))
    if what == "var":
        w.st(Var(a), E(a**2) - E(a) ** 2, "linearity")
    elif what == "cov":
        w.st(cov, E(a * b) - E(a) * E(b), "linearity")
    elif what == "sum":
        w.st(Var(a + b), Var(a) + Var(b) + 2 * cov, "linearity")
    else:
        w.st(Var(w.r * a + w.b), w.r**2 * Var(a), "linearity")


@truth()
def cross_entropy(w):
    q, p, x = w.q, w.p, w.x
    w.st(-E(log(p(x[1])), q(x[1])), -E(log(q(x[1])), q(x[1])) + KL(q(x[1]), p(x[1])), "marginalisation")


@truth("two", "path", "markov")
def chain_rule_of_divergences(w, what):
    q, p, x, t, T = w.q, w.p, w.x, w.t, w.T
    if what == "two":
        right = KL(q(x[1]), p(x[1])) + E(KL(q(x[2] | x[1]), p(x[2] | x[1])), q(x[1]))
        w.st(KL(q(x[1:2]), p(x[1:2])), right, "tower")
    elif what == "path":
        right = KL(q(x[T] | x[0]), p(x[T])) + E(
            KL(q(x[1 : T - 1] | x[T], x[0]), p(x[1 : T - 1] | x[T])), q(x[T] | x[0])
        )
        w.X.chain("kl", KL(q(x[1:T] | x[0]), p(x[1:T])), start=2).equals(right, by="tower")
    else:
        q, p = w.mc, w.model
        right = KL(q(x[0]), p(x[0])) + Sum(E(KL(q(x[t] | x[t - 1]), p(x[t] | x[t - 1])), q(x[t - 1])), (t, 1, T))
        w.X.chain("kl", KL(q(x[0:T]), p(x[0:T]))).equals(
            E(log(q(x[0:T]) / p(x[0:T])), q(x[0:T])), by="definition"
        ).equals(
            E(
                log(q(x[0]) / p(x[0])) + Sum(log(q(x[t] | x[t - 1]) / p(x[t] | x[t - 1])), (t, 1, T)),
                q(x[0:T]),
            ),
            by="Markov",
        ).equals(right, by="tower")


@truth("entropies", "symmetric", "kl")
def mutual_information(w, what):
    q, x, T = w.q, w.x, w.T
    info = E(log(q(x[0], x[T]) / (q(x[0]) * q(x[T]))), q(x[0], x[T]))
    if what == "entropies":
        w.st(info, -E(log(q(x[T])), q(x[T])) + E(log(q(x[T] | x[0])), q(x[0], x[T])), "marginalisation")
    elif what == "symmetric":
        one = E(log(q(x[T] | x[0]) / q(x[T])), q(x[0], x[T]))
        w.st(one, E(log(q(x[0] | x[T]) / q(x[0])), q(x[0], x[T])), "Bayes")
    else:
        w.st(info, E(KL(q(x[T] | x[0]), q(x[T])), q(x[0])), "tower")


@truth()
def data_processing(w):
    q, p, x = w.q, w.p, w.x
    gap = E(KL(q(x[1] | x[2]), p(x[1] | x[2])), q(x[2]))
    w.X.chain("dp", KL(q(x[1:2]), p(x[1:2]))).equals(KL(q(x[2]), p(x[2])) + gap, by="tower")
    w.X.chain("bound", KL(q(x[2]), p(x[2]))).at_most(KL(q(x[2]), p(x[2])) + gap, gap=gap)


@truth("joint gap", "data gap")
def prior_gap_and_information(w, what):
    q, p, x, T = w.q, w.p, w.x, w.T
    left = E(KL(q(x[T] | x[0]), p(x[T])), q(x[0]))
    w.st(left, E(KL(q(x[T] | x[0]), q(x[T])), q(x[0])) + KL(q(x[T]), p(x[T])), "tower")


# chains


@truth("posterior", "reverse", "span")
def bayes_with_symbolic_times(w, what):
    q, x, t, T = w.q, w.x, w.t, w.T
    if what == "posterior":
        w.X.chain("b", q(x[t - 1] | x[t], x[0]), start=2).equals(
            q(x[t] | x[t - 1], x[0]) * q(x[t - 1] | x[0]) / q(x[t] | x[0]), by="Bayes"
        )
    elif what == "reverse":
        w.st(q(x[t - 1] | x[t]), q(x[t] | x[t - 1]) * q(x[t - 1]) / q(x[t]), "Bayes")
    else:
        w.st(q(x[1:T] | x[0]), q(x[0] | x[1:T]) * q(x[1:T]) / q(x[0]), "Bayes")


@truth()
def markov_posterior(w):
    q, x, t = w.mc, w.x, w.t
    w.X.chain("b", q(x[t] | x[t - 1], x[0]), start=2).equals(q(x[t] | x[t - 1]), by="Markov")


@truth("span", "one", "conditional", "step")
def marginalising_a_span(w, what):
    q, x, t, T = w.q, w.x, w.t, w.T
    if what == "span":
        w.X.chain("b", q(x[t] | x[0]), start=2).equals(Integral(q(x[1:t] | x[0]), x[1 : t - 1]), by="marginalisation")
    elif what == "one":
        w.st(q(x[t]), Integral(q(x[t] | x[t - 1]) * q(x[t - 1]), x[t - 1]), "marginalisation")
    elif what == "conditional":
        w.X.chain("b", E(w.g(x[t]), q(x[1:t] | x[0])), start=2).equals(
            E(w.g(x[t]), q(x[t] | x[0])), by="marginalisation"
        )
    else:
        w.X.chain("b", E(log(q(x[t] | x[t - 1])), q(x[0:T])), start=1).equals(
            E(log(q(x[t] | x[t - 1])), q(x[0:T])), by="algebra"
        )


@truth("chapman", "markov")
def chapman_kolmogorov(w, what):
    q, x, t = w.mc, w.x, w.t
    w.X.chain("b", q(x[t] | x[0]), start=2).equals(
        Integral(q(x[t] | x[t - 1], x[0]) * q(x[t - 1] | x[0]), x[t - 1]), by="marginalisation"
    ).equals(Integral(q(x[t] | x[t - 1]) * q(x[t - 1] | x[0]), x[t - 1]), by="Markov")


@truth("product", "sum", "densities", "from two")
def telescoping(w, what):
    q, x, t, T, a = w.q, w.x, w.t, w.T, w.X.sequence("rate", positive, start=0)
    if what == "product":
        w.st(Product(a[t] / a[t - 1], (t, 1, T)), a[T] / a[0], "telescoping")
    elif what == "sum":
        w.st(Sum(a[t] - a[t - 1], (t, 1, T)), a[T] - a[0], "telescoping")
    elif what == "densities":
        ratio = q(x[t] | x[0]) / q(x[t - 1] | x[0])
        w.X.chain("b", Product(ratio, (t, 2, T)), start=2).equals(q(x[T] | x[0]) / q(x[1] | x[0]), by="telescoping")
    else:
        w.X.chain("b", Sum(log(q(x[t] | x[0])) - log(q(x[t - 1] | x[0])), (t, 2, T)), start=2).equals(
            log(q(x[T] | x[0])) - log(q(x[1] | x[0])), by="telescoping"
        )


@truth("sum", "product", "alphas")
def telescoping_with_a_symbolic_start(w, what):
    t, s, a = w.t, w.s, w.X.sequence("rate", positive, start=0)
    if what == "sum":
        w.st(Sum(a[s] - a[s - 1], (s, t + 1, t + 5)), a[t + 5] - a[t], "telescoping")
    elif what == "product":
        w.st(Product(a[s] / a[s - 1], (s, t + 1, t + 5)), a[t + 5] / a[t], "telescoping")
    else:
        w.st(Product(w.al[s], (s, 1, t + 1)), Product(w.al[s], (s, 1, t)) * w.al[t + 1], "telescoping")


@truth()
def induction_on_time(w):
    X, t, s = w.X, w.t, w.s
    proof = X.induction("gauss", Sum(s, (s, 1, t)), t * (t + 1) / 2, over=t)
    proof.base.equals(_one(proof), by="algebra")
    proof.step.equals(Sum(s, (s, 1, t)) + (t + 1), by="telescoping").equals(
        t * (t + 1) / 2 + (t + 1), by="induction", using="hypothesis"
    ).equals((t + 1) * (t + 2) / 2, by="algebra")
    proof.conclude()


def _one(proof):
    from derive.language.times import Index

    return proof.here(proof.right, Index(None, 1))


@truth()
def product_of_two_gaussians(w):
    y, a, b, v, s = w.r, w.X.symbol("m_one"), w.b, w.v, w.a
    merged = (s * a + v * b) / (s + v)
    w.st(Normal(y, a, v) * Normal(y, b, s), Normal(a, b, v + s) * Normal(y, merged, v * s / (v + s)), "algebra")


@truth()
def product_of_gaussians_with_symbolic_times(w):
    x, t, al, ab = w.x, w.t, w.al, w.ab
    beta = 1 - al[t]
    one = Normal(x[t], sqrt(al[t]) * x[t - 1], beta)
    two = Normal(x[t - 1], sqrt(ab[t - 1]) * x[0], 1 - ab[t - 1])
    total = beta + al[t] * (1 - ab[t - 1])
    mean = (sqrt(al[t]) * (1 - ab[t - 1]) * x[t] + beta * sqrt(ab[t - 1]) * x[0]) / total
    right = Normal(x[t], sqrt(al[t]) * sqrt(ab[t - 1]) * x[0], total) * Normal(
        x[t - 1], mean, beta * (1 - ab[t - 1]) / total
    )
    w.X.chain("b", one * two, start=2).equals(right, by="algebra")


@truth()
def gaussian_marginal(w):
    y, r, v, a = w.y, w.r, w.v, w.a
    w.st(
        Integral(Normal(r, w.c * y, v) * Normal(y, w.b, a), y),
        Normal(r, w.c * w.b, v + w.c**2 * a),
        "Gaussian integral",
    )


@truth()
def gaussian_moments(w):
    y, r, v = w.y, w.r, w.v
    w.st(E(y**2, Normal(y, r, v)), r**2 + v, "Gaussian integral")


@truth("constant", "from two", "geometric", "powers")
def sums_over_time(w, what):
    t, T, c, r = w.t, w.T, w.c, w.r
    if what == "constant":
        w.st(Sum(r, (t, 1, T)), T * r, "algebra")
    elif what == "geometric":
        w.st(Sum(c**t, (t, 0, T)), (1 - c ** (T + 1)) / (1 - c), "algebra")
    elif what == "powers":
        w.st(Sum(c ** (t - 1), (t, 1, T)), (1 - c**T) / (1 - c), "algebra")
    else:
        w.st(Sum(w.m[t], (t, 1, T)), w.m[1] + Sum(w.m[t], (t, 2, T)), "algebra")


@truth("symbolic", "densities", "log")
def a_sum_split_in_two(w, what):
    q, x, t, s, T = w.q, w.x, w.t, w.s, w.T
    if what == "symbolic":
        w.st(Sum(w.m[s], (s, 1, T)), Sum(w.m[s], (s, 1, T - 1)) + w.m[T], "telescoping")
    elif what == "densities":
        body = log(q(x[s] | x[s - 1]))
        w.st(Sum(body, (s, 1, t + 3)), Sum(body, (s, 1, t)) + Sum(body, (s, t + 1, t + 3)), "telescoping")
    else:
        body = w.m[s]
        w.st(Sum(body, (s, 1, t + 3)), Sum(body, (s, 1, t)) + Sum(body, (s, t + 1, t + 3)), "telescoping")


@truth()
def first_term_of_a_density_sum(w):
    q, x, s, T = w.q, w.x, w.s, w.T
    body = log(q(x[s] | x[s - 1]))
    w.st(Sum(body, (s, 1, T)), log(q(x[1] | x[0])) + Sum(body, (s, 2, T)), "telescoping")


@truth("shift", "density")
def index_shift(w, what):
    t, T, m, q, x = w.t, w.T, w.m, w.q, w.x
    if what == "shift":
        w.st(Sum(m[t], (t, 2, T)), Sum(m[t + 1], (t, 1, T - 1)), "algebra")
    else:
        w.st(Sum(log(q(x[t] | x[t - 1])), (t, 2, T)), Sum(log(q(x[t + 1] | x[t])), (t, 1, T - 1)), "algebra")


@truth("two", "sum", "three")
def variance_of_independent_noises(w, what):
    X, e, t, T, s, m = w.X, w.e, w.t, w.T, w.s, w.m
    X.define("noise", e[t], standard_normal)
    if what == "two":
        X.chain("v", Var(w.r * e[1] + w.b * e[2])).equals(
            w.r**2 * Var(e[1]) + w.b**2 * Var(e[2]), by="independence"
        ).equals(w.r**2 + w.b**2, by="definition", using="noise")
    elif what == "three":
        X.chain("v", Var(w.r * e[1] + w.b * e[2] + e[3])).equals(w.r**2 + w.b**2 + 1, by="definition", using="noise")
    else:
        X.chain("v", Var(Sum(m[s] * e[s], (s, 1, T)))).equals(
            Sum(m[s] ** 2 * Var(e[s]), (s, 1, T)), by="independence"
        ).equals(Sum(m[s] ** 2, (s, 1, T)), by="definition", using="noise")


@truth()
def mean_of_a_sum_of_noises(w):
    X, e, t, T, s, m = w.X, w.e, w.t, w.T, w.s, w.m
    X.define("noise", e[t], standard_normal)
    X.chain("v", E(Sum(m[s] * e[s], (s, 1, T)))).equals(Sum(m[s] * E(e[s]), (s, 1, T)), by="linearity")


@truth("one", "path", "conditional")
def importance_weights(w, what):
    q, p, x, T = w.q, w.p, w.x, w.T
    if what == "one":
        w.st(E(p(x[1]) / q(x[1]), q(x[1])), 1, "marginalisation")
    elif what == "path":
        w.st(E(p(x[1:T] | x[0]) / q(x[1:T] | x[0]), q(x[1:T] | x[0])), 1, "marginalisation")
    else:
        w.st(E(w.g(x[1]) * p(x[1]) / q(x[1] | x[0]), q(x[1] | x[0])), E(w.g(x[1]), p(x[1])), "marginalisation")


@truth("normal", "function")
def log_derivative_trick(w, what):
    y, g, r, v = w.y, w.g, w.r, w.v
    law = Normal(y, r, v)
    w.X.chain("ld", Derivative(E(g(y), law), r)).equals(E(g(y) * Derivative(log(law), r), law), by="exchange")


@truth()
def pathwise_derivative(w):
    y, g, r, v = w.y, w.g, w.r, w.v
    w.st(
        Derivative(E(g(r + sqrt(v) * y), Normal(y, 0, 1)), r),
        E(g.prime(r + sqrt(v) * y), Normal(y, 0, 1)),
        "exchange",
    )


@truth("sum", "mean")
def sums_over_a_path(w, what):
    q, p, x, t, T = w.q, w.p, w.x, w.t, w.T
    if what == "sum":
        one = log(q(x[t - 1] | x[t], x[0]) / p(x[t - 1] | x[t]))
        w.st(
            E(Sum(one, (t, 2, T)), q(x[1:T] | x[0])),
            Sum(E(one, q(x[t - 1 : t] | x[0])), (t, 2, T)),
            "marginalisation",
        )
    else:
        one = log(q(x[t - 1] | x[t], x[0]) / p(x[t - 1] | x[t]))
        w.st(
            E(Sum(one, (t, 2, T)), q(x[1:T] | x[0])),
            Sum(E(KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t])), q(x[t] | x[0])), (t, 2, T)),
            "tower",
        )


@truth()
def mean_through_the_data(w):
    q, x, t = w.q, w.x, w.t
    w.st(E(x[t], q(x[t])), E(E(x[t], q(x[t] | x[0])), q(x[0])), "tower")


@truth()
def mean_of_a_state_by_its_step(w):
    X, x, e, t, al = w.X, w.x, w.e, w.t, w.al
    X.define("noise", e[t], standard_normal)
    X.define("step", x[t], sqrt(al[t]) * x[t - 1] + sqrt(1 - al[t]) * e[t])
    X.chain("m", E(x[t], given=x[t - 1])).equals(
        E(sqrt(al[t]) * x[t - 1] + sqrt(1 - al[t]) * e[t], given=x[t - 1]), by="definition", using="step"
    ).equals(sqrt(al[t]) * x[t - 1], by="definition", using="noise")


@truth()
def ddim_keeps_the_marginal(w):
    """The integral of the DDIM step over the marginal at t is the marginal at t − 1."""
    x, t, ab = w.x, w.t, w.ab
    sigma = w.X.sequence("sigma", positive)
    here = Normal(x[t], sqrt(ab[t]) * x[0], 1 - ab[t])
    noise = (x[t] - sqrt(ab[t]) * x[0]) / sqrt(1 - ab[t])
    back = Normal(x[t - 1], sqrt(ab[t - 1]) * x[0] + w.r * noise, sigma[t] ** 2)
    there = Normal(x[t - 1], sqrt(ab[t - 1]) * x[0], w.r**2 + sigma[t] ** 2)
    w.X.chain("keeps", Integral(back * here, x[t]), start=2).equals(there, by="Gaussian integral")


@truth("score", "tweedie")
def tweedie(w, what):
    r, u, v, f = w.r, w.u, w.v, w.f
    marginal = Integral(Normal(r, u, v) * f(u), u)
    mean = Integral(u * Normal(r, u, v) * f(u), u) / marginal
    chain = w.X.chain("t", Derivative(log(marginal), r)).equals(
        Integral(Derivative(Normal(r, u, v), r) * f(u), u) / marginal, by="exchange"
    )
    chain.equals(Integral((u - r) / v * Normal(r, u, v) * f(u), u) / marginal, by="differentiation")
    if what == "tweedie":
        chain.equals((mean - r) / v, by="linearity")


@truth()
def divergence_of_two_gaussians(w):
    y, r, b, v, a = w.y, w.r, w.b, w.v, w.a
    w.st(
        KL(Normal(y, r, v), Normal(y, b, a)),
        (log(a / v) + (v + (r - b) ** 2) / a - 1) / 2,
        "Gaussian integral",
    )


@truth()
def entropy_of_a_gaussian(w):
    from derive.language.expr import Pi

    y, r, v = w.y, w.r, w.v
    w.st(-E(log(Normal(y, r, v)), Normal(y, r, v)), (log(2 * Pi() * v) + 1) / 2, "Gaussian integral")


@truth()
def the_bound_as_a_sum(w):
    """The decomposition of the variational bound, for a chain that runs forward and a model that runs backward."""
    q, p, x, t, T = w.mc, w.model, w.x, w.t, w.T
    path = q(x[1:T] | x[0])
    left = E(log(path / p(x[0:T])), path)
    one = log(q(x[t - 1] | x[t], x[0]) / p(x[t - 1] | x[t]))
    split = E(log(q(x[T] | x[0]) / p(x[T])) + Sum(one, (t, 2, T)) - log(p(x[0] | x[1])), path)
    w.X.chain("b", left, start=2).equals(split, by="Markov").equals(
        KL(q(x[T] | x[0]), p(x[T]))
        + Sum(E(KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t])), q(x[t] | x[0])), (t, 2, T))
        - E(log(p(x[0] | x[1])), q(x[1] | x[0])),
        by="tower",
    )


@pytest.mark.parametrize("name, variant", truth.cases())
def test_truths_are_accepted(name, variant):
    truth[name](Chains(), *variant)


def test_many_kinds():
    assert len(truth) >= 50


# near misses: each condition of a new rule dropped in turn


near = Truths()


def step(w, left, right, by, start=1, using=()):
    w.X.chain(f"miss {len(w.X.blocks)}", left, start=start).equals(right, by=by, using=using)


@near(
    "no fall", "interval", "half", "sign", "fixed", "may be still", "grows", "one way", "quadratic", "hidden", "letter"
)
def parts(w, what):
    y, f, g, h, r = w.y, w.f, w.g, w.h, w.r
    by = "integration by parts"
    if what == "no fall":
        step(w, Integral(g.prime(y) * h(y), y), -Integral(g(y) * h.prime(y), y), by)
    elif what == "interval":
        step(w, Integral(f.prime(y) * g(y), (y, 0, 1)), -Integral(f(y) * g.prime(y), (y, 0, 1)), by)
    elif what == "half":
        step(w, Integral(f.prime(y) * g(y), (y, 0, None)), -Integral(f(y) * g.prime(y), (y, 0, None)), by)
    elif what == "sign":
        step(w, Integral(f.prime(y) * g(y), y), Integral(f(y) * g.prime(y), y), by)
    elif what == "fixed":
        step(w, Integral(f(r) * g.prime(y), y), 0, by)
    elif what == "may be still":
        step(w, Integral(f(r * y) * g.prime(y), y), -r * Integral(f.prime(r * y) * g(y), y), by)
    elif what == "grows":
        step(w, Integral(2 * y * exp(y**2), y), 0, by)
    elif what == "one way":
        step(w, Integral(-exp(-y), y), 0, by)
    elif what == "quadratic":
        step(w, Integral(2 * y * f.prime(y**2) * g(y), y), -Integral(f(y**2) * g(y), y), by)
    elif what == "hidden":
        step(w, Integral(f.prime(y) * Integral(h(y) * f(w.u), w.u), y), 0, by)
    else:
        b = w.X.symbol("hiding")
        w.X.define("hiding", b, h(w.x[0]))
        step(w, Integral(f.prime(w.x[0]) * b, w.x[0]), 0, by)


@near("variance", "mean", "missing", "by r", "score")
def steins(w, what):
    y, g, v, r = w.y, w.g, w.v, w.r
    law, by = Normal(y, r, v), "integration by parts"
    if what == "variance":
        step(w, E((y - r) * g(y), law), sqrt(v) * E(g.prime(y), law), by)
    elif what == "mean":
        step(w, E(y * g(y), law), v * E(g.prime(y), law), by)
    elif what == "missing":
        step(w, E((y - r) ** 2 * g(y), law), v * E((y - r) * g.prime(y), law), by)
    elif what == "by r":
        step(w, E(g(y) * Derivative(log(law), r), law), 0, by)
    else:
        step(w, E(g(y) * Derivative(log(law), y), law), 0, by)


@near("scale", "sign", "ends", "turned", "square", "hidden", "interval", "random", "diverges")
def substitutions(w, what):
    y, u, f, g, a, b, r = w.y, w.u, w.f, w.g, w.a, w.b, w.r
    by = "substitution"
    if what == "scale":
        step(w, Integral(f(a * u + b), u), Integral(f(y), y), by)
    elif what == "sign":
        step(w, Integral(f(r * u) * r, u), Integral(f(y), y), by)
    elif what == "ends":
        step(w, Integral(g(a * u + b) * a, (u, 0, 1)), Integral(g(y), (y, 0, 1)), by)
    elif what == "turned":
        step(w, Integral(g(1 - u), (u, 0, 1)), -Integral(g(y), (y, 0, 1)), by)
    elif what == "diverges":
        step(w, Integral(g(u + b) - g(u), u), 0, by)
    elif what == "square":
        step(w, Integral(f(u**2) * 2 * u, u), Integral(f(y), y), by)
    elif what == "hidden":
        inner = Integral(f(u - y) * f(y), y)
        step(w, Integral(f(a * u) * a * inner, u), Integral(f(u) * inner, u), by)
    elif what == "interval":
        step(w, Integral(f(a * u) * a, (u, 0, None)), Integral(f(y), y), by)
    else:
        c = w.X.symbol("shift")
        w.X.define("shift", c, g(w.x[0]))
        step(w, Integral(f(w.x[0] + c), w.x[0]), Integral(f(w.x[0]), w.x[0]), by)


@near("deviation", "mean", "inside", "half")
def standard(w, what):
    y, g, r, v, z, by = w.y, w.g, w.r, w.v, w.X.dummy("zeta"), "reparameterisation"
    left = E(g(y), Normal(y, r, v))
    if what == "deviation":
        step(w, left, E(g(r + v * z), Normal(z, 0, 1)), by)
    elif what == "mean":
        step(w, left, E(g(sqrt(v) * z), Normal(z, 0, 1)), by)
    elif what == "inside":
        step(w, left, g(E(r + sqrt(v) * z, Normal(z, 0, 1))), by)
    else:
        step(w, left, E(g(r + sqrt(v) * z), Normal(z, 0, 2)), by)


@near("weight", "terms", "pole", "rate", "members", "range", "twice", "ends")
def riemanns(w, what):
    t, T, u, g, m = w.t, w.T, w.u, w.g, w.m
    one = Integral(g(u), (u, 0, 1))
    left, right = {
        "weight": (Sum(g(t / T), (t, 1, T)), one),
        "terms": (Sum(g(t / T) / T, (t, 1, T + 1)), 2 * one),
        "pole": (Sum(1 / (t / T) / T, (t, 1, T)), Integral(1 / u, (u, 0, 1))),
        "rate": (Sum(g(t / T**2) / T, (t, 1, T)), one),
        "members": (Sum(m[t] * g(t / T) / T, (t, 1, T)), Integral(m[1] * g(u), (u, 0, 1))),
        "range": (Sum(g(t / T) / T, (t, 1, T)), Integral(g(u), (u, 0, 2))),
        "twice": (Sum(g(t / T) / T, (t, 1, T)) ** 2, one),
        "ends": (Sum(g(2 * t / T) / T, (t, 1, T)), one),
    }[what]
    step(w, Limit(left, T), right, "limit")


@near("later", "other", "unknown", "variance", "letter", "noise", "symbolic", "square", "nested")
def towers(w, what):
    x, t, s, e = w.x, w.t, w.s, w.e
    if what == "later":
        step(w, E(E(x[t] * x[0], given=x[t - 1]), given=x[t]), E(x[t] * x[0], given=x[t]), "tower")
    elif what == "other":
        step(w, E(E(x[3], given=x[1]), given=(x[1], x[2])), E(x[3], given=(x[1], x[2])), "tower")
    elif what == "unknown":
        step(w, E(x[t] * E(x[0], given=x[t - 1])), E(x[t] * x[0]), "tower")
    elif what == "variance":
        step(w, Var(x[t]), E(Var(x[t], given=x[0])), "tower")
    elif what == "letter":
        b = w.X.symbol("hiding")
        w.X.define("hiding", b, 2 * x[0])
        step(w, E(b * x[t]), b * E(x[t]), "tower")
    elif what == "noise":
        step(w, E(E(x[t] * e[t], given=x[t])), E(x[t]) * E(e[t]), "tower")
    elif what == "symbolic":
        step(w, E(x[s] * E(x[0], given=x[t])), E(x[s] * x[0]), "tower")
    elif what == "square":
        step(w, E(E(x[t], given=x[0]) ** 2), E(x[t] ** 2), "tower")
    else:
        step(w, E(E(x[1], given=x[2]) * E(x[2], given=x[1])), E(x[1] * x[2]), "tower")


@near("same", "states", "random", "beside", "mean of square", "scale", "state factor")
def noise_sums(w, what):
    X, x, e, s, T, m, t = w.X, w.x, w.e, w.s, w.T, w.m, w.t
    X.define("noise", e[t], standard_normal)
    if what == "same":
        step(w, Var(Sum(m[s] * e[1], (s, 1, T))), Sum(m[s] ** 2 * Var(e[1]), (s, 1, T)), "independence")
    elif what == "states":
        step(w, Var(Sum(m[s] * x[s], (s, 1, T))), Sum(m[s] ** 2 * Var(x[s]), (s, 1, T)), "independence")
    elif what == "random":
        step(w, Var(Sum(x[0] * e[s], (s, 1, T))), Sum(x[0] ** 2 * Var(e[s]), (s, 1, T)), "independence")
    elif what == "beside":
        step(w, Var(Sum(e[s], (s, 1, T)) + e[1]), Sum(Var(e[s]), (s, 1, T)) + Var(e[1]), "independence")
    elif what == "mean of square":
        step(w, E(Sum(e[s], (s, 1, T)) ** 2), Sum(E(e[s] ** 2), (s, 1, T)), "linearity")
    elif what == "scale":
        step(w, Var(Sum(m[s] * e[s], (s, 1, T))), Sum(m[s] * Var(e[s]), (s, 1, T)), "independence")
    else:
        step(w, E(Sum(x[s] * e[s], (s, 1, T))), Sum(E(x[s]) * E(e[s]), (s, 1, T)), "linearity")


@near("two sides", "skipped", "undeclared", "order", "path", "first")
def markov_joints(w, what):
    q, x, t, s, T = w.mc, w.x, w.t, w.s, w.T
    if what == "two sides":
        step(w, q(x[t] | x[t - 1], x[t + 1]), q(x[t] | x[t - 1]), "Markov")
    elif what == "skipped":
        step(w, q(x[t] | x[t - 2], x[0]), q(x[t] | x[0]), "Markov", start=3)
    elif what == "undeclared":
        step(w, w.q(x[t] | x[t - 1], x[0]), w.q(x[t] | x[t - 1]), "Markov", start=2)
    elif what == "order":
        step(w, q(x[t] | x[s], x[0]), q(x[t] | x[s]), "Markov")
    elif what == "path":
        right = q(x[0], x[t]) * Product(q(x[s] | x[s - 1]), (s, t, T))
        step(w, q(x[0], x[t:T]), right, "Markov", start=2)
    else:
        step(w, q(x[0], x[t - 1], x[t]), q(x[0]) * q(x[t - 1] | x[0]) * q(x[t] | x[0]), "Markov", start=2)


@near("log", "turned", "exp", "weight", "strict", "sum", "cube", "difference", "sign", "shifted")
def gaps(w, what):
    q, p, x, a, r, b = w.q, w.p, w.x, w.a, w.r, w.b
    one, two = KL(q(x[1]), p(x[1])), KL(q(x[2]), p(x[2]))
    gap = {
        "log": a - 2 - log(a),
        "turned": log(a) - a + 1,
        "exp": exp(r) - 1 - 2 * r,
        "weight": r * (exp(b) - 1 - b),
        "sum": log(a) + 1 / a - 2,
        "cube": (r - b) ** 3,
        "difference": one - two,
        "sign": r * one + (r - b) ** 2,
        "shifted": exp(r) - Fraction(101, 100) - r,
        "strict": a - 1 - log(a),
    }[what]
    bound = w.X.chain("miss", w.c)
    (bound.below if what == "strict" else bound.at_most)(w.c + gap, gap=gap)


@near("sign", "order", "log", "root", "power", "sum", "integral")
def limits(w, what):
    T, c, t, u = w.T, w.c, w.t, w.u
    odd = Sum(log((T - 2 * t) / T) / T, (t, 1, T))  # negative from the middle on
    if what == "sum":
        return step(w, Limit(odd, T), Limit(2 * odd / 2, T), "algebra")
    left, right = {
        "integral": (Integral(log(T - 2 * u), (u, 0, T)) / T - Integral(log(T - 2 * u), (u, 0, T)) / T, 0),
        "sign": ((1 - c / T) ** T, exp(c)),
        "order": ((1 + w.a / T**2) ** T, exp(w.a)),
        "log": (log(1 - T) / T, 0),
        "root": (sqrt(c * T - T**2) / T, 1),
        "power": ((1 - w.r * T) ** T, exp(-w.r)),
    }[what]
    step(w, Limit(left, T), right, "limit")


@near("sum", "sign", "random", "conditions", "own", "target", "one")
def mixtures(w, what):
    X, q, p, x, c, r = w.X, w.q, w.p, w.x, w.c, w.X.density("mix")
    if what == "random":
        u = X.symbol("random_weight")
        X.define("random", u, x[0])
        c = exp(u) / (1 + exp(u))
    right = {
        "sum": c * q(x[1]) + c * p(x[1]),
        "sign": 2 * q(x[1]) - p(x[1]),
        "random": c * q(x[1]) + (1 - c) * p(x[1]),
        "conditions": c * q(x[1] | x[0]) + (1 - c) * p(x[1]),
        "own": c * r(x[1]) + (1 - c) * p(x[1]),
        "target": c * q(x[2]) + (1 - c) * p(x[1]),
        "one": c * q(x[1]) + (1 - c),
    }[what]
    X.define("mixture", r(x[1]), right)


@near("ends", "order", "split", "first", "shift", "product", "twice", "nested", "gap")
def symbolic_sums(w, what):
    t, s, T, a, m, q, x = w.t, w.s, w.T, w.X.sequence("rate", positive, start=0), w.m, w.q, w.x
    whole = Sum(Sum(m[s], (s, 1, T)), (t, 1, T))
    left, right = {
        "nested": (Sum(Sum(m[s], (s, 1, t)) + Sum(m[s], (s, t, T)), (t, 1, T)), whole),
        "gap": (Sum(Sum(m[s], (s, 1, t - 1)) + Sum(m[s], (s, t + 1, T)), (t, 1, T)), whole),
        "ends": (Sum(a[s] - a[s - 1], (s, t + 1, t + 5)), a[t + 5] - a[t + 1]),
        "order": (Sum(m[s], (s, t, T)), Sum(m[s], (s, 1, T)) - Sum(m[s], (s, 1, t - 1))),
        "split": (Sum(m[s], (s, 1, t + 3)), Sum(m[s], (s, 1, t)) + Sum(m[s], (s, t, t + 3))),
        "first": (Sum(log(q(x[s])), (s, 1, T)), Sum(log(q(x[s])), (s, 2, T)) + log(q(x[2]))),
        "shift": (Sum(log(q(x[s - 1])), (s, 1, T)), Sum(log(q(x[s])), (s, 1, T - 1))),
        "product": (Product(a[s], (s, t + 1, t + 3)), a[t + 1] * a[t + 2]),
        "twice": (Sum(log(q(x[s])), (s, t, t + 1)), 2 * log(q(x[t]))),
    }[what]
    step(w, left, right, "telescoping")


@near("real", "sum", "density", "base", "log")
def powers(w, what):
    r, g, q, x = w.r, w.guide, w.q, w.x
    left, right = {
        "real": (log(r**2), 2 * log(r)),
        "sum": ((w.a + w.v) ** g, w.a**g + w.v**g),
        "density": (log(q(x[1]) ** g), log(g) + log(q(x[1]))),
        "base": ((r * w.b) ** Fraction(1, 2), r ** Fraction(1, 2) * w.b ** Fraction(1, 2)),
        "log": (log(q(x[1]) ** Fraction(13, 10)), log(q(x[1]))),
    }[what]
    step(w, left, right, "algebra")


@near("two letters", "condition", "whole")
def letters(w, what):
    q, x, y = w.q, w.x, w.X.states("y_label", latex="y")
    if what == "two letters":
        step(w, q(x[0] | y[0]), q(x[0]), "chain rule")
    elif what == "condition":
        step(w, q(x[0]), Integral(q(x[0] | y[0]), y[0]), "marginalisation")
    else:
        step(w, E(log(q(x[0])), q(x[0])), E(log(q(y[0])), q(y[0])), "marginalisation")


@pytest.mark.parametrize("name, variant", near.cases())
def test_near_misses_are_not_proved(name, variant, monkeypatch):
    """The rules alone refuse them, without a search for counterexamples."""
    monkeypatch.setattr(verify, "refute", lambda goal: ())
    monkeypatch.setattr(verify, "refute_gap", lambda goal, gap, strict: None)
    with pytest.raises(DeriveError):
        near[name](Chains(), *variant)
