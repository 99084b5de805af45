"""Low-rank changes: the start is the old network, the sum is peft's, and diffusers' pipeline paints the same."""

from __future__ import annotations

import copy
import dataclasses

import pytest
import safetensors.torch
import torch
from pipelines import embedded, published_pipeline

from diffusion_lib.errors import CheckpointCorrupt, CheckpointMismatch, ConfigError
from diffusion_lib.sample import ddim, last
from diffusion_lib.stable_diffusion.guidance import Guided
from models.adapters import low_rank

PROBE = torch.randn(2, 4, 8, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
TIMES = torch.tensor([700, 30])


def says(unet, context):
    return unet(PROBE, TIMES, encoder_hidden_states=context).sample


def apart(one, other):
    return float((one - other).detach().abs().max())


@pytest.fixture(scope="module")
def context(double):
    return embedded(double, ["a red dog", "a circle"])[0]


@pytest.fixture(scope="module")
def moved(double):
    """A U-Net whose sums are not zero any more, and its matrices."""
    unet = low_rank.begin(double.unet, 3, seed=1)
    generator = torch.Generator().manual_seed(2)
    for parameter in low_rank.trained(unet):
        parameter.data = 0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return unet, low_rank.numbers(unet)


def test_at_the_start_nothing_has_changed_and_only_b_has_a_slope(double, context):
    unet = low_rank.begin(double.unet, 2, seed=0)
    found = says(unet, context)
    assert torch.equal(found, says(double.unet, context))
    found.square().sum().backward()
    slopes = {name: p.grad for name, p in unet.named_parameters() if p.requires_grad}
    assert all((slope == 0).all() == ("lora_A" in name) for name, slope in slopes.items())
    assert not any(p.requires_grad for p in double.unet.parameters())


def test_the_seed_decides_about_a(double):
    one, same, other = (low_rank.numbers(low_rank.begin(double.unet, 2, seed)) for seed in (0, 0, 1))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_the_sum_is_pefts(double, context, moved):
    unet, found = moved
    ours = low_rank.applied(double, found)
    assert apart(says(ours.unet, context), says(unet, context)) < 1e-12
    assert not torch.equal(says(ours.unet, context), says(double.unet, context))


def test_a_scale_is_a_factor_of_the_change(double, moved):
    layer = next(iter(low_rank.updates(moved[1])))
    old, one, other = (
        each.unet.get_submodule(layer).weight
        for each in (double, low_rank.applied(double, moved[1]), low_rank.applied(double, moved[1], -0.5))
    )
    torch.testing.assert_close(other - old, -0.5 * (one - old), rtol=1e-12, atol=1e-15)


def test_numbers_and_ranks_are_those_of_r(moved):
    found = low_rank.updates(moved[1])
    assert sum(x.numel() for x in moved[1].values()) == sum(3 * sum(change.shape) for change in found.values())
    assert {int(torch.linalg.matrix_rank(change)) for change in found.values()} == {3}


@pytest.mark.parametrize("scale", [1.0, 0.4])
def test_the_pipeline_of_diffusers_paints_the_same(double, moved, tmp_path, scale):
    file = low_rank.save(moved[1], tmp_path / "change.safetensors")
    ours = low_rank.applied(double, low_rank.read(file), scale)
    x_T = torch.randn(2, 4, 8, 8, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    text, empty = embedded(double, ["a red dog", "a hat"])
    latents = last(ddim(Guided(ours.unet, text, empty, 2.5), x_T, double.schedule, steps=4))
    pipe = published_pipeline(dataclasses.replace(double, unet=copy.deepcopy(double.unet)))
    pipe.load_lora_weights(tmp_path, weight_name=file.name)
    pipe.set_adapters(pipe.get_active_adapters(), scale)
    pipe.unet.double()
    theirs = last(ddim(Guided(pipe.unet, text, empty, 2.5), x_T, double.schedule, steps=4))
    old = last(ddim(Guided(double.unet, text, empty, 2.5), x_T, double.schedule, steps=4))
    assert apart(latents, theirs) < 1e-10 < apart(latents, old)


def test_a_file_keeps_what_float16_can(moved, tmp_path):
    again = low_rank.read(low_rank.save(moved[1], tmp_path / "a.safetensors"))
    assert all(torch.equal(again[name], x.half().float()) for name, x in moved[1].items())


@pytest.mark.parametrize("content", [b"", b"no tensors", safetensors.torch.save({"unet.x.weight": torch.zeros(2)})])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    (tmp_path / "a.safetensors").write_bytes(content)
    with pytest.raises(CheckpointCorrupt, match=r"must hold .*matrices"):
        low_rank.read(tmp_path / "a.safetensors")


def test_half_a_pair_is_refused(moved, tmp_path):
    found = dict(moved[1])
    found.pop(next(name for name in found if "lora_B" in name))
    with pytest.raises(CheckpointCorrupt, match="lora_B"):
        low_rank.read(low_rank.save(found, tmp_path / "a.safetensors"))


def test_matrices_of_another_network_are_refused(double, moved):
    wide = {name: torch.zeros(3, 99) if "lora_A" in name else x for name, x in moved[1].items()}
    elsewhere = {name.replace("down_blocks", "cellar"): x for name, x in moved[1].items()}
    for found in (wide, elsewhere):
        with pytest.raises(CheckpointMismatch, match="must be of this U-Net"):
            low_rank.applied(double, found)


@pytest.mark.parametrize("scale", [5, float("nan"), "1"])
def test_a_silly_scale_is_refused(double, moved, scale):
    with pytest.raises(ConfigError, match="scale"):
        low_rank.applied(double, moved[1], scale)


def test_training_without_peft_says_what_to_install(double, monkeypatch):
    monkeypatch.setattr(low_rank.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install peft"):
        low_rank.begin(double.unet, 2, seed=0)
    with pytest.raises(ConfigError, match="rank"):
        low_rank.begin(double.unet, 0, seed=0)


def test_sums_at_every_layer_have_no_rank_above_a_side(double, context):
    """At all linear layers and convolutions, where narrow ones have their own rank; merged, they answer alike."""
    unet = low_rank.begin(double.unet, 9, seed=0, targets=("",))
    generator = torch.Generator().manual_seed(2)
    for parameter in low_rank.trained(unet):
        parameter.data = 0.1 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    found, sides = low_rank.numbers(unet), {name: x.weight.flatten(1).shape for name, x in low_rank.layers(double.unet)}
    assert {len(found[f"unet.{name}.lora_A.weight"]) - min(9, *shape) for name, shape in sides.items()} == {0}
    assert len(found) == 2 * len(sides) and {len(x) for x in found.values()} > {4, 9}  # some are narrow
    assert apart(says(low_rank.applied(double, found).unet, context), says(unet, context)) < 1e-12
