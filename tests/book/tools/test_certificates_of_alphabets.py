"""Certificates of steps about finite alphabets: what a statement says, and that Rocq proves each truth."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alphabets import TRUE, Alphabets
from test_certificates import asked, theorems  # noqa: F401

from booktools.certificates.check import check
from booktools.certificates.statement import Translator


def goals(name):
    """The steps of one truth; an induction concludes by what its steps have proved."""
    setting = Alphabets()
    TRUE[name](setting)
    found = [step.goal for block in setting.X.blocks.values() for step in getattr(block, "steps", ())]
    return [replace(goal, name=f"{name}: {goal.name}") for goal in found if goal.justification.name != "induction"]


def test_each_truth_about_an_alphabet_has_a_certificate(theorems):  # noqa: F811
    texts = asked([goal for name in TRUE for goal in goals(name)])
    found = check("alphabets", texts, theorems)
    assert len(found) > 50 and [name for (name, *_), good in zip(texts, found, strict=True) if not good] == []


def test_a_false_step_about_an_alphabet_has_none(theorems):  # noqa: F811
    names = ("a-bracket-picks-one-term", "brackets-are-transitive", "bridge-at-any-times", "posterior-at-a-mask")
    false = [replace(goal, right=goal.right + 1) for name in names for goal in goals(name)]
    assert len(false) > 5 and not any(check("false_alphabets", asked(false), theorems))


def test_the_order_of_times_is_a_premise(theorems):  # noqa: F811
    (goal,) = goals("reverse-step-at-any-times")
    no_order = asked([replace(goal, hypotheses=())])
    assert asked([goal])[0][2] != no_order[0][2] and check("no_order", no_order, theorems) == [False]


@pytest.mark.parametrize(
    ("name", "left", "premises"),
    [
        (
            "a-bracket-picks-one-term",
            "(Variables.over (each K_letters) N_ (only t) "
            "(fun x => ((bracket same_K_symbols (x t) m) * (g (x t)))) x)",
            ["forall a b, same_K_symbols a b = true <-> a = b", "NoDup K_letters", "forall v, In v K_letters"],
        ),
        ("all-symbols-are-counted", "(Variables.over (each K_letters) N_ (only t) (fun x => a) x)", ["0 < a"]),
        (
            "reverse-step-at-any-times",
            "(cond (each K_letters) N_ q (only r) (only s ∪ only t) x)",
            ["(r < s)%nat", "(s < t)%nat", "markov (each K_letters) N_ q"],
        ),
    ],
)
def test_what_a_statement_about_an_alphabet_says(name, left, premises):
    statement = Translator(goals(name)[0]).statement()
    assert statement.left == left and {*premises} <= {*statement.premises.values()}
    assert statement.names["x"] == "nat -> K_symbols" and statement.names["K_symbols"] == "Type"
