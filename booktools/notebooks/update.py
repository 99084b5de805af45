"""``python -m booktools.notebooks.update [--all | --only NAME]``: bring ``notebooks/`` up to date with ``book/``.

Cells run only where the code changed, that of the page or that of the library under it; a change of prose alone
rewrites the text and keeps the outputs.  Beside each notebook that ran stands what it cost.  ``--only`` brings one
page up to date, and leaves the notebooks of the others as they are.
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date

from diffusion_lib.runtime import files

from ..source.index import Index, stored_outputs
from ..source.pages import Book, BookError, report
from . import closure, cost, results
from .compose import code_cells, compose
from .execute import execute


def update(book: Book, everything: bool = False, only: str | None = None) -> list[str]:
    """Run and write what is stale, of all pages or of the one called ``only``.

    Returns one message per page that failed, whose notebook is left as it was.
    """
    pages = [page for page in book.notebooks if only in (None, page.short)]
    if not pages:
        raise BookError(f"--only must name a page of _toc.yml that is a notebook, got {only!r}; write my-chapter")
    outputs, failures = stored_outputs(book), {}
    ran: dict[str, tuple[str, dict, float, str]] = {}  # for each page that ran, what its record says
    (book.root / "notebooks").mkdir(exist_ok=True)
    for page in pages:
        reason = "everything runs" if everything else closure.changed(page)
        reason = reason or results.outdated(outputs[page.name], results.stored(book))
        if reason:
            print(f"{page.name}: {reason}; running", flush=True)
            start, metered, before = time.monotonic(), {}, closure.digest(page)
            try:
                outputs[page.name] = execute(page, code_cells(book, page), metered)
                seconds = time.monotonic() - start
                if problem := closure.missed(page, metered.pop("used")):
                    raise BookError(problem)
                print(f"{page.name}: ran in {seconds:.0f} s", flush=True)
                results.write(book, outputs)  # a later page may recall what this one has proved
                ran[page.name] = before, metered, seconds, date.today().isoformat()
                # The text names the minutes of this run; but until the notebook holds its outputs, the page is stale.
                files.write(cost.path_of(page), cost.record(page, "", *ran[page.name][1:]))
            except BookError as error:
                failures[page.name] = str(error)
    results.write(book, outputs)
    index = Index(book, outputs)
    for page in pages:
        if page.name in failures:
            continue
        try:
            text = compose(book, index, page, outputs[page.name])
        except BookError as error:
            failures[page.name] = str(error)
            continue
        if not page.notebook.is_file() or page.notebook.read_text(encoding="utf-8") != text:
            files.write(page.notebook, text)
            print(f"notebooks/{page.notebook.name}: written", flush=True)
        if page.name in ran:
            files.write(cost.path_of(page), cost.record(page, *ran[page.name]))
    return list(failures.values())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", default=".", help="the directory that holds _config.yml")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="run every page, stale or not")
    which.add_argument("--only", metavar="NAME", help="bring this page alone up to date, such as samplers")
    arguments = parser.parse_args()
    return report(lambda book: update(book, arguments.all, arguments.only), arguments.root)


if __name__ == "__main__":
    sys.exit(main())
