"""Data of the laboratory ``decode``: an image, and the decoder's output with each channel of its latents negated."""

from __future__ import annotations

import json

from . import picture
from .attention import looks
from .picture import files

__all__ = ["data", "files"]


def data() -> dict:
    """The latents of the image, the decoder's output with each channel negated, and the decoder."""
    generated = picture.data()
    files = [each for each in generated["files"] if each["name"].startswith(("decoder.", "ort."))]
    kept = json.loads((looks() / "decode.json").read_text(encoding="utf-8"))
    megabytes = round(sum(each["packed"] for each in files) / 1e6)
    return {
        "files": files,
        "megabytes": megabytes,
        "first": generated["first"],
        "network": generated["network"],
        **kept,
    }
