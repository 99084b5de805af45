"""What papers say of vectors, as rows that are proved, and certified by Rocq; and near misses of them."""

from __future__ import annotations

from setting import SYMBOLS, Setting
from tables import table

from derive import positive, sqrt, unit
from derive.language import vectors as language
from derive.language.vectors import positive_vectors, vectors


class Vectors(Setting):
    """Vectors: x and its noise e by time, points, functions of points; and scalars."""

    symbols = SYMBOLS | {
        **{name: lambda w, name=name: w.X.symbol(name, vectors) for name in ("u", "v", "w", "c")},
        **{name: lambda w, name=name: w.X.symbol(name, positive_vectors) for name in ("lam", "tau")},
        **{name: lambda w, name=name: w.X.function(name, vectors) for name in ("score", "net")},
        **{name: lambda w, name=name: w.X.symbol(name, positive) for name in ("b", "k")},
        "a": lambda w: w.X.symbol("a"),
        **{name: lambda w, name=name: w.X.symbol(name, unit) for name in ("c1", "c2")},
        "r": lambda w: w.X.symbol("r"),
        "d": lambda w: w.X.dimension(),
        "P": lambda w: w.X.function("P", positive),
        "pair": lambda w: w.X.function("pair", positive, places=2),
        "z": lambda w: w.X.dummy("z", vectors),
        "x": lambda w: w.X.states("x", vectors),
        "y": lambda w: w.X.sequence("y", vectors),
        "ab": lambda w: w.X.sequence("alpha_bar", unit, start=0, first=1),
        "sigma": lambda w: w.X.sequence("sigma", positive),
        "e": lambda w: w.X.noise("epsilon", domain=vectors),
    }

    @property
    def closed(self):
        """The closed form, by noise with its law."""
        x, e, ab, t = self.x, self.eps, self.ab, self.t
        if "closed" not in self.X.blocks:
            self.X.define("closed", self.y[t], sqrt(ab[t]) * x[0] + sqrt(1 - ab[t]) * e[t])
        return self.y


NAMES = ("Divergence", "Gradient", "Jacobian", "Total", "dot", "laplacian", "norm2", "vectors")
WORDS = {name: getattr(language, name) for name in NAMES}

TRUE = table(
    r"""
# inner products and norms
square of a difference: step(norm2(u - v), norm2(u) - 2 * dot(u, v) + norm2(v), "algebra")
bilinearity: step(dot(a * u + v, w), a * dot(u, w) + dot(v, w), "algebra")
parallelogram: step(norm2(u + v) + norm2(u - v), 2 * norm2(u) + 2 * norm2(v), "algebra")
norm of a multiple: step(norm2(u / b), norm2(u) / b**2, "algebra")
interpolation:
    step(norm2(a * u + (1 - a) * v), a * norm2(u) + (1 - a) * norm2(v) - a * (1 - a) * norm2(u - v), "algebra")
loss of x0 as loss of noise:
    hat = (u - sqrt(1 - c1) * v) / sqrt(c1); true = (u - sqrt(1 - c1) * w) / sqrt(c1)
    step(norm2(true - hat), (1 - c1) / c1 * norm2(w - v), "algebra")
guidance: step((1 + a) * u - a * v, u + a * (u - v), "algebra")
# noise
mean of noise: eps; step(E(e[t]), 0 * c, "definition", "noise")
norm of noise: eps; step(E(norm2(e[t])), d, "definition", "noise")
noise along a vector: eps; step(E(dot(e[t], u) ** 2), norm2(u), "definition", "noise")
noise along two vectors: eps; step(E(dot(e[t], u) * dot(v, e[t])), dot(u, v), "definition", "noise")
noise times its product: eps; step(E(dot(e[t], u) * e[t]), u, "definition", "noise")
fourth moment of the norm: eps; step(E(norm2(e[t]) ** 2), d**2 + 2 * d, "definition", "noise")
Hutchinson: eps; step(E(dot(e[t], Jacobian(score(u), u, e[t]))), Divergence(score(u), u), "definition", "noise")
# the closed form
solved for the data: closed; step((y[t] - sqrt(1 - ab[t]) * e[t]) / sqrt(ab[t]), x[0], "definition", "closed")
mean of a noisy sample: closed; step(E(y[t], given=x[0]), sqrt(ab[t]) * x[0], "definition", ("closed", "noise"))
norm of a noisy sample:
    closed; step(E(norm2(y[t]), given=x[0]), ab[t] * norm2(x[0]) + (1 - ab[t]) * d, "definition", ("closed", "noise"))
distance from the mean:
    closed; step(E(norm2(y[t] - sqrt(ab[t]) * x[0]), given=x[0]), (1 - ab[t]) * d, "definition", ("closed", "noise"))
ddim:
    closed; guess = (y[t] - sqrt(1 - ab[t]) * e[t]) / sqrt(ab[t])
    step(sqrt(ab[t - 1]) * guess + sqrt(1 - ab[t - 1]) * e[t], sqrt(ab[t - 1]) * x[0] + sqrt(1 - ab[t - 1]) * e[t],
        "definition", "closed")
bias and variance:
    eps; step(E(norm2(u + a * e[t] - v)), norm2(u - v) + a**2 * d, "definition", "noise")
# Gaussians
log density:
    step(log(N(u, v, b)), -norm2(u - v) / (2 * b) - d * log(2 * Pi() * b) / 2, "algebra")
log density, diagonal:
    step(log(N(u, v, lam)), -Total((u - v) ** 2 / lam) / 2 - Total(log(lam)) / 2 - d * log(2 * Pi()) / 2, "algebra")
ratio of densities: step(N(u, v, b) / N(u, w, b), exp((norm2(u - w) - norm2(u - v)) / (2 * b)), "algebra")
mean of the norm: step(E(norm2(u), N(u, v, b)), norm2(v) + d * b, "Gaussian integral")
mean of the norm, diagonal: step(E(norm2(u - v), N(u, v, lam)), Total(lam), "Gaussian integral")
divergence, one variance: step(KL(N(u, v, b), N(u, w, b)), norm2(v - w) / (2 * b), "Gaussian integral")
divergence, two variances:
    step(KL(N(u, v, b), N(u, w, k)), (d * (b / k - 1 - log(b / k)) + norm2(v - w) / k) / 2, "Gaussian integral")
divergence, diagonal:
    step(KL(N(u, v, lam), N(u, 0 * c, 1)), Total(lam + v**2 - 1 - log(lam)) / 2, "Gaussian integral")
entropy: step(-E(log(N(u, v, b)), N(u, v, b)), d * (log(2 * Pi() * b) + 1) / 2, "Gaussian integral")
# derivatives
gradient of a norm: step(Gradient(norm2(u - v), u), 2 * (u - v), "differentiation")
score of a Gaussian: step(Gradient(log(N(u, v, b)), u), -(u - v) / b, "differentiation")
divergence of the score: step(Divergence(Gradient(log(N(u, v, b)), u), u), -d / b, "differentiation")
divergence of the point: step(Divergence(a * u, u), a * d, "differentiation")
Laplacian of a norm: step(laplacian(norm2(u), u), 2 * d, "differentiation")
gradient of a logarithm: step(Gradient(log(P(u)), u), Gradient(P(u), u) / P(u), "differentiation")
product rule:
    step(Divergence(P(u) * score(u), u), P(u) * Divergence(score(u), u) + dot(Gradient(P(u), u), score(u)),
        "differentiation")
Fokker-Planck as a flow:
    step(Divergence(P(u) * Gradient(log(P(u)), u), u), laplacian(P(u), u), "differentiation")
noise from the score:
    closed; cond = N(u, sqrt(ab[t]) * x[0], 1 - ab[t])
    step(Gradient(log(cond), u), -(u - sqrt(ab[t]) * x[0]) / (1 - ab[t]), "differentiation")
heat equation: step(D(N(u, v, k), k), laplacian(N(u, v, k), u) / 2, "differentiation")
continuity equation of an interpolation:
    step(D(N(u, r * v, b), r), -Divergence(N(u, r * v, b) * v, u), "differentiation")
flow matching:
    path = N(u, (1 - c1) * v, c1**2)
    step(D(path, c1), -Divergence(path * (u - v) / c1, u), "differentiation")
divergence, at a state:
    step(KL(N(u, x[0], b), N(u, net(x[t], t), b)), norm2(x[0] - net(x[t], t)) / (2 * b), "Gaussian integral")
merged noise:
    z = merged_noise("zeta", domain=vectors); define("zeta", z, standard_normal)
    step(E(norm2(a * x[0] + b * z), given=x[0]), a**2 * norm2(x[0]) + b**2 * d, "definition", "zeta")
Fisher information: step(E(norm2(-(u - v) / b), N(u, v, b)), d / b, "Gaussian integral")
posterior, by Bayes:
    prior = N(u, sqrt(c1) * w, 1 - c1); step_ = N(v, sqrt(1 - c2) * u, c2); whole = 1 - c1 * (1 - c2)
    mean = (sqrt(c1) * c2 * w + sqrt(1 - c2) * (1 - c1) * v) / whole
    step(step_ * prior / N(v, sqrt(1 - c2) * sqrt(c1) * w, whole), N(u, mean, c2 * (1 - c1) / whole), "algebra")
loss of noise, opened:
    closed; out = net(y[t], t)
    step(E(norm2(e[t] - out)), E(norm2(e[t])) - 2 * E(dot(e[t], out)) + E(norm2(out)), "linearity")
Stein, of a linear function:
    step(E(dot(u - v, a * u), N(u, v, b)), b * a * d, "Gaussian integral")
# losses
explicit and denoising score matching:
    step(norm2(score(u) - v) - norm2(score(u) - w), 2 * dot(score(u), w - v) + norm2(v) - norm2(w), "algebra")
loss of the mean as loss of noise:
    step(norm2(a * (w - r / b * u) - a * (w - r / b * v)) / (2 * k), a**2 * r**2 / (2 * k * b**2) * norm2(u - v),
        "algebra")
conditional velocity: step(D(a * u + (1 - a) * v, a), u - v, "differentiation")
# densities, as integrals over vectors
gradient of a mixture:
    bell = N(u, sqrt(c1) * z, 1 - c1)
    step(Gradient(Integral(bell * P(z), z), u), Integral(Gradient(bell, u) * P(z), z), "exchange")
scores of a mixture:
    bell = N(u, sqrt(c1) * z, 1 - c1)
    step(Integral(Gradient(bell, u) * P(z), z), Integral((sqrt(c1) * z - u) / (1 - c1) * bell * P(z), z),
        "differentiation")
mean of the data:
    step(Integral((a * z - u) / b * P(z), z), (a * Integral(z * P(z), z) - u * Integral(P(z), z)) / b, "linearity")
Tweedie:
    mean = symbol("mean", vectors); bell = N(u, sqrt(c1) * z, 1 - c1)
    define("mean", mean, Integral(z * bell * P(z), z) / Integral(bell * P(z), z))
    step((sqrt(c1) * Integral(z * bell * P(z), z) / Integral(bell * P(z), z) - u) / (1 - c1),
        (sqrt(c1) * mean - u) / (1 - c1), "definition", "mean")
conditional and marginal flow matching:
    whole, moved = Integral(pair(z, u), z), Integral(net(u, z) * pair(z, u), z)
    step(Integral(norm2(score(u) - net(u, z)) * pair(z, u), z),
        norm2(score(u)) * whole - 2 * dot(score(u), moved) + Integral(norm2(net(u, z)) * pair(z, u), z), "linearity")
Hyvärinen, with its boundary term:
    step(Integral(Divergence(P(u) * score(u), u) - P(u) * Divergence(score(u), u), u),
        Integral(dot(score(u), Gradient(P(u), u)), u), "differentiation")
mixture in time:
    bell = N(u, (1 - c1) * z, c1**2)
    step(D(Integral(bell * P(z), z), c1), Integral(D(bell, c1) * P(z), z), "exchange")
flux of a mixture:
    bell = N(u, (1 - c1) * z, c1**2); flux = Integral((u - z) / c1 * (bell * P(z)), z)
    step(Integral(-Divergence(bell * (u - z) / c1, u) * P(z), z), -Divergence(flux, u), "exchange")
""",
    Vectors,
    **WORDS,
)

FALSE = table(
    r"""
a missing two (Refuted): step(norm2(u - v), norm2(u) - dot(u, v) + norm2(v), "algebra")
norm of a multiple, no square (Refuted): step(norm2(u / b), norm2(u) / b, "algebra")
Cauchy-Schwarz as an equality (Refuted): step(dot(u, v) ** 2, norm2(u) * norm2(v), "algebra")
norm of noise is 1 (Refuted): eps; step(E(norm2(e[t])), 1, "definition", "noise")
fourth moment of one number (Refuted): eps; step(E(norm2(e[t]) ** 2), 3 * d**2, "definition", "noise")
the law of the noise is not cited (Refuted): eps; step(E(norm2(e[t])), d, "independence")
noise along a vector, by d (Refuted): eps; step(E(dot(e[t], u) ** 2), norm2(u) / d, "definition", "noise")
Hutchinson without its noise (Refuted):
    eps; step(E(dot(e[t], Jacobian(score(u), u, v))), Divergence(score(u), u), "definition", "noise")
a noisy sample, one coordinate (Refuted):
    closed; step(E(norm2(y[t]), given=x[0]), ab[t] * norm2(x[0]) + (1 - ab[t]), "definition", ("closed", "noise"))
log density without d (Refuted): step(log(N(u, v, b)), -norm2(u - v) / (2 * b) - log(2 * Pi() * b) / 2, "algebra")
divergence without d (Refuted):
    step(KL(N(u, v, b), N(u, w, k)), (b / k - 1 - log(b / k) + norm2(v - w) / k) / 2, "Gaussian integral")
score with the wrong sign (Refuted): step(Gradient(log(N(u, v, b)), u), (u - v) / b, "differentiation")
divergence of the point is 1 (Refuted): step(Divergence(u, u), 1, "differentiation")
product rule without a term (Refuted):
    step(Divergence(P(u) * score(u), u), P(u) * Divergence(score(u), u), "differentiation")
Laplacian of a norm is 2 (Refuted): step(laplacian(norm2(u), u), 2, "differentiation")
Laplacian of a logarithm (Refuted):
    step(Divergence(Gradient(log(P(u)), u), u), laplacian(P(u), u) / P(u), "differentiation")
divided by a norm (Inconclusive): step(norm2(u) / norm2(u), 1, "algebra")
a state is not a number (Refuted): closed; step(E(y[t]), sqrt(ab[t]) * x[0], "definition", ("closed", "noise"))
a later state knows the noise (Refuted): eps; step(E(e[t], given=x[t]), 0 * c, "definition", "noise")
a gradient by what a mean runs over (Inconclusive):
    step(E(norm2(Gradient(norm2(u), u)), N(u, v, b)), 4 * (norm2(v) + d * b), "integration by parts")
a hidden variable (Inconclusive):
    m = symbol("m", vectors); define("m", m, 2 * u); step(Gradient(dot(m, v), u), 0 * v, "differentiation")
a mixture without its weights (Refuted):
    bell = N(u, sqrt(c1) * z, 1 - c1)
    step(Integral(Gradient(bell, u) * P(z), z), Integral((sqrt(c1) * z - u) * bell * P(z), z), "differentiation")
Tweedie with the wrong sign (Refuted):
    bell = N(u, sqrt(c1) * z, 1 - c1)
    step(Gradient(Integral(bell * P(z), z), u), Integral((u - sqrt(c1) * z) / (1 - c1) * bell * P(z), z), "exchange")
the mean of the data as a constant (Refuted): step(Integral(z * P(z), z), u * Integral(P(z), z), "linearity")
a constant that moves (Undefined): step(Integral(dot(z, u) * P(z), z), dot(z, u) * Integral(P(z), z), "linearity")
a product of means (Refuted):
    step(Integral(dot(z, u) * dot(z, v) * P(z), z), dot(Integral(z * P(z), z), u) * dot(Integral(z * P(z), z), v),
        "linearity")
linear without a word (Refuted): step(Integral(2 * z * P(z), z), 2 * Integral(z * P(z), z), "definition")
Hyvärinen without its boundary term (Refuted):
    step(Integral(dot(score(u), Gradient(P(u), u)), u), -Integral(P(u) * Divergence(score(u), u), u), "linearity")
an integral that diverges (Inconclusive):
    step(Integral(norm2(u - z) + a - a, z), Integral(norm2(u - z), z), "linearity")
one direction alone falls off (Inconclusive):
    step(Integral(2 * exp(-(dot(z, u) ** 2)), z), 2 * Integral(exp(-(dot(z, u) ** 2)), z), "linearity")
a definition under a gradient by what it defines (Refuted):
    define("m", v, 2 * u); step(Gradient(dot(v, w), v), Gradient(2 * dot(u, w), v), "definition", "m")
a hidden vector in an integral (Inconclusive):
    m = symbol("m", vectors); define("m", m, 2 * u)
    step(Integral(dot(m, v) * P(u), u), dot(m, v) * Integral(P(u), u), "linearity")
a vector and a number (ArgumentError): step(u + a, u, "algebra")
a product of vectors (ArgumentError): step(u * v, u, "algebra")
a vector equals a number (ArgumentError): step(u, a, "algebra")
a root of a vector (ArgumentError): step(sqrt(lam), lam, "algebra")
the norm of a number (ArgumentError): step(norm2(a), a**2, "algebra")
a gradient of a vector (ArgumentError): step(Gradient(2 * u, u), 2 * u, "differentiation")
a divergence of a number (ArgumentError): step(Divergence(norm2(u), u), 2 * u, "differentiation")
a Gaussian with a mixed mean (ArgumentError): step(log(N(u, a, b)), 0, "algebra")
""",
    Vectors,
    **WORDS,
)
