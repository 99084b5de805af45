"""The README: its picture is the book's, its links lead somewhere, its commands exist, its map is complete."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from PIL import Image

from booktools.site.picture import PICTURE, picture

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()


def test_picture_is_the_figure_of_the_introduction():
    shown = Image.open(PICTURE).convert("RGB")
    assert shown.size == picture().size and shown.tobytes() == picture().tobytes(), (
        "run python -m booktools.site.picture"
    )
    assert str(PICTURE.relative_to(ROOT)) in TEXT


def test_links_lead_to_files():
    targets = re.findall(r"\]\(([^)#]+)\)", TEXT)
    assert targets and all((ROOT / target).exists() for target in targets)


def test_commands_are_targets_of_the_makefile():
    commands = re.findall(r"^make (\w+)", TEXT, flags=re.M)
    assert commands == ["book", "test"]
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{command}:", makefile, flags=re.M) for command in commands)


def test_map_names_every_folder_and_each_name_exists():
    named = set(re.findall(r"`([\w./]+)`", TEXT.split("## Map")[1].split("## ")[0]))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] + "/" for line in tracked.splitlines() if "/" in line and not line.startswith(".")}
    assert folders <= named
    assert all((ROOT / name).exists() or (ROOT / "diffusion_lib" / name).exists() for name in named)
