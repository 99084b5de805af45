"""The shipped LoRA weights: the miniature's own, refused elsewhere, and its one step is what the card says."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import safetensors.torch
import torch

from diffusion_lib.errors import CheckpointCorrupt, CheckpointMismatch, WeightsUnavailable
from diffusion_lib.process import add_noise
from diffusion_lib.runtime import fingerprint
from diffusion_lib.stable_diffusion import parts
from diffusion_lib.stable_diffusion.autoencoder import pil_to_latents, to_pil
from diffusion_lib.stable_diffusion.pipeline import denoise
from diffusion_lib.stable_diffusion.prompt import embed, tokenize
from models.adapters.low_rank import layers
from models.few_steps import FILE, FOLDER, distil, distilled, model_card, targets
from models.miniature.data import synthetic
from models.miniature.data.rendering import backdrop, render
from models.miniature.evaluation import fidelity


@pytest.fixture(scope="module")
def miniature():
    return parts.load("miniature", device="cpu")


def test_the_parts_stay_and_the_student_is_another(miniature):
    before = {name: x.clone() for name, x in miniature.unet.state_dict().items()}
    student = distilled(miniature)
    assert all(torch.equal(x, before[name]) for name, x in miniature.unet.state_dict().items())
    assert student.fingerprint != miniature.fingerprint
    changed = [name for name, x in student.unet.state_dict().items() if not torch.equal(x, before[name])]
    assert set(changed) <= {f"{name}.weight" for name, _ in layers(miniature.unet)} and len(changed) > 90


def test_other_parts_are_refused(tiny):
    with pytest.raises(CheckpointMismatch, match="fingerprint"):
        distilled(tiny)


def test_a_changed_byte_is_refused_and_a_missing_record_is_named(miniature, tmp_path):
    shutil.copytree(FOLDER, tmp_path / "few")
    content = bytearray((tmp_path / "few" / FILE).read_bytes())
    content[-1] ^= 1
    (tmp_path / "few" / FILE).write_bytes(content)
    with pytest.raises(CheckpointCorrupt):
        distilled(miniature, tmp_path / "few")
    with pytest.raises(WeightsUnavailable, match="record"):
        distilled(miniature, tmp_path)


def test_it_is_small_and_of_the_layers_that_diffusers_names(miniature):
    assert (FOLDER / FILE).stat().st_size <= 2_100_000
    state, own = safetensors.torch.load_file(FOLDER / FILE), dict(layers(miniature.unet))
    for name, layer in own.items():
        down, up = (state.pop(f"unet.{name}.lora_{side}.weight") for side in "AB")
        assert down.shape[1:] == layer.weight.shape[1:] and up.shape[0] == len(layer.weight)
        assert down.dtype == up.dtype == torch.float16
    assert not state


def test_the_record_beside_it_is_of_these_weights(miniature):
    record = fingerprint.read_record(FOLDER / "record.json")
    rows = fingerprint.read_record(FOLDER / "fidelity.json")
    assert rows["made_from"] == {"weights": miniature.fingerprint, "lora": record["files"][FILE]}
    made = record["made_from"]
    assert made["seconds"] <= 1800 and made["noise_scale"] == targets.NOISE_SCALE and made["sharp"] == distil.SHARP
    assert made["train"] == distil.SETTINGS.to_dict() and made["chains"] == targets.SHARD_SIZE * targets.SHARDS
    assert made["teacher"] == f"{targets.TEACHER} in {targets.TEACHER_STEPS}" and made["weight"] == distil.WEIGHT
    assert tuple(made["mix"]) == targets.MIX
    text = model_card.card(rows["rows"], rows["variety"], record)
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == text


def test_a_chain_begins_from_less_noise(tiny, monkeypatch):
    monkeypatch.setitem(targets.OWN_G, "miniature", 3.0)
    monkeypatch.setattr(targets, "captions", lambda n, generator: ["a red circle"] * n)
    (data,) = targets.batches(tiny, 3, 0, "float32")
    draws = torch.randn(3, *tiny.latent_shape(), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(data["x_T"], draws.half())
    ids = [tokenize(tiny.tokenizer, texts).ids for texts in (["a red circle"] * 3, "")]
    with torch.no_grad():
        text, empty = (embed(tiny, each) for each in ids)
        *_, end = denoise(
            tiny, text, empty, targets.NOISE_SCALE * draws, g=3.0, steps=targets.TEACHER_STEPS, sampler="dpm++"
        )
    torch.testing.assert_close(data["z"], end.x_t.half())
    assert torch.equal(data["ids"], ids[0].int())


def test_the_end_of_a_chain_is_judged_as_an_image(miniature, monkeypatch):
    """If the chains ended where real images lie, all of them were correct and artefact-free; in noise, none is."""
    limits = fidelity.limits_of(fingerprint.read_record(miniature.folder / model_card.CARD)["rows"])
    real = pil_to_latents(miniature.vae, to_pil(render(fidelity.asked("single", 2))))
    for ends, fraction in ((real, 1.0), (torch.randn(real.shape, generator=torch.Generator().manual_seed(0)), 0.0)):
        monkeypatch.setattr(model_card, "chains", lambda parts, ids, x_T, ends=ends: ends)
        row = model_card.perfect_student(miniature, "single", 2, limits)
        assert (row["prompt_accuracy"]["both"], row["artefacts"]["artefact-free"]) == (fraction, fraction)


def test_the_chains_of_the_variety_are_those_of_one_text_from_many_noises(tiny, monkeypatch):
    monkeypatch.setattr(model_card, "chains", lambda parts, ids, x_T: torch.cat([x_T.flatten(1), ids], 1))
    found = model_card.chain_ends(tiny, ["a red circle"] * model_card.NOISES)
    noises, ids = found.split([found.shape[1] - 77, 77], 1)
    assert len(noises.unique(dim=0)) == model_card.NOISES and len(ids.unique(dim=0)) == 1


def test_variety_is_the_variance_over_noises_and_the_fractions_of_grounds(miniature, monkeypatch):
    """Latents 0 and 1 in turn, on sand and in a meadow; captions differ by a constant, which does not count."""
    images = to_pil(backdrop(torch.tensor([1, 4]), torch.full((2,), synthetic.HORIZON)))
    monkeypatch.setattr(model_card, "latents_to_pil", lambda vae, z: [images[int(x.max()) % 2] for x in z])
    levels, n = iter(range(0, 200, 2)), model_card.NOISES
    found = model_card.variety(miniature, lambda text: next(levels) + (torch.arange(n) % 2.0).view(n, 1, 1, 1))
    assert found["variance"] == pytest.approx(n / 4 / (n - 1), abs=1e-4)
    assert {name: fraction for name, fraction in found["grounds"].items() if fraction} == {"sand": 0.5, "meadow": 0.5}
    assert found["n"] == n * model_card.TEXTS * len(synthetic.SCENE_CLASSES)


def test_shards_are_made_once_and_keep_their_seconds(tiny, monkeypatch, tmp_path):
    monkeypatch.setitem(targets.OWN_G, "miniature", 1.0)
    monkeypatch.setattr(targets, "captions", lambda n, generator: ["a red circle"] * n)
    data, seconds = targets.dataset(tiny, tmp_path, range(2), 2)
    assert data["z"].shape[0] == data["ids"].shape[0] == 4 and not torch.equal(*data["z"].chunk(2))
    monkeypatch.setattr(targets, "batches", lambda *_: pytest.fail("a kept shard was made again"))
    again, as_long = targets.dataset(tiny, tmp_path, range(2), 2)
    assert as_long == pytest.approx(seconds) and seconds > 0
    assert all(torch.equal(again[name], x) for name, x in data.items())


def test_a_student_begins_from_the_noise_or_from_the_end_under_it(tiny):
    draws = torch.Generator().manual_seed(0)
    x_T, z = (torch.randn(4, *tiny.latent_shape(), generator=draws) for _ in range(2))
    data = {"ids": tokenize(tiny.tokenizer, ["a red circle"] * 4).ids.int(), "x_T": x_T, "z": z}
    seen = []

    def network(x_t, t, text):
        seen.extend(zip(x_t, t, strict=True))
        return torch.zeros_like(x_t)

    distil.loss_of(replace(distil.SETTINGS, batch_size=64, precision="float32"), tiny, data)(network, 0, draws)
    assert len({int(t) for _, t in seen}) > 2
    for x_t, t in seen:
        begun = x_T if t == tiny.schedule.T else add_noise(tiny.schedule, z, t.expand(4), x_T)
        assert (begun - x_t).abs().amax((1, 2, 3)).min() < 1e-6


def test_a_student_learns_where_the_chains_end(tiny, monkeypatch):
    """On the tiny parts: chains of the teacher, and steps that bring the student's one step nearer to their ends."""
    monkeypatch.setitem(targets.OWN_G, "miniature", 1.0)
    monkeypatch.setattr(targets, "captions", lambda n, generator: ["a red circle"] * n)
    torch.manual_seed(0)
    (data,) = targets.batches(tiny, 8, 0, "float32")
    student = distil.student(tiny, 2)
    config = replace(distil.SETTINGS, steps=30, batch_size=8, lr=3e-2, precision="float32")
    loss, optimizer = distil.loss_of(config, tiny, data, 30), torch.optim.Adam(student.parameters(), 3e-2)
    found = []
    for step in range(30):
        value = loss(student, step, torch.Generator().manual_seed(0))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        found.append(float(value.detach()))
    assert found[-1] < 0.8 * found[0]
    plain, sharp = (float(loss(student, step, torch.Generator().manual_seed(0)).detach()) for step in (29, 30))
    assert sharp > 1.1 * plain  # with the second aim, from then on
    assert len([p for p in student.parameters() if p.requires_grad]) == 2 * len(list(layers(tiny.unet)))
