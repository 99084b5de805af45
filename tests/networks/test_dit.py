"""Transformers: parity with diffusers, what adaLN-zero leaves alone, the order of tokens, the cost, the text."""

from __future__ import annotations

import math

import pytest
import torch
from diffusers.models.attention import BasicTransformerBlock, JointTransformerBlock
from diffusers.models.embeddings import get_2d_sincos_pos_embed
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from diffusion_lib.errors import ConfigError
from diffusion_lib.networks import WAYS, DiT, TextDiT
from diffusion_lib.networks.transformer import Stream, attend, block, norm, positions, to_image, to_tokens, where

D, HEADS = 16, 2


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def woken(network: nn.Module) -> nn.Module:
    """The network in float64, with random weights everywhere, also where it starts at zero."""
    torch.manual_seed(1)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.3)
    return network.double()


class Given(nn.Module):
    """In the place of diffusers' embedding of time and label: c as it is."""

    def forward(self, c, *_, **__):
        return c


def test_a_block_is_that_of_diffusers():
    theirs = BasicTransformerBlock(
        D, HEADS, D // HEADS, num_embeds_ada_norm=1, norm_type="ada_norm_zero", norm_elementwise_affine=False,
        activation_fn="gelu-approximate", norm_eps=1e-6,
    )  # fmt: skip
    theirs.norm1.norm.eps, theirs.norm1.emb = 1e-6, Given()
    theirs, ours = woken(theirs), Stream(D).double()
    inner = theirs.attn1
    pairs = (ours.modulation, theirs.norm1.linear), (ours.out, inner.to_out[0]), (ours.mlp[2], theirs.ff.net[2])
    for mine, other in (*pairs, (ours.mlp[0], theirs.ff.net[0].proj)):
        mine.load_state_dict(other.state_dict())
    ours.qkv.weight.data = torch.cat([inner.to_q.weight, inner.to_k.weight, inner.to_v.weight]).detach()
    h, c = draw(3, 5, D), draw(3, D, seed=1)
    (found,) = block([ours], [h], c, HEADS)
    torch.testing.assert_close(found, theirs(h, timestep=c), rtol=1e-10, atol=1e-10)


def test_a_block_of_two_streams_is_that_of_diffusers():
    theirs = woken(JointTransformerBlock(D, HEADS, D // HEADS))
    inner, streams = theirs.attn, [Stream(D).double(), Stream(D).double()]
    names = {
        "q": ("to_q", "add_q_proj"), "k": ("to_k", "add_k_proj"), "v": ("to_v", "add_v_proj"),
    }  # fmt: skip
    for projections in names.values():
        for name in projections:
            nn.init.zeros_(getattr(inner, name).bias)
    rest = (theirs.norm1, inner.to_out[0], theirs.ff), (theirs.norm1_context, inner.to_add_out, theirs.ff_context)
    for k, (stream, (modulation, out, ff)) in enumerate(zip(streams, rest, strict=True)):
        pairs = (stream.modulation, modulation.linear), (stream.out, out), (stream.mlp[2], ff.net[2])
        for mine, other in (*pairs, (stream.mlp[0], ff.net[0].proj)):
            mine.load_state_dict(other.state_dict())
        stream.qkv.weight.data = torch.cat([getattr(inner, names[each][k]).weight for each in "qkv"]).detach()
    h, words, c = draw(3, 5, D), draw(3, 4, D, seed=1), draw(3, D, seed=2)
    read, picture = theirs(h, words, c)
    for found, expected in zip(block(streams, [h, words], c, HEADS), (picture, read), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def test_positions_are_those_of_diffusers():
    theirs = get_2d_sincos_pos_embed(D, 4, base_size=4, output_type="pt")
    torch.testing.assert_close(positions(4, 4, D).double(), theirs.double(), rtol=1e-6, atol=1e-6)
    assert len(positions(8, 8, D).unique(dim=0)) == 64


@given(st.sampled_from([1, 2, 4]), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_tokens_are_patches_row_by_row_and_go_back(patch, channels, rows, columns):
    x = draw(2, channels, patch * rows, patch * columns)
    tokens = to_tokens(x, patch)
    assert tokens.shape == (2, rows * columns, channels * patch**2)
    last = x[:, :, -patch:, -patch:].flatten(1)  # channel by channel, each row by row
    assert torch.equal(tokens[:, -1], last) and torch.equal(to_image(tokens, patch, rows), x)


def test_attention_by_the_plain_formula():
    q, k, v = draw(1, 3, 4), draw(1, 5, 4, seed=1), draw(1, 5, 4, seed=2)
    for head, part in enumerate((slice(0, 2), slice(2, 4))):
        for i in range(3):
            weights = [math.exp(float(q[0, i, part] @ k[0, j, part]) / math.sqrt(2)) for j in range(5)]
            mixed = sum(w * v[0, j, part] for j, w in enumerate(weights)) / sum(weights)
            torch.testing.assert_close(attend(q, k, v, 2)[0, i, part], mixed)
            found = where(q, k, 2)[0, head, i]
            torch.testing.assert_close(found, torch.tensor(weights, dtype=torch.float64) / sum(weights))
    heads = functional.scaled_dot_product_attention(*(e.unflatten(2, (2, 2)).transpose(1, 2) for e in (q, k, v)))
    torch.testing.assert_close(attend(q, k, v, 2), heads.transpose(1, 2).flatten(2))


def test_a_fresh_block_is_the_identity_bit_for_bit():
    h, c = draw(2, 5, D), draw(2, D, seed=1)
    assert torch.equal(block([Stream(D).double()], [h], c, HEADS)[0], h)
    assert not torch.allclose(norm(h), h)


def test_the_first_steps_move_one_layer_more_each():
    """The last layer is zero, then the gates are: gradients come through one of them at a time."""
    torch.manual_seed(0)
    network = DiT(2, D, 2, HEADS, 2, T=10, prediction="eps").double()
    optimizer, x, moved = torch.optim.SGD(network.parameters(), lr=0.1), draw(4, 2, 4, 4), []
    for _ in range(4):
        optimizer.zero_grad()
        (network(x, torch.tensor([1, 4, 7, 10])) - draw(4, 2, 4, 4, seed=3)).square().mean().backward()
        moved.append({name for name, each in network.named_parameters() if each.grad.any()})
        if len(moved) == 2:  # of the six parts of the modulation, only the two gates
            parts = network.blocks[0].modulation.weight.grad.chunk(6)
            assert [bool(part.any()) for part in parts] == [False, False, True, False, False, True]
        optimizer.step()
    assert moved[0] == {"last.linear.weight", "last.linear.bias"}
    second = moved[1] - moved[0]
    assert {name.split(".")[0] for name in second} == {"first", "last", "blocks"}
    assert {name.split(".")[2] for name in second if name.startswith("blocks")} == {"modulation"}
    assert {"blocks.0.qkv.weight", "blocks.1.mlp.0.weight", "embed.0.weight"} <= moved[2] - moved[1]
    assert moved[2] == moved[3] == {name for name, _ in network.named_parameters()}


class WithoutPositions(DiT):
    """Without the codes of the places."""

    def position_embedding(self, x_t):
        return torch.zeros(1, self.config["width"]).to(x_t)


@pytest.mark.parametrize(("kind", "same"), [(WithoutPositions, True), (DiT, False)])
def test_only_the_positional_embedding_distinguishes_the_order_of_patches(kind, same):
    network, x, t = woken(kind(2, D, 2, HEADS, 2, T=10, prediction="eps")), draw(3, 2, 8, 8), torch.tensor([1, 5, 10])
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    shuffled = to_image(to_tokens(x, 2)[:, order], 2, 4)
    expected = to_image(to_tokens(network(x, t), 2)[:, order], 2, 4)
    assert torch.allclose(network(shuffled, t), expected, rtol=1e-9, atol=1e-9) is same


def multiply_adds(network, *arguments) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(*arguments)
    return counter.get_total_flops() // 2


@pytest.mark.parametrize(("patch", "width", "depth"), [(1, 16, 1), (2, 24, 3), (4, 8, 2)])
def test_the_cost_is_as_the_docstring_says(patch, width, depth):
    x, t, N, d, folded = torch.zeros(1, 3, 8, 8), torch.ones(1).long(), (8 // patch) ** 2, width, 3 * patch**2
    found = multiply_adds(DiT(3, width, depth, 2, patch, prediction="eps"), x, t)
    ends = 2 * N * folded * d + 8 * d + d**2 + 2 * d**2  # first and last layer, what is known, the last modulation
    assert found == depth * (12 * N * d**2 + 2 * N**2 * d + 6 * d**2) + ends


def test_looks_are_rows_of_shares_and_leave_nothing_behind():
    network, x, t = woken(DiT(2, D, 3, HEADS, 2, T=10, classes=2, prediction="eps")), draw(2, 2, 8, 8), torch.ones(2)
    t, label = t.long(), torch.tensor([0, 1])
    maps = network.attention_maps(x, t, label)
    assert [each.shape for each in maps] == [(2, HEADS, 16, 16)] * 3 and len(maps[0].unique()) > 500
    torch.testing.assert_close(maps[2].sum(3), torch.ones(2, HEADS, 16, dtype=torch.float64))
    stream, h, c = network.blocks[0], network.begin(x), network.embed(network._known(network.time[t - 1], label, x))
    torch.testing.assert_close(maps[0], where(*stream.split(h, stream.gates(c))[:2], HEADS))
    assert len(network.attention_maps(x, t, label)) == 3


# --- texts ------------------------------------------------------------------------------------------------------------


def reader(way: str) -> TextDiT:
    return woken(TextDiT(way, 6, 2, D, 2, HEADS, 2, T=10, prediction="eps"))


@pytest.mark.parametrize("way", WAYS)
def test_which_words_matter(way):
    """The last word enters every layer; the others enter by attention alone."""
    network, x, t, words = reader(way), draw(2, 2, 8, 8), torch.tensor([1, 9]), draw(2, 4, 6, seed=1)
    answer, first, last = network(x, t, words), words.clone(), words.clone()
    first[:, 0] += 1
    last[:, 3] += 1
    assert answer.shape == x.shape and not torch.allclose(network(x, t, last), answer)
    assert torch.equal(network(x, t, first), answer) is (way == "pooled")
    assert torch.allclose(network(x, t, words[:, [1, 0, 2, 3]]), answer)  # the order is for the text's encoder to tell


@pytest.mark.parametrize("way", WAYS)
def test_every_weight_is_used(way):
    network = reader(way)
    network(draw(3, 2, 8, 8), torch.tensor([1, 5, 10]), draw(3, 4, 6, seed=1)).square().sum().backward()
    assert all(each.grad is not None and each.grad.any() for each in network.parameters())


@pytest.mark.parametrize("way", WAYS)
def test_a_fresh_one_answers_0(way):
    fresh = TextDiT(way, 6, 2, D, 2, HEADS, 2, T=10, prediction="eps")
    assert not fresh(torch.ones(1, 2, 4, 4), torch.tensor([3]), torch.ones(1, 4, 6)).any()


def test_what_is_no_text_and_no_way_is_refused():
    x, t = draw(2, 2, 8, 8), torch.tensor([1, 9])
    for words, what in ((None, "None"), (draw(1, 4, 6), r"\(1, 4, 6\)"), (draw(2, 4, 5), r"\(2, 4, 5\)")):
        with pytest.raises(
            ConfigError, match=rf"words must have shape \(2, L, 6\), got {what}; give each x_t its text"
        ):
            reader("joint")(x, t, words)
    with pytest.raises(ConfigError, match="way must be one of 'pooled', 'cross', 'joint', got 'sum'"):
        TextDiT("sum", 6, prediction="eps")
    with pytest.raises(ConfigError, match=r"text must be an integer in 1\.\.4096, got 0"):
        TextDiT("joint", 0, prediction="eps")
