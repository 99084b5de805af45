"""The wheel as somebody gets it, alone in a folder: whole, and enough for the notebooks, which lie elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from book_fixture import ROOT
from nbclient import NotebookClient

pytestmark = pytest.mark.slow

# Quick ones that need, in turn: benchmarks.json, the exercises with the symbols, and the miniature's weights.
CHAPTERS = ("benchmarks", "errata", "autoencoder")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, because a build leaves folders behind."""
    root, out = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("wheel")
    for folder in ("diffusion_lib", "booktools", "tests"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, root)
    pip(root, "wheel", ".", "--no-deps", "--no-build-isolation", "--wheel-dir", out)
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def alone(wheel, tmp_path_factory):
    """The environment of a Python that has the wheel before the library of this environment."""
    folder = tmp_path_factory.mktemp("installed")
    pip(folder, "install", "--no-deps", "--no-index", "--target", folder, wheel)
    return os.environ | {"PYTHONPATH": str(folder)}


def pip(cwd: Path, *arguments: str | Path) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_every_file_of_the_library_and_no_other(wheel):
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "diffusion_lib"]
    files = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist() if ".dist-info/" not in info.filename}
    assert sizes == {name: (ROOT / name).stat().st_size for name in files}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_notebook_runs_with_the_wheel_alone(chapter, alone, tmp_path):
    nb = nbformat.read(ROOT / "notebooks" / f"{chapter}.ipynb", as_version=4)
    where = "import importlib.util, diffusion_lib\nprint(diffusion_lib.__file__, importlib.util.find_spec('booktools'))"
    nb.cells.append(nbformat.v4.new_code_cell(where))
    NotebookClient(nb, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute(env=alone)
    assert nb.cells[-1].outputs[0].text == f"{Path(alone['PYTHONPATH'], 'diffusion_lib', '__init__.py')} None\n"
