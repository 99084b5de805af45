r"""Whether a picture is clean, which is another question than whether it shows what was asked.

The recogniser names what explains a picture best.  Here its answer is fitted to the picture (places and radii in steps
of an eighth of a pixel, colours as the medians of what is seen), drawn again and subtracted.  What is left over is
looked at in four ways, each a number for each picture, 0 or nearly so for one of the renderer's:

``ground``  the strongest mean of 3 × 3 pixels, of those 3 or more away from every form: a blot, a halo;
``edge``    the root mean square over the pixels within 2 of an outline, in units of the contrast there: an edge that is
            blurred, ragged, or not there, as that of a missing ear;
``inside``  the strongest mean of 3 × 3 pixels, of those 2 or more deep in a form: a hole, a stain;
``pieces``  how many connected pieces there are too many or too few.

All but the last are distances of colours in [−1, 1]³.  A decoder leaves something over of every picture.  So a limit is
what it leaves of nearly all *real* pictures of a kind, and as much more as is hardly seen: for a patch a tenth, about 7
levels of 255 in each channel; for an edge half a pixel of displacement everywhere.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d

from .forms import SHAPES
from .recogniser import ground_of
from .world import LAYERS, SIZE, Scenes, coverage, paints

STEPS = (0.5, 0.25, 0.125)  # of the fit, in pixels
FAR, NEAR, DEEP = 3, 2, 2  # pixels from a form to what counts as ground; to both sides of its edge; into its inside
ENOUGH, SURE = 9, 0.95  # pixels that show a colour, and how much of each it must cover
SMALLEST = 6  # pixels of a piece
VISIBLE = 0.3  # least distance of two colours that can be told apart
QUANTILE = 0.99  # of the real pictures lie below what the decoder leaves
UNSEEN = 0.1  # more of a patch than that is hardly seen
HALF_A_PIXEL = 0.18  # of ``edge``, for an outline that is half a pixel off everywhere


class Left(NamedTuple):
    """What is left over of n pictures when the forms that were read in them are subtracted; four times (n,)."""

    ground: Tensor
    edge: Tensor
    inside: Tensor
    pieces: Tensor


def left(pictures: Tensor, seen: Scenes) -> Left:
    """Measure pictures (n, 3, 64, 64) in [−1, 1]; ``seen`` is what ``recogniser.read`` says of them.

    All four are infinite where it could not judge.
    """
    pictures = pictures.float().cpu()
    ground = torch.stack([ground_of(picture) for picture in pictures])[:, :, None, None]
    weights, drawn = _fit(pictures, seen, ground)
    form = 1 - weights[:, -1]  # (n, 64, 64), what is not ground
    apart = pictures - drawn
    patch = avg_pool2d(apart, 3, 1, 1).norm(dim=1)
    contrast = _grow((drawn - ground).norm(dim=1), NEAR)
    far, deep = _grow(form, FAR) < 0.02, _grow(1 - form, DEEP) < 0.02
    near = (_grow(form, NEAR) > 0.5) & (_grow(1 - form, NEAR) > 0.5)
    edge = (apart.norm(dim=1) / contrast.clamp(min=VISIBLE)).square()
    numbers = [
        (patch * far).amax((1, 2)),
        ((edge * near).sum((1, 2)) / near.sum((1, 2)).clamp(min=1)).sqrt(),
        (patch * deep).amax((1, 2)),
        _pieces(pictures, drawn, ground),
    ]
    unknown = seen.form[:, 0] < 0
    return Left(*(number.float().masked_fill(unknown, torch.inf) for number in numbers))


def limits(found: Left) -> dict[str, float]:
    """The limits that real pictures of one kind set, after their passage through the autoencoder.

    Those that can no longer be judged set none; if that is all of them, nothing counts as left by the decoder.
    """
    judged = {name: number[number.isfinite()] for name, number in found._asdict().items()}
    most = {name: float(number.quantile(QUANTILE)) if len(number) else 0.0 for name, number in judged.items()}
    wider = {"ground": most["ground"] + UNSEEN, "inside": most["inside"] + UNSEEN}
    return most | wider | {"edge": math.hypot(most["edge"], HALF_A_PIXEL)}


def clean(found: Left, limit: dict[str, float]) -> Tensor:
    """Which pictures (n,) are clean: no number is above its limit."""
    return torch.stack([getattr(found, name) <= most for name, most in limit.items()]).all(0)


def ears(pictures: Tensor, seen: Scenes) -> Tensor:
    """Whether both ears of an animal are there (n,): 1 or 0; −1 where there is no animal, or the ears look like ground.

    An ear is there if its pixels are nearer to its colour than to the ground's.
    """
    pictures = pictures.float().cpu()
    ground = torch.stack([ground_of(picture) for picture in pictures])[:, :, None, None]
    weight = _weights(seen)[:, LAYERS.index("ears")]
    colour = paints(seen.colour[:, 0].clamp(min=0), seen.hat[:, 0].clamp(min=0))[:, 0, :, None, None] - ground
    there = ((pictures - ground) * colour).sum(1) / colour.square().sum(1)
    right = torch.arange(SIZE) + 0.5 > seen.centre[:, 0, :1]  # (n, 64)
    sides = [weight * side[:, None, :] for side in (right, ~right)]
    share = torch.stack([(there * w).sum((1, 2)) / w.sum((1, 2)).clamp(min=1e-6) for w in sides])
    animal = (seen.form[:, 0] >= len(SHAPES)) & (colour.norm(dim=1)[:, 0, 0] >= VISIBLE)
    return torch.where(animal, (share > 0.5).all(0).long(), -1)


def _fit(pictures: Tensor, scenes: Scenes, ground: Tensor) -> tuple[Tensor, Tensor]:
    """What is seen of each layer (n, 11, 64, 64), the ground last, where the forms fit best; and the picture of it."""
    colours = _colours(pictures, _weights(scenes), scenes, ground)

    def error(scenes: Scenes) -> Tensor:
        drawn = torch.einsum("nlhw,nlc->nchw", _weights(scenes), colours)
        return (pictures - drawn).square().sum((1, 2, 3))

    least = error(scenes)
    slots = range(1 + bool((scenes.form[:, 1] >= 0).any()))
    moves = [(slot, *move) for slot in slots for move in ((1, 0, 0), (0, 1, 0), (0, 0, 1))]
    for step in STEPS:
        for slot, x, y, r in moves:
            for size in (step, -step):
                centre, radius = scenes.centre.clone(), scenes.radius.clone()
                centre[:, slot] += size * torch.tensor([x, y])
                radius[:, slot] += size * r
                moved = scenes._replace(centre=centre, radius=radius)
                found = error(moved)
                better = found < least
                least = torch.where(better, found, least)
                centre = torch.where(better[:, None, None], centre, scenes.centre)
                scenes = scenes._replace(centre=centre, radius=torch.where(better[:, None], radius, scenes.radius))
    weights = _weights(scenes)
    return weights, torch.einsum("nlhw,nlc->nchw", weights, _colours(pictures, weights, scenes, ground))


def _weights(scenes: Scenes) -> Tensor:
    """How much is seen of each layer of both forms, and of the ground: (n, 11, 64, 64), with the sum 1."""
    seen = []
    for slot in range(2):
        there = scenes.form[:, slot] >= 0
        if not there.any():
            seen.append(torch.zeros(len(there), len(LAYERS), SIZE, SIZE))
            continue
        covers = coverage(
            scenes.form[:, slot].clamp(min=0), scenes.centre[:, slot], scenes.radius[:, slot].clamp(min=1)
        )
        covers = covers * there[:, None, None, None]
        covers[:, LAYERS.index("hat")] *= (scenes.hat[:, slot] >= 0)[:, None, None]
        above = (1 - covers).flip(1).cumprod(1).flip(1)
        seen.append(covers * torch.cat([above[:, 1:], torch.ones_like(above[:, :1])], 1))
    both = torch.cat(seen, 1)
    return torch.cat([both, 1 - both.sum(1, keepdim=True)], 1).clamp(0, 1)


def _colours(pictures: Tensor, weights: Tensor, scenes: Scenes, ground: Tensor) -> Tensor:
    """The colours of all layers and of the ground (n, 11, 3): medians of what is seen, or the world's."""
    known = [paints(scenes.colour[:, slot].clamp(min=0), scenes.hat[:, slot].clamp(min=0)) for slot in range(2)]
    colours = torch.cat([*known, ground[:, None, :, 0, 0]], 1)
    for layer in range(2 * len(LAYERS)):
        sure = weights[:, layer] > SURE
        if sure.any():
            median = pictures.masked_fill(~sure[:, None], torch.nan).flatten(2).nanmedian(2).values
            enough = sure.sum((1, 2)) >= ENOUGH
            colours[:, layer] = torch.where(enough[:, None], median, colours[:, layer])
    return colours


def _grow(x: Tensor, pixels: int) -> Tensor:
    """The largest value (n, 64, 64) within so many pixels."""
    return max_pool2d(x[:, None], 2 * pixels + 1, 1, pixels)[:, 0]


def _pieces(pictures: Tensor, drawn: Tensor, ground: Tensor) -> Tensor:
    """How far the numbers of connected pieces of two pictures are apart."""
    counts = []
    for x in (pictures, drawn):
        there = ((x - ground).norm(dim=1) > VISIBLE).numpy()
        labels = [ndimage.label(each)[0].ravel() for each in there]
        counts.append(
            torch.tensor([int((torch.bincount(torch.from_numpy(each))[1:] >= SMALLEST).sum()) for each in labels])
        )
    return (counts[0] - counts[1]).abs()
