"""The synthetic dataset of captioned images on which the miniature Stable Diffusion is trained.

An image has 128 × 128 pixels.  It shows a coloured shape; a large one with a pattern; two shapes in a relation; a
shape on a larger one; two, three or four equal shapes; or the head of an animal with or without a hat.  The background
is plain, or a sky above a land.  Nothing is stored: ``sample_scenes`` makes n random ``Scenes``
from one generator, ``rendering.render`` their images, and ``language.captions`` sentences such as "a small red circle
on sand" or "three blue stars in a meadow".  A caption may leave out what the image shows, but never mentions
what it does not show.

Eight colour–shape pairs, each shape and each colour once, are held out: no image of ``sample_scenes`` shows one
unless ``held_out`` is set.  A model that generates one has composed colour and shape, and has not memorised an image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from diffusion_lib.errors import check_choice, check_integer

from .forms import ANIMALS, PATTERNS, SHAPES, TOP

SIZE = 128
SLOTS = 4  # forms in an image, at most
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "black")
FURS = ("white", "gray", "brown", "black", "orange")
RGB = {
    "red": (222, 38, 38), "orange": (245, 135, 20), "yellow": (252, 222, 40), "green": (28, 140, 62),
    "blue": (38, 72, 215), "purple": (122, 44, 168), "pink": (246, 118, 176), "black": (24, 24, 28),
    "white": (250, 250, 246), "gray": (122, 124, 130), "brown": (120, 72, 36),
    "sky": (160, 198, 238), "sand": (228, 202, 152), "grass": (160, 208, 142), "stone": (188, 188, 194),
}  # fmt: skip
NAMES = tuple(RGB)
GROUNDS = {  # colours above and below the horizon
    "sky": ("sky", "sky"), "sand": ("sand", "sand"), "grass": ("grass", "grass"), "stone": ("stone", "stone"),
    "meadow": ("sky", "grass"), "beach": ("sky", "sand"),
}  # fmt: skip
RELATIONS = ("above", "below", "to the left of", "to the right of", "on")
SCENE_CLASSES = ("single", "patterned", "pair", "on", "count", "animal")
MIX = (0.14, 0.14, 0.24, 0.14, 0.16, 0.18)  # fractions of the scene classes
FINE_MIX = (0.12, 0.12, 0.16, 0.18, 0.14, 0.28)  # more of those with fine details, which are the hardest to learn
BASES = ("circle", "square", "diamond")  # wide enough for another shape on them
WORN = 0.6  # fraction of the animals with a hat
HELD_OUT = frozenset((COLOURS[(3 * i + 1) % 8], shape) for i, shape in enumerate(SHAPES))
SMALL, LARGE, ANY = (24.0, 28.0), (38.0, 46.0), (26.0, 44.0)  # ranges of radii, in pixels
PAIR, HEAD, COUNTED, BASE, TOPPED = (24.0, 26.8), (32.0, 36.0), (23.0, 26.0), (51.0, 55.0), (21.0, 24.0)
HORIZON = 80.0  # from the top, in pixels, a multiple of 16: no latent has to hold both sky and land


class Scenes(NamedTuple):
    """What n images show.  An image has up to four forms; ``form`` is −1 where there is none.

    ``form``, ``colour`` (of a shape or a fur), ``hat`` and ``pattern`` (n, 4), int64: indices of ``FORMS``, ``NAMES``,
    ``NAMES`` and ``PATTERNS``, −1 for none.  ``centre`` (n, 4, 2) as x, y and ``radius`` (n, 4), float32, in pixels.
    ``ground`` (n,), an index of ``GROUNDS``, and ``horizon`` (n,), float32, in pixels from the top.  ``size`` (n,): 0
    for small, 1 for large, −1 for neither.  ``relation`` (n,): of the first form to the second, an index of
    ``RELATIONS``, −1 for none.  A form is painted over those with a higher index.
    """

    form: Tensor
    colour: Tensor
    hat: Tensor
    pattern: Tensor
    centre: Tensor
    radius: Tensor
    ground: Tensor
    horizon: Tensor
    size: Tensor
    relation: Tensor

    def __getitem__(self, index) -> Scenes:  # of images, not of fields
        return Scenes(*(field[index] for field in tuple(self)))


def sample_scenes(
    n: int,
    generator: torch.Generator,
    scene_class: str | None = None,
    held_out: bool = False,
    mix: Sequence[float] = MIX,
) -> Scenes:
    """Draw n scenes: of one class, or of all in the proportions ``mix``; ``held_out`` makes all shapes held-out pairs.

    Raises ``ConfigError`` for n below 1 or an unknown class.
    """
    check_integer("n", n, 1)
    one = None if scene_class is None else SCENE_CLASSES.index(check_choice("scene_class", scene_class, SCENE_CLASSES))
    proportions = torch.tensor(mix) if one is None else torch.eye(len(SCENE_CLASSES))[one]
    classes = torch.multinomial(proportions, n, replacement=True, generator=generator)
    single, patterned, two, on, counted, animal = (classes == k for k in range(len(SCENE_CLASSES)))
    number = torch.where(counted, 2 + _integers(3, n, generator), torch.where(two | on, 2, 1))
    there = torch.arange(SLOTS) < number[:, None]  # (n, 4)
    form, colour = _objects(classes, generator, held_out)
    hat, pattern = torch.full((n, SLOTS), -1), torch.full((n, SLOTS), -1)
    hat[:, 0] = torch.where(animal & _yes(WORN, n, generator), _other(colour[:, 0], generator), -1)
    pattern[:, 0] = torch.where(patterned, _integers(len(PATTERNS), n, generator), -1)
    size = torch.where(patterned, 2 * _integers(2, n, generator) - 1, -1)  # what is drawn on a shape needs room
    size = torch.where(single, _integers(3, n, generator) - 1, size)
    relation = torch.where(two, _integers(4, n, generator), torch.where(on, 4, -1))
    radius = _radii(classes, size, generator)
    return Scenes(
        form=form.where(there, -1),
        colour=colour.where(there, -1),
        hat=hat,
        pattern=pattern,
        centre=_centres(radius, classes, relation, generator),
        radius=radius,
        ground=_integers(len(GROUNDS), n, generator),
        horizon=torch.full((n,), HORIZON),
        size=size,
        relation=relation,
    )


def classes_of(scenes: Scenes) -> Tensor:
    """The class of each scene (n,), an index of ``SCENE_CLASSES``; two different shapes are always a pair."""
    on = scenes.relation == RELATIONS.index("on")
    several = scenes.form[:, 1] >= 0
    equal = (scenes.form[:, 0] == scenes.form[:, 1]) & (scenes.colour[:, 0] == scenes.colour[:, 1])
    related = several & ((scenes.relation >= 0) | ~equal)
    shapes = torch.where(on, 3, torch.where(related, 2, torch.where(several, 4, (scenes.pattern[:, 0] >= 0).long())))
    return torch.where(scenes.form[:, 0] >= len(SHAPES), 5, shapes)


def _integers(high: int, n: int, generator: torch.Generator) -> Tensor:
    return torch.randint(0, high, (n,), generator=generator)


def _yes(chance: float, n: int, generator: torch.Generator) -> Tensor:
    return torch.rand(n, generator=generator) < chance


def _uniform(low: float | Tensor, high: float | Tensor, u: Tensor) -> Tensor:
    return low + (high - low) * u


def _other(fur: Tensor, generator: torch.Generator) -> Tensor:
    """Draw the colours of hats; no hat has the colour of the fur.  COLOURS come first in NAMES."""
    colour = _integers(len(COLOURS), len(fur), generator)
    return torch.where(colour == fur, (colour + 3) % len(COLOURS), colour)


def _objects(classes: Tensor, generator: torch.Generator, held_out: bool) -> tuple[Tensor, Tensor]:
    """Draw forms and colours for each slot, (n, 4) each, as if all slots were in use."""
    n = len(classes)
    on, counted, animal = (classes == SCENE_CLASSES.index(name) for name in ("on", "count", "animal"))
    pairs = [(s, c) for s, shape in enumerate(SHAPES) for c, name in enumerate(COLOURS)
             if ((name, shape) in HELD_OUT) == held_out]  # fmt: skip
    pairs = torch.tensor(pairs)
    wide = torch.tensor([shape in BASES for shape in SHAPES])[pairs[:, 0]]
    first = _integers(len(pairs), n, generator)
    allowed = (pairs[first, 1, None] != pairs[None, :, 1]) & (wide | ~on[:, None])  # (n, pairs): another colour
    second = torch.multinomial(allowed.float(), 1, generator=generator)[:, 0]
    second = torch.where(counted, first, second)
    form, colour = pairs[torch.stack([first, second, second, second], 1)].unbind(-1)  # (n, 4)
    fur = torch.tensor([NAMES.index(name) for name in FURS])[_integers(len(FURS), n, generator)]
    head = len(SHAPES) + _integers(len(ANIMALS), n, generator)
    return torch.where(animal[:, None], head[:, None], form), torch.where(animal[:, None], fur[:, None], colour)


def _radii(classes: Tensor, size: Tensor, generator: torch.Generator) -> Tensor:
    """Draw the radii (n, 4); what has a pattern is large, and forms that are counted are nearly equal."""
    rows = torch.stack([size + 1, *(torch.full_like(classes, k) for k in (2, 3, 4, 5, 6))], 1)
    ranges = torch.tensor([ANY, SMALL, LARGE, PAIR, TOPPED, COUNTED, HEAD])
    low, high = ranges[rows.gather(1, classes[:, None])[:, 0]].unbind(1)
    radius = _uniform(low[:, None], high[:, None], torch.rand(len(classes), SLOTS, generator=generator))
    base = _uniform(*BASE, torch.rand(len(classes), generator=generator))
    radius[:, 1] = torch.where(classes == SCENE_CLASSES.index("on"), base, radius[:, 1])
    return radius


def _centres(radius: Tensor, classes: Tensor, relation: Tensor, generator: torch.Generator) -> Tensor:
    """Draw centres (n, 4, 2) such that every form lies inside the image, and no two touch but in "on"."""
    n, middle = len(radius), SIZE / 2
    jitter = 2 * torch.rand(n, SLOTS, 2, generator=generator) - 1
    free = (middle - 1.08 * radius - 2).clamp(0, 14)  # room of a single shape
    single = middle + jitter * free[..., None]
    head = middle + jitter * 4 + radius[..., None] * torch.tensor([0.0, TOP])
    sign = torch.tensor([-1.0, 1.0, -1.0, 1.0, 0.0])[relation]  # of the first form's offset
    axis = torch.tensor([[0.0, 1], [0, 1], [1, 0], [1, 0], [0, 0]])[relation]  # (n, 2)
    apart = torch.stack([sign, -sign, sign, sign], 1)[..., None] * axis[:, None] * 30.4
    two = middle + apart + jitter * (axis + 12 * (1 - axis))[:, None]
    base = middle + jitter[:, 1:2] * 3
    on = base + torch.cat([jitter[:, :1] * 2, torch.zeros(n, SLOTS - 1, 2)], 1)
    corners = torch.tensor([[-1.0, -1], [1, -1], [-1, 1], [1, 1]])
    order = torch.rand(n, SLOTS, generator=generator).argsort(1)
    counted = middle + 31 * corners[order] + jitter * 2.5
    return torch.stack([single, single, two, on, counted, head])[classes, torch.arange(n)]
