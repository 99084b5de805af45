"""Guidance: the equation, one call of the U-Net, the exact values of g, and the times that the U-Net is given."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from diffusion_lib.errors import ConfigError
from diffusion_lib.stable_diffusion.guidance import Guided
from diffusion_lib.stable_diffusion.parts import load
from diffusion_lib.stable_diffusion.pipeline import generate


class MeanUNet:
    """A U-Net that answers with the mean of its text and its time, and notes what it was asked."""

    dtype = torch.float64

    def __init__(self):
        self.asked = []

    def __call__(self, x, t, encoder_hidden_states, return_dict):
        self.asked.append((tuple(x.shape), t.tolist(), tuple(encoder_hidden_states.shape)))
        mean = encoder_hidden_states.mean(dim=(1, 2)) + t
        return [mean.view(-1, 1, 1, 1).expand_as(x).clone()]


X = torch.zeros(2, 4, 1, 1, dtype=torch.float64)
TEXT = torch.tensor([5.0, 7.0], dtype=torch.float64).view(2, 1, 1).expand(2, 77, 3)
EMPTY = torch.full((1, 77, 3), 2.0, dtype=torch.float64)
T = torch.tensor([10, 10])


@given(st.floats(0, 30))
def test_the_equation(g):
    unet = MeanUNet()
    eps_hat = Guided(unet, TEXT, EMPTY, g)(X, T)
    expected = torch.tensor([2 + g * 3, 2 + g * 5], dtype=torch.float64) + 9
    torch.testing.assert_close(eps_hat[:, 0, 0, 0], expected, rtol=1e-12, atol=1e-12)
    assert len(unet.asked) == 1


@pytest.mark.parametrize(("g", "batch"), [(7.5, 4), (0.5, 4), (1, 2), (0, 2)])
def test_one_call_and_none_for_a_weight_of_zero(g, batch):
    unet = MeanUNet()
    Guided(unet, TEXT, EMPTY, g)(X, T)
    assert unet.asked == [((batch, 4, 1, 1), [9] * batch, (batch, 77, 3))]


def test_the_unet_counts_from_zero_and_sees_each_sample_s_time():
    unet = MeanUNet()
    Guided(unet, TEXT, EMPTY, 3.0)(X, torch.tensor([1, 1000]))
    assert unet.asked[0][1] == [0, 999, 0, 999]


def test_the_result_has_the_dtype_of_the_state():
    unet = MeanUNet()
    unet.dtype = torch.bfloat16
    assert Guided(unet, TEXT.bfloat16(), EMPTY.bfloat16(), 2.0)(X.float(), T).dtype == torch.float32


@pytest.mark.parametrize("g", [0.0, 0.5])
def test_a_guidance_below_one_is_said(tiny_folder, g):
    tiny = load(tiny_folder, device="cpu")
    with pytest.warns(UserWarning, match=f"g = {g:g} weakens the prompt; g = 1 is the prompt without guidance"):
        (image,) = generate(tiny, "a dog", g=g, seed=0, steps=3)
    (empty,) = generate(tiny, "", g=1, seed=0, steps=3)
    far = float((image.latents - empty.latents).abs().max())
    assert far < 1e-3 if g == 0 else far > 1e-2


def test_embeddings_that_do_not_fit_are_refused():
    for empty in (EMPTY[0], EMPTY.expand(2, 77, 3), EMPTY[..., :2]):
        with pytest.raises(ConfigError, match=r"empty must have shape \(1, 77, d\)"):
            Guided(MeanUNet(), TEXT, empty, 2.0)
