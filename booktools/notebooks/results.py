"""``python -m booktools.notebooks.results [page …]``: what the chapters have proved, for other chapters to recall.

Each derivation reports its results with its count; the file is made of what the notebooks store.  For the pages named,
the derivation runs here instead, and nothing else of them does.  A page whose recalled results are no longer those of
the file has to run again.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import sys
from collections.abc import Mapping

from derive.page import recall
from derive.page.derivation import Derivation
from derive.page.record import results
from diffusion_lib.runtime import files

from ..source.index import Outputs, marks, stored_outputs
from ..source.pages import Book, Page, report

PATH = "derive/page/" + recall.FILE
COUNT = ".summary()"  # attacks every step with mutants


def reported(outputs: Outputs) -> dict | None:
    """What a page's derivation has proved, by its own report; None for a page that has none."""
    return next((mark["proved"] for mark, _ in marks(outputs) if "proved" in mark), None)


def derived(page: Page) -> dict:
    """The same, from the page's derivation cells, which run here."""
    namespace: dict = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for number, cell in enumerate((cell for cell in page.code if "derivation" in cell.metadata.get("tags", [])), 1):
            tree = ast.parse(cell.source)
            tree.body = [node for node in tree.body if not ast.unparse(node).endswith(COUNT)]
            exec(compile(tree, f"{page.short}.md, derivation cell {number}", "exec"), namespace)
    (derivation,) = {id(thing): thing for thing in namespace.values() if isinstance(thing, Derivation)}.values()
    return results(derivation)


def collected(book: Book, outputs: Mapping[str, Outputs], more: Mapping[str, dict] | None = None) -> str:
    """The text of the file: the reports of all pages, and ``more`` in place of some.

    A derivation that last ran when none reported keeps what the file has of it.
    """
    found, before = {}, stored(book)
    for page in book.notebooks:
        shown = outputs.get(page.name, [])
        old = before.get(page.short) if any("count" in mark for mark, _ in marks(shown)) else None
        found[page.short] = reported(shown) or old
    found |= more or {}
    told = {name: one for name, one in found.items() if one}
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write(book: Book, outputs: Mapping[str, Outputs], more: Mapping[str, dict] | None = None) -> None:
    path, text = book.root / PATH, collected(book, outputs, more)
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        files.write(path, text)
        print(f"{PATH}: written", flush=True)


def stored(book: Book) -> dict:
    path = book.root / PATH
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def outdated(outputs: Outputs, known: Mapping[str, dict]) -> str | None:
    """Why a page has to run again: the first thing that it recalls and that its chapter proves no more in this form."""
    for mark, _ in marks(outputs):
        if here := mark.get("recalled"):
            told = known.get(here["chapter"], {"results": {}})
            there = recall.find(here["name"], {here["chapter"]: told}) if here["name"] in told["results"] else None
            if there is None or (there.tag, there.sentence) != (here["tag"], here["says"]):
                return f"it recalls {here['name']!r}, which {here['chapter']} proves no more in this form"
    return None


def main() -> int:
    names = sys.argv[1:]

    def work(book):
        pages = {page.short: page for page in book.notebooks}
        write(book, stored_outputs(book), {name: derived(pages[name]) for name in names})
        return []

    return report(work, ".")


if __name__ == "__main__":
    sys.exit(main())
