"""A notebook as a function of its page and of the outputs of its code cells.

So it can be composed again at any time and compared byte by byte: a notebook that differs from its composition is
stale.  Outputs that were changed by hand are found by their recorded hash.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter

import nbformat
from nbformat import NotebookNode

from ..source.index import Index, Outputs, outputs_of, stored_outputs, values
from ..source.pages import Book, BookError, Cell, Page
from ..source.solutions import fold, hide, unhidden
from . import results
from .convert import Converter
from .install import install_cell

REMEDY = "run `make notebooks` and commit the result"


def code_cells(book: Book, page: Page) -> list[Cell]:
    return [install_cell(book), *page.code]


def compose(book: Book, index: Index, page: Page, outputs: Outputs) -> str:
    """The text of the notebook of ``page`` whose code cells showed ``outputs``, one list per code cell."""
    converter = Converter(index, page, values(outputs))
    shown, count, cells, solution = iter(outputs), 0, [], None
    for cell in [install_cell(book), *page.cells]:
        if cell.kind == "code":
            count += 1
            source, metadata = hide(cell.source, cell.metadata, solution)
            cells.append(
                nbformat.v4.new_code_cell(source, metadata=metadata, execution_count=count, outputs=next(shown))
            )
            caption, _ = fold(converter.caption(cell.metadata, cell.line), solution)
            cells.append(nbformat.v4.new_markdown_cell(caption))
        elif cell.kind == "markdown":
            text, solution = fold(converter.convert(cell.source, cell.line), solution)
            cells.append(nbformat.v4.new_markdown_cell(text, metadata=cell.metadata))
        else:
            raise BookError(f"{page.name}.md:{cell.line + 1}: a notebook of the book has no {cell.kind} cells")
    cells = [cell for cell in cells if cell.source or cell.cell_type == "code"]
    _name(cells)
    metadata = {
        "kernelspec": page.as_notebook.metadata.kernelspec,
        "language_info": {"name": "python"},
        "outputs_sha256": digest(outputs),
    }
    nb = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nb.nbformat_minor = 5
    return nbformat.writes(nb) + "\n"


def _name(cells: list[NotebookNode]) -> None:
    """Give each cell an id that depends on its source only, so that a second run gives the same notebook."""
    seen: Counter[str] = Counter()
    for cell in cells:
        name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
        cell.id = f"{name}-{seen[name]}" if seen[name] else name
        seen[name] += 1


def digest(outputs: Outputs) -> str:
    return hashlib.sha256(json.dumps(outputs, sort_keys=True).encode()).hexdigest()


def needs_run(page: Page, stored: NotebookNode | None) -> str | None:
    """Why the code of ``page`` has to run, or None when the committed notebook holds its outputs."""
    if stored is None:
        return "the notebook does not exist yet"
    ran = [cell for cell in stored.cells if cell.cell_type == "code"]
    # The first cell does nothing where the library is. Of the metadata only tags change a run.
    if [(unhidden(c.source), c.metadata.get("tags")) for c in ran[1:]] != [
        (c.source, c.metadata.get("tags")) for c in page.code
    ]:
        return f"its code is not that of {page.name}.md"
    if [cell.execution_count for cell in ran] != list(range(1, len(ran) + 1)):
        return "its cells were not all run from the first to the last"
    if digest(outputs_of(stored)) != stored.metadata.get("outputs_sha256"):
        return "its outputs were changed after the run"
    return None


def stale(book: Book) -> list[str]:
    """One message per committed notebook that is not what its page and its run make of it."""
    outputs, known, problems = stored_outputs(book), results.stored(book), []
    index = Index(book, outputs)
    if known and results.collected(book, outputs) != (book.root / results.PATH).read_text(encoding="utf-8"):
        problems.append(f"{results.PATH}: it is not what the notebooks report; {REMEDY}")
    for page in book.notebooks:
        reason = needs_run(page, page.stored()) or results.outdated(outputs[page.name], known)
        if reason := reason or _other_text(book, index, page):
            problems.append(f"notebooks/{page.notebook.name}: {reason}; {REMEDY}")
    strays = set((book.root / "notebooks").glob("*.ipynb")) - {page.notebook for page in book.notebooks}
    problems += [
        f"notebooks/{path.name}: no page of _toc.yml makes this notebook; remove it" for path in sorted(strays)
    ]
    return problems


def _other_text(book: Book, index: Index, page: Page) -> str | None:
    try:
        text = compose(book, index, page, outputs_of(page.stored()))
    except BookError as error:
        return str(error)
    return None if text == page.notebook.read_text(encoding="utf-8") else f"its text is not that of {page.name}.md"
