"""More kinds of holes, found by reading the kernel: guards that may be switched off, letters that are caught, and steps
that are changed.  All must be refused.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from falsehoods import Falsehoods, World

from derive import KL, E, Limit, Product, Sum, Var, exp, log, standard_normal
from derive import Derivative as D
from derive import Integral as I
from derive import Normal as N
from derive.errors import DeriveError
from derive.language.expr import wrap
from derive.language.times import Index

falsehood = Falsehoods()


def noisy(w):
    w.X.define("noise", w.e[w.t], standard_normal)
    return w.e[1]


# --- I. guards that a density beside them must not switch off
def beside(w, left, right, by, using=()):
    other = log(w.q(w.x[0]))
    w.st(left * other, right * other, by, using)


@falsehood
def beside_a_density_a_letter_of_a_state(w):
    w.X.define("d", w.r, 2 * w.x[1])
    beside(w, E(w.r, N(w.x[1], 0, 1)), w.r, "Gaussian integral")


@falsehood
def beside_a_density_a_letter_of_a_state_comes_out(w):
    w.X.define("d", w.r, 2 * w.x[1])
    beside(w, E(w.r * w.x[1], N(w.x[1], 0, 1)), w.r * E(w.x[1], N(w.x[1], 0, 1)), "exchange")


@falsehood
def beside_a_density_a_letter_of_a_noise(w):
    noisy(w)
    w.X.define("d", w.m[w.t], w.e[w.t])
    beside(w, E(w.m[1] * w.e[1]), w.m[1] * E(w.e[1]), "Gaussian integral")


@falsehood
def beside_a_density_a_letter_of_a_noise_by_linearity(w):
    noisy(w)
    w.X.define("d", w.m[w.t], w.e[w.t])
    beside(w, E(w.m[1] * w.e[1]), w.m[1] * E(w.e[1]), "linearity")


@falsehood
def beside_a_density_a_letter_of_a_noise_with_its_law(w):
    noisy(w)
    w.X.define("d", w.m[w.t], w.e[w.t])
    beside(w, E(w.m[1] * w.e[1]), 0, "Gaussian integral", "noise")


@falsehood
def beside_a_density_two_members_that_may_be_one(w):
    gauss_t = N(w.x[w.t], 0, 1)
    beside(w, E(w.x[w.s] * w.x[w.t], gauss_t), 0, "Gaussian integral")


@falsehood
def beside_a_density_a_member_at_a_number(w):
    beside(w, E(w.x[4] * w.x[w.t], N(w.x[w.t], 0, 1)), 0, "Gaussian integral")


@falsehood
def beside_a_density_a_moving_mean(w):
    w.X.define("d", w.r, 3 * w.x[1])
    beside(w, I(N(w.x[1], w.r, 1), w.x[1]), 1, "Gaussian integral")


@falsehood
def beside_a_density_a_divergent_mean(w):
    mean = E(exp(w.b**2), N(w.b, 0, 1))
    beside(w, mean - mean, 0, "algebra")


@falsehood
def beside_a_density_a_divergent_integral(w):
    integral = I(exp(w.y), w.y)
    beside(w, integral - integral, 0, "algebra")


@falsehood
def beside_a_density_a_divergent_integral_of_a_state(w):
    integral = I(exp(w.x[1]), w.x[1])
    beside(w, integral - integral, 0, "marginalisation")


@falsehood
def beside_a_density_a_divergent_exchange(w):
    inside = (w.y - w.u) / (1 + w.y**2 + w.u**2) ** 2
    beside(w, I(I(inside, w.y), w.u), I(I(inside, w.u), w.y), "exchange")


@falsehood
def beside_a_density_an_undefined_quotient(w):
    beside(w, E(w.r / w.r, N(w.b, 0, 1)), 1, "Gaussian integral")


@falsehood
def beside_a_density_a_letter_in_a_variance(w):
    noisy(w)
    w.X.define("d", w.m[w.t], w.e[w.t] ** 2)
    beside(w, Var(w.m[1]), 0, "Gaussian integral")


@falsehood
def beside_a_density_a_letter_under_a_slope(w):
    w.X.define("d", w.m[w.t], w.x[w.t] ** 2)
    beside(w, D(w.m[1], w.x[1]), 0, "differentiation")


# --- J. an induction whose step holds later than from its base on
@falsehood
def induction_from_a_late_rule(w):
    t, m, late = w.t, w.m, w.X.sequence("late", start=5)
    w.X.define("first", m[1], 0)
    w.X.define("next", m[t], m[t - 1] + 0 * late[t])
    proof = w.X.induction("zero", m[t], 0, over=t)
    proof.base.equals(0, by="definition", using="first")
    proof.step.equals(m[t] + 0 * late[t + 1], by="definition", using="next")
    proof.step.equals(0 + 0 * late[t + 1], by="induction", using="hypothesis").equals(0, by="algebra")
    proof.conclude()


@falsehood
def induction_from_a_late_result(w):
    t, late = w.t, w.X.sequence("late", start=6)
    w.X.define("first", w.m[1], 0)
    w.X.define("next", w.m[t], w.m[t - 1] * (late[t] / late[t]) if False else w.m[t - 1] + late[t] - late[t])
    proof = w.X.induction("zero", w.m[t], 0, over=t)
    proof.base.equals(0, by="definition", using="first")
    proof.step.equals(w.m[t] + late[t + 1] - late[t + 1], by="definition", using="next")
    proof.step.equals(0 + late[t + 1] - late[t + 1], by="induction", using="hypothesis").equals(0, by="algebra")
    proof.conclude()
    w.st(w.m[2], 0, "result", "zero")


@falsehood
def induction_over_densities_from_a_late_rule(w):
    t, q, x, late = w.t, w.q, w.x, w.X.sequence("late", start=4)
    w.X.define("first", w.m[1], 1)
    w.X.define("next", w.m[t], w.m[t - 1] + 0 * late[t])
    p = log(q(x[0]))
    proof = w.X.induction("one", w.m[t] * p, p, over=t)
    proof.base.equals(1 * p, by="definition", using="first").equals(p, by="algebra")
    proof.step.equals((w.m[t] + 0 * late[t + 1]) * p, by="definition", using="next")
    proof.step.equals(w.m[t] * p + 0 * late[t + 1], by="algebra")
    proof.step.equals(p + 0 * late[t + 1], by="induction", using="hypothesis").equals(p, by="algebra")
    proof.conclude()


# --- K. what a rule multiplies out before anyone asks whether it is defined
@falsehood
def cancelled_in_a_mean(w):
    w.st(E(w.r / w.r * w.x[1], w.q(w.x[1])), E(w.x[1], w.q(w.x[1])), "linearity")


@falsehood
def cancelled_difference_in_a_mean(w):
    w.st(E((w.r - w.b) / (w.r - w.b) * w.x[1], w.q(w.x[1])), E(w.x[1], w.q(w.x[1])), "linearity")


@falsehood
def cancelled_state_in_a_mean(w):
    w.st(E(w.x[1] / w.x[1], w.q(w.x[1])), 1, "linearity")


@falsehood
def cancelled_in_an_integral(w):
    w.st(I(w.r / w.r * w.q(w.x[0], w.x[1]), w.x[1]), w.q(w.x[0]), "marginalisation")


@falsehood
def cancelled_function_in_an_integral(w):
    w.st(I(w.g(w.r) / w.g(w.r) * w.q(w.x[0], w.x[1]), w.x[1]), w.q(w.x[0]), "marginalisation")


@falsehood
def cancelled_by_zero_in_a_mean(w):
    w.st(E(0 / w.r + w.x[1], w.q(w.x[1])), E(w.x[1], w.q(w.x[1])), "linearity")


@falsehood
def cancelled_by_zero_a_divergent_integral(w):
    w.st(E(0 * I(exp(w.y), w.y) + w.x[1], w.q(w.x[1])), E(w.x[1], w.q(w.x[1])), "linearity")


@falsehood
def cancelled_in_a_logarithm(w):
    w.st(log(w.r / w.r * w.q(w.x[1])), log(w.q(w.x[1])), "chain rule")


@falsehood
def cancelled_in_a_logarithm_of_a_state(w):
    w.st(log(w.x[1] / w.x[1] * w.q(w.x[1])), log(w.q(w.x[1])), "chain rule")


@falsehood
def cancelled_divergence_of_an_undefined_weight(w):
    p, q, x = w.p, w.q, w.x
    w.st(E(log(q(x[1]) / p(x[1])) * w.b / w.b, q(x[1])), KL(q(x[1]), p(x[1])), "marginalisation")


# --- L. one letter for the index of a sum and for a variable outside of it
@falsehood
def index_of_a_sum_is_the_variable_of_its_mean(w):
    q, x, s, T = w.q, w.x, w.s, w.T
    w.st(
        E(Sum(log(q(x[s])), (s, 1, T)), q(x[s])),
        Sum(E(log(q(x[s])), q(x[s])), (s, 1, T)),
        "linearity",
    )


@falsehood
def index_of_a_sum_is_the_variable_of_its_integral(w):
    q, x, s, T = w.q, w.x, w.s, w.T
    w.st(
        I(Sum(x[s], (s, 1, T)) * q(x[s]), x[s]),
        Sum(I(x[s] * q(x[s]), x[s]), (s, 1, T)),
        "marginalisation",
    )


@falsehood
def index_of_a_sum_is_in_the_span_of_its_mean(w):
    q, x, s, T = w.q, w.x, w.s, w.T
    w.st(
        E(Sum(x[s] ** 2, (s, 1, T)), q(x[0:s])),
        Sum(E(x[s] ** 2, q(x[0:s])), (s, 1, T)),
        "linearity",
    )


@falsehood
def index_of_a_sum_is_in_the_span_of_its_mean_written_out(w):
    q, x, s, T = w.q, w.x, w.s, w.T
    w.st(
        E(Sum(x[s] ** 2, (s, 1, T)), q(x[0:s])),
        Sum(E(x[s] ** 2, q(x[s])), (s, 1, T)),
        "marginalisation",
    )


@falsehood
def index_of_a_sum_is_in_the_weight(w):
    q, x, s, T = w.q, w.x, w.s, w.T
    w.st(
        E(Sum(x[s] * x[T], (s, 1, T)), q(x[T] | x[s - 1])),
        Sum(E(x[s] * x[T], q(x[T] | x[s - 1])), (s, 1, T)),
        "linearity",
    )


@falsehood
def index_of_a_sum_is_in_the_weight_under_an_integral(w):
    q, x, s, T = w.q, w.x, w.s, w.T
    w.st(
        I(Sum(x[s] * x[T + 1], (s, 1, T)) * q(x[T + 1] | x[s]), x[T + 1]),
        Sum(x[s] * I(x[T + 1] * q(x[T + 1] | x[s]), x[T + 1]), (s, 1, T)),
        "marginalisation",
    )


@falsehood
def index_of_a_path_named_as_the_rule_names_it(w):
    k, step = w.X.density("k", markov=True), w.X.indices("step")[0]
    w.st(k(w.x[0:step]), k(w.x[0]) * Product(k(w.x[step] | w.x[step - 1]), (step, 1, w.T)), "Markov")


@falsehood
def index_of_a_path_in_a_sum_named_as_the_rule_names_it(w):
    k, step, x = w.X.density("k", markov=True), w.X.indices("step")[0], w.x
    path = k(x[0]) * Product(k(x[w.s] | x[w.s - 1]), (w.s, 1, w.T))
    w.st(Sum(k(x[step]) * k(x[0 : w.T]), (step, 1, w.T)), Sum(k(x[step]), (step, 1, w.T)) * path * 2, "Markov")


# --- M. a measure that is none, and what is random under it
@falsehood
def state_on_both_sides_of_a_divergence(w):
    q, p, x = w.q, w.p, w.x
    w.st(2 * KL(q(x[1]), p(x[1] | x[1])) - KL(q(x[1]), p(x[1] | x[1])), KL(q(x[1]), p(x[1] | x[1])), "algebra")


@falsehood
def state_on_both_sides_of_a_mean(w):
    under = w.q(w.x[1] | w.x[1])
    w.st(E(w.x[1] + w.x[2], under), E(w.x[1], under) + w.x[2], "linearity")


@falsehood
def state_on_both_sides_of_a_mean_at_one_time(w):
    under = w.q((w.x[w.t - 1] | w.x[w.t]), w.x[0])
    w.st(E(w.x[w.t - 1] + w.b, under), E(w.x[w.t - 1], under) + w.b, "linearity")


@falsehood
def state_on_both_sides_of_a_divergence_at_one_time(w):
    p, q, x, t = w.p, w.q, w.x, w.t
    gap = KL(q((x[t - 1] | x[t]), x[0]), p(x[t - 1] | x[t]))
    w.X.chain("c", log(p(x[t]))).at_most(log(p(x[t])) + gap, gap=gap)


@falsehood
def state_on_both_sides_of_a_conditional_law(w):
    under = w.q(w.x[1] | w.x[0 : w.t])
    w.st(E(w.x[1] + w.b, under), E(w.x[1], under) + w.b, "linearity")


@falsehood
def noise_by_a_letter_under_a_density(w):
    noisy(w)
    w.X.define("d", w.m[w.t], w.e[w.t])
    w.st(E(w.m[1] * w.x[1], w.q(w.x[1])), w.m[1] * E(w.x[1], w.q(w.x[1])), "linearity")


@falsehood
def noise_by_two_letters_under_a_density(w):
    noisy(w)
    w.X.define("d", w.m[w.t], w.e[w.t])
    w.X.define("f", w.r, w.m[1] + 1)
    w.st(E(w.r * w.x[1], w.q(w.x[1])), w.r * E(w.x[1], w.q(w.x[1])), "marginalisation")


@falsehood
def noise_given_a_state_beside_a_density(w):
    noisy(w)
    w.X.define("x", w.x[w.t], w.x[w.t - 1] + w.e[w.t])
    beside(w, E(w.e[1], given=w.x[1]), 0, "Gaussian integral", "noise")


@falsehood
def one_is_zero(w):
    """The case beside-a-density-a-letter-of-a-noise, carried on to the end."""
    noisy(w)
    m, e, d = w.m, w.e, w.q(w.x[0])
    w.X.define("d", m[w.t], e[w.t])
    whole = E(m[1] * e[1]) * d
    w.X.chain("none", whole).equals(m[1] * E(e[1]) * d, by="Gaussian integral")
    w.X.chain("some", E(m[1] * e[1])).equals(E(e[1] * e[1]), by="definition", using="d").equals(
        1, by="definition", using="noise"
    )
    w.X.chain("mean", E(e[1])).equals(0, by="definition", using="noise")
    w.X.chain("one", whole / d).equals(1 * d / d, by="result", using="some").equals(1, by="algebra")
    w.X.chain("zero", whole / d).equals(m[1] * E(e[1]) * d / d, by="result", using="none").equals(
        m[1] * 0 * d / d, by="result", using="mean"
    ).equals(0, by="algebra")
    w.X.chain("x", wrap(1)).equals(whole / d, by="result", using="one").equals(0, by="result", using="zero")


# --- N. states that are defined, runs that are empty, steps that are changed
@falsehood
def defined_state_under_a_law(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("x", x[t], 2 * x[t - 1])
    w.st(E(x[1], q), E(2 * x[0], q), "definition", "x")


@falsehood
def defined_state_under_a_law_with_marginals(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("q", q(x[t] | x[t - 1]), N(x[t], 0, 1))
    w.X.define("x", x[t], 2 * x[t - 1])
    w.st(E(x[1] * x[2], q(x[0:2])), E(2 * x[0] * x[2], q(x[0:2])), "definition", "x")


@falsehood
def defined_state_in_a_density(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("x", x[t], x[t - 1] + 0 * w.r)
    w.st(q(x[1]), q(x[0]), "definition", "x")


@falsehood
def defined_state_in_a_condition(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("x", x[t], x[t - 1] + 1)
    w.st(q(x[2] | x[1]) * x[1], q(x[2] | x[1]) * (x[0] + 1), "definition", "x")
    w.st(I(x[1] * q(x[1] | x[0]), x[1]), I((x[0] + 1) * q(x[1] | x[0]), x[1]), "definition", "x")


@falsehood
def density_of_nothing(w):
    w.st(w.q(w.x[1:0]), 0, "chain rule")


@falsehood
def density_of_nothing_given_something(w):
    w.st(w.q(w.x[1:0] | w.x[0]), w.q(w.x[0]), "chain rule")


@falsehood
def mean_over_nothing(w):
    w.st(E(w.x[1], w.q(w.x[1:0])), 0, "linearity")


@falsehood
def mean_over_what_is_nothing_at_first(w):
    q, x, t = w.q, w.x, w.t
    w.st(E(wrap(2), q(x[2:t] | x[1])), 3, "linearity")


@falsehood
def changed_step_and_claim(w):
    chain = w.st(w.a + 1, 1 + w.a, "algebra")
    (step,) = chain.steps
    chain.steps[0] = replace(step, right=w.a, goal=replace(step.goal, right=w.a))
    chain.latex()


@falsehood
def changed_step_and_claim_is_cited(w):
    chain = w.X.chain("c", w.a + 1).equals(1 + w.a, by="algebra")
    (step,) = chain.steps
    chain.steps[0] = replace(step, right=w.a, goal=replace(step.goal, right=w.a))
    w.st(w.a + 1, w.a, "result", "c")


@falsehood
def step_of_another_chain_is_cited(w):
    one = w.X.chain("one", w.a + 1).equals(1 + w.a, by="algebra")
    two = w.X.chain("two", w.v + 1)
    two.steps.append(one.steps[0])
    w.st(w.v + 1, 1 + w.a, "result", "two")


@falsehood
def theorem_of_another_step(w):
    chain = w.X.chain("c", w.a + 1).equals(1 + w.a, by="algebra")
    other = w.X.chain("o", w.a + 1).equals(w.a + 1 + 0, by="algebra").equals(w.a + 1, by="algebra")
    chain.steps[0] = replace(
        chain.steps[0], right=w.v, goal=replace(chain.steps[0].goal, right=w.v), status=other.steps[0].status
    )
    w.st(w.a + 1, w.v, "result", "c")


# --- O. values that do not exist, behind a letter, at one time of a sum, or for some parameters
def itself(w, value, by="algebra"):
    w.st(value - value, 0, by)


@falsehood
def undefined_at_one_time_of_a_sum(w):
    itself(w, Sum(w.b / (w.s - 2), (w.s, 1, w.T)))


@falsehood
def undefined_at_one_time_of_a_product(w):
    itself(w, Product(w.b / (w.s - 3), (w.s, 1, w.T)))


@falsehood
def undefined_at_one_time_of_a_sum_in_a_mean(w):
    itself(w, E(Sum(w.x[1] / (w.s - 2), (w.s, 1, w.T)), w.q(w.x[1])), "linearity")


@falsehood
def undefined_at_a_state(w):
    itself(w, E(1 / w.x[1], w.q(w.x[1])))


@falsehood
def undefined_log_of_a_state(w):
    itself(w, E(log(w.x[1]), w.q(w.x[1])), "linearity")


@falsehood
def undefined_by_a_letter_of_a_state(w):
    w.X.define("r", w.r, w.x[1] - w.x[2])
    itself(w, E(1 / w.r, w.q(w.x[1])), "linearity")


@falsehood
def divergent_by_a_letter(w):
    noisy(w)
    w.X.define("m", w.m[w.t], exp(w.e[w.t] ** 2))
    itself(w, E(w.m[1]))


@falsehood
def divergent_by_two_letters(w):
    noisy(w)
    w.X.define("m", w.m[w.t], w.e[w.t] ** 2)
    w.X.define("r", w.r, 1 + w.m[1])
    itself(w, E(exp(w.r)))


@falsehood
def divergent_by_a_letter_under_a_gaussian(w):
    w.X.define("r", w.r, w.x[1] ** 2)
    itself(w, E(exp(w.r), N(w.x[1], 0, 1)))


@falsehood
def divergent_by_a_defined_function(w):
    w.X.define("g", w.g(w.b), w.b**2)
    itself(w, E(exp(w.g(w.c)), N(w.m[1], 0, 1)) + E(exp(w.g(w.m[1])), N(w.m[1], 0, 1)))


@falsehood
def divergent_integral_of_a_function(w):
    itself(w, I(w.g(w.y), w.y))


@falsehood
def divergent_integral_of_a_function_by_a_letter(w):
    w.X.define("r", w.r, I(w.g(w.y), w.y))
    itself(w, w.r)


@falsehood
def divergent_reciprocal_of_a_bell(w):
    itself(w, E(1 / w.f(w.b), N(w.b, 0, 1)))


@falsehood
def divergent_exponential_of_a_function(w):
    itself(w, E(exp(w.g(w.b)), N(w.b, 0, 1)))


@falsehood
def divergent_product_of_noises(w):
    noisy(w)
    itself(w, E(exp(2 * w.e[1] * w.e[2])))


@falsehood
def divergent_for_some_parameters(w):
    noisy(w)
    itself(w, E(exp(w.a * w.e[1] ** 2)))


@falsehood
def divergent_for_some_variances(w):
    itself(w, E(exp(w.b**2), N(w.b, 0, w.v)))


@falsehood
def divergent_variance(w):
    noisy(w)
    itself(w, Var(exp(w.e[1] ** 2 / 3)))


@falsehood
def divergent_under_a_defined_law(w):
    w.X.define("q", w.q(w.x[w.t] | w.x[w.t - 1]), N(w.x[w.t], w.x[w.t - 1], 1))
    itself(w, E(exp(w.x[1] ** 2), w.q(w.x[1] | w.x[0])), "definition")


@falsehood
def divergent_under_a_defined_law_by_its_definition(w):
    w.X.define("q", w.q(w.x[w.t] | w.x[w.t - 1]), N(w.x[w.t], w.x[w.t - 1], 1))
    mean = E(exp(w.x[1] ** 2), w.q(w.x[1] | w.x[0]))
    w.st(mean - mean, 0, "definition", "q")


@falsehood
def divergent_mean_of_a_random_state(w):
    noisy(w)
    w.X.define("x", w.x[w.t], w.x[w.t - 1] + w.e[w.t])
    itself(w, E(exp(w.x[1] ** 2)))


@falsehood
def divergent_in_a_sum_of_means(w):
    noisy(w)
    itself(w, Sum(E(exp(w.s * w.e[w.s] ** 2)), (w.s, 1, w.T)))


@falsehood
def divergent_divergence(w):
    itself(w, KL(N(w.b, 0, 1), N(w.b, 0, w.v)) + E(exp(w.b**4), N(w.b, 0, 1)))


@falsehood
def divergent_limit(w):
    itself(w, Limit(w.T + 0 * w.b, w.T))


@falsehood
def divergent_limit_beside_a_density(w):
    lost = Limit(w.T + 0 * w.b, w.T) * log(w.q(w.x[0]))
    w.st(lost - lost, 0, "algebra")


@falsehood
def divergent_limit_in_a_mean(w):
    lost = E(Limit(w.T * w.x[1], w.T), w.q(w.x[1]))
    w.st(lost - lost, 0, "linearity")


@falsehood
def divergent_integral_of_a_density_over_its_condition(w):
    whole = I(w.q(w.x[1] | w.x[0]) * w.f(w.x[1]) / w.f(w.x[1]), w.x[0])
    w.X.define("q", w.q(w.x[w.t] | w.x[w.t - 1]), N(w.x[w.t], 0, 1))
    w.st(whole - whole, 0, "definition", "q")


# --- P. laws that cannot be
@falsehood
def law_by_a_product_of_another_that_is_not_markov(w):
    x, T, s = w.x, w.T, w.s
    k, p = w.X.density("k", markov=True), w.p
    w.X.define("joint", k(x[0:T]), p(x[0]) * Product(p(x[s] | x[0 : s - 1]), (s, 1, T)))
    w.st(k((x[2] | x[1]), x[0]), k(x[2] | x[1]), "Markov")


@falsehood
def law_by_two_products(w):
    q, p, x = w.q, w.p, w.x
    w.X.define("one", q(x[0], x[1]), p(x[0]) * p(x[1]))
    w.X.define("two", q(x[1], x[2]), p(x[1] | x[2]) * p(x[2]))
    w.X.define("p", p(x[2]), N(x[2], 0, 1))


@falsehood
def law_by_a_product_and_its_step(w):
    q, p, x = w.q, w.p, w.x
    w.X.define("one", q(x[0], x[1]), p(x[0]) * p(x[1] | x[0]))
    w.X.define("other", p(x[1] | x[0]), N(x[1], 0, 1))
    w.X.define("step", q(x[1] | x[0]), N(x[1], x[0], 1))


@falsehood
def law_by_a_product_after_its_step(w):
    q, p, x = w.q, w.p, w.x
    w.X.define("step", q(x[1] | x[0]), N(x[1], x[0], 1))
    w.X.define("one", q(x[0], x[1]), p(x[0]) * p(x[1]))


@falsehood
def law_by_a_function_and_a_gaussian(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("one", q(x[t]), w.f(x[t]))
    w.X.define("two", q(x[2]), N(x[2], 0, 1))


@falsehood
def law_of_one_function_at_all_times_and_a_step(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("one", q(x[t]), w.f(x[t]))
    w.X.define("two", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1))


@falsehood
def law_forward_and_backward(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("one", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1))
    w.X.define("two", q(x[t] | x[t + 1]), N(x[t], x[t + 1], 1))


@falsehood
def law_at_one_time_and_at_all(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("one", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1))
    w.X.define("two", q(x[3] | x[2]), N(x[3], x[2], 2))


@falsehood
def law_by_far_conditions(w):
    q, x, t = w.q, w.x, w.t
    w.X.define("one", q(x[t] | x[t - 1]), N(x[t], x[t - 1], 1))
    w.X.define("two", q(x[t] | x[t - 2]), N(x[t], x[t - 2], 1))


@falsehood
def law_of_one_letter_over_two_sequences(w):
    q, x, z = w.q, w.x, w.z
    w.X.define("one", q(x[1] | z[1]), N(x[1], z[1], 1))
    w.X.define("two", q(z[1] | x[1]), N(z[1], x[1], 1))


# --- Q. what a path of a Markov chain leaves out
def markov(w, left, right, start):
    w.X.chain("m", left).equals(right, by="Markov") if start == 1 else w.X.chain("m", left, start=start).equals(
        right, by="Markov"
    )


@falsehood
def path_after_a_gap_is_left_out(w):
    k, x, T = w.X.density("k", markov=True), w.x, w.T
    markov(w, k(x[0], x[2:T]), k(x[0], x[2]), 2)


@falsehood
def path_after_a_gap_is_left_out_given_its_start(w):
    k, x, T = w.X.density("k", markov=True), w.x, w.T
    markov(w, k(x[3:T] | x[0]), k(x[3] | x[0]), 3)


@falsehood
def path_before_a_gap_is_left_out(w):
    k, x, t = w.X.density("k", markov=True), w.x, w.t
    markov(w, k(x[1:t], x[t + 2]), k(x[1]) * k(x[t + 2] | x[t]), 1)


@falsehood
def path_between_gaps_is_left_out(w):
    k, x, t = w.X.density("k", markov=True), w.x, w.t
    markov(w, k(x[0], x[2:t], x[t + 2]), k(x[0], x[2]) * k(x[t + 2] | x[t]), 2)


# --- R. what both halves believe, because the language does it
@falsehood
def one_index_renamed_to_another(w):
    m, s, t, n, prime = w.m, w.s, w.t, w.n, Index("s'")
    inner = Sum(m[s] * m[prime], (s, 1, 2))
    w.X.chain("r", m[t] * inner).equals(inner * m[t], by="algebra")
    w.st(m[s] * inner, Sum(m[n] ** 2, (n, 1, 2)) * m[s], "result", "r")


@pytest.mark.parametrize("name", falsehood)
def test_more_holes_are_closed(name):
    with pytest.raises(DeriveError):
        falsehood[name](World())
