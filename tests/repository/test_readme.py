"""The README: its picture is the book's, its links lead somewhere, its commands exist, its map is complete."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import torch
from PIL import Image

from booktools.site.picture import PICTURE, picture
from diffusion_lib.cli.parser import parser
from diffusion_lib.data import sample_density

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


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.M | re.S)


def test_commands_of_the_library_come_after_the_environment_is_activated_and_are_its_own():
    """The system's Python has no library, and an option that does not exist would be refused."""
    (block,) = (block for block in blocks("bash") if "diffusion_lib" in block)
    activate, *commands = block.splitlines()
    assert activate == "source .venv/bin/activate" and "python -m diffusion_lib" not in TEXT.replace(block, "")
    for line in commands:
        python, option, name, *words = shlex.split(line)
        assert (python, option, name) == ("python", "-m", "diffusion_lib")
        if words != ["--help"]:
            assert parser().parse_args(words).run


def test_the_lines_of_python_run_and_sample_the_ring(capsys):
    (block,) = blocks("python")
    torch.manual_seed(0)
    exec(block, names := {})
    steps = [int(line.split()[0]) for line in capsys.readouterr().out.splitlines()]
    assert steps == [100, 200, 300, 400]
    spread = {"data": sample_density("ring", 1000, seed=1), "samples": names["x_0"], "noise": torch.randn(1000, 2)}
    spread = {name: float(x.norm(dim=1).std()) for name, x in spread.items()}  # of the distance from the centre
    assert abs(spread["samples"] - spread["data"]) < 0.1 < 0.5 < spread["noise"], spread


def test_each_extra_is_listed():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    table = TEXT.split("| extra |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, flags=re.M)) == set(extras)


def test_map_names_every_folder_and_each_name_exists():
    named = set(re.findall(r"`([\w./]+)`", TEXT.split("## Map")[1].split("## ")[0]))
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.split("/")[0] + "/" for line in tracked.splitlines() if "/" in line and not line.startswith(".")}
    assert folders <= named
    assert all((ROOT / name).exists() or (ROOT / "diffusion_lib" / name).exists() for name in named)
