"""Small images for laboratories, as text that a page can hold."""

from __future__ import annotations

import base64
import io

from PIL import Image


def packed(image: Image.Image, kind: str, **options: object) -> str:
    """An image as a file of this format, in base64."""
    held = io.BytesIO()
    image.save(held, kind, **options)
    return base64.b64encode(held.getvalue()).decode()
