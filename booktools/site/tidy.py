"""MathML as Temml writes it, made lighter and closer to TeX: no classes, no needless groups, tight indices, one accent.

What is taken away is what a browser knows by itself, from its dictionary of operators.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

BRACKETS = set("()[]{}")
ACCENTS = {"ˆ": "ˆ", "^": "ˆ", "~": "˜", "˜": "˜", "‾": "¯", "¯": "¯", "˙": "˙"}
SCRIPTS = {"msub": 1, "msup": 1, "msubsup": 1, "munder": 1, "mover": 1, "munderover": 1}  # from this child on, small
TIGHT = set("=+−:→,∣∼")
PRIMES = {"′′": "″", "′′′": "‴"}


def tidy(element: Element, small: bool = False) -> Element:
    """The same formula with fewer and simpler elements; ``small`` inside of an index or a power."""
    first = SCRIPTS.get(element.tag, len(element))
    children = [tidy(child, small or place >= first) for place, child in enumerate(element)]
    if element.tag in ("mrow", "math", "mpadded", "mstyle", "msqrt", "mtd"):
        children = _joined(children)
    if element.tag in ("mrow", "mpadded") and len(children) == 1:
        return children[0]
    made = Element("mrow" if element.tag == "mpadded" else element.tag, _attributes(element, small))
    made.text = (element.text or "") if not len(element) else None
    made.extend(children)
    if made.tag == "mo":
        _operator(made, small)
    if made.tag == "mover":
        _accent(made)
    return _primed(made) if made.tag in ("msup", "msubsup") else made


def _attributes(element: Element, small: bool) -> dict[str, str]:
    """What must stay: sizes of spaces, upright letters, and whatever an operator needs."""
    drop = {"class", "style", "display", "separator", "movablelimits", "fence", "symmetric"}
    return {key: value for key, value in element.attrib.items() if key not in drop}


def _operator(mo: Element, small: bool) -> None:
    sign = mo.text or ""
    if sign in BRACKETS:
        mo.attrib.pop("form", None)
    if mo.get("stretchy") == "true":
        mo.attrib.pop("stretchy")
    if sign == "|" and "form" not in mo.attrib:  # the bar of a condition
        mo.text = sign = "∣"
        mo.attrib.clear()
    if sign not in BRACKETS | {"|", "‖", "∣"}:
        mo.attrib.pop("stretchy", None)
    if sign in ("…", "⋯"):  # an operator of no dictionary would stand apart
        mo.tag = "mi"
        mo.attrib.clear()
    if small and sign in TIGHT:
        mo.attrib.clear()
        mo.attrib |= {"lspace": "0", "rspace": "0"}


def _primed(element: Element) -> Element:
    """A prime is raised by the font; as a power it would stand too high."""
    prime = element[-1]
    if prime.tag != "mo" or not set(prime.text or "") <= set("′″‴"):
        return element
    prime.attrib |= {"lspace": "0", "rspace": "0"}
    row = Element("mrow")
    row.extend([element[0], prime])
    if element.tag == "msup":
        return row
    made = Element("msub")
    made.extend([row, element[1]])
    return made


def _accent(mover: Element) -> None:
    """A hat, a bar, a tilde: close above its letter, and no wider."""
    over = mover[1]
    if over.tag == "mo" and over.text in ACCENTS and "width" not in mover.attrib:
        mover.set("accent", "true")
        mover[1].text = ACCENTS[over.text]
        mover[1].attrib.clear()
        mover[1].set("stretchy", "false")


def _joined(children: list[Element]) -> list[Element]:
    """``:`` and ``=`` become one sign, two primes become one; an empty space goes."""
    made: list[Element] = []
    for child in children:
        if child.tag == "mspace" and child.get("width", "0") in ("0", "0em", "0pt"):
            continue
        if _names_operator(child) and made and _is_factor(made[-1]):
            made.append(Element("mspace", width="0.1667em"))
        if child.tag == "mo" and child.text == "=" and made and (made[-1].tag, made[-1].text) == ("mo", ":"):
            made.pop()
            child = _mo("≔")
        made.append(child)
    primes = "".join(child.text or "" for child in made)
    if primes in PRIMES and all(child.tag == "mo" for child in made):
        return [_mo(PRIMES[primes])]
    return made


def _names_operator(part: Element) -> bool:
    """Var, log, exp: TeX puts a thin space before them, after a letter or a bracket."""
    first = part[0] if part.tag == "mrow" and len(part) else part
    return first.tag == "mi" and len(first.text or "") > 1 and first.text.islower() | (first.text == "Var")


def _is_factor(part: Element) -> bool:
    return part.tag in ("mi", "mn", "msub", "msup", "msubsup", "mfrac", "msqrt", "mrow", "mstyle") and not (
        part.tag == "mrow" and part[0].tag in ("munderover", "munder")
    )


def _mo(sign: str) -> Element:
    made = Element("mo")
    made.text = sign
    return made
