"""Guidance by labels: the equation, one call, the exact values of g, and the convention that the latent part shares."""

from __future__ import annotations

import math
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffusion_lib.errors import ConfigError
from diffusion_lib.process.guidance import UNTOLD, GuidedByLabel
from diffusion_lib.stable_diffusion.guidance import Guided

X, T, LABEL = torch.zeros(2, 1, dtype=torch.float64), torch.tensor([10, 20]), torch.tensor([0, 6])


class Said:
    """A model that answers with its label and its time, and notes what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, x_t, t, label):
        self.asked.append((len(x_t), t.tolist(), label.tolist()))
        return (label + t.double() / 100).to(x_t).view(-1, 1)


@given(st.floats(0, 30))
def test_the_equation(g):
    said = Said()
    eps_hat = GuidedByLabel(said, LABEL, g)(X, T)
    expected = torch.tensor([[-1 + g * 1 + 0.1], [-1 + g * 7 + 0.2]], dtype=torch.float64)
    torch.testing.assert_close(eps_hat, expected, rtol=1e-12, atol=1e-12)
    assert len(said.asked) == 1


def test_g_of_1_and_0_ask_once_and_add_nothing():
    for g, label in ((1, [0, 6]), (0, [UNTOLD, UNTOLD])):
        said = Said()
        assert torch.equal(GuidedByLabel(said, LABEL, g)(X, T), said(X, T, torch.tensor(label)))
        assert said.asked[0] == (2, [10, 20], label)


def test_other_g_ask_for_both_in_one_batch():
    said = Said()
    GuidedByLabel(said, LABEL, 2.0)(X, T)
    assert said.asked == [(4, [10, 20, 10, 20], [-1, -1, 0, 6])]


@given(st.floats(0, 10))
def test_the_latent_part_means_the_same_by_g(g):
    class Unet:
        dtype = torch.float64

        def __call__(self, x, t, encoder_hidden_states, return_dict):
            return [encoder_hidden_states.mean(dim=(1, 2)).view(-1, 1, 1, 1).expand_as(x)]

    text = torch.tensor([0.0, 6.0], dtype=torch.float64).view(2, 1, 1).expand(2, 77, 3)
    empty = torch.full((1, 77, 3), -1.0, dtype=torch.float64)
    latent = Guided(Unet(), text, empty, g)(torch.zeros(2, 4, 1, 1, dtype=torch.float64), T)
    ours = GuidedByLabel(lambda x_t, t, label: label.double().view(-1, 1), LABEL, g)(X, T)
    torch.testing.assert_close(latent[:, 0, 0, :], ours, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("g", [-0.1, math.inf, math.nan, "2"])
def test_wrong_g_are_refused(g):
    with pytest.raises(ConfigError, match="g must be"):
        GuidedByLabel(Said(), LABEL, g)


@pytest.mark.parametrize("label", [torch.tensor([-1, 0]), torch.tensor([0.5]), torch.tensor([[0]]), 3, None])
def test_wrong_labels_are_refused(label):
    with pytest.raises(ConfigError, match=re.escape("label must be int64 (B,), from 0 on")):
        GuidedByLabel(Said(), label)
