"""The scale of the adapter: its images and evaluations are the library's, and the text of the block is true."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from booktools.lab.given import adapter
from diffusion_lib.stable_diffusion.parts import load
from pagekit import stored

DRAWN = "(m, [data, scale]) => m.lab.draw({ data }, { scale }, { width: 700, height: 290 })"


@pytest.fixture(scope="module")
def data():
    return adapter.data()


def test_the_pictures_and_the_verdicts_are_the_librarys(data):
    made = adapter.painted(load("miniature", device="cpu"), adapter.SCALES[2])
    for image, packed in zip(made, data["images"][2], strict=True):
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(packed))).convert("RGB"), dtype=float)
        small = np.asarray(image.resize((adapter.SIDE, adapter.SIDE)), dtype=float)
        assert np.abs(shown - small).mean() < 6  # WebP loses some levels of 255
    assert adapter.judged(made) == data["judged"][2]


def test_the_numbers_are_the_stored_ones_and_the_scales_agree(data, modules):
    kept = stored.read("lora-and-controlnet")
    names = [f"{s:g}".replace(".", "-") for s in adapter.SCALES]
    for line, fractions in zip(("new-right", "old-clean"), data["fractions"], strict=True):
        assert fractions == [pytest.approx(np.mean(kept.numbers(f"{line}-{name}")), abs=1e-4) for name in names]
    for k, s in enumerate(adapter.SCALES):
        said = modules("kinds/adapter.js", DRAWN, [data, k])["said"]
        assert said.startswith(f"Scale {s:g}: ") and f"{data['n']} images" in said
        assert f"{round(1000 * data['fractions'][0][k]) / 10:g} % of the new" in said


def test_what_the_page_says_to_see_is_so(data):
    new, old = zip(*data["judged"], strict=True)
    assert "correct" not in new[0] and new[2] == old[0] == old[2] == "correct and artefact-free"
    assert "correct" not in new[4] and "correct" not in old[4]
    assert max(data["fractions"][0][4], data["fractions"][1][4]) < data["fractions"][1][2]


def test_the_data_is_small(data):
    assert sum(len(packed) for row in data["images"] for packed in row) < 40_000
