"""The registry of chapters, and what is made of it: the map, the paths and the lists of the introduction."""

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
from pagekit.chapters import drawing
from pagekit.chapters.registry import FILE, NAME, Chapter, all_needs, direct_needs, read, registry
from pagekit.diagram import layout

BOOK = Book(ROOT)
PATHS = registry().paths
INTRO = [token.content for token, _ in tokens(BOOK.pages["book/intro"].text) if token.type == "inline"]


def test_each_page_has_its_entry_and_the_registry_has_no_other():
    """Its part and its place are those of the table of contents, and it needs what its page says."""
    assert check.problems(BOOK) == []
    assert [*registry().map] == [name.removeprefix("book/") for part in check.CAPTIONS for name in BOOK.parts[part]]
    assert ROOT / NAME == FILE


@pytest.mark.parametrize("path", PATHS)
def test_a_path_keeps_the_order(path):
    """None of its pages comes before what it needs, as far as the path has that."""
    chapters = registry().map
    for i, name in enumerate(PATHS[path]):
        assert name not in chapters or not all_needs(name, chapters) & set(PATHS[path][i + 1 :])
    (line,) = [line for line in INTRO if f"{{minutes}}`path: {path}`" in line]
    assert tuple(re.findall(r"\{doc\}`([\w-]+)`", line)) == PATHS[path]


def test_all_pages_are_told_on_the_introduction():
    listed = [name for line in INTRO for name in re.findall(r"^\{doc\}`([\w-]+)`", line)]
    listed += [name for line in INTRO for name in re.findall(r"\{doc\}`(api/\w+)`", line)]
    every = {page.entry for page in BOOK.pages.values()} - {"intro", "references", "provenance"}
    assert len(listed) == len(set(listed)) and set(listed) == every


def test_a_list_is_written_once_and_says_the_same_of_each_chapter():
    lines = listing.written("latent", "- {doc}`NAME` LINE\n- and RENAME").splitlines()
    assert lines[0].startswith("- {doc}`autoencoder` takes ") and lines[-1] == "- and RENAME" and len(lines) == 6
    assert listing.written("", "ROUTE(practitioner).").startswith("{doc}`first-model` → {doc}`comparing-samplers` → ")
    with pytest.raises(BookError, match=r"must name one of derivations, .*, derives, got 'latnet'"):
        listing.written("latnet", "NAME")
    with pytest.raises(BookError, match=r"no path 'practicioner' in pagekit/chapters/registry.yaml; there are"):
        listing.written("", "ROUTE(practicioner)")


WHOLE = {"part": "latent", "title": "One", "line": "has one.", "needs": []}
WRONG = {  # an entry beside the chapter `one`, and what is said of it
    "an unknown field": ({**WHOLE, "linee": "x"}, r"two: a key must be one of 'part', .*got 'linee'"),
    "an unknown part": ({**WHOLE, "part": "latnet"}, r"two: part must be one of 'derivations'.*got 'latnet'"),
    "no title": ({"part": "latent", "line": "x", "needs": []}, r"two must have 'title', as every chapter of the part"),
    "no line": ({"part": "look-up"}, r"two must have 'line', as every chapter of the part 'look-up'; add it"),
    "no needs": ({"part": "beyond", "line": "x", "title": "X"}, r"two must have 'needs'"),
    "a title without a part": ({"title": "Two"}, r"two must not have 'title', since a page without a part has none"),
    "an empty title": ({**WHOLE, "title": ""}, r"two: title must be a text, got ''"),
    "an unknown need": ({**WHOLE, "needs": ["noe"]}, r"two: needs must be one of .*'one'.*got 'noe'"),
    "a need twice": ({**WHOLE, "needs": ["one", "one"]}, r"two: needs must name each once, got 'one' twice"),
    "needs as a text": ({**WHOLE, "needs": "one"}, r"two: needs must be a list of texts, got 'one'"),
    "itself": ({**WHOLE, "needs": ["two"]}, r"needs must not lead back to where they begin, got two needs two"),
    "not yes": ({**WHOLE, "derives": "true"}, r"two: derives must be one of 'yes'.*got 'true'"),
    "a set without names": ({**WHOLE, "reruns": ["T=3"]}, r"two: reruns must be a mapping, got 'T=3'"),
    "an empty set": ({**WHOLE, "reruns": [{}]}, r"two: reruns must give each parameter one value, got {}"),
    "one set, no list": ({**WHOLE, "reruns": {"T": "3"}}, r"two: reruns must be a list, got {'T': '3'}"),
    "words for no thing": ({**WHOLE, "synonyms": ["a"]}, r"two: synonyms must be a list of texts, got 'a'"),
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
from pagekit.chapters import chapter_map
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\nFalse\n"


def test_the_map_leaves_out_what_follows():
    chapters = {
        "a": Chapter("derivations", "A"),
        "b": Chapter("derivations", "B", needs=("a",)),
        "c": Chapter("latent", "C", needs=("a", "b")),
    }
    assert direct_needs("c", chapters) == ["b"] and all_needs("c", chapters) == {"a", "b"}
    _, arrows = drawing.diagram(chapters)
    assert [(arrow.start, arrow.end, arrow.route) for arrow in arrows] == [("a", "b", "straight"), ("b", "c", "step")]
    with pytest.raises(ConfigError, match="'bb'"):
        all_needs("c", chapters | {"c": Chapter("latent", "C", needs=("bb",))})


def test_a_chapter_stands_below_what_it_needs_and_no_arrow_crosses_a_box():
    chapters = registry().map
    at = drawing.places(chapters)
    assert len(set(at.values())) == len(at)
    assert all(at[need][1] <= at[name][1] for name in chapters for need in chapters[name].needs)
    boxes, arrows = drawing.diagram(chapters)
    found = layout(boxes, arrows, even=True, gap=8)
    for path in found.paths:
        for a, b in pairwise(path):
            low, high = [min(p) for p in zip(a, b, strict=True)], [max(p) for p in zip(a, b, strict=True)]
            for x0, y0, x1, y1 in found.boxes.values():
                assert not (x0 + 0.1 < high[0] and low[0] < x1 - 0.1 and y0 + 0.1 < high[1] and low[1] < y1 - 0.1)
