"""The exact probability of a description in the synthetic dataset, given its image and marginally: p(y | x) and p(y).

An image of one plain shape or one animal determines its description except for the words that ``language.describe``
leaves out at random.  Their probabilities are known, so p(y | x) is a sum over these choices.  Whether a description
may contain "small" or "large" is not visible in the image; the radius determines how likely it is.  p(y) is the mean of
p(y | x) over the scenes of ``synthetic.sample_scenes``.

Therefore the pointwise mutual information of a description and its image, log p(y | x) / p(y), is known for every pair,
and a contrastive loss has a known floor, as L_simple has where the optimal noise predictor is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from diffusion_lib.errors import ConfigError, check_choice

from . import synthetic
from .forms import ANIMALS, SHAPES
from .language import CHANCES, sentence
from .synthetic import ANY, COLOURS, FURS, GROUNDS, HELD_OUT, LARGE, NAMES, SMALL, Scenes

CLASSES = ("single", "animal")
RANGES = {-1: ANY, 0: SMALL, 1: LARGE}  # of the radius, for each size


class Shown(NamedTuple):
    """What an image of one form shows, as indices of ``Scenes``."""

    form: int
    colour: int
    hat: int
    ground: int


def given_image(scenes: Scenes) -> list[dict[str, float]]:
    """p(y | x) of each image: its descriptions, each with its probability.

    Raises ``ConfigError`` for an image of several shapes, or of one with a pattern.
    """
    others = int(((scenes.form[:, 1] >= 0) | (scenes.pattern[:, 0] >= 0)).sum())
    if others:
        what = f"got {others} with several shapes or a pattern; draw one class"
        raise ConfigError(f"scenes must be of class {' or '.join(CLASSES)}, {what}")
    fields = (scenes.form, scenes.colour, scenes.hat)
    rows = zip(*(field[:, 0].tolist() for field in fields), scenes.ground.tolist(), strict=True)
    radii = scenes.radius[:, 0].tolist()
    return [_descriptions(Shown(*row), _sizes(row[0], radius)) for row, radius in zip(rows, radii, strict=True)]


def of_captions(scene_class: str) -> dict[str, float]:
    """p(y): every description of a scene class, "single" or "animal", with its probability.

    Raises ``ConfigError`` for another class.
    """
    scenes = _animals() if check_choice("scene_class", scene_class, CLASSES) == "animal" else _shapes()
    sizes = {-1: 1.0} if scene_class == "animal" else dict.fromkeys(RANGES, 1 / 3)
    total: Counter[str] = Counter()
    for chance, shown in scenes:
        for text, part in _descriptions(shown, sizes).items():
            total[text] += chance * part
    return dict(total)


def _shapes() -> Iterator[tuple[float, Shown]]:
    pairs = [
        (s, c) for s, shape in enumerate(SHAPES) for c, name in enumerate(COLOURS) if (name, shape) not in HELD_OUT
    ]
    for (form, colour), ground in product(pairs, range(len(GROUNDS))):
        yield 1 / len(pairs) / len(GROUNDS), Shown(form, colour, -1, ground)


def _animals() -> Iterator[tuple[float, Shown]]:
    for animal, fur, ground in product(range(len(ANIMALS)), map(NAMES.index, FURS), range(len(GROUNDS))):
        chance, form = 1 / len(ANIMALS) / len(FURS) / len(GROUNDS), len(SHAPES) + animal
        yield (1 - synthetic.WORN) * chance, Shown(form, fur, -1, ground)
        for hat in range(len(COLOURS)):  # a hat of the fur's colour is drawn in another one instead
            worn = (hat + 3) % len(COLOURS) if hat == fur else hat
            yield synthetic.WORN * chance / len(COLOURS), Shown(form, fur, worn, ground)


def _sizes(form: int, radius: float) -> dict[int, float]:
    """How likely each size is, for a radius in pixels."""
    if form >= len(SHAPES):
        return {-1: 1.0}
    fits = {size: (low <= radius <= high) / (high - low) for size, (low, high) in RANGES.items()}
    return {size: fit / sum(fits.values()) for size, fit in fits.items() if fit}


def _descriptions(shown: Shown, sizes: dict[int, float]) -> dict[str, float]:
    total: Counter[str] = Counter()
    numbers = ((shown.form,), (shown.colour,), (shown.hat,), (-1,), shown.ground)
    for size, *mentioned in product(sizes, *[(True, False)] * (len(CHANCES) - 1)):  # there is no relation to mention
        part = sizes[size]
        for chance, yes in zip(CHANCES, mentioned, strict=False):
            part *= chance if yes else 1 - chance
        total[sentence(*numbers, size, -1, (*mentioned, True))] += part
    return dict(total)
