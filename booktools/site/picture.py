"""``python -m booktools.site.picture``: the README's picture, taken from the stored notebook of the introduction."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / "book" / "_static" / "two-processes.png"


def picture() -> Image.Image:
    """The first figure of ``notebooks/intro.ipynb`` on a white ground, which a dark page needs."""
    cells = json.loads((ROOT / "notebooks" / "intro.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    figure = next(data["image/png"] for data in outputs if "image/png" in data)
    image = Image.open(io.BytesIO(base64.b64decode(figure))).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


if __name__ == "__main__":
    picture().save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: written")
