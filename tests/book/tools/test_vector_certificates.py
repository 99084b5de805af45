"""Rocq proves what papers say of vectors, in every dimension, and no near miss of it."""

from __future__ import annotations

from dataclasses import replace
from unittest import mock

import pytest
from test_certificates import theorems  # noqa: F401, a fixture
from vector_truths import FALSE, TRUE, Vectors

from booktools.certificates.certificate import certificate
from booktools.certificates.check import check
from derive.language.times import Index


def goals(case):
    """The steps of a row, unchecked."""
    found = []
    with mock.patch("derive.page.chain.verify", found.append), mock.patch("derive.page.chain.Chain._add"):
        case(Vectors())
    return found


def test_each_truth_about_vectors_has_a_certificate(theorems):  # noqa: F811
    rows = [(name, goal) for name, case in TRUE.items() for goal in goals(case)]
    texts = [(name, goal.justification.name, *certificate(goal)) for name, goal in rows]
    found = check("vectors", texts, theorems)
    assert len(found) >= 47 and [name for name, good in zip(TRUE, found, strict=True) if not good] == []


def test_a_false_statement_about_vectors_has_none(theorems):  # noqa: F811
    names = [name for name, case in FALSE.items() if case.error == "Refuted"]
    texts = []
    for name in names:
        for goal in goals(FALSE[name]):
            texts.append((name, goal.justification.name, *certificate(goal)))
    found = check("false_vectors", texts, theorems)
    assert len(found) == len(names) > 12 and not any(found)


def test_what_a_statement_about_vectors_says():
    """The law of the noise, the definition of the noisy sample for all times and coordinates, and the dimension."""
    (goal,) = goals(TRUE["norm of a noisy sample"])
    said, _ = certificate(goal)
    assert "(1 <= d)%nat" in said and "standard_vector mean_of d (epsilon t')" in said
    assert "forall (i' : nat), forall (t : nat) (outcome : Outcome), (1 <= t)%nat -> (y t i' outcome) =" in said
    assert said.endswith("+ ((1 + (- (alpha_bar t))) * (INR d)))")


@pytest.mark.parametrize("change", [lambda goal: goal.right + 1, lambda goal: goal.right * Index("d")])
def test_another_right_side_has_no_certificate(theorems, change):  # noqa: F811
    rows = [goal for name in ("norm of noise", "score of a Gaussian", "mean of the norm") for goal in goals(TRUE[name])]
    rows = [replace(goal, right=change(goal)) for goal in rows if goal.name]
    rows = [goal for goal in rows if "+ 1" not in str(goal.right) or "Gradient" not in str(goal.left)]
    assert not any(check("other", [(g.name, g.justification.name, *certificate(g)) for g in rows], theorems))
