"""A figure of several panels that stand side by side where there is room, and one below the other on a phone.

    from .panels import Panel, panels, sheet

    panels(
        [
            Panel("t = 0", figure_of_data, "Eight clusters on a circle"),
            Panel("t = T", figure_of_noise, "A round cloud"),
        ]
    )
    panels(
        [
            Panel("samples", sheet(samples, columns=8, scale=3), "Generated digits"),
            Panel("held-out digits", sheet(test_digits, columns=8, scale=3), "Handwritten digits"),
        ],
        kind="image",
    )

As the last line of a cell; the caption is that of the cell (``mystnb: figure: caption:``), the texts ``alt`` are here.
A ``plot`` has dark marks on no ground, and the book inverts it in dark mode.  An ``image`` keeps its colours and gets
a dark frame there, so it must hold nothing but images: words belong into the title, which is HTML.  A matplotlib
figure becomes SVG, what ``sheet`` or ``raster`` made stays PNG.  Figures 2.3 inches wide stand three in a row, 3.5 two.
"""

from __future__ import annotations

import base64
import html
import io
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from diffusion_lib.errors import ConfigError, check_choice, check_integer

from .layout import LEAST_PX, PHONE_PX
from .page import SVG_OPTIONS
from .plot import Html, Png, to_uint8

RASTER_PX = 96 / 110  # `raster` draws 110 dots an inch, a page has 96
ROW = "display: flex; flex-wrap: wrap; justify-content: center; align-items: flex-end; gap: 0.9em 1.2em;"
COLUMN = "display: flex; flex-direction: column; align-items: center; min-width: 0; max-width: 100%;"


@dataclass(frozen=True)
class Panel:
    title: str
    content: Figure | Png
    alt: str


def panels(row: Sequence[Panel], *, kind: str = "plot") -> Html:
    """All of ``row`` in one output; ``ConfigError`` without panels or texts, or if text is too small on a phone."""
    check_choice("kind", kind, ("plot", "image"))
    if not row or not all(panel.alt.strip() for panel in row):
        raise ConfigError(f"row must have one or more panels, each with an alt text, got {row!r}")
    shown = "".join(_panel(panel) for panel in row)
    text = f'<div class="panels panels-{kind}" style="{ROW}">{shown}</div>'
    return Html(text, f"<panels: {', '.join(panel.title for panel in row)}>")


def _panel(panel: Panel) -> str:
    if isinstance(panel.content, Figure):
        kind, data, width, ratio = "svg+xml", *_svg(panel)
    else:
        kind, data = "png", panel.content.data
        pixels, height = struct.unpack(">II", data[16:24])
        width, ratio = pixels * getattr(panel.content, "px", RASTER_PX), f"{pixels} / {height}"
    address = f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
    sized = f"width: {width:.0f}px; aspect-ratio: {ratio}; max-width: 100%; height: auto;"
    sized += " image-rendering: pixelated;" if hasattr(panel.content, "px") else ""
    title = f"<span>{html.escape(panel.title)}</span>" if panel.title else ""
    image = f'<img alt="{html.escape(panel.alt)}" src="{address}" style="{sized}">'
    return f'<div class="panel" style="{COLUMN}">{title}{image}</div>'


def _svg(panel: Panel) -> tuple[bytes, float, str]:
    """The figure as SVG, its width on a page in pixels, and its shape."""
    buffer = io.BytesIO()
    figure = panel.content
    figure.savefig(buffer, format="svg", **SVG_OPTIONS)
    width, height = (points * 96 / 72 for points in _size(buffer.getvalue()))
    sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    least = min(sizes, default=LEAST_PX) * 96 / 72 * min(1.0, PHONE_PX / width)
    plt.close(figure)
    if least < LEAST_PX:
        raise ConfigError(
            f"content of {panel.title!r} has text of {least:.1f} px on a phone, allowed are {LEAST_PX:g} or more;"
            f" make it narrower than {width / 96:.1f} in, or its text larger"
        )
    return buffer.getvalue(), width, f"{width:.0f} / {height:.0f}"


def _size(svg: bytes) -> tuple[float, ...]:
    """Width and height in points, as the file says them; they are those of the figure without its margins."""
    head = svg[: svg.index(b">", svg.index(b"<svg"))].decode()
    return tuple(float(head.split(f' {name}="')[1].split("pt")[0]) for name in ("width", "height"))


class Sheet(Png):
    """Images laid out in one PNG; ``px`` is how many pixels of the page one of its pixels takes."""

    def __init__(self, data: bytes, px: int) -> None:
        super().__init__(data)
        self.px = px


def sheet(images: np.ndarray, *, columns: int, scale: int = 1, gap: int = 1) -> Sheet:
    """Images (n, 1, H, W) or (n, 3, H, W) with values in [−1, 1], row by row; between them it is transparent.

    A pixel of an image is ``scale`` pixels wide on the page, the gaps ``gap`` times as much.
    """
    from PIL import Image

    images, scale = np.asarray(images), check_integer("scale", scale, 1, 64)
    columns, gap = check_integer("columns", columns, 1, 1000), check_integer("gap", gap, 0, 64)
    if images.ndim != 4 or images.shape[1] not in (1, 3) or not len(images):
        raise ConfigError(f"images must be shaped (n, 1, H, W) or (n, 3, H, W), got {images.shape}")
    n, channels, height, width = images.shape
    rows = -(-n // columns)
    page = np.zeros(
        (rows * (height + gap) - gap, min(n, columns) * (width + gap) - gap, 2 if channels == 1 else 4), np.uint8
    )
    for i, image in enumerate(images):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        region = page[top : top + height, left : left + width]
        region[..., :-1] = to_uint8(image).reshape(height, width, -1)
        region[..., -1] = 255
    buffer = io.BytesIO()
    Image.fromarray(page, "LA" if channels == 1 else "RGBA").save(buffer, format="PNG", optimize=True)
    return Sheet(buffer.getvalue(), scale)


def sheets(images: Mapping[str, np.ndarray], *, columns: int, scale: int = 1) -> Html:
    """A sheet for each entry, side by side: the title is the key, the grey images (n, 1, H, W) are the value."""
    row = [
        Panel(title, sheet(group, columns=columns, scale=scale), f"Small grey images, {title}")
        for title, group in images.items()
    ]
    return panels(row, kind="image")
