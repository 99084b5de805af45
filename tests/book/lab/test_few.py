"""The images of the block are those that the library generates, its numbers those of the record."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from booktools.lab import data
from booktools.lab.given import few
from diffusion_lib.runtime import fingerprint
from models.few_steps import FOLDER, model_card

DRAWN = "(m, [given, state, width]) => m.lab.draw(given, state, { width, height: 330 })"


@pytest.fixture(scope="module")
def told():
    return data.of("few")


def drawn(modules, told, network, power, width=700):
    return modules("kinds/few.js", DRAWN, [told, {"network": network, "power": power}, width])


def test_the_numbers_are_those_of_the_record(told):
    rows = fingerprint.read_record(FOLDER / "fidelity.json")["rows"]
    for name in ("teacher", "student"):
        for k in model_card.COUNTS:
            accuracy, artefact_free, n = model_card.rates(rows, name, k)
            assert told["rates"][name][k] == pytest.approx([100 * accuracy, 100 * artefact_free, n], abs=0.05)


def test_each_handle_changes_picture_and_words(modules, told):
    seen = {(name, power): drawn(modules, told, name, power) for name in ("teacher", "student") for power in range(4)}
    assert len({each["svg"] for each in seen.values()}) == len({each["said"] for each in seen.values()}) == 8
    assert all(each["svg"].count("<image") == len(few.PROMPTS) for each in seen.values())


def test_what_the_page_says_to_see_is_so(modules, told):
    teacher, student = told["rates"]["teacher"], told["rates"]["student"]
    assert teacher[1][0] < teacher[8][0] and teacher[1][1] < teacher[8][1]
    assert student[1][0] > teacher[1][0] and student[1][1] > teacher[1][1]
    said = drawn(modules, told, "student", 0)["said"]
    assert f"{student[1][0]:.1f} % are correct and {student[1][1]:.1f} % artefact-free" in said and "NFE 1:" in said


def test_the_pictures_melt(told):
    """The fewer steps the teacher takes, the farther its pictures are from those of eight."""

    def pixels(name, k):
        sprites = (Image.open(io.BytesIO(base64.b64decode(each))) for each in told["images"][name][str(k)])
        return np.stack([np.asarray(each.convert("RGB"), dtype=float) for each in sprites])

    apart = [np.abs(pixels("teacher", k) - pixels("teacher", 8)).mean() for k in (1, 2, 4)]
    assert apart[0] > apart[1] > apart[2]
