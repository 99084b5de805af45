"""A set of images with its card: made here by the miniature, which is never shown instead of the real one."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from diffusion_lib.errors import CheckpointCorrupt, ConfigError
from diffusion_lib.runtime import fingerprint
from diffusion_lib.stable_diffusion import parts, weights
from diffusion_lib.stable_diffusion.pipeline import generate
from pagekit import gallery

SD = "CompVis/stable-diffusion-v1-4"


@pytest.fixture(scope="module")
def loaded():
    return parts.load("miniature", device="cpu")


@pytest.fixture(scope="module", autouse=True)
def prompts():
    """The miniature knows no astronaut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            gallery, "PROMPTS", ("a dog wearing hat", "a blue star on a red square", "a cat", "three red circles")
        )
        yield


@pytest.fixture(scope="module")
def photograph():
    return Image.fromarray((np.indices((96, 128)).sum(0)[..., None] + np.array([0, 20, 30])).astype(np.uint8))


@pytest.fixture(scope="module")
def once(loaded, photograph, tmp_path_factory):
    return gallery.publish(loaded, tmp_path_factory.mktemp("set"), photograph, g=2.0, steps=4)


@pytest.fixture
def made(once, tmp_path):
    return shutil.copytree(once, tmp_path / once.name)


def test_the_card_says_how_the_images_were_made(made, loaded):
    card = fingerprint.read_record(made / gallery.CARD)
    made_from = card["made_from"]
    assert (
        made.name == "float32" and made_from["model"] == "miniature" and made_from["fingerprint"] == loaded.fingerprint
    )
    assert (made_from["dtype"], made_from["steps"], made_from["g"], made_from["dim"]) == ("float32", 4, 2.0, 128)
    assert made_from["device"].startswith("cpu") and card["peak_gib"] > 0.1 and 5 < card["psnr"] < 60
    assert card["seconds"].keys() == {"images", "attention", "photograph"} and min(card["seconds"].values()) > 0
    assert (card["prompts"], card["seeds"]) == (list(gallery.PROMPTS), list(gallery.SEEDS))
    assert set(card["files"]) == {"images.jpg", "attention.jpg", "photograph.jpg"}
    assert sum(path.stat().st_size for path in made.iterdir()) < 10**6


def test_the_sheets_hold_the_images_that_the_seeds_make(made, loaded):
    sheet = Image.open(made / "images.jpg")
    assert sheet.size == (len(gallery.PROMPTS) * gallery.TILE, len(gallery.SEEDS) * gallery.TILE)
    again = generate(loaded, gallery.PROMPTS, seed=1, g=2.0, steps=4, sampler="ddim")[2].image
    tile = sheet.crop((2 * gallery.TILE, gallery.TILE, 3 * gallery.TILE, 2 * gallery.TILE))
    apart = np.abs(np.asarray(tile, float) - np.asarray(again.resize(tile.size), float)).mean()
    assert apart < 4  # of 255: what JPEG takes away
    words = Image.open(made / "attention.jpg")
    assert words.size == (5 * gallery.TILE, gallery.TILE)  # the image, and four words
    maps = np.asarray(words.convert("L"))[:, gallery.TILE :]
    assert all(np.ptp(each) > 200 for each in np.split(maps, 4, axis=1))


def test_a_set_by_the_miniature_is_never_taken_for_the_real_thing(made):
    with pytest.raises(ConfigError, match=rf"must be a set by {SD} or .* at its pinned commit, got one by miniature"):
        list(gallery.shown(made.parent))


def claim(path, **changes):
    """The card as a set by another model would have it."""
    card = json.loads(path.read_text())
    content = {name: value for name, value in card.items() if name not in fingerprint.OWN}
    fingerprint.write_record(path, card["made_from"] | changes, card["files"], **content)


def test_a_set_by_a_published_model_is_shown(made):
    claim(made / gallery.CARD, model=SD, revision=weights.PUBLISHED[SD])
    ((card, sheets),) = gallery.shown(made.parent)
    assert card["made_from"]["model"] == SD and sheets["images.jpg"]._repr_jpeg_()[:2] == b"\xff\xd8"


@pytest.mark.parametrize("changes", [{"model": SD, "revision": ""}, {"model": SD, "revision": "main"}])
def test_another_commit_is_not(made, changes):
    claim(made / gallery.CARD, **changes)
    with pytest.raises(ConfigError, match="pinned commit"):
        list(gallery.shown(made.parent))


def test_a_sheet_that_was_changed_is_refused(made):
    claim(made / gallery.CARD, model=SD, revision=weights.PUBLISHED[SD])
    (made / "images.jpg").write_bytes(b"\xff\xd8 other")
    with pytest.raises(CheckpointCorrupt, match=r"images\.jpg"):
        list(gallery.shown(made.parent))


def test_what_the_repository_holds_is_a_gpu_s(tmp_path):
    """Nothing, until somebody has had one."""
    assert list(gallery.shown(tmp_path)) == []
    for card, sheets in gallery.shown():
        assert "cpu" not in card["made_from"]["device"] and len(sheets) == 3
