"""Numbers that are finite: what every result is checked for before it is shown, kept or used further."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def non_finite(x: Tensor) -> str | None:
    """Describe the first NaN or infinite element of x, its index, and how many follow; None if there is none."""
    x = x.detach()
    if not x.numel() or math.isfinite(torch.linalg.vector_norm(x, math.inf)):  # the largest |x|, or NaN, in one pass
        return None
    finite = x.isfinite()
    index = tuple((~finite).nonzero()[0].tolist())
    return f"{float(x[index])} at index {index} (and {int((~finite).sum()) - 1} more)"
