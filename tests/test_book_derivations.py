"""What the reader sees of a derivation is what the engine checked: counted on the built page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[1]
RELATION = re.compile(r"&(?::=|=|<|\\le|\\sim)")
CHAPTERS = ["forward-process", "reverse-posterior", "variational-bound"]


def checked_blocks(chapter):
    """The metadata of each block that the engine rendered into the stored notebook."""
    notebook = json.loads((ROOT / "notebooks" / f"{chapter}.ipynb").read_text())
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    entries = [output.get("metadata", {}).get("diffusion_lib", {}) for output in outputs]
    return [entry for entry in entries if "tag" in entry]


def displayed(page):
    """The display mathematics of a built page: (LaTeX, whether it is a cell's output)."""
    html = BeautifulSoup(page.read_text(), "html.parser")
    return [(math.get_text(), math.find_parent(class_="cell_output") is not None) for math in html.select("div.math")]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_all_displayed_relations_come_from_checked_steps(chapter):
    blocks = checked_blocks(chapter)
    page = displayed(ROOT / "_build" / "html" / "book" / f"{chapter}.html")
    assert all(from_cell for _, from_cell in page), "display mathematics outside of a cell's output"
    assert len(page) == len(blocks)
    assert sum(len(RELATION.findall(latex)) for latex, _ in page) == sum(block["steps"] for block in blocks)
    assert [re.search(r"\\tag\{(.+?)\}", latex).group(1) for latex, _ in page] == [block["tag"] for block in blocks]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_the_page_prints_how_many_mutants_were_killed(chapter):
    text = BeautifulSoup((ROOT / "_build" / "html" / "book" / f"{chapter}.html").read_text(), "html.parser").get_text()
    killed, total = map(
        int, re.search(r"(\d+) of (\d+)\s*$", text.split("mutants killed")[1].split("\n\n")[0], re.M).groups()
    )
    assert killed == total > 0
