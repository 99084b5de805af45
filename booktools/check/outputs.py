"""What in a stored output could run a program or call another host; it becomes part of a web page.

Nothing is looked for: what this project's figures and sliders are made of is allowed, and all else is refused.  The
grammar is narrower than HTML's.  Every ``<`` starts a tag with quoted attributes, a comment without ``<`` and ``>``,
or what opens an SVG file, and no attribute holds ``<`` or ``>``.  No reader of HTML can then see a tag that this one
misses.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from html import unescape

NAME = r"[A-Za-z][-\w:.]*"
TOKEN = re.compile(
    rf"""(?P<text>[^<]+)
    | <!--[^<>]*--> | <\?xml\s[^<>]*\?> | <!DOCTYPE\s+svg\s[^<>\[\]]*> | </{NAME}\s*>
    | <(?P<tag>{NAME})(?P<attributes>(?:\s+{NAME}(?:="[^"<>]*"|='[^'<>]*')?)*)\s*/?>""",
    re.VERBOSE,
)
ATTRIBUTE = re.compile(rf"""({NAME})(?:="([^"]*)"|='([^']*)')?""")
TAGS = {
    "text/html": {"figure", "style", "div", "input", "img", "span"},
    "image/svg+xml": {"svg", "g", "path", "use", "rect", "image", "text", "tspan", "defs", "clippath", "pattern"}
    | {"style", "metadata", "rdf:rdf", "cc:work", "cc:agent"}
    | {"dc:type", "dc:format", "dc:date", "dc:creator", "dc:title"},
}
WORDS = {"alt", "title", "aria-label", "id", "class", "name", "role", "checked", "d"}  # never an address or a style
FREE = {"text/html": WORDS, "image/svg+xml": WORDS | {"version", "rdf:resource"}}
STYLED = {
    "text/html": {"style"},
    "image/svg+xml": {"style", "clip-path", "fill", "stroke", "transform", "x", "y", "width", "height", "viewbox"}
    | {"patternunits", "xmlns", "xmlns:xlink", "xmlns:cc", "xmlns:dc", "xmlns:rdf"},
}
PICTURE = re.compile(r"data:image/(png|jpeg);base64,[A-Za-z0-9+/=\s]*")
DRAWING = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/]*={0,2})")  # what it holds is looked at in its turn
ADDRESSES = {  # (tag, attribute): what its whole value must look like
    ("img", "src"): PICTURE,
    ("image", "xlink:href"): PICTURE,
    ("use", "xlink:href"): re.compile(r"#[-\w.]+"),
    ("input", "type"): re.compile("radio"),
    ("style", "type"): re.compile("text/css"),
}
FUNCTIONS = {"linear-gradient", "rgb", "rgba", "translate", "scale", "rotate", "skewx", "skewy", "matrix"}
CALL = re.compile(r"([-\w]*)\s*\(\s*([^)]*)")
# A row of a table, of words, code and formulas: no markup, no link, no image, no role, no command that makes a link.
ROW = re.compile(r"\|(?:(?!\]\(|\]\[|\}`|://)[^<>&])*\|")
# the MathJax of a notebook makes links and styles of these
TEX = re.compile(r"\\(?:href|require|style|class|cssId|mmlToken)(?![A-Za-z])")


def faults(kind: str, content: str) -> list[str]:
    """One message per thing in an output of this MIME type that a page must not hold."""
    if kind in TAGS:
        return list(_markup_faults(kind, content))
    if kind == "text/markdown":
        rows = [line for line in content.splitlines() if not ROW.fullmatch(line) or TEX.search(line)]
        return [f"{row[:40]!r}, which is no row of a plain table" for row in rows]
    if kind == "text/latex":
        return [f"the command {found}" for found in TEX.findall(content)]
    if kind.startswith("image/") and not PICTURE.fullmatch(f"data:{kind};base64,{content}"):
        return ["what is not base64"]
    return []


def _markup_faults(kind: str, content: str) -> Iterator[str]:
    position, tag = 0, ""
    while position < len(content):
        token = TOKEN.match(content, position)
        if token is None:
            yield f"{content[position : position + 40]!r}, which is not plain markup"
            return
        if token["tag"]:
            tag = token["tag"].lower()
            yield from _tag_faults(kind, tag, token["attributes"])
        elif token["text"] and tag == "style":
            yield from _style_faults("a style", token["text"])
            if "&" in token["text"]:
                yield "a style with &, which HTML and SVG read in two ways"
        elif content.startswith("</", position):
            tag = ""
        position = token.end()


def _tag_faults(kind: str, tag: str, attributes: str) -> Iterator[str]:
    if tag not in TAGS[kind]:
        yield f"<{tag}>"
        return
    values = {key.lower(): unescape(double or single) for key, double, single in ATTRIBUTE.findall(attributes)}
    for key, value in values.items():
        if (tag, key) == ("img", "src") and (drawing := DRAWING.fullmatch(value)):
            yield from _drawing_faults(drawing[1])
        elif allowed := ADDRESSES.get((tag, key)):
            if not allowed.fullmatch(value):
                yield f"{key}={value[:40]!r} in <{tag}>; allowed is {allowed.pattern}"
        elif key in STYLED[kind]:
            yield from _style_faults(f"{key} in <{tag}>", value)
        elif key not in FREE[kind]:
            yield f"the attribute {key} in <{tag}>"
    if tag == "img" and not values.get("alt", "").strip():
        yield "an image without an alternative text"


def _drawing_faults(encoded: str) -> Iterator[str]:
    try:
        yield from _markup_faults("image/svg+xml", base64.b64decode(encoded, validate=True).decode())
    except ValueError:
        yield "a drawing that is not base64 of UTF-8"


def _style_faults(where: str, text: str) -> Iterator[str]:
    """A style may call a few functions, and name only what stands in the same figure."""
    if found := re.search(r"[@\\]|/\*", text):
        yield f"{found[0]!r} in {where}"
    for name, argument in CALL.findall(text):
        inside = name.lower() == "url" and re.fullmatch(r"#[-\w.]+\s*", argument)
        if name.lower() not in FUNCTIONS and not inside:
            yield f"{name}({argument[:40]}) in {where}"
