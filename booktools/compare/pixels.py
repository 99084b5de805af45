"""Two images are the same if they have the same size and nearly the same pixels."""

from __future__ import annotations

import io

import numpy as np

LEVELS = 1.0  # of 255, on average over the image


def difference(stored: bytes, shown: bytes, levels: float = LEVELS) -> str | None:
    """Where two PNG or JPEG files differ, in words; ``None`` if they show the same."""
    from PIL import Image

    one, other = (Image.open(io.BytesIO(data)) for data in (stored, shown))
    if (one.size, one.mode) != (other.size, other.mode):
        return f"an image of {one.size} pixels in {one.mode} is now of {other.size} in {other.mode}"
    away = np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32))
    return f"the pixels of an image are {away.mean():.3g} levels away" if away.mean() > levels else None
