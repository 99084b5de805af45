"""The derivations of the chapter probability, loaded by running its cells; planted errors are refuted."""

from __future__ import annotations

import pytest
from chapters import run_derivation

from booktools.site.justifications_directive import PROVED
from derive import E, Integral, Normal, Var
from derive.errors import Refuted
from derive.page.chain import Chain
from derive.page.summary import Canary


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("probability")


@pytest.mark.parametrize("name", set(PROVED) - {"Jensen", "Gibbs"})
def test_a_justification_has_its_block(chapter, name):
    assert PROVED[name] in chapter[0]["P"].blocks


@pytest.mark.parametrize("name", ["linearity", "independence", "Bayes", "tower", "telescoping"])
def test_a_proof_does_not_use_what_it_proves(chapter, name):
    block = chapter[0]["P"].blocks[PROVED[name]]
    used = {step.goal.justification.name for step in block.steps}
    if name == "independence":  # it is stated for means in ``means-multiply``, by linearity; here it is used once
        used = {step.goal.justification.name for step in chapter[0]["P"].blocks["means-multiply"].steps}
    assert used and name not in used


def test_the_canary_shows_a_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted) and "left is" in repr(canary)


PLANTED = {
    "S3-deviations-add": lambda n: (
        Var(n["a"] * n["e"][1] + n["b"] * n["e"][2]),
        (n["a"] + n["b"]) ** 2 * Var(n["e"][1]),
        "independence",
    ),
    "S3-variances-average": lambda n: (
        Integral(Normal(n["y"] - n["u"], 0, n["v"]) * Normal(n["u"], 0, n["w"]), n["u"]),
        Normal(n["y"], 0, (n["v"] + n["w"]) / 2),
        "Gaussian integral",
    ),
    "own-weights": lambda n: (
        n["P"].blocks["two-opinions"].left,
        Normal(n["m"], n["mu"], n["v"] + n["w"])
        * Normal(
            n["hidden"],
            (n["v"] * n["m"] + n["w"] * n["mu"]) / (n["v"] + n["w"]),
            n["v"] * n["w"] / (n["v"] + n["w"]),
        ),
        "algebra",
    ),
    "Bayes-upside-down": lambda n: (
        n["q"](n["x"][1] | n["x"][0]),
        n["q"](n["x"][0] | n["x"][1]) * n["q"](n["x"][0]) / n["q"](n["x"][1]),
        "Bayes",
    ),
    "Markov-for-free": lambda n: (n["q"](n["x"][2] | n["x"][0:1]), n["q"](n["x"][2] | n["x"][1]), "chain rule"),
    "dependent-means-multiply": lambda n: (
        E(n["e"][1] * n["e"][2]),
        E(n["e"][1]) * E(n["e"][2]),
        "linearity",
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_planted_errors_are_refuted(chapter, name):
    left, right, by = PLANTED[name](chapter[0])
    with pytest.raises(Refuted) as caught:
        Chain(chapter[0]["P"], name, left).equals(right, by=by)
    assert name in str(caught.value) and repr(by) in str(caught.value)
