"""The places of a chapter and of a laboratory: whatever was entered in one of them and forgotten in another is named.

A chapter stands in ``_toc.yml`` and in the registry of chapters, has a page and a test; a laboratory has its module, a
block on a page and a test.  Everything else is found by itself, or written by a command.  CONTRIBUTING.md lists both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pagekit.chapters.registry import NAME, PARTS

from ..lab.static import BLOCKS
from ..source.markdown import tokens
from ..source.pages import Book, Page

KEYS = {caption: key for key, caption in PARTS.items()}
UNLISTED = "book/api/"  # the table of contents has one line for all of them
NEEDS = re.compile(r"\bYou need\b(.*?)\{minutes\}`here`", re.S)
GRADES = re.compile(r'\bgrade\(\s*"([\w-]+)", \.\.\.\)')
FORMS = "tests/pagekit/test_exercises_forms.py"
LARGE = ("TrainState.create", "lesson.learn(", 'model = "miniature"')
KINDS = "book/_static/lab/kinds"
TAKES_DATA = re.compile(r"\bsetup(?:: )?\(\s*[^)\s]|\bmount = \(root, ")


def problems(book: Book) -> list[str]:
    """One message for each place that a chapter or a laboratory lacks; none for a book whose tools lie elsewhere."""
    if not (book.root / "pagekit" / "__init__.py").is_file():
        return []
    of_pages = [fault for page in book.pages.values() for fault in _page(book, page)]
    return [*_strays(book), *_order(book), *of_pages, *_laboratories(book)]


def _strays(book: Book) -> Iterator[str]:
    known = {page.entry for page in book.pages.values()}
    for name in book.chapters:
        if name not in known:
            yield f"{NAME}: no page is called {name!r}; enter it in _toc.yml, or remove it here"
    for path in sorted((book.root / "book").glob("*.md")):
        if path.stem not in known:
            yield f"book/{path.name}: _toc.yml does not list the page; enter it there, or remove the page"


def _order(book: Book) -> Iterator[str]:
    """The entries stand in the order of ``_toc.yml``."""
    places = {page.entry: place for place, page in enumerate(book.pages.values())}
    for before, after in pairwise(name for name in book.chapters if name in places):
        if places[before] > places[after]:
            yield f"{NAME}: {after!r} stands behind {before!r}, and before it in _toc.yml; move the entry"


def _page(book: Book, page: Page) -> Iterator[str]:
    chapter, name = book.chapter(page), page.entry
    caption = next((caption for caption, names in book.parts.items() if page.name in names), "")
    part = "" if page.name.startswith(UNLISTED) else KEYS.get(caption, "")
    if chapter.part != part:
        where, wanted = f"{NAME}: {name}: part", f"must be {part!r}" if part else "must be left out"
        yield f"{where} {wanted}, since _toc.yml has the page under {caption!r}, got {chapter.part!r}; enter it"
    if part and (part != "reference" or chapter.needs):
        yield from _needs(page, set(chapter.needs))
        test = f"tests/book/chapters/test_{name.replace('-', '_')}.py"
        if not (book.root / test).is_file():
            yield f"{test}: the file is missing; write a test of what {page.name}.md says"
    cells = [(cell.source, cell.metadata.get("tags", [])) for cell in page.code]
    if any("parameters" in tags and "=" in source for source, tags in cells) != bool(chapter.reruns):
        wanted = "be left out, since the page has no" if chapter.reruns else "hold a set of other values, since it has"
        yield f"{NAME}: {name}: reruns must {wanted} parameters; correct it"
    derives = any("derivation" in tags for _, tags in cells) and page.name != "book/errata"  # which has its own row
    if derives != chapter.derives:
        yield f"{NAME}: {name}: derives must be {'yes' if derives else 'left out'}, as cells of the page say; change it"
    if ("device=choice(" in page.text) != bool(chapter.smallest):
        wanted = "be left out, since the page takes no" if chapter.smallest else "be given, since the page takes a"
        yield f"{NAME}: {name}: smallest must {wanted} device; correct it"
    yield from _grades(book, page)
    large = f"book/gpu/{name}.yaml"
    if trains(page) and not (book.root / large).is_file():
        yield f"{large}: the file is missing; give the chapter's larger parameters, for a GPU"


def trains(page: Page) -> bool:
    """Whether it trains with the library's loop or takes a published model; the steps of the errata only test it."""
    return page.is_notebook and page.name != "book/errata" and any(word in page.text for word in LARGE)


def _grades(book: Book, page: Page) -> Iterator[str]:
    """The answers to the questions of a page, and other forms of them, which a test takes for right."""
    asked = [name for cell in page.code for name in GRADES.findall(cell.source)]
    exercises = f"pagekit/exercises/{page.entry.replace('-', '_')}.py"
    for path, what in ((exercises, "the right answer"), (FORMS, "other forms of the answer")):
        text = (book.root / path).read_text(encoding="utf-8") if (book.root / path).is_file() else ""
        for name in asked:
            if f'"{name}"' not in text:
                yield f"{path}: it lacks {what} to {name!r}, which {page.name}.md asks for; add it"


def _needs(page: Page, needs: set[str]) -> Iterator[str]:
    said = NEEDS.search(page.text)
    if not said:
        yield f"{page.name}.md: it does not say what you need; write “You need …” and {{minutes}}`here` behind it"
        return
    named = set(re.findall(r"\{doc\}`(?:.*<)?([\w-]+)>?`", said[1]))
    for name in sorted(named - needs):
        yield f"{NAME}: {page.entry}: needs must have {name!r}, which the page names behind “You need”; make them agree"
    for name in sorted(needs - named):
        yield f"{page.name}.md: “You need” must name {name!r}, which the registry has among its needs; make them agree"


def _laboratories(book: Book) -> Iterator[str]:
    """Each block has a module, each module a block and a test that names it."""
    shown: dict[str, str] = {}
    for page in book.pages.values():
        for _, found in tokens(page.text):
            if found and found.name == "lab":
                shown.setdefault(found.argument, page.name)
    tests = [path.read_text(encoding="utf-8") for path in (book.root / "tests/book/lab").glob("test_*.py")]
    modules = {path.stem: path for path in sorted((book.root / KINDS).glob("*.js"))}
    for kind, page in shown.items():
        if kind not in modules:
            yield f"{KINDS}/{kind}.js: the file is missing; {page}.md has the laboratory {kind!r}"
    for kind, path in modules.items():
        if kind not in shown and kind not in BLOCKS:  # those stand beneath every exercise or derivation
            yield f"{KINDS}/{kind}.js: no page shows it; put a block {{lab}} {kind} on the page that explains it"
        if not any(f'"{kind}"' in text or f"kinds/{kind}.js" in text for text in tests):
            yield f"tests/book/lab/test_{kind}.py: the file is missing; write a test of {KINDS}/{kind}.js"
        given = f"booktools/lab/given/{kind}.py"
        if TAKES_DATA.search(path.read_text(encoding="utf-8")) and not (book.root / given).is_file():
            yield f"{given}: the file is missing; {KINDS}/{kind}.js takes data, and its function data() returns them"
