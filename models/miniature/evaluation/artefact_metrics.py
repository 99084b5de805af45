r"""Whether an image is free of artefacts, which is a separate question from whether it matches the prompt.

The evaluator names the forms that explain an image best.  Here they are fitted to the image (positions and radii in
steps of an eighth of a pixel, colours as the medians of what is seen), rendered again and subtracted.  The residual is
measured in five ways, each a number for each image that is 0, or nearly so, for an image of the renderer:

``ground``  the strongest mean of 5 × 5 pixels, of those 6 or more away from every form and the horizon: a blot, a halo;
``edge``    the root mean square over the pixels within 4 of an outline or the horizon, in units of the contrast there:
            an edge that is blurred, ragged, or not there, as that of a missing ear;
``inside``  the strongest mean of 5 × 5 pixels, of those 4 or more deep in what has one colour: a hole, a stain;
``details`` the same of those 4 or more from the outline, and 2 from other colours: a stain among the parts of a face;
``pieces``  how many connected pieces there are too many or too few; where a form has the ground's colour itself, as a
            face around its eyes, it does not come apart.

All but the last are distances of colours in [−1, 1]³.  A decoder leaves a residual in every image.  A limit is
therefore the residual of nearly all *real* images of a class after decoding, plus a barely visible margin: for a patch
a tenth, about 7 levels of 255 in each channel; for an edge one pixel of displacement everywhere.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from ..data.backgrounds import land_of
from ..data.forms import SHAPES
from ..data.rendering import LAYERS, covered, paints
from ..data.synthetic import SIZE, SLOTS, Scenes
from .hypotheses import VISIBLE
from .templates import SIDE, uncovered

STEPS = (1.0, 0.5, 0.25, 0.125)  # of the fit, in pixels
FAR, NEAR = 6, 4  # pixels from a form to what counts as ground; to both sides of its edge
DEEP = {"inside": 4, "details": 2}  # pixels from what has another colour
PATCH = 5  # pixels, the side of what a mean is taken over
ENOUGH, SURE = 16, 0.95  # pixels that show a colour, and how much of each it must cover
SMALLEST = 24  # pixels of a piece
QUANTILE = 0.99  # quantile of the residuals of real images after decoding
UNSEEN = 0.1  # a barely visible margin for a patch
ONE_PIXEL = 0.22  # of ``edge``, for an outline that is one pixel off everywhere
BATCH = 32  # images at a time


class Residuals(NamedTuple):
    """The residuals of n images after subtracting the forms that were read in them; five times (n,)."""

    ground: Tensor
    edge: Tensor
    inside: Tensor
    details: Tensor
    pieces: Tensor


def residuals(images: Tensor, seen: Scenes) -> Residuals:
    """Measure images (n, 3, 128, 128) in [−1, 1]; ``seen`` is what ``evaluator.read`` returned for them.

    All are infinite where the evaluator could not judge.
    """
    parts = torch.arange(len(images)).split(BATCH)
    found = [_residuals(images[part].float().cpu(), seen[part]) for part in parts]
    return Residuals(*(torch.cat(numbers) for numbers in zip(*found, strict=True)))


def _residuals(images: Tensor, seen: Scenes) -> Residuals:
    land = land_of(images)
    behind = land.image()
    weights, drawn = _fit(images, seen, behind)
    form = 1 - weights[:, -1]  # (n, 128, 128), what is not ground
    apart = images - drawn
    patch = lengths(avg_pool2d(apart, PATCH, 1, PATCH // 2))
    step = lengths(land.above - land.below)[:, None]
    rows = (torch.arange(SIZE) + 0.5 - SIZE * land.horizon[:, None]).abs().where(step > 0, torch.inf)
    crossed = (dilated(form, FAR) < 0.02) & (rows <= NEAR)[:, :, None]  # the horizon, where no form is near
    contrast = dilated(lengths(drawn - behind), NEAR).where(~crossed, step[..., None])
    far = (dilated(form, FAR) < 0.02) & (rows > FAR)[:, :, None]
    deep = [_deep(weights[:, :-1], pixels) & (dilated(1 - form, NEAR) < 0.02) for pixels in DEEP.values()]
    near = (dilated(form, NEAR) > 0.5) & (dilated(1 - form, NEAR) > 0.5) | crossed
    edge = (lengths(apart) / contrast.clamp(min=VISIBLE)).square()
    numbers = [
        (patch * far).amax((1, 2)),
        ((edge * near).sum((1, 2)) / near.sum((1, 2)).clamp(min=1)).sqrt(),
        *((patch * each).amax((1, 2)) for each in deep),
        _pieces(images, drawn, behind, form, (rows <= NEAR)[:, :, None] & (form < 0.02)),
    ]
    unknown = seen.form[:, 0] < 0
    return Residuals(*(number.float().masked_fill(unknown, torch.inf) for number in numbers))


def _deep(weights: Tensor, pixels: int) -> Tensor:
    """Where one layer covers all so many pixels around (n, 128, 128), for what is seen of each (n, 20, 128, 128)."""
    there = (weights > 0.98).any(3).any(2)  # most layers cover no pixel
    inside = torch.zeros(weights.shape, dtype=torch.bool)
    inside[there] = dilated(1 - weights[there], pixels) < 0.02
    return inside.any(1)


def limits(found: Residuals) -> dict[str, float]:
    """The limits from real images of one class, after encoding and decoding.

    Images that can no longer be judged are left out; if that is all of them, the decoder counts as lossless.
    """
    judged = {name: number[number.isfinite()] for name, number in found._asdict().items()}
    most = {name: float(number.quantile(QUANTILE)) if len(number) else 0.0 for name, number in judged.items()}
    wider = {name: most[name] + UNSEEN for name in ("ground", *DEEP)}
    return most | wider | {"edge": math.hypot(most["edge"], ONE_PIXEL)}


def artefact_free(found: Residuals, limit: dict[str, float]) -> Tensor:
    """Which images (n,) are free of artefacts: no number is above its limit."""
    return torch.stack([getattr(found, name) <= most for name, most in limit.items()]).all(0)


def ears(images: Tensor, seen: Scenes) -> Tensor:
    """Whether both ears of an animal are there (n,): 1 or 0; −1 where there is no animal, or the ears look like ground.

    An ear is there if its pixels are nearer to its colour than to the ground's.
    """
    images = images.float().cpu()
    behind = land_of(images).image()
    weight = uncovered(covered(seen, 0))[:, LAYERS.index("ears")]
    colour = paints(seen.colour[:, 0].clamp(min=0), seen.hat[:, 0].clamp(min=0))[:, 0, :, None, None] - behind
    there = ((images - behind) * colour).sum(1) / colour.square().sum(1).clamp(min=1e-6)
    right = torch.arange(SIZE) + 0.5 > seen.centre[:, 0, :1]  # (n, 128)
    sides = [weight * side[:, None, :] for side in (right, ~right)]
    fraction = torch.stack([(there * w).sum((1, 2)) / w.sum((1, 2)).clamp(min=1e-6) for w in sides])
    distinct = (lengths(colour) * weight).sum((1, 2)) / weight.sum((1, 2)).clamp(min=1e-6) >= VISIBLE
    return torch.where((seen.form[:, 0] >= len(SHAPES)) & distinct, (fraction > 0.5).all(0).long(), -1)


def _fit(images: Tensor, scenes: Scenes, behind: Tensor) -> tuple[Tensor, Tensor]:
    """What is seen of each layer (n, 21, 128, 128), the ground last, where the forms fit best; and the image of it.

    Positions are found at half the resolution.
    """
    small, back = (avg_pool2d(x, SIZE // SIDE) for x in (images, behind))
    colours = _colours(images, visible_fractions(scenes), scenes)
    scenes = scenes._replace(centre=scenes.centre.clone(), radius=scenes.radius.clone())
    for slot in range(SLOTS):
        there = (scenes.form[:, slot] >= 0).nonzero()[:, 0]
        if len(there):
            centre, radius = _placed(slot, small[there], scenes[there], back[there], colours[there])
            scenes.centre[there, slot], scenes.radius[there, slot] = centre, radius
    weights = visible_fractions(scenes)
    colours = _colours(images, weights, scenes)
    return weights, torch.einsum("nlhw,nlc->nchw", weights[:, :-1], colours) + weights[:, -1:] * behind


def _placed(slot: int, small: Tensor, scenes: Scenes, back: Tensor, colours: Tensor) -> tuple[Tensor, Tensor]:
    """The centre (n, 2) and radius (n,) of one form with which the images (n, 3, 64, 64) fit best."""
    scale = SIDE / SIZE
    scenes = scenes._replace(centre=scenes.centre * scale, radius=scenes.radius * scale)
    seen = [uncovered(covered(scenes, each, SIDE)) for each in range(SLOTS)]

    def error(position: Tensor) -> Tensor:
        scenes.centre[:, slot], scenes.radius[:, slot] = position[:, :2], position[:, 2]
        seen[slot] = uncovered(covered(scenes, slot, SIDE))
        weights = _stacked(seen)
        drawn = torch.einsum("nlhw,nlc->nchw", weights[:, :-1], colours) + weights[:, -1:] * back
        return (small - drawn).square().sum((1, 2, 3))

    position = torch.cat([scenes.centre[:, slot], scenes.radius[:, slot, None]], 1)
    least = error(position)
    for step in STEPS:
        for move in torch.cat([torch.eye(3), -torch.eye(3)]) * step * scale:
            found = error(position + move)
            better = found < least
            position, least = torch.where(better[:, None], position + move, position), torch.where(better, found, least)
    return position[:, :2] / scale, position[:, 2] / scale


def visible_fractions(scenes: Scenes) -> Tensor:
    """How much is visible of each layer of all forms, and of the ground: (n, 21, 128, 128), with the sum 1."""
    return _stacked([uncovered(covered(scenes, slot)) for slot in range(SLOTS)])


def _stacked(seen: list[Tensor]) -> Tensor:
    """Of what is seen of each form alone, what is seen with the forms before it on top; and of the ground."""
    free, parts = torch.ones_like(seen[0][:, :1]), []
    for each in seen:
        parts.append(each * free)
        free = free * (1 - each.sum(1, keepdim=True)).clamp(0, 1)
    return torch.cat([*parts, free], 1)


def _colours(images: Tensor, weights: Tensor, scenes: Scenes) -> Tensor:
    """The colours of all layers (n, 20, 3): medians of what is seen, or those of the dataset."""
    known = [paints(scenes.colour[:, slot].clamp(min=0), scenes.hat[:, slot].clamp(min=0)) for slot in range(SLOTS)]
    colours = torch.cat(known, 1)
    for n, layer in (weights[:, :-1].flatten(2) > SURE).sum(2).ge(ENOUGH).nonzero().tolist():
        colours[n, layer] = images[n][:, weights[n, layer] > SURE].median(1).values
    return colours


def lengths(x: Tensor) -> Tensor:
    """‖·‖ over the colours, dimension 1 of (n, 3, …); there ``norm`` takes 50 times as long."""
    return x.square().sum(1).sqrt()


def dilated(x: Tensor, pixels: int) -> Tensor:
    """The largest value (n, 128, 128) within so many pixels.

    Of two windows of one width, side by side or overlapping, comes one up to twice as wide: a few passes where pooling
    looks at every pixel of every window, and a twentieth of its time.
    """
    x = pad(x, (pixels,) * 4, value=-torch.inf)
    for dim in (1, 2):
        width = 1
        while width <= 2 * pixels:
            step = min(width, 2 * pixels + 1 - width)
            rest = x.shape[dim] - step
            x, width = torch.maximum(x.narrow(dim, 0, rest), x.narrow(dim, step, rest)), width + step
    return x


def _pieces(images: Tensor, drawn: Tensor, behind: Tensor, form: Tensor, horizon: Tensor) -> Tensor:
    """The difference of the numbers of connected pieces of two images; the rows of the horizon are ignored."""
    counts = []
    unseen = (form > 0.5) & (lengths(drawn - behind) <= VISIBLE)
    for x in (images, drawn):
        there = (((lengths(x - behind) > VISIBLE) | unseen) & ~horizon).numpy()
        labels = [torch.from_numpy(ndimage.label(each)[0].ravel()) for each in there]
        counts.append(torch.tensor([int((torch.bincount(each)[1:] >= SMALLEST).sum()) for each in labels]))
    return (counts[0] - counts[1]).abs()
