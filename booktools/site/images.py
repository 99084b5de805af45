"""Images of a page: each has its size in the HTML, is loaded lazily, and is stored in the smaller format.

A PNG becomes a lossless WebP where that is smaller.  A large embedded image becomes a file of its own, so that the text
does not wait for it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from html import escape
from pathlib import Path
from urllib.parse import unquote

from docutils import nodes
from PIL import Image
from sphinx.application import Sphinx

FOLDER = "_images"
LARGE = 3000  # characters of an embedded image that becomes a file
WORTH = 0.95  # of a PNG's bytes: a WebP that is not smaller than this is not used
AT_ONCE = 1  # images on the first screen
_IMAGE = re.compile(r"<img\b[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_DATA = re.compile(r"data:image/(png|jpeg|svg\+xml|webp);base64,(.*)", re.DOTALL)
_ENDS = {"png": ".png", "jpeg": ".jpg", "svg+xml": ".svg", "webp": ".webp"}
_UNITS = {"": 1, "px": 1, "pt": 4 / 3, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4}


def webp(data: bytes) -> bytes | None:
    """A PNG's pixels as lossless WebP, or None if that saves nothing; an animated image stays as it is."""
    with Image.open(io.BytesIO(data)) as image:
        if getattr(image, "n_frames", 1) > 1 or image.mode.startswith("I"):
            return None
        image = image.convert("RGBA" if "A" in image.mode or "transparency" in image.info else "RGB")
        made = io.BytesIO()
        image.save(made, "WEBP", lossless=True, method=4, exact=True)
    return made.getvalue() if len(made.getvalue()) < WORTH * len(data) else None


def size(data: bytes, end: str) -> tuple[int, int] | None:
    """Width and height in CSS pixels, or None where an SVG does not give them."""
    if end != ".svg":
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    head = re.search(r"<svg\b[^>]*>", data[:4000].decode("utf-8", "replace"))
    said = dict(_ATTRIBUTE.findall(head[0])) if head else {}
    lengths = [re.fullmatch(r"([\d.]+)\s*([a-z]*)", said.get(side, "")) for side in ("width", "height")]
    if all(length and length[2] in _UNITS for length in lengths):
        return tuple(round(float(length[1]) * _UNITS[length[2]]) for length in lengths)
    box = said.get("viewBox", "").split()
    return (round(float(box[2])), round(float(box[3]))) if len(box) == 4 else None


class Images:
    """What the pages show, by the name that it has in ``_images``."""

    def __init__(self, output: Path) -> None:
        self.folder = output / FOLDER
        self.known: dict[str, tuple[str, tuple[int, int] | None]] = {}

    def keep(self, data: bytes, stem: str, end: str) -> str:
        """Write ``data`` under the name that it gets, as WebP if that is smaller; the name."""
        if stem not in self.known:
            smaller = webp(data) if end == ".png" else None
            name = f"{stem}.webp" if smaller else f"{stem}{end}"
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(smaller or data)
            self.known[stem] = name, size(data, end)
        return self.known[stem][0]

    def finish(self, body: str, files: dict[str, Path], folder: str) -> str:
        """``body`` with its images processed; ``files`` by their names, ``folder`` is the path to ``_images``."""
        count = 0

        def one(found: re.Match) -> str:
            nonlocal count
            said = dict(_ATTRIBUTE.findall(found[0]))
            address, stem = said.get("src", ""), ""
            if embedded := _DATA.fullmatch(address):
                if len(address) > LARGE:
                    data = base64.b64decode(embedded[2])
                    stem = hashlib.sha256(data).hexdigest()[:32]
                    said["src"] = f"{folder}{self.keep(data, stem, _ENDS[embedded[1]])}"
                    measured = self.known[stem][1]
                else:
                    measured = size(base64.b64decode(embedded[2]), _ENDS[embedded[1]])
            elif (name := unquote(address.rsplit("/", 1)[-1])) in files:
                path = files[name]
                stem = Path(name).stem
                said["src"] = f"{folder}{self.keep(path.read_bytes(), stem, path.suffix.lower())}"
                measured = self.known[stem][1]
            else:
                return found[0]
            if measured:
                said = {"width": str(measured[0]), "height": str(measured[1])} | said
            if stem:
                count += 1
                said |= {"loading": "lazy", "decoding": "async"} if count > AT_ONCE else {"fetchpriority": "high"}
            return "<img " + " ".join(f'{name}="{value}"' for name, value in said.items()) + ">"

        return _IMAGE.sub(one, body)


def fill(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    if doctree is None or "body" not in context:
        return
    if not hasattr(app, "pictures"):
        app.images = Images(Path(app.outdir))
    files = {name: Path(app.srcdir, source) for source, name in app.builder.images.items()}
    depth = escape(app.builder.get_relative_uri(pagename, "x").removesuffix("x.html"))
    context["body"] = app.images.finish(context["body"], files, f"{depth}{FOLDER}/")


def drop_replaced(app: Sphinx, error: Exception | None) -> None:
    """Sphinx copies each image as it was; a PNG that has a WebP beside it is removed."""
    if error is None and app.builder.format == "html":
        for path in (Path(app.outdir) / FOLDER).glob("*.png"):
            if path.with_suffix(".webp").is_file():
                path.unlink()


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", fill, priority=650)
    app.connect("build-finished", drop_replaced)
