"""Two images are the same if they have the same size and nearly the same pixels."""

from __future__ import annotations

import io

import numpy as np

LEVELS = 1.0  # of 255, on average over the image


def difference(stored: bytes, shown: bytes) -> str | None:
    """Where two PNG or JPEG files differ, in words; ``None`` if they show the same."""
    one, other = (_pixels(data) for data in (stored, shown))
    if one.shape != other.shape:
        return f"an image of {one.shape} pixels is now of {other.shape}"
    away = np.abs(one - other).mean()
    return f"the pixels of an image are {away:.3g} levels away" if away > LEVELS else None


def size(data: bytes) -> tuple[int, ...]:
    """Height and width of an image."""
    return _pixels(data).shape[:2]


def _pixels(data: bytes) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(data)), np.float32)
