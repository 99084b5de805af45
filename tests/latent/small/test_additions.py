"""Additions of low rank: they begin at nothing, are what they say, and go where they belong."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
import torch
from torch import nn
from torch.func import functional_call

from diffusion_lib.errors import CheckpointMismatch, ConfigError
from diffusion_lib.latent.adapt.low_rank import applied
from diffusion_lib.latent.small.additions import LowRank


@dataclass(frozen=True)
class Parts:
    unet: nn.Module


@pytest.fixture
def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Flatten(), nn.Linear(4 * 25, 6)).double()


@pytest.fixture
def added(network):
    torch.manual_seed(1)
    return LowRank(network, 2).double()


x = torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def test_it_begins_at_the_network_itself(network, added):
    torch.testing.assert_close(functional_call(network, added.weights(network), (x,)), network(x))


def test_merged_it_is_two_small_layers_beside_each_large_one(network, added):
    for up in added.up:
        nn.init.normal_(up)
    state = added.state()
    merged = applied(Parts(network), state).unet
    first, second = network[0], network[2]
    small = nn.functional.conv2d(x, state["unet.0.lora_A.weight"].double(), padding=1)
    small = nn.functional.conv2d(small, state["unet.0.lora_B.weight"].double())
    hidden = (first(x) + small).flatten(1)
    expected = (
        second(hidden) + hidden @ state["unet.2.lora_A.weight"].double().T @ state["unet.2.lora_B.weight"].double().T
    )
    torch.testing.assert_close(merged(x), expected)
    assert all(tensor.dtype == torch.float16 for tensor in state.values())


def test_gradients_reach_the_additions_alone(network, added):
    network.requires_grad_(False)
    functional_call(network, added.weights(network), (x,)).sum().backward()
    assert all(up.grad.abs().sum() > 0 for up in added.up)


def test_numbers_of_another_network_are_refused(network, added):
    state = added.state()
    strange = {f"unet.9.lora_{side}.weight": state[f"unet.0.lora_{side}.weight"] for side in "AB"}
    with pytest.raises(CheckpointMismatch, match="of this U-Net, got 9"):
        applied(Parts(network), strange)
    state["unet.2.lora_B.weight"] = state["unet.2.lora_B.weight"][:5]
    with pytest.raises(CheckpointMismatch, match="got 2 with a change of shape"):
        applied(Parts(network), state)


def test_a_rank_is_a_whole_number(network):
    with pytest.raises(ConfigError, match="rank"):
        LowRank(network, 0)
