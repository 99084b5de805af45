"""The finite dataset of shapes: its scenes, latents, distributions and embeddings, and the weights trained on it."""

from __future__ import annotations

import shutil

import pytest
import torch

from diffusion_lib.errors import CheckpointCorrupt, WeightsUnavailable
from diffusion_lib.process import add_noise
from diffusion_lib.stable_diffusion.parts import load
from diffusion_lib.stable_diffusion.prompt import embed, tokenize
from models import shapes
from models.miniature.data import language
from models.miniature.data.rendering import render

POSITIONS = (0, 37, 99)


@pytest.fixture(scope="module")
def parts():
    return load("miniature", device="cpu")


def test_scenes_are_four_prompts_at_a_hundred_places():
    scenes = shapes.scenes()
    assert language.describe(scenes) == [prompt for prompt in shapes.PROMPTS for _ in range(100)]
    centres = scenes.centre[:, 0].view(4, 100, 2)
    assert (centres == centres[0]).all() and len(centres[0].unique(dim=0)) == 100
    assert centres[0, 1].tolist() == [46.5, 41.5] and centres[0, 99].tolist() == [86.5, 86.5]
    assert (
        sorted([*shapes.HELD_OUT.tolist(), *shapes.TRAINING.tolist()]) == list(range(100))
        and len(shapes.HELD_OUT) == 12
    )


def test_latents_are_those_of_the_pipeline_and_pairs_know_their_prompt(parts, monkeypatch):
    some = shapes.scenes()[[0, 237]]
    monkeypatch.setattr(shapes, "scenes", lambda: some)
    monkeypatch.setattr(shapes, "SIDE", 1)
    monkeypatch.setattr(shapes, "PROMPTS", ("a red circle", "a blue circle"))
    z = shapes.latents(parts.vae)
    expected = parts.vae.encode(render(some)).latent_dist.mode() * parts.vae.config.scaling_factor
    torch.testing.assert_close(z[:, 0], expected.detach(), rtol=1e-4, atol=1e-4)
    z = torch.arange(4 * 100).view(4, 100, 1, 1, 1)
    held, labels = shapes.pairs(z, shapes.HELD_OUT)
    assert (held.flatten() // 100).tolist() == labels.tolist()
    assert (held.flatten() % 100).tolist() == shapes.HELD_OUT.tolist() * 4


def test_each_label_has_the_world_of_its_own_latents():
    z = torch.randn(4, 100, 2, 2, 2, generator=torch.Generator().manual_seed(0))
    distributions = shapes.data_distributions(z)
    assert (
        len(distributions) == 4
        and torch.equal(distributions[2].means, z[2].double())
        and float(distributions[2].std.max()) == 0
    )


def test_words_are_those_of_the_text_encoder_and_end_with_the_empty_text(parts):
    words = shapes.prompt_embeddings(parts)
    assert words.shape == (5, 5, 64)
    whole = embed(parts, tokenize(parts.tokenizer, [shapes.PROMPTS[3], ""]).ids)
    torch.testing.assert_close(words[[3, -1]], whole[:, :5], rtol=1e-4, atol=1e-5)
    ids = tokenize(parts.tokenizer, shapes.PROMPTS[3]).ids[0]
    assert (ids == parts.tokenizer.eos_token_id).nonzero()[0] == 4  # the last of five is the end of the text


def test_the_weights_have_learned_shapes_that_they_did_not_see(parts):
    model, schedule = shapes.load()
    assert schedule.config == parts.schedule.config
    assert sum(each.numel() for each in model.parameters()) < 100_000
    x_0 = shapes.encode(parts.vae, shapes.scenes()[shapes.HELD_OUT[:6]])
    eps, t = torch.randn(x_0.shape, generator=torch.Generator().manual_seed(0)), torch.full((6,), 500)
    x_t, right, wrong = add_noise(schedule, x_0, t, eps), torch.zeros(6).long(), torch.full((6,), 3)
    losses = [float((model(x_t, t, label) - eps).square().mean()) for label in (right, wrong)]
    assert losses[0] < 0.1 and losses[1] > 1.5 * losses[0]


def test_a_changed_byte_and_a_missing_record_are_refused(tmp_path):
    with pytest.raises(WeightsUnavailable, match="folder must hold the DiT of shapes, got no"):
        shapes.load(tmp_path)
    for name in (shapes.RECORD, shapes.WEIGHTS):
        shutil.copy(shapes.FOLDER / name, tmp_path)
    weights = bytearray((tmp_path / shapes.WEIGHTS).read_bytes())
    weights[-1] ^= 1
    (tmp_path / shapes.WEIGHTS).write_bytes(weights)
    with pytest.raises(CheckpointCorrupt):
        shapes.load(tmp_path)
