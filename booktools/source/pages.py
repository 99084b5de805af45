"""The book as data: its pages in reading order, their cells, their addresses, and where each one's notebook lies."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import nbformat
import yaml
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from nbformat import NotebookNode
from sphinx_external_toc.parsing import parse_toc_yaml

from diffusion_lib.errors import ConfigError
from pagekit.chapters import registry

PUBLISHED = "published"  # the branch that .github/workflows/pages.yml fills with the notebooks of the newest build


class BookError(Exception):
    """Something in the book's sources or notebooks is wrong; the message names the file and, if known, the line."""


@dataclass(frozen=True)
class Cell:
    """A cell of a page as MyST-NB reads it; ``line`` is the first line of ``source`` in the file, counted from 0."""

    kind: str
    source: str
    metadata: dict
    line: int


@lru_cache(maxsize=128)
def _as_notebook(text: str) -> NotebookNode:
    """Read once in a build, however many objects stand for the page; it is never changed."""
    return read_myst_markdown_notebook(text, add_source_map=True)


@dataclass(frozen=True)
class Page:
    """A page by its Sphinx name, such as ``book/forward-process``."""

    root: Path
    name: str

    @property
    def source(self) -> Path:
        return self.root / f"{self.name}.md"

    @property
    def entry(self) -> str:
        """What the registry of chapters calls it, such as ``forward-process``."""
        return self.name.removeprefix("book/")

    @property
    def short(self) -> str:
        return Path(self.name).name

    @property
    def notebook(self) -> Path:
        return self.root / "notebooks" / f"{self.short}.ipynb"

    @cached_property
    def text(self) -> str:
        if not self.source.is_file():
            raise BookError(f"{self.name}.md: the file is missing, but _toc.yml lists it; write it or take it out")
        return self.source.read_text(encoding="utf-8")

    @cached_property
    def as_notebook(self) -> NotebookNode:
        """The page as MyST-NB reads it: what the HTML is rendered from."""
        return _as_notebook(self.text)

    @property
    def is_notebook(self) -> bool:
        return is_myst_markdown_notebook(self.text)

    @cached_property
    def cells(self) -> list[Cell]:
        lines = self.as_notebook.metadata["source_map"]
        return [
            Cell(cell.cell_type, cell.source, dict(cell.metadata), line)
            for cell, line in zip(self.as_notebook.cells, lines, strict=True)
        ]

    @cached_property
    def code(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.kind == "code"]

    def stored(self) -> NotebookNode | None:
        """The committed notebook, or None when there is none."""
        if not self.notebook.is_file():
            return None
        try:
            return nbformat.read(self.notebook, as_version=4)
        except Exception as error:
            raise BookError(
                f"notebooks/{self.notebook.name}: not a notebook ({error}); run `make notebooks`"
            ) from error


class Book:
    """The pages that ``_toc.yml`` lists under ``root``, and the addresses that ``_config.yml`` gives."""

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).resolve()
        self.config = yaml.safe_load((self.root / "_config.yml").read_text(encoding="utf-8"))
        toc = parse_toc_yaml(self.root / "_toc.yml")
        self.pages: dict[str, Page] = {}

        def visit(name: str) -> None:
            name = name.removesuffix(".md")
            self.pages[name] = Page(self.root, name)
            for child in toc[name].child_files() if name in toc else []:
                visit(child)

        visit(toc.root.docname)
        self.parts: dict[str, list[str]] = {
            part.caption: [name.removesuffix(".md") for name in part.files()]
            for part in toc.root.subtrees
            if part.caption
        }

    @property
    def notebooks(self) -> list[Page]:
        return [page for page in self.pages.values() if page.is_notebook]

    @cached_property
    def chapters(self) -> Mapping[str, registry.Chapter]:
        """What the registry says of the pages; a small book may have none.  ``ConfigError`` for a mistake in it."""
        path = self.root / registry.NAME
        return registry.read(path).chapters if path.is_file() else {}

    def chapter(self, page: Page) -> registry.Chapter:
        """The entry of a page, empty for one that has none."""
        return self.chapters.get(page.entry, registry.Chapter())

    @property
    def repository(self) -> str:
        return self.config["repository"]["url"].rstrip("/")

    @property
    def branch(self) -> str:
        return self.config["repository"]["branch"]

    @property
    def site(self) -> str:
        """Where GitHub Pages publishes the repository."""
        owner, name = self.repository.split("/")[-2:]
        return f"https://{owner}.github.io/{name}"

    def raw(self, path: Path) -> str:
        """The address of a committed file's bytes."""
        owner, name = self.repository.split("/")[-2:]
        return f"https://raw.githubusercontent.com/{owner}/{name}/{self.branch}/{path.resolve().relative_to(self.root)}"

    def resolve(self, page: Page, target: str) -> Page:
        """The page that ``target`` (``notation``, ``notation.md``, ``/book/notation``) names, seen from ``page``."""
        base = self.root if target.startswith("/") else page.source.parent
        path = (base / target.lstrip("/").removesuffix(".md")).resolve()
        name = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else target
        if name not in self.pages:
            raise BookError(f"no page {target!r} in _toc.yml")
        return self.pages[name]


def report(work: Callable[[Book], list[str]], root: Path | str) -> int:
    """Do ``work`` on the book at ``root``; print the faults that it returns, or the one that stops it, to stderr.

    Returns the exit status: 0, or 1 if anything was printed.
    """
    try:
        found = work(Book(root))
    except (BookError, ConfigError) as error:
        found = [str(error)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0
