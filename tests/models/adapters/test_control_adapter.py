"""Control by edges: zeros change nothing and move first; edges are where an image has some."""

from __future__ import annotations

import pytest
import torch

from diffusion_lib.errors import CheckpointCorrupt, ConfigError
from models.adapters import control_adapter
from models.miniature.training import networks

T = torch.tensor([500, 20])


@pytest.fixture(scope="module")
def unet():
    torch.manual_seed(0)
    return networks.unet().eval().requires_grad_(False)


@pytest.fixture(scope="module")
def given():
    generator = torch.Generator().manual_seed(1)
    x, context = torch.randn(2, 8, 8, 8, generator=generator), torch.randn(2, 77, 64, generator=generator)
    return x, context, (torch.rand(2, 1, 128, 128, generator=generator) > 0.9).float()


def test_edges_of_a_square_are_its_outline():
    image = torch.zeros(1, 3, 12, 12)
    image[..., 4:8, 5:9] = 1.0
    found = control_adapter.edges(image)[0, 0]
    expected = torch.zeros(12, 12)
    expected[4:8, 4] = expected[4:8, 8] = 1  # a pixel that differs from its right neighbour
    expected[3, 5:9] = expected[7, 5:9] = 1
    assert torch.equal(found, expected)
    assert not control_adapter.edges(torch.full((1, 3, 8, 8), 0.3)).any()


def test_zeros_change_nothing_and_move_first(unet, given):
    x, context, e = given
    torch.manual_seed(2)
    network = control_adapter.Control()
    steered = control_adapter.Controlled(unet, network, e)
    found = steered(x, T, encoder_hidden_states=context, return_dict=False)[0]
    assert torch.equal(found, unet(x, T, encoder_hidden_states=context, return_dict=False)[0])
    found.square().sum().backward()
    slopes = {name: bool(p.grad.ne(0).any()) for name, p in network.named_parameters()}
    assert all(moves == name.startswith("zero") for name, moves in slopes.items())


def opened(seed):
    """A control whose last layers are zeros no more."""
    torch.manual_seed(seed)
    network = control_adapter.Control().requires_grad_(False)
    for layer in network.zero:
        torch.nn.init.normal_(layer.weight, std=0.1)
    return network


def test_edges_count_and_each_image_has_its_own(unet, given):
    x, context, e = given
    steered = control_adapter.Controlled(unet, opened(3), e)
    both = steered(x, T, encoder_hidden_states=context, return_dict=False)[0]
    alone = steered(x[1:], T[1:], encoder_hidden_states=context[1:], edges=e[1:], return_dict=False)[0]
    torch.testing.assert_close(both[1:], alone, rtol=0, atol=1e-5)
    other = steered(x, T, encoder_hidden_states=context, edges=e.flip(0), return_dict=False)[0]
    assert float((both - other).abs().max()) > 1e-3
    doubled = steered(x.repeat(2, 1, 1, 1), T.repeat(2), context.repeat(2, 1, 1), return_dict=False)[0]
    torch.testing.assert_close(doubled[2:], both, rtol=0, atol=1e-5)
    assert steered.dtype == unet.dtype and steered.config is unet.config
    with pytest.raises(ConfigError, match="multiple of the 2 edges"):
        steered(x[:1], T[:1], encoder_hidden_states=context[:1])


def test_a_file_is_read_as_it_was_written_and_another_is_refused(tmp_path):
    network = opened(4)
    again = control_adapter.read(control_adapter.save(network, tmp_path / "c.safetensors"))
    ours = network.half().float().state_dict()
    assert all(torch.equal(x, ours[name]) for name, x in again.state_dict().items())
    assert not any(p.requires_grad for p in again.parameters())
    (tmp_path / "c.safetensors").write_bytes(b"no tensors")
    with pytest.raises(CheckpointCorrupt, match="control by edges"):
        control_adapter.read(tmp_path / "c.safetensors")
