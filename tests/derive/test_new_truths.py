"""True statements from papers on diffusion models are proved, and near misses of the rules that prove them are not."""

from __future__ import annotations

import pytest
from papers import TRUE, Papers
from tables import table

# Near misses: what the new rules must not prove.
FALSE = table(
    r"""
# the least value of an index
early times (Undefined): step((T - 1) / (T - 1), 1, "algebra")
one later than the least (Undefined): step((T - 2) / (T - 2), 1, "algebra", start=2)
zero times (Undefined): step(T / T, 1, "algebra", start=0)
early within a sum (Undefined): step(Sum((s - 1) / (s - 1), (s, 1, T)), T, "algebra")
# the order of times within a sum
last term (Undefined): step(Sum((T - s) / (T - s), (s, 1, T)), T, "algebra")
wrong order (Undefined): step(Sum((s - T + 3) / (s - T + 3), (s, 1, T)), T, "algebra", start=4)
outside of the sum (Undefined): step(Sum(m[s], (s, 1, T)) / (T - t + 1) * (T - t + 1), Sum(m[s], (s, 1, T)), "algebra")
another end (Undefined): step(Sum((T - s + 1) / (T - s + 1), (s, 1, T + 1)), T + 1, "algebra")
# sums of powers
sum of squares (Refuted): step(Sum(s**2, (s, 1, T)), T * (T + 1) / 2, "algebra")
sum from two (Refuted): step(Sum(s, (s, 2, T)), T * (T + 1) / 2, "algebra", start=2)
# exponentials
exponential of any sign (Inconclusive): step((1 - exp(r)) / (1 - exp(r)), 1, "algebra")
exponential of a difference (Undefined): step((1 - exp(a - v)) / (1 - exp(a - v)), 1, "algebra")
exponential that grows (Undefined): step(log(1 - exp(a)), log(1 - exp(a)), "algebra")
exponentials of two rates (Undefined): step(log(exp(-a) - exp(-v)), log(exp(-a) - exp(-v)), "algebra")
exponentials crossed (Refuted): chain("sub", 1 - exp(-2 * a)).below(1 - exp(-a), gap=exp(-2 * a) - exp(-a))
exponentials with a square (Inconclusive): chain("sub", c).below(c + 1 - exp(-(r**2)), gap=1 - exp(-(r**2)))
exponential sum (Refuted): step(sqrt(1 - exp(-2 * a)), 1 - exp(-a), "algebra")
exponential halves (Refuted): step(1 / (exp(2 * a) - 1), exp(-a) / (1 - exp(-2 * a)), "algebra")
# limits of products
product of squares (Inconclusive): step(Limit(Product(1 - a / T**2, (t, 1, T)), T), exp(-a), "limit")
product of large steps (Inconclusive):
    step(Limit(Product(1 - f(t / T), (t, 1, T)), T), exp(-I(f(u), (u, 0, 1))), "limit")
product of another sign (Inconclusive):
    step(Limit(Product(1 - f(t / T) / T, (t, 1, T)), T), exp(I(f(u), (u, 0, 1))), "limit")
product that is short (Inconclusive): step(Limit(Product(1 - a / T, (t, 1, 5)), T), exp(-a), "limit")
# absolute values and minima
absolute value is the number (Refuted): step(Abs(r), r, "algebra")
absolute value of a sum (Refuted): step(Abs(r + b), Abs(r) + Abs(b), "algebra")
absolute value below (Inconclusive): step(Abs(r) / Abs(r), 1, "algebra")
logarithm of an absolute value (Inconclusive): step(log(Abs(r)), log(Abs(r)), "algebra")
slope at a kink (Inconclusive): step(D(Abs(r), r) * 0, 0, "differentiation")
slope of an absolute value (Refuted): step(D(Abs(r), r), r / r, "differentiation")
triangle turned (Refuted): chain("triangle", c).at_most(c, gap=Abs(r + b) - Abs(r) - Abs(b))
absolute value above (Refuted): chain("above", c).at_most(c + r - Abs(r), gap=r - Abs(r))
triangle strict (Inconclusive): chain("triangle", c).below(c + Abs(r), gap=Abs(r))
min above (Refuted): chain("min", a).at_most(Min(a, v), gap=Min(a, v) - a)
min of a quotient (Refuted): step(Min(a, v) / a, Min(1, v), "algebra")
min of squares (Refuted): step(Min(r, b) ** 2, Min(r**2, b**2), "algebra")
# several logarithms
unequal weights (Refuted): chain("mean", c).at_most(c, gap=log((a + v) / 2) - log(a) / 3 - log(v) * Fraction(2, 3))
geometric above (Refuted): chain("mean", c).at_most(c, gap=log(a) / 2 + log(v) / 2 - log((a + v) / 2))
# squares
square of what is fixed (Inconclusive): step(E(r**2, q(x[1])) / E(r**2, q(x[1])), 1, "linearity")
square of another state (Inconclusive): step(E(x[2] ** 2, q(x[1])) / E(x[2] ** 2, q(x[1])), 1, "linearity")
square of a condition (Inconclusive): law = q(x[1] | x[0]); step(E(x[0] ** 2, law) / E(x[0] ** 2, law), 1, "algebra")
square without a density (Inconclusive): step(E(x[2] ** 2) / E(x[2] ** 2), 1, "linearity")
mean of an odd power (Inconclusive): step(E(x[1] ** 3, q(x[1])) / E(x[1] ** 3, q(x[1])), 1, "linearity")
# what falls off
another logarithm (Inconclusive):
    step(I(-D(w(y), y) * log(f(y)), y), I(w(y) * D(log(f(y)), y), y), "integration by parts")
cube above the square (Inconclusive):
    step(I(D(f(y) * D(log(f(y)), y) ** 3, y), y) + I(f(y), y), I(f(y), y), "integration by parts")
two that may diverge (Refuted):
    one = D(D(f(y), y), y) * log(f(y)); two = one + f(y) * D(log(f(y)), y) ** 2
    step(I(one, y), I(two, y) + 1, "integration by parts")
no square of the score (Refuted): step(I(f(y) * D(log(f(y)), y) ** 2, y), 0, "integration by parts")
# laws that others define
shared step the other way (Refuted):
    define("shared", p(x[1] | x[0]), q(x[1] | x[0])); step(p(x[0] | x[1]), q(x[0] | x[1]), "definition", "shared")
prior of one law alone (Refuted):
    define("prior", p(x[T]), N(x[T], 0, 1)); step(q(x[T]), N(x[T], 0, 1), "definition", "prior")
marginals say nothing of pairs (Refuted):
    define("prior", p(x[T]), N(x[T], 0, 1)); step(p(x[1], x[2]), p(x[1]) * p(x[2]), "chain rule")
""",
    Papers,
)


@pytest.mark.parametrize("name", TRUE)
def test_truths_of_papers_are_proved(name):
    TRUE[name]()


@pytest.mark.parametrize("name", FALSE)
def test_near_misses_of_the_new_rules_are_refused(name):
    FALSE[name].must_be_refused()
