"""Sixty-one kinds of true statements from papers on diffusion models.

The list was written before the engine was asked, as a referee would who reads papers and not the engine.
"""

from __future__ import annotations

from setting import SYMBOLS, Setting
from tables import table


class Papers(Setting):
    symbols = SYMBOLS | {"place": lambda w: w.X.symbol("place")}


TRUE = table(
    r"""
# The forward process.
closed form of the forward process:
    define("bars", ab[t], Product(al[s], (s, 1, t)))
    step(al[t] * (1 - ab[t - 1]) + 1 - al[t], 1 - al[t] * ab[t - 1], "algebra")
    step(ab[t], al[t] * ab[t - 1], "definition", "bars")
two steps as one Gaussian:
    left = I(N(x[t + 1], sqrt(al[t + 1]) * x[t], 1 - al[t + 1]) * N(x[t], sqrt(al[t]) * r, 1 - al[t]), x[t])
    step(left, N(x[t + 1], sqrt(al[t + 1] * al[t]) * r, 1 - al[t + 1] * al[t]), "Gaussian integral")
variance is preserved:
    define("step", x[t], sqrt(al[t]) * x[t - 1] + sqrt(1 - al[t]) * eps[t])
    step(Var(sqrt(al[t]) * x[t - 1] + sqrt(1 - al[t]) * e[t]), al[t] * Var(x[t - 1]) + (1 - al[t]) * Var(e[t]),
        "independence")
the signal-to-noise ratio decreases:
    snr = lambda a: a / (1 - a); gap = bar[t - 1] * (1 - al[t]) / ((1 - al[t] * bar[t - 1]) * (1 - bar[t - 1]))
    chain("snr", snr(al[t] * bar[t - 1])).below(snr(bar[t - 1]), gap=gap)
the step between two times:
    between = Product(al[s], (s, t + 1, t + 5)); define("bars", ab[t], Product(al[s], (s, 1, t)))
    step(ab[t + 5], ab[t] * between, "definition", "bars")
    step(1 - ab[t] * between, 1 - between + between * (1 - ab[t]), "algebra")
linear schedule ends where it should:
    step(r + (T - 1) / (T - 1) * (b - r), b, "algebra", start=2); step((T - 1) / (T - 1), 1, "algebra", start=2)
linear schedule has its mean in the middle:
    step(Sum(r + (t - 1) / (T - 1) * (b - r), (t, 1, T)), T * (r + b) / 2, "algebra", start=2)
absorbing schedule masks at each time alike:
    alive = (T - s + 1) / T; step(Sum(alive * (1 / (T - s + 1)), (s, 1, T)), 1, "algebra")
distance of the last state from the prior:
    step(KL(N(y, sqrt(c) * r, 1 - c), N(y, 0, 1)), (c * r**2 - c - log(1 - c)) / 2, "Gaussian integral")
    chain("left over", c * r**2 / 2).at_most((c * r**2 - c - log(1 - c)) / 2, gap=(-c - log(1 - c)) / 2)
# The posterior.
posterior of two Gaussians:
    prior = N(place, r, v); seen = N(b, a * place, d); total = a**2 * v + d
    step(prior * seen, N(b, a * r, total) * N(place, (d * r + a * v * b) / total, v * d / total), "algebra")
posterior mean by the noise:
    clean = (place - sqrt(1 - al[t] * bar[t - 1]) * b) / sqrt(al[t] * bar[t - 1])
    total = 1 - al[t] * bar[t - 1]
    mean = lambda x: (sqrt(bar[t - 1]) * (1 - al[t]) * x + sqrt(al[t]) * (1 - bar[t - 1]) * place) / total
    step(mean(clean), (place - (1 - al[t]) / sqrt(1 - al[t] * bar[t - 1]) * b) / sqrt(al[t]), "algebra", start=2)
posterior variance is below the step's:
    gap = (1 - al[t]) * bar[t - 1] * (1 - al[t]) / (1 - al[t] * bar[t - 1]); small = (1 - al[t]) * (1 - bar[t - 1])
    chain("below", small / (1 - al[t] * bar[t - 1])).below(1 - al[t], gap=gap)
the reverse step given the data:
    turned = mc(x[t] | x[t - 1], x[0]) * mc(x[t - 1] | x[0]) / mc(x[t] | x[0])
    right = mc(x[t] | x[t - 1]) * mc(x[t - 1] | x[0]) / mc(x[t] | x[0])
    step(mc(x[t - 1] | x[t], x[0]), turned, "Bayes", start=2).equals(right, by="Markov")
reverse chain with its own prior:
    prior = density("prior"); back = density("back"); define("prior", prior(x[T]), N(x[T], 0, 1))
    define("reverse", back(x[t - 1] | x[t]), N(x[t - 1], c * x[t], 1 - c))
    joint = prior(x[T]) * Product(back(x[t - 1] | x[t]), (t, 1, T)); define("model", p(x[0:T]), joint)
    step(log(p(x[0:T])), log(joint), "definition", "model").equals(log(prior(x[T])) + Sum(log(back(x[t - 1] | x[t])),
        (t, 1, T)), by="algebra").equals(log(N(x[T], 0, 1)) + Sum(log(N(x[t - 1], c * x[t], 1 - c)), (t, 1, T)),
        by="definition", using=("prior", "reverse"))
# The bound.
bound of the evidence:
    path = q(x[1:T] | x[0]); gap = KL(path, p(x[1:T] | x[0]))
    step(E(log(p(x[0:T]) / path), path), log(p(x[0])) - gap, "Jensen")
bound as a sum over time:
    ratio = log(q(x[t - 1] | x[t], x[0]) / p(x[t - 1] | x[t]))
    step(E(ratio, q(x[t - 1 : t] | x[0])), E(KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t])), q(x[t] | x[0])), "tower",
        start=2)
one term is a squared distance:
    step(KL(N(y, r, v), N(y, b, v)), (r - b) ** 2 / (2 * v), "Gaussian integral")
best variance of the model:
    d_ = d; gap = (log(d / v) + v / d - 1) / 2
    chain("best", log(v) / 2 + Fraction(1, 2)).at_most((log(d) + v / d) / 2, gap=gap)
importance weighting improves the bound:
    one = p(x[0], x[1]) / q(x[1] | x[0]); two = p(x[0], x[2]) / q(x[2] | x[0])
    gap = E(log((one + two) / 2) - log(one) / 2 - log(two) / 2, q(x[1:2] | x[0]))
    bound = E(log(one) / 2 + log(two) / 2, q(x[1:2] | x[0]))
    chain("iwae", bound).at_most(bound + gap, gap=gap)
    step(bound + gap, E(log((one + two) / 2), q(x[1:2] | x[0])), "linearity")
bound of the rate by a marginal:
    left = E(KL(q(x[1] | x[0]), p(x[1])), q(x[0]))
    step(left, E(KL(q(x[1] | x[0]), q(x[1])), q(x[0])) + KL(q(x[1]), p(x[1])), "tower")
bound in continuous time:
    steps = Sum(h(g(t / T)) * (g(t / T) - g((t - 1) / T)), (t, 1, T))
    step(Limit(steps, T), I(h(u), (u, g(wrap(0)), g(wrap(1)))), "limit")
# Scores.
Tweedie:
    marginal = I(N(r, u, v) * f(u), u); mean = I(u * N(r, u, v) * f(u), u) / marginal
    chain("t", D(log(marginal), r)).equals(I(D(N(r, u, v), r) * f(u), u) / marginal, by="exchange").equals(
        I((u - r) / v * N(r, u, v) * f(u), u) / marginal, by="differentiation").equals((mean - r) / v, by="linearity")
second-order Tweedie:
    marginal = I(N(r, u, v) * f(u), u)
    second = I(((u - r) ** 2 / v**2 - 1 / v) * N(r, u, v) * f(u), u)
    step(D(D(marginal, r), r), I(D(D(N(r, u, v), r), r) * f(u), u), "exchange").equals(second, by="differentiation")
denoising and explicit score matching:
    out = net(x[t], t); given = q(x[0] | x[t]); mean = E(g(x[0]), given); square = E(g(x[0]) ** 2, given)
    step(E((out - g(x[0])) ** 2, q(x[0], x[t])), E(E((out - g(x[0])) ** 2, given), q(x[t])), "tower").equals(
        E(out**2 - 2 * out * mean + square, q(x[t])), by="linearity").equals(
        E((out - mean) ** 2, q(x[t])) + E(square - mean**2, q(x[t])), by="linearity")
Hyvärinen's whole square:
    square = I(f(y) * (D(log(f(y)), y) - g(y)) ** 2, y) / 2
    whole = I(f(y) * (g(y) ** 2 / 2 + g.prime(y)), y) + I(f(y) * D(log(f(y)), y) ** 2, y) / 2
    step(square, whole, "integration by parts")
Stein's identity: step(E((y - r) * g(y), normal), v * E(g.prime(y), normal), "integration by parts")
Fisher information of a Gaussian: step(E(D(log(normal), y) ** 2, normal), E((y - r) ** 2 / v**2, normal),
    "differentiation").equals(1 / v, by="Gaussian integral")
Cramér and Rao:
    one = N(y, r, v); two = N(u, r, v); gap = E(E((g(y) * h(u) - g(u) * h(y)) ** 2, one), two) / 2
    twice = lambda f, k: E(E(f(y) * k(u), one), two)
    square = lambda f: lambda z: f(z) ** 2; cross = lambda z: g(z) * h(z)
    right = E(g(y) ** 2, one) * E(h(y) ** 2, one) - E(g(y) * h(y), one) ** 2
    both = E(g(y) ** 2, one) * E(h(u) ** 2, two) / 2 + E(h(y) ** 2, one) * E(g(u) ** 2, two) / 2
    step(gap, both - E(g(y) * h(y), one) * E(g(u) * h(u), two), "linearity").equals(right, by="substitution")
    chain("square", r).at_most(r + gap, gap=gap)
# Equations in continuous time.
variance of the Ornstein–Uhlenbeck process:
    w = symbol("w_time", positive); var = 1 - exp(-2 * w); step(D(var, w), 2 * (1 - var), "differentiation")
    step(KL(N(y, exp(-w) * r, var), N(y, 0, 1)), (exp(-2 * w) * r**2 - exp(-2 * w) - log(var)) / 2, "Gaussian integral")
score of the Ornstein–Uhlenbeck process:
    w = symbol("w_time", positive); law = N(place, exp(-w) * r, 1 - exp(-2 * w))
    step(D(log(law), place), (exp(-w) * r - place) / (1 - exp(-2 * w)), "differentiation")
signal-to-noise ratio in continuous time:
    w = symbol("w_time", positive); step(exp(-2 * w) / (1 - exp(-2 * w)), 1 / (exp(2 * w) - 1), "algebra")
the sub-variance-preserving process stays below:
    w = symbol("w_time", positive); gap = (1 - exp(-2 * w)) * exp(-2 * w)
    chain("sub", (1 - exp(-2 * w)) ** 2).below(1 - exp(-2 * w), gap=gap)
discrete steps tend to the exponential: step(Limit(Product(1 - a / T, (t, 1, T)), T), exp(-a), "limit")
products of steps tend to the exponential of an integral:
    step(Limit(Product(1 - f(t / T) / T, (t, 1, T)), T), exp(-I(f(u), (u, 0, 1))), "limit")
the drift of the variance-preserving chain: step(Limit(T * (1 - sqrt(1 - a / T)), T), a / 2, "limit")
the equation without noise has the same densities:
    score = D(log(f(place)), place); flow = (r * place - b**2 / 2 * score) * f(place)
    right = -D(r * place * f(place), place) + b**2 / 2 * D(D(f(place), place), place)
    step(-D(flow, place), right, "differentiation")
Langevin dynamics is at rest in its target:
    step(-D(f(place) * D(log(f(place)), place), place) + D(D(f(place), place), place), 0, "differentiation")
a step of an exponential integrator: step(I(exp(-u), (u, r, r + a)), exp(-r) * (1 - exp(-a)), "integration")
entropy of a diffusion grows:
    w = symbol("w_time", positive); entropy = log(2 * Pi() * (v + w)) / 2 + Fraction(1, 2)
    step(D(entropy, w), 1 / (2 * (v + w)), "differentiation")
# Guidance.
guidance as a mixture of scores:
    a = q(x[t] | label[0]); b = q(x[t])
    step(log(a ** (1 + guide) / b**guide), log(b) + (1 + guide) * (log(a) - log(b)), "algebra")
guidance by a classifier:
    step(log(q(x[t] | label[0])), log(q(x[t])) + log(q(label[0] | x[t])) - log(q(label[0])), "Bayes")
guidance moves the mean of a Gaussian:
    step(N(place, r, v) * exp(a * place), N(place, r + a * v, v) * exp(a * r + a**2 * v / 2), "algebra")
the error of a clipped weight:
    chain("min-snr", Min(a, v)).at_most(v, gap=v - Min(a, v))
    chain("min-snr too", Min(a, v) / a).at_most(1, gap=1 - Min(a, v) / a)
    step(Min(a, v) / a, Min(1, v / a), "algebra")
an absolute error:
    chain("triangle", Abs(r + b)).at_most(Abs(r) + Abs(b), gap=Abs(r) + Abs(b) - Abs(r + b))
    step(Abs(r) ** 2, r**2, "algebra")
# Distillation.
two deterministic steps are one:
    clean = lambda value, noise, level: (value - sqrt(1 - level) * noise) / sqrt(level)
    move = lambda value, noise, one, two: sqrt(two) * clean(value, noise, one) + sqrt(1 - two) * noise
    d_ = X.symbol("d_bar", unit); g_ = X.symbol("g_bar", unit)
    step(move(move(r, b, c, d_), b, d_, g_), move(r, b, c, g_), "algebra")
velocity, noise and data:
    step(sqrt(c) * (sqrt(c) * r + sqrt(1 - c) * b) - sqrt(1 - c) * (sqrt(c) * b - sqrt(1 - c) * r), r, "algebra")
a consistency function starts as the identity:
    least = symbol("least", positive); skip = lambda w: d**2 / ((w - least) ** 2 + d**2)
    step(skip(least) * r + d * (least - least) / sqrt(d**2 + least**2) * b, r, "algebra")
preconditioned inputs have variance one:
    scale = 1 / sqrt(d**2 + v**2); step(Var(scale * (d * eps[1] + v * eps[2])), scale**2 * (d**2 + v**2), "definition",
        "noise").equals(1, by="algebra")
gradient of the divergence is a difference of scores:
    one = N(y, r, v); ratio = D(log(N(r + sqrt(v) * y, r, v)), y) - D(log(N(r + sqrt(v) * y, b, d)), y)
    step(D(KL(one, N(y, b, d)), r), D((log(d / v) + (v + (r - b) ** 2) / d - 1) / 2, r), "Gaussian integral").equals(
        (r - b) / d, by="differentiation")
    score = lambda law: D(log(law), y)
    step(E(score(one) - score(N(y, b, d)), one), E((r - y) / v - (b - y) / d, one), "differentiation").equals(
        (r - b) / d, by="Gaussian integral")
# Flow matching.
conditional velocity of the straight path:
    w = symbol("w_time", unit); step(D((1 - w) * r + w * b, w), b - r, "differentiation")
    step(((1 - w) * r + w * b - r) / w, b - r, "algebra")
marginal velocity is a mean:
    left = I(g(x[0]) * q(x[1] | x[0]) * q(x[0]), x[0]) / q(x[1])
    step(left, E(g(x[0]), q(x[0] | x[1])), "marginalisation")
conditional and marginal losses differ by a constant:
    out = net(x[1], 1)
    step(E((out - g(x[0])) ** 2, q(x[0], x[1])), E(out**2 - 2 * out * E(g(x[0]), q(x[0] | x[1])), q(x[1]))
        + E(g(x[0]) ** 2, q(x[0])), "tower")
straightening lowers the transport cost:
    mean = E(g(y), normal); gap = E((g(y) - mean) ** 2, normal)
    chain("cost", mean**2).at_most(mean**2 + gap, gap=gap)
    step(mean**2 + gap, E(g(y) ** 2, normal), "linearity")
best constant prediction:
    law = q(x[1], x[2]); scale = E(x[1] * x[2], law) / E(x[2] ** 2, law)
    rest = E(x[1] ** 2, law) - E(x[1] * x[2], law) ** 2 / E(x[2] ** 2, law)
    step(E((x[1] - scale * x[2]) ** 2, law), rest, "linearity")
# Information.
Jensen and Shannon stay below log 2:
    mix = density("mix"); a = q(x[1]); b = p(x[1]); define("mixture", mix(x[1]), a / 2 + b / 2)
    one = E(log(1 + b / a), a); two = E(log(1 + a / b), b); js = KL(a, mix(x[1])) / 2 + KL(b, mix(x[1])) / 2
    chain("mixed", js).equals(E(log(a / mix(x[1])), a) / 2 + E(log(b / mix(x[1])), b) / 2, by="definition").equals(
        E(log(a / (a / 2 + b / 2)), a) / 2 + E(log(b / (a / 2 + b / 2)), b) / 2, by="definition",
        using="mixture").equals(E(log(wrap(2)) - log(1 + b / a), a) / 2 + E(log(wrap(2)) - log(1 + a / b), b) / 2,
        by="algebra").equals(log(wrap(2)) - (one / 2 + two / 2), by="linearity").at_most(log(wrap(2)),
        gap=one / 2 + two / 2)
processing loses information:
    define("shared", p(x[1] | x[0]), q(x[1] | x[0]))
    step(KL(q(x[0:1]), p(x[0:1])), KL(q(x[0]), p(x[0])) + E(KL(q(x[1] | x[0]), p(x[1] | x[0])), q(x[0])), "tower")
    step(KL(q(x[1] | x[0]), p(x[1] | x[0])), KL(q(x[1] | x[0]), q(x[1] | x[0])), "definition", "shared")
a Gaussian has the largest entropy:
    step(-E(log(N(y, r, v)), N(y, b, d)), (log(2 * Pi() * v) + (d + (b - r) ** 2) / v) / 2, "Gaussian integral")
the variational formula of the divergence:
    tilted = p(x[1]) * exp(g(x[1])) / a
    step(KL(q(x[1]), p(x[1])) - E(g(x[1]), q(x[1])) + log(a), E(log(q(x[1]) / tilted), q(x[1])), "marginalisation")
chain rule of mutual information:
    info = E(log(q(x[0], x[1], x[2]) / (q(x[0]) * q(x[1], x[2]))), q(x[0], x[1], x[2]))
    one = E(log(q(x[0], x[1]) / (q(x[0]) * q(x[1]))), q(x[0], x[1]))
    two = E(log(q((x[0] | x[1]), x[2]) / q(x[0] | x[1])), q(x[0], x[1], x[2])); step(info, one + two, "marginalisation")
entropy powers of Gaussians add:
    entropy = lambda w: log(2 * Pi() * w) / 2 + Fraction(1, 2); power = lambda w: exp(2 * entropy(w))
    step(power(v + d), power(v) + power(d), "algebra")
production of entropy is Fisher information:
    score = D(log(f(y)), y)
    step(I(-D(D(f(y), y), y) * log(f(y)), y), I(f(y) * score**2, y), "integration by parts")
""",
    Papers,
)
