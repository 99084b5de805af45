"""``python -m booktools.check.rules``: what nbval does not see in the notebooks, and the rules that every page keeps.

nbval passes a cell that was never run, an execution out of order, a skipped cell and an empty notebook.
Outputs become part of a web page, so that only kinds that cannot carry a program are allowed.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from nbformat import NotebookNode

from ..compare import MEASURED
from ..notebooks.compose import stale
from ..source.markdown import parse
from ..source.pages import Book, Page, report
from . import claims, displays, places, sentences, terms
from .outputs import faults

MIME_TYPES = {"text/plain", "text/latex", "text/markdown", "text/html", "image/png", "image/jpeg", "image/svg+xml"}
MAX_BYTES = 1_000_000
SKIPPING = ("nbval", "raises-exception")  # tags that take a cell out of the comparison
WHOLE_CAPTION = re.compile(r"\{ref\}`fig-")
OPEN_LINES, OPEN_COLUMNS = 25, 88
CLOCKS = {"time", "timeit", "datetime"}  # modules


def notebook_problems(name: str, nb: NotebookNode, size: int = 0) -> list[str]:
    """One message per fault of a committed notebook; ``name`` starts each."""
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    found = [] if code else [f"{name}: no code cell; an empty notebook tests nothing"]
    for i, cell in enumerate(code):
        near = "".join(each.source for each in code[max(i - 1, 0) : i + 2])
        if MEASURED in cell.metadata.get("tags", []) and "measured(" not in near and "≈" not in near:
            found.append(
                f"{name}: code cell {i + 1} has the tag measured; print what its figure shows beside it, behind ≈"
            )
    if size >= MAX_BYTES:
        found.append(f"{name}: {size} bytes, allowed are {MAX_BYTES}; use fewer or smaller images")
    for number, cell in enumerate(code, 1):
        found += [f"{name}: code cell {number} {problem}" for problem in _cell_problems(number, cell)]
    return found


def _cell_problems(number: int, cell: NotebookNode) -> Iterator[str]:
    if cell.execution_count != number:
        yield f"has the execution count {cell.execution_count}; run the cells once, from the first to the last"
    for tag in cell.metadata.get("tags", []):
        if tag.lower().startswith(SKIPPING):
            yield f"has the tag {tag}, which takes it out of the comparison"
    for line in cell.source.splitlines():
        if line.lstrip().lower().startswith("# nbval_"):
            yield f"has the comment {line.strip()}, which takes it out of the comparison"
    for output in cell.outputs:
        if output.output_type == "error":
            yield f"failed with {output.ename}: {output.evalue}"
        elif output.output_type == "stream":
            if output.name != "stdout":
                yield f"wrote to {output.name}: {output.text[:200]!r}"
        else:
            yield from _bundle_problems(output.data, cell.metadata.get("mystnb", {}))


def _bundle_problems(data: dict, rendering: dict) -> Iterator[str]:
    for kind, content in data.items():
        if kind not in MIME_TYPES:
            yield f"shows {kind}; allowed are {', '.join(sorted(MIME_TYPES))}"
        else:
            yield from (f"shows {kind} with {fault}" for fault in faults(kind, content))
        if kind.startswith("image/") and not str(rendering.get("image", {}).get("alt", "")).strip():
            yield "shows an image without an alternative text; set `mystnb: image: alt:` in the cell's metadata"


def page_problems(page: Page) -> list[str]:
    """Rules for a page: its headings, no raw HTML, figures by number, its parameters, no clock, short open cells."""
    found, level = [], 0
    tokens = parse(page.text)
    for token, inline in zip(tokens, [*tokens[1:], None], strict=True):
        where = f"{page.name}.md:{token.map[0] + 1}:" if token.map else ""
        if token.type == "html_block" and not token.content.startswith("<!--"):
            found.append(f"{where} raw HTML; write Markdown, or show it from a cell")
        if token.type != "heading_open":
            continue
        depth = int(token.tag[1])
        if depth > level + 1 or (depth == 1 and level):
            found.append(
                f"{where} heading of level {depth} after level {level}; a page has one title and skips no level"
            )
        if any(child.type == "myst_role" for child in inline.children):
            found.append(f"{where} a role in a heading; the table of contents cannot show it")
        level = depth
    for number, line in enumerate(page.text.splitlines(), 1):
        if WHOLE_CAPTION.search(line):
            found.append(f"{page.name}.md:{number}: {{ref}} to a figure shows its whole caption; write {{numref}}")
    tagged = [cell for cell in page.code if "parameters" in cell.metadata.get("tags", [])]
    for cell in tagged:
        found += [f"{page.name}.md:{cell.line + 1}: {fault}" for fault in _parameter_faults(cell.source)]
    for cell in page.code:
        faults_of_cell = [*clock_faults(cell.source), *open_faults(cell.source, cell.metadata.get("tags", []))]
        found += [f"{page.name}.md:{cell.line + 1}: {fault}" for fault in faults_of_cell]
    if page.is_notebook and page.code and tagged[:1] != page.code[:1]:
        found.append(f"{page.name}.md: the first code cell must be its only one with the tag parameters")
    return found


def _parameter_faults(source: str) -> Iterator[str]:
    for statement in ast.parse(source).body:
        try:
            plain = isinstance(statement, ast.Assign)
            ast.literal_eval(statement.value if plain else statement)
        except (ValueError, TypeError):
            plain = False
        if not plain:
            yield f"{ast.unparse(statement)!r} is no parameter; write `name = literal`, without annotation"


def clock_faults(source: str) -> Iterator[str]:
    """What the clock says is another number in each run: a page can neither show it nor decide by it."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            if name.partition(".")[0] in CLOCKS:
                yield f"a cell imports the clock {name!r}; count operations, or make the time a parameter"


def open_faults(source: str, tags: list[str]) -> Iterator[str]:
    """Code that stands open on the page is short and narrow, so that it is read."""
    if "open" not in tags:
        return
    lines = source.rstrip().splitlines()
    if len(lines) > OPEN_LINES:
        yield f"an open cell of {len(lines)} lines, allowed are {OPEN_LINES}; split it, or let it fold"
    if (widest := max(map(len, lines), default=0)) > OPEN_COLUMNS:
        yield f"an open cell of {widest} columns, allowed are {OPEN_COLUMNS}; break its lines"


def check(book: Book) -> list[str]:
    """Everything that is wrong with the pages and the notebooks."""
    found = places.problems(book) + stale(book) + sentences.problems(book) + claims.problems(book)
    found += displays.problems(book) + terms.problems(book)
    for page in book.pages.values():
        found += page_problems(page)
    for page in book.notebooks:
        if nb := page.stored():
            found += notebook_problems(f"notebooks/{page.notebook.name}", nb, page.notebook.stat().st_size)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=Path(), help="the directory that holds _config.yml")
    return report(check, parser.parse_args().root)


if __name__ == "__main__":
    sys.exit(main())
