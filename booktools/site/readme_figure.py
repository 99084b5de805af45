"""``python -m booktools.site.readme_figure``: the README's figure, from the stored notebook of the introduction."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
FRAME = re.compile(r"data:image/png;base64,([^\"]*)")
FIGURE = ROOT / "book" / "_static" / "two-processes.png"


def figure() -> Image.Image:
    """The slider of ``notebooks/intro.ipynb`` as two rows on a white ground, which a dark page needs.

    Upper row: the forward process, left to right; lower row: the reverse process, right to left, so that equal times
    stand above each other.
    """
    cells = json.loads((ROOT / "notebooks" / "intro.ipynb").read_text(encoding="utf-8"))["cells"]
    outputs = [output.get("data", {}) for cell in cells for output in cell.get("outputs", [])]
    slider = next(text for data in outputs if 'class="frames ' in (text := "".join(data.get("text/html", ""))))
    frames = [Image.open(io.BytesIO(base64.b64decode(data))).convert("RGBA") for data in FRAME.findall(slider)]
    half, (width, height) = len(frames) // 2, frames[0].size
    sheet = Image.new("RGBA", (half * width, 2 * height), "white")
    for i, frame in enumerate(frames):
        column = i if i < half else 2 * half - 1 - i
        sheet.alpha_composite(frame, (column * width, i // half * height))
    return sheet.convert("RGB")


if __name__ == "__main__":
    figure().save(FIGURE, optimize=True)
    print(f"{FIGURE.relative_to(ROOT)}: written")
