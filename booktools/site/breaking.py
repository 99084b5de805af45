"""Where a formula may break: at = first, then at + and −, between factors, and inside of brackets only if it must.

A browser does not break MathML.  So a long formula becomes several short ones, ``Piece``, in a row; those that belong
together form a ``Group``, which moves to a new line as a whole before it breaks itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise
from xml.etree.ElementTree import Element

from .widths import RELATIONS, height, width

Row = list[Element]
OPEN, CLOSE = set("([{⟨⌊⌈"), set(")]}⟩⌋⌉")
SIGNS = set("+−±")
TIMES = set("⋅·×")
GAP = "0.1667em"  # LaTeX's \, which stands between factors


@dataclass(frozen=True)
class Piece:
    """What stays on one line."""

    row: Row

    @property
    def width(self) -> float:
        return width(self.row)


@dataclass(frozen=True)
class Group:
    """What breaks between its parts, where it must."""

    parts: tuple[Piece | Group, ...]


def broken(math: Element, room: float) -> Piece | Group:
    """A formula in pieces of which none is wider than ``room`` em, as far as there are places to break it."""
    row = list(math)
    while len(row) == 1 and row[0].tag == "mrow" and not _is_bracket(row[0]):
        row = list(row[0])
    return _broken(_infix(row), room, 0)


def leaves(part: Piece | Group) -> list[Piece]:
    """All pieces in order."""
    return [part] if isinstance(part, Piece) else [leaf for inner in part.parts for leaf in leaves(inner)]


def _broken(row: Row, room: float, level: int) -> Piece | Group:
    if level == len(WAYS) or width(row) <= room:
        return Piece(row)
    parts = WAYS[level](row)
    if len(parts) == 1:
        return _broken(row, room, level + 1)
    again = level if WAYS[level] is _in_brackets else level + 1
    return Group(tuple(_broken(part, room, again) for part in parts))


def _before(row: Row, starts: Callable[[int], bool]) -> list[Row]:
    """The row cut before each place that ``starts`` a new part."""
    cuts = [0, *(place for place in range(1, len(row)) if starts(place)), len(row)]
    return [row[first:last] for first, last in pairwise(cuts)]


def _at_relations(row: Row) -> list[Row]:
    return [_infix(part) for part in _before(row, lambda place: _sign(row[place]) in RELATIONS - {"∣", "→"})]


def _at_signs(row: Row) -> list[Row]:
    """Before + and −, unless nothing but a relation stands before them."""

    def starts(place: int) -> bool:
        binary = _sign(row[place]) in SIGNS and row[place].get("form") != "prefix"
        return binary and _sign(row[place - 1]) not in RELATIONS

    return [_infix(part) for part in _before(row, starts)]


def _between_factors(row: Row) -> list[Row]:
    """After a thin space, and before a sign × or ·."""
    return _before(row, lambda place: _gap(row[place - 1]) or _sign(row[place]) in TIMES)


def _in_brackets(row: Row) -> list[Row]:
    """Open the widest bracket that breaks; what is before it keeps the opening sign, what is after the closing one."""
    places = [place for place, part in enumerate(row) if _inside(part) is not None]
    for place in sorted(places, key=lambda each: -width(row[each])):
        bracket = _inside(row[place])
        opening, *inner, closing = [deepcopy(sign) for sign in bracket]
        first, *rest = _inner_parts(inner)
        if rest:
            for sign in (opening, closing):
                if sign.get("stretchy") != "false":
                    sign.set("minsize", f"{height(inner):.1f}em")
            rest[-1] = [*rest[-1], _closed(row[place], bracket, closing), *row[place + 1 :]]
            return [[*row[:place], opening, *first], *rest]
    return [row]


def _inner_parts(inner: Row) -> list[Row]:
    for way in (_at_relations, _at_bars, _at_signs, _after_commas, _between_factors, _in_brackets):
        if len(parts := way(inner)) > 1:
            return parts
    return [inner]


def _at_bars(row: Row) -> list[Row]:
    return _before(row, lambda place: row[place].text == "‖")


def _after_commas(row: Row) -> list[Row]:
    return _before(row, lambda place: _sign(row[place - 1]) in (",", ";"))


def _inside(part: Element) -> Element | None:
    """The bracket that ``part`` is, or of which it is a power."""
    base = part[0] if part.tag in ("msup", "msub", "msubsup") else part
    return base if _is_bracket(base) else None


def _is_bracket(part: Element) -> bool:
    return part.tag == "mrow" and len(part) > 2 and _sign(part[0]) in OPEN and _sign(part[-1]) in CLOSE


def _closed(part: Element, bracket: Element, closing: Element) -> Element:
    """The closing sign, with the power of the bracket."""
    if part is bracket:
        return closing
    made = Element(part.tag, part.attrib)
    made.extend([closing, *part[1:]])
    return made


def _infix(row: Row) -> Row:
    """A sign at the start of a line keeps the spaces around it."""
    if _sign(row[0]) in SIGNS | {"∼"} and row[0].get("form") != "prefix" and len(row) > 1:
        first = deepcopy(row[0])
        first.set("form", "infix")
        return [first, *row[1:]]
    return row


def _sign(part: Element) -> str:
    return (part.text or "") if part.tag == "mo" else ""


def _gap(part: Element) -> bool:
    return part.tag == "mspace" and part.get("width") == GAP


WAYS: Sequence[Callable[[Row], list[Row]]] = (_at_relations, _at_signs, _between_factors, _in_brackets)
