"""Gaussian mathematics of later chapters: posterior, divergences, weights, velocity, multistep coefficients."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive import KL, Derivation, E, Integral, Normal, Product, log, positive, real, sqrt, unit
from derive.errors import DerivationError, Inconclusive, Refuted


class Chain:
    def __init__(self):
        self.R = R = Derivation("R")
        self.t, self.s = t, s = R.indices("t s")
        self.x, self.q = x, q = R.states("x"), R.density("q", markov=True)
        self.a, self.ab = a, ab = R.sequence("alpha", unit), R.sequence("alpha_bar", unit, start=0, first=1)
        R.define("alpha-bar", ab[t], Product(a[s], (s, 1, t)))
        self.step = Normal(x[t], sqrt(a[t]) * x[t - 1], 1 - a[t])
        R.define("step", q(x[t] | x[t - 1]), self.step)
        proof = R.induction("closed-form", q(x[t] | x[0]), self.jump(t), over=t)
        proof.base.equals(self.at(1), by="definition", using="step").equals(
            self.jump(1), by="definition", using="alpha-bar"
        )
        (
            proof.step.equals(Integral(q(x[t + 1] | x[t], x[0]) * q(x[t] | x[0]), x[t]), by="marginalisation")
            .equals(Integral(q(x[t + 1] | x[t]) * q(x[t] | x[0]), x[t]), by="Markov")
            .equals(Integral(self.at(t + 1) * q(x[t] | x[0]), x[t]), by="definition", using="step")
            .equals(Integral(self.at(t + 1) * self.jump(t), x[t]), by="induction", using="hypothesis")
            .equals(Normal(x[t + 1], sqrt(a[t + 1] * ab[t]) * x[0], 1 - a[t + 1] * ab[t]), by="Gaussian integral")
            .equals(self.jump(t + 1), by="definition", using="alpha-bar")
        )
        self.closed = proof.conclude()

    def at(self, t):
        return Normal(self.x[t], sqrt(self.a[t]) * self.x[t - 1], 1 - self.a[t])

    def jump(self, t):
        return Normal(self.x[t], sqrt(self.ab[t]) * self.x[0], 1 - self.ab[t])


@pytest.fixture(scope="module")
def c():
    return Chain()


def posterior(c, name, variance):
    """q(x_{t-1} | x_t, x_0) by Bayes; mean of DDPM's equation 7."""
    t, x, q, a, ab = c.t, c.x, c.q, c.a, c.ab
    mean = (sqrt(ab[t - 1]) * (1 - a[t]) * x[0] + sqrt(a[t]) * (1 - ab[t - 1]) * x[t]) / (1 - ab[t])
    bells = c.step * c.jump(t - 1) / c.jump(t)
    ratio = q(x[t] | x[t - 1], x[0]) * q(x[t - 1] | x[0]) / q(x[t] | x[0])
    return (
        c.R.chain(name, q(x[t - 1] | x[t], x[0]), start=2)
        .equals(ratio, by="Bayes")
        .equals(q(x[t] | x[t - 1]) * q(x[t - 1] | x[0]) / q(x[t] | x[0]), by="Markov")
        .equals(bells, by="result", using=("step", "closed-form"))
        .equals(Normal(x[t - 1], mean, variance), by="definition", using="alpha-bar")
    )


def test_posterior_by_completing_the_square(c):
    t, a, ab = c.t, c.a, c.ab
    chain = posterior(c, "posterior", (1 - ab[t - 1]) * (1 - a[t]) / (1 - ab[t]))
    assert len(chain.steps) == 4 and "at least }2" in chain.latex()
    with pytest.raises(Refuted):  # β_t is the other choice of variance, not the posterior's
        posterior(c, "posterior with beta", 1 - a[t])


def test_the_closed_form_is_not_known_at_time_zero(c):
    """q(x_{t-1} | x_0) is no density at t = 1, so a result from 1 on may not be used without ``start=2``."""
    t, x = c.t, c.x
    with pytest.raises(DerivationError):
        c.R.chain("too early", c.q(x[t - 1] | x[0])).equals(c.jump(t - 1), by="result", using="closed-form")
    assert (
        c.R.chain("late", c.q(x[t - 1] | x[0]), start=2).equals(c.jump(t - 1), by="result", using="closed-form").steps
    )


def test_divergence_of_two_gaussians(c):
    m, n = c.R.symbol("m", real), c.R.symbol("n", real)
    v, w = c.R.symbol("v", positive), c.R.symbol("w", positive)
    p, q = Normal(c.x[1], m, v), Normal(c.x[1], n, w)
    body = log(w / v) / 2 + (c.x[1] - n) ** 2 / (2 * w) - (c.x[1] - m) ** 2 / (2 * v)
    right = (log(w / v) + (v + (m - n) ** 2) / w - 1) / 2
    chain = c.R.chain("KL", KL(p, q)).equals(E(log(p / q), p), by="definition").equals(E(body, p), by="algebra")
    assert chain.equals(right, by="Gaussian integral").steps[-1].status.searches == ("24 points, 60 digits",)
    for wrong in ((log(w) + (v + (m - n) ** 2) / w - 1) / 2, (log(v / w) + (v + (m - n) ** 2) / w - 1) / 2):
        with pytest.raises(Refuted):
            c.R.chain("KL wrong", KL(p, q)).equals(wrong, by="Gaussian integral")


def test_velocity_and_noise_forms(c):
    R, t, ab = c.R, c.t, c.ab
    x_0, eps, v = R.symbol("x0", real), R.symbol("eps", real), R.symbol("velocity", real)
    x_t, v_t = sqrt(ab[t]) * x_0 + sqrt(1 - ab[t]) * eps, sqrt(ab[t]) * eps - sqrt(1 - ab[t]) * x_0
    assert R.chain("x_0 of v", sqrt(ab[t]) * x_t - sqrt(1 - ab[t]) * v_t).equals(x_0, by="algebra").steps
    assert R.chain("eps of v", sqrt(1 - ab[t]) * x_t + sqrt(ab[t]) * v_t).equals(eps, by="algebra").steps
    with pytest.raises(Refuted):  # P15
        R.chain("wrong sign", sqrt(ab[t]) * x_t + sqrt(1 - ab[t]) * v).equals(x_0, by="algebra")


def test_multistep_coefficients(c):
    """Integrals of Lagrange polynomials: two steps on an arbitrary grid, Adams–Bashforth on a uniform one."""
    R = c.R
    tau, h, s0, s1 = R.dummy("tau"), R.symbol("h", positive), R.symbol("s0", real), R.symbol("s1", real)
    with pytest.raises(Inconclusive, match="different from zero"):  # two nodes may be one, unless said otherwise
        R.chain("one", (s1 - s0) / (s1 - s0)).equals(1, by="algebra")
    s1 = s0 + h
    s2 = s1 + R.symbol("k", positive)
    line = Integral((tau - s0) / (s1 - s0), (tau, s1, s2))
    assert R.chain("two", line).equals((s2 - s1) * (s2 + s1 - 2 * s0) / (2 * (s1 - s0)), by="integration").steps
    parabola = Integral((tau + h) * (tau + 2 * h) / (2 * h**2), (tau, 0, h))
    assert R.chain("three", parabola).equals(Fraction(23, 12) * h, by="integration").steps
    with pytest.raises(Refuted):
        R.chain("off by 1e-8", parabola).equals(Fraction(23, 12) * h * (1 + Fraction(1, 10**8)), by="integration")
