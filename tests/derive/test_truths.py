"""Truths that a teacher would write, in several variants, and near misses of the rules that prove them."""

from __future__ import annotations

import pytest
from tables import table

TRUE = table(r"""
# logarithms and powers
log-of-a-power 13/10: step(log(q(x[1]) ** Fraction(13, 10)), Fraction(13, 10) * log(q(x[1])), "algebra")
log-of-a-power -1/2: step(log(q(x[1]) ** Fraction(-1, 2)), Fraction(-1, 2) * log(q(x[1])), "algebra")
log-of-a-power 3: step(log(q(x[1]) ** 3), 3 * log(q(x[1])), "algebra")
log-of-a-power g: step(log(q(x[1]) ** guide), guide * log(q(x[1])), "algebra")
log-of-a-power-of-a-ratio 13/10:
    ratio = q(x[1] | x[0]) / p(x[1])
    step(log(ratio ** Fraction(13, 10)), Fraction(13, 10) * log(q(x[1] | x[0])) - Fraction(13, 10) * log(p(x[1])),
        "algebra")
log-of-a-power-of-a-ratio g:
    ratio = q(x[1] | x[0]) / p(x[1])
    step(log(ratio**guide), guide * log(q(x[1] | x[0])) - guide * log(p(x[1])), "algebra")
power-of-a-product 7/3: step((a * v) ** Fraction(7, 3), a ** Fraction(7, 3) * v ** Fraction(7, 3), "algebra")
power-of-a-product g: step((a * v) ** guide, a**guide * v**guide, "algebra")
power-of-a-product-of-densities 7/3:
    a = q(x[1]); b = p(x[2]); step((a * b) ** Fraction(7, 3), a ** Fraction(7, 3) * b ** Fraction(7, 3), "algebra")
power-of-a-product-of-densities g: a = q(x[1]); b = p(x[2]); step((a * b) ** guide, a**guide * b**guide, "algebra")
guidance-as-a-power:
    a = q(x[1] | x[0]); b = q(x[1]); step(log(b * (a / b) ** guide), (1 - guide) * log(b) + guide * log(a), "algebra")
powers-add 1: step(q(x[1]) ** guide * q(x[1]) ** 1, q(x[1]) ** (guide + 1), "algebra")
powers-add 2: step(q(x[1]) ** guide * q(x[1]) ** 2, q(x[1]) ** (guide + 2), "algebra")
log-of-a-product-over-time:
    step(log(Product(q(x[t] | x[t - 1]), (t, 1, T))), Sum(log(q(x[t] | x[t - 1])), (t, 1, T)), "algebra")
# joint laws
ddim-joint:
    joint = q(x[T] | x[0]) * Product(q(x[t - 1] | x[t], x[0]), (t, 2, T)); define("joint", q(x[1:T] | x[0]), joint)
    step(q(x[1:T] | x[0]), joint, "definition", "joint")
    whole = log(q(x[T] | x[0])) + Sum(log(q(x[t - 1] | x[t], x[0])), (t, 2, T))
    step(log(q(x[1:T] | x[0])), log(joint), "definition", "joint").equals(whole, by="algebra")
ddim-mean-of-a-ratio:
    joint = q(x[T] | x[0]) * Product(q(x[t - 1] | x[t], x[0]), (t, 2, T)); define("joint", q(x[1:T] | x[0]), joint)
    ratio = p(x[0:T]) / q(x[1:T] | x[0]); path = q(x[1:T] | x[0])
    step(E(log(ratio), path), E(log(p(x[0:T]) / joint), path), "definition", "joint")
# x_{t−1} = μ + σ z: the mean of anything under the model's step is one over a standard normal z.
ancestral-draw mean:
    law = N(x[t - 1], mu(x[t], t), sigma[t] ** 2); drawn = mu(x[t], t) + sigma[t] * zeta
    step(E(g(x[t - 1]), law), E(g(drawn), N(zeta, 0, 1)), "reparameterisation", start=2)
ancestral-draw square:
    law = N(x[t - 1], mu(x[t], t), sigma[t] ** 2); drawn = mu(x[t], t) + sigma[t] * zeta
    of = lambda value: (value - x[0]) ** 2 * g(value)
    step(E(of(x[t - 1]), law), E(of(drawn), N(zeta, 0, 1)), "reparameterisation", start=2)
backward-draw constant:
    z = noise("zeta", backward=True); define("noise", z[t], standard_normal); mu = sequence("mu")[t]
    define("draw", x[t - 1], mu + sigma[t] * z[t]); step(x[t - 1] - mu, sigma[t] * z[t], "definition", "draw")
    step(E(z[t] * x[t]), E(z[t]) * E(x[t]), "independence")
backward-draw network:
    z = noise("zeta", backward=True); define("noise", z[t], standard_normal); mu = function("mu")(x[t], t)
    define("draw", x[t - 1], mu + sigma[t] * z[t]); step(x[t - 1] - mu, sigma[t] * z[t], "definition", "draw")
    step(E(z[t] * x[t]), E(z[t]) * E(x[t]), "independence")
draw-of-a-state:
    define("draw", x[t], mu(x[t - 1], t) + sigma[t] * eps[t])
    step(Var(x[t] - mu(x[t - 1], t)), Var(mu(x[t - 1], t) + sigma[t] * eps[t] - mu(x[t - 1], t)), "definition",
        "draw").equals(sigma[t] ** 2, by="definition", using="noise")
network-by-parts parts:
    cross = I(f(x[t]) * net(x[t], t) * D(log(f(x[t])), x[t]), x[t])
    step(cross, -I(f(x[t]) * D(net(x[t], t), x[t]), x[t]), "integration by parts")
network-by-parts stein:
    law = N(x[t], r, v)
    step(E((x[t] - r) * net(x[t], t), law), v * E(D(net(x[t], t), x[t]), law), "integration by parts")
a-sum-split-at-a-symbolic-time: step(Sum(Sum(m[s], (s, 1, t)) + Sum(m[s], (s, t + 1, T)), (t, 1, T)),
        Sum(Sum(m[s], (s, 1, T)), (t, 1, T)), "telescoping")
# What the variational bound tends to when the steps grow many.
continuous-time log: step(Limit(T * log(1 + a / T), T), a, "limit")
continuous-time weights:
    step(Limit(Sum(g(t / T) * h(t / T) ** 2 / T, (t, 1, T)), T), I(g(u) * h(u) ** 2, (u, 0, 1)), "limit")
continuous-time product:
    step(Limit(Sum(exp(-a * t / T) / (T + t), (t, 1, T)), T), I(exp(-a * u) / (1 + u), (u, 0, 1)), "limit")
network-with-densities E:
    out = net(x[t], t); step(E(a * out + b, q(x[t] | x[0])), a * E(out, q(x[t] | x[0])) + b, "linearity")
network-with-densities KL:
    out = net(x[t], t); body = out * KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t]))
    inner = E(log(q(x[t - 1] | x[t], x[0]) / p(x[t - 1] | x[t])), q(x[t - 1] | x[t], x[0]))
    mean = E(out * inner, q(x[t] | x[0])); step(E(body, q(x[t] | x[0])), mean, "definition", start=2)
network-with-densities integral: out = net(x[t], t); step(E(out, q(x[t])), I(out * q(x[t]), x[t]), "definition")
network-with-densities loss:
    out = net(x[t], t); joint = q(x[t - 1 : t] | x[0])
    step(E((out - x[0]) ** 2, joint), E((out - x[0]) ** 2, q(x[t] | x[0])), "marginalisation", start=2)
# two letters
one-law-over-two-sequences chain rule: step(q(x[0], label[0]), q(label[0]) * q(x[0] | label[0]), "chain rule")
one-law-over-two-sequences Bayes: step(q(x[0] | label[0]), q(label[0] | x[0]) * q(x[0]) / q(label[0]), "Bayes")
one-law-over-two-sequences marginalisation:
    step(q(x[0]), I(q(x[0] | label[0]) * q(label[0]), label[0]), "marginalisation")
one-law-over-two-sequences tower: step(E(log(q(x[0] | label[0])), q(x[0], label[0])),
        E(E(log(q(x[0] | label[0])), q(x[0] | label[0])), q(label[0])), "tower")
one-law-over-two-sequences total: step(E(g(x[0]), q(x[0])), E(E(g(x[0]), q(x[0] | label[0])), q(label[0])), "tower")
bayes-for-guidance: step(log(q(x[t] | label[0])), log(q(x[t])) + log(q(label[0] | x[t])) - log(q(label[0])), "Bayes")
mixture-of-two-laws algebra: step(c * q(x[1]) + (1 - c) * p(x[1]), p(x[1]) + c * (q(x[1]) - p(x[1])), "algebra")
mixture-of-two-laws linearity: step(I((c * q(x[1]) + (1 - c) * p(x[1])) * g(x[1]), x[1]),
        c * E(g(x[1]), q(x[1])) + (1 - c) * E(g(x[1]), p(x[1])), "marginalisation")
mixture-of-two-laws defined:
    r = density("mix"); define("mixture", r(x[1]), c * q(x[1]) + (1 - c) * p(x[1]))
    step(E(g(x[1]), r(x[1])), I(g(x[1]) * r(x[1]), x[1]),
        "definition").equals(I(g(x[1]) * (c * q(x[1]) + (1 - c) * p(x[1])),
        x[1]), by="definition", using="mixture").equals(c * E(g(x[1]), q(x[1])) + (1 - c) * E(g(x[1]), p(x[1])),
        by="marginalisation")
mixture-normalises: step(I(c * q(x[1]) + (1 - c) * p(x[1]), x[1]), 1, "marginalisation")
# towers and variances without a density
tower-without-density one: step(E(E(x[t] * x[t - 1] + x[t], given=x[t - 1])), E(x[t] * x[t - 1] + x[t]), "tower")
tower-without-density two:
    step(E(E(x[3] * x[2] * x[1], given=(x[2], x[1])), given=x[1]), E(x[3] * x[2] * x[1], given=x[1]), "tower")
tower-without-density noise: step(E(E(x[t] * e[t], given=x[t - 1])), E(x[t] * e[t]), "tower")
tower-without-density square: step(E(E(x[t] ** 2, given=x[0])), E(x[t] ** 2), "tower")
total-variance x0: given = x[0]; y = x[t]; step(Var(y), E(Var(y, given=given)) + Var(E(y, given=given)), "tower")
total-variance previous:
    given = x[t - 1]; y = x[t]; step(Var(y), E(Var(y, given=given)) + Var(E(y, given=given)), "tower")
what-is-known-comes-out out: step(E(x[t - 1] * x[t], given=x[t - 1]), x[t - 1] * E(x[t], given=x[t - 1]), "linearity")
what-is-known-comes-out both: step(E(x[t - 1] * x[t]), E(x[t - 1] * E(x[t], given=x[t - 1])), "tower")
# integration by parts
by-parts bell: step(I(f.prime(y) * g(y), y), -I(f(y) * g.prime(y), y), "integration by parts")
by-parts bell-first: step(I(f(y) * g.prime(y), y), -I(f.prime(y) * g(y), y), "integration by parts")
by-parts three:
    step(I(y**2 * f.prime(y) * g(y), y), -I(f(y) * (2 * y * g(y) + y**2 * g.prime(y)), y), "integration by parts")
by-parts normal: step(I(g.prime(y) * N(y, 0, v), y), I(g(y) * y / v * N(y, 0, v), y), "integration by parts")
a-derivative-integrates-to-nothing: step(I(f.prime(y), y), 0, "integration by parts")
stein mean: step(E((y - r) * g(y), normal), v * E(g.prime(y), normal), "integration by parts")
stein centred: step(E(y * g(y), N(y, 0, 1)), E(g.prime(y), N(y, 0, 1)), "integration by parts")
stein square: step(E((y - r) ** 2 * g(y), normal), v * E(g(y), normal) + v * E((y - r) * g.prime(y), normal),
        "integration by parts")
stein reverse: step(E(g.prime(y), normal), E((y - r) * g(y), normal) / v, "integration by parts")
mean-of-the-score function: step(I(f(y) * D(log(f(y)), y), y), 0, "integration by parts")
mean-of-the-score normal: step(E(D(log(normal), y), normal), 0, "integration by parts")
mean-of-the-score-of-a-density:
    define("data", q(x[0]), f(x[0])); score = D(log(f(x[0])), x[0])
    step(I(score * f(x[0]), x[0]), 0, "integration by parts")
# Hyvärinen: the cross term of score and model by parts.
implicit-score-matching: step(I(f(y) * g(y) * D(log(f(y)), y), y), -I(f(y) * g.prime(y), y), "integration by parts")
# substitution
reparameterisation standard:
    left = E(g(y), N(y, r, v)); right = E(g(r + sqrt(v) * zeta), N(zeta, 0, 1)); step(left, right, "reparameterisation")
reparameterisation back:
    left = E(g(y), N(y, r, v)); right = E(g(r + sqrt(v) * zeta), N(zeta, 0, 1)); step(right, left, "reparameterisation")
reparameterisation two:
    left = E(g(y), N(y, r, v)); right = E(g(r + sqrt(v) * zeta), N(zeta, 0, 1))
    step(E(y * g(y), N(y, r, v)), E((r + sqrt(v) * zeta) * g(r + sqrt(v) * zeta), N(zeta, 0, 1)), "reparameterisation")
substitution line: step(I(f(a * u + b) * a, u), I(f(y), y), "substitution")
substitution shift: step(I(f(u + b), u), I(f(u), u), "substitution")
substitution bell: step(I(g(a * u + b) * N(a * u + b, 0, v) * a, u), I(g(y) * N(y, 0, v), y), "substitution")
substitution interval: step(I(g(a * u + b) * a, (u, 0, 1)), I(g(y), (y, b, a + b)), "substitution")
the-name-of-a-dummy E: step(E(g(y), N(y, r, v)), E(g(u), N(u, r, v)), "substitution")
the-name-of-a-dummy integral: step(I(f(y), y), I(f(u), u), "substitution")
# limits
riemann function: step(Limit(Sum(g(t / T) / T, (t, 1, T)), T), I(g(u), (u, 0, 1)), "limit")
riemann explicit: step(Limit(Sum(exp(a * t / T) / T, (t, 1, T)), T), I(exp(a * u), (u, 0, 1)), "limit")
riemann left: step(Limit(Sum(g((t - 1) / T) / T, (t, 1, T)), T), I(g(u), (u, 0, 1)), "limit")
riemann factor: step(Limit(a * Sum(g(t / T), (t, 1, T)) / T, T), a * I(g(u), (u, 0, 1)), "limit")
exponential-limit plus: step(Limit((1 + a / T) ** T, T), exp(a), "limit")
exponential-limit minus: step(Limit((1 - c / T) ** T, T), exp(-c), "limit")
exponential-limit two: step(Limit((1 + a / T + v / T**2) ** T, T), exp(a), "limit")
exponential-limit square: step(Limit((1 - c / (2 * T)) ** (2 * T), T), exp(-c), "limit")
exponential-limit unit: c = symbol("gamma", positive); step(Limit((1 - c / T) ** T, T), exp(-c), "limit")
# bounds
bounds-of-log-and-exp log: chain("b", c).at_most(-log(1 - c), gap=-log(1 - c) - c)
bounds-of-log-and-exp u-1: chain("b", log(a)).at_most(a - 1, gap=a - 1 - log(a))
bounds-of-log-and-exp exp: chain("b", 1 + r).at_most(exp(r), gap=exp(r) - 1 - r)
bounds-of-log-and-exp small: chain("b", 1 - c).at_most(exp(-c), gap=exp(-c) - (1 - c))
compound-gap two:
    a = KL(q(x[1]), p(x[1])); b = KL(q(x[2] | x[1]), p(x[2] | x[1]))
    chain("b", r).at_most(r + a + KL(q(x[2]), p(x[2])), gap=a + KL(q(x[2]), p(x[2])))
compound-gap mean:
    a = KL(q(x[1]), p(x[1])); b = KL(q(x[2] | x[1]), p(x[2] | x[1]))
    chain("b", r).at_most(r + E(b, q(x[1])), gap=E(b, q(x[1])))
compound-gap weighted:
    a = KL(q(x[1]), p(x[1])); b_ = KL(q(x[2] | x[1]), p(x[2] | x[1]))
    chain("b", r).at_most(r + c * a + (r - b) ** 2, gap=c * a + (r - b) ** 2)
compound-gap sum:
    a = KL(q(x[1]), p(x[1])); b = KL(q(x[2] | x[1]), p(x[2] | x[1]))
    one = KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t])); gap = Sum(E(one, q(x[t] | x[0])), (t, 2, T))
    chain("b", r).at_most(r + gap, gap=gap)
compound-gap nested:
    a = KL(q(x[1]), p(x[1])); b = KL(q(x[2] | x[1]), p(x[2] | x[1]))
    one = KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t])); gap = Sum(E(one, q(x[t] | x[0])), (t, 2, T))
    gap = c * (gap + a); chain("b", r).at_most(r + gap, gap=gap)
# log p(x_0) ≥ ELBO with the gap named.
bound-of-the-evidence:
    path = q(x[1:T] | x[0]); gap = KL(path, p(x[1:T] | x[0])); elbo = E(log(p(x[0:T]) / path), path)
    step(elbo, log(p(x[0])) - gap, "Jensen"); chain("bound", log(p(x[0])) - gap).at_most(log(p(x[0])), gap=gap)
jensen-with-the-gap: step(log(I(p(x[0], x[1]), x[1])),
        E(log(p(x[0], x[1]) / q(x[1] | x[0])), q(x[1] | x[0])) + KL(q(x[1] | x[0]), p(x[1] | x[0])), "Jensen")
# identities of statistics
# The score of a marginal is the mean of the score given what is left out.
fisher-identity:
    top = I(D(N(r, u, v), r) * f(u), u); marginal = I(N(r, u, v) * f(u), u)
    step(D(log(marginal), r), D(marginal, r) / marginal, "differentiation").equals(top / marginal, by="exchange")
mean-of-a-constant density: step(E(r, q(x[1])), r, "linearity")
mean-of-a-constant normal: step(E(r, N(y, b, v)), r, "linearity")
mean-of-a-constant noise: step(E(r), r, "linearity")
mean-of-a-constant law: step(E(a * r, q(x[1:T] | x[0])), a * r, "linearity")
covariances var: a = x[1]; b = x[2]; step(Var(a), E(a**2) - E(a) ** 2, "linearity")
covariances cov: a = x[1]; b = x[2]; step(E((a - E(a)) * (b - E(b))), E(a * b) - E(a) * E(b), "linearity")
covariances sum: a = x[1]; b = x[2]; step(Var(a + b), Var(a) + Var(b) + 2 * E((a - E(a)) * (b - E(b))), "linearity")
covariances scale: a = x[1]; b_ = x[2]; step(Var(r * a + b), r**2 * Var(a), "linearity")
cross-entropy: step(-E(log(p(x[1])), q(x[1])), -E(log(q(x[1])), q(x[1])) + KL(q(x[1]), p(x[1])), "marginalisation")
chain-rule-of-divergences two:
    right = KL(q(x[1]), p(x[1])) + E(KL(q(x[2] | x[1]), p(x[2] | x[1])), q(x[1]))
    step(KL(q(x[1:2]), p(x[1:2])), right, "tower")
chain-rule-of-divergences path:
    right = KL(q(x[T] | x[0]), p(x[T])) + E(KL(q(x[1 : T - 1] | x[T], x[0]), p(x[1 : T - 1] | x[T])), q(x[T] | x[0]))
    step(KL(q(x[1:T] | x[0]), p(x[1:T])), right, "tower", start=2)
chain-rule-of-divergences markov:
    q_ = q; p_ = p
    right = KL(mc(x[0]), model(x[0])) + Sum(E(KL(mc(x[t] | x[t - 1]), model(x[t] | x[t - 1])), mc(x[t - 1])), (t, 1, T))
    step(KL(mc(x[0:T]), model(x[0:T])), E(log(mc(x[0:T]) / model(x[0:T])), mc(x[0:T])),
        "definition").equals(E(log(mc(x[0]) / model(x[0])) + Sum(log(mc(x[t] | x[t - 1]) / model(x[t] | x[t - 1])),
        (t, 1, T)), mc(x[0:T])), by="Markov").equals(right, by="tower")
mutual-information entropies:
    info = E(log(q(x[0], x[T]) / (q(x[0]) * q(x[T]))), q(x[0], x[T]))
    step(info, -E(log(q(x[T])), q(x[T])) + E(log(q(x[T] | x[0])), q(x[0], x[T])), "marginalisation")
mutual-information symmetric:
    info = E(log(q(x[0], x[T]) / (q(x[0]) * q(x[T]))), q(x[0], x[T]))
    one = E(log(q(x[T] | x[0]) / q(x[T])), q(x[0], x[T]))
    step(one, E(log(q(x[0] | x[T]) / q(x[0])), q(x[0], x[T])), "Bayes")
mutual-information kl:
    info = E(log(q(x[0], x[T]) / (q(x[0]) * q(x[T]))), q(x[0], x[T]))
    step(info, E(KL(q(x[T] | x[0]), q(x[T])), q(x[0])), "tower")
data-processing:
    gap = E(KL(q(x[1] | x[2]), p(x[1] | x[2])), q(x[2]))
    step(KL(q(x[1:2]), p(x[1:2])), KL(q(x[2]), p(x[2])) + gap, "tower")
    chain("bound", KL(q(x[2]), p(x[2]))).at_most(KL(q(x[2]), p(x[2])) + gap, gap=gap)
prior-gap-and-information joint gap:
    left = E(KL(q(x[T] | x[0]), p(x[T])), q(x[0]))
    step(left, E(KL(q(x[T] | x[0]), q(x[T])), q(x[0])) + KL(q(x[T]), p(x[T])), "tower")
prior-gap-and-information data gap:
    left = E(KL(q(x[T] | x[0]), p(x[T])), q(x[0]))
    step(left, E(KL(q(x[T] | x[0]), q(x[T])), q(x[0])) + KL(q(x[T]), p(x[T])), "tower")
# chains
bayes-with-symbolic-times posterior:
    step(q(x[t - 1] | x[t], x[0]), q(x[t] | x[t - 1], x[0]) * q(x[t - 1] | x[0]) / q(x[t] | x[0]), "Bayes", start=2)
bayes-with-symbolic-times reverse: step(q(x[t - 1] | x[t]), q(x[t] | x[t - 1]) * q(x[t - 1]) / q(x[t]), "Bayes")
bayes-with-symbolic-times span: step(q(x[1:T] | x[0]), q(x[0] | x[1:T]) * q(x[1:T]) / q(x[0]), "Bayes")
markov-posterior: step(mc(x[t] | x[t - 1], x[0]), mc(x[t] | x[t - 1]), "Markov", start=2)
marginalising-a-span span: step(q(x[t] | x[0]), I(q(x[1:t] | x[0]), x[1 : t - 1]), "marginalisation", start=2)
marginalising-a-span one: step(q(x[t]), I(q(x[t] | x[t - 1]) * q(x[t - 1]), x[t - 1]), "marginalisation")
marginalising-a-span conditional:
    step(E(g(x[t]), q(x[1:t] | x[0])), E(g(x[t]), q(x[t] | x[0])), "marginalisation", start=2)
marginalising-a-span step:
    step(E(log(q(x[t] | x[t - 1])), q(x[0:T])), E(log(q(x[t] | x[t - 1])), q(x[0:T])), "algebra", start=1)
chapman-kolmogorov chapman: step(mc(x[t] | x[0]), I(mc(x[t] | x[t - 1], x[0]) * mc(x[t - 1] | x[0]), x[t - 1]),
        "marginalisation", start=2).equals(I(mc(x[t] | x[t - 1]) * mc(x[t - 1] | x[0]), x[t - 1]), by="Markov")
chapman-kolmogorov markov: step(mc(x[t] | x[0]), I(mc(x[t] | x[t - 1], x[0]) * mc(x[t - 1] | x[0]), x[t - 1]),
        "marginalisation", start=2).equals(I(mc(x[t] | x[t - 1]) * mc(x[t - 1] | x[0]), x[t - 1]), by="Markov")
telescoping product: step(Product(rate[t] / rate[t - 1], (t, 1, T)), rate[T] / rate[0], "telescoping")
telescoping sum: step(Sum(rate[t] - rate[t - 1], (t, 1, T)), rate[T] - rate[0], "telescoping")
telescoping densities:
    ratio = q(x[t] | x[0]) / q(x[t - 1] | x[0])
    step(Product(ratio, (t, 2, T)), q(x[T] | x[0]) / q(x[1] | x[0]), "telescoping", start=2)
telescoping from two: step(Sum(log(q(x[t] | x[0])) - log(q(x[t - 1] | x[0])), (t, 2, T)),
        log(q(x[T] | x[0])) - log(q(x[1] | x[0])), "telescoping", start=2)
telescoping-with-a-symbolic-start sum:
    step(Sum(rate[s] - rate[s - 1], (s, t + 1, t + 5)), rate[t + 5] - rate[t], "telescoping")
telescoping-with-a-symbolic-start product:
    step(Product(rate[s] / rate[s - 1], (s, t + 1, t + 5)), rate[t + 5] / rate[t], "telescoping")
telescoping-with-a-symbolic-start alphas:
    step(Product(al[s], (s, 1, t + 1)), Product(al[s], (s, 1, t)) * al[t + 1], "telescoping")
induction-on-time:
    proof = induction("gauss", Sum(s, (s, 1, t)), t * (t + 1) / 2, over=t)
    proof.base.equals(proof.here(proof.right, Index(None, 1)), by="algebra")
    proof.step.equals(Sum(s, (s, 1, t)) + (t + 1), by="telescoping").equals(t * (t + 1) / 2 + (t + 1), by="induction",
        using="hypothesis").equals((t + 1) * (t + 2) / 2, by="algebra")
    proof.conclude()
product-of-two-gaussians:
    a_ = symbol("m_one")
    step(N(r, a_, v) * N(r, b, a), N(a_, b, v + a) * N(r, (a * a_ + v * b) / (a + v), v * a / (v + a)), "algebra")
product-of-gaussians-with-symbolic-times:
    beta = 1 - al[t]; total = beta + al[t] * (1 - ab[t - 1])
    mean = (sqrt(al[t]) * (1 - ab[t - 1]) * x[t] + beta * sqrt(ab[t - 1]) * x[0]) / total
    right = N(x[t], sqrt(al[t]) * sqrt(ab[t - 1]) * x[0], total) * N(x[t - 1], mean, beta * (1 - ab[t - 1]) / total)
    step(N(x[t], sqrt(al[t]) * x[t - 1], beta) * N(x[t - 1], sqrt(ab[t - 1]) * x[0], 1 - ab[t - 1]), right, "algebra",
        start=2)
gaussian-marginal: step(I(N(r, c * y, v) * N(y, b, a), y), N(r, c * b, v + c**2 * a), "Gaussian integral")
gaussian-moments: step(E(y**2, N(y, r, v)), r**2 + v, "Gaussian integral")
sums-over-time constant: step(Sum(r, (t, 1, T)), T * r, "algebra")
sums-over-time from two: step(Sum(m[t], (t, 1, T)), m[1] + Sum(m[t], (t, 2, T)), "algebra")
sums-over-time geometric: step(Sum(c**t, (t, 0, T)), (1 - c ** (T + 1)) / (1 - c), "algebra")
sums-over-time powers: step(Sum(c ** (t - 1), (t, 1, T)), (1 - c**T) / (1 - c), "algebra")
a-sum-split-in-two symbolic: step(Sum(m[s], (s, 1, T)), Sum(m[s], (s, 1, T - 1)) + m[T], "telescoping")
a-sum-split-in-two densities:
    body = log(q(x[s] | x[s - 1]))
    step(Sum(body, (s, 1, t + 3)), Sum(body, (s, 1, t)) + Sum(body, (s, t + 1, t + 3)), "telescoping")
a-sum-split-in-two log:
    body = m[s]; step(Sum(body, (s, 1, t + 3)), Sum(body, (s, 1, t)) + Sum(body, (s, t + 1, t + 3)), "telescoping")
first-term-of-a-density-sum:
    body = log(q(x[s] | x[s - 1]))
    step(Sum(body, (s, 1, T)), log(q(x[1] | x[0])) + Sum(body, (s, 2, T)), "telescoping")
index-shift shift: step(Sum(m[t], (t, 2, T)), Sum(m[t + 1], (t, 1, T - 1)), "algebra")
index-shift density:
    step(Sum(log(q(x[t] | x[t - 1])), (t, 2, T)), Sum(log(q(x[t + 1] | x[t])), (t, 1, T - 1)), "algebra")
variance-of-independent-noises two: step(Var(r * eps[1] + b * eps[2]), r**2 * Var(eps[1]) + b**2 * Var(eps[2]),
        "independence").equals(r**2 + b**2, by="definition", using="noise")
variance-of-independent-noises sum: step(Var(Sum(m[s] * eps[s], (s, 1, T))), Sum(m[s] ** 2 * Var(eps[s]), (s, 1, T)),
        "independence").equals(Sum(m[s] ** 2, (s, 1, T)), by="definition", using="noise")
variance-of-independent-noises three:
    step(Var(r * eps[1] + b * eps[2] + eps[3]), r**2 + b**2 + 1, "definition", "noise")
mean-of-a-sum-of-noises: step(E(Sum(m[s] * eps[s], (s, 1, T))), Sum(m[s] * E(eps[s]), (s, 1, T)), "linearity")
importance-weights one: step(E(p(x[1]) / q(x[1]), q(x[1])), 1, "marginalisation")
importance-weights path: step(E(p(x[1:T] | x[0]) / q(x[1:T] | x[0]), q(x[1:T] | x[0])), 1, "marginalisation")
importance-weights conditional:
    step(E(g(x[1]) * p(x[1]) / q(x[1] | x[0]), q(x[1] | x[0])), E(g(x[1]), p(x[1])), "marginalisation")
log-derivative-trick normal: step(D(E(g(y), normal), r), E(g(y) * D(log(normal), r), normal), "exchange")
log-derivative-trick function: step(D(E(g(y), normal), r), E(g(y) * D(log(normal), r), normal), "exchange")
pathwise-derivative: step(D(E(g(r + sqrt(v) * y), N(y, 0, 1)), r), E(g.prime(r + sqrt(v) * y), N(y, 0, 1)), "exchange")
sums-over-a-path sum:
    one = log(q(x[t - 1] | x[t], x[0]) / p(x[t - 1] | x[t]))
    step(E(Sum(one, (t, 2, T)), q(x[1:T] | x[0])), Sum(E(one, q(x[t - 1 : t] | x[0])), (t, 2, T)), "marginalisation")
sums-over-a-path mean:
    one = log(q(x[t - 1] | x[t], x[0]) / p(x[t - 1] | x[t]))
    step(E(Sum(one, (t, 2, T)), q(x[1:T] | x[0])),
        Sum(E(KL(q(x[t - 1] | x[t], x[0]), p(x[t - 1] | x[t])), q(x[t] | x[0])), (t, 2, T)), "tower")
mean-through-the-data: step(E(x[t], q(x[t])), E(E(x[t], q(x[t] | x[0])), q(x[0])), "tower")
mean-of-a-state-by-its-step:
    define("step", x[t], sqrt(al[t]) * x[t - 1] + sqrt(1 - al[t]) * eps[t])
    step(E(x[t], given=x[t - 1]), E(sqrt(al[t]) * x[t - 1] + sqrt(1 - al[t]) * eps[t], given=x[t - 1]), "definition",
        "step").equals(sqrt(al[t]) * x[t - 1], by="definition", using="noise")
# The integral of the DDIM step over the marginal at t is the marginal at t − 1.
ddim-keeps-the-marginal:
    back = N(x[t - 1], sqrt(ab[t - 1]) * x[0] + r * ((x[t] - sqrt(ab[t]) * x[0]) / sqrt(1 - ab[t])), sigma[t] ** 2)
    there = N(x[t - 1], sqrt(ab[t - 1]) * x[0], r**2 + sigma[t] ** 2)
    step(I(back * N(x[t], sqrt(ab[t]) * x[0], 1 - ab[t]), x[t]), there, "Gaussian integral", start=2)
tweedie score:
    marginal = I(N(r, u, v) * f(u), u); mean = I(u * N(r, u, v) * f(u), u) / marginal
    chain = X.chain("t", D(log(marginal), r)).equals(I(D(N(r, u, v), r) * f(u), u) / marginal, by="exchange")
    chain.equals(I((u - r) / v * N(r, u, v) * f(u), u) / marginal, by="differentiation")
tweedie tweedie:
    marginal = I(N(r, u, v) * f(u), u); mean = I(u * N(r, u, v) * f(u), u) / marginal
    chain = X.chain("t", D(log(marginal), r)).equals(I(D(N(r, u, v), r) * f(u), u) / marginal, by="exchange")
    chain.equals(I((u - r) / v * N(r, u, v) * f(u), u) / marginal, by="differentiation")
    chain.equals((mean - r) / v, by="linearity")
divergence-of-two-gaussians:
    step(KL(N(y, r, v), N(y, b, a)), (log(a / v) + (v + (r - b) ** 2) / a - 1) / 2, "Gaussian integral")
entropy-of-a-gaussian: step(-E(log(N(y, r, v)), N(y, r, v)), (log(2 * Pi() * v) + 1) / 2, "Gaussian integral")
# The decomposition of the variational bound, for a chain that runs forward and a model that runs backward.
the-bound-as-a-sum:
    path = mc(x[1:T] | x[0]); left = E(log(path / model(x[0:T])), path)
    one = log(mc(x[t - 1] | x[t], x[0]) / model(x[t - 1] | x[t]))
    split = E(log(mc(x[T] | x[0]) / model(x[T])) + Sum(one, (t, 2, T)) - log(model(x[0] | x[1])), path)
    step(left, split, "Markov", start=2).equals(KL(mc(x[T] | x[0]),
        model(x[T])) + Sum(E(KL(mc(x[t - 1] | x[t], x[0]), model(x[t - 1] | x[t])), mc(x[t] | x[0])), (t, 2,
        T)) - E(log(model(x[0] | x[1])), mc(x[1] | x[0])), by="tower")
""")

# Near misses: each condition of a rule dropped in turn.
FALSE = table(r"""
parts no fall (Refuted): step(I(g.prime(y) * h(y), y), -I(g(y) * h.prime(y), y), "integration by parts")
parts interval (Refuted):
    step(I(f.prime(y) * g(y), (y, 0, 1)), -I(f(y) * g.prime(y), (y, 0, 1)), "integration by parts")
parts half (Refuted):
    step(I(f.prime(y) * g(y), (y, 0, None)), -I(f(y) * g.prime(y), (y, 0, None)), "integration by parts")
parts sign (Refuted): step(I(f.prime(y) * g(y), y), I(f(y) * g.prime(y), y), "integration by parts")
parts fixed (Refuted): step(I(f(r) * g.prime(y), y), 0, "integration by parts")
parts may be still (Inconclusive):
    step(I(f(r * y) * g.prime(y), y), -r * I(f.prime(r * y) * g(y), y), "integration by parts")
parts grows (Inconclusive): step(I(2 * y * exp(y**2), y), 0, "integration by parts")
parts one way (Refuted): step(I(-exp(-y), y), 0, "integration by parts")
parts quadratic (Refuted): step(I(2 * y * f.prime(y**2) * g(y), y), -I(f(y**2) * g(y), y), "integration by parts")
parts hidden (Inconclusive): step(I(f.prime(y) * I(h(y) * f(u), u), y), 0, "integration by parts")
parts letter (Refuted):
    b = symbol("hiding"); define("hiding", b, h(x[0])); step(I(f.prime(x[0]) * b, x[0]), 0, "integration by parts")
steins variance (Refuted): step(E((y - r) * g(y), normal), sqrt(v) * E(g.prime(y), normal), "integration by parts")
steins mean (Refuted): step(E(y * g(y), normal), v * E(g.prime(y), normal), "integration by parts")
steins missing (Refuted):
    step(E((y - r) ** 2 * g(y), normal), v * E((y - r) * g.prime(y), normal), "integration by parts")
steins by r (Refuted): step(E(g(y) * D(log(normal), r), normal), 0, "integration by parts")
steins score (Refuted): step(E(g(y) * D(log(normal), y), normal), 0, "integration by parts")
substitutions scale (Refuted): step(I(f(a * u + b), u), I(f(y), y), "substitution")
substitutions sign (Refuted): step(I(f(r * u) * r, u), I(f(y), y), "substitution")
substitutions ends (Refuted): step(I(g(a * u + b) * a, (u, 0, 1)), I(g(y), (y, 0, 1)), "substitution")
substitutions turned (Refuted): step(I(g(1 - u), (u, 0, 1)), -I(g(y), (y, 0, 1)), "substitution")
substitutions square (Refuted): step(I(f(u**2) * 2 * u, u), I(f(y), y), "substitution")
substitutions hidden (Inconclusive):
    inner = I(f(u - y) * f(y), y); step(I(f(a * u) * a * inner, u), I(f(u) * inner, u), "substitution")
substitutions interval (Refuted): step(I(f(a * u) * a, (u, 0, None)), I(f(y), y), "substitution")
substitutions random (Refuted):
    c = symbol("shift"); define("shift", c, g(x[0])); step(I(f(x[0] + c), x[0]), I(f(x[0]), x[0]), "substitution")
substitutions diverges (Refuted): step(I(g(u + b) - g(u), u), 0, "substitution")
standard deviation (Refuted):
    left = E(g(y), N(y, r, v)); step(left, E(g(r + v * zeta), N(zeta, 0, 1)), "reparameterisation")
standard mean (Refuted):
    left = E(g(y), N(y, r, v)); step(left, E(g(sqrt(v) * zeta), N(zeta, 0, 1)), "reparameterisation")
standard inside (Refuted):
    left = E(g(y), N(y, r, v)); step(left, g(E(r + sqrt(v) * zeta, N(zeta, 0, 1))), "reparameterisation")
standard half (Refuted):
    left = E(g(y), N(y, r, v)); step(left, E(g(r + sqrt(v) * zeta), N(zeta, 0, 2)), "reparameterisation")
riemanns weight (Refuted): one = I(g(u), (u, 0, 1)); left = Sum(g(t / T), (t, 1, T)); step(Limit(left, T), one, "limit")
riemanns terms (Refuted):
    one = I(g(u), (u, 0, 1)); left = Sum(g(t / T) / T, (t, 1, T + 1)); step(Limit(left, T), 2 * one, "limit")
riemanns pole (Refuted):
    one = I(g(u), (u, 0, 1)); step(Limit(Sum(1 / (t / T) / T, (t, 1, T)), T), I(1 / u, (u, 0, 1)), "limit")
riemanns rate (Refuted):
    one = I(g(u), (u, 0, 1)); left = Sum(g(t / T**2) / T, (t, 1, T)); step(Limit(left, T), one, "limit")
riemanns members (Refuted):
    one = I(g(u), (u, 0, 1)); left = Sum(m[t] * g(t / T) / T, (t, 1, T)); right = I(m[1] * g(u), (u, 0, 1))
    step(Limit(left, T), right, "limit")
riemanns range (Refuted):
    one = I(g(u), (u, 0, 1)); left = Sum(g(t / T) / T, (t, 1, T)); right = I(g(u), (u, 0, 2))
    step(Limit(left, T), right, "limit")
riemanns twice (Refuted):
    one = I(g(u), (u, 0, 1)); left = Sum(g(t / T) / T, (t, 1, T)) ** 2; step(Limit(left, T), one, "limit")
riemanns ends (Refuted):
    one = I(g(u), (u, 0, 1)); left = Sum(g(2 * t / T) / T, (t, 1, T)); step(Limit(left, T), one, "limit")
towers later (Inconclusive): step(E(E(x[t] * x[0], given=x[t - 1]), given=x[t]), E(x[t] * x[0], given=x[t]), "tower")
towers other (Inconclusive): step(E(E(x[3], given=x[1]), given=(x[1], x[2])), E(x[3], given=(x[1], x[2])), "tower")
towers unknown (Inconclusive): step(E(x[t] * E(x[0], given=x[t - 1])), E(x[t] * x[0]), "tower")
towers variance (Inconclusive): step(Var(x[t]), E(Var(x[t], given=x[0])), "tower")
towers letter (Refuted): b = symbol("hiding"); define("hiding", b, 2 * x[0]); step(E(b * x[t]), b * E(x[t]), "tower")
towers noise (Inconclusive): step(E(E(x[t] * e[t], given=x[t])), E(x[t]) * E(e[t]), "tower")
towers symbolic (Inconclusive): step(E(x[s] * E(x[0], given=x[t])), E(x[s] * x[0]), "tower")
towers square (Inconclusive): step(E(E(x[t], given=x[0]) ** 2), E(x[t] ** 2), "tower")
towers nested (Inconclusive): step(E(E(x[1], given=x[2]) * E(x[2], given=x[1])), E(x[1] * x[2]), "tower")
noise-sums same (Refuted):
    step(Var(Sum(m[s] * eps[1], (s, 1, T))), Sum(m[s] ** 2 * Var(eps[1]), (s, 1, T)), "independence")
noise-sums states (Refuted):
    define("noise", e[t], standard_normal)
    step(Var(Sum(m[s] * x[s], (s, 1, T))), Sum(m[s] ** 2 * Var(x[s]), (s, 1, T)), "independence")
noise-sums random (Refuted):
    step(Var(Sum(x[0] * eps[s], (s, 1, T))), Sum(x[0] ** 2 * Var(eps[s]), (s, 1, T)), "independence")
noise-sums beside (Refuted):
    step(Var(Sum(eps[s], (s, 1, T)) + eps[1]), Sum(Var(eps[s]), (s, 1, T)) + Var(eps[1]), "independence")
noise-sums mean of square (Refuted): step(E(Sum(eps[s], (s, 1, T)) ** 2), Sum(E(eps[s] ** 2), (s, 1, T)), "linearity")
noise-sums scale (Refuted): step(Var(Sum(m[s] * eps[s], (s, 1, T))), Sum(m[s] * Var(eps[s]), (s, 1, T)), "independence")
noise-sums state factor (Refuted):
    step(E(Sum(x[s] * eps[s], (s, 1, T))), Sum(E(x[s]) * E(eps[s]), (s, 1, T)), "linearity")
markov-joints two sides (Refuted): step(mc(x[t] | x[t - 1], x[t + 1]), mc(x[t] | x[t - 1]), "Markov")
markov-joints skipped (Refuted): step(mc(x[t] | x[t - 2], x[0]), mc(x[t] | x[0]), "Markov", start=3)
markov-joints undeclared (Inconclusive): step(q(x[t] | x[t - 1], x[0]), q(x[t] | x[t - 1]), "Markov", start=2)
markov-joints order (Undefined): step(mc(x[t] | x[s], x[0]), mc(x[t] | x[s]), "Markov")
markov-joints path (Refuted):
    right = mc(x[0], x[t]) * Product(mc(x[s] | x[s - 1]), (s, t, T)); step(mc(x[0], x[t:T]), right, "Markov", start=2)
markov-joints first (Refuted):
    step(mc(x[0], x[t - 1], x[t]), mc(x[0]) * mc(x[t - 1] | x[0]) * mc(x[t] | x[0]), "Markov", start=2)
gaps log (Refuted):
    one = KL(q(x[1]), p(x[1])); two = KL(q(x[2]), p(x[2])); gap = a - 2 - log(a); bound = chain("miss", c)
    bound.at_most(c + gap, gap=gap)
gaps turned (Refuted):
    one = KL(q(x[1]), p(x[1])); two = KL(q(x[2]), p(x[2])); gap = log(a) - a + 1; bound = chain("miss", c)
    bound.at_most(c + gap, gap=gap)
gaps exp (Refuted):
    one = KL(q(x[1]), p(x[1])); two = KL(q(x[2]), p(x[2])); gap = exp(r) - 1 - 2 * r; bound = chain("miss", c)
    bound.at_most(c + gap, gap=gap)
gaps weight (Refuted):
    one = KL(q(x[1]), p(x[1])); two = KL(q(x[2]), p(x[2])); gap = r * (exp(b) - 1 - b); bound = chain("miss", c)
    bound.at_most(c + gap, gap=gap)
gaps strict (Inconclusive):
    one = KL(q(x[1]), p(x[1])); two = KL(q(x[2]), p(x[2])); gap = a - 1 - log(a); bound = chain("miss", c)
    bound.below(c + gap, gap=gap)
gaps sum (Refuted):
    one = KL(q(x[1]), p(x[1])); two = KL(q(x[2]), p(x[2])); gap = log(a) + 1 / a - 2; bound = chain("miss", c)
    bound.at_most(c + gap, gap=gap)
gaps cube (Refuted):
    one = KL(q(x[1]), p(x[1])); two = KL(q(x[2]), p(x[2])); gap = (r - b) ** 3; bound = chain("miss", c)
    bound.at_most(c + gap, gap=gap)
gaps difference (Refuted):
    one = KL(q(x[1]), p(x[1])); two = KL(q(x[2]), p(x[2])); gap = one - two; bound = chain("miss", c)
    bound.at_most(c + gap, gap=gap)
gaps sign (Refuted):
    one = KL(q(x[1]), p(x[1])); two = KL(q(x[2]), p(x[2])); gap = r * one + (r - b) ** 2; bound = chain("miss", c)
    bound.at_most(c + gap, gap=gap)
gaps shifted (Inconclusive):
    one = KL(q(x[1]), p(x[1])); two = KL(q(x[2]), p(x[2])); gap = exp(r) - Fraction(101, 100) - r
    bound = chain("miss", c); bound.at_most(c + gap, gap=gap)
# negative from the middle on
limits sign (Refuted): step(Limit((1 - c / T) ** T, T), exp(c), "limit")
limits order (Refuted): step(Limit((1 + a / T**2) ** T, T), exp(a), "limit")
limits log (Undefined): step(Limit(log(1 - T) / T, T), 0, "limit")
limits root (Undefined): step(Limit(sqrt(c * T - T**2) / T, T), 1, "limit")
limits power (Refuted): step(Limit((1 - r * T) ** T, T), exp(-r), "limit")
limits sum (Undefined):
    odd = Sum(log((T - 2 * t) / T) / T, (t, 1, T)); step(Limit(odd, T), Limit(2 * odd / 2, T), "algebra")
limits integral (Undefined):
    left = I(log(T - 2 * u), (u, 0, T)) / T - I(log(T - 2 * u), (u, 0, T)) / T; step(Limit(left, T), 0, "limit")
mixtures sum (ArgumentError): r = density("mix"); right = c * q(x[1]) + c * p(x[1]); define("mixture", r(x[1]), right)
mixtures sign (ArgumentError): r = density("mix"); right = 2 * q(x[1]) - p(x[1]); define("mixture", r(x[1]), right)
mixtures random (ArgumentError):
    c_ = c; r = density("mix"); u = symbol("random_weight"); define("random", u, x[0]); c_ = exp(u) / (1 + exp(u))
    right = c_ * q(x[1]) + (1 - c_) * p(x[1]); define("mixture", r(x[1]), right)
mixtures conditions (ArgumentError):
    r = density("mix"); right = c * q(x[1] | x[0]) + (1 - c) * p(x[1]); define("mixture", r(x[1]), right)
mixtures own (ArgumentError):
    r = density("mix"); right = c * r(x[1]) + (1 - c) * p(x[1]); define("mixture", r(x[1]), right)
mixtures target (ArgumentError):
    r = density("mix"); right = c * q(x[2]) + (1 - c) * p(x[1]); define("mixture", r(x[1]), right)
mixtures one (ArgumentError): r = density("mix"); right = c * q(x[1]) + (1 - c); define("mixture", r(x[1]), right)
symbolic-sums ends (Refuted):
    step(Sum(rate[s] - rate[s - 1], (s, t + 1, t + 5)), rate[t + 5] - rate[t + 1], "telescoping")
symbolic-sums order (Refuted):
    step(Sum(m[s], (s, t, T)), Sum(m[s], (s, 1, T)) - Sum(m[s], (s, 1, t - 1)), "telescoping")
symbolic-sums split (Refuted):
    step(Sum(m[s], (s, 1, t + 3)), Sum(m[s], (s, 1, t)) + Sum(m[s], (s, t, t + 3)), "telescoping")
symbolic-sums first (Refuted):
    left = Sum(log(q(x[s])), (s, 1, T)); right = Sum(log(q(x[s])), (s, 2, T)) + log(q(x[2]))
    step(left, right, "telescoping")
symbolic-sums shift (Refuted):
    left = Sum(log(q(x[s - 1])), (s, 1, T)); right = Sum(log(q(x[s])), (s, 1, T - 1)); step(left, right, "telescoping")
symbolic-sums product (Refuted): step(Product(rate[s], (s, t + 1, t + 3)), rate[t + 1] * rate[t + 2], "telescoping")
symbolic-sums twice (Refuted):
    left = Sum(log(q(x[s])), (s, t, t + 1)); right = 2 * log(q(x[t])); step(left, right, "telescoping")
symbolic-sums nested (Refuted): step(Sum(Sum(m[s], (s, 1, t)) + Sum(m[s], (s, t, T)), (t, 1, T)),
        Sum(Sum(m[s], (s, 1, T)), (t, 1, T)), "telescoping")
symbolic-sums gap (Refuted):
    left = Sum(Sum(m[s], (s, 1, t - 1)) + Sum(m[s], (s, t + 1, T)), (t, 1, T))
    step(left, Sum(Sum(m[s], (s, 1, T)), (t, 1, T)), "telescoping")
powers real (Undefined): step(log(r**2), 2 * log(r), "algebra")
powers sum (Refuted): step((a + v) ** guide, a**guide + v**guide, "algebra")
powers density (Refuted): left = log(q(x[1]) ** guide); right = log(guide) + log(q(x[1])); step(left, right, "algebra")
powers base (Undefined): step((r * b) ** Fraction(1, 2), r ** Fraction(1, 2) * b ** Fraction(1, 2), "algebra")
powers log (Refuted): left = log(q(x[1]) ** Fraction(13, 10)); right = log(q(x[1])); step(left, right, "algebra")
letters two letters (Refuted): step(q(x[0] | label[0]), q(x[0]), "chain rule")
letters condition (Refuted): step(q(x[0]), I(q(x[0] | label[0]), label[0]), "marginalisation")
letters whole (Refuted): step(E(log(q(x[0])), q(x[0])), E(log(q(label[0])), q(label[0])), "marginalisation")
""")


@pytest.mark.parametrize("name", TRUE)
def test_truths_are_accepted(name):
    TRUE[name]()


@pytest.mark.parametrize("name", FALSE)
def test_near_misses_are_refused(name):
    FALSE[name].must_be_refused()
