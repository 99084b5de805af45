"""What the laboratory ``decode`` is given: a picture, and what its decoder makes of each channel turned round."""

from __future__ import annotations

import json

from . import picture
from .attention import looks
from .picture import files

__all__ = ["data", "files"]


def data() -> dict:
    """The latents of the picture, what the decoder makes of each channel turned round, and the decoder."""
    told = picture.data()
    files = [each for each in told["files"] if each["name"].startswith(("decoder.", "ort."))]
    kept = json.loads((looks() / "decode.json").read_text(encoding="utf-8"))
    megabytes = round(sum(each["packed"] for each in files) / 1e6)
    return {"files": files, "megabytes": megabytes, "first": told["first"], "network": told["network"], **kept}
