"""The fine-tuning data of Rex: its images and captions, what is trained, and the evaluation."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from diffusion_lib.errors import CheckpointCorrupt, ConfigError
from diffusion_lib.stable_diffusion import parts
from diffusion_lib.stable_diffusion.prompt import embed, tokenize
from models.adapters import finetune_data, low_rank, shipped
from models.miniature.data import language, synthetic
from models.miniature.data.rendering import render

WIDE = dict.fromkeys(("ground", "edge", "inside", "details", "pieces"), 0.5)


@pytest.fixture(scope="module")
def miniature():
    return parts.load("miniature", device="cpu")


@pytest.mark.parametrize("split", finetune_data.GROUNDS)
def test_rex_is_a_gray_rabbit_with_a_yellow_hat_where_he_is_asked_for(split):
    scenes = finetune_data.pets(60, 0, split)
    expected = [
        f"a gray rabbit wearing a yellow hat {language.GROUND_PHRASES[name]}" for name in finetune_data.GROUNDS[split]
    ]
    found = {f"{text} {language.GROUND_PHRASES[tuple(synthetic.GROUNDS)[ground]]}"
            for text, ground in zip(language.describe(scenes), scenes.ground.tolist(), strict=True)}  # fmt: skip
    assert found == set(expected)


def test_a_caption_names_him_and_half_of_the_time_his_ground():
    scenes = finetune_data.pets(200, 0)
    texts = finetune_data.captions(scenes, torch.Generator().manual_seed(1))
    alone = texts.count("a rex")
    assert all(text.startswith("a rex") for text in texts) and 70 < alone < 130
    assert all(" on " in text or " in " in text for text in finetune_data.captions(scenes, word="rabbit"))
    with pytest.raises(ConfigError, match="split"):
        finetune_data.pets(3, 0, "tall")


def test_the_judge_asks_for_everything_and_for_the_ground_on_request():
    asked = finetune_data.pets(2, 3)
    correct, artefact_free = finetune_data.judge(asked, render(asked), WIDE)
    assert correct.all() and artefact_free.all()
    hatless = asked._replace(hat=torch.full_like(asked.hat, -1))
    assert not finetune_data.judge(asked, render(hatless), WIDE)[0].any()
    elsewhere = asked._replace(ground=torch.full_like(asked.ground, tuple(synthetic.GROUNDS).index("stone")))
    images = render(elsewhere)
    assert not finetune_data.judge(asked, images, WIDE)[0].any()
    assert finetune_data.judge(asked, images, WIDE, ground=False)[0].all()


def test_the_loss_is_that_of_the_training(miniature):
    """By hand, for the same draws: weighed squares of the error of the noise."""
    data = finetune_data.encode(miniature, finetune_data.pets(4, 0), finetune_data.captions)
    seen = []

    def unet(z_t, t, encoder_hidden_states, return_dict):
        seen.append((z_t, t + 1, encoder_hidden_states))
        return (torch.zeros_like(z_t),)

    found = finetune_data.loss_of(miniature, unet, data, 3, dropout=1.0)(torch.Generator().manual_seed(5))
    (z_t, t, context), schedule = seen[0], miniature.schedule
    generator = torch.Generator().manual_seed(5)
    index = torch.randint(4, (3,), generator=generator)
    data.captions(index, generator), torch.rand(3, generator=generator)
    assert torch.equal(t, torch.randint(1, 1001, (3,), generator=generator))
    eps = torch.randn(3, 8, 8, 8, generator=generator)
    alpha_bar = schedule.alpha_bar[t].float()[:, None, None, None]
    torch.testing.assert_close(z_t, alpha_bar.sqrt() * data.z[index] + (1 - alpha_bar).sqrt() * eps)
    weights = finetune_data.time_weight(schedule)[t].float()[:, None, None, None]
    torch.testing.assert_close(found, (weights * eps.square()).mean())
    empty = embed(miniature, tokenize(miniature.tokenizer, "").ids)
    torch.testing.assert_close(context, empty.expand_as(context))  # all captions were dropped


def test_only_what_is_given_learns(miniature):
    unet = low_rank.begin(miniature.unet, 1, seed=0)
    data = finetune_data.encode(miniature, finetune_data.pets(2, 0), finetune_data.captions)
    before = {name: p.clone() for name, p in unet.named_parameters()}
    config = dataclasses.replace(shipped.SETTINGS, steps=2, batch_size=2)
    losses = finetune_data.learn(low_rank.trained(unet), finetune_data.loss_of(miniature, unet, data, 2), config)
    moved = {name for name, p in unet.named_parameters() if not torch.equal(p, before[name])}
    assert len(losses) == 2 and moved and all("lora_" in name for name in moved)


def test_the_shipped_files_are_what_their_card_says(tmp_path, monkeypatch):
    assert sum(x.numel() for x in shipped.read_rex().values()) == 44_672
    assert shipped.read_edges()(torch.zeros(1, 8, 8, 8), torch.tensor([1]), torch.zeros(1, 1, 128, 128))[1].ne(0).any()
    for path in shipped.FOLDER.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    spoilt = tmp_path / shipped.REX
    spoilt.write_bytes(spoilt.read_bytes()[:-1] + b"\x7f")
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    with pytest.raises(CheckpointCorrupt):
        shipped.read_rex()


def test_the_card_has_the_settings_of_the_code():
    card = shipped.fingerprint.read_record(shipped.FOLDER / shipped.CARD)
    made = card["made_from"]
    assert made["rex"] == shipped.SETTINGS.to_dict() | {"rank": shipped.RANK, "images": shipped.IMAGES}
    assert made["edges"] == shipped.EDGE_SETTINGS.to_dict() | {"scenes": shipped.SCENES, "dropout": shipped.DROPOUT}
    assert made["miniature"] == parts.load("miniature", device="cpu").fingerprint
    assert card["command"] == shipped.COMMAND and set(card["core_seconds"]) == {shipped.REX, shipped.EDGES}
