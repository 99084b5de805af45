"""Two pieces of SVG or HTML say the same if their elements, words and colours agree, and what they draw lies near.

Names that matplotlib makes of a hash may differ, as long as each goes with one other throughout.  The letters of a
figure are outlines; they are compared by the text that matplotlib writes above them.
"""

from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import numpy as np

from . import geometry, pixels, text

SIZE = 0.05  # by this part the size of a measured figure may differ
COLOUR_LEVELS = 2  # of 255: a colour that a value was given by a colour map
COORDINATES = {"d", "points", "transform", "viewbox", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "rx", "ry"}
COORDINATES |= {"width", "height"}
HASHED = re.compile(r"(?<![0-9a-z])[a-zA-Z]?[0-9a-f]{10}(?![0-9a-z])")
COLOUR = re.compile(r"#(?:[0-9a-f]{6}|[0-9a-f]{3})(?![0-9a-z])", re.IGNORECASE)
DATA = re.compile(r"data:image/(svg\+xml|png|jpeg);base64,([A-Za-z0-9+/=\s]*)")
GLYPHS = re.compile(r"#?[A-Z][A-Za-z]*-[A-Za-z-]*[0-9a-f]+")  # DejaVuSans-30, DejaVuSans-Oblique-3b5


class _Events(HTMLParser):
    """What stands in a document, one after the other: (kind, name, attributes or words, whether inside of SVG)."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found, self.drawing = [], 0
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.drawing += tag == "svg"
        said = [(name, value or "") for name, value in attributes]
        glyphs = [value for name, value in said if name in ("id", "xlink:href") and GLYPHS.fullmatch(value)]
        if not (self.drawing and tag in ("use", "path") and glyphs):
            self.found.append(("start", tag, said, self.drawing > 0))

    def handle_endtag(self, tag: str) -> None:
        self.drawing -= tag == "svg"
        if tag not in ("use", "path"):
            self.found.append(("end", tag, "", False))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append(("words", "", data.strip(), False))

    def handle_comment(self, data: str) -> None:
        self.found.append(("words", "", data.strip(), False))


def difference(stored: str, shown: str, measured: bool = False) -> str | None:
    """Where two documents differ, in words; ``None`` if they say the same; of ``measured`` images see below."""
    if stored == shown:
        return None
    ours, theirs = (_Events(document).found for document in (stored, shown))
    names: dict[str, str] = {}
    for one, other in zip(ours, theirs, strict=False):
        if one[:2] != other[:2]:
            return f"{_shown(one)} is now {_shown(other)}"
        kind, tag, content, drawing = one
        found = None
        if kind == "start":
            found = _of_attributes(content, other[2], drawing, names, measured)
        elif content != other[2]:
            found = _of_value("", content, other[2], names)
        if found:
            return f"{found} in <{tag}>" if tag else found
    if len(ours) != len(theirs):
        longer = max(ours, theirs, key=len)
        return f"{_shown(longer[min(len(ours), len(theirs))])} is {'missing' if longer is ours else 'new'}"
    return None


def _shown(event: tuple) -> str:
    kind, tag, content, _ = event
    return repr(content) if kind == "words" else f"<{'/' if kind == 'end' else ''}{tag}>"


def _of_attributes(stored: list, shown: list, drawing: bool, names: dict[str, str], measured: bool) -> str | None:
    if [name for name, _ in stored] != [name for name, _ in shown]:
        return f"the attributes {[name for name, _ in stored]} are now {[name for name, _ in shown]}"
    for (name, ours), (_, theirs) in zip(stored, shown, strict=True):
        found = None
        one, other = DATA.fullmatch(ours), DATA.fullmatch(theirs)
        if one and other and one[1] == other[1]:
            found = of_image(one[1], *(base64.b64decode(match[2]) for match in (one, other)), measured)
        elif measured and name == "style" and any(DATA.match(value) for _, value in stored):
            continue  # it holds the size
        elif ours != theirs or HASHED.search(ours):
            found = _of_value(name if drawing else "", ours, theirs, names)
        if found:
            return f"{found}, in {name}"
    return None


def _of_value(name: str, stored: str, shown: str, names: dict[str, str]) -> str | None:
    if name == "d":
        return geometry.difference(stored, shown)
    if name in COORDINATES:
        return _of_coordinates(stored, shown)
    for one, other in zip(HASHED.findall(stored), HASHED.findall(shown), strict=False):
        if names.setdefault(one, other) != other or names.setdefault(f"← {other}", one) != one:
            return f"the name {one} goes with {names[one]} and with {other}"
    colours, others = COLOUR.findall(stored), COLOUR.findall(shown)
    for one, other in zip(colours, others, strict=False):
        if _levels(one, other) > COLOUR_LEVELS:
            return f"the colour {one} is now {other}"
    plain, other = (COLOUR.sub("#colour", HASHED.sub("name", value)) for value in (stored, shown))
    return text.difference(plain, other)


def of_image(kind: str, stored: bytes, shown: bytes, measured: bool = False) -> str | None:
    """Where two images of a kind differ: ``svg+xml``, ``png`` or ``jpeg``.

    Of those that are ``measured`` the labels are compared and the sizes, which depend a little on numbers at the axes.
    """
    if stored == shown:
        return None
    if measured:
        ours, theirs = (_outline(kind, data) for data in (stored, shown))
        alike = ours[1] == theirs[1] and np.allclose(ours[0], theirs[0], rtol=SIZE, atol=0)
        return None if alike else f"an image of size and labels {ours} now has {theirs}"
    return difference(stored.decode(), shown.decode()) if kind == "svg+xml" else pixels.difference(stored, shown)


def _outline(kind: str, data: bytes) -> tuple[tuple[float, ...], list[str]]:
    """The size of an image and, of a drawing, the labels without a number."""
    if kind != "svg+xml":
        return pixels.size(data), []
    svg = data.decode()
    *_, width, height = re.search(r'viewBox="([^"]*)"', svg)[1].split()
    labels = [words for words in re.findall("<!-- (.*?) -->", svg) if not re.search(r"\d", words)]
    return (float(width), float(height)), labels


def _of_coordinates(stored: str, shown: str) -> str | None:
    words, others = (geometry.NUMBER.split(value) for value in (stored, shown))
    if words != others:
        return f"{stored!r} is now {shown!r}"
    numbers, others = (np.array(geometry.NUMBER.findall(value), float) for value in (stored, shown))
    return f"{stored!r} is now {shown!r}" if np.abs(numbers - others).max(initial=0) > geometry.POINTS else None


def _levels(stored: str, shown: str) -> int:
    """By how many levels two colours differ, in the channel in which they differ most."""
    rows = [value[1:] if len(value) == 7 else "".join(2 * letter for letter in value[1:]) for value in (stored, shown)]
    return max(abs(int(a, 16) - int(b, 16)) for a, b in zip(*map(_channels, rows), strict=True))


def _channels(colour: str) -> list[str]:
    return [colour[i : i + 2] for i in (0, 2, 4)]
