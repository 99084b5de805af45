"""Recorded cross attention: nothing changes, rows sum to 1, and a map is where its word is looked at."""

from __future__ import annotations

import pytest
import torch
from diffusers.models.attention_processor import AttnProcessor

from diffusion_lib.errors import ConfigError
from diffusion_lib.stable_diffusion import parts
from diffusion_lib.stable_diffusion.attention import Record, recorded


@pytest.fixture(scope="module")
def unet(tiny_folder):
    return parts.load(tiny_folder, device="cpu").unet


def call(unet, x, text, t=500):
    with torch.no_grad():
        return unet(x, t, encoder_hidden_states=text).sample


@pytest.fixture(scope="module")
def inputs():
    draws = torch.Generator().manual_seed(0)
    return torch.randn(3, 4, 8, 8, generator=draws), 3 * torch.randn(3, 77, 16, generator=draws)


def test_the_output_is_that_of_the_plain_processor(unet, inputs):
    before = unet.attn_processors
    with recorded(unet):
        ours = call(unet, *inputs)
    unet.set_attn_processor(AttnProcessor())
    plain = call(unet, *inputs)
    unet.set_attn_processor(before)
    torch.testing.assert_close(ours, plain, rtol=0, atol=1e-6)
    torch.testing.assert_close(ours, call(unet, *inputs), rtol=0, atol=1e-5)  # the fused one


def test_the_processors_are_put_back_even_after_an_error(unet):
    before = unet.attn_processors
    with pytest.raises(ZeroDivisionError), recorded(unet):
        types = {type(each) for each in unet.attn_processors.values()}
        assert len(types) == 2 and {type(each) for each in before.values()} < types
        raise ZeroDivisionError
    assert unet.attn_processors == before


@pytest.mark.parametrize("size", [4, 8, 64])
def test_each_place_divides_one_unit_of_attention_among_the_tokens(unet, inputs, size):
    with recorded(unet) as record:
        for t in (900, 100):
            call(unet, *inputs, t)
    maps = record.maps(size)
    assert maps.shape == (3, 77, size, size) and maps.min() >= 0 and maps.std() > 1e-4
    torch.testing.assert_close(maps.sum(1), torch.ones(3, size, size), rtol=0, atol=1e-5)


def test_the_maps_are_the_weights_of_every_layer_head_and_call(unet, inputs, monkeypatch):
    """diffusers' own function gives the weights; their mean over all calls is the map, at the size of each layer."""
    from diffusers.models.attention_processor import Attention

    found, scores = [], Attention.get_attention_scores

    def spied(self, *args):
        weights = scores(self, *args)
        if weights.shape[2] == 77:
            found.append(weights)
        return weights

    with recorded(unet) as record:
        for t in (900, 100):
            call(unet, *inputs, t)
    monkeypatch.setattr(Attention, "get_attention_scores", spied)
    before = unet.attn_processors
    unet.set_attn_processor(AttnProcessor())
    for t in (900, 100):
        call(unet, *inputs, t)
    unet.set_attn_processor(before)
    per_call = [weights.view(3, 2, -1, 77).mean(1).transpose(1, 2) for weights in found]  # two heads
    grids = [each.view(3, 77, int(each.shape[2] ** 0.5), -1) for each in per_call]
    assert {each.shape[2] for each in grids} == {4, 8} and len(grids) == 2 * 7
    expected = sum(torch.nn.functional.interpolate(each, (8, 8), mode="bilinear") for each in grids) / len(grids)
    torch.testing.assert_close(record.maps(8), expected, rtol=0, atol=1e-6)


def test_a_map_lies_where_the_places_look(unet):
    """Weights made by hand: the upper left quarter looks at token 5, the rest at token 0."""
    weights = torch.zeros(1, 2, 16, 77)
    weights[..., 0] = 1
    for position in (0, 1, 4, 5):  # rows of four
        weights[0, :, position, 0], weights[0, :, position, 5] = 0, 1
    record = Record((4, 4))
    record.add("layer", weights)
    expected = torch.zeros(4, 4)
    expected[:2, :2] = 1
    assert torch.equal(record.maps(4)[0, 5], expected) and torch.equal(record.maps(4)[0, 0], 1 - expected)


@pytest.mark.parametrize(("h", "w"), [(8, 8), (4, 16), (8, 12), (9, 13)])
def test_an_image_need_not_be_square(unet, h, w):
    """4 x 16 has as many positions as 8 x 8: the latents determine the grid.  A map moves with the attended token."""
    draws = torch.Generator().manual_seed(1)
    x, text = torch.randn(1, 4, h, w, generator=draws), 3 * torch.randn(1, 77, 16, generator=draws)
    seen = []
    with recorded(unet) as record:
        call(unet, x, text)
        seen = {tuple(sums.shape[2:]) for sums in record._sums.values()}
    assert seen == {(h, w), (-(-h // 2), -(-w // 2))} and not unet._forward_pre_hooks
    maps = record.maps(h, w)
    assert maps.shape == (1, 77, h, w)
    torch.testing.assert_close(maps.sum(1), torch.ones(1, h, w), rtol=0, atol=1e-5)


def test_what_cannot_be_averaged_is_refused(unet, inputs):
    with recorded(unet) as record:
        with pytest.raises(ConfigError, match="maps need at least one call of the U-Net"):
            record.maps(8)
        call(unet, *inputs)
        with pytest.raises(ConfigError, match="a record must be of one batch"):
            call(unet, *(each[:1] for each in inputs))
    with pytest.raises(ConfigError, match="size must be"):
        record.maps(0)
