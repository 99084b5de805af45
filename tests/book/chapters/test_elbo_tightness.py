"""The chapter elbo-tightness: its chain against PyTorch, its last term; a planted error is refuted."""

from __future__ import annotations

import re

import pytest
import torch
from chapters import code_cells
from false_steps import false_steps
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from diffusion_lib.process.bound import kl_normal


def test_the_last_term_is_split_and_its_gap_is_never_negative(n):
    info, T = n["info"], n["T_"]
    assert info.blocks["prior-split"].right == n["information"][T] + n["prior_gap"]
    step = info.blocks["prior-gap"].steps[0]
    assert step.relation == "≤" and step.beside == "Gibbs"


FALSE = """
L_T-is-the-gap-to-the-prior: line('prior-split', 2) = prior_gap; tower
"""
test_a_false_step_is_refuted = false_steps("elbo-tightness", FALSE)


@pytest.mark.parametrize("s", [0.3, 0.9, 1.0])
def test_the_last_term_is_information_and_a_gap(s):
    """The page's function, from its own cell, against PyTorch's divergences."""
    source = next(cell.source for cell in code_cells("elbo-tightness") if "def parts_of_the_last" in cell.source)
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


def test_what_the_table_states_about_bound_and_likelihood(shown):
    """The model of highest likelihood has the higher bound, the model of lowest bound the lower likelihood."""
    assert shown["c-exact"] < shown["c-bound"]
    assert shown["bound-lowest"] < shown["bound-at-exact"] and shown["nll-lowest"] < shown["nll-at-bound"]
    assert shown["nll-at-bound"] < shown["bound-lowest"] and shown["wide-gap"] < shown["wide-last"] / 2
