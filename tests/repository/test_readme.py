"""The README: its picture is the book's, its links lead somewhere, its commands exist, its map is complete."""

from __future__ import annotations

import re
import shlex
import subprocess
import tomllib
from itertools import pairwise
from pathlib import Path

import torch
import yaml
from PIL import Image

from booktools.site.readme_figure import FIGURE, figure
from booktools.source.pages import Book
from diffusion_lib.cli.parser import main, parser
from diffusion_lib.data import sample_density

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text()


def test_image_is_the_figure_of_the_introduction():
    shown = Image.open(FIGURE).convert("RGB")
    assert shown.size == figure().size and shown.tobytes() == figure().tobytes(), (
        "run python -m booktools.site.readme_figure"
    )
    assert str(FIGURE.relative_to(ROOT)) in TEXT


def test_links_lead_to_files():
    targets = re.findall(r"\]\(([^)#]+)\)", TEXT)
    pages = [target for target in targets if target.startswith("https://")]
    assert targets and all((ROOT / target).exists() for target in targets if target not in pages)
    assert pages == ["https://semver.org/spec/v2.0.0.html"]


def test_the_built_book_and_the_package_have_the_address_of_the_repository():
    book = Book(ROOT)
    assert re.findall(r"<(https://[^>]+)>", TEXT) == [f"{book.site}/"]
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    assert set(re.findall(r"git\+(https://[\w./-]+)", TEXT)) == {address}
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert urls["Repository"] == address and urls["Documentation"] == f"{book.site}/"


def test_the_quick_start_trains_on_a_folder_of_images_and_writes_a_sheet(tmp_path, monkeypatch):
    """Its own words, but for numbers that would take long."""
    (block,) = (block for block in blocks("bash") if "--data photos" in block)
    pip, *commands = (shlex.split(line) for line in block.splitlines())
    assert pip[:2] == ["pip", "install"] and [words[:2] for words in commands] == [
        ["diffusion", "train"],
        ["diffusion", "sample"],
    ]
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for name, size in (("a.jpg", (90, 60)), ("b.png", (64, 64)), ("c.webp", (40, 70))):
        Image.effect_noise(size, 60).convert("RGB").save(Path("photos") / name)
    quick = {"--steps": "2", "--batch-size": "2", "--n": "4"}
    for words in commands:
        tiny = [quick.get(before, word) for before, word in pairwise(words)]
        assert main([*tiny, *(["--T", "20"] if tiny[0] == "train" else []), "--device", "cpu"]) == 0
    assert Image.open("samples.png").size == (4 * (2 * 33 - 1), 4 * (2 * 33 - 1))


def test_commands_are_targets_of_the_makefile():
    commands = re.findall(r"^make (\w+)", TEXT, flags=re.M)
    assert commands == ["book", "test"]
    makefile = (ROOT / "Makefile").read_text()
    assert all(re.search(rf"^{command}:", makefile, flags=re.M) for command in commands)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, flags=re.M | re.S)


def test_commands_of_the_library_come_after_the_environment_is_activated_and_are_its_own():
    """The system's Python has no library, and an option that does not exist would be refused."""
    (block,) = (block for block in blocks("bash") if "activate" in block)
    activate, *commands = block.splitlines()
    assert activate == "source .venv/bin/activate" and len(commands) > 3
    for line in commands:
        name, *words = shlex.split(line)
        assert name == "diffusion"
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
