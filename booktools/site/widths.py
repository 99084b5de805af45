"""How wide and how tall a formula will be, in em: what the breaking of lines and the shrinking of wide pieces need.

The letters' widths are those of the font that the pages use, from ``vendor/advances.json``; the spaces are those of
MathML's dictionary of operators.  An estimate, on the wide side: a browser test compares it with what is drawn.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element

ADVANCES: dict[str, int] = json.loads((Path(__file__).parent / "vendor" / "advances.json").read_text(encoding="utf-8"))
UNSEEN = set("\u2061\u2062\u2063\u200b\u00a0\u2009")
RELATIONS = set("=<>≤≥≠≈∼≃≡∝≪≫≔→←↦⇒∈∉⊂∣≲≳")
BINARY = set("+−±×÷·⋅∗∘⋆∪∩")
SPACES = dict.fromkeys(RELATIONS, 0.556) | dict.fromkeys(BINARY, 0.445) | dict.fromkeys(",;", 0.167)
LARGE = {"∑": 1.5, "∏": 1.4, "∫": 1.0}
SCRIPT = 0.72  # how much smaller an index is
FENCES = set("()[]{}|‖⟨⟩⌊⌋⌈⌉")


def unknown(element: Element) -> str:
    """The letters of a formula that the font does not have."""
    written = "".join(_letters(leaf) for leaf in element.iter() if leaf.tag != "mtext")
    return "".join(sorted({letter for letter in written if letter not in ADVANCES} - UNSEEN))


def width(parts: Element | Iterable[Element], style: int = 0) -> float:
    """The natural width of an element or of a row; ``style`` is 0 in a block, 1 in a fraction, 2 in an index."""
    if not isinstance(parts, Element):
        row = list(parts)
        return sum(width(part, style) for part in row) + _fences(row)
    of = _WIDTHS.get(parts.tag)
    return of(parts, style) if of else width(list(parts), style) if len(parts) else _word(parts)


def height(parts: Element | Iterable[Element]) -> float:
    """A rough height: 1 for a line of letters, more for fractions."""
    if not isinstance(parts, Element):
        return max((height(part) for part in parts), default=1.0)
    if parts.tag == "mfrac":
        return 0.3 + height(parts[0]) + height(parts[1])
    if parts.tag in ("msub", "msup", "msubsup"):
        return height(parts[0])
    if parts.tag in ("munder", "mover", "munderover"):
        return 2.4 if len(parts) == 3 else height(parts[0])
    if parts.tag == "mtable":
        return 1.3 * sum(height(row) for row in parts)
    if parts.tag == "mstyle":
        return 1.0
    return height(list(parts)) if len(parts) else 1.0


def _letters(leaf: Element) -> str:
    """The text of a leaf as it is drawn: a letter alone is italic."""
    text = leaf.text or ""
    if leaf.tag == "mi" and len(text) == 1 and leaf.get("mathvariant") != "normal":
        return italic(text)
    return text if not len(leaf) else ""


def italic(letter: str) -> str:
    if letter == "h":
        return "ℎ"
    for first, last, start in (("A", "Z", 0x1D434), ("a", "z", 0x1D44E), ("α", "ω", 0x1D6FC)):
        if first <= letter <= last:
            return chr(start + ord(letter) - ord(first))
    return {"ϵ": "𝜖", "ϑ": "𝜗", "ϕ": "𝜙", "ϱ": "𝜚", "∂": "𝜕"}.get(letter, letter)


def _word(leaf: Element) -> float:
    return sum(ADVANCES.get(letter, 0 if letter in UNSEEN else 550) for letter in _letters(leaf)) / 1000


def _operator(mo: Element, style: int) -> float:
    sign = mo.text or ""
    if sign in LARGE:
        return LARGE[sign] * (1 if style == 0 else 0.72)
    spaced = style < 2 and "lspace" not in mo.attrib and mo.get("form") != "prefix"
    return _word(mo) + (SPACES.get(sign, 0) if spaced else 0)


def _scripts(element: Element, style: int) -> float:
    base, *scripts = element
    widths = [SCRIPT * width(script, 2) for script in scripts]
    if element.get("accent"):
        return width(base, style)
    if element.tag in ("munder", "mover", "munderover"):
        return max(width(base, style), *widths)
    return width(base, style) + max(widths) + 0.06


def _fences(row: list[Element]) -> float:
    """Brackets around something tall are wider than those around letters."""
    tall = [part for part in row if part.tag == "mo" and part.text in FENCES and part.get("stretchy") != "false"]
    return len(tall) * (0.4 if height(row) > 2 else 0.2)


def _fraction(mfrac: Element, style: int) -> float:
    """In a block its sides are as large as the text, in a fraction smaller."""
    return (1 if style == 0 else SCRIPT) * max(width(side, style + 1) for side in mfrac) + 0.1


_WIDTHS = {
    "mo": _operator,
    "mspace": lambda element, style: float(element.get("width", "0").removesuffix("em")),
    "mfrac": _fraction,
    "msqrt": lambda element, style: width(list(element), style) + 0.84,
    "mstyle": lambda element, style: width(list(element), 1 if element.get("displaystyle") == "false" else style),
    "mtable": lambda element, style: max(width(row, 1) for row in element),
} | dict.fromkeys(("msub", "msup", "msubsup", "munder", "mover", "munderover"), _scripts)
