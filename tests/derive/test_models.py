"""The models themselves, against independent computations; and each half of a check alone against the mutants."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import mpmath
import pytest
from mpmath import mp

from derive import KL, Derivation, E, Integral, Normal, Product, Var, log, positive, sqrt, standard_normal, unit
from derive.errors import DerivationError, Inconclusive
from derive.justifications import justification
from derive.language.times import Index
from derive.language.tree import unfold
from derive.numeric.evaluate import at_points
from derive.numeric.finite import FiniteModel
from derive.numeric.gaussian import GaussianModel
from derive.numeric.models import finite_models, gaussian_models
from derive.numeric.points import Point, gauss_hermite
from derive.numeric.quadratic import Gaussian, Quadratic
from derive.proof.decide import symbolically
from derive.proof.moments import drawn_after
from derive.proof.symbolic import Symbolic
from derive.verify.mutate import mutants

F = Derivation("W")
t, s, T = F.indices("t s T")
x, q, p = F.states("x"), F.density("q", markov=True), F.density("p")
alpha, alpha_bar = F.sequence("alpha", unit), F.sequence("alpha_bar", unit, start=0, first=1)
e = F.noise("epsilon")
a, v = F.symbol("a", positive), F.symbol("v", positive)
F.define("alpha-bar", alpha_bar[t], Product(alpha[s], (s, 1, t)))
F.define("noise", e[t], standard_normal)
F.define("step", q(x[t] | x[t - 1]), Normal(x[t], sqrt(alpha[t]) * x[t - 1], 1 - alpha[t]))


@pytest.mark.parametrize("seed", ["5", "7"])  # two states up to x[5], three states up to x[3]
@pytest.mark.parametrize("kind", ["chain rule", "Markov"])
def test_finite_joint_laws_are_laws(kind, seed):
    model = FiniteModel(seed, {}, justification(kind))
    total, marginal = Fraction(0), Fraction(0)
    for states in product(model.states, repeat=model.last_state + 1):
        model.bound = {("x", time): state for time, state in enumerate(states)}
        joint = model(q(x[0 : model.last_state]))
        assert joint > 0 and model(q(x[1 : model.last_state] | x[0])) * model(q(x[0])) == joint
        assert model(q(x[3], x[2] | x[0])) == model(q(x[2], x[3] | x[0]))
        total += joint
        if states[2] == 1:
            marginal += joint
    assert total == 1
    model.bound = {("x", 2): 1}
    assert model(q(x[2])) == marginal
    assert model(Integral(q(x[3] | x[2]), x[3])) == 1


def test_only_the_markov_world_forgets():
    def gap(kind):
        model = FiniteModel("7", {}, justification(kind))
        model.bound = {("x", time): time % 2 for time in range(4)}
        return model(q(x[3] | x[2], x[0])) - model(q(x[3] | x[2]))

    assert gap("Markov") == 0 and gap("chain rule") != 0


def test_finite_divergence_and_mean_by_hand():
    model = FiniteModel("3", {}, justification("tower"))
    by_hand = mp.mpf(0)
    with mp.workdps(60):
        for state in (0, 1):
            model.bound = {("x", 1): state}
            weight = model(q(x[1]))
            by_hand += (
                mp.mpf(weight.numerator) / weight.denominator * mp.log(mp.mpf(1) * model(q(x[1])) / model(p(x[1])))
            )
        model.bound = {}
        assert abs(model(KL(q(x[1]), p(x[1]))) - by_hand) < mp.mpf(10) ** -55 < by_hand
        assert abs(model(E(log(q(x[1]) / p(x[1])), q)) - by_hand) < mp.mpf(10) ** -55


def test_gaussian_world_is_the_defined_chain():
    """q(x_3 | x_0) against the recursion m ← √α m, v ← α v + 1 − α on the draws of one point."""
    with mp.workdps(70):
        model = GaussianModel("5", {}, F.process_facts())
        mean, variance = mp.one, mp.zero
        for time in (1, 2, 3):
            share = model(alpha[time]).value("α")
            mean, variance = mp.sqrt(share) * mean, share * variance + 1 - share
        gap = Quadratic.variable(("x", 3)) - Quadratic.variable(("x", 0)) * mean
        wanted = gap * gap * (-1 / (2 * variance)) - mp.log(2 * mp.pi * variance) / 2
        got = model(q(x[3] | x[0])).exponent
        assert all(abs(value) < mp.mpf(10) ** -60 for value in (got - wanted).terms.values())


def test_gaussian_world_agrees_with_quadrature():
    with mp.workdps(30):
        model = GaussianModel("5", {}, F.process_facts())

        def density(node, **at):
            terms = model(node).exponent.terms.items()
            return mp.exp(mp.fsum(c * mp.fprod(at[f"{name}{time}"] for name, time in keys) for keys, c in terms))

        both = mp.quad(
            lambda y: density(q(x[2] | x[1]), x1=y, x2=1) * density(q(x[1] | x[0]), x0=2, x1=y), [-mp.inf, 0, mp.inf]
        )
        assert abs(both - density(q(x[2] | x[0]), x0=2, x2=1)) < mp.mpf(10) ** -24

        def integrand(y):
            ratio = mp.log(density(q(x[1] | x[0]), x0=2, x1=y) / density(p(x[1]), x1=y))
            return density(q(x[1] | x[0]), x0=2, x1=y) * ratio

        divergence = model(KL(q(x[1] | x[0]), p(x[1]))).terms.items()
        value = mp.fsum(c * mp.mpf(2) ** len(keys) for keys, c in divergence)
        assert abs(mp.quad(integrand, [-mp.inf, 0, mp.inf]) - value) < mp.mpf(10) ** -20


@pytest.mark.parametrize("power", range(8))
def test_gauss_hermite_has_the_moments_of_the_standard_normal(power):
    with mp.workdps(60):
        moment = mp.fsum(weight * node**power for weight, node in gauss_hermite())
        exact = 0 if power % 2 else mpmath.fac2(power - 1) if power else 1
        assert abs(moment - exact) < mp.mpf(10) ** -55


SCALAR = [
    (Var(sqrt(alpha[t]) * x[t - 1] + a * e[t]), alpha[t] * Var(x[t - 1]) + a**2 * Var(e[t]), "independence", ()),
    (alpha_bar[t], alpha_bar[t - 1] * alpha[t], "definition", "alpha-bar"),
    (log(Product(alpha[s] * a, (s, 1, T))), log(alpha_bar[T]) + T * log(a), "definition", "alpha-bar"),
    (Normal((x[1] - x[0]) / sqrt(v), 0, 1) / sqrt(v), Normal(x[1], x[0], v), "algebra", ()),
    (KL(Normal(x[1], x[0], v), Normal(x[1], 0, 1)), (v + x[0] ** 2 - 1 - log(v)) / 2, "Gaussian integral", ()),
    (E((x[0] + sqrt(v) * e[1]) ** 4, given=x[0]), x[0] ** 4 + 6 * x[0] ** 2 * v + 3 * v**2, "definition", "noise"),
]
DENSE = [
    (q(x[t] | x[t - 1], x[0]), q(x[t - 1] | x[t], x[0]) * q(x[t] | x[0]) / q(x[t - 1] | x[0]), "Bayes", ()),
    (q(x[1:T] | x[0]), Product(p(x[t] | x[t - 1]) * q(x[t] | x[t - 1]) / p(x[t] | x[t - 1]), (t, 1, T)), "Markov", ()),
    (
        E(log(q(x[2] | x[1]) / p(x[2] | x[1])), q(x[1:2] | x[0])),
        E(KL(q(x[2] | x[1]), p(x[2] | x[1])), q(x[1] | x[0])),
        "Markov",
        (),
    ),
]


def step(case, number):
    left, right, by, using = case
    (step,) = F.chain(f"case {number}", left, start=2).equals(right, by=by, using=using).steps
    return step.goal


def only_formulas(goal):
    laws = [what for what, _ in mutants(goal) if what.startswith(("justification", "without"))]
    return [(what, mutant) for what, mutant in mutants(goal, [alpha, alpha_bar, x, e], [q, p]) if what not in laws]


def accepted(check, mutant, *sides) -> bool:
    try:
        mutant.check_literals()
        check(mutant, *sides)
    except DerivationError:
        return False
    return True


@pytest.mark.parametrize("check", [at_points, symbolically])
@pytest.mark.parametrize("number", range(len(SCALAR)))
def test_each_scalar_check_alone_stops_every_mutant(check, number):
    attacked = only_formulas(step(SCALAR[number], f"scalar {number}"))
    with mp.workdps(60):
        alive = [what for what, m in attacked if accepted(check, m, *unfold((m.left, m.right), m.facts, m.start))]
    assert len(attacked) > 5 and alive == []


@pytest.mark.parametrize("number", range(len(DENSE)))
def test_each_world_alone_stops_every_mutant(number):
    attacked = only_formulas(step(DENSE[number], f"dense {number}"))
    with mp.workdps(60):
        by_tables = [what for what, m in attacked if accepted(finite_models, m, m.left, m.right)]
        by_bells = [what for what, m in attacked if accepted(gaussian_models, m)]
    assert len(attacked) > 5 and by_tables == by_bells == []


def test_polynomials_refuse_what_is_not_gaussian():
    one, y = Quadratic.constant(mp.one), Quadratic.variable(("x", 0))
    for build in (
        lambda: y * y * y,
        lambda: one / y,
        lambda: Gaussian(y) + Gaussian(-y),
        lambda: y.log(),
        lambda: y + Gaussian(y),
    ):
        with pytest.raises(Inconclusive):
            build()
    assert (Gaussian(y) * Gaussian(-y)).terms == {(): 1}


def test_a_point_depends_on_its_seed_alone():
    first, second = (Point("3", {"t": 2}, justification("algebra")) for _ in range(2))
    assert first(alpha[t]) == second(alpha[2]) != Point("4", {"t": 2}, justification("algebra"))(alpha[t])
    assert 0 < first(alpha[t]) < 1 and first(a) > 0


def test_a_noise_is_fresh_after_every_state_before_it():
    t, s = Index("t"), Index("s")
    now, early = (Symbolic(justification("algebra"), least={"t": least}) for least in (1, 0))
    for noise, state in ((t, t - 1), (t + 1, t), (3, 2), (t, 0)):
        assert drawn_after(now, noise, state)
    assert not drawn_after(early, t, 0)
    for noise, state in ((t, t), (t - 1, t), (t, s), (2, 2), (2, t), (t, 1)):
        assert not drawn_after(now, noise, state)
