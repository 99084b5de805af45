"""What a page can refer to: numbered equations, figures and exercises, titles, steps of derivations, references.

Numbers follow Sphinx: equations count from 1 on each page, figures, exercises and theorems through the whole book.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pybtex.database
from nbformat import NotebookNode

from .api import Entry, entries
from .markdown import Directive, tokens
from .pages import Book, BookError, Page

NUMBERED = {
    "figure": "Fig.",
    "diagram": "Fig.",
    "costs": "Fig.",
    "measures": "Fig.",
    "table": "Table",
    "exercise": "Exercise",
    "exercise-start": "Exercise",
}
HYPHEN = re.compile(r"(?<![\w.])-(?=\.?\d)")  # before a number that Python wrote; a page has the minus sign
Outputs = Sequence[Sequence[NotebookNode]]  # per code cell, the outputs it displayed


@dataclass(frozen=True)
class Target:
    """A place in the book, and the words that stand for it."""

    page: Page
    text: str
    anchor: str = ""


def outputs_of(nb: NotebookNode | None) -> Outputs:
    return [cell.outputs for cell in nb.cells if cell.cell_type == "code"] if nb else []


def stored_outputs(book: Book) -> dict[str, Outputs]:
    """The outputs in the committed notebooks, by page; a page without a notebook has none."""
    return {page.name: outputs_of(page.stored()) for page in book.notebooks}


def marks(outputs: Outputs) -> Iterator[tuple[dict, NotebookNode]]:
    """The outputs that the library marked: ``metadata["diffusion_lib"]`` and the output itself."""
    for output in (output for cell in outputs for output in cell):
        if mark := output.get("metadata", {}).get("diffusion_lib"):
            yield mark, output


def values(outputs: Outputs) -> dict[str, str]:
    """The named values of a page: an output marked ``{"value": name}`` is worth its ``text/plain``.

    The count of a derivation, marked ``{"count": {…}}``, gives ``count-relations``, ``count-killed``, ….
    """
    found = {mark["value"]: output["data"]["text/plain"] for mark, output in marks(outputs) if "value" in mark}
    counts = [mark["count"] for mark, _ in marks(outputs) if "count" in mark]
    return found | {f"count-{name}": str(number) for count in counts for name, number in count.items()}


def rows_of(mark: dict) -> list[dict[str, str]]:
    """The rows of a derivation's block: ``left``, ``relation`` and ``right`` as LaTeX, ``justification``, ``since``."""
    if "rows" not in mark:
        told = f"the block {mark['tag']}, {mark['name']!r}, was stored without its rows"
        raise BookError(f"{told}; run its page with `make notebooks` and commit the result")
    return mark["rows"]


class Index:
    def __init__(self, book: Book, outputs: Mapping[str, Outputs]) -> None:
        self.book, self.outputs = book, outputs
        self.equations: dict[str, Target] = {}
        self.numbers: dict[str, Target] = {}
        self.titles: dict[str, Target] = {}
        self.steps: dict[str, Target] = {}
        self.blocks: dict[str, dict] = {}  # by LaTeX, without its dollars: the metadata of a derivation's block
        self.values = {name: values(shown) for name, shown in outputs.items()}  # by page, then by name
        self.displayed: dict[tuple[str, str], str] = {}  # (page, a directive's body or a cell's caption) -> "Fig. 2"
        self._counter: Counter[str] = Counter()
        for page in book.pages.values():
            self._scan(page)
            for mark, output in marks(outputs.get(page.name, [])):
                if "tag" in mark:
                    self.blocks[output["data"].get("text/latex", "").strip("$ \n")] = mark
                    target = Target(page, f"({mark['tag']})", f"eq-{mark['tag']}")
                    for label in (mark["tag"], mark["name"]):
                        if self.steps.setdefault(label, target).page != page:
                            other = self.steps[label].page.name
                            raise BookError(f"{page.name}.md: the step {label!r} stands in {other}.md, too; rename one")

    @cached_property
    def references(self) -> pybtex.database.BibliographyData:
        return pybtex.database.parse_file(str(self.book.root / self.book.config["bibtex_bibfiles"][0]))

    @cached_property
    def api(self) -> dict[str, Entry]:
        """The entries of the API reference, by their full names."""
        return entries(self.book)

    def find(self, table: str, label: str) -> Target:
        """The target of ``label`` in one of the tables; Sphinx labels ignore case."""
        targets = getattr(self, table)
        target = targets.get(label) or targets.get(label.lower())
        if target is None:
            raise BookError(f"unknown label {label!r} among the {table}")
        return target

    def value(self, page: Page, label: str, own: Mapping[str, str]) -> str:
        """The value called ``label`` among the page's ``own``, as a sentence writes it.

        ``other-page:name`` is one of another page, ``all:count-killed`` the sum of a count over the pages.
        """
        other, _, name = label.rpartition(":")
        if other == "all":
            known = self.totals
        else:
            known = self.values.get(self.book.resolve(page, other).name, {}) if other else own
        if name not in known:
            raise BookError(f"no cell of {other or 'this page'} outputs a value named {name!r}; known: {sorted(known)}")
        return HYPHEN.sub("−", known[name])

    def shown_from(self, page: Page, label: str) -> list[Page]:
        """The pages whose outputs ``value`` reads for ``label``: rendered text depends on them."""
        other = label.rpartition(":")[0]
        if other == "all":
            return self.book.notebooks
        return [self.book.resolve(page, other) if other else page]

    @cached_property
    def totals(self) -> dict[str, str]:
        counts = Counter()
        for found in self.values.values():
            counts.update({name: int(number) for name, number in found.items() if name.startswith("count-")})
        return {name: str(number) for name, number in counts.items()}

    def title(self, page: Page) -> str:
        return self.titles[f"/{page.name}"].text

    def _scan(self, page: Page) -> None:
        equations, pending, heading = 0, [], False
        for token, found in tokens(page.text):
            if token.type == "math_block_label" or (found and found.name == "math" and "label" in found.options):
                equations += 1
                label = token.info if token.type == "math_block_label" else found.options["label"]
                self.equations[label] = Target(page, f"({equations})", f"equation-{label}".lower())
            elif token.type == "myst_target":
                pending.append(token.content.lower())
            elif token.type == "heading_open":
                heading = True
            elif token.type == "inline" and heading:
                heading = False
                self.titles.setdefault(f"/{page.name}", Target(page, token.content))
                self.titles |= {label: Target(page, token.content, label.replace("_", "-")) for label in pending}
                pending = []
            if found:
                self._number(page, found)

    def _number(self, page: Page, found: Directive) -> None:
        """Count a figure, table, exercise or theorem as Sphinx does, and note its label."""
        options, word, label = found.options, NUMBERED.get(found.name), found.options.get("label")
        if found.name.startswith("prf:") and found.name != "prf:proof":
            word = found.name.removeprefix("prf:").capitalize()
        elif found.name == "code-cell":
            options = found.options.get("mystnb", {}).get("figure", {})
            word = "Fig." if "caption" in options else None
            label = options.get("name")
        elif found.name == "figure":
            word = word if found.body.strip() else None
            label = options.get("name")
        elif found.name == "table":
            label = options.get("name")
        if word is None or "nonumber" in options:
            return
        self._counter[word] += 1
        number = f"{word} {self._counter[word]}"
        self.displayed[page.name, options["caption"] if found.name == "code-cell" else found.body] = number
        if label:
            self.numbers[label.lower()] = Target(page, number, label.lower().replace("_", "-"))
