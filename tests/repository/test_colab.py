"""The notebooks where the library is missing, as on Colab: the first cell installs the wheel, and the others run.

The same tests run with the versions that Colab ships, ``colab.txt``: `weekly.yml` installs those first.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import nbformat
import pytest
from bare import bare, packages_of
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from root import ROOT

from diffusion_lib.runtime.fingerprint import PACKAGES
from pagekit.page import SENTINEL

NOTEBOOKS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
# Quick ones, which need in turn: PyTorch for a training, benchmarks.json, and the exercises with the symbols.
# Slow ones, which need longer trainings and results of sweeps, a cell of each kind, and the weights of the miniature.
WHOLE = ["intro", "benchmarks", "guidance"]
WHOLE += [pytest.param(name, marks=pytest.mark.slow) for name in ("flow-matching", "errata", "autoencoder")]
ENVIRONMENTS = (".venv313", "env313", "diffusion_lib-env", "diffusion_lib_env", "diffusion_lib/env", "my env")
COLAB = (Path(__file__).parent / "colab.txt").read_text()
# What takes the place of %pip after its first call: it must be asked for the same, and moves the library to its place.
AGAIN = """
def again(line):
    assert line == {line!r}, line
    __import__("os").rename({kept!r}, {place!r})

get_ipython().register_magic_function(again, magic_name="pip")
"""
FORGET = f"""
%reset -f
[
    __import__("sys").modules.pop(name)
    for name in list(__import__("sys").modules)
    if name.partition(".")[0] in {PACKAGES!r}
]
__import__("importlib").invalidate_caches()
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy, because a build leaves folders behind; environments of all kinds of names lie in it."""
    root, out = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("wheel")
    for folder in (*PACKAGES, "booktools", "tests", "benchmarks"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, root)
    for folder in ENVIRONMENTS:
        (root / folder / "lib" / "diffusion_lib").mkdir(parents=True)
        for name in ("pyvenv.cfg", "lib/stranger.py", "lib/diffusion_lib/__init__.py"):
            (root / folder / name).touch()
    command = [sys.executable, "-m", "pip", "wheel", ".", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    return bare(tmp_path_factory.mktemp("bare") / "env")


@pytest.fixture
def clean(python):
    """The environment as it was before anything was installed."""
    packages = packages_of(python.parents[1])
    for path in packages.glob("diffusion_lib*"):
        shutil.rmtree(path)
    return packages


def client_of(nb, python: Path, wheel: Path, folder: Path) -> tuple[NotebookClient, dict[str, str]]:
    """A kernel of the environment in an empty folder, and what it inherits; it reaches no other machine."""

    class That(KernelSpecManager):
        def get_kernel_spec(self, kernel_name):
            return KernelSpec(argv=[str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"])

    (home := folder / "home").mkdir()
    (empty := folder / "empty").mkdir()
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MPLBACKEND")}
    env |= {"HOME": str(home), "IPYTHONDIR": str(home), "DIFFUSION_LIB": str(wheel)}
    env |= {"PIP_NO_INDEX": "1", "PIP_NO_COMPILE": "1", "HF_HUB_OFFLINE": "1"}
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=That())
    resources = {"metadata": {"path": str(empty)}}
    return NotebookClient(nb, km=manager, timeout=300, resources=resources), env


def opening(chapter: str) -> list[str]:
    """What the first cells of a chapter say: those that install, set the parameters, check them."""
    code = [cell for cell in nbformat.read(NOTEBOOKS[chapter], as_version=4).cells if cell.cell_type == "code"][:3]
    assert code[1].metadata.tags == ["parameters"] and "check_parameters(" in code[2].source
    return [cell.source for cell in code]


@pytest.fixture(scope="module")
def run(wheel, python, tmp_path_factory):
    """Run cells in one kernel, from which the library is missing; pip itself installs it once, before the first."""
    client, env = client_of(nbformat.v4.new_notebook(), python, wheel, tmp_path_factory.mktemp("opening"))
    place = packages_of(python.parents[1]) / "diffusion_lib"
    kept = place.with_name("kept")

    def execute(source: str) -> list:
        client.nb.cells.append(nbformat.v4.new_code_cell(source))
        return client.execute_cell(client.nb.cells[-1], len(client.nb.cells) - 1).outputs

    def start(cells: list[str]) -> None:
        if place.exists():
            place.rename(kept)
        execute(FORGET)
        for cell in cells:
            execute(cell)

    with client.setup_kernel(env=env):
        start(opening("intro")[:1])
        line = f'install --quiet --no-deps "{wheel}"'
        execute(AGAIN.format(line=line, kept=str(kept), place=str(place)))
        yield start


def test_every_chapter_has_the_same_first_cell():
    assert len({opening(chapter)[0] for chapter in NOTEBOOKS}) == 1


@pytest.mark.parametrize("chapter", NOTEBOOKS)
def test_a_chapter_opens_where_the_library_is_missing(chapter, run):
    run(["import importlib.util", "assert importlib.util.find_spec('diffusion_lib') is None", *opening(chapter)])


@pytest.mark.parametrize("chapter", WHOLE)
def test_a_chapter_runs_whole_where_the_library_is_missing(chapter, wheel, python, clean, tmp_path):
    nb = nbformat.read(NOTEBOOKS[chapter], as_version=4)
    where = "import importlib.util, diffusion_lib\nprint(diffusion_lib.__file__, importlib.util.find_spec('booktools'))"
    nb.cells.append(nbformat.v4.new_code_cell(where))
    client, env = client_of(nb, python, wheel, tmp_path)
    client.execute(env=env, cleanup_kc=True)
    *_, finish, last = (cell for cell in nb.cells if cell.cell_type == "code")
    assert "".join(output.text for output in finish.outputs) == f"{SENTINEL}\n"
    assert "".join(output.text for output in last.outputs) == f"{clean / 'diffusion_lib' / '__init__.py'} None\n"


def test_the_wheel_has_every_file_of_the_library_and_no_other(wheel):
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *PACKAGES]
    files = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist() if ".dist-info/" not in info.filename}
    assert sizes == {name: (ROOT / name).stat().st_size for name in files}


def test_the_library_admits_the_versions_that_colab_ships():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["latent"]]
    lines.append(f"python{project['requires-python']}")
    floors = dict(re.fullmatch(r"([\w-]+)>=([\d.]+)", line).groups() for line in lines)  # and no upper bounds
    shipped = dict(re.findall(r"^#? ?([\w-]+)(?: |==)([\d.]+\d)(?:\.\*)?$", COLAB, flags=re.M))
    shipped = {name.lower(): version for name, version in shipped.items()}
    assert set(shipped) == {"python", "torch", "diffusers", "transformers", "numpy", "matplotlib", "ipython"}
    assert [name for name in shipped if numbers(floors[name]) > numbers(shipped[name])] == []


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
