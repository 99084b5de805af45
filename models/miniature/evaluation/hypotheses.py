"""What an image could show: forms side by side, one shape with a pattern, a shape on a larger one, a head.

Each hypothesis takes an image (3, 64, 64) and its background, and returns the forms that explain most of it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from ..data.rendering import LAYERS, coverage, paints
from ..data.synthetic import SLOTS
from .templates import RADII, SIDE, WINDOW, Gains, everywhere, nearby, power, templates

PRESENT = 0.5  # fraction of its own ‖P‖² that one of several forms must explain
# Fraction of what is under it that it must explain: the first finds blurred forms, the second is not misled by a large
# form over several small ones
MATCHED = (0.0, 0.8)
CLOSE = 3  # pixels that the circles of two forms may overlap
VISIBLE = 0.3  # least distance of two colours that can be told apart
REACH, ITERATIONS = 2, 4  # pixels of position and radius around a first guess; and how often the guess may move


class Found(NamedTuple):
    """A form in an image, in pixels of 64, and how much it explains of it; ``family`` is that of its templates."""

    family: str
    form: int
    colour: int
    hat: int
    pattern: int
    x: float
    y: float
    radius: float
    gain: float
    energy: float

    def inside(self) -> bool:
        """Whether radius and centre are within the ranges that were tried."""
        radii, (rows, columns) = RADII[self.family], WINDOW.get(self.family, WINDOW["shape"])
        near = columns.start + 1 < self.x < columns.stop - 1 and rows.start + 1 < self.y < rows.stop - 1
        return near and bool(radii[0] < self.radius < radii[-1])

    def onto(self, image: Tensor) -> Tensor:
        """The image (3, 64, 64) with this form painted over it."""
        for cover, paint in zip(self._covers(), paints(*torch.tensor([[self.colour], [self.hat]]))[0], strict=True):
            image = torch.lerp(image, paint[:, None, None].expand_as(image), cover)
        return image

    def covered(self) -> Tensor:
        """How much of each pixel the form covers (64, 64)."""
        return self._covers().amax(0)

    def _covers(self) -> Tensor:
        form, pattern = torch.tensor([[self.form], [self.pattern]])
        covers = coverage(form, pattern, torch.tensor([[self.x, self.y]]), torch.tensor([self.radius]), SIDE)[0]
        if self.hat < 0:
            covers[LAYERS.index("hat")] = 0
        return covers


def hypotheses(image: Tensor, behind: Tensor) -> list[list[Found]]:
    """All that the image could show, each as forms of which one is painted over those after it."""
    shapes = everywhere("shape", image, behind)
    animal = _best("animal", everywhere("animal", image, behind))
    below = power("shape", image, behind)
    several = [apart(shapes, least * below) for least in MATCHED]
    tried = *several, patterned(shapes, image, behind), stacked(image, behind), [animal]
    return [forms for forms in tried if forms]


def apart(gains: Gains, least: Tensor) -> list[Found]:
    """Up to four shapes that do not touch, each with at least this gain (k, h, w); the first explains most."""
    there = (gains.gain > PRESENT * gains.energy) & (gains.gain >= least)
    gain, found = gains.gain.where(there, -torch.inf), []
    while len(found) < SLOTS:
        further = _best("shape", gains._replace(gain=gain))
        if further.gain == -math.inf:
            break
        found.append(further)
        gain = gain.masked_fill(~_free(further), -torch.inf)
    return found


def _free(found: Found) -> Tensor:
    """Where the centre of another shape may be, by template (k, h, w)."""
    room = found.radius + templates("shape").radius - CLOSE
    rows, columns = (torch.arange(line.start, line.stop) + 0.5 for line in WINDOW["shape"])
    return torch.hypot(rows[:, None] - found.y, columns - found.x) >= room[:, None, None]


def patterned(gains: Gains, image: Tensor, behind: Tensor) -> list[Found]:
    """One shape, plain or with a pattern: near the plain one that explains most, or as wide as the foreground."""
    plain = _best("shape", gains)
    starts = [(plain.x, plain.y, plain.radius), _extent(image, behind)]
    return [max((_refined(start, image, behind) for start in starts), key=lambda found: found.gain)]


def _extent(image: Tensor, behind: Tensor) -> tuple[float, float, float]:
    """Centre x, y and half the longer side of the box around the foreground."""
    there = (image - behind).norm(dim=0) > VISIBLE
    rows, columns = (there.any(dim).nonzero()[:, 0].tolist() or [0, SIDE - 1] for dim in (1, 0))
    half = max(rows[-1] - rows[0], columns[-1] - columns[0]) / 2
    return (columns[0] + columns[-1]) / 2, (rows[0] + rows[-1]) / 2, half


def _refined(start: tuple[float, float, float], image: Tensor, behind: Tensor) -> Found:
    """The best shape around a start, again around the best one, until it is not at the end of what was tried."""
    radii = templates("patterned").radius
    for _ in range(ITERATIONS):
        x, y, radius = start
        radius = min(max(radius, float(radii[0])), float(radii[-1]))
        found = _near("patterned", ((radii - radius).abs() <= REACH).nonzero()[:, 0], image, behind, (x, y), REACH)
        moved = max(abs(found.x - int(x) - 0.5), abs(found.y - int(y) - 0.5), abs(found.radius - radius) + 0.5)
        if moved < REACH:
            break
        start = found.x, found.y, found.radius
    return found


def stacked(image: Tensor, behind: Tensor) -> list[Found]:
    """A shape of another colour on a larger one, if there is one."""
    base = _best("base", everywhere("base", image, behind))
    whole = base.onto(behind)
    top = _near("top", torch.arange(len(templates("top").form)), image, whole, (base.x, base.y), 4)
    there = top.colour != base.colour and top.gain > PRESENT * top.energy
    return [top, base] if there else []


def _near(
    family: str, chosen: Tensor, image: Tensor, behind: Tensor, position: tuple[float, float], reach: int
) -> Found:
    x, y = int(position[0]), int(position[1])
    return _best(family, nearby(family, chosen, image, behind, (x, y), reach), chosen, (x - reach, y - reach))


def _best(family: str, gains: Gains, chosen: Tensor | None = None, corner: tuple[int, int] | None = None) -> Found:
    """The template, of those ``chosen``, colouring and position that explain most; ``corner`` is the first position."""
    masks = templates(family)
    if corner is None:
        rows, columns = WINDOW[family]
        corner = columns.start, rows.start
    k, y, x = at = tuple(int(i) for i in torch.unravel_index(gains.gain.argmax(), gains.gain.shape))
    number = k if chosen is None else int(chosen[k])
    form, pattern, radius = (field[number].item() for field in (masks.form, masks.pattern, masks.radius))
    gain, energy, colour, hat = (field[at].item() for field in gains)
    return Found(family, form, colour, hat, pattern, corner[0] + x + 0.5, corner[1] + y + 0.5, radius, gain, energy)
