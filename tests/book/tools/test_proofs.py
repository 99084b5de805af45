"""The theorems of ``proofs/``: the record is theirs, each rule has one, and what does not hold is refused."""

from __future__ import annotations

import json
import shutil

import pytest
from missing import missing
from root import ROOT

from booktools.check import proofs
from booktools.source.pages import BookError
from pagekit.proofs import AXIOMS, theorems

FOLDER = ROOT / "proofs"
RECORD = json.loads((ROOT / proofs.RECORD).read_text(encoding="utf-8"))
RULES = """
chain_rule_pair chain_rule_path bayes marginalisation mean_of_density tower tower_drop linearity linearity_finite_sum
mean_of_constant markov_forward markov_backward independence independence_variances gibbs jensen_gap jensen elbo
telescoping telescoping_product induction fubini log_of_product log_power minus_log_bound limit riemann_limit
gaussian_integral gaussian_product complete_the_square gaussian_merge gaussian_posterior gaussian_kl moment_recurrence
closed_form reparametrisation snr_difference ddim_marginals tweedie score_mean_zero stein integration_by_parts
substitution fundamental_theorem derivative_product derivative_quotient derivative_chain derivative_exp derivative_ln
derivative_sqrt exchange divergences_add vlb_decomposition test_functions stieltjes_limit
"""
TRUE = "Theorem steps (a b : nat) : a + b = b + a.\nProof. lia. Qed.\n"


@pytest.fixture
def folder(tmp_path):
    """Makes a folder of one small file from its text."""

    def make(text: str):
        (tmp_path / "_CoqProject").write_text("-Q . Diffusion\nSmall.v\n")
        (tmp_path / "Small.v").write_text("From Coq Require Import Lia.\n" + text)
        return tmp_path

    return make


@pytest.fixture(scope="module")
def coqc():
    if shutil.which("coqc") is None:
        missing(proofs.MISSING)


def test_the_record_was_made_from_these_files():
    assert proofs.stale(FOLDER, RECORD) == []


def test_the_record_has_the_statements_as_written():
    uses = proofs.uses(FOLDER)
    for path in proofs.sources(FOLDER):
        for name, fields in proofs.written(path).items():
            assert RECORD["theorems"][name].items() >= {**fields, "uses": uses[name]}.items()
    assert {*RECORD["theorems"]} == {*uses}
    assert RECORD["definitions"] == proofs.definitions(FOLDER)


def test_every_rule_is_a_theorem_on_allowed_axioms():
    assert {*RULES.split()} <= {*theorems()}
    assert {axiom for found in theorems().values() for axiom in found.axioms} <= {*proofs.ALLOWED} == {*AXIOMS}


def test_every_theorem_says_what_it_is_in_words():
    assert [name for name, found in theorems().items() if not found.says] == []


def test_a_changed_file_makes_the_record_stale(folder):
    small = folder(TRUE)
    record = {"files": proofs.digests(small)}
    assert proofs.stale(small, record) == []
    (small / "Small.v").write_text((small / "Small.v").read_text() + "\n")
    assert any("made from other proofs" in fault for fault in proofs.stale(small, record))


@pytest.mark.parametrize(
    "end", ["Admitted.", "admit. Admitted.", "Qed. Axiom more : False.", "Qed. Parameter p : False."]
)
def test_a_claim_without_proof_is_found(folder, end):
    small = folder(TRUE.replace("Qed.", end))
    assert proofs.unproved(small / "Small.v")
    assert not proofs.unproved(folder(TRUE + "(* No Axiom here. *)\n") / "Small.v")


def test_a_file_that_is_not_listed_is_found(folder):
    small = folder(TRUE)
    (small / "Other.v").touch()
    with pytest.raises(BookError, match="_CoqProject"):
        proofs.sources(small)


def test_axioms_are_read_from_what_rocq_prints():
    assert proofs.axioms("Closed under the global context\n") == []
    assert proofs.axioms("Axioms:\nB.classic : forall P : Prop,\n  P\nA.more\n  : False\n") == ["A.more", "B.classic"]


@pytest.mark.parametrize("change", ["statement", "axioms"])
def test_a_build_that_differs_from_the_record_is_a_fault(change):
    fresh = json.loads(json.dumps(RECORD))
    assert proofs.faults(RECORD, fresh) == []
    fresh["theorems"]["gibbs"][change] = ["Small.more"]
    assert any("gibbs" in fault for fault in proofs.faults(RECORD, fresh))
    del fresh["theorems"]["gibbs"]
    assert any("nowhere else" in fault for fault in proofs.faults(RECORD, fresh))


def test_without_rocq_one_line_says_what_was_left_out(monkeypatch, capsys):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.delenv("CI", raising=False)
    assert proofs.check(ROOT) == []
    assert capsys.readouterr().out == f"{proofs.MISSING}\n"
    monkeypatch.setenv("CI", "true")
    assert proofs.check(ROOT) == [proofs.MISSING]


@pytest.mark.usefixtures("coqc")
def test_a_true_theorem_is_built_with_its_axioms(folder, tmp_path):
    small = folder(TRUE)
    proofs.build(small, tmp_path / "built")
    assert (tmp_path / "built" / "Small.vo").exists()


@pytest.mark.usefixtures("coqc")
def test_a_theorem_with_a_flipped_sign_is_refused(tmp_path):
    """Telescoping, with the last sign wrong."""
    small = tmp_path / "proofs"
    shutil.copytree(FOLDER, small, ignore=lambda _, names: [n for n in names if n not in ("_CoqProject", "Sums.v")])
    (small / "_CoqProject").write_text("-Q . Diffusion\nSums.v\n")
    right = (small / "Sums.v").read_text()
    wrong = right.replace("= f (S b) - f a.", "= f (S b) + f a.", 1)
    assert wrong != right
    (small / "Sums.v").write_text(wrong)
    with pytest.raises(BookError, match=r"proofs/Sums\.v does not hold"):
        proofs.build(small, tmp_path / "built")
