"""The derivations of the chapter variational-bound, loaded by running its cells; planted errors are refuted."""

from __future__ import annotations

import pytest
from false_steps import false_steps

from derive import KL, Derivation, E, Integral, Sum, log
from derive.errors import DerivationError, Refuted, Undefined
from derive.page.chain import Chain


def test_the_gap_is_named_and_its_sign_is_known_by_gibbs(n):
    blocks = n["V"].blocks
    for name, line in (("bound", 0), ("jensen", 2), ("mean-bound", 0)):
        step = blocks[name].steps[line]
        assert step.relation == "≤" and step.beside == "Gibbs" and r"\le" in blocks[name].latex()


def test_the_chapter_ends_in_the_three_terms_and_leaves_no_parameter_in_the_last(n):
    t, T, V = n["t"], n["T_"], n["V"]
    assert V.blocks["decomposition"].right == n["L_last"][T] + Sum(n["L_middle"][t - 1], (t, 2, T)) + n["L_first"][0]
    assert V.blocks["last-term"].right == E(KL(n["q"](n["x"][T] | n["x"][0]), n["prior"]), n["q"](n["x"][0]))
    assert n["prior"] == n["p"](n["x"][T])


FALSE = """
sum-from-1: line('sum', 2) = -log(prior) + Sum(log(forward / reverse), (t, 1, T_)) + first; algebra
sign-of-L_0: line('path', 2) = last + tail + log(p(x[0] | x[1])); algebra
telescoping-index: line('turn', 3) = tail + log(q(x[T_] | x[0]) / q(x[2] | x[0])); telescoping
Bayes-upside-down: line('turn', 1) = Sum(log(back / reverse * (1 / moved)), (t, 2, T_)); Bayes
S6-Bayes-hides-Markov: line('turn', 0) = line('turn', 2); Bayes
Markov-by-chain-rule: line('turn', 0) = line('turn', 1); chain rule
S6-no-expectation: line('middle-mean', 1) = Sum(KL(back, reverse), (t, 2, T_)); tower
S6-expectation-over-x_0-only: line('middle-mean', 1) = Sum(E(KL(back, reverse), q(x[0])), (t, 2, T_)); tower
divergence-swapped: line('last-mean', 0) = E(KL(prior, q(x[T_] | x[0])), q(x[0])); tower
S1-gap-to-the-prior: line('gap', -1) = -evidence + KL(path, p(x[1:T_])); chain rule
S5-bound-is-the-likelihood: line('gap', -1) = -evidence; Jensen
"""
test_a_false_step_is_refuted = false_steps("variational-bound", FALSE)


@pytest.fixture
def blank():
    """An empty derivation with its index, states and two distributions."""
    V = Derivation("W")
    return V, *V.indices("T"), V.states("x"), V.density("q"), V.density("p")


def test_an_expectation_needs_its_measure(blank):
    V, _, x, q, _ = blank
    with pytest.raises(DerivationError, match="does not say which density"):
        V.chain("no measure", E(log(q(x[1])))).equals(E(log(q(x[1]))), by="linearity")


def test_a_span_is_integrated_out_and_a_quotient_of_densities_averaged_in_both_worlds(blank):
    V, T, x, q, p = blank
    path = q(x[1:T] | x[0])
    V.chain("span", Integral(p(x[0:T]), x[1:T])).equals(p(x[0]), by="marginalisation")
    V.chain("weights", p(x[0])).equals(E(p(x[0:T]) / path, path), by="marginalisation")
    for wrong in (Integral(p(x[0:T]), x[1]), Integral(p(x[1:T]), x[1:T]), E(p(x[0:T]) / path, p(x[1:T] | x[0]))):
        with pytest.raises((Refuted, Undefined)):
            Chain(V, "wrong", p(x[0])).equals(wrong, by="marginalisation")


def test_a_defined_symbol_is_what_it_stands_for_in_gaussian_worlds(blank):
    V, _, x, q, p = blank
    L = V.symbol("L")
    V.define("named", L, KL(q(x[1] | x[0]), p(x[1])))
    V.chain("cited", L).equals(KL(q(x[1] | x[0]), p(x[1])), by="definition", using="named")
    with pytest.raises(Refuted):
        V.chain("other", L).equals(KL(q(x[1] | x[0]), q(x[1])), by="definition", using="named")


def test_the_terms_of_the_middle_begin_at_t_2(n):
    """L_0 has a definition of its own; the divergence with x_0 on both sides of the bar is never stated."""
    assert n["V"].blocks["middle-term"].first() == {"t": 2}
