"""What must never pass: faults of section G, one test a row, and the messages that a reader gets."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
import sympy as sp
from root import environment

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
    exp,
    log,
    positive,
    real,
    sqrt,
    standard_normal,
    unit,
)
from derive.errors import ArgumentError, DerivationError, Inconclusive, Refuted, Undefined, VacuousHypotheses
from derive.language.expr import Interval
from derive.language.times import as_index
from derive.page import chain
from derive.page.summary import Summary, rejected
from derive.proof import decide, integrals
from derive.proof.normalform import Field
from derive.proof.timeout import patience
from derive.verify import verify


class World:
    """A small derivation with the symbols that the tests use."""

    def __init__(self):
        self.F = F = Derivation("F")
        self.t, self.s, self.T = F.indices("t s T")
        self.x, self.q, self.p = F.states("x"), F.density("q", markov=True), F.density("p")
        self.alpha = F.sequence("alpha", unit)
        self.alpha_bar = F.sequence("alpha_bar", unit, start=0, first=1)
        self.a, self.b, self.u = F.symbol("a", positive), F.symbol("b", positive), F.symbol("u", unit)
        self.r, self.z = F.symbol("r", real), F.symbol("z", real)
        self.y = F.dummy("y")
        F.define("alpha-bar", self.alpha_bar[self.t], Product(self.alpha[self.s], (self.s, 1, self.t)))
        F.define("step", self.q(self.x[self.t] | self.x[self.t - 1]), self.step(self.t))

    def step(self, t):
        return Normal(self.x[t], sqrt(self.alpha[t]) * self.x[t - 1], 1 - self.alpha[t])


@pytest.fixture
def w():
    return World()


def closed(w, mean, variance):
    t, x = w.t, w.x
    known = Normal(x[t], sqrt(w.alpha[t]) * sqrt(w.alpha_bar[t - 1]) * x[0], 1 - w.alpha[t] * w.alpha_bar[t - 1])
    return w.F.chain("planted", known).equals(Normal(x[t], mean, variance), by="definition", using="alpha-bar")


MUTANTS = {
    "true": lambda w, t: (sqrt(w.alpha_bar[t]) * w.x[0], 1 - w.alpha_bar[t]),
    "sign": lambda w, t: (sqrt(w.alpha_bar[t]) * w.x[0], 1 + w.alpha_bar[t]),
    "sign-of-mean": lambda w, t: (-sqrt(w.alpha_bar[t]) * w.x[0], 1 - w.alpha_bar[t]),
    "factor": lambda w, t: (w.x[0], 1 - w.alpha_bar[t]),
    "index-of-alpha_bar": lambda w, t: (sqrt(w.alpha_bar[t - 1]) * w.x[0], 1 - w.alpha_bar[t]),
    "alpha-for-alpha_bar": lambda w, t: (sqrt(w.alpha_bar[t]) * w.x[0], 1 - w.alpha[t]),
    "root": lambda w, t: (w.alpha_bar[t] * w.x[0], 1 - w.alpha_bar[t]),
    "exponent": lambda w, t: (sqrt(w.alpha_bar[t]) * w.x[0], 1 - w.alpha_bar[t] ** 2),
    "index-of-x": lambda w, t: (sqrt(w.alpha_bar[t]) * w.x[1], 1 - w.alpha_bar[t]),
    "1e-8": lambda w, t: (sqrt(w.alpha_bar[t]) * w.x[0], (1 - w.alpha_bar[t]) * Fraction(10**8 + 1, 10**8)),
}


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name}") for name in MUTANTS])
def test_mutants(w, name):
    mean, variance = MUTANTS[name](w, w.t)
    if name == "true":
        assert closed(w, mean, variance).steps
        return
    with pytest.raises(Refuted) as caught:
        closed(w, mean, variance)
    for part in ("'planted, line 1'", "'definition'", "t = ", "left is", "right is"):
        assert part in str(caught.value)


def test_both_sides_undefined(w):
    assert (sp.oo - sp.oo == sp.zoo - sp.zoo) is True  # what SymPy says
    with pytest.raises(Undefined, match="planted"):
        w.F.chain("planted", 1 / (w.a - w.a)).equals(2 / (w.a - w.a), by="algebra")
    with pytest.raises(Undefined):
        w.F.chain("logs", log(w.a - w.a)).equals(log(w.b - w.b), by="algebra")
    for nothing in (sp.nan, sp.zoo, sp.oo):
        with pytest.raises(Undefined):
            Field().is_zero(nothing)


R = sp.Symbol("r", real=True)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(sp.Abs(R) - R, id="abs"),
        pytest.param(sp.atan(sp.tan(R)) - R, id="atan"),
        pytest.param(sp.Piecewise((R, R > 0), (0, True)) - sp.Max(R, 0), id="piecewise"),
        pytest.param(sp.sqrt(R**2 + 2 * R + 1) - R - 1, id="root-of-square"),
        pytest.param(sp.floor(R) - R, id="floor"),
    ],
)
def test_undecided_is_a_failure(difference):
    with pytest.raises(Inconclusive):
        Field().is_zero(difference)


def test_antiderivatives_are_differentiated_back(w, monkeypatch):
    integral = Integral(w.y / (1 - w.y), (w.y, 0, w.u))
    assert w.F.chain("right", integral).equals(-log(1 - w.u) - w.u, by="integration").steps
    with pytest.raises(Refuted, match="left is"):
        w.F.chain("wrong", integral).equals(-log(1 - w.u), by="integration")
    monkeypatch.setattr(integrals.sp, "integrate", lambda *args: sp.S.Zero)  # as SymPy 1.14 for 1/(ax² + bx + c)
    with pytest.raises(Inconclusive, match="differentiate back"):
        w.F.chain("zero", integral).equals(-log(1 - w.u) - w.u, by="integration")
    y = sp.Symbol("y", real=True)
    with pytest.raises(Inconclusive, match="pole"):
        integrals.definite(Field(), 1 / (1 - y), y, 0, 2)


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda w: 0.8 * w.a, id="factor"),
        pytest.param(lambda w: sqrt(0.5), id="root"),
        pytest.param(lambda w: w.a**0.5, id="power"),
        pytest.param(lambda w: Normal(w.r, 0, 1.0), id="variance"),
        pytest.param(lambda w: w.a + True, id="bool"),
        pytest.param(lambda w: w.alpha[1.0], id="index"),
    ],
)
def test_floats_are_refused(w, build):
    with pytest.raises(ArgumentError, match="got"):
        build(w)


def test_floats_in_sympy_are_refused():
    with pytest.raises(Inconclusive, match="float"):
        Field().is_zero(sp.Float("0.5") * R)


def test_an_index_that_was_not_unpacked_is_told_so(w):
    with pytest.raises(ArgumentError, match=r'unpack it, as in \(t,\) = F.indices\("t"\)'):
        w.alpha[w.F.indices("i")]


def test_positive_is_not_below_one(w):
    with pytest.raises(Refuted, match="a = "):
        w.F.chain("positive only", sqrt((1 - w.a) ** 2)).equals(1 - w.a, by="algebra")
    assert w.F.chain("unit", sqrt((1 - w.u) ** 2)).equals(1 - w.u, by="algebra").steps


def test_contradictory_hypotheses(w):
    assert w.F.suppose("one", w.a, w.b).definition
    with pytest.raises(VacuousHypotheses, match="a < b, b < a"):
        w.F.suppose("two", w.b, w.a)
    with pytest.raises(VacuousHypotheses, match="empty"):
        w.F.symbol("c", Interval(Fraction(1), Fraction(0)))


def test_hypotheses_restrict_the_points(w):
    w.F.suppose("small", w.b, w.a)
    w.F.suppose("early", w.alpha[w.t], Fraction(9, 10))
    with pytest.raises(Refuted) as caught:
        w.F.chain("planted", w.alpha[w.t] + w.a - w.b).equals(0, by="algebra")
    values = dict(part.split(" = ") for part in str(caught.value).split(" at ")[1].split(": left")[0].split(", "))
    assert Fraction(values["b"]) < Fraction(values["a"])
    assert Fraction(values[f"alpha[{values['t']}]"]) < Fraction(9, 10)


def test_one_symbol_one_meaning(w):
    assert w.F.symbol("a", positive) is not None  # the same again is harmless
    for declare in (lambda: w.F.symbol("a", real), lambda: w.F.sequence("a"), lambda: w.F.density("x")):
        with pytest.raises(ArgumentError, match="already declared"):
            declare()
    with pytest.raises(ArgumentError, match="identifier"):
        w.F.symbol("not a name")


def test_piecewise_must_be_discharged(w):
    bell = Integral(exp(-(w.y**2) / (2 * w.r)), w.y)  # r may be negative: no closed form without a condition
    with pytest.raises(DerivationError):
        w.F.chain("normaliser", bell).equals(sqrt(2 * w.r), by="Gaussian integral")
    sigma = sp.Symbol("sigma", real=True)
    answer = sp.integrate(sp.exp(-(R**2) / (2 * sigma)), (R, -sp.oo, sp.oo))
    assert answer.has(sp.Piecewise)
    with pytest.raises(Inconclusive):
        Field().is_zero(answer - sp.sqrt(2 * sp.pi * sigma))


def test_slow_is_not_true(w, monkeypatch):
    with pytest.raises(Inconclusive, match="not decided within"), patience(0.05):
        hang()
    monkeypatch.setattr(Field, "is_zero", hang)
    monkeypatch.setattr(decide, "patience", lambda: patience(0.05))
    with pytest.raises(Inconclusive, match=r"planted.*not decided within"):
        w.F.chain("planted", w.a + w.b).equals(w.b + w.a, by="algebra")


def test_an_interrupt_that_is_lost_comes_again(monkeypatch):
    """Python drops what is raised in a callback of its garbage collector, and hypothesis installs one."""
    monkeypatch.setattr("derive.proof.timeout.AGAIN", 0.05)
    lost = []
    with pytest.raises(Inconclusive, match="not decided within"), patience(0.05):
        while len(lost) < 2:
            try:
                hang()
            except BaseException as interrupt:
                lost.append(interrupt)
        hang()
    assert len(lost) == 2


def hang(*_):
    while True:
        pass


SAMPLED = {
    "root-of-square": lambda w: (sqrt(w.r**2), w.r),
    "log-of-product": lambda w: (log(w.r * w.z), log(w.r) + log(w.z)),
    "square-is-power": lambda w: (w.u**2, w.u),
}


@pytest.mark.parametrize("name", [pytest.param(name, id=f"{name}") for name in SAMPLED])
def test_points_cover_the_domain(w, name):
    left, right = SAMPLED[name](w)
    with pytest.raises((Refuted, Undefined)):
        w.F.chain("planted", left).equals(right, by="algebra")


def test_the_page_shows_what_was_checked(w):
    block = w.F.chain("pair", w.a + w.b).equals(w.b + w.a, by="algebra")
    (step,) = block.steps
    assert (step.claim.left, step.claim.right) == (block.left, step.right) == (w.a + w.b, w.b + w.a)
    assert "a + b &= b + a" in block.latex()
    other = w.F.chain("other", w.a + w.b).equals(w.b + w.a + 0, by="algebra")
    assert len({shown.metadata()["diffusion_lib"]["sha256"] for shown in (block, other)}) == 2
    block.steps[0] = replace(step, right=w.b - w.a)
    with pytest.raises(DerivationError, match="was changed after it was checked"):
        block.latex()
    with pytest.raises(ArgumentError, match="state another"):
        other.left = w.a


def test_checks_survive_optimisation():
    code = (
        "from derive import *\n"
        "F = Derivation('F'); a = F.symbol('a', positive)\n"
        "F.chain('planted', (a + 1) ** 2).equals(a ** 2 + 1, by='algebra')\n"
    )
    done = subprocess.run([sys.executable, "-O", "-c", code], env=environment(), capture_output=True, text=True)
    assert done.returncode == 1
    assert "Refuted: step 'planted, line 1', licence 'algebra': (a + 1)**2 = a**2 + 1 is false at a = " in done.stderr


def test_the_canary_sings_when_the_checks_are_off(w, monkeypatch):
    arguments = ("false", (w.a + w.b) ** 2, w.a**2 + w.b**2, "algebra")
    assert "refuted, as it must be" in repr(w.F.canary(*arguments))
    monkeypatch.setattr(chain, "verify", lambda claim: verify.Verdict(None, ()))
    with pytest.raises(DerivationError, match="accepted"):
        w.F.canary(*arguments)


def test_a_surviving_mutant_stops_the_summary(w):
    w.F.chain("pair", w.a + w.b).equals(w.b + w.a, by="algebra")
    assert isinstance(w.F.summary(), Summary)
    w.F.equivalent("pair", 1, "sign: all", "no reason")
    with pytest.raises(DerivationError, match="not accepted"):
        w.F.summary()
    w.F.equivalents.clear()
    w.F.chain("weak", w.a * 1).equals(w.a, by="algebra")
    w.F.blocks["weak"].steps[0] = replace(w.F.blocks["weak"].steps[0], check=lambda claim: None)
    with pytest.raises(DerivationError, match="mutants survive: weak, line 1"):
        w.F.summary()


STRICT = {
    "algebra-knows-no-definition": lambda w: (w.alpha_bar[1], w.alpha[1], "algebra", ()),
    "algebra-does-not-expand-E": lambda w: (E(w.e[1] + w.e[2]), E(w.e[1]) + E(w.e[2]), "algebra", ()),
    "algebra-does-not-integrate": lambda w: (Integral(Normal(w.y, 0, 1), w.y), 1, "algebra", ()),
    "algebra-takes-no-limit": lambda w: (Limit(w.u**w.T, w.T), 0, "algebra", ()),
    "linearity-is-not-independence": lambda w: (Var(w.e[1] + w.e[2]), Var(w.e[1]) + Var(w.e[2]), "linearity", ()),
    "independence-has-no-law": lambda w: (Var(w.e[1]), 1, "independence", ()),
    "old-noise-is-not-fresh": lambda w: (Var(w.x[1] + w.e[1]), Var(w.x[1]) + Var(w.e[1]), "independence", ()),
    "noise-given-a-later-state": lambda w: (E(w.e[1], given=w.x[1]), 0, "definition", "noise"),
    "fact-not-cited": lambda w: (w.q(w.x[2] | w.x[1]), w.step(2), "algebra", ()),
    "other-variable": lambda w: (Integral(w.y * w.q(w.x[1] | w.x[0]), w.x[1]), w.y + 1, "marginalisation", ()),
    "no-integral-is-its-integrand": lambda w: (Integral(w.u, (w.y, 0, 2)), Integral(w.u, (w.y, 0, 1)), "algebra", ()),
    "swapped-divergence": lambda w: (
        KL(Normal(w.x[1], 0, 1), Normal(w.x[1], w.r, w.a)),
        KL(Normal(w.x[1], w.r, w.a), Normal(w.x[1], 0, 1)),
        "Gaussian integral",
        (),
    ),
    "sum-index": lambda w: (
        Sum(log(w.alpha[w.s]), (w.s, 1, w.T)),
        Sum(log(w.alpha[w.s]), (w.s, 1, w.T + 1)),
        "algebra",
        (),
    ),
}


@pytest.mark.parametrize("name", STRICT)
def test_a_licence_permits_nothing_else(w, name):
    w.e = w.F.noise("epsilon")
    w.F.define("noise", w.e[w.t], standard_normal)
    left, right, by, using = STRICT[name](w)
    with pytest.raises((Refuted, Undefined)):
        w.F.chain("planted", left).equals(right, by=by, using=using)


def test_bad_arguments_name_what_is_allowed(w):
    with pytest.raises(ArgumentError, match=r"by must be one of .*got 'algbra'; did you mean 'algebra'"):
        w.F.chain("planted", w.a).equals(w.a, by="algbra")
    with pytest.raises(
        ArgumentError, match=r"using must name an earlier block of F, got 'alpha'; known: alpha-bar, step"
    ):
        w.F.chain("planted", w.a).equals(w.a, by="definition", using="alpha")
    for by in ("result", "induction"):
        with pytest.raises(ArgumentError, match=f"using must name what '{by}' rests on"):
            w.F.chain("planted", w.a).equals(w.a, by=by)
    with pytest.raises(ArgumentError, match="choose another name"):
        w.F.chain("planted", w.b)
    with pytest.raises(ArgumentError, match="one bar"):
        w.q(w.a)
    with pytest.raises(ArgumentError, match="truth"):
        bool(w.a)
    with pytest.raises(ArgumentError, match="letter"):
        Derivation("7")


def test_a_cell_may_run_twice(w):
    for _ in range(2):
        assert w.F.chain("pair", w.a + w.b).equals(w.b + w.a, by="algebra").tag == "F.3"
    assert [block.tag for block in w.F.blocks.values()] == ["F.1", "F.2", "F.3"]


def test_definitions_stay_in_their_domain(w):
    with pytest.raises(Refuted, match="gap"):
        w.F.define("too-large", w.F.sequence("gamma", unit)[w.t], 1 + w.alpha[w.t])
    with pytest.raises(DerivationError, match="gap"):
        w.F.define("no-variance", w.p(w.x[w.t] | w.x[w.t - 1]), Normal(w.x[w.t], 0, w.r))


def test_gaps_need_a_sign(w):
    bound = w.F.chain("bound", w.a - w.b)
    with pytest.raises(Inconclusive, match="sign of the gap"):
        w.F.chain("square", w.a).below(w.a + w.r**2, gap=w.r**2)  # zero at r = 0: not strict
    assert w.F.chain("square", w.a).at_most(w.a + w.r**2, gap=w.r**2).steps
    assert bound.below(w.a, gap=w.b).steps
    with pytest.raises(Refuted, match="gap"):
        bound.below(w.a - w.b, gap=-w.b)
    crossed = KL(w.q(w.x[1] | w.x[0]), w.p(w.x[0] | w.x[1]))  # no divergence: different variables
    with pytest.raises(DerivationError):
        w.F.chain("crossed", -log(w.p(w.x[0]))).at_most(-log(w.p(w.x[0])) + crossed, gap=crossed)
    with pytest.raises(ArgumentError, match="cannot be cited"):
        w.F.chain("cites", w.a).equals(w.a, by="result", using="bound")


def test_assumptions_travel_with_results(w):
    c = w.F.symbol("c", unit)
    w.F.assume("constant", w.alpha[w.t], c)
    power = w.F.chain("power", Product(w.alpha[w.s], (w.s, 1, w.T))).equals(c**w.T, by="algebra", using="constant")
    assert power.assumptions == {"constant": "F.3"}
    limit = w.F.chain("limit", Limit(Product(w.alpha[w.s], (w.s, 1, w.T)), w.T))
    limit.equals(Limit(c**w.T, w.T), by="result", using="power").equals(0, by="limit")
    assert "result (F.4) with (F.3)" in limit.latex()


def test_results_hold_from_their_first_time_on(w):
    t = w.t
    late = w.F.sequence("late", positive, start=2)
    w.F.define("late", late[t], w.alpha[t] * w.alpha[t - 1])
    assert w.F.chain("at 2", late[2]).equals(w.alpha[2] * w.alpha[1], by="definition", using="late").steps
    with pytest.raises(Undefined, match="does not exist"):
        w.F.chain("at 1", late[1]).equals(w.alpha[1] * w.alpha[0], by="definition", using="late")
    assert "t\\text{ at least }2" in w.F.blocks["late"].latex()


def test_induction_needs_both_parts(w):
    t, x, q = w.t, w.x, w.q
    proof = w.F.induction(
        "marginal", q(x[t] | x[0]), Normal(x[t], sqrt(w.alpha_bar[t]) * x[0], 1 - w.alpha_bar[t]), over=t
    )
    with pytest.raises(DerivationError, match=r"'marginal, base' must end in"):
        proof.conclude()
    with pytest.raises(ArgumentError, match="using must name"):
        proof.base.equals(q(x[1] | x[0]), by="induction", using="hypothesis")
    with pytest.raises(ArgumentError, match="using must name"):
        w.F.chain("cites", q(x[t] | x[0])).equals(1, by="result", using="marginal")


def test_induction_over_numbers(w):
    """A product of equal factors is a power; the conclusion is looked at once more, without its proof."""
    t, c = w.t, w.F.symbol("c", unit)
    w.F.define("same", w.alpha[t], c)
    proof = w.F.induction("power", w.alpha_bar[t], c**t, over=t)
    proof.base.equals(w.alpha[1], by="definition", using="alpha-bar").equals(c, by="definition", using="same")
    proof.base.equals(c ** as_index(1), by="algebra")
    proof.step.equals(w.alpha_bar[t] * w.alpha[t + 1], by="definition", using="alpha-bar")
    proof.step.equals(c**t * w.alpha[t + 1], by="induction", using="hypothesis")
    proof.step.equals(c**t * c, by="definition", using="same").equals(c ** (t + 1), by="algebra")
    verdict = proof.conclude().steps[0].verdict
    assert verdict.theorem.how == "induction on t" and verdict.looks == ("24 points, 60 digits",)
    with pytest.raises(Refuted, match="'planted'"):
        verify.look(replace(proof.steps[0].claim, name="planted", right=c ** (t + 1)))


def test_undecided_mutants_do_not_count_as_caught(w):
    def undecided(claim):
        raise Inconclusive("who knows")

    block = w.F.chain("pair", w.a + w.b).equals(w.b + w.a, by="algebra")
    assert not rejected(undecided, block.steps[0].claim)
    assert not rejected(verify.verify, block.steps[0].claim)
    assert rejected(verify.verify, replace(block.steps[0].claim, right=w.b - w.a))


def test_a_canary_is_called_false_only_where_all_definitions_hold():
    D = Derivation("D")
    c, b = D.symbol("c"), D.symbol("b")
    D.define("one", c, 1)
    vague = str(D.canary("square", c**2, c, by="algebra").refutation)
    assert "c**2 = c does not follow from what it cites: it fails at c = " in vague and "against other def" in vague
    for right, by, using in ((2 * c, "algebra", ()), (0 * c, "definition", "one")):
        assert f"c**2 = {right!r} is false at " in str(D.canary("wrong", c**2, right, by=by, using=using).refutation)
    assert "b**2 = b is false at b = " in str(D.canary("free", b**2, b, by="algebra").refutation)
