"""CONTRIBUTING.md: what it names is there, the drawing shows the house as it is, and eleven changes have a place."""

from __future__ import annotations

import re

import pytest
from book_fixture import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
HOUSE = re.search(r"^## The house\n\n```text\n(.*?)^```", TEXT, flags=re.M | re.S)[1]
TABLE = TEXT.partition("## Where does my change go?\n")[2].partition("\n## ")[0]
CHANGES = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ") and "`" in line]
NOT_YET = re.compile(r"X\.|my-chapter|^_build/|^\.venv")  # names of examples, and what a build makes


def drawn() -> list[str]:
    """The paths of the drawing: a line that is indented lies in the folder above it."""
    paths, top = [], ""
    for line in HOUSE.splitlines():
        name = line.split()[0]
        top = top if line.startswith(" ") else name
        paths.append(name if name == top else top + name)
    return paths


def test_every_path_exists():
    quoted = re.findall(r"`([\w./-]+)`", TEXT) + re.findall(r"`(?:python|pytest) ([\w./-]+)`", TEXT)
    paths = {name for name in quoted if "/" in name or re.search(r"\.(md|py|yml|toml|json)$", name)}
    places = (ROOT, ROOT / "diffusion_lib")  # a room is named without the house
    missing = [name for name in paths if not NOT_YET.search(name) and not any((p / name).exists() for p in places)]
    assert missing == [] and len(paths) > 30


def test_the_drawing_is_the_house():
    paths = drawn()
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert all(re.match(r" *\S+ +\S", line) for line in HOUSE.splitlines())  # each has its words
    rooms = {path.parent.relative_to(ROOT) for path in ROOT.glob("booktools/*/__init__.py")}
    rooms |= {path.parent.relative_to(ROOT) for path in ROOT.glob("diffusion_lib/**/__init__.py")}
    assert {f"{room}/" for room in rooms} <= {*paths}


def test_eleven_changes_have_a_place():
    assert len(CHANGES) == 11


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row[0])
def test_each_change_names_code_and_its_test_and_a_page(row):
    _, code, test, page = row
    assert re.search(r"`tests/[\w/]+\.py`", test) and re.search(r"`book/[\w-]+\.md`", page)
    assert re.search(r"`(diffusion_lib|benchmarks|booktools)/[\w/]+\.py`|`_toc\.yml`", code)
