"""Scenes are rendered as images.

Every painted form has five layers, one above the other, of which a plain shape uses only one.  A layer is a table of
signed distances d to its edge, in units of the form's radius; scaled, shifted and clipped to [0, 1] it gives the
coverage of each pixel: ½ − d / 1.5 with d in pixels, an anti-aliased edge.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from .forms import FORMS, PATTERNS, REACH, SHAPES, distances
from .synthetic import GROUNDS, NAMES, RGB, SIZE, SLOTS, Scenes

EDGE = 1.5  # width of the ramp from covered to not, in pixels
LAYERS = ("ears", "head", "light", "ink", "hat")  # painted in this order; of a plain shape, "head" alone


def render(scenes: Scenes) -> Tensor:
    """Paint the scenes: float32 (n, 3, 128, 128) in [−1, 1]."""
    image = backdrop(scenes.ground, scenes.horizon)
    for slot in reversed(range(SLOTS)):
        there = (scenes.form[:, slot] >= 0).nonzero()[:, 0]
        if len(there) == 0:
            continue
        part = scenes[there]
        covers = covered(part, slot)  # (m, layers, 128, 128)
        paint = paints(part.colour[:, slot], part.hat[:, slot])  # (m, layers, 3)
        painted = image[there]
        for layer in range(len(LAYERS)):
            painted = painted.lerp(paint[:, layer, :, None, None].expand_as(painted), covers[:, layer, None])
        image[there] = painted
    return image


def backdrop(ground: Tensor, horizon: Tensor, side: int = SIZE) -> Tensor:
    """The background, (n, 3, side, side), for (n,) and (n,), in pixels of that side."""
    above, below = palette()[_LANDS[ground]].unbind(1)  # (n, 3) each
    rows = torch.arange(side) + 0.5
    fraction = (0.5 + (rows - horizon[:, None]) / EDGE).clamp(0, 1)[:, None, :, None]  # of the colour below
    return torch.lerp(above[..., None, None], below[..., None, None], fraction).expand(-1, -1, -1, side).clone()


_LANDS = torch.tensor([[NAMES.index(name) for name in names] for names in GROUNDS.values()])


def palette() -> Tensor:
    """The colours of ``NAMES``, (n, 3) in [−1, 1]."""
    return torch.tensor(list(RGB.values())) / 127.5 - 1


def covered(scenes: Scenes, slot: int, side: int = SIZE) -> Tensor:
    """How much of each pixel each layer of the forms in a slot covers, alone: (n, layers, side, side) in [0, 1].

    Where there is no form, it is 0.  Centres and radii are in pixels of that side.
    """
    form = scenes.form[:, slot]
    covers = coverage(form.clamp(min=0), scenes.pattern[:, slot], scenes.centre[:, slot], scenes.radius[:, slot], side)
    covers[:, -1] *= (scenes.hat[:, slot] >= 0)[:, None, None]
    return covers * (form >= 0)[:, None, None, None]


def coverage(form: Tensor, pattern: Tensor, centre: Tensor, radius: Tensor, side: int = SIZE) -> Tensor:
    """The same for forms (n,) with patterns (n,), centres (n, 2) and radii (n,), each with a hat."""
    pixels = torch.arange(side) + 0.5
    grid = torch.stack(torch.meshgrid(pixels, pixels, indexing="xy"), -1)  # (side, side, 2) as x, y
    radius = radius.clamp(min=1)[:, None, None, None]
    grid = (grid - centre[:, None, None]) / (radius * REACH)
    tables = _tables()[torch.where(pattern >= 0, len(FORMS) + form * len(PATTERNS) + pattern, form)]
    d = grid_sample(tables, grid, padding_mode="border", align_corners=True) * radius
    return (0.5 - d / EDGE).clamp(0, 1)


@cache
def _tables() -> Tensor:
    """All forms, then all shapes with each pattern: (forms + shapes · patterns, layers, S, S)."""
    plain = [distances(name) for name in FORMS]
    return torch.stack(plain + [distances(name, pattern) for name in SHAPES for pattern in PATTERNS])


def paints(colour: Tensor, hat: Tensor) -> Tensor:
    """The colours of the five layers, (n, 5, 3) in [−1, 1]: ears are darker, faces and patterns lighter."""
    rgb = palette()
    fur, ink = rgb[colour], rgb[NAMES.index("black")].expand(len(colour), 3)
    return torch.stack([fur * 0.72 - 0.28, fur, 0.3 * fur + 0.7 * torch.ones(3), ink, rgb[hat]], 1)
