"""CONTRIBUTING.md: what it names is there, the drawing shows the packages as they are, and each change has a place."""

from __future__ import annotations

import re

import pytest
from book_fixture import ROOT

from diffusion_lib.runtime.fingerprint import PACKAGES

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
DRAWING = re.search(r"^## Packages\n\n```text\n(.*?)^```", TEXT, flags=re.M | re.S)[1]
TABLE = TEXT.partition("## Where does my change go?\n")[2].partition("\n## ")[0]
CHANGES = [line.strip("| ").split(" | ") for line in TABLE.splitlines() if line.startswith("| ") and "`" in line]
NOT_YET = re.compile(r"X\.|my[-_]chapter|myidea|^_build/|^\.venv")  # names of examples, and what a build makes


def drawn() -> list[str]:
    """The paths of the drawing: a line that is indented lies in the folder above it."""
    paths, top = [], ""
    for line in DRAWING.splitlines():
        name = line.split()[0]
        top = top if line.startswith(" ") else name
        paths.append(name if name == top else top + name)
    return paths


def test_every_path_exists():
    quoted = re.findall(r"`([\w./-]+)`", TEXT) + re.findall(r"`(?:python|pytest) ([\w./-]+)`", TEXT)
    paths = {name for name in quoted if "/" in name or re.search(r"\.(md|py|yml|toml|json)$", name)}
    places = (ROOT, ROOT / "diffusion_lib")  # a subpackage of the library is named without it
    missing = [name for name in paths if not NOT_YET.search(name) and not any((p / name).exists() for p in places)]
    assert missing == [] and len(paths) > 30


def test_the_drawing_shows_every_package():
    paths = drawn()
    assert [path for path in paths if not (ROOT / path).exists()] == []
    assert all(re.match(r" *\S+ +\S", line) for line in DRAWING.splitlines())  # each has its words
    folders = {
        path.parent.relative_to(ROOT) for top in (*PACKAGES, "booktools") for path in ROOT.glob(f"{top}/*/__init__.py")
    }
    assert {f"{folder}/" for folder in folders} <= {*paths}


@pytest.mark.parametrize("row", CHANGES, ids=lambda row: row[0])
def test_each_change_names_code_and_its_test_and_a_page(row):
    _, code, test, page = row
    assert re.search(r"`tests/[\w/]+\.py`", test) and re.search(r"`book/[\w-]+\.md`", page)
    assert re.search(r"`(derive|diffusion_lib|pagekit|benchmarks|booktools)/[\w/]+\.py`|`_toc\.yml`", code)
