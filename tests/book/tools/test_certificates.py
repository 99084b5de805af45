"""Certificates: what a statement says, that true steps get one, and that false ones do not."""

from __future__ import annotations

import re
from dataclasses import replace
from unittest import mock

import pytest
from certified import uncertified
from root import ROOT
from vector_truths import FALSE, TRUE, Vectors

from booktools.certificates import certificate, record
from booktools.certificates.statement import Translator
from booktools.check.proofs import ALLOWED
from booktools.source.pages import Book
from booktools.source.steps import Conclusion, Sign, claims, steps
from pagekit.certificates import axioms, counts
from pagekit.proofs import AXIOMS

BOOK = Book(ROOT)


def signs(page):
    return [each for each in claims(page) if isinstance(each, Sign)]


@pytest.mark.parametrize("chapter", ["forward-process", "simple-loss"])
def test_each_step_of_a_chapter_has_a_certificate(theorems, chapter):
    goals = steps(BOOK.pages[f"book/{chapter}"])
    assert len(goals) > 20 and uncertified(goals, theorems) == []


def test_a_step_with_another_right_side_has_none(theorems):
    goals = [goal for goal in steps(BOOK.pages["book/reverse-posterior"]) if goal.justification.name == "algebra"]
    false = [replace(goal, right=goal.right + 1) for goal in goals]
    assert len(goals) > 5 and uncertified(false, theorems) == [goal.name for goal in goals]


def test_the_sign_of_each_gap_has_a_certificate(theorems):
    """Squares, integrals, products of what is positive, and Gibbs' inequality on finite spaces and for Gaussians."""
    pages = [BOOK.pages[f"book/{name}"] for name in ("noise-schedules", "variational-bound", "vae-experiments")]
    gaps = [sign for page in pages for sign in signs(page)]
    assert len(gaps) == 9 and uncertified(gaps, theorems) == []


def test_the_sign_of_another_gap_has_none(theorems):
    gaps = [*signs(BOOK.pages["book/noise-schedules"]), *signs(BOOK.pages["book/kl-divergence"])]
    squares = signs(BOOK.pages["book/simple-loss"])
    false = [replace(sign, right=-sign.right, relation="<") for sign in gaps]
    false += [replace(sign, relation="<") for sign in squares]
    assert len(squares) == 1 and uncertified(false, theorems) == [sign.name for sign in false]


def test_the_sign_of_a_gap_with_a_name_is_no_premise():
    (falls,) = [sign for sign in signs(BOOK.pages["book/noise-schedules"]) if sign.relation == "<"]
    statement = Translator(falls).statement()
    assert statement.relation == "<" and statement.left == "0" and statement.right == "(G t)"
    assert [premise for premise in statement.premises.values() if premise.endswith("(G at0)")] == []


@pytest.fixture(scope="module")
def conclusions():
    pages = [BOOK.pages[f"book/{name}"] for name in ("forward-process", "probability")]
    return [each for page in pages for each in claims(page) if isinstance(each, Conclusion)]


def test_what_an_induction_concludes_has_a_certificate(theorems, conclusions):
    assert [each.name for each in conclusions] == ["closed-form, line 1", "telescoping-sum, line 1"]
    assert uncertified(conclusions, theorems) == []
    from_zero = [replace(each, start=0) for each in conclusions]
    assert uncertified(from_zero, theorems) == [each.name for each in from_zero]


def test_what_a_statement_says():
    """The domains of symbols, the ranges of times, what is cited, and both sides."""
    goals = {goal.name: goal for goal in steps(BOOK.pages["book/vp-and-ve"])}
    statement = Translator(goals["increment, line 3"]).statement()
    assert statement.left == "((1 / (alpha_bar t)) + (- (1 / (alpha_bar (t - 1)%nat))))"
    assert statement.right == "((1 + (- (alpha t))) / (alpha_bar t))"
    told = list(statement.premises.values())
    assert "(1 <= t)%nat" in told and "alpha_bar 0%nat = 1" in told
    assert "forall (t : nat), (1 <= t)%nat -> (alpha_bar t) = ((alpha_bar (t - 1)%nat) * (alpha t))" in told
    assert statement.names == {"t": "nat", "alpha_bar": "nat -> R", "alpha": "nat -> R"}


def test_the_record_covers_nine_tenths_of_the_steps_and_all_of_the_core_chapters():
    told = counts()
    assert 10 * sum(good for good, _ in told.values()) >= 9 * sum(every for _, every in told.values())
    for page in ("forward-process", "reverse-posterior", "variational-bound", "simple-loss"):
        assert told[page][0] == told[page][1] > 10, page


def test_the_proofs_rest_on_the_axioms_that_the_page_names():
    assert axioms() == {*AXIOMS} == {*ALLOWED}


@pytest.fixture(scope="module")
def vp_and_ve():
    return record.stated(BOOK, ["vp-and-ve"])


def test_the_record_is_of_the_steps_of_today(vp_and_ve):
    assert record.stale(record.read(ROOT), vp_and_ve) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda each: replace(each, statement=each.statement + " "), "another statement of vp-and-ve"),
        (lambda each: replace(each, name="other"), "other steps than vp-and-ve"),
        (lambda each: replace(each, by="definition"), "another statement of vp-and-ve"),
    ],
    ids=["statement", "name", "justification"],
)
def test_a_record_of_other_steps_is_found_without_rocq(vp_and_ve, change, fault):
    first, *rest = vp_and_ve["vp-and-ve"]
    assert fault in " ".join(record.stale(record.read(ROOT), {"vp-and-ve": [change(first), *rest]}))


def test_what_rocq_says_is_compared_with_the_record():
    known = {"page": {"axioms": [], "steps": {"a, line 1": {"by": "algebra", "space": "numbers", "sha256": "1"}}}}
    fresh = {"page": {"axioms": ["Bad"], "steps": {"a, line 1": {"by": "algebra", "reason": "no"}}}}
    assert record.faults(known, known) == []
    rests, differs = record.faults(known, fresh)
    assert "rests on Bad" in rests and "a, line 1 is not what" in differs and record.REMEDY in differs


def test_only_what_changed_is_compiled(theorems, vp_and_ve, monkeypatch):
    first, *rest = vp_and_ve["vp-and-ve"][:3]
    answers = record.Answers(ROOT, theorems, {})
    answers.ask([first, *rest])
    assert answers.to(first)[0] and set(answers.to(first)[1]) <= {*ALLOWED}
    asked = []
    monkeypatch.setattr(record, "check", lambda _, questions, __: asked.extend(questions) or ([True], []))
    answers.ask([replace(first, script=first.script + " "), *rest])
    assert [question.name for question in asked] == [f"vp-and-ve: {first.name}"]


def vector_goals(case):
    """The steps of a row about vectors, unchecked."""
    found = []
    with mock.patch("derive.page.chain.verify", found.append), mock.patch("derive.page.chain.Chain._add"):
        case(Vectors())
    return found


def test_each_truth_about_vectors_has_a_certificate(theorems):
    goals = [replace(goal, name=name) for name, case in TRUE.items() for goal in vector_goals(case)]
    assert len(goals) >= 50 and uncertified(goals, theorems) == []


def test_a_false_statement_about_vectors_has_none(theorems):
    names = [name for name, case in FALSE.items() if case.error == "Refuted"][::3]  # each costs seconds
    goals = [replace(goal, name=name) for name in names for goal in vector_goals(FALSE[name])]
    assert len(names) > 4 and uncertified(goals, theorems) == names


def test_what_a_statement_about_vectors_says():
    """The law of the noise, the definition of the noisy sample for all times and coordinates, and the dimension."""
    (goal,) = vector_goals(TRUE["norm of a noisy sample"])
    said = certificate.statement(goal).text
    assert "(1 <= d)%nat" in said and "standard_vector mean_of d (epsilon t')" in said
    assert "forall (axis : nat), forall (t : nat) (outcome : Outcome), (1 <= t)%nat -> (y t axis outcome) =" in said
    assert said.endswith("+ ((1 + (- (alpha_bar t))) * (INR d)))")


def test_what_is_trusted_stays_small():
    """The translator: what has to be read in order to believe a certificate."""
    folder = ROOT / "booktools" / "certificates"
    heads = {path: path.read_text(encoding="utf-8").partition("from __future__")[0] for path in folder.glob("*.py")}
    trusted = {
        path.stem
        for path, head in heads.items()
        if re.search(r"(module|translator) is trusted", " ".join(head.split()))
    }
    assert trusted == {"statement", "premises", "vectors", "faithful", "dominated", "satisfiable"}
    assert sum(len((folder / f"{name}.py").read_text(encoding="utf-8").splitlines()) for name in trusted) <= 1150
