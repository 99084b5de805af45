"""The data of the laboratory ``descent``: the loss with two basins of the page sgd-vs-batch."""

from __future__ import annotations

import torch

from ..data import of_cell


def data() -> dict:
    """The data with outliers of the page sgd-vs-batch, the loss on a grid, and the minima of the two basins."""
    page = of_cell("sgd-vs-batch", "def exact_loss", torch=torch, points=512, seed=0)
    line = page["line"](0.1)
    (deep, shallow), _, surface = page["basins"](line)
    heights = [[round(height, 4) for height in row] for row in surface.tolist()]
    return {"data": line.tolist(), "surface": heights, "deep": deep[1:], "shallow": shallow[1:]}
