"""The API reference: it describes every name that a package exports, its examples run, and chapters link to it."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from types import SimpleNamespace

import pytest
from docutils.core import publish_doctree
from docutils.nodes import literal, literal_block, reference, subscript, system_message
from root import ROOT

from booktools.site.api import LinkNames, as_rst, link_source
from booktools.source.api import FOLDER, entries, imported
from booktools.source.markdown import parse
from booktools.source.pages import Book

BOOK = Book(ROOT)
ENTRIES = entries(BOOK)
PAGES = [page for name, page in BOOK.pages.items() if name.startswith(FOLDER)]
PACKAGES = [f"diffusion_lib.{path.parent.name}" for path in sorted((ROOT / "diffusion_lib").glob("*/__init__.py"))]
EXPORTED = [
    f"{package}.{name}"
    for package in [*PACKAGES, "derive", "pagekit", "models.miniature"]
    for name in getattr(import_module(package), "__all__", ())
]
VALUES = (Mapping, tuple, int, float)  # numbers and tables have no docstring of their own


def named(full: str) -> object:
    """The object that a full name stands for."""
    parts = full.split(".")
    for count in range(len(parts) - 1, 0, -1):
        try:
            module = import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        return reduce(getattr, parts[count:], module)
    raise AssertionError(f"nothing is called {full}")


def test_every_exported_name_has_an_entry():
    assert len(EXPORTED) > 100
    assert [name for name in EXPORTED if name not in ENTRIES] == []


@pytest.mark.parametrize("full", ENTRIES)
def test_an_entry_is_an_object_with_a_docstring(full):
    found = named(full)
    assert isinstance(found, VALUES) or inspect.getdoc(found)


def test_a_page_of_the_reference_is_there_for_each_package():
    packages = {name.rpartition(".")[2] for name in PACKAGES} - {"cli"}
    assert {page.short for page in PAGES} == packages | {"derive", "models", "pagekit"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.short)
def test_the_example_of_a_page_runs(page):
    examples = [token.content for token in parse(page.text) if token.type == "fence" and token.info == "pycon"]
    assert examples
    for number, text in enumerate(examples):
        test = doctest.DocTestParser().get_doctest(text, {}, f"{page.short} {number}", str(page.source), 0)
        told: list[str] = []
        failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=told.append).failed
        assert test.examples and not failed, "".join(told)


def test_a_docstring_is_read_as_it_is_written():
    """Stars and bars are plain, indices stand lower, what is indented or aligned stays, double backticks are code."""
    text = "E|x_| * 2*3 of ``a * b_``; `x`, σ²_{t|s} and q(x_t | x_0)\\."
    text += "\n\n    a_ | b\n      c*\n\nname   a_\nother  b*\n\n- one*"
    tree = publish_doctree("\n".join(as_rst(text.split("\n"))), settings_overrides={"report_level": 5})
    assert not list(tree.findall(system_message))
    assert tree[0].astext() == "E|x_| * 2*3 of a * b_; `x`, σ²t|s and q(xt | x0)\\."
    assert [node.astext() for node in tree.findall(subscript)] == ["t|s", "t", "0"]
    assert [node.astext() for node in tree.findall(literal)] == ["a * b_"]
    assert [node.astext() for node in tree.findall(literal_block)] == ["a_ | b\n  c*", "name   a_\nother  b*"]
    assert tree[-1].astext() == "one*"


def test_what_a_page_imports_is_found_under_the_name_that_is_exported():
    cells = [
        SimpleNamespace(source="from diffusion_lib.process.identities import add_noise as noised, check_batch"),
        SimpleNamespace(source="from diffusion_lib.sample.times import karras_levels\nimport torch"),
    ]
    found = imported(SimpleNamespace(code=cells), ENTRIES)
    names = {name: entry.full for name, entry in found.items()}
    assert names == {
        "noised": "diffusion_lib.process.add_noise",
        "karras_levels": "diffusion_lib.sample.times.karras_levels",
    }


def linked(name: str, text: str, *sources: str) -> list[tuple[str, str]]:
    """The links that a page of this name gets: their words and addresses."""
    page = SimpleNamespace(name=name, code=[SimpleNamespace(source=source) for source in sources])
    book = SimpleNamespace(pages={name: page})
    builder = SimpleNamespace(get_relative_uri=lambda docname, target: f"{target}.html")
    app = SimpleNamespace(book=book, book_index=SimpleNamespace(api=ENTRIES), builder=builder)
    document = publish_doctree(text, settings_overrides={"doctitle_xform": False})
    document.settings.env = SimpleNamespace(docname=name, app=app)
    LinkNames(document).run()
    return [(node.astext(), node["refuri"]) for node in document.findall(reference)]


def test_the_first_mention_of_what_a_chapter_imports_is_a_link():
    text = "A\n=\n\n``last``\n--------\n\nB\n\n``last(x)``, ``last``, ``x.heun``, ``log``, ``posterior``"
    sources = (
        "from diffusion_lib.sample import last\nfrom diffusion_lib.sample.ode import heun",
        "from derive import log",
    )
    assert linked("book/chapter", text, *sources) == [
        ("last(x)", "book/api/sample.html#diffusion_lib.sample.last"),
        ("x.heun", "book/api/sample.html#diffusion_lib.sample.heun"),
    ]


def test_on_a_page_of_the_reference_every_name_that_is_unique_is_a_link():
    places = {address for _, address in linked(f"{FOLDER}process", "``last``, ``last``, ``load``, ``nothing``")}
    assert places == {"book/api/sample.html#diffusion_lib.sample.last"}


def test_the_source_of_an_entry_is_its_lines():
    address = link_source("py", {"module": "diffusion_lib.process", "fullname": "add_noise"})
    path, lines = address.split("/blob/main/")[1].split("#L")
    first = int(lines.split("-")[0])
    assert (ROOT / path).read_text().splitlines()[first - 1].startswith("def add_noise(")
    assert link_source("py", {"module": "diffusion_lib.process", "fullname": "SCHEDULES"}) is None
