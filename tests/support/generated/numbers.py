"""Real numbers, and the calculus of one variable: roots, powers and logarithms, integrals, slopes and noises."""

from __future__ import annotations

from fractions import Fraction

from derive import Derivative as D
from derive import E, Phi, Var, exp, log, sqrt, standard_normal
from derive import Integral as I
from derive import Normal as N
from derive.language.expr import wrap
from generated.form import step

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
ALGEBRA = {
    "root of a square": lambda w: (sqrt(w.r**2), w.r),
    "power of a square": lambda w: ((w.r**2) ** wrap(HALF), w.r),
    "power of a cube": lambda w: ((w.r**3) ** wrap(THIRD), w.r),
    "root of a product of reals": lambda w: (sqrt((w.r * w.b) ** 2), w.r * w.b),
    "broken power of reals": lambda w: (w.r ** wrap(HALF) * w.b ** wrap(HALF), (w.r * w.b) ** wrap(HALF)),
    "root of a negative product": lambda w: (sqrt(-w.a) * sqrt(-w.v), sqrt(w.a * w.v)),
    "root of a sum": lambda w: (sqrt(w.a + w.v), sqrt(w.a) + sqrt(w.v)),
    "root of a sum of squares": lambda w: (sqrt(w.a**2 + w.v**2), w.a + w.v),
    "root of a square of a difference": lambda w: (sqrt((w.a - w.v) ** 2), w.a - w.v),
    "fourth root": lambda w: (sqrt(sqrt(w.r**4)), w.r),
    "power of a power": lambda w: ((w.a**w.r) ** w.b, w.a ** (w.r + w.b)),
    "power of a tower": lambda w: (w.a ** (w.r**2), (w.a**w.r) ** 2),
    "sum in a base": lambda w: ((w.a + w.v) ** w.r, w.a**w.r + w.v**w.r),
    "a broken exponent is cut": lambda w: (w.a ** wrap(Fraction(13, 10)), w.a),
    "a broken exponent is rounded": lambda w: (w.a ** wrap(Fraction(19, 10)), w.a**2),
    "a negative exponent": lambda w: (w.a ** wrap(-2), -(w.a**2)),
    "zeroth power of a real": lambda w: (w.r ** wrap(0), 1),
    "log of a square": lambda w: (log(w.r**2), 2 * log(w.r)),
    "log of a product of reals": lambda w: (log(w.r * w.b), log(w.r) + log(w.b)),
    "log of a square of a product": lambda w: (log((w.r * w.b) ** 2), 2 * log(w.r) + 2 * log(w.b)),
    "log of a sum": lambda w: (log(w.a + w.v), log(w.a) + log(w.v)),
    "log of a difference": lambda w: (log(1 - w.c), log(wrap(1)) - log(w.c)),
    "log of a log": lambda w: (log(w.a**w.v), log(w.a) ** w.v),
    "product of logs": lambda w: (log(w.a * w.v), log(w.a) * log(w.v)),
    "quotient of logs": lambda w: (log(w.a) / log(2 + w.v), log(w.a) - log(2 + w.v)),
    "exp of a product": lambda w: (exp(w.r * w.b), exp(w.r) * exp(w.b)),
    "exp of a sum": lambda w: (exp(w.r + w.b), exp(w.r) + exp(w.b)),
    "exp of a log of a real": lambda w: (exp(2 * log(w.a)), 2 * w.a),
    "Phi is even": lambda w: (Phi(-w.r), Phi(w.r)),
    "Phi is odd": lambda w: (Phi(-w.r), -Phi(w.r)),
    "Phi is linear": lambda w: (Phi(w.r + w.b), Phi(w.r) + Phi(w.b)),
    "Phi of a positive number": lambda w: (Phi(w.a), 1),
    "cancelled zero": lambda w: (w.r / w.r, 1),
    "cancelled difference": lambda w: ((w.r - w.b) / (w.r - w.b), 1),
    "cancelled difference of shares": lambda w: ((w.a**2 - w.v**2) / (w.a - w.v), w.a + w.v),
    "quotient of sums": lambda w: ((w.a + w.v) / (w.a + w.c), w.v / w.c),
    "sum of quotients": lambda w: (1 / w.a + 1 / w.v, 2 / (w.a + w.v)),
    "square of a sum": lambda w: ((w.r + w.b) ** 2, w.r**2 + w.b**2),
    "a tiny error": lambda w: (w.r * w.b, w.r * w.b * (1 + Fraction(1, 10**30))),
    "a tiny term": lambda w: (w.r, w.r + Fraction(1, 10**50)),
    "a function is even": lambda w: (w.g(-w.r), w.g(w.r)),
    "a function is linear": lambda w: (w.g(w.r + w.b), w.g(w.r) + w.g(w.b)),
    "a function at another place": lambda w: (w.g(w.r), w.g(w.b)),
    "a function at another time": lambda w: (w.g(w.r, w.t), w.g(w.r, w.t + 1)),
    "another function": lambda w: (w.g(w.r), w.h(w.r)),
    "a prime is lost": lambda w: (w.g.prime(w.r), w.g(w.r)),
}
GAUSS = {  # y ~ N(r, v)
    "second moment is the variance": lambda w, y, n: (E(y**2, n), w.v),
    "second moment by a deviation": lambda w, y, n: (E(y**2, n), w.r**2 + sqrt(w.v)),
    "mean of a square": lambda w, y, n: (E(y**2, n), w.r**2),
    "third moment": lambda w, y, n: (E(y**3, n), w.r**3),
    "fourth moment": lambda w, y, n: (E((y - w.r) ** 4, n), w.v**2),
    "fourth moment off": lambda w, y, n: (E((y - w.r) ** 4, n), 2 * w.v**2),
    "sixth moment": lambda w, y, n: (E((y - w.r) ** 6, n), 9 * w.v**3),
    "odd moment": lambda w, y, n: (E((y - w.r) ** 3, n), w.v),
    "normaliser": lambda w, y, n: (I(exp(-((y - w.r) ** 2) / w.v), y), sqrt(w.v)),
    "normaliser by a half": lambda w, y, n: (I(n, (y, w.r, None)), 1),
    "product of Gaussians": lambda w, y, n: (I(n * N(y, w.b, 1), y), N(w.r, w.b, w.v)),
    "convolution by deviations": lambda w, y, n: (I(N(w.b, y, 1) * n, y), N(w.b, w.r, (1 + sqrt(w.v)) ** 2)),
    "square of a Gaussian": lambda w, y, n: (I(n**2, y), 1),
    "mean of an exponential": lambda w, y, n: (E(exp(-(y**2)), n), exp(-(w.r**2))),
    "half line": lambda w, y, n: (I(y * n, (y, 0, None)), w.r / 2),
    "affine argument": lambda w, y, n: (I(N(2 * y, w.r, w.v), y), 1),
}
CALCULUS = {
    "product rule": (lambda w: (D(w.g(w.r) * w.h(w.r), w.r), w.g.prime(w.r) * w.h.prime(w.r)), "differentiation"),
    "chain rule": (lambda w: (D(w.g(2 * w.r), w.r), w.g.prime(2 * w.r)), "differentiation"),
    "chain rule of a square": (lambda w: (D(w.g(w.r**2), w.r), w.r * w.g.prime(w.r**2)), "differentiation"),
    "quotient rule": (lambda w: (D(w.r / (1 + w.a), w.a), 1 / (1 + w.a) ** 2), "differentiation"),
    "slope of a power": (lambda w: (D(w.a**w.v, w.a), w.a ** (w.v - 1)), "differentiation"),
    "slope of a log": (lambda w: (D(log(w.a * w.v), w.a), 1 / (w.a * w.v)), "differentiation"),
    "slope of a root": (lambda w: (D(sqrt(w.a), w.a), 1 / sqrt(w.a)), "differentiation"),
    "slope of Phi": (lambda w: (D(Phi(2 * w.r), w.r), N(2 * w.r, 0, 1)), "differentiation"),
    "score": (lambda w: (D(log(N(w.r, w.b, w.v)), w.r), (w.r - w.b) / w.v), "differentiation"),
    "score by a deviation": (lambda w: (D(log(N(w.r, w.b, w.v)), w.r), (w.b - w.r) / sqrt(w.v)), "differentiation"),
    "slope by another letter": (lambda w: (D(w.r * w.b, w.r), w.r), "differentiation"),
    "a letter stands still": (lambda w: (w.X.define("d", w.b, w.r**2), (D(w.b, w.r), 0))[1], "differentiation"),
    "two letters stand still": (
        lambda w: (w.X.define("d", w.b, w.r**2), w.X.define("e", w.m[w.t], 2 * w.b), (D(w.m[1], w.r), 0))[2],
        "differentiation",
    ),
    "a function stands still": (
        lambda w: (w.X.define("d", w.g(w.b), w.b * w.r), (D(w.g(w.b), w.r), 0))[1],
        "differentiation",
    ),
    "antiderivative of a reciprocal": (lambda w: (I(1 / w.y, (w.y, w.a, w.a + 1)), log(w.a)), "integration"),
    "antiderivative of a power": (lambda w: (I(w.y**2, (w.y, 0, w.a)), w.a**3), "integration"),
    "ends are turned": (lambda w: (I(w.y, (w.y, w.a, w.v)), (w.a**2 - w.v**2) / 2), "integration"),
    "a moving end": (lambda w: (D(I(w.g(w.y), (w.y, 0, w.r)), w.r), 0), "exchange"),
    "exchange loses a factor": (
        lambda w: (D(I(w.f(w.y) * w.g(w.r), (w.y, 0, 1)), w.r), I(w.f(w.y), (w.y, 0, 1))),
        "exchange",
    ),
    "Fubini with capture": (lambda w: (I(w.f(w.y) * I(w.f(w.y), w.y), w.y), I(w.f(w.y) ** 2, w.y)), "exchange"),
    "Fubini with a moving end": (
        lambda w: (I(I(w.f(w.u), (w.u, 0, w.y)), (w.y, 0, 1)), I(I(w.f(w.u), (w.u, 0, 1)), (w.y, 0, 1))),
        "exchange",
    ),
}
NOISES = {  # e_1, e_2, … and a function of one
    "mean of a square": (lambda w, e: (E(e[1] ** 2), 0), "independence"),
    "mean of a product with itself": (lambda w, e: (E(e[1] * e[1]), E(e[1]) * E(e[1])), "independence"),
    "variance of a sum by deviations": (lambda w, e: (Var(e[1] + e[2]), 4), "independence"),
    "variance of a multiple": (lambda w, e: (Var(w.r * e[1]), w.r), "independence"),
    "variance of a difference": (lambda w, e: (Var(e[1] - e[2]), 0), "independence"),
    "covariance of two times": (lambda w, e: (E(e[w.t] * e[w.s]), 0), "independence"),
    "a state is no fresh noise": (
        lambda w, e: (w.X.define("x", w.x[w.t], w.x[w.t - 1] + e[w.t]), (E(w.x[1] * e[1]), E(w.x[1]) * E(e[1])))[1],
        "independence",
    ),
    "a letter of a noise": (
        lambda w, e: (w.X.define("d", w.m[w.t], e[w.t]), (E(w.m[1] * e[1]), w.m[1] * E(e[1])))[1],
        "linearity",
    ),
    "a letter of a letter of a noise": (
        lambda w, e: (
            w.X.define("d", w.m[w.t], e[w.t]),
            w.X.define("f", w.r, 2 * w.m[1] + 1),
            (E(w.r * e[1]), w.r * E(e[1])),
        )[2],
        "linearity",
    ),
    "a variance of a letter of a letter": (
        lambda w, e: (
            w.X.define("d", w.m[w.t], e[w.t]),
            w.X.define("f", w.r, 2 * w.m[1] + 1),
            (Var(w.r + e[2]), Var(e[2])),
        )[2],
        "independence",
    ),
    "given a later state": (
        lambda w, e: (w.X.define("x", w.x[w.t], w.x[w.t - 1] + e[w.t]), (E(e[1], given=w.x[1]), 0))[1],
        "independence",
    ),
    "fourth moment": (lambda w, e: (E(e[1] ** 4), 1), "definition"),
    "mean of a function": (lambda w, e: (E(w.g(e[1])), w.g(wrap(0))), "definition"),
    "Stein without a slope": (lambda w, e: (E(e[1] * w.g(e[1])), E(w.g(e[1]))), "definition"),
    "mean of an exponential": (lambda w, e: (E(exp(e[1])), 1), "definition"),
}


def falsehoods():
    for name, sides in ALGEBRA.items():
        yield step(f"number, {name}", sides, "algebra")
    for name, sides in GAUSS.items():
        yield step(f"Gauss, {name}", _gauss(sides), "Gaussian integral")
    for name, (sides, by) in CALCULUS.items():
        yield step(f"calculus, {name}", sides, by)
    for name, (sides, by) in NOISES.items():
        yield step(f"noise, {name}", _noise(sides), by, "noise")


def _gauss(sides):
    def both(w):
        return sides(w, w.y, N(w.y, w.r, w.v))

    return both


def _noise(sides):
    def both(w):
        w.X.define("noise", w.e[w.t], standard_normal)
        return sides(w, w.e)

    return both
