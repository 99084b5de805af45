"""Falsehoods about what is bound, named, begun or known where: each must end in an error of the family."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from falsehoods import Falsehoods, World

from derive import KL, Derivation, E, Limit, Phi, Sum, Var, exp, log, positive, sqrt, standard_normal, unit
from derive import Derivative as D
from derive import Integral as I
from derive import Normal as N
from derive.errors import DeriveError
from derive.justifications import justification
from derive.language.expr import wrap
from derive.language.times import Index
from derive.proof.symbolic import Symbolic

falsehood = Falsehoods()
TINY = Fraction(1, 10**12)


def silent(t, roots=(*range(1, 13), 23)):
    """A polynomial that is zero at all times at which a goal is evaluated, so that only the proof can fail."""
    product = wrap(1)
    for root in roots:
        product = product * (60 * t - 60 * root)
    return product


# --- facts
@falsehood
def a_result_whose_index_is_only_on_its_right(w):
    s, t = w.s, w.t
    late = Sum(wrap(1), (s, 3, t)) - t + 2  # 0 from t = 2 on
    w.X.chain("late", wrap(0), start=2).equals(late, by="algebra")
    w.st(wrap(0), late, "result", "late")


@falsehood
def a_result_whose_letter_is_free_and_bound(w):
    m, s, t, T = w.m, w.s, w.t, w.T
    w.X.chain("r", Sum(m[s], (s, 1, T)) + m[s]).equals(m[s] + Sum(m[s], (s, 1, T)), by="algebra")
    w.st(Sum(m[t], (s, 1, T)) + m[t], m[t] + Sum(m[s], (s, 1, T)), "result", "r")


@falsehood
def a_result_for_a_constant_sum(w):
    m, s, t, T = w.m, w.s, w.t, w.T
    w.X.chain("r", Sum(m[t], (s, 1, T))).equals(T * m[t], by="algebra")
    w.st(Sum(m[s], (s, 1, T)), T * m[s], "result", "r")


@falsehood
def a_result_for_a_constant_limit(w):
    s, t = w.s, w.t
    w.X.chain("r", Limit(wrap(t) / (1 + s), s)).equals(0, by="limit")
    w.st(Limit(wrap(s) / (1 + s), s), 0, "result", "r")


@falsehood
def a_result_used_before_it_holds_in_a_sum_from_a_letter(w):
    q, x, s, t, T = w.q, w.x, w.s, w.t, w.T
    step = log_ratio(q, x, t)
    w.X.chain("r", step[0]).equals(step[1], by="chain rule")
    left, right = log_ratio(q, x, s)
    w.st(Sum(left, (s, t - 1, T)), Sum(right, (s, t - 1, T)), "result", "r")


def log_ratio(q, x, t):
    return log(q(x[t] | x[t - 1])), log(q(x[t], x[t - 1])) - log(q(x[t - 1]))


@falsehood
def a_hypothesis_for_all_times_in_a_sum(w):
    t = w.t
    proof = w.X.induction("i", silent(t), 0, over=t)
    proof.base.equals(0, by="algebra")
    whole = Sum(silent(t), (t, 1, t + 1)) - Sum(silent(t), (t, 1, t))
    nothing = Sum(wrap(0), (t, 1, t + 1)) - Sum(wrap(0), (t, 1, t))
    proof.step.equals(whole, by="telescoping").equals(nothing, by="induction", using="hypothesis")
    proof.step.equals(0, by="algebra")
    proof.conclude()


@falsehood
def an_induction_in_steps_of_two(w):
    t, roots = w.t, (*range(1, 14), 23, 24)
    proof = w.X.induction("i", silent(t, roots), silent(t + 1, roots), over=t + 1)
    proof.base.equals(silent(Index(None, 2), roots), by="algebra")
    proof.step.equals(silent(t + 2, roots), by="algebra")
    proof.conclude()


# --- sums and limits
@falsehood
def a_sum_that_ends_before_it_begins(w):
    s, t = w.s, w.t
    early = (t - 1) * (t - 2) * (t - 3) * (t - 4) * (t - 5)
    w.st(early * (Sum(wrap(1), (s, 8, t + 1)) - Sum(wrap(1), (s, 8, t))), early, "algebra")


@falsehood
def a_limit_past_an_integral(w):
    T, y = w.T, w.y
    bump = I(exp(-(y**2) * T), y)
    w.st(Limit(TINY * bump, T), TINY * bump, "limit")


@falsehood
def a_limit_by_induction_on_its_index(w):
    T, s, m = w.T, w.s, w.m
    w.st(TINY * Limit(1 / T, T) + Sum(m[s], (s, 1, T)), TINY + Sum(m[s], (s, 1, T)), "limit")


# --- integrals and means
@falsehood
def a_member_that_is_the_variable_much_later(w):
    x, s, t = w.x, w.s, w.t
    w.st(I(x[s] * N(x[t + 7], 0, 1), x[t + 7]), x[s] * I(N(x[t + 7], 0, 1), x[t + 7]), "linearity")


@falsehood
def a_member_that_is_the_variable_of_a_mean(w):
    w.st(E(w.x[w.s], N(w.x[w.t + 7], 0, 1)), w.x[w.s], "linearity")


@falsehood
def a_sum_with_the_variable_in_it(w):
    x, s, T = w.x, w.s, w.T
    w.st(E(Sum(x[s], (s, 1, T)), N(x[60], 0, 1)), Sum(x[s], (s, 1, T)), "Gaussian integral")


@falsehood
def an_integral_over_a_positive_number(w):
    w.st(silent(w.t) * I(sqrt(w.a**2), (w.a, -1, 1)), 0, "integration")


@falsehood
def a_mean_over_a_positive_number(w):
    w.st(silent(w.t) * E(sqrt(w.a**2), N(w.a, 0, 1)), 0, "Gaussian integral")


@falsehood
def an_integral_over_a_stated_number(w):
    m = w.X.sequence("stated", start=0, first=5)
    w.st(I(m[0] * N(m[0], 0, 1), m[0]), 5 * I(N(m[0], 0, 1), m[0]), "linearity")


@falsehood
def a_symbol_with_the_name_of_a_dummy_inside(w):
    share = w.X.symbol("share", positive)
    gap = I(w.y - Fraction(66, 100) * share / (1 + share), (w.y, 0, 1))
    w.X.chain("c", w.r).at_most(w.r + gap, gap=gap)


# --- conditions
@falsehood
def a_conditional_mean_has_no_slope(w):
    w.st(D(E(w.x[1], given=w.x[0]), w.x[0]), 0, "differentiation")


@falsehood
def a_conditional_mean_out_of_a_mean(w):
    x = w.x
    w.st(E(E(x[1], given=x[0]) * x[0]), E(x[1], given=x[0]) * E(x[0]), "linearity")


@falsehood
def a_conditional_mean_is_its_mean(w):
    w.st(E(E(w.x[1], given=w.x[0])), E(w.x[1], given=w.x[0]), "linearity")


@falsehood
def a_condition_beside_a_law(w):
    w.st(E(w.x[1], w.q, given=w.x[0]), E(w.x[1], w.q), "algebra")


@falsehood
def a_condition_beside_a_density(w):
    x, q = w.x, w.q
    both = x[1] * x[0]
    w.st(E(both, q(x[0], x[1]), given=x[0]), E(both, q(x[0], x[1])), "algebra")


@falsehood
def a_condition_beside_a_gaussian(w):
    w.st(E(w.x[1] * w.x[0], N(w.x[0], 0, 1), given=w.x[0]), 0, "Gaussian integral")


@falsehood
def a_conditional_mean_has_no_variance(w):
    w.st(Var(E(w.x[1], given=w.x[0])), 0, "linearity")


# --- names
@falsehood
def a_sum_over_a_letter_that_is_a_symbol(w):
    w.st(Sum(w.a, ("a", 1, w.T)), w.T * w.a, "algebra")  # reads as 1 + 2 + … + T


@falsehood
def a_definition_of_what_another_derivation_declares(w):
    other = Derivation("Y").sequence("alpha_bar", unit, start=0)
    w.X.define("zero", other[0], Fraction(1, 2))


@falsehood
def a_law_as_a_number(w):
    w.st(standard_normal - standard_normal, 0, "algebra")


@falsehood
def two_numbers_with_one_letter(w):
    one, two = w.X.symbol("one", latex="k"), w.X.symbol("two", latex="k")
    w.X.define("one", one, 1)
    w.X.define("two", two, 2)
    w.st(one + two, 3, "definition", ("one", "two"))


@falsehood
def two_numbers_with_one_letter_in_one_block(w):
    one, two = w.X.symbol("one", latex="k"), w.X.symbol("two", latex="k")
    w.st(one + two, two + one, "algebra")


@falsehood
def a_symbol_that_reads_as_a_member(w):
    w.st(w.X.symbol("m_1") + w.m[1], w.m[1] + w.X.symbol("m_1"), "algebra")


@falsehood
def a_symbol_that_reads_as_a_number(w):
    two = w.X.symbol("two", latex="2")
    w.st(two + 2, 2 + two, "algebra")


@falsehood
def a_symbol_that_reads_as_a_time(w):
    horizon = w.X.symbol("horizon", latex="T")
    w.X.define("horizon", horizon, 3)
    w.st(horizon + w.T, 3 + w.T, "definition", "horizon")


@falsehood
def a_function_that_reads_as_a_density(w):
    f, x = w.X.function("other", positive, latex="q"), w.x
    w.st(f(x[0]) * w.q(x[0]), w.q(x[0]) * f(x[0]), "algebra")


# --- densities
@falsehood
def functions_that_are_lines_where_there_are_two_states(w):
    x, g, q = w.x, w.g, w.q
    left = (g(x[1]) - g(x[2])) * (x[3] - x[4])
    w.st(left + log(q(x[1])), (g(x[3]) - g(x[4])) * (x[1] - x[2]) + log(q(x[1])), "algebra")


@falsehood
def covariances_that_agree_where_there_are_two_states(w):
    x, g, h, q = w.x[1], w.g(w.x[1]), w.h(w.x[1]), w.q

    def covariance(a, b):
        return E(a * b, q(x)) - E(a, q(x)) * E(b, q(x))

    w.st(covariance(g, h) * covariance(x, x), covariance(g, x) * covariance(h, x), "linearity")


@falsehood
def a_root_beside_a_density(w):
    entropy = log(w.q(w.x[1]))
    w.st(entropy * sqrt((w.a - 1000) ** 2), entropy * (1000 - w.a), "algebra")


@falsehood
def a_pole_beside_a_density(w):
    entropy = log(w.q(w.x[1]))
    w.st(entropy * ((w.a - 1000) / (w.a - 1000)), entropy, "algebra")


@falsehood
def a_gap_with_a_variance_that_is_negative_far_away(w):
    x, q = w.x, w.q
    gap = KL(q(x[1]), N(x[1], 0, 1000 - w.a))
    w.X.chain("c", -log(q(x[1]))).at_most(-log(q(x[1])) + gap, gap=gap)


@falsehood
def a_count_of_times_in_disguise(w):
    count = Sum(w.al[w.s] / w.al[w.s], (w.s, 1, w.T))
    entropy = log(w.q(w.x[1]))
    w.st((count - 1) * (count - 2) * (count - 3) * (count - 4) * (count - 5) * entropy, 0 * entropy, "algebra")


@falsehood
def a_product_with_a_zero_at_each_time(w):
    entropy = zero = log(w.q(w.x[1]))
    for time in range(1, 6):
        zero = zero * (w.m[w.T] - w.m[time])
    w.st(zero, 0 * entropy, "algebra")


@falsehood
def a_product_with_a_zero_at_each_two_times(w):
    s, t, k = w.s, w.t, w.X.sequence("k", start=0)
    entropy = zero = log(w.q(w.x[1]))
    for one, other in ((0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (2, -1), (-1, 2), (2, -2), (-2, 2)):
        zero = zero * (k[s + one] - k[t + other])
    w.X.chain("late", zero, start=2).equals(0 * entropy, by="algebra")


@falsehood
def a_sum_at_the_one_time_that_is_left(w):
    entropy, m, s, T = log(w.q(w.x[1])), w.m, w.s, w.T
    late = w.X.chain("late", entropy * Sum(m[s], (s, 1, T)), start=5)
    late.equals(entropy * (m[1] + m[2] + m[3] + m[4] + m[5]), by="algebra")


@falsehood
def a_product_of_sums_at_the_few_times_that_are_left(w):
    m, s, T, k = w.m, w.s, w.T, w.n
    total, entropy = Sum(m[k], (k, s, T)), log(w.q(w.x[1]))
    zero = total * (total - m[s]) * (total - m[s] - m[T]) * (total - m[s] - m[s + 1] - m[T])
    w.X.chain("late", entropy * zero, start=3).equals(0 * entropy, by="algebra")


@falsehood
def a_difference_beyond_the_digits(w):
    entropy = log(w.q(w.x[1]))
    w.st(entropy * (1 + Fraction(1, 10**60)), entropy, "algebra")


@falsehood
def a_difference_beyond_the_digits_as_a_power(w):
    entropy = log(w.q(w.x[1]))
    w.st(entropy * (1 + wrap(Fraction(1, 10)) ** 60), entropy, "algebra")


@falsehood
def a_difference_beyond_the_digits_as_an_exponential(w):
    entropy = log(w.q(w.x[1]))
    w.st(entropy * (1 + exp(wrap(-200))), entropy, "algebra")


@falsehood
def a_difference_beyond_the_digits_in_letters(w):
    entropy, two = log(w.q(w.x[1])), w.a / w.v + w.v / w.a  # at least 2
    w.st(entropy * (1 + exp(-(two * two * two * two * two * two * two * two))), entropy, "algebra")


@falsehood
def a_difference_beyond_the_digits_in_a_tail(w):
    entropy, two = log(w.q(w.x[1])), w.a / w.v + w.v / w.a
    w.st(entropy * (1 + Phi(-(two * two * two * two * two))), entropy, "algebra")


@falsehood
def a_difference_beyond_the_digits_as_many_factors(w):
    entropy, two = log(w.q(w.x[1])), w.a / w.v + w.v / w.a
    many = two
    for _ in range(210):
        many = many * two
    w.st(entropy * (1 + 1 / many), entropy, "algebra")


@falsehood
def a_gap_over_a_state_that_runs_backwards_far_away(w):
    gap = I(w.x[0] ** 2, (w.x[0], 0, 1000 - w.a))
    w.X.chain("c", w.r).at_most(w.r + gap, gap=gap)


@falsehood
def a_divergence_from_a_mean_that_a_letter_moves(w):
    x, q, b = w.x, w.q, w.b
    w.X.define("b", b, x[1] * Fraction(1, 200))
    gap = KL(q(x[1]), N(x[1], b, 1))
    w.X.chain("c", -log(q(x[1]))).at_most(-log(q(x[1])) + gap, gap=gap)


@falsehood
def a_mean_under_a_measure_that_a_letter_moves(w):
    w.X.define("b", w.b, 2 * w.x[1])
    w.st(E(wrap(1), N(w.x[1], w.b, 1)), 1, "linearity")


@falsehood
def a_density_with_a_noise_in_it(w):
    w.X.define("q", w.q(w.x[0]), N(w.x[0], w.e[1], 1))


@falsehood
def a_density_with_its_state_in_a_letter(w):
    x, q, m, t = w.x, w.q, w.m, w.t
    w.X.define("m", m[t], x[t])
    w.X.define("q", q(x[t] | x[t - 1]), N(x[t], m[t], 1))


@falsehood
def a_parameter_that_an_assumption_makes_move(w):
    x, q, m = w.x, w.q, w.m
    w.X.assume("moves", m[w.t], 2 * x[0])
    w.st(E(m[1] * x[0], q(x[0])), m[1] * E(x[0], q(x[0])), "linearity")


@falsehood
def a_density_that_gets_a_formula_later(w):
    w.X.define("p", w.p(w.x[0]), w.P(w.x[0]))
    w.X.define("P", w.P(w.r), 2 * w.f(w.r))  # ∫ P = 1 and ∫ P = 2 ∫ f


# --- what may be infinite
@falsehood
def an_integral_that_diverges_on_the_line(w):
    w.st(I(w.y**2, w.y) - I(w.y**2, w.y), 0, "algebra")


@falsehood
def an_integral_that_diverges_at_an_end(w):
    w.st(I(1 / w.u, (w.u, 0, 1)) - I(1 / w.u, (w.u, 0, 1)), 0, "algebra")


@falsehood
def an_integral_of_an_arbitrary_function(w):
    w.st(I(w.g(w.y), w.y) - I(w.g(w.y), w.y), 0, "algebra")


@falsehood
def a_limit_that_is_infinite(w):
    w.st(Limit(w.n, w.n) - Limit(w.n, w.n), 0, "algebra")


@falsehood
def a_limit_that_a_letter_can_stop(w):
    fast = w.T * w.r**2
    w.st(Limit(fast / (1 + fast), w.T), 1, "limit")  # 0 at r = 0


@falsehood
def a_limit_that_a_function_can_stop(w):
    fast = w.T * w.g(w.b) ** 2
    w.st(Limit((1 + fast) / (2 + fast), w.T), 1, "limit")


@falsehood
def a_number_that_is_an_infinite_integral(w):
    w.X.define("r", w.r, I(w.y**2, w.y))
    w.st(w.r - w.r, 0, "algebra")


@falsehood
def a_number_that_is_an_infinite_limit(w):
    w.X.define("r", w.r, Limit(w.n, w.n))
    w.st(w.r - w.r, 0, "algebra")


@falsehood
def a_number_that_is_an_infinite_mean(w):
    w.X.define("r", w.r, E(exp(w.y**2), N(w.y, 0, 1)))


@falsehood
def a_mean_that_is_infinite(w):
    mean = E(exp(w.y**2), N(w.y, 0, 1))
    w.st(mean - mean, 0, "algebra")


@falsehood
def a_density_with_a_hole_in_its_mean(w):
    w.X.define("q", w.q(w.x[0]), N(w.x[0], 1 / w.r, 1))


@falsehood
def a_density_with_an_infinite_mean(w):
    w.X.define("q", w.q(w.x[0]), N(w.x[0], I(w.y**2, w.y), 1))


@falsehood
def a_letter_that_looks_like_another(w):
    other = w.X.symbol("\u0430")  # Cyrillic
    w.X.define("one", w.a, 1)
    w.X.define("two", other, 2)


@falsehood
def a_letter_that_is_not_seen(w):
    ghost = w.X.symbol("ghost", latex=r"\,")
    w.X.define("ghost", ghost, 2)
    w.st(w.r * ghost, 2 * w.r, "definition", "ghost")


@falsehood
def a_letter_with_a_space(w):
    w.X.symbol("other", latex=r"r\,")


@falsehood
def a_letter_that_is_a_formula(w):
    both = w.X.symbol("both", latex="r + b")
    w.X.define("both", both, 1)


@falsehood
def a_letter_that_is_a_fraction(w):
    w.X.define("half", w.X.symbol("half", latex=r"\tfrac12"), 1)


@falsehood
def a_law_that_reads_as_the_gaussian(w):
    w.X.density("gauss", latex=r"\mathcal{N}")


@falsehood
def a_function_that_reads_as_a_slope(w):
    other = w.X.function("other", latex="g'")
    w.st(D(w.g(w.r), w.r) + other(w.r), w.g.prime(w.r) + other(w.r), "differentiation")


@falsehood
def a_first_member_outside_of_the_domain(w):
    w.X.sequence("k", unit, start=0, first=5)


@falsehood
def a_symbol_with_the_letter_of_a_function(w):
    f = w.X.symbol("factor", latex="f")
    w.st(f * (w.a + w.b) + w.f(w.r), w.f(w.r) + f * (w.a + w.b), "algebra")  # f (a + b) is f(a + b), to a reader


# --- what is built
@falsehood
def a_mean_under_a_product(w):
    x, q = w.x, w.q
    w.st(E(x[1], q(x[1]) * q(x[2])), E(x[1], q(x[1])), "algebra")


@falsehood
def a_divergence_of_no_density(w):
    x, q = w.x, w.q
    w.st(KL(2 * q(x[1]), q(x[1])), KL(q(x[1]), q(x[1])), "algebra")


@falsehood
def a_block_called_hypothesis(w):
    w.X.define("hypothesis", w.r, 1)
    w.st(w.r, 1, "induction", "hypothesis")


@falsehood
def a_definition_that_is_changed(w):
    said = w.X.define("r", w.r, w.a)
    said.right = 2 * w.a


@falsehood
def a_chain_that_is_changed(w):
    chain = w.st(w.a + 1, 1 + w.a, "algebra")
    chain.steps.append(replace(chain.steps[0], right=w.a))
    chain.latex()


@pytest.mark.parametrize("name", falsehood)
def test_falsehoods_are_refused(name):
    with pytest.raises(DeriveError):
        falsehood[name](World())


def test_a_sum_in_a_sum_keeps_its_letters_apart():
    w = World()
    m, k, s, t, T = w.m, w.X.sequence("k"), w.s, w.t, w.T
    world = Symbolic(justification("algebra"))
    one, other = (world(Sum(Sum(m[s] * k[r], (s, 1, t)), (t, 1, T))) for r in (t, s))
    assert not world.field.is_zero(one - other)
