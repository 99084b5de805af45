"""The HTML of formulas: pieces that a line may hold, and blocks of a derivation as rows of a grid."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from xml.etree import ElementTree

from .breaking import Group, Piece, broken, leaves
from .formulas import Beside, Block, Row
from .justifications_directive import Links, beside_html
from .mathml import Formula, Formulas
from .stacking import stacked

INLINE = 9.0  # in a sentence, what is wider than this many em may break
ROOM = 17.0  # in a block, what a phone holds beside its indentation
SURE = 1.04  # the widths are estimates
SHRINKS = 12.0  # what is wider tells the style sheet its width, and shrinks where there is not enough room


def needed(block: Block) -> Iterator[Formula]:
    """The formulas of a block."""
    for row in block.rows:
        yield from (Formula(side, display=True) for side in (row.left, row.right) if side)


def inline(formula: Formula, formulas: Formulas, before: str = "", after: str = "") -> str:
    """A formula in a sentence, with what no line break may part from it."""
    first, *rest = leaves(broken(formulas[formula], INLINE))
    pieces = [_piece(each, display=False) for each in (first, *rest)]
    pieces[0] = escape(before) + pieces[0]
    pieces[-1] += escape(after)
    if before:
        pieces[0] = _together(pieces[0])
    if after and not (before and not rest):
        pieces[-1] = _together(pieces[-1])
    return "<wbr>".join(pieces)


def block_html(block: Block, formulas: Formulas, links: Links, anchor: str = "", number: str = "") -> str:
    """A block: its rows, and its number at the right with a link to itself."""
    apart = any(row.left and not row.right for row in block.rows)
    plain = not any(row.beside or row.left for row in block.rows)
    kind = "derivation" + (" apart" if apart else "") + (" plain" if plain else "")
    name = f' id="{escape(anchor)}"' if anchor else ""
    rows = "".join(_row(row, formulas, links) for row in block.rows)
    shown = f'<a class="number" href="#{escape(anchor)}">{escape(number)}</a>' if number else ""
    style = f' style="--n:{len(block.rows)}"' if number else ""
    return f'<div class="{kind}"{name}><div class="rows"{style}>{rows}{shown}</div></div>\n'


def _row(row: Row, formulas: Formulas, links: Links) -> str:
    def side(latex: str) -> str:
        return _part(broken(stacked(formulas[Formula(latex, display=True)], ROOM), ROOM)) if latex else ""

    cells = [f'<div class="left">{side(row.left)}</div>'] if row.left else []
    cells += [f'<div class="right">{side(row.right)}</div>'] if row.right else []
    cells += [_beside(row.beside, links)] if row.beside else []
    return f'<div class="row">{"".join(cells)}</div>'


def _beside(beside: Beside, links: Links) -> str:
    return f'<div class="beside">{beside_html(beside, links)}</div>'


def _part(part: Piece | Group) -> str:
    if isinstance(part, Piece):
        return _piece(part, display=True)
    return f'<span class="fit">{"<wbr>".join(map(_part, part.parts))}</span>'


def _piece(piece: Piece, display: bool) -> str:
    style = f' style="--w:{SURE * piece.width:.1f}"' if piece.width > SHRINKS else ""
    large = ' displaystyle="true"' if display else ""
    inside = "".join(ElementTree.tostring(each, encoding="unicode") for each in piece.row)
    return f"<math{large}{style}>{inside}</math>".replace(" />", "/>")


def _together(html: str) -> str:
    return f'<span class="whole">{html}</span>'
