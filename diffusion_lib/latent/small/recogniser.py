r"""The recogniser reads a picture: which forms it shows, in which colours, where.  It has no weights and learns
nothing.

It tries every form of the world, in every colour, at radii in small steps and at every pixel, and takes what explains
most of the picture.  With d the picture minus its ground, and P a form in its colours minus the ground, painting the
form explains

    gain = ‖d‖² − ‖d − P‖² = 2 ⟨d, P⟩ − ‖P‖².

P is a sum of layers, each a mask times a colour, so ⟨d, P⟩ at all places comes from one correlation of d with each
mask, by FFT, whatever the colours.  A second form is looked for where the first leaves room.  It counts if it explains
more than half of what it would explain if it were there exactly.

It knows its limits.  Pictures of k · 64 pixels a side are averaged to 64; any other size is refused.  Forms that are
smaller or larger than the world's are found by templates at the ends of the range, or leave much unexplained: then it
says that it cannot judge, rather than name the form that is least wrong.

The recogniser knows the world's renderer alone.  It never sees a picture from a network before it is asked about one,
and its error on the renderer's own pictures, with any place and any radius, is its error as a measuring instrument.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from ...errors import ConfigError
from .forms import ANIMALS, FORMS, SHAPES
from .world import COLOURS, FURS, GROUNDS, LARGE, LAYERS, NAMES, SIZE, SMALL, Scenes, coverage, paints, palette

RADII = {"shape": torch.arange(9.5, 26.0, 1.0), "animal": torch.arange(15.0, 19.5, 1.0)}  # the ends are no answers
WINDOW = {"shape": (slice(12, 52), slice(12, 52)), "animal": (slice(28, 52), slice(20, 44))}  # of centres, y and x
PRESENT = 0.5  # share of its own ‖P‖² that a second form must explain
EXPLAINED = {"shape": 0.88, "animal": 0.7}  # share of ‖d‖² that all forms together must explain
HAT, FUR = LAYERS.index("hat"), slice(0, LAYERS.index("hat"))
HATS, COATS = [NAMES.index(name) for name in COLOURS], [NAMES.index(name) for name in FURS]


class Masks(NamedTuple):
    """Templates: form, radius and whether it wears a hat, (k,); what is seen of each layer, (k, layers, 64, 64)."""

    form: Tensor
    radius: Tensor
    hat: Tensor
    seen: Tensor
    spectrum: Tensor  # of ``seen``, for the correlation
    gram: Tensor  # (k, layers, layers), sums of products of the masks


@cache
def templates(kind: str) -> Masks:
    """All forms of the kind, "shape" or "animal", at all radii, in the middle of the picture."""
    names = SHAPES if kind == "shape" else ANIMALS
    rows = [(FORMS.index(name), radius, hat) for name in names for radius in RADII[kind].tolist()
            for hat in ((0,) if kind == "shape" else (0, 1))]  # fmt: skip
    form, radius, hat = (torch.tensor(column) for column in zip(*rows, strict=True))
    middle = torch.full((len(rows), 2), SIZE / 2 + 0.5)  # the centre of pixel 32
    covers = coverage(form, middle, radius)
    covers[:, HAT] *= hat[:, None, None]
    above = (1 - covers).flip(1).cumprod(1).flip(1)
    seen = covers * torch.cat([above[:, 1:], torch.ones_like(above[:, :1])], 1)
    if kind == "shape":
        seen = seen[:, LAYERS.index("head"), None]
    gram = torch.einsum("kahw,kbhw->kab", seen, seen)
    return Masks(form, radius, hat, seen, torch.fft.rfft2(torch.fft.ifftshift(seen, dim=(-2, -1))).conj(), gram)


def read(pictures: Tensor) -> Scenes:
    """Read pictures as ``standard`` takes them; nobody looks for ``size`` and ``relation``, which are −1.

    ``form`` is −1 in the second place where only one form was found, and in both where it cannot judge.  The larger
    gain comes first.
    """
    return _together(_read(picture, known=_known) for picture in standard(pictures))


def closest(pictures: Tensor) -> Scenes:
    """What explains each picture best, also where that is little and ``read`` would not judge."""
    return _together(_read(picture, known=lambda found, d: True) for picture in standard(pictures))


def standard(pictures: Tensor) -> Tensor:
    """Pictures (n, 3, 64 k, 64 k) in [−1, 1], averaged to (n, 3, 64, 64); ``ConfigError`` for any other shape."""
    shape = tuple(pictures.shape)
    if len(shape) != 4 or shape[1] != 3 or shape[2] != shape[3] or not shape[2] or shape[2] % SIZE:
        what = f"got {shape}; it knows forms of one size only, so give pictures of the model's own size"
        raise ConfigError(f"pictures must be (n, 3, {SIZE} k, {SIZE} k) for the recogniser to judge, {what}")
    return avg_pool2d(pictures.float().cpu(), shape[2] // SIZE)


def ground_of(picture: Tensor) -> Tensor:
    """The ground's colour (3,): the median along the picture's edge, two pixels wide."""
    edge = torch.ones(SIZE, SIZE, dtype=torch.bool)
    edge[2:-2, 2:-2] = False
    return picture[:, edge].median(1).values


def _together(rows: Iterable[Scenes]) -> Scenes:
    return Scenes(*(torch.stack(field) for field in zip(*rows, strict=True)))


def _read(picture: Tensor, known: Callable[[list[dict], Tensor], bool]) -> Scenes:
    ground = ground_of(picture)
    d = picture - ground[:, None, None]
    rgb = palette()
    shapes = gains("shape", d, ground)
    animals = gains("animal", d, ground)
    first = max(_best(*shapes), _best(*animals), key=lambda found: found["gain"])
    found = [first]
    if first["form"] < len(SHAPES):
        gain, energy, masks, colours = shapes
        room = first["radius"] + masks.radius - 3  # of the distance to the first form's centre
        pixels = torch.arange(SIZE) + 0.5
        apart = torch.stack(torch.meshgrid(pixels, pixels, indexing="xy"), -1) - first["centre"]
        free = apart[WINDOW["shape"]].norm(dim=-1) >= room[:, None, None]  # (k, h, w)
        second = _best(gain.masked_fill(~free[:, None], -torch.inf), energy, masks, colours)
        found += [second] if second["gain"] > PRESENT * second["energy"] else []
    none = {"form": -1, "colour": -1, "hat": -1, "centre": torch.zeros(2), "radius": 0.0}
    first, second = [*found, none][:2] if known(found, d) else (none, none)
    fields = [torch.tensor([first[key], second[key]]) for key in ("form", "colour", "hat")]
    nearest = (rgb[[NAMES.index(name) for name in GROUNDS]] - ground).norm(dim=1).argmin() + NAMES.index(GROUNDS[0])
    centre, radius = torch.stack([first["centre"], second["centre"]]), torch.tensor([first["radius"], second["radius"]])
    return Scenes(*fields, centre, radius, nearest, torch.tensor(-1), torch.tensor(-1))


def _known(found: list[dict], d: Tensor) -> bool:
    """Whether the forms that were found are within the ranges that were tried, and explain the picture."""
    for each in found:
        kind = "shape" if each["form"] < len(SHAPES) else "animal"
        rows, columns = WINDOW[kind]
        (x, y), radii = each["centre"].tolist(), RADII[kind]
        inside = columns.start + 1 < x < columns.stop - 1 and rows.start + 1 < y < rows.stop - 1
        if not (inside and radii[0] < each["radius"] < radii[-1]):
            return False
    return sum(each["gain"] for each in found) >= EXPLAINED[kind] * float(d.square().sum())


def gains(kind: str, d: Tensor, ground: Tensor) -> tuple[Tensor, Tensor, Masks, list[tuple[int, int]]]:
    """The gain of every template in every colouring at every place (k, c, h, w), ‖P‖² (k, c), masks, colourings."""
    masks = templates(kind)
    product = torch.fft.rfft2(d)[:, None, None] * masks.spectrum  # (3, k, layers, 64, 33)
    match = torch.fft.irfft2(product, s=(SIZE, SIZE))[..., *WINDOW[kind]]  # ⟨d, mask⟩, the mask's centre at each pixel
    if kind == "shape":
        colours = [(colour, -1) for colour in HATS]
        return (
            *_group(match, masks.gram, paints(torch.tensor(HATS), torch.tensor(HATS))[:, 1:2] - ground),
            masks,
            colours,
        )
    coats = paints(torch.tensor(COATS), torch.tensor(HATS[: len(COATS)]))[:, FUR] - ground
    hats = paints(torch.tensor(HATS), torch.tensor(HATS))[:, HAT:] - ground
    gain, energy = _group(match[:, :, FUR], masks.gram[:, FUR, FUR], coats)
    hat_gain, hat_energy = _group(match[:, :, HAT:], masks.gram[:, HAT:, HAT:], hats)
    gain, energy = gain[:, :, None] + hat_gain[:, None], energy[:, :, None] + hat_energy[:, None]
    return gain.flatten(1, 2), energy.flatten(1, 2), masks, [(coat, hat) for coat in COATS for hat in HATS]


def _group(match: Tensor, gram: Tensor, paint: Tensor) -> tuple[Tensor, Tensor]:
    """Gain (k, c, h, w) and ‖P‖² (k, c) of layers in c colourings, ``paint`` (c, layers, 3) minus the ground."""
    energy = torch.einsum("kab,cai,cbi->kc", gram, paint, paint)
    return 2 * torch.einsum("ikahw,cai->kchw", match, paint) - energy[..., None, None], energy


def _best(gain: Tensor, energy: Tensor, masks: Masks, colours: list[tuple[int, int]]) -> dict:
    k, c, y, x = (int(i) for i in torch.unravel_index(gain.argmax(), gain.shape))
    hat = colours[c][1] if masks.hat[k] else -1
    rows, columns = WINDOW["shape" if masks.form[k] < len(SHAPES) else "animal"]
    centre = torch.tensor([columns.start + x + 0.5, rows.start + y + 0.5])
    return {"gain": float(gain[k, c, y, x]), "energy": float(energy[k, c]), "form": int(masks.form[k]),
            "colour": colours[c][0], "hat": hat, "centre": centre, "radius": float(masks.radius[k])}  # fmt: skip


def score(asked: Scenes, seen: Scenes) -> dict[str, Tensor]:
    """Which pictures are right, and in what: a bool (n,) for each thing that is asked; all scenes of one kind.

    Of one shape: ``colour``, ``shape``, ``both`` (and no second form).  Of two: ``relation``, ``colours``, ``shapes``,
    ``all``; the relation is right if both lie as asked, and the colours and shapes fit that order no worse than the
    other one.  Of an animal: ``animal``, ``fur``, ``hat`` (or that there is none), ``all``.
    """
    shape, colour = asked.form == seen.form, asked.colour == seen.colour
    if (asked.relation >= 0).all():
        return _score_pair(asked, seen)
    if (asked.form[:, 0] < len(SHAPES)).all():
        return {"colour": colour[:, 0], "shape": shape[:, 0], "both": colour.all(1) & shape.all(1)}
    hat = asked.hat[:, 0] == seen.hat[:, 0]
    right = {"animal": shape[:, 0], "fur": colour[:, 0], "hat": hat}
    return right | {"all": shape[:, 0] & colour[:, 0] & hat}


def _score_pair(asked: Scenes, seen: Scenes) -> dict[str, Tensor]:
    relation = asked.relation
    apart = seen.centre[:, 1] - seen.centre[:, 0]  # (n, 2)
    along, across = torch.where((relation >= 2)[:, None], apart, apart.flip(1)).unbind(1)
    before = (relation % 2 == 0) == (along > 0)  # the form that was read first lies where the first one should
    order = torch.where(before[:, None], torch.tensor([0, 1]), torch.tensor([1, 0]))
    colour = seen.colour.gather(1, order), seen.colour.gather(1, 1 - order)
    form = seen.form.gather(1, order), seen.form.gather(1, 1 - order)
    right, swapped = ((asked.colour == c).sum(1) + (asked.form == f).sum(1) for c, f in zip(colour, form, strict=True))
    placed = (seen.form[:, 1] >= 0) & (along.abs() > across.abs()) & (right >= swapped)
    colours, shapes = (asked.colour == colour[0]).all(1), (asked.form == form[0]).all(1)
    return {"relation": placed, "colours": colours, "shapes": shapes, "all": placed & colours & shapes}


def fulfilled(wish: Scenes, seen: Scenes) -> Tensor:
    """Which pictures (n,) show all that a caption says: ``wish`` from ``world.parse``, ``seen`` from ``read``.

    A hat that is not asked for is wrong, and so is a second form; what else the caption leaves open is free.  A small
    form has a radius below 16.5 pixels.
    """
    asked = Scenes(*(field.expand(len(seen.form), *field.shape[1:]) for field in wish))
    if int(wish.relation) >= 0:
        right = _score_pair(asked, seen)["all"]
    else:
        some_hat = (asked.hat == -2) & (seen.hat >= 0)
        right = (asked.form == seen.form).all(1) & ((asked.hat == seen.hat) | some_hat).all(1)
        right &= ((asked.colour == seen.colour) | (asked.colour == -1))[:, 0]
    large = (seen.radius[:, 0] > (SMALL[1] + LARGE[0]) / 2).long()
    right &= (asked.size == large) | (asked.size == -1)
    return right & ((asked.ground == seen.ground) | (asked.ground == -1))
