"""Data with a density of their own: an arbitrary one, and a Gaussian; slopes and means of what is noised."""

from __future__ import annotations

import pytest
from setting import Setting
from tables import table

from derive import Derivative, E, Integral, Normal, log, positive, real, sqrt, unit
from derive.errors import ArgumentError, DeriveError, Refuted


class Symbols(Setting):
    symbols = Setting.symbols | {
        "a": lambda w: w.X.sequence("alpha", unit),
        "c": lambda w: w.X.symbol("c", positive),
        "bell": lambda w: Normal(w.x[1], sqrt(w.a[1]) * w.x[0], 1 - w.a[1]),
        "mix": lambda w: Integral(w.bell * w.f(w.x[0]), w.x[0]),
    }

    def __init__(self, data=None):
        super().__init__()
        t, x, q, a = self.t, self.x, self.q, self.a
        self.X.define("step", q(x[t] | x[t - 1]), Normal(x[t], sqrt(a[t]) * x[t - 1], 1 - a[t]))
        if data is not None:
            self.X.define("data", q(x[0]), data(self))

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
    w = Symbols(arbitrary)
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
    w = Symbols(gaussian)
    x, a, c = w.x, w.a, w.c
    chain = w.marginal(Normal(x[0], 0, c)).equals(Normal(x[1], 0, a[1] * c + 1 - a[1]), by="Gaussian integral")
    assert chain.steps[2].status.searches[-1] == "5 Gaussian models"
    variance = a[1] * c + 1 - a[1]
    score = w.X.chain("score", Derivative(log(w.q(x[1])), x[1]))
    score.equals(Derivative(log(Normal(x[1], 0, variance)), x[1]), by="result", using="marginal")
    assert score.equals(-x[1] / variance, by="differentiation").steps
    with pytest.raises(Refuted):
        w.marginal(Normal(x[0], 0, c)).equals(Normal(x[1], 0, c + 1 - a[1]), by="Gaussian integral")


FALSE = table(
    r"""
part-of-a-line: step(I(q(x[1]), (x[1], 0, 1)), 1, "marginalisation")
half-a-line: step(I(q(x[1]), (x[1], None, 0)), 1, "marginalisation")
part-of-a-marginal: step(I(q(x[1] | x[0]) * q(x[0]), (x[0], 0, 1)), q(x[1]), "marginalisation")
algebra-is-not-linear-beside-densities: step(I(2 * q(x[1] | x[0]), x[1]), 2 * I(q(x[1] | x[0]), x[1]), "algebra")
variable-out: step(I(x[0] * q(x[0] | x[1]), x[0]), x[0] * I(q(x[0] | x[1]), x[0]), "linearity")
mean-of-a-square: step(E(x[0] * x[0], q(x[0] | x[1])), E(x[0], q(x[0] | x[1])) ** 2, "linearity")
mean-without-condition: step(E(x[0], q(x[0] | x[1])), E(x[0], q(x[0])), "marginalisation")
exchange-of-a-derivative-beside-densities:
    step(D(I(q(x[1] | x[0]) * q(x[0]), x[0]), x[1]), I(D(q(x[0]), x[0]) * q(x[1] | x[0]), x[0]), "exchange")
slope-of-another-law: step(D(log(q(x[1])), x[1]), D(log(p(x[1])), x[1]), "marginalisation")
slope-of-a-conditional: step(D(log(q(x[1])), x[1]), D(log(q(x[1] | x[0])), x[1]), "marginalisation")
slope-by-the-condition: step(D(log(q(x[1] | x[0])), x[1]), D(log(q(x[1] | x[0])), x[0]), "Bayes")
data-are-not-stated: step(q(x[0]), f(x[0]), "definition")
data-are-of-time-zero: step(q(x[1]), f(x[1]), "definition")
function-beside-a-density: step(q(x[1]) * g(x[1]), q(x[1]) * g(x[0]), "algebra")
mean-of-a-function: step(E(g(x[0]), q(x[0] | x[1])), g(E(x[0], q(x[0] | x[1]))), "linearity")
function-is-no-constant: step(E(g(x[0]) * log(q(x[0])), q(x[0])), g(x[1]) * E(log(q(x[0])), q(x[0])), "linearity")
""",
    Symbols,
)


@pytest.mark.parametrize("data", [None, arbitrary, gaussian])
@pytest.mark.parametrize("name", FALSE)
def test_false_steps_are_refused(name, data):
    with pytest.raises(DeriveError):
        FALSE[name](Symbols(data))


def test_what_the_density_of_data_may_be():
    w = Symbols()
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
