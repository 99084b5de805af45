r"""The automatic evaluator reads an image: which forms it shows, in which colours, where.  It has no weights and is not
trained.

It estimates the background from the image's border, and then tries what the renderer could have painted: shapes side by
side, one shape with a pattern, a shape on a larger one, a head; each at radii in small steps, at every possible
position, in every colour (``hypotheses``).  It returns the hypothesis that explains most of the image.

It detects what it cannot judge.  Images of k · 128 pixels a side are averaged to 128; any other size is refused.  Forms
smaller or larger than the dataset's are matched by templates at the ends of the range, or leave much unexplained, or
have an unexplained interior, such as two forms of which the upper one was not found: then the result is "unknown"
rather than the least wrong form.

The evaluator is built from the renderer alone.  It was never tuned on images from a network, and its error on the
renderer's own images, at any position and radius, is its measurement error.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d

from diffusion_lib.errors import ConfigError

from ..data.backgrounds import land_of
from ..data.forms import SHAPES
from ..data.synthetic import LARGE, RELATIONS, SIZE, SLOTS, SMALL, Scenes
from .hypotheses import VISIBLE, Found, hypotheses
from .templates import SIDE

EXPLAINED = {"shape": 0.88, "patterned": 0.8, "base": 0.88, "animal": 0.7}  # fraction of ‖d‖² that all must explain
DEEP, PATCH = 2, 3  # pixels of 64 from a plain shape's edge to its inside, and of what is averaged there


def read(images: Tensor) -> Scenes:
    """Read images as ``standard`` accepts them; ``size`` and ``relation`` are not estimated and are −1.

    ``form`` is −1 where no further form was found, and everywhere in an image that it cannot judge.  Of a shape on
    another, the upper one comes first; else the larger gain does.  ``horizon`` is 0 where the ground has one colour.
    """
    return _read(images, _known)


def closest(images: Tensor) -> Scenes:
    """What explains each image best, also where that is little and ``read`` returns "unknown"."""
    return _read(images, lambda found, left, fraction: True)


def standard(images: Tensor) -> Tensor:
    """Images (n, 3, 128 k, 128 k) in [−1, 1], averaged to (n, 3, 128, 128); ``ConfigError`` for any other shape."""
    shape = tuple(images.shape)
    if len(shape) != 4 or shape[1] != 3 or shape[2] != shape[3] or not shape[2] or shape[2] % SIZE:
        what = f"got {shape}; it knows forms of one size only, so use images of the model's own size"
        raise ConfigError(f"images must be (n, 3, {SIZE} k, {SIZE} k) for the evaluator, {what}")
    return avg_pool2d(images.float().cpu(), shape[2] // SIZE)


def _read(images: Tensor, known: Callable[[list[Found], Tensor, float], bool]) -> Scenes:
    images = standard(images)
    land = land_of(images)
    small, behind = avg_pool2d(images, SIZE // SIDE), land.image(SIDE)
    rows = []
    for image, back in zip(small, behind, strict=True):
        found, left, fraction = _explained(image, back)
        rows.append(found if known(found, left, fraction) else [])
    scale = SIZE / SIDE
    fields = [_column(rows, lambda each, name=name: getattr(each, name), -1)
              for name in ("form", "colour", "hat", "pattern")]  # fmt: skip
    centre = _column(rows, lambda each: (scale * each.x, scale * each.y), (0.0, 0.0))
    none = torch.full((len(images),), -1)
    radius = _column(rows, lambda each: scale * each.radius, 0.0)
    return Scenes(*fields, centre, radius, land.ground(), SIZE * land.horizon, none, none)


def _column(rows: list[list[Found]], of: Callable[[Found], object], empty: object) -> Tensor:
    return torch.tensor([[*map(of, row), *[empty] * (SLOTS - len(row))] for row in rows])


def _explained(image: Tensor, behind: Tensor) -> tuple[list[Found], Tensor, float]:
    """The forms that explain most of an image, what they leave over (3, 64, 64), and their fraction of ‖d‖²."""
    all_of_it = float((image - behind).square().sum())
    found, left, most = [], image, -math.inf
    for forms in hypotheses(image, behind):
        painted = behind
        for each in reversed(forms):
            painted = each.onto(painted)
        over = image - painted
        fraction = 1 - float(over.square().sum()) / max(all_of_it, 1e-9)
        if fraction > most:
            found, left, most = forms, over, fraction
    return found, left, most


def _known(found: list[Found], left: Tensor, fraction: float) -> bool:
    """Whether the forms that were found are within the ranges that were tried, and explain the image."""
    inside = all(each.inside() for each in found)
    return inside and fraction >= EXPLAINED[found[-1].family] and all(_whole(each, left) for each in found)


def _whole(found: Found, left: Tensor) -> bool:
    """Whether nothing is left over deep in a shape without a pattern; other forms are not checked."""
    if found.family != "shape":
        return True
    deep = 1 - max_pool2d(1 - (found.covered() > 0.99).float()[None], 2 * DEEP + 1, 1, DEEP)[0]
    patch = avg_pool2d(left[None], PATCH, 1, PATCH // 2).norm(dim=1)[0]
    return float((patch * deep).max()) <= VISIBLE


def score(asked: Scenes, seen: Scenes) -> dict[str, Tensor]:
    """Which images match the prompt, and in what: a bool (n,) for each attribute; all scenes are of one class.

    The last requires every attribute, no other form and no other pattern.  Of one shape: ``colour``, ``shape``,
    ``pattern``, ``both``.  Of two: ``relation``, ``colours``, ``shapes``, ``all``; of a shape on another: ``on``
    instead of the relation, which is correct if both lie as asked, and the colours and shapes fit that order no
    worse than the other one.  Of equal shapes: ``count``, ``colour``, ``shape``, ``all``.  Of an animal: ``animal``,
    ``fur``, ``hat`` (or that there is none), ``all``.
    """
    if (asked.relation >= 0).all():
        return _score_pair(asked, seen)
    fits = _fits(asked, seen)
    number = (asked.form >= 0).sum(1) == (seen.form >= 0).sum(1)
    whole = number & torch.stack(list(fits.values())).all(0).all(1)
    first = {name: correct[:, 0] for name, correct in fits.items()}
    if (asked.form[:, 1] >= 0).all():
        there = seen.form >= 0
        colour, form = ((fits[name] | (asked.form < 0) | ~there).all(1) & there[:, 0] for name in ("colour", "form"))
        return {"count": number, "colour": colour, "shape": form, "all": whole}
    if (asked.form[:, 0] < len(SHAPES)).all():
        return {"colour": first["colour"], "shape": first["form"], "pattern": first["pattern"], "both": whole}
    return {"animal": first["form"], "fur": first["colour"], "hat": first["hat"], "all": whole}


def _fits(asked: Scenes, seen: Scenes) -> dict[str, Tensor]:
    """Whether each form (n, 4) is the asked-for one, in each respect; what is left open is correct."""
    there = asked.form >= 0
    return {
        "form": asked.form == seen.form,
        "colour": (asked.colour == seen.colour) | (asked.colour < 0) & there,
        "hat": (asked.hat == seen.hat) | (asked.hat == -2) & (seen.hat >= 0),
        "pattern": asked.pattern == seen.pattern,
    }


def _score_pair(asked: Scenes, seen: Scenes) -> dict[str, Tensor]:
    on = RELATIONS.index("on")
    (x0, x1), (y0, y1) = seen.centre[:, :2, 0].T, seen.centre[:, :2, 1].T
    x, y = x1 - x0, y1 - y0
    inside = torch.hypot(x, y) + seen.radius[:, :2].amin(1) <= seen.radius[:, :2].amax(1)
    first = seen.radius[:, 0] < seen.radius[:, 1]
    before = torch.stack([y > 0, y < 0, x > 0, x < 0, first], 1).gather(1, asked.relation[:, None])[:, 0]
    upright = (y.abs() > x.abs()) & ~inside
    lies = torch.stack([upright, upright, ~upright & ~inside, ~upright & ~inside, inside], 1)
    lies = lies.gather(1, asked.relation[:, None])[:, 0]
    orders = seen, _reordered(seen, torch.ones_like(before))
    same, other = (sum(_fits(asked, each)[name].sum(1) for name in ("form", "colour")) for each in orders)
    before = torch.where((asked.relation == on) & ~inside, same >= other, before)  # none is the upper one
    correct, swapped = torch.where(before, same, other), torch.where(before, other, same)
    seen = _reordered(seen, ~before)
    fits = {name: found[:, :2].all(1) for name, found in _fits(asked, seen).items()}
    number = (seen.form >= 0).sum(1)
    placed = (number >= 2) & lies & (correct >= swapped)
    parts = {"colours": fits["colour"], "shapes": fits["form"]}
    whole = placed & torch.stack(list(fits.values())).all(0) & (number == 2)
    if (asked.relation == on).all():
        return parts | {"on": placed, "all": whole}
    return {"relation": placed} | parts | {"all": whole}


def _reordered(seen: Scenes, swap: Tensor) -> Scenes:
    """The scenes with the first two forms swapped where ``swap`` (n,)."""
    order = torch.arange(SLOTS).repeat(len(swap), 1)
    order[swap, :2] = torch.tensor([1, 0])
    slots = {name: field.gather(1, order) for name, field in seen._asdict().items() if field.shape == order.shape}
    return seen._replace(**slots, centre=seen.centre.gather(1, order[..., None].expand(-1, -1, 2)))


def matches_prompt(prompt: Scenes, seen: Scenes) -> Tensor:
    """Which images (n,) match a prompt: ``prompt`` from ``language.parse``, ``seen`` from ``read``.

    A hat or a pattern that is not asked for is wrong, and so is a further form; whatever else the prompt leaves open is
    free.  A small form has a radius below 33 pixels.
    """
    asked = Scenes(*(field.expand(len(seen.form), *field.shape[1:]) for field in prompt))
    if int(prompt.relation) >= 0:
        correct = _score_pair(asked, seen)["all"]
    else:
        orders = seen, _reordered(seen, torch.ones(len(seen.form), dtype=torch.bool))
        correct = torch.stack([torch.stack(list(_fits(asked, each).values())).all(0).all(1) for each in orders]).any(0)
    large = (seen.radius[:, 0] > (SMALL[1] + LARGE[0]) / 2).long()
    correct &= (asked.size == large) | (asked.size == -1)
    return correct & ((asked.ground == seen.ground) | (asked.ground == -1))
