"""Falsehoods about functions, integrals, data and what may be exchanged: each must end in an error of the family."""

from __future__ import annotations

import pytest
from falsehoods import Falsehoods, World

from derive import KL, E, Limit, Product, Sum, Var, exp, log, sqrt, standard_normal
from derive import Derivative as D
from derive import Integral as I
from derive import Normal as N
from derive.errors import DeriveError

falsehood = Falsehoods()


# --- functions and definitions
@falsehood
def def_function_wrong_time(w):
    x, t = w.x, w.t
    w.X.define("P", w.P(x[t], t), I(N(x[t], w.m[t] * w.y, 1) * w.f(w.y), w.y))
    w.st(w.P(x[t + 1], t + 1), I(N(x[t + 1], w.m[t] * w.y, 1) * w.f(w.y), w.y), "definition", "P")


@falsehood
def def_function_at_zero(w):
    x, t = w.x, w.t
    w.X.define("P", w.P(x[t], t), I(N(x[t], w.m[t] * w.y, 1) * w.f(w.y), w.y))
    w.st(w.P(x[0], 0), I(N(x[0], w.m[0] * w.y, 1) * w.f(w.y), w.y), "definition", "P")


@falsehood
def def_function_capture_dummy(w):
    # g(r) := r + b then integral over b? b symbol
    w.X.define("g", w.g(w.r), w.r * w.b)
    w.st(I(w.f(w.b) * w.g(w.r), w.b), I(w.f(w.b), w.b) * w.g(w.r), "linearity")
    w.st(I(w.f(w.b) * w.g(w.r), w.b), I(w.f(w.b) * w.r * w.b, w.b), "definition", "g")


@falsehood
def def_function_capture_E(w):
    w.X.define("g", w.g(w.r), w.r * w.b)
    w.st(E(w.g(w.r), N(w.b, 0, 1)), w.g(w.r), "linearity")
    w.st(E(w.g(w.r), N(w.b, 0, 1)), E(w.r * w.b, N(w.b, 0, 1)), "definition", "g").equals(0, by="Gaussian integral")


@falsehood
def def_symbol_capture_integral(w):
    w.X.define("v2", w.r, 2 * w.b)
    w.st(I(w.f(w.b) * w.r, w.b), w.r * I(w.f(w.b), w.b), "linearity")
    w.st(I(w.f(w.b) * w.r, w.b), I(w.f(w.b) * 2 * w.b, w.b), "definition", "v2")


@falsehood
def def_symbol_capture_E(w):
    w.X.define("v2", w.r, 2 * w.b)
    w.st(E(w.r, N(w.b, 0, 1)), w.r, "Gaussian integral")
    w.st(E(w.r, N(w.b, 0, 1)), E(2 * w.b, N(w.b, 0, 1)), "definition", "v2").equals(0, by="Gaussian integral")


@falsehood
def state_capture_by_density(w):
    x, t = w.x, w.t
    w.X.define("noise", w.e[t], standard_normal)
    w.X.define("x", x[t], x[t - 1] + w.e[t])
    w.st(I(x[1] * N(x[1], 0, 1), x[1]), I((x[0] + w.e[1]) * N(x[1], 0, 1), x[1]), "definition", "x")


@falsehood
def function_of_random(w):
    t = w.t
    w.X.define("noise", w.e[t], standard_normal)
    w.st(E(w.g(w.e[t])), w.g(E(w.e[t])), "definition", "noise")


@falsehood
def function_of_noise_zero(w):
    t = w.t
    w.X.define("noise", w.e[t], standard_normal)
    w.st(E(w.g(w.e[t]) * w.e[t]), 0, "definition", "noise")


@falsehood
def function_of_noise_stein_wrong(w):
    t = w.t
    w.X.define("noise", w.e[t], standard_normal)
    w.st(E(w.g(w.e[t]) * w.e[t]), E(w.g(w.e[t])), "definition", "noise")


@falsehood
def function_of_noise_independent(w):
    t = w.t
    w.X.define("noise", w.e[t], standard_normal)
    w.st(E(w.g(w.e[t]) * w.h(w.e[t])), E(w.g(w.e[t])) * E(w.h(w.e[t])), "independence", "noise")


@falsehood
def function_cubic_gh(w):  # 4-node rule is exact to degree 7 only
    t = w.t
    w.X.define("noise", w.e[t], standard_normal)
    w.st(E(w.e[t] ** 8), 105 - 24, "definition", "noise")


# --- integrals
@falsehood
def int_rename_free(w):
    w.st(w.r * I(w.f(w.y) * w.y, w.y), I(w.f(w.r) * w.r * w.y, w.y), "linearity")


@falsehood
def int_shift(w):
    w.st(I(w.f(w.y + w.r), w.y), I(w.f(w.y), w.y) + w.r, "linearity")


@falsehood
def int_scale(w):
    w.st(I(w.f(w.a * w.y), w.y), w.a * I(w.f(w.y), w.y), "linearity")


@falsehood
def int_end_scale(w):
    w.st(I(w.g(w.y), (w.y, 0, 2 * w.a)), 2 * I(w.g(w.y), (w.y, 0, w.a)), "linearity")


@falsehood
def int_ends_equal(w):
    w.st(I(w.g(w.y), (w.y, 0, w.r)), I(w.g(w.y), (w.y, 0, w.b)), "linearity")


@falsehood
def int_ends_sum(w):
    w.st(I(w.g(w.y), (w.y, 0, w.r + w.b)), I(w.g(w.y), (w.y, 0, w.r)) + I(w.g(w.y), (w.y, 0, w.b)), "linearity")


@falsehood
def int_one(w):
    w.st(I(w.r + 0 * w.y, (w.y, 0, 1)), w.r, "linearity")


@falsehood
def int_half_line(w):
    w.st(I(w.f(w.y), (w.y, 0, None)), I(w.f(w.y), w.y) / 2, "linearity")


@falsehood
def int_div(w):
    w.st(I(w.f(w.y) / w.w(w.y), (w.y, 0, 1)), I(w.f(w.y), (w.y, 0, 1)) / I(w.w(w.y), (w.y, 0, 1)), "linearity")


@falsehood
def int_log(w):
    w.st(I(log(w.f(w.y)), (w.y, 0, 1)), log(I(w.f(w.y), (w.y, 0, 1))), "linearity")


@falsehood
def int_sqrt(w):
    w.st(I(sqrt(w.f(w.y)), (w.y, 0, 1)), sqrt(I(w.f(w.y), (w.y, 0, 1))), "linearity")


@falsehood
def int_exp_const(w):
    w.st(I(exp(w.r + w.y), (w.y, 0, 1)), w.r + I(exp(w.y), (w.y, 0, 1)), "linearity")


@falsehood
def int_pole(w):
    w.st(D(I(1 / (w.y - w.r), (w.y, 0, 1)), w.r), I(1 / (w.y - w.r) ** 2, (w.y, 0, 1)), "exchange")


@falsehood
def int_improper_exchange(w):
    w.st(D(I(sqrt(w.y * w.a), (w.y, 0, 1)), w.a), I(D(sqrt(w.y * w.a), w.a), (w.y, 0, 1)), "exchange")


@falsehood
def int_dirichlet(w):  # d/da int a/(a²+y²) dy = 0 for a>0, fine, but not tame
    w.st(D(I(w.a / (w.a**2 + w.y**2), w.y), w.a), I(D(w.a / (w.a**2 + w.y**2), w.a), w.y), "exchange")


@falsehood
def fubini_cauchy(w):  # classic counterexample
    k = (w.y**2 - w.u**2) / (1 + w.y**2 + w.u**2) ** 2
    w.st(I(I(k, (w.y, 1, None)), (w.u, 1, None)), I(I(k, (w.u, 1, None)), (w.y, 1, None)), "exchange")


@falsehood
def fubini_one_bell(w):
    w.st(I(I(w.g(w.u, w.y) * w.f(w.u), w.u), w.y), I(w.f(w.u) * I(w.g(w.u, w.y), w.y), w.u), "exchange")


@falsehood
def fubini_difference(w):  # y-u falls, u+y missing
    w.st(I(I(N(w.u, w.y, 1) * w.g(w.u), w.u), w.y), I(w.g(w.u) * I(N(w.u, w.y, 1), w.y), w.u), "exchange")


@falsehood
def fubini_same_sign_counterexample(w):
    # two bells in the same direction u-y
    k = w.f(w.u - w.y) * w.w(w.y - w.u)
    w.st(I(I(k * w.y, w.u), w.y), I(I(k * w.y, w.y), w.u), "exchange")


@falsehood
def fubini_zero_coeff(w):
    k = w.f(w.u - w.b * w.y) * w.w(w.u)
    w.st(I(I(k, w.u), w.y), I(I(k, w.y), w.u), "exchange")


@falsehood
def fubini_dependent_directions(w):
    k = w.f(w.u + w.y) * w.w(2 * w.u + 2 * w.y)
    w.st(I(I(k, w.u), w.y), I(I(k, w.y), w.u), "exchange")


@falsehood
def exchange_by_bound(w):
    w.st(D(I(w.f(w.y) * w.y, w.y), w.y), I(D(w.f(w.y) * w.y, w.y), w.y), "exchange")


@falsehood
def exchange_lost_product(w):
    w.st(
        D(I(w.g(w.r) * N(w.r, w.y, 1) * w.f(w.y), w.y), w.r),
        I(w.g(w.r) * D(N(w.r, w.y, 1), w.r) * w.f(w.y), w.y),
        "exchange",
    )


@falsehood
def exchange_second(w):
    w.st(D(D(I(N(w.r, w.y, 1) * w.f(w.y), w.y), w.r), w.r), I(D(N(w.r, w.y, 1), w.r) ** 2 * w.f(w.y), w.y), "exchange")


@falsehood
def exchange_mixed(w):
    w.st(
        D(D(I(N(w.r, w.y, w.a) * w.f(w.y), w.y), w.r), w.a),
        I(D(D(N(w.r, w.y, w.a), w.r), w.r) * w.f(w.y), w.y),
        "exchange",
    )


@falsehood
def heat_wrong_half(w):
    p = I(N(w.r, w.y, w.a) * w.f(w.y), w.y)
    w.st(D(p, w.a), D(D(p, w.r), w.r), "exchange")


@falsehood
def heat_wrong_sign(w):
    p = I(N(w.r, w.y, w.a) * w.f(w.y), w.y)
    w.st(D(p, w.a), -D(D(p, w.r), w.r) / 2, "exchange")


@falsehood
def fp_no_drift(w):
    n = N(w.r, sqrt(w.c) * w.b, 1 - w.c)
    w.st(-w.c * D(n, w.c), D(D(n, w.r), w.r) / 2, "differentiation")


@falsehood
def fp_drift_outside(w):
    n = N(w.r, sqrt(w.c) * w.b, 1 - w.c)
    w.st(-w.c * D(n, w.c), (w.r * D(n, w.r) + D(D(n, w.r), w.r)) / 2, "differentiation")


@falsehood
def flow_ode_wrong(w):  # probability flow: without half
    p = I(N(w.r, w.y, w.a) * w.f(w.y), w.y)
    w.st(D(p, w.a), -D(p * (-D(log(p), w.r)), w.r), "exchange")


@falsehood
def parts_sign(w):
    w.st(I(w.g(w.y) * D(w.f(w.y), w.y), w.y), I(D(w.g(w.y), w.y) * w.f(w.y), w.y), "exchange")


@falsehood
def total_derivative_ends(w):
    w.st(I(D(w.g(w.y), w.y), (w.y, 0, 1)), w.g(1) - w.g(0) + 1, "integration")


@falsehood
def score_is_linear(w):
    w.st(D(log(w.f(w.r) + w.w(w.r)), w.r), D(log(w.f(w.r)), w.r) + D(log(w.w(w.r)), w.r), "differentiation")


# --- with E
@falsehood
def d_of_E_inside(w):
    w.st(D(E(w.g(w.y), N(w.y, w.r, 1)), w.r), E(D(w.g(w.y), w.r), N(w.y, w.r, 1)), "exchange")


@falsehood
def E_fn_out(w):
    w.st(E(w.g(w.y) * w.y, N(w.y, 0, 1)), w.g(w.y) * E(w.y, N(w.y, 0, 1)), "linearity")


@falsehood
def E_fn_square(w):
    w.st(E(w.g(w.y) ** 2, N(w.y, 0, 1)), E(w.g(w.y), N(w.y, 0, 1)) ** 2, "linearity")


@falsehood
def E_stein_false(w):
    w.st(E(w.g(w.y) * w.y, N(w.y, w.r, w.v)), w.v * E(D(w.g(w.y), w.y), N(w.y, w.r, w.v)), "Gaussian integral")


@falsehood
def E_zero_fn(w):
    w.st(E(w.g(w.y) - w.g(w.y), N(w.y, 0, 1)), 1, "linearity")


@falsehood
def E_other_mean(w):
    w.st(E(w.g(w.y), N(w.y, w.r, 1)), E(w.g(w.y), N(w.y, w.b, 1)), "linearity")


@falsehood
def E_other_variance_def(w):
    w.st(E(w.g(w.y), N(w.y, w.r, w.v)), I(w.g(w.y) * N(w.y, w.r, sqrt(w.v)), w.y), "definition")


@falsehood
def KL_swapped_def(w):
    w.st(
        KL(N(w.y, w.r, 1), N(w.y, 0, w.v)), I(N(w.y, w.r, 1) * log(N(w.y, 0, w.v) / N(w.y, w.r, 1)), w.y), "definition"
    )


@falsehood
def KL_other_variables(w):
    w.st(
        KL(N(w.y, w.r, 1), N(w.u, 0, w.v)), I(N(w.y, w.r, 1) * log(N(w.y, w.r, 1) / N(w.u, 0, w.v)), w.y), "definition"
    )


@falsehood
def E_nested_capture(w):
    w.st(E(E(w.g(w.y), N(w.y, 0, 1)) * w.y, N(w.y, w.r, 1)), E(w.g(w.y) * w.y, N(w.y, w.r, 1)), "linearity")


# --- with Limit
@falsehood
def limit_function(w):
    w.st(Limit(w.g(1 / (1 + w.T)), w.T), w.g(w.r - w.r + 0), "algebra")


@falsehood
def limit_function_wrong(w):
    w.st(Limit(w.g(w.r, w.T), w.T), w.g(w.r), "limit")


@falsehood
def limit_fn_const(w):
    w.st(Limit(w.g(w.r) / (1 + w.T), w.T), w.g(w.r), "limit")


@falsehood
def limit_fn_decays(w):
    w.st(Limit(w.f(w.T + 0 * w.r), w.T), 1, "limit")


@falsehood
def limit_inside_integral(w):
    w.st(Limit(I(w.f(w.y) / w.T, w.y), w.T), I(w.f(w.y), w.y), "limit")


@falsehood
def limit_of_integral_moving_bump(w):
    w.st(Limit(I(w.f(w.y - w.T), w.y), w.T), 0, "limit")


@falsehood
def limit_fn_of_T(w):
    w.st(Limit(w.g(w.T * w.r), w.T), w.g(w.r), "limit")


@falsehood
def derivative_of_limit(w):
    w.st(D(Limit(w.r**2 / w.T, w.T), w.r), Limit(2 * w.r, w.T), "exchange")


# --- induction
@falsehood
def induction_with_functions(w):
    t = w.t
    ind = w.X.induction("i", w.g(w.r, t), w.g(w.r, 1), over=t)
    ind.base.equals(w.g(w.r, 1), by="algebra")
    ind.step.equals(w.g(w.r, t), by="algebra")


@falsehood
def induction_hyp_under_derivative(w):
    t = w.t
    ind = w.X.induction("i", D(w.g(w.r, t), w.r), w.g(w.r, t), over=t)
    ind.base.equals(w.g(w.r, 1), by="differentiation")


@falsehood
def induction_sum_functions(w):
    t, s = w.t, w.s
    ind = w.X.induction("i", Sum(w.g(w.r, s), (s, 1, t)), t * w.g(w.r, 1), over=t)
    ind.base.equals(1 * w.g(w.r, 1), by="algebra")
    ind.step.equals(Sum(w.g(w.r, s), (s, 1, t)) + w.g(w.r, t + 1), by="telescoping").equals(
        t * w.g(w.r, 1) + w.g(w.r, t + 1), by="induction", using="hypothesis"
    ).equals((t + 1) * w.g(w.r, 1), by="algebra")


@falsehood
def sum_of_functions(w):
    w.st(Sum(w.g(w.r, w.s), (w.s, 1, w.T)), w.T * w.g(w.r, 1), "algebra")


@falsehood
def product_of_functions(w):
    w.st(Product(w.f(w.r, w.s), (w.s, 1, w.T)), w.f(w.r, 1) ** w.T, "algebra")


@falsehood
def sum_under_derivative(w):
    w.st(D(Sum(w.g(w.r, w.s), (w.s, 1, w.T)), w.r), Sum(w.g(w.r, w.s), (w.s, 1, w.T)), "differentiation")


@falsehood
def sum_under_derivative_zero(w):
    w.st(D(Sum(w.g(w.r, w.s), (w.s, 1, w.T)), w.r), 0, "differentiation")


@falsehood
def sum_into_integral(w):
    w.st(
        I(Sum(w.g(w.y, w.s), (w.s, 1, w.T)) * w.f(w.y), w.y),
        Sum(I(w.g(w.y, w.s) * w.f(w.y), w.y), (w.s, 1, w.T + 1)),
        "linearity",
    )


# --- gaps
@falsehood
def gap_real_function(w):
    w.X.chain("c", w.r).at_most(w.r + w.g(w.b), gap=w.g(w.b))


@falsehood
def gap_prime(w):
    w.X.chain("c", w.r).at_most(w.r + w.f.prime(w.b), gap=w.f.prime(w.b))


@falsehood
def gap_difference(w):
    w.X.chain("c", w.f(w.r)).at_most(w.f(w.r) + w.w(w.r) - w.f(w.r) * w.w(w.r), gap=w.w(w.r) - w.f(w.r) * w.w(w.r))


@falsehood
def gap_integral(w):
    w.X.chain("c", w.r).at_most(w.r + I(w.f(w.y), (w.y, 0, w.b)), gap=I(w.f(w.y), (w.y, 0, w.b)))


@falsehood
def gap_integral_real(w):
    w.X.chain("c", w.r).at_most(w.r + I(w.g(w.y) * w.f(w.y), w.y), gap=I(w.g(w.y) * w.f(w.y), w.y))


@falsehood
def gap_square_strict(w):
    w.X.chain("c", w.r).below(w.r + w.g(w.b) ** 2, gap=w.g(w.b) ** 2)


@falsehood
def gap_decreasing_integral(w):
    w.X.chain("c", w.r).below(w.r + I(w.f(w.y), (w.y, 1, 0)), gap=I(w.f(w.y), (w.y, 1, 0)))


@falsehood
def gap_log(w):
    w.X.chain("c", w.r).at_most(w.r + log(w.f(w.b)), gap=log(w.f(w.b)))


@falsehood
def gap_derivative(w):
    w.X.chain("c", w.r).at_most(w.r + D(w.a**2 * w.b, w.b), gap=D(w.f(w.a), w.a))


# --- laws with data
def data(w, d):
    x, q = w.x, w.q
    w.X.define("step", q(x[w.t] | x[w.t - 1]), N(x[w.t], sqrt(w.al[w.t]) * x[w.t - 1], 1 - w.al[w.t]))
    w.X.define("data", q(x[0]), d)


@falsehood
def data_mean_zero(w):
    data(w, w.f(w.x[0]))
    w.st(E(w.x[0], w.q(w.x[0])), 0, "definition", "data")


@falsehood
def data_other_law(w):
    data(w, w.f(w.x[0]))
    w.st(w.p(w.x[0]), w.f(w.x[0]), "definition", "data")


@falsehood
def data_conditional(w):
    data(w, w.f(w.x[0]))
    w.st(w.q(w.x[0] | w.x[1]), w.f(w.x[0]), "definition", "data")


@falsehood
def data_time_one(w):
    data(w, w.f(w.x[0]))
    w.st(w.q(w.x[1]), w.f(w.x[1]), "definition", "data")


@falsehood
def data_gauss_is_stationary_wrong(w):
    data(w, N(w.x[0], 0, w.v))
    w.st(w.q(w.x[1]), N(w.x[1], 0, w.v), "definition", ("data", "step"))


@falsehood
def data_two(w):
    data(w, w.f(w.x[0]))
    w.X.define("d2", w.q(w.x[0]), N(w.x[0], 0, 1))


@falsehood
def data_f_then_bell(w):
    data(w, w.f(w.x[0]))
    w.X.define("fd", w.f(w.r), 2 * N(w.r, 0, 1))
    w.st(w.q(w.x[0]), 2 * N(w.x[0], 0, 1), "definition", ("data", "fd"))


@falsehood
def data_f_normalised(w):
    data(w, w.f(w.x[0]))
    w.st(I(w.f(w.x[0]), w.x[0]), 2, "definition", "data")


@falsehood
def density_int_function(w):
    w.st(I(w.g(w.x[0]) * w.q(w.x[0] | w.x[1]), w.x[0]), w.g(w.x[1]) * I(w.q(w.x[0] | w.x[1]), w.x[0]), "linearity")


@falsehood
def derivative_density_wrt_condition(w):
    w.st(D(w.q(w.x[1] | w.x[0]), w.x[0]), -D(w.q(w.x[1] | w.x[0]), w.x[1]), "algebra")


@falsehood
def E_density_function_of_cond(w):
    w.st(E(w.g(w.x[1]), w.q(w.x[0] | w.x[1])), E(w.g(w.x[0]), w.q(w.x[0] | w.x[1])), "linearity")


@falsehood
def positive_bell_nonpos(w):
    w.st(sqrt(w.f(w.r)) * sqrt(w.w(w.r)), sqrt(w.f(w.r) + w.w(w.r)), "algebra")


@falsehood
def log_sum(w):
    w.st(log(w.f(w.r) + w.w(w.r)), log(w.f(w.r)) + log(w.w(w.r)), "algebra")


@falsehood
def fn_abs(w):
    w.st(exp(log(w.g(w.r) ** 2) / 2), w.g(w.r), "algebra")


@falsehood
def fn_nested(w):
    w.st(w.g(w.h(w.r)), w.h(w.g(w.r)), "algebra")


@falsehood
def fn_inverse(w):
    w.st(D(w.g(w.h(w.r)), w.r), w.g.prime(w.r) * w.h.prime(w.r), "differentiation")


@falsehood
def fn_partial_second(w):
    w.st(D(w.g(w.r, w.b), w.r), D(w.g(w.b, w.r), w.r), "differentiation")


@falsehood
def fn_total(w):
    w.st(D(w.g(w.r, w.r), w.r), 2 * D(w.g(w.r, w.b), w.r), "differentiation")


@falsehood
def fn_state_time(w):
    w.st(w.g(w.x[w.t], w.t), w.g(w.x[w.t], w.s), "algebra")


@falsehood
def fn_other_member(w):
    w.st(D(w.g(w.x[w.s]), w.x[w.t]), 0, "differentiation")


@falsehood
def fn_assume(w):
    w.X.assume("a", w.g(w.r), w.r)
    w.st(w.g(w.b), w.b, "definition", "a")


@falsehood
def fn_assume_prime(w):
    w.X.assume("a", w.g(w.r), w.b * w.r)
    w.st(D(w.g(w.r), w.b), 0, "differentiation")


@falsehood
def fn_suppose(w):
    w.X.suppose("s", w.f(w.r), 0)


@falsehood
def fn_suppose_one(w):
    w.X.suppose("s", w.f(w.r), w.a)
    w.st(w.f(w.b) / (w.a - w.f(w.b)) * (w.a - w.f(w.b)), w.f(w.b), "algebra")


@falsehood
def fn_negative_power(w):
    w.st(w.g(w.r) * w.g(w.r) ** -1, 1, "algebra")


@falsehood
def fn_define_unit_escape(w):
    w.X.define("c2", w.c, w.f(w.r))


@falsehood
def fn_define_positive_escape(w):
    w.X.define("a2", w.a, w.g(w.r))


@falsehood
def fn_circle(w):
    w.X.define("g", w.g(w.r), w.h(w.r) + 1)
    w.X.define("h", w.h(w.r), w.g(w.r) + 1)


@falsehood
def fn_circle_symbol(w):
    w.X.define("b", w.b, w.g(w.r))
    w.X.define("g", w.g(w.r), w.b + 1)


@falsehood
def fn_def_twice(w):
    w.X.define("g", w.g(w.r), w.r)
    w.X.define("g2", w.g(w.b), 2 * w.b)


@falsehood
def fn_def_after_zero(w):
    w.st(D(w.g(w.r), w.b), 0, "differentiation")
    w.X.define("g", w.g(w.r), w.r * w.b)


@falsehood
def fn_def_two_args_one(w):
    w.X.define("g", w.g(w.r), w.r)
    w.st(w.g(w.r, w.b), w.r, "definition", "g")


@falsehood
def var_of_function(w):
    w.st(Var(w.g(w.x[1])), w.g.prime(w.x[1]) ** 2 * Var(w.x[1]), "linearity")


@falsehood
def var_int(w):
    w.X.define("noise", w.e[w.t], standard_normal)
    w.st(Var(w.e[1] * I(w.f(w.y), w.y)), I(w.f(w.y), w.y), "definition", "noise")


@falsehood
def E_int_of_noise(w):
    w.X.define("noise", w.e[w.t], standard_normal)
    w.st(E(I(w.f(w.y - w.e[1]), w.y)), I(w.f(w.y), w.y) + 1, "definition", "noise")


@falsehood
def E_int_hides(w):
    w.X.define("noise", w.e[w.t], standard_normal)
    w.st(E(w.e[1] * I(w.f(w.y - w.e[1]), w.y)), 0, "definition", "noise")


@falsehood
def index_as_number(w):
    w.st(w.g(w.r, w.t) * w.t, w.g(w.r, w.t), "algebra")


@falsehood
def assumption_random(w):
    w.X.define("noise", w.e[w.t], standard_normal)
    w.X.assume("a", w.r, 2 * w.e[1])
    w.st(Var(w.r), 0, "linearity")
    w.st(Var(w.r), 4, "definition", ("a", "noise"))


@falsehood
def assumption_capture(w):
    w.X.assume("a", w.r, 2 * w.b)
    left = E(w.r * w.b, N(w.b, 0, 1))
    w.st(left, w.r * E(w.b, N(w.b, 0, 1)), "linearity")
    w.st(left, E(2 * w.b * w.b, N(w.b, 0, 1)), "definition", "a")


@falsehood
def result_capture(w):
    w.X.define("d", w.r, 2 * w.b)
    w.X.chain("R", w.r**2).equals(4 * w.b**2, by="definition", using="d")
    left = I(w.f(w.b) * w.r**2, w.b)
    w.st(left, w.r**2 * I(w.f(w.b), w.b), "linearity")
    w.st(left, I(w.f(w.b) * 4 * w.b**2, w.b), "result", "R")


@falsehood
def capture_sequence(w):
    t = w.t
    w.X.define("d", w.m[t], 2 * w.b * t)
    left = I(w.f(w.b) * w.m[t], w.b)
    w.st(left, w.m[t] * I(w.f(w.b), w.b), "linearity")
    w.st(left, I(w.f(w.b) * 2 * w.b * t, w.b), "definition", "d")


@falsehood
def capture_by_integration(w):
    w.X.define("d", w.r, 2 * w.b)
    left = I(w.r * w.b, (w.b, 0, 1))
    w.st(left, w.r / 2, "integration")
    w.st(left, I(2 * w.b * w.b, (w.b, 0, 1)), "definition", "d")


@falsehood
def capture_two_step(w):
    w.X.define("d", w.r, 2 * w.b)
    w.X.define("d2", w.m[w.t], w.r + w.t)
    left = I(w.f(w.b) * w.m[w.t], w.b)
    w.st(left, w.m[w.t] * I(w.f(w.b), w.b), "linearity")
    w.st(left, I(w.f(w.b) * (w.r + w.t), w.b), "definition", "d2").equals(
        I(w.f(w.b) * (2 * w.b + w.t), w.b), by="definition", using="d"
    )


@falsehood
def capture_two_at_once(w):
    w.X.define("d", w.r, 2 * w.b)
    w.X.define("d2", w.m[w.t], w.r + w.t)
    left = I(w.f(w.b) * w.m[w.t], w.b)
    w.st(left, I(w.f(w.b) * (2 * w.b + w.t), w.b), "definition", ("d", "d2"))


@falsehood
def capture_function(w):
    w.X.define("g", w.g(w.r), w.b * w.r)
    left = I(w.f(w.b) * w.g(w.r), w.b)
    w.st(left, w.g(w.r) * I(w.f(w.b), w.b), "linearity")
    w.st(left, I(w.f(w.b) * w.b * w.r, w.b), "definition", "g")


@falsehood
def capture_variance(w):
    w.X.define("d", w.v, w.a + 1)
    w.X.define("k", w.q(w.x[0]), N(w.x[0], 0, w.v))
    left = I(w.f(w.a) * log(w.v), (w.a, 0, 1))
    w.st(left, I(w.f(w.a) * log(w.a + 1), (w.a, 0, 1)), "definition", "d")


@falsehood
def capture_divergence(w):
    w.X.define("d", w.r, 2 * w.b)
    left = KL(N(w.b, w.r, 1), N(w.b, 0, 1))
    w.st(left, w.r**2 / 2, "Gaussian integral")
    w.st(left, KL(N(w.b, 2 * w.b, 1), N(w.b, 0, 1)), "definition", "d")


@falsehood
def capture_induction(w):
    t, b = w.t, w.b
    w.X.define("d", w.r, 2 * b)
    ind = w.X.induction("i", w.r * t, 2 * b * t, over=t)
    ind.base.equals(2 * b, by="definition", using="d").equals(2 * b * 1, by="algebra")
    ind.step.equals(w.r * t + w.r, by="algebra").equals(2 * b * t + w.r, by="induction", using="hypothesis").equals(
        2 * b * (t + 1), by="definition", using="d"
    )
    ind.conclude()
    left = I(w.f(b) * (w.r * t), b)
    w.st(left, w.r * t * I(w.f(b), b), "linearity")
    w.st(left, I(w.f(b) * (2 * b * t), b), "result", "i")


@falsehood
def capture_state_integral(w):
    x = w.x
    w.X.define("d", w.r, 2 * x[0])
    w.st(I(w.f(x[0]) * w.r, x[0]), w.r * I(w.f(x[0]), x[0]), "linearity")


@falsehood
def capture_random_later(w):
    x = w.x
    w.st(I(w.f(x[0]) * w.r, x[0]), w.r * I(w.f(x[0]), x[0]), "linearity")
    w.X.define("d", w.r, 2 * x[0])


@pytest.mark.parametrize("name", falsehood)
def test_falsehoods_are_refused(name):
    with pytest.raises(DeriveError):
        falsehood[name](World())
