"""``python -m booktools.site.build``: the HTML of the book, from the outputs stored in ``notebooks/``.

A stale notebook stops the build before it starts.  The execution cache is filled from the notebooks, so that the pages
show the outputs that the tests compare, and no kernel starts.  Any warning is an error.
"""

from __future__ import annotations

import argparse
import copy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from nbformat import NotebookNode

from ..lab import KEPT
from ..notebooks.compose import stale
from ..source.index import outputs_of
from ..source.pages import Book, report
from .html import problems


def in_the_text(output: NotebookNode) -> bool:
    """Whether an output is a number that a sentence quotes: the page shows it there, and not below the cell as well."""
    return "value" in output.get("metadata", {}).get("diffusion_lib", {})


def seed_cache(book: Book) -> None:
    """Make the cache hold the committed outputs, but for the numbers of the text, and nothing else."""
    path = book.root / "_build" / ".jupyter_cache"
    shutil.rmtree(path, ignore_errors=True)
    cache = get_cache(path)
    for page in book.notebooks:
        nb = copy.deepcopy(page.as_notebook)
        outputs = outputs_of(page.stored())[1:]  # the first cell only installs the library; the page does not have it
        for count, (cell, shown) in enumerate(
            zip((c for c in nb.cells if c.cell_type == "code"), outputs, strict=True), 1
        ):
            cell.outputs, cell.execution_count = [o for o in shown if not in_the_text(o)], count
        bundle = CacheBundleIn(nb, str(page.source), data={"execution_seconds": 0})
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


@contextmanager
def graphs_ahead() -> Iterator[None]:
    """Where there are none, export the graphs of the laboratories beside Sphinx, which waits where it needs them."""
    if any(KEPT.glob("miniature-*")):
        yield
        return
    with subprocess.Popen([sys.executable, "-m", "booktools.lab.graphs"]):
        yield


def jupyter_book(root: Path) -> int:
    """The exit status of Jupyter Book; without -W it would be 0 even when a cell failed."""
    # A tree of nodes is full of cycles and is needed to the end: to look for what could go takes a tenth of the time.
    main = "import gc; gc.disable(); from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", main, "build", str(root), "-W", "-n", "--keep-going", "-q"]
    return subprocess.run(command, check=False).returncode


def clear(book: Book) -> None:
    """Make the next build start from nothing."""
    shutil.rmtree(book.root / "_build" / "html", ignore_errors=True)
    shutil.rmtree(book.root / "_build" / ".doctrees", ignore_errors=True)


def build(book: Book) -> list[str]:
    """Build ``_build/html`` and return what is wrong with it; then nothing is left that could be read or published."""
    output = book.root / "_build" / "html"
    built = {path.relative_to(output).with_suffix("").as_posix() for path in output.glob("book/**/*.html")}
    if built != book.pages.keys():  # Sphinx leaves a page that _toc.yml no longer lists, and links to what has moved
        clear(book)
    found = stale(book)
    if not found:
        seed_cache(book)
        with graphs_ahead():
            code = jupyter_book(book.root)
        found = problems(output) if code == 0 else [f"jupyter-book found the problems above (exit status {code})"]
    if found:  # Sphinx repeats no warning about a page that it has read
        clear(book)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=Path(), help="the directory that holds _config.yml")
    root = parser.parse_args().root
    status = report(build, root)
    if status == 0:
        print(f"open {root.resolve() / '_build' / 'html' / 'index.html'}")
    return status


if __name__ == "__main__":
    sys.exit(main())
