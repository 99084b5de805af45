"""The shipped addition: the miniature's own, refused elsewhere, and its one step is what the card says."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
import safetensors.torch
import torch

from diffusion_lib.errors import CheckpointCorrupt, CheckpointMismatch, WeightsUnavailable
from diffusion_lib.latent import parts
from diffusion_lib.latent.few import FILE, FOLDER, few
from diffusion_lib.latent.small import distil, distil_card
from diffusion_lib.latent.small.additions import LowRank, layers
from diffusion_lib.runtime import fingerprint


@pytest.fixture(scope="module")
def miniature():
    return parts.load("miniature", device="cpu")


def test_the_parts_stay_and_the_student_is_another(miniature):
    before = {name: x.clone() for name, x in miniature.unet.state_dict().items()}
    quick = few(miniature)
    assert all(torch.equal(x, before[name]) for name, x in miniature.unet.state_dict().items())
    assert quick.fingerprint != miniature.fingerprint
    changed = [name for name, x in quick.unet.state_dict().items() if not torch.equal(x, before[name])]
    assert set(changed) <= {f"{name}.weight" for name, _ in layers(miniature.unet)} and len(changed) > 90


def test_other_parts_are_refused(tiny):
    with pytest.raises(CheckpointMismatch, match="fingerprint"):
        few(tiny)


def test_a_changed_byte_is_refused_and_a_missing_record_is_named(miniature, tmp_path):
    shutil.copytree(FOLDER, tmp_path / "few")
    content = bytearray((tmp_path / "few" / FILE).read_bytes())
    content[-1] ^= 1
    (tmp_path / "few" / FILE).write_bytes(content)
    with pytest.raises(CheckpointCorrupt):
        few(miniature, tmp_path / "few")
    with pytest.raises(WeightsUnavailable, match="record"):
        few(miniature, tmp_path)


def test_it_is_small_and_of_the_layers_that_diffusers_names(miniature):
    assert (FOLDER / FILE).stat().st_size <= 2_100_000
    state, own = safetensors.torch.load_file(FOLDER / FILE), dict(layers(miniature.unet))
    for name, layer in own.items():
        down, up = (state.pop(f"unet.{name}.lora_{side}.weight") for side in "AB")
        assert down.shape[1:] == layer.weight.shape[1:] and up.shape[0] == len(layer.weight)
        assert down.dtype == up.dtype == torch.float16
    assert not state


def test_the_record_beside_it_is_of_this_addition(miniature):
    record = fingerprint.read_record(FOLDER / "record.json")
    rows = fingerprint.read_record(FOLDER / "fidelity.json")
    assert rows["made_from"] == {"weights": miniature.fingerprint, "addition": record["files"][FILE]}
    assert record["made_from"]["seconds"] <= 1800
    assert (FOLDER / "README.md").read_text(encoding="utf-8") == distil_card.card(rows["rows"], record)


def test_lessons_are_made_once_and_keep_their_seconds(tiny, monkeypatch, tmp_path):
    monkeypatch.setitem(distil.OWN_G, "miniature", 1.0)
    monkeypatch.setattr(distil, "captions", lambda n, generator: ["a red circle"] * n)
    taught, seconds = distil.lessons(tiny, tmp_path, range(2), 2)
    assert taught["z"].shape[0] == taught["ids"].shape[0] == 4 and not torch.equal(*taught["z"].chunk(2))
    monkeypatch.setattr(distil, "teach", lambda *_: pytest.fail("a kept lesson was made again"))
    again, as_long = distil.lessons(tiny, tmp_path, range(2), 2)
    assert as_long == pytest.approx(seconds) and seconds > 0
    assert all(torch.equal(again[name], x) for name, x in taught.items())


def test_a_student_learns_where_the_chains_end(tiny, monkeypatch):
    """On the tiny parts: chains of the teacher, and steps that bring the student's one step nearer to their ends."""
    monkeypatch.setitem(distil.OWN_G, "miniature", 1.0)
    monkeypatch.setattr(distil, "captions", lambda n, generator: ["a red circle"] * n)
    torch.manual_seed(0)
    (taught,) = distil.teach(tiny, 8, 0, "float32")
    assert taught["x"].shape[1] == len(distil.TIMES) and taught["z"].shape == taught["x"][:, 0].shape
    student = distil.student(tiny, 2)
    config = replace(distil.SETTINGS, steps=30, batch_size=8, lr=3e-2, precision="float32")
    loss, optimizer = distil.loss_of(config, tiny, taught, 30), torch.optim.Adam(student.parameters(), 3e-2)
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
    assert isinstance(student.added, LowRank) and len(list(student.parameters())) == 2 * len(list(layers(tiny.unet)))
