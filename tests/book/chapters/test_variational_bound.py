"""The derivations of the chapter variational-bound, loaded by running its cells; planted errors are refuted."""

from __future__ import annotations

import pytest
from chapters import run_derivation

from derive import KL, Derivation, E, Integral, Sum, log
from derive.errors import DerivationError, Refuted, Undefined
from derive.page.chain import Chain
from derive.page.summary import Canary


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("variational-bound")


def test_the_gap_is_named_and_its_sign_is_known_by_gibbs(chapter):
    blocks = chapter[0]["V"].blocks
    for name, line in (("bound", 0), ("jensen", 2), ("mean-bound", 0)):
        step = blocks[name].steps[line]
        assert step.relation == "≤" and step.beside == "Gibbs" and r"\le" in blocks[name].latex()


def test_the_chapter_ends_in_the_three_terms_and_leaves_no_parameter_in_the_last(chapter):
    n = chapter[0]
    t, T, V = n["t"], n["T_"], n["V"]
    assert V.blocks["decomposition"].right == n["L_last"][T] + Sum(n["L_middle"][t - 1], (t, 2, T)) + n["L_first"][0]
    assert V.blocks["last-term"].right == E(KL(n["q"](n["x"][T] | n["x"][0]), n["prior"]), n["q"](n["x"][0]))
    assert n["prior"] == n["p"](n["x"][T])


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted) and "left is" in repr(canary)


def steps(block):
    """Left side and right sides of a block of the chapter."""
    return [block.left, *(step.right for step in block.steps)]


PLANTED = {
    "sum-from-1": lambda n, b: (
        b["sum"][2],
        -log(n["prior"]) + Sum(log(n["forward"] / n["reverse"]), (n["t"], 1, n["T_"])) + n["first"],
        "algebra",
    ),
    "sign-of-L_0": lambda n, b: (b["path"][2], n["last"] + n["tail"] + log(n["p"](n["x"][0] | n["x"][1])), "algebra"),
    "telescoping-index": lambda n, b: (
        b["turn"][3],
        n["tail"] + log(n["q"](n["x"][n["T_"]] | n["x"][0]) / n["q"](n["x"][2] | n["x"][0])),
        "telescoping",
    ),
    "Bayes-upside-down": lambda n, b: (
        b["turn"][1],
        Sum(log(n["back"] / n["reverse"] * (1 / n["moved"])), (n["t"], 2, n["T_"])),
        "Bayes",
    ),
    "S6-Bayes-hides-Markov": lambda n, b: (b["turn"][0], b["turn"][2], "Bayes"),
    "Markov-by-chain-rule": lambda n, b: (b["turn"][0], b["turn"][1], "chain rule"),
    "S6-no-expectation": lambda n, b: (
        b["middle-mean"][1],
        Sum(KL(n["back"], n["reverse"]), (n["t"], 2, n["T_"])),
        "tower",
    ),
    "S6-expectation-over-x_0-only": lambda n, b: (
        b["middle-mean"][1],
        Sum(E(KL(n["back"], n["reverse"]), n["q"](n["x"][0])), (n["t"], 2, n["T_"])),
        "tower",
    ),
    "divergence-swapped": lambda n, b: (
        b["last-mean"][0],
        E(KL(n["prior"], n["q"](n["x"][n["T_"]] | n["x"][0])), n["q"](n["x"][0])),
        "tower",
    ),
    "S1-gap-to-the-prior": lambda n, b: (
        b["gap"][-1],
        -n["evidence"] + KL(n["path"], n["p"](n["x"][1 : n["T_"]])),
        "chain rule",
    ),
    "S5-bound-is-the-likelihood": lambda n, b: (b["gap"][-1], -n["evidence"], "Jensen"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_errors_are_refuted(chapter, name):
    V = chapter[0]["V"]
    sides = {block: steps(V.blocks[block]) for block in ("gap", "sum", "turn", "path", "last-mean", "middle-mean")}
    left, right, by = PLANTED[name](chapter[0], sides)
    with pytest.raises((Refuted, Undefined)) as caught:
        Chain(V, name, left).equals(right, by=by)
    assert name in str(caught.value) and repr(by) in str(caught.value)


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


def test_the_terms_of_the_middle_begin_at_t_2(chapter):
    """L_0 has a definition of its own; the divergence with x_0 on both sides of the bar is never stated."""
    assert chapter[0]["V"].blocks["middle-term"].first() == {"t": 2}
