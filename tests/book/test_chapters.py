"""The map of the introduction: its chapters are those of the book, what they need is what their pages say."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
import yaml
from root import ROOT

from diffusion_lib.errors import ConfigError
from pagekit.chapters import CHAPTERS, PATHS, Chapter, all_needs, diagram, direct_needs, places
from pagekit.diagram import layout

TOC = {
    part["caption"]: [entry["file"].removeprefix("book/") for entry in part["chapters"]]
    for part in yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
}
PARTS = {
    "Derivations": "derivations",
    "Experiments": "experiments",
    "Latent diffusion": "latent",
    "Beyond the article": "beyond",
}
NEEDS = re.compile(r"\bYou need\b(.*?)\{minutes\}`here`", re.S)
INTRO = (ROOT / "book" / "intro.md").read_text()


def test_the_map_has_the_chapters_of_the_table_of_contents_in_their_order():
    assert list(CHAPTERS) == [name for caption in PARTS for name in TOC[caption]]
    for caption, part in PARTS.items():
        assert [name for name, chapter in CHAPTERS.items() if chapter.part == part] == TOC[caption]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_needs_what_its_page_says(name):
    said = NEEDS.search((ROOT / "book" / f"{name}.md").read_text())
    assert said, f"book/{name}.md does not say what you need, before its minutes"
    assert set(re.findall(r"\{doc\}`(?:.*<)?([\w-]+)>?`", said[1])) == set(CHAPTERS[name].needs)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_keeps_the_order_and_stands_on_the_page(path):
    """Every page exists, and none comes before what it needs, as far as the path has that."""
    every = [name for names in TOC.values() for name in names]
    assert set(PATHS[path]) <= set(every)
    for i, name in enumerate(PATHS[path]):
        assert name not in CHAPTERS or not all_needs(name) & set(PATHS[path][i + 1 :])
    (line,) = [line for line in INTRO.splitlines() if f"{{minutes}}`path: {path}`" in line]
    assert tuple(re.findall(r"\{doc\}`([\w-]+)`", line)) == PATHS[path]


def test_all_pages_are_told_on_the_introduction():
    listed = re.findall(r"^- \{doc\}`([\w-]+)`", INTRO, flags=re.M) + re.findall(r"\{doc\}`(api/\w+)`", INTRO)
    every = {name for names in TOC.values() for name in names} - {"references", "provenance"}
    assert len(listed) == len(set(listed)) and set(listed) == every


def test_the_map_leaves_out_what_follows():
    chapters = {
        "a": Chapter("derivations", "A", ()),
        "b": Chapter("derivations", "B", ("a",)),
        "c": Chapter("latent", "C", ("a", "b")),
    }
    assert direct_needs("c", chapters) == ["b"] and all_needs("c", chapters) == {"a", "b"}
    _, arrows = diagram(chapters)
    assert [(arrow.start, arrow.end, arrow.route) for arrow in arrows] == [("a", "b", "straight"), ("b", "c", "step")]
    with pytest.raises(ConfigError, match="'bb'"):
        all_needs("c", chapters | {"c": Chapter("latent", "C", ("bb",))})


def test_a_chapter_stands_below_what_it_needs_and_no_arrow_crosses_a_box():
    at = places()
    assert len(set(at.values())) == len(at)
    assert all(at[need][1] <= at[name][1] for name in CHAPTERS for need in CHAPTERS[name].needs)
    boxes, arrows = diagram()
    found = layout(boxes, arrows, even=True, gap=8)
    for path in found.paths:
        for a, b in pairwise(path):
            low, high = [min(p) for p in zip(a, b, strict=True)], [max(p) for p in zip(a, b, strict=True)]
            for x0, y0, x1, y1 in found.boxes.values():
                assert not (x0 + 0.1 < high[0] and low[0] < x1 - 0.1 and y0 + 0.1 < high[1] and low[1] < y1 - 0.1)
