"""Falsehoods that a hostile reader got accepted once, one a row: each must end in an error of the family."""

from __future__ import annotations

from fractions import Fraction

import pytest
from falsehoods import Falsehoods

from derive import (
    KL,
    Derivation,
    E,
    Integral,
    Limit,
    Normal,
    Product,
    Sum,
    Var,
    log,
    positive,
    sqrt,
    standard_normal,
    unit,
)
from derive.errors import DeriveError
from derive.language.expr import wrap

falsehood = Falsehoods()


@falsehood
def five_factors_that_vanish_at_small_n(F, n, t, s, T, m):
    """(n-1)..(n-5)S = 2(n-1)..(n-5)S"""
    p = (n - 1) * (n - 2) * (n - 3) * (n - 4) * (n - 5)
    S = Sum(wrap(1), (s, 1, n))
    F.chain("x", p * S).equals(2 * p * S, by="algebra")


@falsehood
def a_sum_that_is_empty_for_small_T(F, n, t, s, T, m):
    """Sum_{1}^{T-5} a = 2 Sum (empty for T<=5)"""
    a = F.sequence("a", positive)
    S = Sum(a[s], (s, 1, T - 5))
    F.chain("x", S).equals(2 * S, by="algebra")


@falsehood
def five_factors_before_a_density(F, n, t, s, T, m):
    """density: (T-1)..(T-5) log q(x1) = 0"""
    x = F.states("x")
    q = F.density("q")
    F.chain("x", (T - 1) * (T - 2) * (T - 3) * (T - 4) * (T - 5) * log(q(x[1]))).equals(0 * log(q(x[1])), by="algebra")


@falsehood
def two_definitions_of_one_symbol(F, n, t, s, T, m):
    """two definitions of one symbol: 1=2"""
    b = F.symbol("b")
    F.define("one", b, 1)
    F.define("two", b, 2)
    F.chain("x", wrap(1)).equals(b, by="definition", using="one").equals(2, by="definition", using="two")


@falsehood
def another_definition_under_the_same_name(F, n, t, s, T, m):
    """redefine under same name: 1=2"""
    b = F.symbol("b")
    F.define("b", b, 1)
    F.chain("r", b).equals(1, by="definition", using="b")
    F.define("b", b, 2)
    F.chain("x", wrap(1)).equals(b, by="result", using="r").equals(2, by="definition", using="b")


@falsehood
def a_circle_of_definitions(F, n, t, s, T, m):
    """circular definitions a=b+1,b=a+1: 0=2"""
    a = F.symbol("a")
    b = F.symbol("b")
    F.define("a", a, b + 1)
    F.define("b", b, a + 1)
    F.chain("x", a).equals(b + 1, by="definition", using="a").equals(a + 2, by="definition", using="b")


@falsehood
def a_definition_of_a_number(F, n, t, s, T, m):
    """definition 1 := 2"""
    F.define("d", wrap(1), 2)
    F.chain("x", wrap(1)).equals(2, by="definition", using="d")


@falsehood
def a_free_index_in_a_definition(F, n, t, s, T, m):
    """free index in definition: a1=a2"""
    c = F.symbol("c")
    a = F.sequence("a")
    F.define("c", c, a[t])
    F.chain("r", a[t]).equals(c, by="definition", using="c")
    F.chain("x", a[1]).equals(c, by="result", using="r").equals(a[2], by="result", using="r")


@falsehood
def two_assumptions_that_contradict(F, n, t, s, T, m):
    """contradictory assumptions a=1,a=2: 1=2"""
    b = F.symbol("b")
    F.assume("one", b, 1)
    F.assume("two", b, 2)
    F.chain("x", wrap(1)).equals(b, by="definition", using="one").equals(2, by="definition", using="two")


@falsehood
def a_hypothesis_against_an_assumption(F, n, t, s, T, m):
    """suppose a<b with assume a=b+1"""
    a = F.symbol("a")
    b = F.symbol("b")
    F.suppose("h", a, b)
    F.assume("e", a, b + 1)
    F.chain("x", a).equals(b + 1, by="definition", using="e")


@falsehood
def a_division_by_a_real_that_may_be_zero(F, n, t, s, T, m):
    """x/x=1 for real x"""
    a = F.symbol("a")
    F.chain("x", a / a).equals(1, by="algebra")


@falsehood
def a_division_by_zero_hidden_in_definitions(F, n, t, s, T, m):
    """2a=a by hidden division by zero, definitions only"""
    a = F.symbol("a", positive)
    b = F.symbol("b")
    c = F.symbol("c")
    d = F.symbol("d")
    F.define("b", b, a)
    F.define("c", c, a**2 - b**2)
    F.define("d", d, a**2 - a * b)
    F.chain("A", c / (a - b)).equals((a**2 - b**2) / (a - b), by="definition", using="c").equals(
        a + b, by="algebra"
    ).equals(2 * a, by="definition", using="b")
    F.chain("R", c).equals(d, by="definition", using=("c", "d", "b"))
    F.chain("B", c / (a - b)).equals(d / (a - b), by="result", using="R").equals(
        (a**2 - a * b) / (a - b), by="definition", using="d"
    ).equals(a, by="algebra")
    F.chain("x", 2 * a).equals(c / (a - b), by="result", using="A").equals(a, by="result", using="B")


@falsehood
def a_chain_cited_before_its_first_time(F, n, t, s, T, m):
    """chain start=0: Sum_{2}^{t}1 = t-1, cite at t=0: 0=-1"""
    one = wrap(1)
    F.chain("r", Sum(one, (s, 2, t)), start=0).equals(t - 1, by="algebra")
    F.chain("x", wrap(0)).equals(Sum(one, (s, 2, 0)), by="algebra").equals(-1, by="result", using="r")


@falsehood
def two_times_that_may_be_equal(F, n, t, s, T, m):
    """E(e_s e_t)=0 for all s,t, then at s=t: 1=0"""
    e = F.noise("e")
    F.define("noise", e[t], standard_normal)
    F.chain("r", E(e[s] * e[t])).equals(0, by="independence", using="noise")
    F.chain("x", wrap(1)).equals(E(e[1] * e[1]), by="definition", using="noise").equals(0, by="result", using="r")


@falsehood
def a_limit_of_any_real_sequence(F, n, t, s, T, m):
    """lim a_T/T=0 for any real sequence"""
    a = F.sequence("a")
    F.chain("x", Limit(a[T] / T, T)).equals(0, by="limit")


@falsehood
def a_limit_of_any_powers_below_one(F, n, t, s, T, m):
    """lim alpha_T^T=0 for any alpha in (0,1)"""
    a = F.sequence("alpha", unit)
    F.chain("x", Limit(a[T] ** T, T)).equals(0, by="limit")


@falsehood
def a_limit_that_algebra_enlarges(F, n, t, s, T, m):
    """lim c = c+11 by algebra; c by limit"""
    c = F.symbol("c")
    F.chain("y", Limit(c, T)).equals(c, by="limit")
    F.chain("x", Limit(c, T)).equals(c + 11, by="algebra")


@falsehood
def an_expectation_of_one_that_is_two(F, n, t, s, T, m):
    """E(1)=2 by algebra"""
    F.chain("x", E(wrap(1))).equals(2, by="algebra")


@falsehood
def a_variance_that_gains_a_square(F, n, t, s, T, m):
    """Var(c)=c+2c^2 by algebra"""
    c = F.symbol("c")
    F.chain("x", Var(c)).equals(c + 2 * c**2, by="algebra")


@falsehood
def an_integral_that_gains_its_variable(F, n, t, s, T, m):
    """Integral(f,u)=f+3u by algebra"""
    u = F.dummy("u")
    f = Normal(u, 0, 1)
    F.chain("y", Integral(f, u)).equals(1, by="Gaussian integral")
    F.chain("x", Integral(f, u)).equals(f + 3 * u, by="algebra")


@falsehood
def a_gap_whose_law_holds_its_own_variable(F, n, t, s, T, m):
    """gap KL(q, Normal(x;x,1)) is not >=0"""
    x = F.states("x")
    q = F.density("q")
    g = KL(q(x[t] | x[0]), Normal(x[t], x[t], 1))
    F.chain("x", 0 * log(q(x[t] | x[0]))).at_most(g, g)


@falsehood
def a_law_cited_for_another_noise(F, n, t, s, T, m):
    """other noise is standard by citing e's law"""
    e = F.noise("e")
    w = F.noise("w")
    F.define("noise", e[t], standard_normal)
    F.chain("x", Var(w[1])).equals(1, by="definition", using="noise")


@falsehood
def a_noise_of_variance_four(F, n, t, s, T, m):
    """noise ~ N(0,4) but Var=1"""
    e = F.noise("e")
    F.define("noise", e[t], Normal(e[t], 0, 4))
    F.chain("x", Var(e[t])).equals(1, by="definition", using="noise")


@falsehood
def a_law_of_one_member_for_another(F, n, t, s, T, m):
    """noise law for e_1 only gives Var(e_2)=1"""
    e = F.noise("e")
    F.define("noise", e[1], standard_normal)
    F.chain("x", Var(e[2])).equals(1, by="definition", using="noise")


@falsehood
def a_start_outside_of_the_interval(F, n, t, s, T, m):
    """alpha_bar from 0 in (0,1): alpha_bar_0=1 and <1"""
    a = F.sequence("alpha", unit)
    ab = F.sequence("alpha_bar", unit, start=0)
    F.define("ab", ab[t], Product(a[s], (s, 1, t)))
    F.chain("r", ab[0]).equals(1, by="definition", using="ab")
    F.chain("x", ab[0]).below(1, 1 - ab[0])


@falsehood
def a_logarithm_of_zero_at_the_start(F, n, t, s, T, m):
    """log(1-ab_0)-log(1-ab_0)=0"""
    a = F.sequence("alpha", unit)
    ab = F.sequence("alpha_bar", unit, start=0)
    F.define("ab", ab[t], Product(a[s], (s, 1, t)))
    F.chain("x", log(1 - ab[0]) - log(1 - ab[0])).equals(0, by="algebra")


@falsehood
def a_merged_noise_independent_of_its_part(F, n, t, s, T, m):
    """merged noise independent of e_1: E(z e1)=0"""
    e = F.noise("e")
    z = F.merged_noise("z")
    F.define("noise", e[t], standard_normal)
    F.chain("x", E(z * e[1])).equals(0, by="independence", using="noise")


@falsehood
def an_expectation_of_a_product_as_opaque(F, n, t, s, T, m):
    """E uninterpreted product: Var(b)+Var(-b)=2(E b+E(-b))"""
    e = F.noise("e")
    b = e[1]
    F.chain("x", Var(b) + Var(-b)).equals(2 * (E(b) + E(-b)), by="algebra")


@falsehood
def a_condition_dropped_as_markov(F, n, t, s, T, m):
    """drop condition x0: q(xt-1|xt,x0)=q(xt-1|xt) Markov"""
    x = F.states("x")
    q = F.density("q")
    F.chain("x", q(x[t - 1] | x[t], x[0])).equals(q(x[t - 1] | x[t]), by="Markov")


@falsehood
def bayes_at_the_first_time(F, n, t, s, T, m):
    """Bayes at t=1"""
    x = F.states("x")
    q = F.density("q")
    F.chain("x", q(x[t] | x[t - 1], x[0])).equals(
        q(x[t - 1] | x[t], x[0]) * q(x[t] | x[0]) / q(x[t - 1] | x[0]), by="Bayes"
    )


@falsehood
def a_root_of_a_square(F, n, t, s, T, m):
    """sqrt(x^2)=x real"""
    a = F.symbol("a")
    F.chain("x", sqrt(a**2)).equals(a, by="algebra")


@falsehood
def a_root_of_a_square_of_a_defined_sequence(F, n, t, s, T, m):
    """sqrt(x*x)=x for a sequence x defined 1-2b on real"""
    b = F.symbol("b", unit)
    F.chain("x", sqrt((1 - 2 * b) ** 2)).equals(1 - 2 * b, by="algebra")


@falsehood
def jensen_in_the_wrong_direction(F, n, t, s, T, m):
    """Jensen wrong direction: E log <= gap KL sign"""
    x = F.states("x")
    q = F.density("q")
    p = F.density("p")
    g = KL(q(x[1] | x[0]), p(x[1] | x[0]))
    F.chain("x", log(p(x[0]))).at_most(log(p(x[0])) - g, -g)


@falsehood
def a_gap_of_either_sign(F, n, t, s, T, m):
    """gap E(x) with sign (unit mean)"""
    e = F.noise(
        "e",
    )
    F.chain("x", E(e[1]) * 0).at_most(E(e[1]), E(e[1]))


@falsehood
def a_gap_whose_product_is_empty(F, n, t, s, T, m):
    """below with gap product empty at T=1"""
    a = F.sequence("a", unit)
    P = Product(a[s], (s, 1, T - 1))
    F.chain("x", P).below(1, 1 - P)


@falsehood
def a_product_below_one_that_is_empty(F, n, t, s, T, m):
    """below 1 for product from s=T..: (s,6+?,T)"""
    a = F.sequence("a", unit)
    P = Product(a[s], (s, 1, 0))
    F.chain("x", P).below(1, 1 - P)


@falsehood
def two_limits_exchanged(F, n, t, s, T, m):
    """nested/limit interchange: lim n/(n+m) m->inf"""
    F.chain("x", Limit(Limit(n / (n + m), m), n)).equals(1, by="limit")


@falsehood
def a_limit_of_a_tiny_constant(F, n, t, s, T, m):
    """lim 1e-12 const =0"""
    F.chain("x", Limit(wrap(Fraction(1, 10**12)), T)).equals(0, by="limit")


@falsehood
def a_definition_that_is_not_cited(F, n, t, s, T, m):
    """chain citing without: alpha=1-beta uncited"""
    b = F.sequence("beta", unit)
    a = F.sequence("alpha", unit)
    F.define("al", a[t], 1 - b[t])
    F.chain("x", a[t]).equals(1 - b[t], by="algebra")


@falsehood
def markov_for_two_general_times(F, n, t, s, T, m):
    """density q(x2|x0) Markov with s,t general"""
    x = F.states("x")
    q = F.density("q")
    F.chain("x", q(x[t] | x[s], x[0])).equals(q(x[t] | x[s]), by="Markov")


@falsehood
def a_sum_of_gaps_of_either_sign(F, n, t, s, T, m):
    """KL(x_t, mean depends) gap via Sum of bad KL"""
    x = F.states("x")
    q = F.density("q")
    g = Sum(KL(q(x[t] | x[0]), Normal(x[t], x[t], 1)), (t, 1, T))
    F.chain("x", 0 * log(q(x[T] | x[0]))).at_most(g, g)


@falsehood
def an_expectation_under_another_state(F, n, t, s, T, m):
    """two-state: E over q of x^2 (a+b)E.. Gaussian"""
    x = F.states("x")
    q = F.density("q")
    F.chain("x", E(x[1] ** 2, q(x[1]))).equals(E(x[1], q(x[1])) ** 2, by="linearity")


@falsehood
def a_noise_given_a_later_state(F, n, t, s, T, m):
    """noise vs given later: Var(x_t|x_t-1) w/ state def & indep"""
    e = F.noise("e")
    x = F.states("x")
    F.define("noise", e[t], standard_normal)
    F.chain("x", E(e[t] * x[t])).equals(0, by="independence", using="noise")


@falsehood
def a_merged_noise_beside_its_part(F, n, t, s, T, m):
    """merged: E(e1*z)=0 yet x1 both (draw+jump)"""
    e = F.noise("e")
    z = F.merged_noise("z")
    x = F.states("x")
    a = F.symbol("a", unit)
    F.define("noise", e[t], standard_normal)
    F.define("d", x[1], a * x[0] + (1 - a) * e[1])
    F.define("j", x[1], a * x[0] + (1 - a) * z)
    F.chain("A", E(x[1] * e[1] - a * x[0] * e[1])).equals(
        E((1 - a) * e[1] * e[1]), by="definition", using=("d", "noise")
    ).equals(1 - a, by="definition", using="noise")
    F.chain("B", E(x[1] * e[1] - a * x[0] * e[1])).equals(
        E((1 - a) * z * e[1]), by="definition", using=("j", "noise")
    ).equals(0, by="independence", using="noise")


@falsehood
def five_factors_before_a_density_twice(F, n, t, s, T, m):
    """density poly: log q *(T-1)..(T-5) = log q * 2 *..."""
    x = F.states("x")
    q = F.density("q")
    P = (T - 1) * (T - 2) * (T - 3) * (T - 4) * (T - 5)
    F.chain("x", P * log(q(x[1])) + log(q(x[1]))).equals(log(q(x[1])), by="algebra")


@falsehood
def a_sum_of_densities_that_is_empty(F, n, t, s, T, m):
    """density sum empty: Sum(1..T-5) log q(xs) + log q(x1)= log q(x1)"""
    x = F.states("x")
    q = F.density("q")
    F.chain("x", Sum(log(q(x[s])), (s, 1, T - 5)) + log(q(x[1]))).equals(log(q(x[1])), by="algebra")


@falsehood
def densities_of_few_pairs_of_times(F, n, t, s, T, m):
    """density: s,t with s>t gap e.g. q(x[s+3]...) only few pairs"""
    x = F.states("x")
    q = F.density("q")
    F.chain("x", q(x[t] | x[t - 1], x[t - 2])).equals(q(x[t] | x[t - 1]), by="chain rule")


@falsehood
def an_integral_through_a_pole(F, n, t, s, T, m):
    """definite integral through pole 1/u -1..1"""
    u = F.dummy("u")
    F.chain("x", Integral(1 / u, (u, -1, 1))).equals(0, by="integration")


@falsehood
def an_induction_with_a_shifted_hypothesis(F, n, t, s, T, m):
    """conclude with hypothesis at t+1 (shift)"""
    a = F.sequence("a")
    proof = F.induction("i", a[t], a[1], over=t)
    proof.base.equals(a[1], by="algebra")
    proof.step.equals(a[1], by="induction", using="hypothesis")
    proof.conclude()


@falsehood
def a_free_dummy_in_a_result(F, n, t, s, T, m):
    """Integral free dummy in result then substitute"""
    u = F.dummy("u")
    f = Normal(u, 0, 1)
    F.chain("A", Integral(f, u)).equals(f + 3 * u, by="algebra")
    F.chain("B", Integral(f, u)).equals(1, by="Gaussian integral")
    F.chain("x", wrap(1)).equals(Integral(f, u), by="result", using="B").equals(f + 3 * u, by="result", using="A")


@falsehood
def an_assumption_with_another_right_side(F, n, t, s, T, m):
    """assumption of noise not tagged / wrong RHS"""
    e = F.noise("e")
    F.assume("noise", e[t], wrap(7))
    F.chain("x", Var(e[t])).equals(1, by="definition", using="noise")


@falsehood
def independence_without_a_law(F, n, t, s, T, m):
    """E(e_s e_t)=0 independence, no std law"""
    e = F.noise("e")
    F.chain("r", E(e[s] * e[t])).equals(E(e[s]) * E(e[t]), by="independence")


@falsehood
def a_denominator_that_vanishes_at_equal_times(F, n, t, s, T, m):
    """1/(a_s-a_t) identity at s=t"""
    a = F.sequence("a")
    F.chain("r", (a[s] ** 2 - a[t] ** 2) / (a[s] - a[t])).equals(a[s] + a[t], by="algebra")


@falsehood
def a_recursion_cited_at_its_start(F, n, t, s, T, m):
    """fact w/ sequence starting at 0; recursion at t=0"""
    a = F.sequence("alpha", unit)
    F.chain("r", Product(a[s], (s, 1, t))).equals(a[t] * Product(a[s], (s, 1, t - 1)), by="algebra")
    F.chain("x", wrap(1)).equals(Product(a[s], (s, 1, 0)), by="algebra").equals(2, by="result", using="r")


@falsehood
def a_dummy_that_is_defined(F, n, t, s, T, m):
    """dummy defined"""
    u = F.dummy("u")
    F.define("u", u, 2)
    F.chain("x", Integral(u, (u, 0, 1))).equals(2, by="integration", using="u")


@falsehood
def a_parameter_constant_in_its_own_integral(F, n, t, s, T, m):
    """parameter assumed constant inside own integral"""
    u = F.dummy("u")
    c = F.symbol("c")
    F.assume("uc", u, c)
    F.chain("A", Integral(1 + 0 * u, (u, 0, c))).equals(c, by="integration")


@falsehood
def a_binomial_that_vanishes_for_small_T(F, n, t, s, T, m):
    """density goal true only for T<=5 by combinatorics: C(T-1,5)"""
    x = F.states("x")
    q = F.density("q")
    p = F.density("p")
    P = (T - 1) * (T - 2) * (T - 3) * (T - 4) * (T - 5)
    F.chain("vlb", KL(q(x[T] | x[0]), p(x[T] | x[0]))).equals(
        KL(q(x[T] | x[0]), p(x[T] | x[0])) + P * log(p(x[0])), by="algebra"
    )


@falsehood
def two_laws_for_one_state(F, n, t, s, T, m):
    """two laws for one state seq via definitions of x both"""
    x = F.states("x")
    a = F.symbol("a")
    F.define("d1", x[t], a * x[t - 1])
    F.define("d2", x[t], 2 * a * x[t - 1])
    F.chain("r", a * x[0]).equals(x[1], by="definition", using="d1").equals(2 * a * x[0], by="definition", using="d2")


@falsehood
def a_result_cited_before_its_domain(F, n, t, s, T, m):
    """ab_0: chapter-like 0 < SNR etc: ab_t<1 for t>=0 result cited at 0"""
    a = F.sequence("alpha", unit)
    ab = F.sequence("alpha_bar", unit, start=0)
    F.define("ab", ab[t], Product(a[s], (s, 1, t)))
    F.chain("r", (1 - ab[t]) / (1 - ab[t]), start=0).equals(1, by="algebra")
    F.chain("y", 1 - ab[0]).equals(0, by="definition", using="ab")


@falsehood
def an_expectation_of_a_constant_that_gains_a_square(F, n, t, s, T, m):
    """E under Normal const: E(c,N)=c+c^2"""
    c = F.symbol("c")
    u = F.dummy("u")
    F.chain("x", E(c, Normal(u, 0, 1))).equals(c + c**2, by="algebra")
    F.chain("y", E(c, Normal(u, 0, 1))).equals(c, by="linearity")


@falsehood
def one_is_two_from_an_expectation(F, n, t, s, T, m):
    """full 1=2 from E(1)"""
    F.chain("A", E(wrap(1))).equals(2, by="algebra")
    F.chain("B", E(wrap(1))).equals(1, by="linearity")
    F.chain("x", wrap(1)).equals(E(wrap(1)), by="result", using="B").equals(2, by="result", using="A")


@falsehood
def a_start_that_is_no_time(F, n, t, s, T, m):
    """start not validated: start='x' / -3"""
    F.chain("r", Sum(wrap(1), (s, 1, t)), start=-3).equals(t, by="algebra")
    F.chain("x", wrap(0)).equals(Sum(wrap(1), (s, 1, -2)), by="algebra").equals(-2, by="result", using="r")


@falsehood
def a_gap_stated_as_an_equality(F, n, t, s, T, m):
    """value of that gap as an equality"""
    x = F.states("x")
    q = F.density("q")
    b = F.sequence("beta", unit)
    F.define("step", q(x[t] | x[t - 1]), Normal(x[t], sqrt(1 - b[t]) * x[t - 1], b[t]))
    F.chain("v", KL(q(x[t] | x[t - 1]), Normal(x[t], x[t], 1))).equals(
        -(1 + log(b[t])) / 2, by="definition", using="step"
    )


@falsehood
def alpha_bar_starts_at_0_and_1_by_its_definition_and_is_below_1(F, n, t, s, T, m):
    ab = F.sequence("alpha_bar", unit, start=0, first=1)
    F.chain("x", ab[0]).below(1, 1 - ab[0])


@falsehood
def twice_the_expectation_of_one_is_three(F, n, t, s, T, m):
    """E(2) = 3 E(1) of a density"""
    x, q = F.states("x"), F.density("q")
    F.chain("x", E(wrap(2), q(x[1]))).equals(3 * E(wrap(1), q(x[1])), by="algebra")


@falsehood
def a_step_is_a_gibbs_step_by_saying_so(F, n, t, s, T, m):
    a = F.symbol("a")
    F.chain("x", a).equals(a, by="Gibbs")


@falsehood
def two_circles_of_definitions(F, n, t, s, T, m):
    a, b = F.sequence("a"), F.sequence("b")
    F.define("a", a[t], b[t])
    F.define("b", b[t], a[t] + 1)


def noisy(F, t):
    e = F.noise("e")
    F.define("noise", e[t], standard_normal)
    return e, F.states("x")


@falsehood
def a_step_under_its_hypothesis_cited_as_a_result(F, n, t, s, T, m):
    a = F.sequence("a")
    F.define("a", a[t], a[t - 1])
    proof = F.induction("i", a[t], wrap(0), over=t)
    proof.step.equals(a[t], by="definition", using="a").equals(0, by="induction", using="hypothesis")
    F.chain("x", a[2]).equals(0, by="result", using="i, step")


@falsehood
def a_noise_given_itself_has_mean_0(F, n, t, s, T, m):
    e, _ = noisy(F, t)
    F.chain("x", E(e[1], given=e[1])).equals(0, by="definition", using="noise")


@falsehood
def a_noise_given_the_state_that_it_makes_has_mean_0(F, n, t, s, T, m):
    e, x = noisy(F, t)
    F.define("draw", x[t], x[t - 1] + e[t])
    F.chain("x", E(e[1], given=x[1])).equals(0, by="definition", using=("noise", "draw"))


@falsehood
def a_state_made_of_a_noise_that_is_drawn_later(F, n, t, s, T, m):
    e, x = noisy(F, t)
    F.define("draw", x[t], x[t - 1] + e[t + 1])


@falsehood
def a_state_made_of_a_later_noise_by_way_of_a_parameter(F, n, t, s, T, m):
    e, x = noisy(F, t)
    b = F.sequence("b")
    F.define("draw", x[t], x[t - 1] + b[t])
    F.define("b", b[t], e[t + 1])


@falsehood
def a_defined_draw_is_no_number_its_variance_is_not_0(F, n, t, s, T, m):
    z, jump, twice = F.merged_noise("z"), F.sequence("jump"), F.sequence("twice")
    F.define("jump", jump[t], 1 + z)
    F.define("twice", twice[t], 2 * jump[t])
    F.chain("x", Var(twice[t])).equals(0, by="linearity")


@falsehood
def a_variable_of_integration_caught_by_a_definition(F, n, t, s, T, m):
    b, u = F.symbol("b"), F.dummy("u")
    F.define("b", b, u + 0)


@falsehood
def a_gap_that_begins_later_than_the_line(F, n, t, s, T, m):
    a, g = F.sequence("a"), F.sequence("g", positive, start=5)
    F.chain("x", a[t]).at_most(a[t], gap=g[t] - g[t])


@falsehood
def a_backward_noise_apart_from_the_state_that_it_makes(F, n, t, s, T, m):
    x, z = F.states("x"), F.noise("zeta", backward=True)
    F.chain("x", E(z[t] * x[t - 1])).equals(E(z[t]) * E(x[t - 1]), by="independence")


@falsehood
def a_forward_noise_in_a_state_drawn_backward(F, n, t, s, T, m):
    x, e = F.states("x"), F.noise("e")
    F.define("x", x[t - 1], x[t] + e[t])


@falsehood
def a_letter_for_a_network_under_a_mean(F, n, t, s, T, m):
    e, hat = F.noise("e"), F.sequence("eps_hat")
    F.chain("x", E(e[t] * hat[t])).equals(hat[t] * E(e[t]), by="linearity")


@falsehood
def a_circle_through_three(F, n, t, s, T, m):
    a, b, c = F.symbol("a"), F.symbol("b"), F.symbol("c")
    F.define("a", a, b)
    F.define("b", b, c)
    F.define("c", c, a + 1)


@falsehood
def hypotheses_first_contradicting_definition_later(F, n, t, s, T, m):
    a, b = F.symbol("a"), F.symbol("b")
    F.suppose("h", a, b)
    F.define("a", a, b + 1)


@falsehood
def a_state_made_of_a_later_state_of_another_process(F, n, t, s, T, m):
    e, x = noisy(F, t)
    y = F.states("y")
    F.define("x", x[t], x[t - 1] + e[t])
    F.define("y", y[t], y[t - 1] + x[t + 1])


@falsehood
def a_first_member_and_a_general_rule_that_covers_it(F, n, t, s, T, m):
    x = F.states("x")
    F.define("general", x[t], wrap(2))
    F.define("literal", x[0], wrap(1))


@falsehood
def a_gap_that_exists_later_than_the_line(F, n, t, s, T, m):
    a, g = F.symbol("a", positive), F.sequence("g", positive, start=5)
    F.define("g", g[t], a)
    F.chain("x", wrap(0) + 0 * t).at_most(a + 0 * t, gap=g[t], using="g")


@falsehood
def a_density_defined_by_a_later_state(F, n, t, s, T, m):
    x, q = F.states("x"), F.density("q")
    F.define("a", q(x[t] | x[t - 1]), Normal(x[t], x[t + 1], 1))


@falsehood
def two_laws_of_one_transition(F, n, t, s, T, m):
    x, q = F.states("x"), F.density("q")
    F.define("a", q(x[t] | x[t - 1]), Normal(x[t], 0, 1))
    F.define("b", q(x[t] | x[0]), Normal(x[t], 0, 2))


@falsehood
def a_product_that_is_no_density(F, n, t, s, T, m):
    x, q = F.states("x"), F.density("q")
    F.define("a", q(x[0], x[1]), q(x[0] | x[1]) * q(x[1] | x[0]))


@falsehood
def a_definition_with_a_hole_in_its_domain(F, n, t, s, T, m):
    F.define("r", F.symbol("r"), 1 / F.symbol("a"))


@falsehood
def an_expression_too_deep_to_look_at(F, n, t, s, T, m):
    deep = F.symbol("a")
    for _ in range(2000):
        deep = -sqrt(deep + 1)
    F.chain("x", deep).equals(deep + 1, by="algebra")


@falsehood
def a_number_that_becomes_random_later(F, n, t, s, T, m):
    b, z = F.symbol("b"), F.merged_noise("z")
    F.define("noise", z, standard_normal)
    F.chain("r", Var(b)).equals(0, by="linearity")
    F.define("b", b, 2 * z)
    F.chain("x", Var(b)).equals(4, by="definition", using=("b", "noise"))


@pytest.mark.parametrize("name", falsehood)
def test_falsehoods_are_refused(name):
    F = Derivation("F")
    with pytest.raises(DeriveError):
        falsehood[name](F, *F.indices("n t s T m"))


def test_gaps_are_attacked():
    """A wrong sign and a swapped divergence in the gap itself are among the mutants of an inequality."""
    F = Derivation("F")
    x, q, p = F.states("x"), F.density("q"), F.density("p")
    gap = KL(q(x[1] | x[0]), p(x[1] | x[0]))
    chain = F.chain("evidence", -log(p(x[0]))).at_most(-log(p(x[0])) + gap, gap=gap)
    kinds = [what for what, _, _ in chain.steps[0].attacks((), (q, p))]
    assert "gap: sign" in kinds and any(what.startswith("gap: swapped") for what in kinds)
    summary = F.summary()
    assert summary.killed == summary.total > 5


def test_a_first_member_beside_a_rule_that_begins_later():
    F = Derivation("F")
    t, a = *F.indices("t"), F.sequence("a")
    F.define("first", a[1], 1)
    F.define("next", a[t], a[t - 1] + 1)
    assert F.chain("x", a[2]).equals(a[1] + 1, by="definition", using="next").equals(2, by="definition", using="first")
    for _ in range(2):  # a cell may run twice
        F.define("next", a[t], a[t - 1] + 1)
