"""A fraction that is wider than any screen: its numerator and denominator are stacked in several lines."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from .breaking import Row, broken, leaves
from .widths import width

WIDE = 24.0  # em; a fraction that is narrower shrinks to the width of a phone and stays legible

MORE = 3.0  # em by which a line of a stack may be longer than a piece, before a rest stands alone


def stacked(part: Element, room: float) -> Element:
    """The same formula, in which no side of a fraction is wider than ``WIDE``, as far as it can be broken."""
    made = Element(part.tag, part.attrib)
    made.text = part.text
    made.extend(stacked(child, room) for child in part)
    if part.tag == "mfrac":
        made[:] = [_stack(side, room) if width(side) > WIDE else side for side in made]
    return made


def _stack(side: Element, room: float) -> Element:
    """The pieces of ``side``, as many on a line as there is room for."""
    lines: list[Row] = []
    for piece in leaves(broken(side if side.tag == "mrow" else _row([side]), room)):
        if lines and width([*lines[-1], *piece.row]) <= room + MORE:
            lines[-1] = [*lines[-1], *piece.row]
        else:
            lines.append(piece.row)
    if len(lines) == 1:
        return side
    table = Element("mtable")
    for line in lines:
        cell = Element("mtd")
        cell.append(_row(line))
        row = Element("mtr")
        row.append(cell)
        table.append(row)
    return table


def _row(parts: Row) -> Element:
    made = Element("mrow")
    made.extend(parts)
    return made
