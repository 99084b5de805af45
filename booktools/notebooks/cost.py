"""The ledger: what each chapter cost when its code last ran, in ``notebooks/X.cost.json``, and the page that shows it.

Whoever runs a chapter's code writes its cost; a row therefore belongs to the code that ran, whose hash it holds.  A row
of other code is marked on the page, and the next ``make notebooks`` measures it.  Costs differ from run to run, so they
are no outputs of a notebook: those repeat byte for byte on one machine.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterable
from operator import itemgetter
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from diffusion_lib.runtime.machine import machine
from diffusion_lib.runtime.tables import markdown

from ..source.pages import Book, Cell, Page
from . import large

HEAD = ["chapter", "seconds", "processor seconds", "peak memory", "network calls", "measured"]


def path_of(page: Page) -> Path:
    return page.notebook.with_suffix(".cost.json")


def digest(cells: Iterable[Cell]) -> str:
    return hashlib.sha256(json.dumps([cell.source for cell in cells]).encode()).hexdigest()


def record(page: Page, closure: str, metered: dict, seconds: float, date: str) -> str:
    """The text of a row's file: what was ``metered``, and ``seconds`` on the clock from start to end of the kernel.

    ``closure`` is the hash of all that the outputs depend on, before the run.
    """
    hashes = {"code_sha256": digest(page.code), "closure_sha256": closure}
    row = {**hashes, "date": date, "seconds": round(seconds, 1), **metered}
    return json.dumps(row | {"machine": machine()}, indent=1) + "\n"


def read(page: Page) -> dict | None:
    """The row of a page, with ``current``: whether it is of the page's code; None if there is none."""
    if not path_of(page).is_file():
        return None
    row = json.loads(path_of(page).read_text(encoding="utf-8"))
    return row | {"current": row["code_sha256"] == digest(page.code)}


def table(book: Book) -> str:
    """The ledger as a MyST table in the order of the book, then the machines."""
    lines = []
    rows = {page: read(page) for page in book.notebooks}
    for page, row in rows.items():
        link = f"{{doc}}`/{page.name}`"
        if row is None:
            lines.append([link, *["–"] * 4, "not yet"])
            continue
        numbers = [f"{row['seconds']:.1f}", f"{row['cpu_seconds']:.1f}"]
        numbers += [f"{row['peak_mib']} MiB", f"{row['network_calls']:,}"]
        lines.append([link, *numbers, row["date"] + ("" if row["current"] else ", **of older code**")])
    known = [row for row in rows.values() if row]
    sums = [f"{sum(row[name] for row in known):.1f}" for name in ("seconds", "cpu_seconds")]
    calls = f"{sum(row['network_calls'] for row in known):,}"
    lines.append(["**together**", *sums, f"{max((row['peak_mib'] for row in known), default=0)} MiB", calls, ""])
    machines = sorted({row["machine"] for row in known})
    return f"{markdown(HEAD, lines, 'lrrrrl')}\n\nMeasured on: {'; '.join(machines)}.\n"


def bars(rows: list[tuple[str, float]], unit: str, what: str) -> str:
    """A bar for each name, as an inline SVG that takes its colours from the page, legible on a phone."""
    longest, height = max((number for _, number in rows), default=1.0) or 1.0, 18
    told = ", ".join(f"{name} {number:.0f}" for name, number in rows)
    drawn = "".join(
        f'<text x="188" y="{i * height + 13}" text-anchor="end">{html.escape(name)}</text>'
        f'<rect x="194" y="{i * height + 2}" width="{138 * number / longest:.1f}" height="14" rx="2"/>'
        f'<text x="{200 + 138 * number / longest:.1f}" y="{i * height + 13}">{number:.0f} {unit}</text>'
        for i, (name, number) in enumerate(rows)
    )
    shape = f'viewBox="0 0 400 {height * len(rows)}" role="img" aria-label="{what}, {unit}: {told}"'
    return f'<svg class="costs" {shape}>{drawn}</svg>'


def _figure(rows: list[tuple[str, float]], unit: str, what: str) -> nodes.figure:
    longest, _ = max(rows, key=itemgetter(1), default=("none", 0))
    caption = f"{what} of each chapter, in the order of the book. The longest bar is that of {longest}."
    return nodes.figure("", nodes.raw("", bars(rows, unit, what), format="html"), nodes.caption(caption, caption))


class Costs(SphinxDirective):
    """``{costs}``: the bars of time, memory and network calls, and the table, read again at every build."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        book = self.env.app.book
        rows = {page.short: row for page in book.notebooks if (row := read(page))}
        spent = [(name, row["cpu_seconds"]) for name, row in rows.items()]
        held = [(name, row["peak_mib"]) for name, row in rows.items()]
        called = [(name, row["network_calls"] / 1000) for name, row in rows.items()]
        return [
            _figure(spent, "s", "Processor seconds"),
            *self.parse_text_to_nodes(table(book)),
            _figure(held, "MiB", "Peak memory"),
            _figure(called, "k", "Thousands of network calls"),
        ]


class LargeCosts(SphinxDirective):
    """``{large-costs}``: what the long versions cost on a GPU, or the sentence that none has run them."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return self.parse_text_to_nodes(large.table())
