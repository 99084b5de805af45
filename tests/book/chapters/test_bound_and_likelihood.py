"""The chapter bound-and-likelihood: its chain against PyTorch, its last term; a planted error is refuted."""

from __future__ import annotations

import re

import pytest
import torch
from chapters import code_cells, numbers, run_derivation
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from derive.errors import Refuted, Undefined
from derive.page.chain import Chain
from derive.page.summary import Canary
from diffusion_lib.process.bound import kl_normal


@pytest.fixture(scope="module")
def chapter():
    return run_derivation("bound-and-likelihood")


def test_the_last_term_is_split_and_its_gap_is_never_negative(chapter):
    n = chapter[0]
    info, T = n["info"], n["T_"]
    assert info.blocks["prior-split"].right == n["information"][T] + n["prior_gap"]
    step = info.blocks["prior-gap"].steps[0]
    assert step.relation == "≤" and step.beside == "Gibbs"


def test_the_last_term_is_not_the_gap_to_the_prior(chapter):
    n = chapter[0]
    left = n["info"].blocks["prior-split"].steps[1].right
    with pytest.raises((Refuted, Undefined)) as caught:
        Chain(n["info"], "L_T-is-the-gap-to-the-prior", left).equals(n["prior_gap"], by="tower")
    assert "L_T-is-the-gap-to-the-prior" in str(caught.value)


def test_canary_shows_its_witness(chapter):
    (canary,) = (thing for thing in chapter[1] if isinstance(thing, Canary))
    assert isinstance(canary.refutation, Refuted) and "no-information" in repr(canary)


@pytest.mark.parametrize("s", [0.3, 0.9, 1.0])
def test_the_last_term_is_information_and_a_gap(s):
    """The page's function, from its own cell, against PyTorch's divergences."""
    source = next(cell.source for cell in code_cells("bound-and-likelihood") if "def parts_of_the_last" in cell.source)
    namespace = {"torch": torch, "kl_normal": kl_normal}
    exec(re.search(r"(?s)def parts_of_the_last.*?\n\n\n", source + "\n\n\n")[0], namespace)
    kept = torch.tensor(0.2, dtype=torch.float64)
    last, told, gap = (float(part) for part in namespace["parts_of_the_last"](kept, s))
    x_T = Normal(0, (kept * s**2 + 1 - kept).sqrt())
    assert gap == pytest.approx(float(kl_divergence(x_T, Normal(0, torch.ones(()).double()))), abs=1e-14)
    pair = torch.eye(2, dtype=torch.float64) * x_T.variance
    pair[0, 0], pair[0, 1], pair[1, 0] = s**2, *[kept.sqrt() * s**2] * 2
    apart = MultivariateNormal(torch.zeros(2).double(), pair.diag().diag())
    joint = MultivariateNormal(torch.zeros(2).double(), pair)
    assert told == pytest.approx(float(kl_divergence(joint, apart)), rel=1e-9)
    assert last == pytest.approx(told + gap, abs=1e-14)


def test_what_the_table_says_of_bound_and_likelihood():
    """The likelihood's choice has the higher bound, the bound's choice the lower likelihood."""
    found = numbers("bound-and-likelihood")
    assert found["c-exact"] < found["c-bound"]
    assert found["bound-lowest"] < found["bound-at-exact"] and found["nll-lowest"] < found["nll-at-bound"]
    assert found["nll-at-bound"] < found["bound-lowest"] and found["wide-gap"] < found["wide-last"] / 2
