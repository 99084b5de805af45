r"""Templates: masks of all forms in steps of their radius, and how much of an image each explains, where.

With B the background, d the image minus B, and P the form in its colours minus B, painting the form explains

    gain = ‖d‖² − ‖d − P‖² = 2 ⟨d, P⟩ − ‖P‖².

P is a sum of layers, P = Σ_a s_a (p_a − B), each a mask times a colour.  So

    ⟨d, P⟩ = Σ_a p_a · ⟨s_a, d⟩ − ⟨s_a, d · B⟩,
    ‖P‖² = Σ_ab ⟨s_a, s_b⟩ p_a · p_b − 2 Σ_a p_a · ⟨u_a, B⟩ + Σ_a ⟨u_a, |B|²⟩,   u_a = s_a Σ_b s_b,

come from a few products of images with masks, whatever the colours: at all positions by FFT, where B is the same along
each row; or near one position, for any B.  All this at half the image's resolution.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from ..data.forms import ANIMALS, FORMS, PATTERNS, SHAPES
from ..data.rendering import LAYERS, coverage, paints
from ..data.synthetic import BASES, COLOURS, FURS, NAMES

SIDE = 64  # pixels in which templates are compared
HAT, FUR = LAYERS.index("hat"), slice(0, LAYERS.index("hat"))
BODY = slice(LAYERS.index("head"), LAYERS.index("light") + 1)
HATS, COATS = [NAMES.index(name) for name in COLOURS], [NAMES.index(name) for name in FURS]
WIDEST = 1.13  # radii from a shape's centre to its farthest point
HOLE = 15.0  # radius in the middle of a base where another form may hide it
RADII = {  # the ends are not valid answers
    "shape": torch.arange(9.5, 26.0, 1.0),
    "patterned": torch.arange(9.5, 26.0, 1.0),
    "base": torch.arange(22.5, 32.0, 1.0),
    "top": torch.arange(9.0, 13.6, 0.5),
    "animal": torch.arange(15.0, 19.5, 1.0),
}
WINDOW = {  # of centres, rows and columns
    "shape": (slice(12, 52), slice(12, 52)),
    "base": (slice(22, 42), slice(22, 42)),
    "animal": (slice(28, 54), slice(20, 44)),
}


class Masks(NamedTuple):
    """Templates: form, pattern, radius and whether it wears a hat, (k,); what is seen of each layer, (k, a, 64, 64)."""

    form: Tensor
    pattern: Tensor
    radius: Tensor
    hat: Tensor
    seen: Tensor


class Gains(NamedTuple):
    """Gain, ‖P‖² and colours of every template at every position, in the best colouring: (k, h, w) each."""

    gain: Tensor
    energy: Tensor
    colour: Tensor
    hat: Tensor


@cache
def templates(family: str) -> Masks:
    """All forms of the family, a key of ``RADII``, at all radii, in the middle of the image."""
    names = {"base": BASES, "animal": ANIMALS}.get(family, SHAPES)
    hats = (0, 1) if family == "animal" else (0,)
    patterns = range(-1, len(PATTERNS)) if family == "patterned" else (-1,)
    rows = [(FORMS.index(name), pattern, radius, hat) for radius in RADII[family].tolist() for name in names
            for pattern in patterns for hat in hats]  # fmt: skip
    form, pattern, radius, hat = (torch.tensor(column) for column in zip(*rows, strict=True))
    middle = torch.full((len(rows), 2), SIDE / 2 + 0.5)  # the centre of pixel 32
    covers = coverage(form, pattern, middle, radius, SIDE)
    covers[:, HAT] *= hat[:, None, None]
    seen = uncovered(covers)
    if family != "animal":
        seen = seen[:, BODY] if family == "patterned" else seen[:, BODY.start, None]
    if family == "base":
        pixels = torch.arange(-SIDE / 2, SIDE / 2)
        seen = seen * (torch.hypot(*torch.meshgrid(pixels, pixels, indexing="ij")) > HOLE)
    return Masks(form, pattern, radius, hat, seen)


def uncovered(covers: Tensor) -> Tensor:
    """How much is seen of each layer (…, layers, h, w), for how much each covers alone, from the back to the front."""
    above = (1 - covers).flip(-3).cumprod(-3).flip(-3)
    return covers * torch.cat([above[..., 1:, :, :], torch.ones_like(above[..., :1, :, :])], -3)


@cache
def _spectrum(family: str) -> Tensor:
    return torch.fft.rfft2(torch.fft.ifftshift(templates(family).seen, dim=(-2, -1))).conj()


@cache
def _products(family: str, start: int | None, stop: int | None) -> tuple[Tensor, Tensor]:
    """Of the layers from ``start`` to ``stop``: u_a summed along each row (k, a, 64), and ⟨s_a, s_b⟩ (k, a, a)."""
    seen = templates(family).seen[:, start:stop]
    flat = seen.flatten(2)
    return (seen * seen.sum(1, keepdim=True)).sum(-1), flat @ flat.mT


def everywhere(family: str, image: Tensor, behind: Tensor) -> Gains:
    """What the templates of a family explain with their centre at each pixel of ``WINDOW``.

    ``image`` and ``behind`` are (3, 64, 64); ``behind`` is the same along each row.
    """
    rows = WINDOW[family][0]
    fields = _fields(image, behind)
    match = _inverse(family, torch.fft.rfft2(fields[:4])[:, None, None] * _spectrum(family))  # (4, k, a, h, w)
    shift = (torch.arange(SIDE) + torch.arange(rows.start, rows.stop)[:, None] - SIDE // 2).clamp(0, SIDE - 1)
    chosen = torch.arange(len(templates(family).form))
    return _coloured(family, chosen, match, _rows_behind(family, chosen, fields[4:, :, 0][:, shift]))


def power(family: str, image: Tensor, behind: Tensor) -> Tensor:
    """‖d‖² under the templates of a family, with their centre at each pixel of ``WINDOW``: (k, h, w).

    Where a mask is 0 or 1, a gain is this minus what is left there.
    """
    return _inverse(family, torch.fft.rfft2((image - behind).square().sum(0)) * _spectrum(family).sum(1))


def nearby(family: str, chosen: Tensor, image: Tensor, behind: Tensor, position: tuple[int, int], reach: int) -> Gains:
    """What the templates of a family with the numbers ``chosen`` explain, up to ``reach`` pixels from (x, y)."""
    masks, (x, y) = templates(family), position
    half = min(SIDE // 2, int(WIDEST * float(masks.radius[chosen].max())) + 2)
    middle = slice(SIDE // 2 - half, SIDE // 2 + half)
    seen = masks.seen[..., middle, middle][chosen]
    fields, positions = _fields(image, behind).roll((SIDE // 2 - y, SIDE // 2 - x), (1, 2)), 2 * reach + 1

    def around(fields: Tensor) -> Tensor:  # (positions, fields, pixels)
        wide = pad(fields[None], (reach,) * 4, "circular")[0][:, middle.start :, middle.start :]
        windows = wide.unfold(1, 2 * half, 1)[:, :positions].unfold(2, 2 * half, 1)[:, :, :positions]
        return windows.permute(1, 2, 0, 3, 4).flatten(3).flatten(0, 1)

    def product(rows: Tensor, fields: Tensor) -> Tensor:  # (4, k, a, h, w)
        found = around(fields) @ rows.flatten(2).flatten(0, 1).T
        return found.movedim(0, -1).unflatten(1, rows.shape[:2]).unflatten(-1, (positions, positions))

    def back(group: slice) -> Tensor:
        return product(seen[:, group] * seen[:, group].sum(1, keepdim=True), fields[4:])

    if (behind == behind[..., :1]).all():  # the same along each row: a sum of 64 numbers, not of all pixels
        shift = (torch.arange(SIDE) + torch.arange(-reach, reach + 1)[:, None]) % SIDE
        back = _rows_behind(family, chosen, fields[4:, :, 0][:, shift])
    return _coloured(family, chosen, product(seen, fields[:4]), back)


def _inverse(family: str, spectrum: Tensor) -> Tensor:
    """The inverse of ``rfft2`` in the family's ``WINDOW``: the columns of the rows outside are not needed."""
    rows, columns = WINDOW[family]
    return torch.fft.irfft(torch.fft.ifft(spectrum, dim=-2)[..., rows, :], n=SIDE)[..., columns]


def _rows_behind(family: str, chosen: Tensor, lines: Tensor) -> Callable[[slice], Tensor]:
    """⟨u_a, ·⟩ of B and |B|², which are the same along each row: ``lines`` (4, h, 64) holds the rows under the mask."""

    def back(group: slice) -> Tensor:  # (4, k, a, h, 1)
        return torch.einsum("kaj,ihj->ikah", _products(family, group.start, group.stop)[0][chosen], lines)[..., None]

    return back


def _fields(image: Tensor, behind: Tensor) -> Tensor:
    """d, −d · B, B and |B|²: (8, 64, 64)."""
    d = image - behind
    return torch.cat([d, -(d * behind).sum(0, keepdim=True), behind, behind.square().sum(0, keepdim=True)])


def _coloured(family: str, chosen: Tensor, match: Tensor, back: Callable[[slice], Tensor]) -> Gains:
    def best(layers: slice, paint: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        overlap = _products(family, layers.start, layers.stop)[1][chosen]
        return _group(overlap, match[:, :, layers], back(layers), paint[:, : overlap.shape[1]])

    colours = torch.tensor(HATS)
    if family != "animal":
        gain, energy, colour = best(slice(None), paints(colours, colours)[:, BODY])
        return Gains(gain, energy, colours[colour], torch.full_like(colour, -1))
    coats, hat = torch.tensor(COATS), slice(HAT, None)
    gain, energy, colour = best(FUR, paints(coats, coats)[:, FUR])
    more, further, worn = best(hat, paints(colours, colours)[:, hat])
    worn = torch.where(templates(family).hat[chosen, None, None] > 0, colours[worn], -1)
    return Gains(gain + more, energy + further, coats[colour], worn)


def _group(overlap: Tensor, match: Tensor, back: Tensor, paint: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The best of c colourings of layers, ``paint`` (c, layers, 3): gain, ‖P‖² and its number, (k, h, w) each."""
    energy = torch.einsum("kab,cai,cbi->kc", overlap, paint, paint)[..., None, None]
    energy = energy - 2 * torch.einsum("ikahw,cai->kchw", back[:3], paint) + back[3].sum(1)[:, None]
    one = torch.cat([paint, torch.ones_like(paint[..., :1])], -1)
    gain, best = (2 * torch.einsum("ikahw,cai->kchw", match, one) - energy).max(1)
    return gain, energy.expand(-1, -1, *gain.shape[1:]).gather(1, best[:, None])[:, 0], best
