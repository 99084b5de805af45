"""The registry of chapters, and what is made of it: the table of contents and the paths of the introduction."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from itertools import pairwise

import pytest
from root import ROOT

from booktools.check import places as check
from booktools.source import listing
from booktools.source.markdown import tokens
from booktools.source.pages import Book, BookError
from diffusion_lib.errors import ConfigError
from pagekit.chapters.registry import FILE, NAME, PARTS, Chapter, all_needs, read, registry

BOOK = Book(ROOT)
PATHS = registry().paths


def lines(page):
    """The paragraphs, headings and list items of a page."""
    return [token.content for token, _ in tokens(BOOK.pages[page].text) if token.type == "inline"]


def test_each_page_has_its_entry_and_the_registry_has_no_other():
    """Its part and its place are those of the table of contents, and it needs what its page says."""
    assert check.problems(BOOK) == []
    assert [*PARTS.values()] == [*BOOK.parts]
    of_parts = [(key, name) for key, caption in PARTS.items() for name in BOOK.parts[caption]]
    wanted = [(key, name.removeprefix("book/")) for key, name in of_parts if not name.startswith(check.UNLISTED)]
    assert [(chapter.part, name) for name, chapter in registry().chapters.items() if chapter.part] == wanted
    assert ROOT / NAME == FILE


@pytest.mark.parametrize("path", PATHS)
def test_a_path_keeps_the_order(path):
    """None of its pages comes before what it needs, as far as the path has that."""
    for i, name in enumerate(PATHS[path]):
        assert not all_needs(name, registry().chapters) & set(PATHS[path][i + 1 :])
    (line,) = [line for line in lines("book/intro") if f"{{minutes}}`path: {path}`" in line]
    assert tuple(re.findall(r"\{doc\}`([\w-]+)`", line)) == PATHS[path]


def test_all_pages_are_listed_in_the_table_of_contents():
    """In their order, each part under its caption; the introduction, from which one comes, is not."""
    contents = lines("book/contents")
    listed = [name for line in contents for name in re.findall(r"^\{doc\}`([\w-]+)`\. ", line)]
    assert listed == [name for name, chapter in registry().chapters.items() if chapter.part]
    apis = [name for line in contents for name in re.findall(r"\{doc\}`(api/\w+)`", line)]
    assert sorted(listed + apis) == sorted({page.entry for page in BOOK.pages.values()} - {"intro"})
    assert [line for line in contents if line in PARTS.values()] == [*PARTS.values()]


def test_the_lines_of_the_table_of_contents_are_sentences():
    for chapter in registry().chapters.values():
        assert not chapter.part or (chapter.line[0].isupper() and chapter.line.endswith("."))


def test_a_list_is_written_once_and_says_the_same_of_each_chapter():
    made = listing.written("control", "- {doc}`NAME`. LINE\n- and RENAME").splitlines()
    assert made[0] == f"- {{doc}}`guidance`. {registry().chapters['guidance'].line}"
    assert made[-1] == "- and RENAME" and len(made) == 4
    assert listing.written("", "ROUTE(first-hour).").startswith("{doc}`first-model` → {doc}`exact-oracle` → ")
    with pytest.raises(BookError, match=r"must name one of first, .*, derives, got 'contrl'"):
        listing.written("contrl", "NAME")
    with pytest.raises(BookError, match=r"no path 'first-huor' in pagekit/chapters/registry.yaml; there are"):
        listing.written("", "ROUTE(first-huor)")


WHOLE = {"part": "control", "line": "One.", "needs": []}
WRONG = {  # an entry beside the chapter `one`, and what is said of it
    "an unknown field": ({**WHOLE, "linee": "x"}, r"two: a key must be one of 'part', .*got 'linee'"),
    "an unknown part": ({**WHOLE, "part": "contrl"}, r"two: part must be one of 'first'.*got 'contrl'"),
    "a title": (
        {**WHOLE, "title": "Two"},
        r"two: a key must be one of 'part', .*got 'title'",
    ),  # it is that of the page
    "no line": ({"part": "reference"}, r"two must have 'line', as every page of the part 'reference'; add it"),
    "a line without a part": ({"line": "Two."}, r"two must not have 'line', since a page without a part has none"),
    "needs without a part": ({"needs": []}, r"two must not have 'needs', since a page without a part has none"),
    "an empty line": ({**WHOLE, "line": ""}, r"two: line must be a text, got ''"),
    "an unknown need": ({**WHOLE, "needs": ["noe"]}, r"two: needs must be one of .*'one'.*got 'noe'"),
    "a need twice": ({**WHOLE, "needs": ["one", "one"]}, r"two: needs must name each once, got 'one' twice"),
    "needs as a text": ({**WHOLE, "needs": "one"}, r"two: needs must be a list of texts, got 'one'"),
    "itself": ({**WHOLE, "needs": ["two"]}, r"needs must not lead back to where they begin, got two needs two"),
    "not yes": ({**WHOLE, "derives": "true"}, r"two: derives must be one of 'yes'.*got 'true'"),
    "a set without names": ({**WHOLE, "reruns": ["T=3"]}, r"two: reruns must be a mapping, got 'T=3'"),
    "an empty set": ({**WHOLE, "reruns": [{}]}, r"two: reruns must give each parameter one value, got {}"),
    "one set, no list": ({**WHOLE, "reruns": {"T": "3"}}, r"two: reruns must be a list, got {'T': '3'}"),
    "synonyms": ({**WHOLE, "synonyms": [["a", "b"]]}, r"two: a key must be .*got 'synonyms'"),  # of the glossary
    "a weight of zero": ({**WHOLE, "search_weight": "0"}, r"two: search_weight must be a number in \(0, 1\], got '0'"),
    "no weight": ({**WHOLE, "search_weight": "nan"}, r"two: search_weight must be a number in \(0, 1\], got 'nan'"),
    "no mapping": ("one", r"two must be a mapping, got 'one'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_in_an_entry_is_named_with_its_place(name, tmp_path):
    entry, said = WRONG[name]
    path = tmp_path / "registry.yaml"
    path.write_text(json.dumps({"chapters": {"one": WHOLE, "two": entry}}))
    with pytest.raises(ConfigError, match=f"^pagekit/chapters/registry.yaml: (two: )?{said}"):
        read(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"chapter": {}}, r"registry.yaml: a key must be one of 'paths', 'chapters'.*got 'chapter'"),
        ({"paths": {"short": ["one"]}}, r"registry.yaml: paths: short must be one of"),
        (["one"], r"registry.yaml must be a mapping, got \['one'\]"),
    ],
)
def test_a_mistake_around_the_entries_is_named(content, said, tmp_path):
    path = tmp_path / "registry.yaml"
    path.write_text(json.dumps(content))
    with pytest.raises(ConfigError, match=said):
        read(path)


def test_needs_in_a_circle_are_named_in_their_order(tmp_path):
    entries = {name: {**WHOLE, "needs": [need]} for name, need in {"a": "b", "b": "c", "c": "a"}.items()}
    (tmp_path / "registry.yaml").write_text(json.dumps({"chapters": entries}))
    with pytest.raises(ConfigError, match="needs must not lead back to where they begin") as refused:
        read(tmp_path / "registry.yaml")
    circle = str(refused.value).partition(", got ")[2].removesuffix("; remove one").split(" needs ")
    assert len(circle) == 4 and all(entries[a]["needs"] == [b] for a, b in pairwise(circle))


def test_the_registry_is_read_without_pytorch_and_matplotlib():
    code = """
import sys
from pagekit.chapters.registry import registry
registry()
print(sorted({"torch", "matplotlib", "numpy", "sympy"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_all_needs_are_those_of_the_needs_too():
    chapters = {"a": Chapter("first", "A."), "b": Chapter("first", "B.", needs=("a",)), "c": Chapter(needs=("b",))}
    assert [all_needs(name, chapters) for name in chapters] == [set(), {"a"}, {"a", "b"}]
    with pytest.raises(ConfigError, match="'bb'"):
        all_needs("c", chapters | {"c": Chapter("control", "C.", needs=("bb",))})


def test_the_first_two_parts_need_nothing_that_comes_later():
    """But the reference, which may be named from anywhere."""
    chapters = registry().chapters
    order = [*chapters]
    for name, chapter in chapters.items():
        for need in chapter.needs if chapter.part in ("first", "denoising") else ():
            assert order.index(need) < order.index(name) or chapters[need].part == "reference"
