"""Data with a density of their own: an arbitrary one, and a Gaussian; slopes and means of what is noised."""

from __future__ import annotations

import pytest

from derive import Derivation, Derivative, E, Integral, Normal, log, positive, real, sqrt, unit
from derive.errors import ArgumentError, DeriveError, Refuted


class World:
    def __init__(self, data=None):
        self.X = X = Derivation("X")
        self.t, _ = t, _ = X.indices("t s")
        self.x, self.q, self.p = x, q, _ = X.states("x"), X.density("q"), X.density("p")
        self.a = a = X.sequence("alpha", unit)
        self.f, self.g, self.c = X.function("f", positive), X.function("g"), X.symbol("c", positive)
        X.define("step", q(x[t] | x[t - 1]), Normal(x[t], sqrt(a[t]) * x[t - 1], 1 - a[t]))
        if data is not None:
            X.define("data", q(x[0]), data(self))
        self.bell = Normal(x[1], sqrt(a[1]) * x[0], 1 - a[1])
        self.mix = Integral(self.bell * self.f(x[0]), x[0])

    def marginal(self, data):
        """q(x_1) as an integral over the data."""
        x, q = self.x, self.q
        return (
            self.X.chain("marginal", q(x[1]))
            .equals(Integral(q(x[1] | x[0]) * q(x[0]), x[0]), by="marginalisation")
            .equals(Integral(self.bell * q(x[0]), x[0]), by="definition", using="step")
            .equals(Integral(self.bell * data, x[0]), by="definition", using="data")
        )


def arbitrary(w):
    return w.f(w.x[0])


def gaussian(w):
    return Normal(w.x[0], 0, w.c)


def tweedie(w):
    X, x, q, a, mix, bell, f = w.X, w.x, w.q, w.a, w.mix, w.bell, w.f
    w.marginal(f(x[0]))
    mean = Integral(x[0] * bell * f(x[0]), x[0])
    (
        X.chain("score", Derivative(log(q(x[1])), x[1]))
        .equals(Derivative(log(mix), x[1]), by="result", using="marginal")
        .equals(Derivative(mix, x[1]) / mix, by="differentiation")
        .equals(Integral(Derivative(bell * f(x[0]), x[1]), x[0]) / mix, by="exchange")
        .equals(Integral((sqrt(a[1]) * x[0] - x[1]) / (1 - a[1]) * bell * f(x[0]), x[0]) / mix, by="differentiation")
        .equals((sqrt(a[1]) * (mean / mix) - x[1]) / (1 - a[1]), by="linearity")
    )
    (
        X.chain("mean", E(x[0], q(x[0] | x[1])))
        .equals(Integral(x[0] * q(x[0] | x[1]), x[0]), by="definition")
        .equals(Integral(x[0] * (q(x[1] | x[0]) * q(x[0]) / q(x[1])), x[0]), by="Bayes")
        .equals(Integral(x[0] * q(x[1] | x[0]) * q(x[0]), x[0]) / q(x[1]), by="linearity")
        .equals(Integral(x[0] * bell * q(x[0]), x[0]) / q(x[1]), by="definition", using="step")
        .equals(Integral(x[0] * bell * f(x[0]), x[0]) / q(x[1]), by="definition", using="data")
        .equals(mean / mix, by="result", using="marginal")
    )
    right = (sqrt(a[1]) * E(x[0], q(x[0] | x[1])) - x[1]) / (1 - a[1])
    return X.chain("Tweedie", Derivative(log(q(x[1])), x[1])).equals(right, by="result", using=("score", "mean"))


def test_tweedie_in_the_letters_of_the_process():
    w = World(arbitrary)
    chain = tweedie(w)
    assert chain.steps[0].status.searches == ("24 points, 60 digits", "5 Gaussian models")
    w.X.equivalent("marginal", 1, "dropped condition: q(x[1] | x[0]) → q(x[1])", "x_0 is integrated out there as well")
    summary = w.X.summary()
    assert summary.killed == summary.total > 400 and summary.equivalent == 1
    x, q, a = w.x, w.q, w.a
    for wrong in (
        (a[1] * E(x[0], q(x[0] | x[1])) - x[1]) / (1 - a[1]),
        (sqrt(a[1]) * E(x[0], q(x[0])) - x[1]) / (1 - a[1]),
        (sqrt(a[1]) * E(x[0], q(x[0] | x[1])) + x[1]) / (1 - a[1]),
    ):
        with pytest.raises(Refuted):
            w.X.chain("wrong", chain.left).equals(wrong, by="result", using=("score", "mean"))


def test_gaussian_data():
    w = World(gaussian)
    x, a, c = w.x, w.a, w.c
    chain = w.marginal(Normal(x[0], 0, c)).equals(Normal(x[1], 0, a[1] * c + 1 - a[1]), by="Gaussian integral")
    assert chain.steps[2].status.searches[-1] == "5 Gaussian models"
    variance = a[1] * c + 1 - a[1]
    score = w.X.chain("score", Derivative(log(w.q(x[1])), x[1]))
    score.equals(Derivative(log(Normal(x[1], 0, variance)), x[1]), by="result", using="marginal")
    assert score.equals(-x[1] / variance, by="differentiation").steps
    with pytest.raises(Refuted):
        w.marginal(Normal(x[0], 0, c)).equals(Normal(x[1], 0, c + 1 - a[1]), by="Gaussian integral")


FALSE = {  # about a law q, without a word on its data unless the name says so
    "part-of-a-line": lambda w: (Integral(w.q(w.x[1]), (w.x[1], 0, 1)), 1, "marginalisation"),
    "half-a-line": lambda w: (Integral(w.q(w.x[1]), (w.x[1], None, 0)), 1, "marginalisation"),
    "part-of-a-marginal": lambda w: (
        Integral(w.q(w.x[1] | w.x[0]) * w.q(w.x[0]), (w.x[0], 0, 1)),
        w.q(w.x[1]),
        "marginalisation",
    ),
    "algebra-is-not-linear-beside-densities": lambda w: (
        Integral(2 * w.q(w.x[1] | w.x[0]), w.x[1]),
        2 * Integral(w.q(w.x[1] | w.x[0]), w.x[1]),
        "algebra",
    ),
    "variable-out": lambda w: (
        Integral(w.x[0] * w.q(w.x[0] | w.x[1]), w.x[0]),
        w.x[0] * Integral(w.q(w.x[0] | w.x[1]), w.x[0]),
        "linearity",
    ),
    "mean-of-a-square": lambda w: (
        E(w.x[0] * w.x[0], w.q(w.x[0] | w.x[1])),
        E(w.x[0], w.q(w.x[0] | w.x[1])) ** 2,
        "linearity",
    ),
    "mean-without-condition": lambda w: (
        E(w.x[0], w.q(w.x[0] | w.x[1])),
        E(w.x[0], w.q(w.x[0])),
        "marginalisation",
    ),
    "exchange-of-a-derivative-beside-densities": lambda w: (
        Derivative(Integral(w.q(w.x[1] | w.x[0]) * w.q(w.x[0]), w.x[0]), w.x[1]),
        Integral(Derivative(w.q(w.x[0]), w.x[0]) * w.q(w.x[1] | w.x[0]), w.x[0]),
        "exchange",
    ),
    "slope-of-another-law": lambda w: (
        Derivative(log(w.q(w.x[1])), w.x[1]),
        Derivative(log(w.p(w.x[1])), w.x[1]),
        "marginalisation",
    ),
    "slope-of-a-conditional": lambda w: (
        Derivative(log(w.q(w.x[1])), w.x[1]),
        Derivative(log(w.q(w.x[1] | w.x[0])), w.x[1]),
        "marginalisation",
    ),
    "slope-by-the-condition": lambda w: (
        Derivative(log(w.q(w.x[1] | w.x[0])), w.x[1]),
        Derivative(log(w.q(w.x[1] | w.x[0])), w.x[0]),
        "Bayes",
    ),
    "data-are-not-said": lambda w: (w.q(w.x[0]), w.f(w.x[0]), "definition"),
    "data-are-of-time-zero": lambda w: (w.q(w.x[1]), w.f(w.x[1]), "definition"),
    "function-beside-a-density": lambda w: (w.q(w.x[1]) * w.g(w.x[1]), w.q(w.x[1]) * w.g(w.x[0]), "algebra"),
    "mean-of-a-function": lambda w: (
        E(w.g(w.x[0]), w.q(w.x[0] | w.x[1])),
        w.g(E(w.x[0], w.q(w.x[0] | w.x[1]))),
        "linearity",
    ),
    "function-is-no-constant": lambda w: (
        E(w.g(w.x[0]) * log(w.q(w.x[0])), w.q(w.x[0])),
        w.g(w.x[1]) * E(log(w.q(w.x[0])), w.q(w.x[0])),
        "linearity",
    ),
}


@pytest.mark.parametrize("data", [None, arbitrary, gaussian])
@pytest.mark.parametrize("name", FALSE)
def test_false_steps_are_refused(name, data):
    w = World(data)
    left, right, by = FALSE[name](w)
    with pytest.raises(DeriveError):
        w.X.chain("planted", left).equals(right, by=by)


def test_what_the_density_of_data_may_be():
    w = World()
    x, q, t = w.x, w.q, w.t
    for left, right in (
        (q(x[0]), w.g(x[0])),  # not positive
        (q(x[0]), w.f(x[1])),  # of another state
        (q(x[0]), 2 * w.f(x[0])),
        (q(x[0], x[1]), w.f(x[0])),
        (q(x[t] | x[t - 1]), w.f(x[t])),  # defined already
        (w.p(x[1] | x[0]), w.f(x[1])),
        (q(x[0]), w.f.prime(x[0])),
    ):
        with pytest.raises(ArgumentError):
            w.X.define("data", left, right)
    r = w.X.symbol("r", real)
    w.X.chain("dummy", E(r, Normal(r, 0, 1)) * q(x[1])).equals(q(x[1]) * E(r, Normal(r, 0, 1)), by="algebra")
