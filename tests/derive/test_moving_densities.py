"""Itô's formula, test functions, a derivative at its place, and limits of sums: what the rules accept, and what not."""

from __future__ import annotations

from fractions import Fraction

import pytest
from mpmath import mp

from derive import Derivation, Diffusion, Limit, Sum, exp, log, positive
from derive import Derivative as D
from derive import Integral as I
from derive import Normal as N
from derive.errors import ArgumentError, DerivationError, Inconclusive, Refuted, Undefined
from derive.numeric import hermite
from derive.numeric.diffusions import DiffusionPoint


class Symbols:
    """A density that moves by an equation, with the letters that the tests use."""

    def __init__(self):
        self.F = F = Derivation("F")
        self.t, self.T = F.indices("t T")
        self.x, self.s, self.r = F.symbol("x"), F.symbol("s"), F.symbol("r")
        self.y, self.z, self.u = F.dummy("y"), F.dummy("z"), F.dummy("u")
        self.p, self.q = F.function("p", positive), F.function("q", positive)
        self.f, self.g = F.function("f"), F.function("g")
        self.phi, self.psi = F.function("phi"), F.function("psi")
        F.assume("equation", self.p(self.x, self.s), Diffusion(self.x, self.s, self.f(self.x, self.s), self.g(self.s)))

    def st(self, left, right, by, using=()):
        return self.F.chain(f"step {len(self.F.blocks)}", left).equals(right, by=by, using=using)

    def mean(self, of):
        return I(of * self.p(self.y, self.s), self.y)

    def generator(self, h, half=Fraction(1, 2)):
        """f h′ + ½ g² h″, with another share of g² if so asked."""
        y, s = self.y, self.s
        return self.f(y, s) * D(h, y) + half * self.g(s) ** 2 * D(D(h, y), y)

    def weak(self, phi=None, using="equation"):
        phi = (phi or self.phi)(self.y)
        y, s, p = self.y, self.s, self.p(self.y, self.s)
        chain = self.F.chain("weak", I(phi * D(p, s), y)).equals(D(I(phi * p, y), s), by="exchange")
        chain.equals(self.mean(self.generator(phi)), by="Itô", using=using)
        back = -D(self.f(y, s) * p, y) + self.g(s) ** 2 / 2 * D(D(p, y), y)
        return chain.equals(I(phi * back, y), by="integration by parts")

    def planck(self, half=Fraction(1, 2), sign=-1):
        p = self.p(self.x, self.s)
        return sign * D(self.f(self.x, self.s) * p, self.x) + half * self.g(self.s) ** 2 * D(D(p, self.x), self.x)


@pytest.fixture
def w():
    return Symbols()


# --- Itô


MEANS = {
    "a function": lambda w: w.phi(w.y),
    "a place": lambda w: w.y,
    "a power": lambda w: w.y**3,
    "a bell": lambda w: N(w.y, w.r, 1),
    "a constant beside": lambda w: w.r * w.phi(w.y) + 1,
}


@pytest.mark.parametrize("name", MEANS)
def test_a_mean_moves_by_the_generator(w, name):
    h = MEANS[name](w)
    assert w.st(D(w.mean(h), w.s), w.mean(w.generator(h)), "Itô", "equation").steps


def test_what_itself_moves_is_differentiated_too(w):
    h = w.s * w.phi(w.y)
    assert w.st(D(w.mean(h), w.s), w.mean(w.phi(w.y) + w.generator(h)), "Itô", "equation").steps
    with pytest.raises(Refuted):
        w.st(D(w.mean(h), w.s), w.mean(w.generator(h)), "Itô", "equation")


SLIPS = {
    "the whole of g²": lambda w, h: w.generator(h, 1),
    "no spreading": lambda w, h: w.generator(h, 0),
    "spreading turned round": lambda w, h: w.generator(h, Fraction(-1, 2)),
    "no drift": lambda w, h: w.g(w.s) ** 2 / 2 * D(D(h, w.y), w.y),
    "the deviation for the variance": lambda w, h: w.f(w.y, w.s) * D(h, w.y) + w.g(w.s) / 2 * D(D(h, w.y), w.y),
    "the slope for the curvature": lambda w, h: (w.f(w.y, w.s) + w.g(w.s) ** 2 / 2) * D(h, w.y),
}


@pytest.mark.parametrize("name", SLIPS)
def test_a_wrong_generator_is_refuted(w, name):
    with pytest.raises(Refuted):
        w.st(D(w.mean(w.phi(w.y)), w.s), w.mean(SLIPS[name](w, w.phi(w.y))), "Itô", "equation")


def test_the_formula_is_about_the_equation_that_is_cited(w):
    with pytest.raises(Refuted):  # nothing is known of p without it
        w.st(D(w.mean(w.y), w.s), w.mean(w.f(w.y, w.s)), "Itô")
    other = I(w.y * w.q(w.y, w.s), w.y)
    with pytest.raises(DerivationError):
        w.st(D(other, w.s), I(w.f(w.y, w.s) * w.q(w.y, w.s), w.y), "Itô", "equation")
    with pytest.raises(DerivationError):  # of a mean alone, which is linear in the density
        w.st(D(w.mean(w.p(w.y, w.s)), w.s), w.mean(w.generator(w.p(w.y, w.s))), "Itô", "equation")
    with pytest.raises(DerivationError):  # over the whole line
        part = I(w.y * w.p(w.y, w.s), (w.y, 0, 1))
        w.st(D(part, w.s), I(w.f(w.y, w.s) * w.p(w.y, w.s), (w.y, 0, 1)), "Itô", "equation")
    with pytest.raises(DerivationError):  # by the time of the equation
        w.st(D(w.mean(w.phi(w.y)), w.r), w.mean(w.generator(w.phi(w.y))), "Itô", "equation")


@pytest.mark.parametrize(
    "change",
    [
        lambda w: ("define", w.q(w.x, w.s), Diffusion(w.x, w.s, w.f(w.x, w.s), w.g(w.s))),
        lambda w: ("assume", w.p(w.x, w.s), Diffusion(w.x, w.s, w.f(w.x, w.s), w.g(w.s))),  # a second one
        lambda w: ("assume", w.f(w.x, w.s), Diffusion(w.x, w.s, w.x, w.g(w.s))),  # of no density
        lambda w: ("assume", w.q(w.x, w.s), Diffusion(w.x, w.s, D(log(w.q(w.x, w.s)), w.x), w.g(w.s))),  # by itself
        lambda w: ("assume", w.q(w.x, w.s), Diffusion(w.x, w.s, w.x, w.g(w.x))),  # noise that depends on the place
        lambda w: ("assume", w.q(w.s, w.x), Diffusion(w.x, w.s, w.x, w.g(w.s))),  # time and place exchanged
        lambda w: ("assume", w.q(w.x, w.s), Diffusion(w.x, w.s, exp(w.x), w.g(w.s))),  # a drift that runs away
    ],
)
def test_an_equation_that_is_none_is_refused(w, change):
    how, left, right = change(w)
    with pytest.raises((ArgumentError, Inconclusive)):
        getattr(w.F, how)("other", left, right)


def test_an_equation_is_no_number(w):
    equation = Diffusion(w.x, w.s, w.x, w.g(w.s))
    with pytest.raises(Undefined, match="in the place of a number"):
        w.st(equation, equation, "algebra")
    with pytest.raises(ArgumentError, match="two symbols"):
        Diffusion(w.x, w.x, w.x, w.g(w.s))


# --- test functions


def test_fokker_and_planck_follow(w):
    w.weak()
    step = w.st(D(w.p(w.x, w.s), w.s), w.planck(), "test functions", "weak")
    assert step.assumptions == {"equation": "F.1"} and "with (F.1)" in repr(step)  # it rests on the axiom, and says so
    for wrong in (w.planck(1), w.planck(sign=1), -w.planck()):
        with pytest.raises(Refuted):
            w.st(D(w.p(w.x, w.s), w.s), wrong, "test functions", "weak")
    with pytest.raises(Refuted):  # without the weak form nothing is known of p
        w.st(D(w.p(w.x, w.s), w.s), w.planck(), "test functions")


def test_only_an_arbitrary_function_tests(w):
    """True conclusions, from a function that stands in them as well, or of which something is said afterwards."""
    w.weak()
    with pytest.raises(Inconclusive, match="arbitrary function"):
        w.st(w.phi(w.x) * D(w.p(w.x, w.s), w.s), w.phi(w.x) * w.planck(), "test functions", "weak")
    w.F.define("phi-is", w.phi(w.x), w.x**2)
    with pytest.raises(Inconclusive, match="arbitrary function"):
        w.st(D(w.p(w.x, w.s), w.s), w.planck(), "test functions", "weak")


def test_a_slope_beside_the_function_is_no_test(w):
    bell, there = N(w.y, 0, 1), N(w.x, 0, 1)
    slope = w.F.chain("slope", I(D(w.phi(w.y), w.y) * bell, w.y))
    slope.equals(I(w.phi(w.y) * w.y * bell, w.y), by="integration by parts")
    with pytest.raises((Refuted, Inconclusive)):
        w.st(there, w.x * there, "test functions", "slope")


# --- a derivative is taken at its place


def test_time_turned_round(w):
    end = w.F.symbol("end")
    w.F.define("turned", w.s, end - w.r)
    p = w.p(w.x, w.s)
    chain = w.F.chain("back", D(p, w.r)).equals(D(w.p(w.x, end - w.r), w.r), by="definition", using="turned")
    assert chain.equals(-D(p, w.s), by="differentiation", using="turned").steps
    for wrong in (D(p, w.s), -D(p, w.x), -2 * D(p, w.s)):
        with pytest.raises(Refuted):
            w.st(D(w.p(w.x, end - w.r), w.r), wrong, "differentiation", "turned")
    with pytest.raises(Refuted):  # without saying what s is
        w.st(D(w.p(w.x, end - w.r), w.r), -D(p, w.s), "differentiation")


def test_along_a_path_at_this_moment(w):
    v, h = w.F.symbol("v"), w.F.symbol("h")
    w.F.define("now", h, 0)
    p, moved = w.p(w.x, w.s), w.p(w.x + h * v, w.s + h)
    right = (D(p, w.s) + v * D(p, w.x)) / p
    assert w.st(D(log(moved), h), right, "differentiation", "now").steps
    for wrong in (D(p, w.s) / p, v * D(p, w.x) / p, right * p, (D(p, w.s) - v * D(p, w.x)) / p):
        with pytest.raises(Refuted):
            w.st(D(log(moved), h), wrong, "differentiation", "now")


# --- limits of sums


def limit(w, term, low=1):
    t, T = w.t, w.T
    return Limit(Sum(term, (t, low, T if low else T - 1)), T)


def test_a_sum_of_steps_knows_the_ends_of_its_clock(w):
    t, T, u = w.t, w.T, w.u
    fall = w.g((t - 1) / T) - w.g(t / T)
    between = I(w.phi(u), (u, w.g(1), w.g(0)))
    assert w.st(limit(w, w.phi(w.g(t / T)) * fall), between, "limit").steps
    assert w.st(limit(w, w.phi(w.g((t - 1) / T)) * fall / 2), between / 2, "limit").steps
    assert w.st(limit(w, -3 * w.phi(w.g(t / T)) * fall), 3 * I(w.phi(u), (u, w.g(0), w.g(1))), "limit").steps
    for wrong in (I(w.phi(u), (u, w.g(0), w.g(1))), between / 2, I(u, (u, w.g(1), w.g(0)))):
        with pytest.raises(Refuted):
            w.st(limit(w, w.phi(w.g(t / T)) * fall), wrong, "limit")
    with pytest.raises(DerivationError):  # the place of f belongs to another clock
        w.st(limit(w, w.phi(w.psi(t / T)) * fall), between, "limit")
    with pytest.raises(DerivationError):  # the steps leave out the first
        w.st(Limit(Sum(w.phi(w.g(t / T)) * fall, (t, 2, T)), T), between, "limit")


def test_riemann_sums_may_have_a_number_before_them(w):
    t, T, u = w.t, w.T, w.u
    area = I(w.phi(u), (u, 0, 1))
    assert w.st(limit(w, -2 * w.phi(t / T) / T), -2 * area, "limit").steps
    for wrong in (area, 2 * area, -2 * I(w.phi(u), (u, 0, 2))):
        with pytest.raises(Refuted):
            w.st(limit(w, -2 * w.phi(t / T) / T), wrong, "limit")


# --- the models in which counterexamples are sought


def test_the_density_of_such_a_model_obeys_its_equation(w):
    """Fokker and Planck for the mixture, by the numbers alone; and for another drift it does not."""
    (pair,) = ((left, right) for left, right in w.F.stated() if isinstance(right, Diffusion))
    goal = w.F.chain("mass", w.x).equals(w.x, by="algebra").steps[0].goal
    with mp.workdps(40):
        for number in range(5):
            point = DiffusionPoint(str(number), goal.__class__("c", w.x, w.x, justified("differentiation")), *pair, 2)
            left, right, wrong = (point(side) for side in (D(w.p(w.x, w.s), w.s), w.planck(), w.planck(1)))
            assert abs(left - right) < mp.mpf(10) ** -30 * max(1, abs(left)) and abs(left - wrong) > mp.mpf(10) ** -9


def justified(name):
    from derive.justifications import justification

    return justification(name)


@pytest.mark.parametrize("count", [3, 8, 9])
def test_the_nodes_have_the_moments_of_a_bell(count):
    with mp.workdps(40):
        rule = hermite.nodes(count, 40)
        for power in range(2 * count):
            moment = mp.fsum(weight * place**power for weight, place in rule)
            exact = 0 if power % 2 else mp.fac2(power - 1) if power else 1
            assert abs(moment - exact) < mp.mpf(10) ** -25 * max(1, exact)


def test_an_integral_that_diverges_under_a_bell_is_undefined(w):
    with pytest.raises(DerivationError):
        w.st(I(D(w.phi(w.y), w.y) * N(w.y, 0, 1), w.y), I(w.phi(w.y) * w.y, w.y), "integration by parts")


def test_every_mutant_of_these_steps_falls(w):
    w.weak()
    w.F.chain("planck", D(w.p(w.x, w.s), w.s)).equals(w.planck(), by="test functions", using="weak")
    summary = w.F.summary()
    assert summary.killed == summary.total > 50
