"""The chapter proofs: it shows every main theorem beside its line of the book, and claims what the record says."""

from __future__ import annotations

import re

import pytest
from chapters import code_cells
from root import ROOT

from pagekit.proofs import foundations, theorem, theorems

PAGE = (ROOT / "book" / "proofs.md").read_text(encoding="utf-8")
SHOWN = re.findall(r'^theorem\("(\w+)"\)$', PAGE, flags=re.M)
BESIDE = {  # the line of the book, and the theorem shown after it
    "closed-form": "closed_form",
    "gaussian-integral": "gaussian_merge",
    "posterior": "gaussian_posterior",
    "gibbs": "gibbs",
    "jensen-gap": "jensen_gap",
    "elbo": "elbo",
    "decomposition": "vlb_decomposition",
    "mean-gap": "vlb_gap",
    "step-in-data": "snr_difference",
    "from-a-state": "ddim_marginals",
    "tweedie": "tweedie",
}


@pytest.mark.parametrize(("step", "name"), BESIDE.items())
def test_each_main_theorem_stands_beside_its_line(step, name):
    after = PAGE.partition(f"{{step}}`{step}`")[2]
    assert re.search(r'theorem\("(\w+)"\)', after)[1] == name


def test_every_name_on_the_page_is_a_theorem():
    quoted = [cell.source for cell in code_cells("proofs") if "MISSING" not in cell.source]
    named = re.findall(r'theorem\("(\w+)"\)|^    "(\w+)": "', "\n".join(quoted), flags=re.M)
    assert {*SHOWN} <= {a or b for a, b in named} <= {*theorems()}
    assert {"exchange", "telescoping", "ddim_quiet_marginals"} <= {*theorems()}


def test_what_the_caption_says_of_the_figure_is_true():
    """The decomposition needs no calculus, and the Gaussian results no conditional density."""
    files = {name: {theorem(other).file for other in foundations(name)} for name in BESIDE.values()}
    calculus, densities = {"Calculus.v", "Line.v", "Bell.v", "Gaussian.v"}, {"Densities.v", "Markov.v", "Information.v"}
    for name in ("gibbs", "jensen_gap", "vlb_decomposition"):
        assert not files[name] & calculus
    for name in ("closed_form", "gaussian_merge", "gaussian_posterior", "snr_difference", "ddim_marginals", "tweedie"):
        assert not files[name] & densities
