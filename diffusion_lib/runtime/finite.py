"""Numbers that are finite: what every result is checked for before it is shown, kept or used further."""

from __future__ import annotations

import math

from torch import Tensor


def non_finite(x: Tensor) -> str | None:
    """Describe the first NaN or infinite element of x, its index, and how many follow; None if there is none."""
    if math.isfinite(x.sum().item()):  # then each is, too: no sum with NaN or an infinity in it is finite
        return None
    finite = x.isfinite()
    if bool(finite.all()):  # finite numbers whose sum is not
        return None
    index = tuple((~finite).nonzero()[0].tolist())
    return f"{float(x[index])} at index {index} (and {int((~finite).sum()) - 1} more)"
