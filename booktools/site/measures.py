"""``{measures}``: what each page asks of a reader, as ``python -m booktools.check.measure --write`` stored it."""

from __future__ import annotations

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from diffusion_lib.runtime.tables import markdown

from ..check.limits import limits, stored
from ..notebooks import cost
from ..source.pages import Book

DRAWN = (
    ("kilobytes", "kB", "To load", "What each page loads, in kB as sent by a host."),
    (
        "height",
        "px",
        "Height",
        "The height of each page as it is loaded, with its folded parts closed, in a window 1280 px wide.",
    ),
)
HEAD = ["page", "kind", "height", "open code", "first figure", "figures", "to load", "shift"]


def table(book: Book, rows: dict[str, dict]) -> str:
    """The rows of pages that the book has, in its order, and the limits of each kind."""
    lines = []
    for name in book.pages:
        if row := rows.get(name):
            first = "–" if row["first_figure"] is None else f"{row['first_figure']:,} px"
            lines.append([f"{{doc}}`/{name}`", row["kind"], f"{row['height']:,} px", f"{row['code']:.1%}", first])
            lines[-1] += [str(row["figures"]), f"{row['kilobytes']} kB", f"{row['shift']:.2f}"]
    return f"{markdown(HEAD, lines, 'llrrrrrr')}\n" if lines else "Nothing is measured yet.\n"


def allowed() -> str:
    """The limits in words."""
    derivation, experiment = limits("derivation"), limits("experiment")
    return (
        f"At most {derivation['code']:.0%} of a derivation page and {experiment['code']:.0%} of an experiment page is "
        f"open code. No derivation page is taller than {derivation['height']:,} px. The first figure appears within "
        f"the first {derivation['first_figure']} px of a page, and there is at least one for every "
        f"{derivation['least_figures']:,} px; pages that are lists need none. A page loads at most "
        f"{derivation['kilobytes']} kB, and its layout shifts by at most {derivation['shift']}. "
        "No cell scrolls sideways at 1280 px, and no formula overflows at 390 px.\n"
    )


class Measures(SphinxDirective):
    """The table and the limits, read again at every build."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        book, rows = self.env.app.book, stored()
        figures = []
        for name, unit, what, caption in DRAWN:
            measured = [(book.pages[page].short, rows[page][name]) for page in book.pages if page in rows]
            drawn = nodes.raw("", cost.bars(measured, unit, what), format="html")
            figures += [nodes.figure("", drawn, nodes.caption(caption, caption))] if measured else []
        return [*self.parse_text_to_nodes(allowed()), *figures, *self.parse_text_to_nodes(table(book, rows))]
