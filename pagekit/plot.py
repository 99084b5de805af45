"""Figures only: nothing here knows what a schedule or a model is.

Lines go to SVG, which is compared by its geometry when a notebook is re-run.  Images and clouds of samples go to
PNG or JPEG, because their last bits depend on the processor; beside each, a chapter prints rounded statistics.
The slider of ``frames`` is HTML and CSS without a script, so it works in Jupyter, on Colab, from ``file://`` and with
the keyboard (the arrow keys move a group of radio buttons); the book's script makes one range of its buttons.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import textwrap
from collections.abc import Sequence

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from diffusion_lib.errors import ConfigError

# A row of radio buttons drawn as a slider: each knob is a stretch of the track with a dot, the checked one a disc.
FRAME_STYLE = """
#{id} .frames-body {{ display: flex; flex-wrap: wrap; align-items: center; width: {width}px; max-width: 100%; }}
#{id} .frames-input {{ appearance: none; flex: 1 1 1px; min-width: 0; height: 1.8em; margin: 0; cursor: pointer;
  position: relative; background: linear-gradient(#9aa3b2, #9aa3b2) center / 100% 2px no-repeat; }}
#{id} .frames-input::after {{ content: ""; position: absolute; inset: 0; margin: auto;
  width: 0.5em; height: 0.5em; border-radius: 50%; background: #9aa3b2; }}
#{id} .frames-input:checked::after {{ width: 1.1em; height: 1.1em; background: #4269d0; }}
#{id} .frames-frame {{ display: none; width: 100%; }}
#{id} .frames-frame img {{ width: 100%; height: auto; image-rendering: {rendering}; }}
#{id} .frames-frame span {{ display: block; text-align: center; font-variant-numeric: tabular-nums; }}
"""


class Html:
    """A piece of HTML that a notebook displays; every text in it was escaped by whoever built it."""

    def __init__(self, text: str, plain: str) -> None:
        self.text, self.plain = text, plain

    def _repr_html_(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.plain


class Png:
    """A raster figure; the caption and the alternative text are the cell's, in the chapter's source."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def _repr_png_(self) -> bytes:
        return self.data

    def __repr__(self) -> str:
        return "<figure>"


NEUTRAL = "#737b87"  # a grey that is read on white and on black


def raster(figure: Figure, dpi: int = 110, colours: int | None = None) -> Png:
    """Return ``figure`` as a PNG without dates or version strings, and close it.

    With ``colours`` it is painted in so many, 256 at most: a figure of images is then less than half as heavy.

    A figure of images, which is on white and which the book must not invert, gets no ground, and its black words
    become grey: then it needs no white card in dark mode.
    """
    if matplotlib.colors.same_color(figure.get_facecolor(), "white"):
        figure.set_facecolor("none")
        for words in figure.findobj(Text):
            if matplotlib.colors.same_color(words.get_color(), "black"):
                words.set_color(NEUTRAL)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None}, bbox_inches="tight")
    plt.close(figure)
    if colours is not None:
        drawn, buffer = Image.open(buffer), io.BytesIO()
        drawn.quantize(colours).save(buffer, "PNG", optimize=True)
    return Png(buffer.getvalue())


def to_uint8(image: np.ndarray) -> np.ndarray:
    """Map an image (H, W), (1, H, W) or (3, H, W) with values in [−1, 1] to bytes, clipping what lies outside."""
    image = np.asarray(image, dtype=np.float64)
    if image.ndim == 3 and image.shape[0] == 3:
        image = image.transpose(1, 2, 0)  # (H, W, 3)
    elif image.ndim == 3 and image.shape[0] == 1:
        image = image[0]  # (H, W)
    elif image.ndim != 2:
        raise ConfigError(f"image must be shaped (H, W), (1, H, W) or (3, H, W), got {image.shape}")
    return np.round((image.clip(-1, 1) + 1) * 127.5).astype(np.uint8)


def tile(images: np.ndarray, columns: int, gap: int = 1) -> np.ndarray:
    """Lay images (n, 1, H, W) out row by row in one image (H', W'), white between them."""
    images = np.asarray(images)
    n, _, height, width = images.shape
    rows = -(-n // columns)
    sheet = np.ones((rows * (height + gap) - gap, columns * (width + gap) - gap))
    for i, image in enumerate(images):
        top, left = i // columns * (height + gap), i % columns * (width + gap)
        sheet[top : top + height, left : left + width] = image[0]
    return sheet


def title(axes: plt.Axes, text: str, *, columns: int = 40, lines: int = 3, **style: object) -> None:
    """Write ``text``, which a reader may choose, above ``axes`` as it stands: a ``$`` is a dollar, no mathematics.

    It stays small: lines are folded after ``columns`` characters, and what is left after ``lines`` lines is cut off,
    with an ellipsis.  What cannot be printed becomes a space.  ``style`` is that of matplotlib's ``set_title``.
    """
    folded = []
    for line in text.splitlines():
        printable = "".join(character if character.isprintable() else " " for character in line)
        folded += textwrap.wrap(printable, columns) or [""]
    if len(folded) > lines:
        folded = [*folded[: lines - 1], folded[lines - 1][: columns - 1] + "…"]
    axes.set_title("\n".join(folded), parse_math=False, **style)


def scatter(axes: plt.Axes, points: np.ndarray, *, limit: float, title: str = "", color: str = "C0") -> None:
    """Draw points (n, 2) in a square of half-width ``limit`` without ticks."""
    axes.scatter(*np.asarray(points).T, s=1.5, alpha=0.5, linewidths=0, color=color)
    axes.set(xlim=(-limit, limit), ylim=(-limit, limit), xticks=[], yticks=[], aspect="equal", title=title)
    axes.spines[:].set(visible=True, color="0.8")


def curve(steps: Sequence[int], losses: Sequence[float], *, pieces: int = 300) -> Figure:
    """The loss against the step, on logarithmic axes; means over at most ``pieces`` stretches calm the noise."""
    edges = np.unique(np.linspace(0, len(losses), min(pieces, len(losses)) + 1).astype(int))
    width = np.diff(edges)
    figure, axes = plt.subplots()
    axes.loglog(*(np.add.reduceat(np.asarray(values, float), edges[:-1]) / width for values in (steps, losses)))
    axes.set(xlabel="step", ylabel="loss")
    return figure


def scatter_frame(points: np.ndarray, *, limit: float, color: str = "C0") -> bytes:
    """One square PNG of points (n, 2), to be a frame of ``frames``."""
    figure, axes = plt.subplots(figsize=(3.4, 3.4), layout="constrained")
    scatter(axes, points, limit=limit, color=color)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90, metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()


def image_frame(image: np.ndarray, scale: int = 1) -> bytes:
    """One image with values in [−1, 1] as a frame: JPEG for colour, whose noise PNG cannot compress, else PNG."""
    from PIL import Image

    frame = Image.fromarray(to_uint8(image))
    frame = frame.resize((frame.width * scale, frame.height * scale), Image.Resampling.NEAREST)
    buffer = io.BytesIO()
    if frame.mode == "RGB":
        frame.save(buffer, format="JPEG", quality=85)
    else:
        frame.save(buffer, format="PNG")
    return buffer.getvalue()


def frames(images: Sequence[bytes], labels: Sequence[str], *, alt: str, kind: str = "image", width: int = 360) -> Html:
    """A slider over images (PNG or JPEG bytes), one label each.

    ``alt`` describes what the images show; each image's own alternative text adds its label.  ``kind`` is
    ``"plot"`` for dark marks on a transparent ground, which the book inverts in dark mode, or ``"image"``.
    """
    if len(images) != len(labels) or not images:
        raise ConfigError(f"labels must have one entry per image, got {len(labels)} for {len(images)} images")
    identity = "frames-" + hashlib.sha256("\n".join([alt, *labels]).encode()).hexdigest()[:10]
    style = FRAME_STYLE.format(id=identity, width=width, rendering="auto" if kind == "plot" else "pixelated")
    style += "".join(f"#{identity}-{i}:checked ~ .frames-frame-{i} {{ display: block; }}\n" for i in range(len(images)))
    inputs = "".join(
        f'<input type="radio" class="frames-input" name="{identity}" id="{identity}-{i}" '
        f'aria-label="{html.escape(label)}" title="{html.escape(label)}"{" checked" if i == 0 else ""}>'
        for i, label in enumerate(labels)
    )
    shown = "".join(
        f'<div class="frames-frame frames-frame-{i}">'
        f'<img alt="{html.escape(f"{alt}: {label}")}" src="{_data_url(data)}">'
        f"<span>{html.escape(label)}</span></div>"
        for i, (data, label) in enumerate(zip(images, labels, strict=True))
    )
    text = (
        f'<figure class="frames frames-{kind}" id="{identity}" role="group" aria-label="{html.escape(alt)}">'
        f'<style>{style}</style><div class="frames-body">{inputs}{shown}</div></figure>'
    )
    return Html(text, f"<slider of {len(images)} images: {', '.join(labels)}>")


def _data_url(data: bytes) -> str:
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
