"""Eight kinds of holes that a hostile reader found in the engine, each in several forms: all must be refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from falsehoods import Falsehoods, World

from derive import KL, E, Product, Sum, Var, exp, log, sqrt, standard_normal
from derive import Derivative as D
from derive import Integral as I
from derive import Normal as N
from derive.errors import DeriveError
from derive.language.expr import wrap

falsehood = Falsehoods()


def late(w, k, body):
    """Σ_{k=s+1..T} body: zero until T exceeds s."""
    return Product(Sum(body, (w.n, w.s + 1, w.T)), (w.s, 1, k))


def power_polynomial(T, degree):
    """The polynomial of that degree that is 2^T at T = 1 … degree + 1: Σ of binomial coefficients of T − 1, twice."""
    total, term = wrap(2), wrap(2)
    for k in range(1, degree + 1):
        term = term * (T - k) / k
        total = total + term
    return total


# --- A. what holds at the first few times only
def gauss(w):
    w.X.define("q", w.q(w.x[w.t]), N(w.x[w.t], 0, 1))
    return w.q(w.x[w.n])


@falsehood
def a_product_of_sums_of_ones_to_five(w):
    w.st(late(w, 5, I(gauss(w), w.x[w.n])), 0, "marginalisation")


@falsehood
def a_product_of_sums_of_ones_to_eight(w):
    w.st(late(w, 8, I(gauss(w), w.x[w.n])), 0, "marginalisation")


@falsehood
def a_product_of_sums_of_ones_written_out(w):
    gauss(w)
    parts = [Sum(I(w.q(w.x[w.n]), w.x[w.n]), (w.n, k + 1, w.T)) for k in range(1, 7)]
    w.st(wrap(1) * parts[0] * parts[1] * parts[2] * parts[3] * parts[4] * parts[5], 0, "marginalisation")


@falsehood
def a_product_of_sums_of_ones_by_definition(w):
    w.st(late(w, 5, I(gauss(w), w.x[w.n])), 0, "definition", "q")


@falsehood
def a_product_of_sums_of_ones_by_the_integral(w):
    w.st(late(w, 5, I(N(w.y, 0, 1), w.y)), 0, "Gaussian integral")


@falsehood
def a_product_of_sums_of_logs(w):
    w.st(late(w, 5, log(w.q(w.x[w.n]))), 0, "algebra")


@falsehood
def a_product_of_sums_of_numbers(w):
    w.st(late(w, 6, wrap(1)), 0, "algebra")


@falsehood
def a_product_of_sums_before_a_density(w):
    w.st(late(w, 5, wrap(1)) * log(w.q(w.x[1])), 0 * log(w.q(w.x[1])), "algebra")


@falsehood
def a_power_of_two_by_degree_four(w):
    w.st(wrap(2) ** w.T, power_polynomial(w.T, 4), "algebra")


@falsehood
def a_power_of_two_by_degree_twelve(w):
    w.st(wrap(2) ** w.T, power_polynomial(w.T, 12), "algebra")


@falsehood
def a_product_of_twos_by_degree_five(w):
    w.st(Product(wrap(2), (w.s, 1, w.T)), power_polynomial(w.T, 5), "telescoping")


@falsehood
def a_power_of_two_beside_a_density(w):
    p = log(w.q(w.x[1]))
    w.st(wrap(2) ** w.T * p, power_polynomial(w.T, 5) * p, "algebra")


@falsehood
def a_power_of_two_in_a_mean(w):
    p = w.q(w.x[1])
    w.st(E(wrap(2) ** w.T * w.x[1], p), power_polynomial(w.T, 5) * E(w.x[1], p), "linearity")


# --- B. one letter for laws of two sequences of states
@falsehood
def two_sequences_entropy(w):
    x, z, q = w.x, w.z, w.q
    w.st(E(log(q(x[1])), q(x[1])), E(log(q(z[1])), q(z[1])), "marginalisation")


@falsehood
def two_sequences_divergence(w):
    x, z, q, p = w.x, w.z, w.q, w.p
    w.st(KL(q(x[1]), p(x[1])), KL(q(z[1]), p(z[1])), "algebra")


@falsehood
def two_sequences_divergence_written_out(w):
    x, z, q, p = w.x, w.z, w.q, w.p
    w.st(KL(q(x[1]), p(x[1])), KL(q(z[1]), p(z[1])), "marginalisation")


@falsehood
def two_sequences_prior_term(w):
    x, z, q, p, T = w.x, w.z, w.q, w.p, w.T
    w.st(KL(q(x[T] | x[0]), p(x[T])), KL(q(z[T] | z[0]), p(z[T])), "Markov")


@falsehood
def two_sequences_bound(w):
    x, z, q, p, T = w.x, w.z, w.q, w.p, w.T

    def bound(s):
        return E(log(p(s[0:T]) / q(s[1:T] | s[0])), q(s[0:T]))

    w.st(bound(x), bound(z), "marginalisation")


@falsehood
def two_sequences_normaliser_of_a_square(w):
    x, z, q = w.x, w.z, w.q
    w.st(I(q(x[1]) ** 2, x[1]), I(q(z[1]) ** 2, z[1]), "marginalisation")


@falsehood
def two_sequences_renamed_variable(w):
    x, z, q = w.x, w.z, w.q
    w.st(q(x[1]), q(z[1]), "algebra")


@falsehood
def two_sequences_in_one_density(w):
    x, z, q = w.x, w.z, w.q
    w.st(q(x[1], z[1]), q(x[1]) * q(z[1]), "chain rule")


@falsehood
def two_sequences_given_the_other(w):
    x, z = w.x, w.z
    q = w.X.density("chain", markov=True)
    w.st(q(x[2] | x[1], z[1]), q(x[2] | x[1]), "Markov")


# --- C. the output of a network as a letter
def network(w):
    hat = w.X.symbol("epsilon_hat")
    w.X.define("noise", w.e[w.t], standard_normal)
    return hat


@falsehood
def network_out_of_a_mean(w):
    hat, f, x, t = network(w), w.X.function("net"), w.x, w.t
    w.X.define("x", x[t], x[t - 1] + w.e[t])
    w.X.define("hat", hat, f(x[1]))
    w.st(E(w.e[1] * hat), hat * E(w.e[1]), "linearity")


@falsehood
def network_out_of_a_mean_at_each_time(w):
    hat, f, x, t = w.X.sequence("hat"), w.X.function("net"), w.x, w.t
    w.X.define("noise", w.e[t], standard_normal)
    w.X.define("x", x[t], x[t - 1] + w.e[t])
    w.X.define("hat", hat[t], f(x[t], t))
    w.st(E(w.e[t] * hat[t]), hat[t] * E(w.e[t]), "linearity")


@falsehood
def network_in_a_variance(w):
    hat, f, x, t = w.X.sequence("hat"), w.X.function("net"), w.x, w.t
    w.X.define("noise", w.e[t], standard_normal)
    w.X.define("x", x[t], x[t - 1] + w.e[t])
    w.X.define("hat", hat[t], f(x[t], t))
    w.st(Var(w.e[t] + hat[t]), Var(w.e[t]), "independence", "noise")


@falsehood
def network_under_a_slope(w):
    x, t, hat, x0 = w.x, w.t, w.X.sequence("hat"), w.X.sequence("x0_hat")
    w.X.define("hat", hat[t], w.g(x[t], t))
    w.X.define("x0", x0[t], (x[t] - sqrt(1 - w.ab[t]) * hat[t]) / sqrt(w.ab[t]))
    w.st(D((x[t] - sqrt(1 - w.ab[t]) * hat[t]) / sqrt(w.ab[t]), x[t]), 1 / sqrt(w.ab[t]), "differentiation")


@falsehood
def network_under_a_slope_by_its_letter(w):
    x, t, hat, x0 = w.x, w.t, w.X.sequence("hat"), w.X.sequence("x0_hat")
    w.X.define("hat", hat[t], w.g(x[t], t))
    w.X.define("x0", x0[t], (x[t] - sqrt(1 - w.ab[t]) * hat[t]) / sqrt(w.ab[t]))
    w.st(D(x0[t], x[t]), 1 / sqrt(w.ab[t]), "differentiation", "x0")


@falsehood
def network_in_the_mean_of_a_gaussian(w):
    x, t, hat = w.x, w.t, w.X.sequence("hat")
    w.X.define("hat", hat[t], w.g(x[t - 1], t))
    w.st(I(N(x[t], hat[t], 1), x[t - 1]), N(x[t], hat[t], 1) * I(wrap(1) * N(x[t - 1], 0, 1), x[t - 1]), "linearity")


@falsehood
def network_of_its_own_variable_integrated(w):
    x, t, hat = w.x, w.t, w.X.sequence("hat")
    w.X.define("hat", hat[t], w.g(x[t], t))
    w.st(I(N(x[t], hat[t], 1), x[t]), 1, "Gaussian integral")


@falsehood
def network_under_a_density(w):
    x, t, hat, q = w.x, w.t, w.X.sequence("hat"), w.q
    w.X.define("hat", hat[t], w.g(x[t], t))
    w.st(E(x[t] * hat[t], q(x[t])), hat[t] * E(x[t], q(x[t])), "linearity")


@falsehood
def network_under_a_density_by_two_letters(w):
    x, t, q, hat, out = w.x, w.t, w.q, w.X.sequence("hat"), w.X.sequence("out")
    w.X.define("hat", hat[t], w.g(x[t], t))
    w.X.define("out", out[t], 2 * hat[t] + 1)
    w.st(E(x[t] * out[t], q(x[t])), out[t] * E(x[t], q(x[t])), "linearity")


@falsehood
def network_out_of_a_kernel(w):
    x, t, q, hat = w.x, w.t, w.q, w.X.sequence("hat")
    w.X.define("hat", hat[t], w.g(x[t], t))
    w.st(I(hat[t] * q(x[t], x[t - 1]), x[t]), hat[t] * q(x[t - 1]), "marginalisation")


@falsehood
def network_variance_by_two_letters(w):
    t, one, two = w.t, w.X.sequence("one"), w.X.sequence("two")
    w.X.define("noise", w.e[t], standard_normal)
    w.X.define("one", one[t], w.g(w.e[t]))
    w.X.define("two", two[t], 3 * one[t])
    w.st(Var(two[t]), 0, "linearity")


@falsehood
def network_mean_by_two_letters(w):
    t, one, two = w.t, w.X.sequence("one"), w.X.sequence("two")
    w.X.define("noise", w.e[t], standard_normal)
    w.X.define("one", one[t], w.e[t] ** 2)
    w.X.define("two", two[t], 3 * one[t])
    w.st(E(two[t] * one[t]), two[t] * E(one[t]), "linearity")


# --- D. times before the first
@falsehood
def before_time_zero_in_a_sum(w):
    total = Sum(log(w.q(w.x[w.s - 2])), (w.s, 1, w.T - 2))
    w.st(total, 7 * total, "algebra")


@falsehood
def before_time_zero_in_a_sum_of_numbers(w):
    total = Sum(w.m[w.s - 2], (w.s, 1, w.T))
    w.st(total, 7 * total, "algebra")


@falsehood
def before_time_zero_in_a_product(w):
    total = Product(w.q(w.x[w.s - 3]), (w.s, 1, w.T))
    w.st(total, total**2, "chain rule")


@falsehood
def before_time_zero_in_a_span(w):
    w.st(w.q(w.x[w.t - 2 : w.t]), w.q(w.x[w.t - 1 : w.t]), "marginalisation")


@falsehood
def before_time_zero_in_a_condition(w):
    w.st(w.q(w.x[1] | w.x[-1]), w.q(w.x[1]), "chain rule")


@falsehood
def before_time_zero_in_a_mean(w):
    q, x, t = w.q, w.x, w.t
    w.st(Sum(E(x[w.s - 2], q(x[w.s - 2])), (w.s, 0, t)), 0, "linearity")


@falsehood
def before_time_zero_in_a_sum_in_a_sum(w):
    total = Sum(Sum(log(w.q(w.x[w.s - 2])), (w.s, 1, w.n)), (w.n, 1, w.T))
    w.st(total, 3 * total, "algebra")


@falsehood
def an_end_before_the_beginning(w):
    total = Sum(log(w.q(w.x[w.s])), (w.s, 4, w.T))
    w.st(total, Sum(log(w.q(w.x[w.s])), (w.s, 3, w.T)) - log(w.q(w.x[3])), "telescoping")


# --- E. a law that is no Markov chain
def ddim(w, markov=True):
    """q(x_{t−1} | x_t, x_0) with x_0 in its mean: no Markov chain backwards, and so none forwards."""
    x, t = w.x, w.t
    q = w.X.density("ddim", markov=markov)
    w.X.define("step", q(x[t - 1] | x[t], x[0]), N(x[t - 1], x[0] * Fraction(1, 2) + x[t] * Fraction(1, 3), 1))
    return q, x, t


@falsehood
def not_markov_backwards(w):
    q, x, t = ddim(w)
    w.st(q(x[t] | x[t + 1], x[0]), q(x[t] | x[t + 1]), "Markov")


@falsehood
def not_markov_forwards(w):
    q, x, t = ddim(w)
    w.st(q(x[t + 1] | x[t], x[0]), q(x[t + 1] | x[t]), "Markov")


@falsehood
def not_markov_path(w):
    q, x, _ = ddim(w)
    w.st(q(x[1 : w.T] | x[0]), Product(q(x[w.s] | x[w.s - 1]), (w.s, 1, w.T)), "Markov")


@falsehood
def not_markov_undeclared(w):
    q, x, t = ddim(w, markov=False)
    w.st(q(x[t + 1] | x[t], x[0]), q(x[t + 1] | x[t]), "Markov")


@falsehood
def not_markov_undeclared_beside_a_chain(w):
    (q, x, t), p = ddim(w, markov=False), w.X.density("chain", markov=True)
    w.st(q(x[t + 1] | x[t], x[0]) * p(x[1]), q(x[t + 1] | x[t]) * p(x[1]), "Markov")


@falsehood
def not_markov_by_two_steps(w):
    x, t = w.x, w.t
    q = w.X.density("two", markov=True)
    w.X.define("step", q(x[t] | x[t - 1], x[t - 2]), N(x[t], x[t - 1] - x[t - 2], 1))
    w.st(q(x[t + 1] | x[t], x[t - 1]), q(x[t + 1] | x[t]), "Markov")


@falsehood
def not_markov_joint_of_ddim(w):
    x, T, s = w.x, w.T, w.s
    q, k = w.X.density("ddim", markov=True), w.X.density("k")
    w.X.define("joint", q(x[1:T] | x[0]), k(x[T] | x[0]) * Product(k(x[s - 1] | x[s], x[0]), (s, 2, T)))
    w.st(q(x[2] | x[1], x[0]), q(x[2] | x[1]), "Markov")


# --- F. two definitions of one law
@falsehood
def contradictory_step_and_marginal(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("step", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1))
    w.X.define("start", q(x[0]), N(x[0], 0, 1))
    w.X.define("later", q(x[1]), N(x[1], 0, 1))  # it has variance 2


@falsehood
def contradictory_step_and_closed_form(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("step", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1))
    w.X.define("closed", q(x[t] | x[0]), N(x[t], x[0], 1))


@falsehood
def contradictory_joint_and_marginal(w):
    q, x = w.q, w.x
    w.X.define("start", q(x[0]), N(x[0], 0, 1))
    w.X.define("step", q(x[1] | x[0]), N(x[1], x[0], 1))
    w.X.define("back", q(x[0] | x[1]), N(x[0], x[1], 1))


@falsehood
def contradictory_two_marginals(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("one", q(x[t]), N(x[t], 0, 1))
    w.X.define("two", q(x[t + 1]), N(x[t + 1], 0, 2))


@falsehood
def contradictory_product(w):
    q, p, x = w.q, w.p, w.x
    w.X.define("joint", q(x[0], x[1]), p(x[0]) * p(x[1]))
    w.X.define("step", q(x[1] | x[0]), N(x[1], x[0], 1))


@falsehood
def contradictory_product_and_marginal(w):
    q, p, x = w.q, w.p, w.x
    w.X.define("joint", q(x[0], x[1]), p(x[0]) * p(x[1] | x[0]))
    w.X.define("noise", p(x[0]), N(x[0], 0, 1))
    w.X.define("start", q(x[0]), N(x[0], 3, 1))


@falsehood
def contradictory_assumption(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("step", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1))
    w.X.assume("closed", q(x[2] | x[0]), N(x[2], x[0], 1))


# --- G. what a refused line leaves behind
@falsehood
def refused_line_keeps_its_assumption(w):
    w.X.assume("a", w.r, w.b)
    chain = w.X.chain("c", w.b + 1)
    try:
        chain.equals(w.b + 2, by="definition", using="a")
    except DeriveError:
        if not (chain.assumptions or chain.rests or chain.brings or chain.steps):
            raise


@falsehood
def refused_bound_keeps_its_assumption(w):
    w.X.assume("a", w.r, w.b)
    chain = w.X.chain("c", w.b)
    try:
        chain.at_most(w.b - w.a, gap=-w.a, using="a")
    except DeriveError:
        if not (chain.assumptions or chain.rests or chain.brings or chain.steps):
            raise


@falsehood
def refused_bound_by_its_gap(w):
    w.X.assume("a", w.r, w.b)
    chain = w.X.chain("c", w.b)
    try:
        chain.at_most(w.b + w.r, gap=w.r, using="a")
    except DeriveError:
        if not (chain.assumptions or chain.rests or chain.brings or chain.steps):
            raise


@falsehood
def refused_line_in_an_induction(w):
    w.X.assume("a", w.r, w.b)
    proof = w.X.induction("i", w.r * w.t, w.b * w.t, over=w.t)
    try:
        proof.base.equals(w.b + 1, by="definition", using="a")
    except DeriveError:
        if not (proof.base.assumptions or proof.base.rests or proof.base.steps):
            raise


@falsehood
def refused_definition_stays(w):
    try:
        w.X.define("bad", w.c, 1 + w.a)
    except DeriveError:
        if "bad" not in w.X.blocks and not w.X.stated():
            raise


@falsehood
def refused_definition_keeps_its_letters(w):
    try:
        w.X.define("bad", w.c, 1 + w.a)
    except DeriveError:
        if not w.X.defined:
            raise


@falsehood
def refused_hypothesis_stays(w):
    w.X.suppose("one", w.a, w.v)
    try:
        w.X.suppose("two", w.v, w.a)
    except DeriveError:
        if len(w.X.hypotheses()) == 1:
            raise


@falsehood
def refused_line_is_cited(w):
    chain = w.X.chain("c", w.b)
    with pytest.raises(DeriveError):
        chain.equals(w.b + 1, by="algebra")
    w.st(w.b, w.b + 1, "result", "c")


# --- H. means and integrals that do not exist
def noisy(w):
    w.X.define("noise", w.e[w.t], standard_normal)
    return w.e[1]


@falsehood
def no_mean_of_the_exponential_of_a_square(w):
    mean = E(exp(noisy(w) ** 2))
    w.st(mean - mean, 0, "algebra")


@falsehood
def no_mean_of_the_exponential_of_half_a_square(w):
    mean = E(exp(noisy(w) ** 2 / 2))
    w.st(mean - mean, 0, "algebra")


@falsehood
def no_mean_of_a_reciprocal(w):
    mean = E(1 / noisy(w))
    w.st(mean - mean, 0, "algebra")


@falsehood
def no_mean_of_a_reciprocal_square(w):
    mean = E(1 / noisy(w) ** 2)
    w.st(mean + 1 - mean, 1, "linearity")


@falsehood
def no_mean_of_a_ratio_of_noises(w):
    noisy(w)
    mean = E(w.e[1] / w.e[2])
    w.st(mean, 0, "independence", "noise")


@falsehood
def no_mean_of_an_exponential_of_a_fourth_power(w):
    mean = E(exp(noisy(w) ** 4))
    w.st(2 * mean - mean, mean, "linearity")


@falsehood
def no_mean_under_a_gaussian(w):
    mean = E(exp(w.r**2), N(w.r, 0, 1))
    w.st(mean - mean, 0, "algebra")


@falsehood
def no_mean_under_a_wide_gaussian(w):
    mean = E(exp(w.r**2 / 4), N(w.r, 0, 3))
    w.st(mean - mean, 0, "Gaussian integral")


@falsehood
def no_mean_under_a_gaussian_of_a_reciprocal(w):
    mean = E(1 / w.r, N(w.r, 0, 1))
    w.st(mean, 0, "Gaussian integral")


@falsehood
def no_variance_of_a_reciprocal(w):
    spread = Var(1 / noisy(w))
    w.st(spread - spread, 0, "algebra")


@falsehood
def no_integral_of_a_growing_exponential(w):
    integral = I(exp(w.y), w.y)
    w.st(integral - integral, 0, "algebra")


@falsehood
def no_integral_of_a_constant(w):
    integral = I(w.r + 0 * w.y, w.y)
    w.st(2 * integral - integral, integral, "linearity")


@falsehood
def no_integral_over_a_pole(w):
    integral = I(1 / w.y, (w.y, -1, 1))
    w.st(integral, 0, "integration")


@falsehood
def no_integral_up_to_a_pole(w):
    integral = I(1 / w.y, (w.y, 0, 1))
    w.st(integral - integral, 0, "algebra")


@falsehood
def no_mean_of_cauchy(w):
    cauchy = 1 / (1 + w.y**2)
    w.st(I(w.y * cauchy, w.y), 0, "integration")


@falsehood
def no_mean_of_cauchy_by_algebra(w):
    mean = I(w.y / (1 + w.y**2), w.y)
    w.st(mean - mean, 0, "algebra")


@falsehood
def no_second_moment_of_cauchy(w):
    second = I(w.y**2 / (1 + w.y**2), w.y)
    w.st(second, I(wrap(1), w.y) - I(1 / (1 + w.y**2), w.y), "linearity")


@falsehood
def no_integral_of_a_mean_under_a_density(w):
    q, x = w.q, w.x
    mean = I(wrap(1) + 0 * x[1], x[1])
    w.st(mean * log(q(x[2])) - mean * log(q(x[2])), 0, "algebra")


@pytest.mark.parametrize("name", falsehood)
def test_holes_are_closed(name):
    with pytest.raises(DeriveError):
        falsehood[name](World())
