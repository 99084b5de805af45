"""The package that pip builds: it has both models and the files that chapters read, and nothing of the book."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile

import pytest
from book_fixture import ROOT

from diffusion_lib.runtime.fingerprint import PACKAGES
from diffusion_lib.stable_diffusion import weights
from models import clothes, few_steps, miniature
from models.adapters import shipped

MINIATURE, CLOTHES = "models/miniature/weights", "models/clothes"
WRITTEN = ("README.md", "sheet.png", "fidelity.json", "record.json", "model_index.json")  # beside what the model needs
ENVIRONMENTS = (".venv313", "env313", "diffusion_lib-env", "diffusion_lib_env", "diffusion_lib/env", "my env")
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names of the files in a wheel, built from a copy in which the weights are empty files."""
    root = tmp_path_factory.mktemp("project")
    skip = shutil.ignore_patterns("__pycache__", "*.safetensors")
    for folder in (*PACKAGES, "booktools", "tests", "benchmarks"):
        shutil.copytree(ROOT / folder, root / folder, ignore=skip)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, root)
    numbers = [f"{CLOTHES}/{name}" for name in (clothes.WEIGHTS, clothes.FEATURES)]
    numbers.append((few_steps.FOLDER / few_steps.FILE).relative_to(ROOT).as_posix())
    numbers += [f"models/adapters/{name}" for name in (shipped.REX, shipped.EDGES)]
    for name in (*(f"{MINIATURE}/{name}" for name in (*weights.NEEDED, *WRITTEN)), *numbers):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for folder in ENVIRONMENTS:
        (root / folder / "lib" / "diffusion_lib").mkdir(parents=True)
        for name in ("pyvenv.cfg", "lib/stranger.py", "lib/diffusion_lib/__init__.py"):
            (root / folder / name).touch()
    done = subprocess.run([sys.executable, "-c", BUILD, str(root)], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (path,) = root.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_it_has_every_file_of_the_miniature(wheel):
    here = {path.relative_to(ROOT).as_posix() for path in miniature.FOLDER.rglob("*") if path.is_file()}
    assert here | {f"{MINIATURE}/{name}" for name in (*weights.NEEDED, *WRITTEN)} <= wheel


def test_it_has_the_lora_weights_for_few_steps_with_its_card(wheel):
    folder = few_steps.FOLDER.relative_to(ROOT).as_posix()
    assert {f"{folder}/{name}" for name in (few_steps.FILE, "README.md", "record.json", "fidelity.json")} <= wheel


def test_it_has_the_adapters_and_their_card(wheel):
    assert {f"models/adapters/{name}" for name in (shipped.REX, shipped.EDGES, shipped.CARD)} <= wheel


def test_it_has_pictures_weights_and_licence_of_the_clothes(wheel):
    assert {"diffusion_lib/data/clothes.xz", "diffusion_lib/data/clothes.LICENSE"} <= wheel
    names = ("README.md", clothes.WEIGHTS, clothes.FEATURES, clothes.CARD, clothes.RECORD)
    assert {f"{CLOTHES}/{name}" for name in names} <= wheel


def test_it_has_every_module_and_the_files_that_chapters_read(wheel):
    modules = {path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    assert {name for name in wheel if name.endswith(".py")} == modules
    assert {f"{package}/py.typed" for package in PACKAGES} <= wheel  # their annotations are for whoever uses them
    assert {"pagekit/benchmarks.json", "pagekit/proofs.json", "pagekit/chapters/registry.yaml"} <= wheel


def test_it_has_nothing_else(wheel):
    """Nothing of the environments, either, that lie in the folder under all kinds of names."""
    tops = {name.partition("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)
