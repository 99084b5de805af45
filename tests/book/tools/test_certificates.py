"""Certificates: what a statement says, that true steps get one, and that false ones do not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from unittest import mock

import pytest
from missing import missing
from root import ROOT
from vector_truths import FALSE, TRUE, Vectors

from booktools.certificates.certificate import certificate
from booktools.certificates.check import build, check
from booktools.certificates.statement import Translator
from booktools.crosscheck.collect import steps
from booktools.source.pages import Book

BOOK = Book(ROOT)


@pytest.fixture(scope="module")
def theorems(tmp_path_factory):
    """The folder with the compiled theorems; those of ``proofs/`` are taken from the last build, where there is one."""
    if shutil.which("coqc") is None:
        missing("the steps were NOT certified: install Debian's packages `coq` and `libcoq-coquelicot`")
    into = tmp_path_factory.mktemp("certificates")
    for path in (ROOT / "_build" / "proofs").glob("*.v*"):
        if not path.name.startswith("Ask"):
            shutil.copy(path, into)
    build(ROOT, into)
    return into


def asked(goals):
    """What is given to Rocq: names, justifications, statements and scripts."""
    names = [(goal.name, goal.justification.name) for goal in goals]
    texts = [certificate(goal) for goal in goals]
    return [(*name, *text) for name, text in zip(names, texts, strict=True)]


@pytest.mark.parametrize("chapter", ["forward-process", "simple-loss"])
def test_each_step_of_a_chapter_has_a_certificate(theorems, chapter):
    texts = asked(steps(BOOK.pages[f"book/{chapter}"]))
    found = check(chapter, texts, theorems)
    assert len(found) > 20 and [name for (name, *_), good in zip(texts, found, strict=True) if not good] == []


def test_a_step_with_another_right_side_has_none(theorems):
    goals = [goal for goal in steps(BOOK.pages["book/reverse-posterior"]) if goal.justification.name == "algebra"]
    false = [replace(goal, right=goal.right + 1) for goal in goals]
    assert len(goals) > 5 and not any(check("false", asked(false), theorems))


def test_what_a_statement_says():
    """The domains of symbols, the ranges of times, what is cited, and both sides."""
    goals = {goal.name: goal for goal in steps(BOOK.pages["book/two-scales"])}
    statement = Translator(goals["increment, line 3"]).statement()
    assert statement.left == "((1 / (alpha_bar t)) + (- (1 / (alpha_bar (t - 1)%nat))))"
    assert statement.right == "((1 + (- (alpha t))) / (alpha_bar t))"
    told = list(statement.premises.values())
    assert "(1 <= t)%nat" in told and "alpha_bar 0%nat = 1" in told
    assert "forall (t : nat), (1 <= t)%nat -> (alpha_bar t) = ((alpha_bar (t - 1)%nat) * (alpha t))" in told
    assert statement.names == {"t": "nat", "alpha_bar": "nat -> R", "alpha": "nat -> R"}


def vector_goals(case):
    """The steps of a row, unchecked."""
    found = []
    with mock.patch("derive.page.chain.verify", found.append), mock.patch("derive.page.chain.Chain._add"):
        case(Vectors())
    return found


def test_each_truth_about_vectors_has_a_certificate(theorems):
    rows = [(name, goal) for name, case in TRUE.items() for goal in vector_goals(case)]
    texts = [(name, goal.justification.name, *certificate(goal)) for name, goal in rows]
    found = check("vectors", texts, theorems)
    assert len(found) >= 47 and [name for name, good in zip(TRUE, found, strict=True) if not good] == []


def test_a_false_statement_about_vectors_has_none(theorems):
    names = [name for name, case in FALSE.items() if case.error == "Refuted"][::3]  # each costs seconds
    texts = []
    for name in names:
        for goal in vector_goals(FALSE[name]):
            texts.append((name, goal.justification.name, *certificate(goal)))
    found = check("false_vectors", texts, theorems)
    assert len(found) == len(names) > 4 and not any(found)


def test_what_a_statement_about_vectors_says():
    """The law of the noise, the definition of the noisy sample for all times and coordinates, and the dimension."""
    (goal,) = vector_goals(TRUE["norm of a noisy sample"])
    said, _ = certificate(goal)
    assert "(1 <= d)%nat" in said and "standard_vector mean_of d (epsilon t')" in said
    assert "forall (i' : nat), forall (t : nat) (outcome : Outcome), (1 <= t)%nat -> (y t i' outcome) =" in said
    assert said.endswith("+ ((1 + (- (alpha_bar t))) * (INR d)))")
