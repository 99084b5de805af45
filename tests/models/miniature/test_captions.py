"""The distribution of captions is that of ``language.describe``: sums to one, and all frequencies of many draws fit."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import torch
from worlds import seeded

from diffusion_lib.errors import ConfigError
from models.miniature.data import language, synthetic
from models.miniature.data.captions import CLASSES, given_image, of_captions


def worst(counts, distribution, draws):
    """The largest distance of a count from its expectation, in standard deviations."""
    assert set(counts) <= set(distribution)
    return max(
        abs(counts[text] - draws * p) / (draws * p * (1 - p)) ** 0.5 for text, p in distribution.items() if 0 < p < 1
    )


@pytest.mark.parametrize("scene_class", CLASSES)
def test_all_captions_have_their_frequency(scene_class):
    distribution, draws = of_captions(scene_class), 40_000
    assert sum(distribution.values()) == pytest.approx(1, abs=1e-12) and min(distribution.values()) > 0
    noise = seeded()
    counts = Counter(language.describe(synthetic.sample_scenes(draws, noise, scene_class), noise))
    assert worst(counts, distribution, draws) < 6
    for phrase in (
        r" (on|in) (\w+|a \w+)$",
        r"meadow",
        r"wearing a hat",
        r"wearing hat",
        rf"^\w+ ({'|'.join(synthetic.FURS)}) ",
        r"small",
    ):  # each chance
        fraction = sum(p for text, p in distribution.items() if re.search(phrase, text))
        count = sum(count for text, count in counts.items() if re.search(phrase, text))
        assert abs(count - draws * fraction) <= 5 * (draws * fraction * (1 - fraction)) ** 0.5


@pytest.mark.parametrize("scene_class", CLASSES)
def test_captions_of_an_image_have_their_frequency(scene_class):
    """One scene, captioned often; a shape has no size and a radius at which it can have none."""
    scenes = synthetic.sample_scenes(6, seeded(1), scene_class)
    if scene_class == "single":
        scenes = scenes._replace(size=torch.full((6,), -1), radius=scenes.radius * 0 + 32.0)
    for index, distribution in enumerate(given_image(scenes)):
        many = scenes[torch.full((5000,), index)]
        assert sum(distribution.values()) == pytest.approx(1, abs=1e-12)
        assert worst(Counter(language.describe(many, seeded(2))), distribution, 5000) < 6


def test_the_radius_says_how_likely_a_size_is():
    """Of all circles with a radius between 26 and 28, the small ones have the fraction that the distribution gives to
    "small"."""
    scenes = synthetic.sample_scenes(20_000, seeded(3), "single")
    alike = scenes[(scenes.radius[:, 0] > 26) & (scenes.radius[:, 0] < 28)]
    ((small, fraction),) = {
        (sum(p for text, p in distribution.items() if "small" in text), float((alike.size == 0).float().mean()))
        for distribution in given_image(alike[:1])
    }
    assert small == pytest.approx(9 / 11) and abs(fraction - small) < 5 * (small * (1 - small) / len(alike.form)) ** 0.5


@pytest.mark.parametrize("scene_class", CLASSES)
def test_the_mean_over_images_is_the_law_of_captions(scene_class):
    distribution, n, total = of_captions(scene_class), 3000, Counter()
    for each in given_image(synthetic.sample_scenes(n, seeded(4), scene_class)):
        total.update(each)
    often = {text: p for text, p in distribution.items() if p > 1e-3}
    assert all(abs(total[text] / n - p) < 6 * (p / n) ** 0.5 for text, p in often.items())


@pytest.mark.parametrize("scene_class", ["pair", "patterned"])
def test_other_classes_are_refused(scene_class):
    with pytest.raises(ConfigError, match="scenes must be of class single or animal, got 3 with several shapes or a"):
        given_image(synthetic.sample_scenes(3, seeded(), scene_class))
    with pytest.raises(ConfigError, match="scene_class must be"):
        of_captions(scene_class)
