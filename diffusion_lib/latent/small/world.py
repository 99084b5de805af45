"""A small world of captioned pictures, drawn by the program: what the miniature Stable Diffusion is trained on.

A picture has 64 × 64 pixels: one coloured shape, two shapes in a relation, or the head of an animal with or without a
hat, on a plain ground.  Nothing is stored: ``sample_scenes`` makes n random ``Scenes`` from one generator, ``render``
their pictures, and ``captions`` sentences such as "a small red circle on sand", "a blue star above a green heart", "a
dog wearing a red hat".  A caption may leave out what the picture shows, and never says what it does not show.

Eight colour–shape pairs, each shape and each colour once, are held out: no picture that ``sample_scenes`` makes shows
one unless it is asked for them.  Who paints one anyway has put a colour and a shape together, not remembered a picture.

Everything that is painted is a form of five layers, one above the other, of which a shape uses only one.  A layer is a
table of signed distances d to its edge, in units of the form's radius; scaled, moved and cut to [0, 1] it says how much
of each pixel is covered: ½ − d / 1.5 with d in pixels, an edge without jags.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from ...errors import check_choice, check_integer
from .forms import ANIMALS, FORMS, REACH, SHAPES, TOP, distances

SIZE = 64
EDGE = 1.5  # width of the ramp from covered to not, in pixels
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "black")
FURS = ("white", "gray", "brown", "black", "orange")
GROUNDS = ("sky", "sand", "grass", "stone")
RELATIONS = ("above", "below", "to the left of", "to the right of")
KINDS = ("single", "pair", "animal")
CHANCES = (0.7, 0.75, 0.5, 0.25)  # that a caption says the fur, the hat's colour, "hat" without an article, the ground
WORN = 0.6  # share of the animals with a hat
MIX = (0.3, 0.4, 0.3)  # of the kinds; two objects are the hardest to learn
RGB = {
    "red": (222, 38, 38), "orange": (245, 135, 20), "yellow": (252, 222, 40), "green": (28, 140, 62),
    "blue": (38, 72, 215), "purple": (122, 44, 168), "pink": (246, 118, 176), "black": (24, 24, 28),
    "white": (250, 250, 246), "gray": (122, 124, 130), "brown": (120, 72, 36),
    "sky": (160, 198, 238), "sand": (228, 202, 152), "grass": (160, 208, 142), "stone": (188, 188, 194),
}  # fmt: skip
NAMES = tuple(RGB)
LAYERS = ("ears", "head", "light", "ink", "hat")  # painted in this order; of a shape, "head" alone
HELD_OUT = frozenset((COLOURS[(3 * i + 1) % 8], shape) for i, shape in enumerate(SHAPES))
SMALL, LARGE, ANY, PAIR, HEAD = (12.0, 14.0), (19.0, 23.0), (13.0, 22.0), (12.0, 13.4), (16.0, 18.0)


class Scenes(NamedTuple):
    """What n pictures show.  A picture has up to two forms; ``form`` is −1 where there is no second one.

    ``form``, ``colour`` (of a shape or a fur) and ``hat`` (n, 2), int64: places in ``FORMS`` and ``NAMES``, −1 for
    none.  ``centre`` (n, 2, 2) as x, y and ``radius`` (n, 2), float32, in pixels.  ``ground`` (n,), a place in
    ``NAMES``.  ``size`` (n,): 0 for small, 1 for large, −1 for neither.  ``relation`` (n,): of the first form to the
    second, a place in ``RELATIONS``, −1 for none.
    """

    form: Tensor
    colour: Tensor
    hat: Tensor
    centre: Tensor
    radius: Tensor
    ground: Tensor
    size: Tensor
    relation: Tensor

    def __getitem__(self, index) -> Scenes:  # of pictures, not of fields
        return Scenes(*(field[index] for field in tuple(self)))


def sample_scenes(n: int, generator: torch.Generator, kind: str | None = None, held_out: bool = False) -> Scenes:
    """Draw n scenes: of one kind, or of all in the shares ``MIX``; ``held_out`` makes all shapes held-out pairs.

    Raises ``ConfigError`` for n below 1 or an unknown kind.
    """
    check_integer("n", n, 1)
    shares = torch.tensor(MIX) if kind is None else torch.eye(3)[KINDS.index(check_choice("kind", kind, KINDS))]
    kinds = torch.multinomial(shares, n, replacement=True, generator=generator)
    pair, animal = kinds == 1, kinds == 2
    form, colour = _shapes(n, generator, held_out)
    form[:, 0] = torch.where(animal, len(SHAPES) + _integers(len(ANIMALS), n, generator), form[:, 0])
    form[:, 1] = torch.where(pair, form[:, 1], -1)
    fur = torch.tensor([NAMES.index(name) for name in FURS])[_integers(len(FURS), n, generator)]
    colour = torch.stack([torch.where(animal, fur, colour[:, 0]), torch.where(pair, colour[:, 1], -1)], 1)
    hat = torch.full((n, 2), -1)
    worn = animal & (torch.rand(n, generator=generator) < WORN)
    other = _integers(len(COLOURS), n, generator)  # COLOURS come first in NAMES
    other = torch.where(other == fur, (other + 3) % len(COLOURS), other)  # no hat has the colour of the fur
    hat[:, 0] = torch.where(worn, other, -1)
    size = torch.where(kinds == 0, _integers(3, n, generator) - 1, -1)
    relation = torch.where(pair, _integers(4, n, generator), -1)
    ranges = torch.tensor([ANY, SMALL, LARGE, PAIR, HEAD])[torch.where(pair, 3, torch.where(animal, 4, size + 1))]
    radius = ranges[:, :1] + (ranges[:, 1:] - ranges[:, :1]) * torch.rand(n, 2, generator=generator)
    ground = NAMES.index(GROUNDS[0]) + _integers(len(GROUNDS), n, generator)
    return Scenes(form, colour, hat, _centres(radius, kinds, relation, generator), radius, ground, size, relation)


def _integers(high: int, n: int, generator: torch.Generator) -> Tensor:
    return torch.randint(0, high, (n,), generator=generator)


def _shapes(n: int, generator: torch.Generator, held_out: bool) -> tuple[Tensor, Tensor]:
    """Draw two colour–shape pairs for each of n scenes, (n, 2) each, of different colours."""
    pairs = [(s, c) for s, shape in enumerate(SHAPES) for c, name in enumerate(COLOURS)
             if ((name, shape) in HELD_OUT) == held_out]  # fmt: skip
    pairs = torch.tensor(pairs)
    first = _integers(len(pairs), n, generator)
    allowed = (pairs[first, 1, None] != pairs[None, :, 1]).float()  # (n, pairs)
    second = torch.multinomial(allowed, 1, generator=generator)[:, 0]
    both = pairs[torch.stack([first, second], 1)]  # (n, 2, 2)
    return both[..., 0].clone(), both[..., 1].clone()


def _centres(radius: Tensor, kinds: Tensor, relation: Tensor, generator: torch.Generator) -> Tensor:
    """Draw centres (n, 2, 2) such that every form lies inside the picture and two do not touch."""
    n, middle = len(radius), SIZE / 2
    jitter = 2 * torch.rand(n, 2, 2, generator=generator) - 1
    free = (middle - 1.08 * radius - 1).clamp(0, 7)  # room of a single shape
    single = middle + jitter * free[..., None]
    head = middle + jitter * 2 + radius[..., None] * torch.tensor([0.0, TOP])
    sign = torch.tensor([-1.0, 1.0, -1.0, 1.0, 0.0])[relation]  # of the first form's offset; −1 is the last entry
    axis = torch.tensor([[0.0, 1], [0, 1], [1, 0], [1, 0], [0, 0]])[relation]  # (n, 2)
    apart = torch.stack([sign, -sign], 1)[..., None] * axis[:, None] * 15.2
    pair = middle + apart + jitter * (0.5 * axis + 6 * (1 - axis))[:, None]
    return torch.stack([single, pair, head])[kinds, torch.arange(n)]


def render(scenes: Scenes) -> Tensor:
    """Paint the scenes: float32 (n, 3, 64, 64) in [−1, 1]."""
    rgb = palette()
    picture = rgb[scenes.ground][:, :, None, None].expand(-1, -1, SIZE, SIZE).clone()
    for slot in range(2):
        there = (scenes.form[:, slot] >= 0).nonzero()[:, 0]
        if len(there) == 0:
            continue
        part = scenes[there]
        covers = coverage(part.form[:, slot], part.centre[:, slot], part.radius[:, slot])  # (m, layers, 64, 64)
        covers[:, -1] *= (part.hat[:, slot] >= 0)[:, None, None]
        paint = paints(part.colour[:, slot], part.hat[:, slot])  # (m, layers, 3)
        painted = picture[there]
        for layer in range(len(LAYERS)):
            painted = painted.lerp(paint[:, layer, :, None, None].expand_as(painted), covers[:, layer, None])
        picture[there] = painted
    return picture


def palette() -> Tensor:
    """The colours of ``NAMES``, (n, 3) in [−1, 1]."""
    return torch.tensor(list(RGB.values())) / 127.5 - 1


def coverage(form: Tensor, centre: Tensor, radius: Tensor) -> Tensor:
    """How much of each pixel each layer covers, alone: (n, layers, 64, 64) in [0, 1], for (n,), (n, 2) and (n,)."""
    pixels = torch.arange(SIZE) + 0.5
    grid = torch.stack(torch.meshgrid(pixels, pixels, indexing="xy"), -1)  # (64, 64, 2) as x, y
    grid = (grid - centre[:, None, None]) / (radius[:, None, None, None] * REACH)
    d = grid_sample(_tables()[form], grid, padding_mode="border", align_corners=True) * radius[:, None, None, None]
    return (0.5 - d / EDGE).clamp(0, 1)


@cache
def _tables() -> Tensor:
    return torch.stack([distances(name) for name in FORMS])  # (forms, layers, S, S)


def paints(colour: Tensor, hat: Tensor) -> Tensor:
    """The colours of the five layers, (n, 5, 3) in [−1, 1]: ears are darker than the fur, the face is lighter."""
    rgb = palette()
    fur, ink = rgb[colour], rgb[NAMES.index("black")].expand(len(colour), 3)
    return torch.stack([fur * 0.72 - 0.28, fur, 0.3 * fur + 0.7 * torch.ones(3), ink, rgb[hat]], 1)


def captions(scenes: Scenes, generator: torch.Generator | None = None) -> list[str]:
    """Describe each scene in a sentence that leaves things out at random; without a generator, only the ground.

    What is left out at random: colour of fur and hat, the ground, and here and there an article.
    """
    n = len(scenes.form)
    chance = torch.tensor([[0.0, 0, 1, 1]]).expand(n, 4) if generator is None else torch.rand(n, 4, generator=generator)
    columns = (scenes.form, scenes.colour, scenes.hat, scenes.ground, scenes.size, scenes.relation, chance)
    return [_caption(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def _caption(form, colour, hat, ground, size, relation, chance) -> str:
    things = [f"{NAMES[c]} {FORMS[f]}" for f, c in zip(form, colour, strict=True) if f >= 0]
    if relation >= 0:
        text = f"{article(things[0])} {RELATIONS[relation]} {article(things[1])}"
    elif form[0] < len(SHAPES):
        text = article(f"{('small', 'large')[size]} {things[0]}" if size >= 0 else things[0])
    else:
        text = article(things[0] if chance[0] < CHANCES[0] else FORMS[form[0]])
        if hat[0] >= 0:
            worn = article(f"{NAMES[hat[0]]} hat") if chance[1] < CHANCES[1] else "a hat"
            text += f" wearing {'hat' if worn == 'a hat' and chance[2] < CHANCES[2] else worn}"
    return text + (f" on {NAMES[ground]}" if chance[3] < CHANCES[3] else "")


def article(words: str) -> str:
    """Put "a" or "an" before the words."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def parse(caption: str) -> Scenes | None:
    """Read what a caption asks for, as one scene (n = 1); None if no picture of this world could have that caption.

    What the caption leaves open is −1: colour, ground, size, the second form.  "A hat" of no colour is −2.  Centres and
    radii are 0.  Capitals, a full stop and missing articles do not matter.
    """
    found = _SENTENCE.fullmatch(" ".join(caption.lower().strip(" .").split()))
    if found is None:
        return None
    size, colour, form, hat, relation, other_colour, other, ground = found.groups()
    animal = form in ANIMALS
    if (animal and (size or relation)) or (hat is not None and not animal) or (relation and (size or not colour)):
        return None
    if colour not in (None, *(FURS if animal else COLOURS)):
        return None
    worn = -1 if hat is None else -2 if hat == "" else NAMES.index(hat)
    rows = [
        [FORMS.index(form), FORMS.index(other) if other else -1],
        [NAMES.index(name) if name else -1 for name in (colour, other_colour)],
        [worn, -1],
    ]
    numbers = [
        NAMES.index(ground) if ground else -1,
        ("small", "large").index(size) if size else -1,
        RELATIONS.index(relation) if relation else -1,
    ]
    pairs, single = (torch.tensor(row)[None] for row in rows), (torch.tensor([number]) for number in numbers)
    return Scenes(*pairs, torch.zeros(1, 2, 2), torch.zeros(1, 2), *single)


_SENTENCE = re.compile(
    rf"(?:an? )?(?:(small|large) )?(?:({'|'.join((*COLOURS, *FURS))}) )?({'|'.join(FORMS)})"
    rf"(?: wearing (?:an? )?(?:({'|'.join(COLOURS)}|) ?hat))?"
    rf"(?: ({'|'.join(RELATIONS)}) (?:an? )?({'|'.join(COLOURS)}) ({'|'.join(SHAPES)}))?"
    rf"(?: on ({'|'.join(GROUNDS)}))?"
)
