"""Nobody puts a false line on a page as proved: what a page shows comes from theorems that the kernel made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from types import SimpleNamespace

import pytest
from setting import Setting

from derive import Normal, sqrt
from derive.errors import ArgumentError, DeriveError
from derive.justifications import JUSTIFICATIONS, Justification
from derive.kernel.theorem import Theorem, prove
from derive.language.expr import wrap
from derive.language.goal import Goal
from derive.language.tree import Fact
from derive.page import recall
from derive.page.blocks import Block, Line
from derive.page.chain import Chain, Step
from derive.page.definition import Definition
from derive.page.derivation import Derivation
from derive.verify.verify import ProofStatus

ONE, ZERO = wrap(1), wrap(0)
REFUSED = (DeriveError, AttributeError, TypeError, FrozenInstanceError)


@pytest.fixture
def w():
    setting = Setting()
    setting.X.define("d", setting.r, setting.b)
    setting.X.assume("a", setting.a, setting.v)
    setting.step(setting.a, setting.v, "definition", "a")
    return setting


def false_goal(**what):
    return Goal("cheat", ONE, ZERO, JUSTIFICATIONS["algebra"], **what)


def shown(block):
    return block._repr_mimebundle_()


def true_step(w):
    """A chain with a theorem of its own, 1 = 1."""
    return w.X.chain("one", ONE).equals(1, by="algebra")


def test_a_true_chain_is_shown(w):
    assert "algebra" in shown(true_step(w))[0]["text/latex"]


@pytest.mark.parametrize("decide", [lambda *_: "symbolic zero", lambda *_: True, None])
def test_no_caller_substitutes_the_algebra(decide):
    with pytest.raises(REFUSED):
        prove(false_goal(), decide)
    with pytest.raises(REFUSED):
        prove(SimpleNamespace(left=ONE, right=ZERO))


@pytest.mark.parametrize(
    "granted",
    [
        Justification("algebra", "anything", linear=True, exchanges=True, differentiates=True, integrates=True),
        replace(JUSTIFICATIONS["algebra"], rules=("uncorrelated", "linearity", "conditional", "Markov")),
        replace(JUSTIFICATIONS["linearity"], independent=True),
    ],
)
def test_a_justification_that_grants_more_is_not_one(granted):
    w = Setting()
    with pytest.raises(DeriveError):
        prove(replace(false_goal(), justification=granted, left=w.r, right=w.r))
    with pytest.raises(TypeError):
        JUSTIFICATIONS["algebra"] = granted


def test_a_theorem_cannot_be_made_changed_or_copied_with_another_goal(w):
    theorem = true_step(w).steps[0].status.theorem
    for attribute in ("goal", "_goal", "_claim", "_how", "rests", "new"):
        with pytest.raises(REFUSED):
            setattr(theorem, attribute, false_goal())
        with pytest.raises(REFUSED):
            delattr(theorem, attribute)
    with pytest.raises(REFUSED):
        Theorem(object(), false_goal(), "algebra")
    with pytest.raises(REFUSED):
        type("Mine", (Theorem,), {})
    with pytest.raises(REFUSED):
        theorem.goal.left = ZERO


def test_a_theorem_says_what_it_rests_on(w):
    plain, cited = true_step(w).steps[0].status.theorem, w.X.blocks["step 2"].steps[0].status.theorem
    assert plain.rests == frozenset()
    assert cited.rests == {"a: a = v"}


def test_a_theorem_of_itos_formula_says_that_it_is_an_axiom(w):
    from derive import Derivative, Diffusion, Integral, positive

    X = w.X
    p, x, s, y = X.function("rho", positive), X.symbol("x_"), X.symbol("s_"), X.dummy("y")
    X.assume("flow", p(x, s), Diffusion(x, s, -x, 1))
    left = Derivative(Integral(y * p(y, s), y), s)
    chain = X.chain("mean", left).equals(-Integral(y * p(y, s), y), by="Itô", using="flow")
    assert any(one.startswith("axiom: Itô") for one in chain.steps[0].status.theorem.rests)


def test_a_fact_made_by_hand_puts_nothing_on_a_page(w):
    fact = Fact("cheat", ONE, ZERO, frozenset())
    theorem = prove(replace(false_goal(facts=(fact,)), justification=JUSTIFICATIONS["definition"]))
    assert theorem.rests == {"cheat: 1 = 0"}  # it is true that 1 = 0 if 1 = 0
    chain = w.X.chain("cheat", ONE)
    step = Step("=", ZERO, theorem.goal, ProofStatus(theorem, ()), "algebra")
    with pytest.raises(REFUSED):
        chain.steps.append(step)
    with pytest.raises(REFUSED):
        chain.steps = [step]
    with pytest.raises(REFUSED):
        w.X.chain("other", ONE).equals(0, by="definition", using=fact)
    chain._steps = (step,)
    with pytest.raises(DeriveError):
        shown(chain)


@pytest.mark.parametrize("theorem", [None, SimpleNamespace(goal=false_goal(), left=ONE, right=ZERO), "1 = 0"])
def test_a_forged_step_is_not_shown(w, theorem):
    chain = w.X.chain("cheat", ONE)
    chain._steps = (Step("=", ZERO, false_goal(), ProofStatus(theorem, ("24 points",)), "algebra"),)
    for look in (
        shown,
        repr,
        Chain.lines,
        Chain.facts,
        Chain.rows,
        lambda one: w.X.chain("c", ONE).equals(0, "result", one.name),
    ):
        with pytest.raises(DeriveError):
            look(chain)


def test_a_step_with_the_theorem_of_another_is_not_shown(w):
    theorem = true_step(w).steps[0].status.theorem
    chain = w.X.chain("cheat", ONE)
    for step in (
        Step("=", ZERO, theorem.goal, ProofStatus(theorem, ()), "algebra"),
        Step("<", ONE, theorem.goal, ProofStatus(theorem, ()), "algebra"),
        Step("≤", ONE, theorem.goal, ProofStatus(theorem, ()), "algebra"),
        Step("~", ONE, theorem.goal, ProofStatus(theorem, ()), "algebra"),
        Step("=", ONE, theorem.goal, ProofStatus(theorem, ()), "Gibbs"),
    ):
        chain._steps = (step,)
        with pytest.raises(DeriveError):
            shown(chain)


def test_an_inequality_needs_a_gap_whose_sign_was_proved(w):
    chain = w.X.chain("gap", w.r).at_most(w.r + w.v, gap=w.v)
    (step,) = chain.steps
    shown(chain)
    for forged in (
        replace(step, relation="<"),
        replace(step, gap=None),
        replace(step, gap=replace(step.gap, status=step.status)),
    ):
        chain._steps = (forged,)
        with pytest.raises(DeriveError):
            shown(chain)


class Forged(Block):
    left = ONE

    def lines(self):
        return [Line(ONE, "=", ZERO, "algebra")]


class Longer(Chain):
    def lines(self):
        return [Line(ONE, "=", ZERO, "algebra")]


class Stated(Definition):
    pass


@pytest.mark.parametrize(
    "make",
    [
        lambda w: Forged("cheat"),
        lambda w: Longer(w.X, "cheat", ONE),
        lambda w: Stated("cheat", w.k, ONE, ":=", "algebra"),
        lambda w: Definition("cheat", ONE, ZERO, "=", "algebra"),
        lambda w: Definition("cheat", w.k, w.k + 1, ":=", "definition"),
    ],
)
def test_a_block_made_by_hand_is_not_placed(w, make):
    before = dict(w.X.blocks)
    with pytest.raises(REFUSED):
        w.X.place(make(w))
    assert dict(w.X.blocks) == before


@pytest.mark.parametrize("make", [lambda w: Forged("cheat"), lambda w: Definition("cheat", ONE, ZERO, "=", "algebra")])
def test_a_block_made_by_hand_does_not_show_itself(w, make):
    with pytest.raises(REFUSED):
        shown(make(w))


def test_blocks_are_neither_deleted_nor_replaced(w):
    with pytest.raises(TypeError):
        del w.X.blocks["d"]
    with pytest.raises(TypeError):
        w.X.blocks["d"] = Forged("d")
    with pytest.raises(AttributeError):
        w.X.blocks = {}
    for method in ("clear", "pop", "popitem", "update", "setdefault"):
        assert not hasattr(w.X.blocks, method)


def test_what_a_block_rests_on_is_not_cleared(w):
    block = w.X.blocks["step 2"]
    assert block.assumptions == {"a": "X.2"}
    for name in ("assumptions", "rests", "brings", "steps"):
        with pytest.raises(REFUSED):
            setattr(block, name, {})
        with pytest.raises(REFUSED):
            getattr(block, name).clear()
    assert block.assumptions == {"a": "X.2"} and "X.2" in shown(block)[0]["text/latex"]
    for name in ("left", "right", "relation", "word", "equations", "standard", "definition", "tag"):
        with pytest.raises(REFUSED):
            setattr(w.X.blocks["a"], name, ZERO)


def test_the_results_of_other_chapters_are_read_and_not_kept(w):
    known = recall.recorded()
    name = next(iter(known))
    known[name]["results"]["cheat"] = {"tag": "Z.1", "says": "1 = 0", "times": {}, "rests": [], "letters": []}
    assert "cheat" not in recall.recorded()[name]["results"]
    with pytest.raises(ArgumentError):
        w.X.recall("cheat", ONE, ZERO)


@pytest.mark.parametrize(
    "latex",
    [
        r"\mathrm{0=1}",
        r"a\phantom{}",
        r"a\phantom{b}",
        r"\hphantom{x}a",
        r"a{}",
        r"a\,",
        r"{a=b}",
        r"\bar{a<b}",
        r"x_{0=1}",
        r"x_{}",
        r"a\color{white}",
        r"\mathrm{a\\b}",
        r"\tilde{a+b}",
        r"\mathrm{is proved}\tag{F.1}",
        r"a\label{b}",
        r"\mathbb{E}[x=1]",
        r"a\kern0pt",
        "a%",
        "a$b",
        "a b",
        "x_{1}_{2}",
        r"a\vphantom{b}",
        r"\hat{}a",
        r"\text{for all a}",
        r"\mathrm{2a}",
        "a!",
        "a|b",
    ],
)
def test_a_symbol_reads_as_one_symbol(latex):
    X = Derivation("X")
    with pytest.raises(ArgumentError):
        X.symbol("a", latex=latex)
    with pytest.raises(ArgumentError):
        X.sequence("b", latex=latex)


def test_two_symbols_do_not_look_alike():
    X = Derivation("X")
    a, b = X.symbol("a", latex=r"\mathrm{a}"), X.symbol("b", latex=r"\mathrm a")
    with pytest.raises(ArgumentError):
        X.chain("alike", a - b).equals(0, by="algebra")


def test_the_shown_lines_are_those_of_the_theorems(w):
    q, x, t, al = w.q, w.x, w.t, w.al
    w.X.define("step", q(x[t] | x[t - 1]), Normal(x[t], sqrt(al[t]) * x[t - 1], 1 - al[t]))
    chain = w.X.chain("c", q(x[1] | x[0])).equals(Normal(x[1], sqrt(al[1]) * x[0], 1 - al[1]), "definition", "step")
    with pytest.raises(REFUSED):
        chain.left = q(x[2] | x[1])
    with pytest.raises(REFUSED):
        chain.start = 0
    (step,) = chain.steps
    chain._steps = (replace(step, beside="algebra"),)
    with pytest.raises(DeriveError):
        shown(chain)
