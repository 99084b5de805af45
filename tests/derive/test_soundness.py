"""What must never pass: faults of section G, one test a row, and the messages that a reader gets."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from fractions import Fraction

import pytest
import sympy as sp
from root import environment
from setting import Setting
from tables import table

from derive import KL, Derivation, Integral, Limit, Normal, Product, exp, log, positive, real, sqrt, unit
from derive.errors import ArgumentError, DerivationError, Inconclusive, Refuted, Undefined, VacuousHypotheses
from derive.language.expr import Interval
from derive.language.times import as_index
from derive.page import chain
from derive.page.summary import Summary, rejected
from derive.proof import decide, integrals
from derive.proof.normalform import Field
from derive.proof.signs import sign_of_value
from derive.proof.timeout import timeout
from derive.verify import verify


class Symbols(Setting):
    """A small derivation with the symbols that the tests use."""

    symbols = Setting.symbols | {
        "q": lambda w: w.X.density("q", markov=True),
        "alpha": lambda w: w.X.sequence("alpha", unit),
        "alpha_bar": lambda w: w.X.sequence("alpha_bar", unit, start=0, first=1),
        "b": lambda w: w.X.symbol("b", positive),
        "u": lambda w: w.X.symbol("u", unit),
        "z": lambda w: w.X.symbol("z"),
    }

    def __init__(self):
        super().__init__()
        x, t, s = self.x, self.t, self.s
        self.X.define("alpha-bar", self.alpha_bar[t], Product(self.alpha[s], (s, 1, t)))
        self.X.define("step", self.q(x[t] | x[t - 1]), self.transition(t))

    def transition(self, t):
        return Normal(self.x[t], sqrt(self.alpha[t]) * self.x[t - 1], 1 - self.alpha[t])


@pytest.fixture
def w():
    return Symbols()


def closed(setting, mean, variance):
    t, x, alpha, bar = setting.t, setting.x, setting.alpha, setting.alpha_bar
    known = Normal(x[t], sqrt(alpha[t]) * sqrt(bar[t - 1]) * x[0], 1 - alpha[t] * bar[t - 1])
    return setting.X.chain("planted", known).equals(Normal(x[t], mean, variance), by="definition", using="alpha-bar")


MUTANTS = table(
    r"""
sign (Refuted): closed(sqrt(alpha_bar[t]) * x[0], 1 + alpha_bar[t])
sign-of-mean (Refuted): closed(-sqrt(alpha_bar[t]) * x[0], 1 - alpha_bar[t])
factor (Refuted): closed(x[0], 1 - alpha_bar[t])
index-of-alpha_bar (Refuted): closed(sqrt(alpha_bar[t - 1]) * x[0], 1 - alpha_bar[t])
alpha-for-alpha_bar (Refuted): closed(sqrt(alpha_bar[t]) * x[0], 1 - alpha[t])
root (Refuted): closed(alpha_bar[t] * x[0], 1 - alpha_bar[t])
exponent (Refuted): closed(sqrt(alpha_bar[t]) * x[0], 1 - alpha_bar[t] ** 2)
index-of-x (Refuted): closed(sqrt(alpha_bar[t]) * x[1], 1 - alpha_bar[t])
1e-8 (Refuted): closed(sqrt(alpha_bar[t]) * x[0], (1 - alpha_bar[t]) * Fraction(10**8 + 1, 10**8))
""",
    Symbols,
    closed=closed,
)


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants(name):
    message = MUTANTS[name].must_be_refused()
    for part in ("'planted, line 1'", "'definition'", "t = ", "left is", "right is"):
        assert part in message


def test_the_closed_form(w):
    assert closed(w, sqrt(w.alpha_bar[w.t]) * w.x[0], 1 - w.alpha_bar[w.t]).steps


def test_both_sides_undefined(w):
    assert (sp.oo - sp.oo == sp.zoo - sp.zoo) is True  # what SymPy says
    with pytest.raises(Undefined, match="planted"):
        w.X.chain("planted", 1 / (w.a - w.a)).equals(2 / (w.a - w.a), by="algebra")
    with pytest.raises(Undefined):
        w.X.chain("logs", log(w.a - w.a)).equals(log(w.b - w.b), by="algebra")
    for nothing in (sp.nan, sp.zoo, sp.oo):
        with pytest.raises(Undefined):
            Field().is_zero(nothing)


R = sp.Symbol("r", real=True)


@pytest.mark.parametrize(
    "difference",
    [
        pytest.param(sp.atan(sp.tan(R)) - R, id="atan"),
        pytest.param(sp.Piecewise((R, R > 0), (0, True)) - sp.Max(R, 0), id="piecewise"),
        pytest.param(sp.floor(R) - R, id="floor"),
    ],
)
def test_undecided_is_a_failure(difference):
    with pytest.raises(Inconclusive):
        Field().is_zero(difference)


@pytest.mark.parametrize("root", [sp.Abs(R + 1), sp.sqrt(R**2 + 2 * R + 1)], ids=["abs", "root-of-square"])
def test_the_root_of_a_square_is_an_absolute_value(root):
    field = Field()
    assert field.is_zero(root - sp.Abs(R + 1)) and field.is_zero(root**2 - (R + 1) ** 2)
    assert not field.is_zero(root - R - 1) and not field.is_zero(root + R + 1)
    assert sign_of_value(field, root) is None  # it may be zero


def test_antiderivatives_are_differentiated_back(w, monkeypatch):
    integral = Integral(w.y / (1 - w.y), (w.y, 0, w.u))
    assert w.X.chain("right", integral).equals(-log(1 - w.u) - w.u, by="integration").steps
    with pytest.raises(Refuted, match="left is"):
        w.X.chain("wrong", integral).equals(-log(1 - w.u), by="integration")
    monkeypatch.setattr(integrals.sp, "integrate", lambda *args: sp.S.Zero)  # as SymPy 1.14 for 1/(ax² + bx + c)
    with pytest.raises(Inconclusive, match="differentiate back"):
        w.X.chain("zero", integral).equals(-log(1 - w.u) - w.u, by="integration")
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
        w.alpha[w.X.indices("i")]


def test_positive_is_not_below_one(w):
    with pytest.raises(Refuted, match="a = "):
        w.X.chain("positive only", sqrt((1 - w.a) ** 2)).equals(1 - w.a, by="algebra")
    assert w.X.chain("unit", sqrt((1 - w.u) ** 2)).equals(1 - w.u, by="algebra").steps


def test_contradictory_hypotheses(w):
    assert w.X.suppose("one", w.a, w.b).definition
    with pytest.raises(VacuousHypotheses, match="a < b, b < a"):
        w.X.suppose("two", w.b, w.a)
    with pytest.raises(VacuousHypotheses, match="empty"):
        w.X.symbol("c", Interval(Fraction(1), Fraction(0)))


def test_hypotheses_restrict_the_points(w):
    w.X.suppose("small", w.b, w.a)
    w.X.suppose("early", w.alpha[w.t], Fraction(9, 10))
    with pytest.raises(Refuted) as caught:
        w.X.chain("planted", w.alpha[w.t] + w.a - w.b).equals(0, by="algebra")
    values = dict(part.split(" = ") for part in str(caught.value).split(" at ")[1].split(": left")[0].split(", "))
    assert Fraction(values["b"]) < Fraction(values["a"])
    assert Fraction(values[f"alpha[{values['t']}]"]) < Fraction(9, 10)


def test_one_symbol_one_meaning(w):
    assert w.X.symbol("a", positive) is not None  # the same again is harmless
    for declare in (lambda: w.X.symbol("a", real), lambda: w.X.sequence("a"), lambda: w.X.density("x")):
        with pytest.raises(ArgumentError, match="already declared"):
            declare()
    with pytest.raises(ArgumentError, match="identifier"):
        w.X.symbol("not a name")


def test_piecewise_must_be_discharged(w):
    bell = Integral(exp(-(w.y**2) / (2 * w.r)), w.y)  # r may be negative: no closed form without a condition
    with pytest.raises(DerivationError):
        w.X.chain("normaliser", bell).equals(sqrt(2 * w.r), by="Gaussian integral")
    sigma = sp.Symbol("sigma", real=True)
    answer = sp.integrate(sp.exp(-(R**2) / (2 * sigma)), (R, -sp.oo, sp.oo))
    assert answer.has(sp.Piecewise)
    with pytest.raises(Inconclusive):
        Field().is_zero(answer - sp.sqrt(2 * sp.pi * sigma))


def test_slow_is_not_true(w, monkeypatch):
    with pytest.raises(Inconclusive, match="not decided within"), timeout(0.05):
        hang()
    monkeypatch.setattr(Field, "is_zero", hang)
    monkeypatch.setattr(decide, "timeout", lambda: timeout(0.05))
    with pytest.raises(Inconclusive, match=r"planted.*not decided within"):
        w.X.chain("planted", w.a + w.b).equals(w.b + w.a, by="algebra")


def test_an_interrupt_that_is_lost_comes_again(monkeypatch):
    """Python drops what is raised in a callback of its garbage collector, and hypothesis installs one."""
    monkeypatch.setattr("derive.proof.timeout.AGAIN", 0.05)
    lost = []
    with pytest.raises(Inconclusive, match="not decided within"), timeout(0.05):
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


def test_the_page_shows_what_was_checked(w):
    block = w.X.chain("pair", w.a + w.b).equals(w.b + w.a, by="algebra")
    (step,) = block.steps
    assert (step.goal.left, step.goal.right) == (block.left, step.right) == (w.a + w.b, w.b + w.a)
    assert "a + b &= b + a" in block.latex()
    other = w.X.chain("other", w.a + w.b).equals(w.b + w.a + 0, by="algebra")
    assert len({shown.metadata()["diffusion_lib"]["sha256"] for shown in (block, other)}) == 2
    block._steps = (replace(step, right=w.b - w.a),)
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
    assert (
        "Refuted: step 'planted, line 1', justification 'algebra': (a + 1)**2 = a**2 + 1 is false at a = "
        in done.stderr
    )


def test_the_canary_sings_when_the_checks_are_off(w, monkeypatch):
    arguments = ("false", (w.a + w.b) ** 2, w.a**2 + w.b**2, "algebra")
    assert "refuted, as it must be" in repr(w.X.canary(*arguments))
    monkeypatch.setattr(chain, "verify", lambda goal: verify.verify(replace(goal, right=goal.left)))
    with pytest.raises(DerivationError, match="accepted"):
        w.X.canary(*arguments)


def test_a_surviving_mutant_stops_the_summary(w):
    w.X.chain("pair", w.a + w.b).equals(w.b + w.a, by="algebra")
    assert isinstance(w.X.summary(), Summary)
    w.X.equivalent("pair", 1, "sign: all", "no reason")
    with pytest.raises(DerivationError, match="not accepted"):
        w.X.summary()
    w.X.equivalents.clear()
    w.X.chain("weak", w.a * 1).equals(w.a, by="algebra")
    weak = w.X.blocks["weak"]
    weak._steps = (replace(weak.steps[0], check=lambda goal: None),)
    with pytest.raises(DerivationError, match="mutants survive: weak, line 1"):
        w.X.summary()


FALSE = MUTANTS | table(
    r"""
# the points cover the domain
root-of-square (Refuted): step(sqrt(r**2), r, "algebra")
log-of-product (Undefined): step(log(r * z), log(r) + log(z), "algebra")
square-is-power (Refuted): step(u**2, u, "algebra")
# a justification permits nothing else
algebra-knows-no-definition (Refuted): step(alpha_bar[1], alpha[1], "algebra")
algebra-does-not-expand-E (Refuted): step(E(eps[1] + eps[2]), E(eps[1]) + E(eps[2]), "algebra")
algebra-does-not-integrate (Refuted): step(I(N(y, 0, 1), y), 1, "algebra")
algebra-takes-no-limit (Refuted): step(Limit(u**T, T), 0, "algebra")
linearity-is-not-independence (Refuted): step(Var(eps[1] + eps[2]), Var(eps[1]) + Var(eps[2]), "linearity")
independence-has-no-law (Refuted): step(Var(eps[1]), 1, "independence")
old-noise-is-not-fresh (Refuted): step(Var(x[1] + eps[1]), Var(x[1]) + Var(eps[1]), "independence")
noise-given-a-later-state (Refuted): step(E(eps[1], given=x[1]), 0, "definition", "noise")
fact-not-cited (Refuted): step(q(x[2] | x[1]), transition(2), "algebra")
other-variable (Undefined): step(I(y * q(x[1] | x[0]), x[1]), y + 1, "marginalisation")
no-integral-is-its-integrand (Refuted): step(I(u, (y, 0, 2)), I(u, (y, 0, 1)), "algebra")
swapped-divergence (Refuted):
    step(KL(N(x[1], 0, 1), N(x[1], r, a)), KL(N(x[1], r, a), N(x[1], 0, 1)), "Gaussian integral")
sum-index (Refuted): step(Sum(log(alpha[s]), (s, 1, T)), Sum(log(alpha[s]), (s, 1, T + 1)), "algebra")
""",
    Symbols,
)


@pytest.mark.parametrize("name", [name for name in FALSE if name not in MUTANTS])
def test_falsehoods_are_refused(name):
    FALSE[name].must_be_refused()


def test_bad_arguments_name_what_is_allowed(w):
    with pytest.raises(ArgumentError, match=r"by must be one of .*got 'algbra'; did you mean 'algebra'"):
        w.X.chain("planted", w.a).equals(w.a, by="algbra")
    with pytest.raises(
        ArgumentError, match=r"using must name an earlier block of X, got 'alpha'; known: alpha-bar, step"
    ):
        w.X.chain("planted", w.a).equals(w.a, by="definition", using="alpha")
    for by in ("result", "induction"):
        with pytest.raises(ArgumentError, match=f"using must name what '{by}' rests on"):
            w.X.chain("planted", w.a).equals(w.a, by=by)
    with pytest.raises(ArgumentError, match="choose another name"):
        w.X.chain("planted", w.b)
    with pytest.raises(ArgumentError, match="one bar"):
        w.q(w.a)
    with pytest.raises(ArgumentError, match="truth"):
        bool(w.a)
    with pytest.raises(ArgumentError, match="letter"):
        Derivation("7")


def test_a_cell_may_run_twice(w):
    for _ in range(2):
        assert w.X.chain("pair", w.a + w.b).equals(w.b + w.a, by="algebra").tag == "X.3"
    assert [block.tag for block in w.X.blocks.values()] == ["X.1", "X.2", "X.3"]


def test_definitions_stay_in_their_domain(w):
    with pytest.raises(Refuted, match="gap"):
        w.X.define("too-large", w.X.sequence("gamma", unit)[w.t], 1 + w.alpha[w.t])
    with pytest.raises(DerivationError, match="gap"):
        w.X.define("no-variance", w.p(w.x[w.t] | w.x[w.t - 1]), Normal(w.x[w.t], 0, w.r))


def test_gaps_need_a_sign(w):
    bound = w.X.chain("bound", w.a - w.b)
    with pytest.raises(Inconclusive, match="sign of the gap"):
        w.X.chain("square", w.a).below(w.a + w.r**2, gap=w.r**2)  # zero at r = 0: not strict
    assert w.X.chain("square", w.a).at_most(w.a + w.r**2, gap=w.r**2).steps
    assert bound.below(w.a, gap=w.b).steps
    with pytest.raises(Refuted, match="gap"):
        bound.below(w.a - w.b, gap=-w.b)
    crossed = KL(w.q(w.x[1] | w.x[0]), w.p(w.x[0] | w.x[1]))  # no divergence: different variables
    with pytest.raises(DerivationError):
        w.X.chain("crossed", -log(w.p(w.x[0]))).at_most(-log(w.p(w.x[0])) + crossed, gap=crossed)
    with pytest.raises(ArgumentError, match="cannot be cited"):
        w.X.chain("cites", w.a).equals(w.a, by="result", using="bound")


def test_assumptions_travel_with_results(w):
    c = w.X.symbol("c", unit)
    w.X.assume("constant", w.alpha[w.t], c)
    power = w.X.chain("power", Product(w.alpha[w.s], (w.s, 1, w.T))).equals(c**w.T, by="algebra", using="constant")
    assert power.assumptions == {"constant": "X.3"}
    limit = w.X.chain("limit", Limit(Product(w.alpha[w.s], (w.s, 1, w.T)), w.T))
    limit.equals(Limit(c**w.T, w.T), by="result", using="power").equals(0, by="limit")
    assert "result (X.4) with (X.3)" in limit.latex()


def test_results_hold_from_their_first_time_on(w):
    t = w.t
    late = w.X.sequence("late", positive, start=2)
    w.X.define("late", late[t], w.alpha[t] * w.alpha[t - 1])
    assert w.X.chain("at 2", late[2]).equals(w.alpha[2] * w.alpha[1], by="definition", using="late").steps
    with pytest.raises(Undefined, match="does not exist"):
        w.X.chain("at 1", late[1]).equals(w.alpha[1] * w.alpha[0], by="definition", using="late")
    assert "t\\text{ at least }2" in w.X.blocks["late"].latex()


def test_induction_needs_both_parts(w):
    t, x, q = w.t, w.x, w.q
    proof = w.X.induction(
        "marginal", q(x[t] | x[0]), Normal(x[t], sqrt(w.alpha_bar[t]) * x[0], 1 - w.alpha_bar[t]), over=t
    )
    with pytest.raises(DerivationError, match=r"'marginal, base' must end in"):
        proof.conclude()
    with pytest.raises(ArgumentError, match="using must name"):
        proof.base.equals(q(x[1] | x[0]), by="induction", using="hypothesis")
    with pytest.raises(ArgumentError, match="using must name"):
        w.X.chain("cites", q(x[t] | x[0])).equals(1, by="result", using="marginal")


def test_induction_over_numbers(w):
    """A product of equal factors is a power; its conclusion is searched for counterexamples, too."""
    t, c = w.t, w.X.symbol("c", unit)
    w.X.define("same", w.alpha[t], c)
    proof = w.X.induction("power", w.alpha_bar[t], c**t, over=t)
    proof.base.equals(w.alpha[1], by="definition", using="alpha-bar").equals(c, by="definition", using="same")
    proof.base.equals(c ** as_index(1), by="algebra")
    proof.step.equals(w.alpha_bar[t] * w.alpha[t + 1], by="definition", using="alpha-bar")
    proof.step.equals(c**t * w.alpha[t + 1], by="induction", using="hypothesis")
    proof.step.equals(c**t * c, by="definition", using="same").equals(c ** (t + 1), by="algebra")
    status = proof.conclude().steps[0].status
    assert status.theorem.how == "induction on t" and status.searches == ("24 points, 60 digits",)
    with pytest.raises(Refuted, match="'planted'"):
        verify.search_by_definitions(replace(proof.steps[0].goal, name="planted", right=c ** (t + 1)))


def test_undecided_mutants_do_not_count_as_caught(w):
    def undecided(goal):
        raise Inconclusive("who knows")

    block = w.X.chain("pair", w.a + w.b).equals(w.b + w.a, by="algebra")
    assert not rejected(undecided, block.steps[0].goal)
    assert not rejected(verify.verify, block.steps[0].goal)
    assert rejected(verify.verify, replace(block.steps[0].goal, right=w.b - w.a))


def test_a_canary_is_called_false_only_where_all_definitions_hold():
    D = Derivation("D")
    c, b = D.symbol("c"), D.symbol("b")
    D.define("one", c, 1)
    vague = str(D.canary("square", c**2, c, by="algebra").refutation)
    assert "c**2 = c does not follow from what it cites: it fails at c = " in vague and "against other def" in vague
    for right, by, using in ((2 * c, "algebra", ()), (0 * c, "definition", "one")):
        assert f"c**2 = {right!r} is false at " in str(D.canary("wrong", c**2, right, by=by, using=using).refutation)
    assert "b**2 = b is false at b = " in str(D.canary("free", b**2, b, by="algebra").refutation)
