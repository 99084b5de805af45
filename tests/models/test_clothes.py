"""The shipped model of clothes: what loads, what is refused, and that card and numbers are of one piece."""

from __future__ import annotations

import json
import shutil

import pytest
import safetensors.torch
import torch
from root import ROOT

from benchmarks import clothes_card
from benchmarks.clothes import choose
from diffusion_lib.data import CLOTHES_CLASSES, clothes, clothes_labels
from diffusion_lib.errors import CheckpointCorrupt, WeightsUnavailable
from diffusion_lib.evaluate.distances import frechet_distance
from diffusion_lib.process.guidance import GuidedByLabel
from diffusion_lib.runtime import fingerprint
from diffusion_lib.sample.ancestral import ddim
from diffusion_lib.sample.chain import last
from models import clothes as shipped

FILES = (shipped.WEIGHTS, shipped.FEATURES, shipped.CARD, shipped.RECORD, "README.md")


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        shutil.copy(shipped.FOLDER / name, tmp_path)
    return tmp_path


def test_it_is_small():
    model, _ = shipped.load()
    assert sum(parameter.numel() for parameter in model.parameters()) <= 1_000_000
    assert (shipped.FOLDER / shipped.WEIGHTS).stat().st_size <= 4_000_000


def test_the_features_tell_held_out_clothes_and_are_those_of_the_benchmark():
    space = shipped.features()
    assert space.accuracy(clothes("test"), clothes_labels("test")) > 0.9
    record = json.loads((ROOT / "pagekit" / "benchmarks.json").read_text())["rows"]["frechet"]["conditions"]
    assert space.name == record["features"] and shipped.card()["accuracy"] == pytest.approx(
        record["accuracy"], abs=2e-3
    )


def test_samples_show_the_kind_asked_for_and_look_like_clothes():
    """100 samples in 15 steps: 9 in 10 are read as asked, and they are far nearer to clothes than noise is."""
    model, schedule = shipped.load()
    label = torch.arange(100) % len(CLOTHES_CLASSES)
    x_T = torch.randn(100, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    samples = last(ddim(GuidedByLabel(model, label, 2), x_T, schedule, steps=15)).clamp(-1, 1)
    space = shipped.features()
    assert float((space.predict(samples) == label).double().mean()) > 0.85
    real = space(clothes("test"))
    assert frechet_distance(space(samples), real) < 0.05 * frechet_distance(space(x_T), real)


def test_the_card_says_what_the_numbers_say():
    record = fingerprint.read_record(shipped.FOLDER / shipped.RECORD)
    assert (shipped.FOLDER / "README.md").read_text() == clothes_card.card(record["made_from"], shipped.card())


def test_the_numbers_are_of_a_whole_run():
    card, train = shipped.card(), fingerprint.read_record(shipped.FOLDER / shipped.RECORD)["made_from"]["train"]
    assert card["n"] == 2000 and len(card["final"]) == 3 and card["core_minutes"] <= 60
    assert [row["step"] for row in card["checkpoints"]] == [train["steps"] // k for k in (16, 8, 4, 2, 1)]
    assert card["chosen"] == choose(card["trials"])
    assert card["checkpoints"][-1]["distance"] == card["final"][0]["distance"]
    assert card["rounding"] < 0.01


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_refused(folder, name):
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    for load in (shipped.load, shipped.features, shipped.card):
        with pytest.raises(CheckpointCorrupt, match=name.replace(".", r"\.")):
            load(folder)


def test_a_missing_record_or_file_is_refused(folder):
    (folder / shipped.WEIGHTS).unlink()
    with pytest.raises(CheckpointCorrupt, match=r"unet\.safetensors is missing"):
        shipped.load(folder)
    (folder / shipped.RECORD).unlink()
    with pytest.raises(WeightsUnavailable, match="install diffusion_lib again"):
        shipped.load(folder)


def test_weights_of_another_network_are_refused(folder):
    safetensors.torch.save_file({"first.weight": torch.zeros(1)}, folder / shipped.WEIGHTS)
    record = fingerprint.read_record(shipped.FOLDER / shipped.RECORD)
    fingerprint.write_record(
        folder / shipped.RECORD, record["made_from"], [shipped.WEIGHTS], features=record["features"]
    )
    with pytest.raises(CheckpointCorrupt, match="must hold the weights of the network in its record"):
        shipped.load(folder)
