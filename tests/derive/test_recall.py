"""``recall`` accepts the statement that was proved, and nothing that only looks like it."""

from __future__ import annotations

from functools import cache

import pytest

from derive import Derivation, E, Integral, Normal, Product, Var, positive, sqrt, standard_normal, unit
from derive.errors import ArgumentError, DerivationError, Refuted
from derive.page import recall
from derive.page.record import results, words


class Chapter:
    """Letters and the definitions of a forward process; a change is given by name."""

    def __init__(self, letter="B", markov=True, first=1, domain=unit, names=("alpha", "alpha_bar"), define=True):
        self.D = D = Derivation(letter)
        self.t, self.s, self.k = D.indices("t s k")
        self.x, self.q = D.states("x"), D.density("q", markov=markov)
        self.beta = D.sequence("beta", domain)
        self.alpha = D.sequence(names[0], domain)
        self.bar = D.sequence(names[1], domain, start=0, first=first)
        if define:
            self.define()

    def define(self, but=(), share=None, bar=None):
        t, D = self.t, self.D
        if "step" not in but:
            kept = sqrt(1 - self.beta[t]) * self.x[t - 1]
            D.define("step", self.q(self.x[t] | self.x[t - 1]), Normal(self.x[t], kept, self.beta[t]))
        if "alpha" not in but:
            D.define("alpha", self.alpha[t], 1 - self.beta[t] if share is None else share)
        if "alpha-bar" not in but:
            D.define("alpha-bar", self.bar[t], Product(self.alpha[self.k], (self.k, 1, t)) if bar is None else bar)

    def closed(self):
        t, x = self.t, self.x
        return self.q(x[t] | x[0]), Normal(x[t], sqrt(self.bar[t]) * x[0], 1 - self.bar[t])


@cache
def proved():
    """What a chapter reports that proves the closed form, and a few things more."""
    w = Chapter("A")
    D, t, x, q, alpha, bar = w.D, w.t, w.x, w.q, w.alpha, w.bar
    D.chain("recursion", bar[t]).equals(bar[t - 1] * alpha[t], by="definition", using="alpha-bar")
    D.chain("late", bar[t], start=2).equals(bar[t - 1] * alpha[t], by="definition", using="alpha-bar")
    step = Normal(x[t], sqrt(alpha[t]) * x[t - 1], 1 - alpha[t])
    D.chain("step-alpha", q(x[t] | x[t - 1])).equals(step, by="definition", using=("step", "alpha"))
    far = D.induction("closed-form", *w.closed(), over=t)
    far.base.equals(Normal(x[1], sqrt(alpha[1]) * x[0], 1 - alpha[1]), by="result", using="step-alpha").equals(
        Normal(x[1], sqrt(bar[1]) * x[0], 1 - bar[1]), by="definition", using="alpha-bar"
    )
    next_step = Normal(x[t + 1], sqrt(alpha[t + 1]) * x[t], 1 - alpha[t + 1])
    (
        far.step.equals(Integral(q(x[t + 1] | x[t], x[0]) * q(x[t] | x[0]), x[t]), by="marginalisation")
        .equals(Integral(q(x[t + 1] | x[t]) * q(x[t] | x[0]), x[t]), by="Markov")
        .equals(Integral(next_step * q(x[t] | x[0]), x[t]), by="result", using="step-alpha")
        .equals(Integral(next_step * w.closed()[1], x[t]), by="induction", using="hypothesis")
        .equals(Normal(x[t + 1], sqrt(bar[t + 1]) * x[0], 1 - bar[t + 1]), by="Gaussian integral", using="alpha-bar")
    )
    far.conclude()
    c = D.symbol("c", positive)
    D.chain("still", E(c * x[0], q(x[0]))).equals(c * E(x[0], q(x[0])), by="linearity")
    D.assume("two", c, 2)
    D.chain("assumed", c + c).equals(4, by="algebra", using="two")
    m = D.symbol("m")
    mean = E(x[0], q(x[0]))
    D.chain("spread", Integral(Normal(m, 0, 1) * mean, m)).equals(mean, by="Gaussian integral")
    half = D.sequence("half")
    D.define("half-is", half[t], bar[t] / 2)
    D.chain("on-the-way", bar[t] / 2 + bar[t] / 2).equals(2 * half[t], by="definition", using="half-is").equals(
        bar[t], by="definition", using="half-is"
    )
    e = D.noise("e")
    D.define("noise", e[t], standard_normal)
    D.chain("noisy", Var(c * e[t])).equals(c**2 * Var(e[t]), by="linearity").equals(
        c**2, by="definition", using="noise"
    )
    return results(D)


@pytest.fixture(autouse=True)
def known(monkeypatch):
    found = {"first": proved()}
    monkeypatch.setattr(recall, "recorded", lambda: found)
    return found


def test_what_was_proved_is_a_block_and_later_steps_cite_it():
    w = Chapter()
    block = w.D.recall("closed-form", *w.closed())
    number = proved()["results"]["closed-form"]["tag"]
    assert block.tag == "B.4" and rf"\text{{recalled ({number})}}" in block.latex()
    x = w.x
    w.D.chain("later", w.q(x[5] | x[0])).equals(
        Normal(x[5], sqrt(w.bar[5]) * x[0], 1 - w.bar[5]), by="result", using="closed-form"
    )
    with pytest.raises(Refuted):
        w.D.chain("wrong", w.q(x[5] | x[0])).equals(
            Normal(x[5], sqrt(w.bar[4]) * x[0], 1 - w.bar[5]), by="result", using="closed-form"
        )
    assert block.metadata()["diffusion_lib"]["recalled"]["name"] == "closed-form"
    tag = proved()["results"]["recursion"]["tag"]
    assert w.D.recall(tag, w.bar[w.t], w.bar[w.t - 1] * w.alpha[w.t]).name == "recursion"


def test_the_count_says_recalled_and_not_proved():
    w = Chapter()
    w.D.recall("recursion", w.bar[w.t], w.bar[w.t - 1] * w.alpha[w.t])
    w.D.chain("own", w.beta[w.t]).equals(1 - w.alpha[w.t], by="definition", using="alpha")
    summary = w.D.summary()
    assert summary.metadata()["diffusion_lib"]["count"]["recalled"] == 1 and summary.steps == 1
    assert "recalled, proved in another chapter: 1; first (A.4)" in repr(summary) and "(recalled)" in repr(summary)
    told = summary.metadata()["diffusion_lib"]["proved"]
    assert told["recalls"] == ["A"] and list(told["results"]) == ["own"]


def refused(w, label, left, right, **how):
    with pytest.raises(DerivationError) as error:
        w.D.recall(label, left, right, **how)
    assert "proved there: " in str(error.value) and "stated here: " in str(error.value)
    assert label not in w.D.blocks
    return str(error.value)


def test_a_wrong_side_is_refused():
    w = Chapter()
    left, right = w.closed()
    refused(w, "closed-form", left, Normal(w.x[w.t], right.mean, w.bar[w.t]))
    refused(w, "closed-form", w.q(w.x[w.t] | w.x[1]), right)
    refused(w, "recursion", *w.closed())


def test_another_range_of_times_is_refused():
    w = Chapter()
    sides = w.bar[w.t], w.bar[w.t - 1] * w.alpha[w.t]
    refused(w, "late", *sides)  # proved from 2 on only
    refused(w, "recursion", *sides, start=2)
    assert w.D.recall("late", *sides, start=2).first() == {"t": 2}


def test_another_definition_is_refused():
    w = Chapter(define=False)
    w.define(bar=Product(1 - w.beta[w.k], (w.k, 1, w.t)))  # the same number in other words
    refused(w, "closed-form", *w.closed())
    w = Chapter(define=False)
    w.define(but=("alpha-bar",))
    message = refused(w, "closed-form", *w.closed())
    assert message.count("given alpha_bar[t] := Product(alpha[#1], (#1, 1, t))") == 1


def test_a_letter_that_was_an_abbreviation_on_the_way_is_not_asked_for():
    w = Chapter()
    assert "half-is" not in proved()["results"]["on-the-way"]["rests"]
    assert w.D.recall("on-the-way", w.bar[w.t] / 2 + w.bar[w.t] / 2, w.bar[w.t]).facts()


def test_a_definition_that_the_other_chapter_lacks_is_refused():
    w = Chapter()
    w.D.define("e-law", w.D.noise("e")[w.t], standard_normal)
    c = w.D.symbol("c", positive)
    w.D.define("c-is", c, 2)
    refused(w, "noisy", Var(c * w.D.what["e"][w.t]), c**2)


def test_other_letters_and_other_declarations_are_refused():
    for change in ({"names": ("alpha", "abar")}, {"names": ("a", "alpha_bar")}, {"markov": False}):
        w = Chapter(**change)
        refused(w, "closed-form", *w.closed())
    w = Chapter()
    c = w.D.symbol("c", unit)
    assert "c: parameter in (0, 1)" in refused(w, "still", E(c * w.x[0], w.q(w.x[0])), c * E(w.x[0], w.q(w.x[0])))
    refused(w, "closed-form", w.q(w.x[w.s] | w.x[0]), Normal(w.x[w.s], sqrt(w.bar[w.s]) * w.x[0], 1 - w.bar[w.s]))


def test_an_assumption_must_be_made_first_and_comes_along():
    w = Chapter()
    c = w.D.symbol("c", positive)
    refused(w, "assumed", c + c, 4)
    w.D.assume("two", c, 2)
    block = w.D.recall("assumed", c + c, 4)
    assert block.assumptions == {"two": w.D.blocks["two"].tag}
    chain = w.D.chain("later", 3 * (c + c)).equals(12, by="result", using="assumed")
    assert "with" in chain.lines()[0].justification and chain.assumptions == block.assumptions


def test_what_is_said_later_does_not_change_a_recalled_statement():
    w = Chapter()
    c = w.D.symbol("c", positive)
    block = w.D.recall("still", E(c * w.x[0], w.q(w.x[0])), c * E(w.x[0], w.q(w.x[0])))
    w.D.chain("fine", 2 * block.left).equals(2 * block.right, by="result", using="still")
    with pytest.raises(ArgumentError, match="random"):
        w.D.define("moves", c, 1 + w.x[0] ** 2)
    w.D.define("stands", c, 3)  # harmless, and yet another statement than the one that was proved
    with pytest.raises(DerivationError, match="states something else"):
        w.D.chain("false", 2 * block.left).equals(2 * block.right, by="result", using="still")


def test_an_assumption_that_moves_a_letter_is_refused():
    w = Chapter()
    c = w.D.symbol("c", positive)
    w.D.assume("moves", c, 1 + w.x[0] ** 2)
    with pytest.raises(DerivationError, match="was free"):
        w.D.recall("still", E(c * w.x[0], w.q(w.x[0])), c * E(w.x[0], w.q(w.x[0])))


def test_a_law_that_brings_a_bound_letter_is_refused():
    """There the law was free of m; here its mean is m, and the integral is no m."""
    w = Chapter()
    m, mean = w.D.symbol("m"), E(w.x[0], w.q(w.x[0]))
    block = w.D.recall("spread", Integral(Normal(m, 0, 1) * mean, m), mean)
    w.D.define("data", w.q(w.x[0]), Normal(w.x[0], m, 1))
    with pytest.raises(DerivationError, match="was free"):
        block.facts()
    w = Chapter()
    m, mean = w.D.symbol("m"), E(w.x[0], w.q(w.x[0]))
    w.D.define("data", w.q(w.x[0]), Normal(w.x[0], m, 1))
    with pytest.raises(DerivationError):
        w.D.recall("spread", Integral(Normal(m, 0, 1) * mean, m), mean)
    w = Chapter()
    m, mean = w.D.symbol("m"), E(w.x[0], w.q(w.x[0]))
    w.D.define("data", w.q(w.x[0]), Normal(w.x[0], 1, 1))
    assert w.D.recall("spread", Integral(Normal(m, 0, 1) * mean, m), mean).facts()


def test_an_unknown_name_lists_the_near_ones():
    w = Chapter()
    with pytest.raises(ArgumentError, match="closed-form"):
        w.D.recall("closed-from", *w.closed())


def test_inequalities_and_hypotheses_are_no_results():
    assert "closed-form, step" not in proved()["results"] and "closed-form" in proved()["results"]


def test_a_circle_is_refused(known):
    w = Chapter("A")
    with pytest.raises(DerivationError, match="circle"):
        w.D.recall("closed-form", *w.closed())
    more = {"more": proved()["results"]["recursion"]}
    known["second"] = {**proved(), "letter": "C", "recalls": ["B"], "results": more}
    known["first"] = {**proved(), "recalls": ["C"]}
    w = Chapter("B")
    with pytest.raises(DerivationError, match="circle"):  # B recalls A, which recalls C, which recalls B
        w.D.recall("closed-form", *w.closed())
    w = Chapter("E")
    assert w.D.recall("closed-form", *w.closed())


def test_words_of_a_sum_do_not_hang_on_the_name_of_its_index():
    w = Chapter()
    assert words(Product(w.alpha[w.k], (w.k, 1, w.t))) == words(Product(w.alpha[w.s], (w.s, 1, w.t)))
    assert words(Product(w.alpha[w.k], (w.k, 1, w.t))) != words(Product(w.alpha[w.t], (w.k, 1, w.t)))
    inner = Product(Product(w.alpha[w.k] * w.beta[w.s], (w.k, 1, w.s)), (w.s, 1, w.t))
    assert words(inner) == "Product(Product(alpha[#2] * beta[#1], (#2, 1, #1)), (#1, 1, t))"
