"""How likely a caption is, for a picture and in general: the world's own odds, p(y | x) and p(y), exactly.

From a picture of one shape or one animal one reads everything but the words that ``world.captions`` leaves out by
chance.  How often it leaves them out is known, so that p(y | x) is a sum over these chances.  Whether the caption may
say "small" or "large" is not in the picture; its radius says how likely it is.  p(y) is the mean of p(y | x) over the
scenes that ``world.draw`` makes.

So the information of a caption about its picture, log p(y | x) / p(y), is known for every pair.  A contrastive loss
has then a floor, as L_simple has one where the best denoiser is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import product

from ...errors import ConfigError, check_choice
from . import world
from .world import ANIMALS, ANY, CHANCES, COLOURS, FURS, GROUNDS, HELD_OUT, LARGE, NAMES, SHAPES, SMALL, Scenes

KINDS = ("single", "animal")
RANGES = {-1: ANY, 0: SMALL, 1: LARGE}  # of the radius, for each size


def given_picture(scenes: Scenes) -> list[dict[str, float]]:
    """p(y | x) of each picture: its captions, each with its probability.

    Raises ``ConfigError`` for a picture of two shapes.
    """
    pairs = int((scenes.form[:, 1] >= 0).sum())
    if pairs:
        raise ConfigError(f"scenes must be of kind {' or '.join(KINDS)}, got {pairs} with two shapes; draw one kind")
    rows = zip(*(field[:, 0].tolist() for field in (scenes.form, scenes.colour, scenes.hat, scenes.radius)),
               scenes.ground.tolist(), strict=True)  # fmt: skip
    return [_captions(form, colour, hat, ground, _sizes(form, radius)) for form, colour, hat, radius, ground in rows]


def of_captions(kind: str) -> dict[str, float]:
    """p(y): every caption of a kind of scene, "single" or "animal", with its probability.

    Raises ``ConfigError`` for another kind.
    """
    scenes = _animals() if check_choice("kind", kind, KINDS) == "animal" else _shapes()
    total: Counter[str] = Counter()
    for chance, form, colour, hat, ground in scenes:
        sizes = {-1: 1.0} if kind == "animal" else dict.fromkeys(RANGES, 1 / 3)
        for text, part in _captions(form, colour, hat, ground, sizes).items():
            total[text] += chance * part
    return dict(total)


def _shapes() -> Iterator[tuple[float, int, int, int, int]]:
    pairs = [
        (s, c) for s, shape in enumerate(SHAPES) for c, name in enumerate(COLOURS) if (name, shape) not in HELD_OUT
    ]
    for (form, colour), ground in product(pairs, map(NAMES.index, GROUNDS)):
        yield 1 / len(pairs) / len(GROUNDS), form, colour, -1, ground


def _animals() -> Iterator[tuple[float, int, int, int, int]]:
    for animal, fur, ground in product(range(len(ANIMALS)), map(NAMES.index, FURS), map(NAMES.index, GROUNDS)):
        chance = 1 / len(ANIMALS) / len(FURS) / len(GROUNDS)
        yield (1 - world.WORN) * chance, len(SHAPES) + animal, fur, -1, ground
        for hat in range(len(COLOURS)):  # a hat of the fur's colour is drawn in another one instead
            worn = (hat + 3) % len(COLOURS) if hat == fur else hat
            yield world.WORN * chance / len(COLOURS), len(SHAPES) + animal, fur, worn, ground


def _sizes(form: int, radius: float) -> dict[int, float]:
    """How likely each size is, for a radius in pixels."""
    if form >= len(SHAPES):
        return {-1: 1.0}
    fits = {size: (low <= radius <= high) / (high - low) for size, (low, high) in RANGES.items()}
    return {size: fit / sum(fits.values()) for size, fit in fits.items() if fit}


def _captions(form: int, colour: int, hat: int, ground: int, sizes: dict[int, float]) -> dict[str, float]:
    total: Counter[str] = Counter()
    for size, said in product(sizes, product((True, False), repeat=len(CHANCES))):
        part = sizes[size]
        for chance, yes in zip(CHANCES, said, strict=True):
            part *= chance if yes else 1 - chance
        draws = [0.0 if yes else 0.999 for yes in said]
        total[world._caption((form, -1), (colour, -1), (hat, -1), ground, size, -1, draws)] += part
    return dict(total)
