"""Certificates of steps about finite alphabets: what a statement says, and that Rocq proves each truth."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alphabets import TRUE, Alphabets
from certified import uncertified

from booktools.certificates.statement import Translator


def goals(name):
    """The steps of one truth, and what its induction concludes."""
    setting = Alphabets()
    TRUE[name](setting)
    found = [step.goal for block in setting.X.blocks.values() for step in getattr(block, "steps", ())]
    return [replace(goal, name=f"{name}: {goal.name}") for goal in found if goal.justification.name != "induction"]


def test_each_truth_about_an_alphabet_has_a_certificate(theorems):
    every = [goal for name in TRUE for goal in goals(name)]
    assert len(every) > 50 and uncertified(every, theorems) == []


def test_a_false_step_about_an_alphabet_has_none(theorems):
    names = ("a-bracket-picks-one-term", "brackets-are-transitive", "bridge-at-any-times", "posterior-at-a-mask")
    false = [replace(goal, right=goal.right + 1) for name in names for goal in goals(name)]
    assert len(false) > 5 and uncertified(false, theorems) == [goal.name for goal in false]


def test_times_in_no_order_have_none(theorems):
    (goal,) = goals("reverse-step-at-any-times")
    assert uncertified([replace(goal, hypotheses=())], theorems) == [goal.name]


@pytest.mark.parametrize(
    ("name", "left", "premises"),
    [
        (
            "a-bracket-picks-one-term",
            "(Variables.over (each K_letters) N_ (only t) (fun x => ((bracket same_K_symbols (x t) m) * (g (x t)))) x)",
            ["decides same_K_symbols", "alphabet K_letters", "(t < N_)%nat"],
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
