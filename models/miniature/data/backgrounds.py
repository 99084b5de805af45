"""The background of an image, estimated from the image's border: one colour, or a sky above a land."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from .rendering import EDGE, palette
from .synthetic import GROUNDS, HORIZON, NAMES, SIZE

BORDER = 32  # the border's width is this part of the image's side
# Of the side; this far above and below the dataset's horizon a colour is certain, and a form may be painted
MARGIN = 26 / SIZE
SAME = 0.3  # colours that are nearer than that are one ground's


class Land(NamedTuple):
    """The colours above and below the horizon, (n, 3) each, and the horizon (n,) as a fraction of the side.

    The horizon is measured from the top; it is 0 where there is none, and the two colours are then equal.
    """

    above: Tensor
    below: Tensor
    horizon: Tensor

    def ground(self) -> Tensor:
        """The nearest of the dataset's ``GROUNDS`` (n,)."""
        names = torch.tensor([[NAMES.index(name) for name in names] for names in GROUNDS.values()])
        known = palette()[names].flatten(1)  # (grounds, 6)
        return torch.cdist(torch.cat([self.above, self.below], 1), known).argmin(1)

    def image(self, side: int = SIZE) -> Tensor:
        """The land without forms, (n, 3, side, side)."""
        rows = torch.arange(side) + 0.5
        fraction = (0.5 + (rows - self.horizon[:, None] * side) / EDGE).clamp(0, 1)[:, None, :, None]
        return torch.lerp(self.above[..., None, None], self.below[..., None, None], fraction).expand(-1, -1, -1, side)


def land_of(images: Tensor) -> Land:
    """Estimate the land of images (n, 3, side, side): colours are medians along the border.

    The horizon is where the colours of the border's rows change from one to the other.
    """
    side = images.shape[-1]
    wide = side // BORDER
    rows = torch.cat([images[..., :wide], images[..., -wide:]], -1)  # (n, 3, side, 2 wide)
    top = int((HORIZON / SIZE - MARGIN) * side)
    bottom = int((HORIZON / SIZE + MARGIN) * side)
    ends = images[:, :, :wide, wide:-wide].flatten(2), images[:, :, -wide:, wide:-wide].flatten(2)
    above = torch.cat([rows[:, :, :top].flatten(2), ends[0]], 2).median(2).values
    below = torch.cat([rows[:, :, bottom:].flatten(2), ends[1]], 2).median(2).values
    everywhere = torch.cat([rows.flatten(2), *ends], 2).median(2).values
    two = (above - below).norm(dim=1, keepdim=True) > SAME
    above, below = torch.where(two, above, everywhere), torch.where(two, below, everywhere)
    step = below - above
    fraction = torch.einsum("nchw,nc->nhw", rows - above[..., None, None], step) / step.square().sum(1)[:, None, None]
    fraction = ((fraction.median(2).values - 0.1) / 0.8).clamp(0, 1)  # what is nearly one colour is that colour
    return Land(above, below, torch.where(two[:, 0], (1 - fraction).mean(1), 0.0))
