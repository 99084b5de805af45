"""The first cell of a notebook, run where the library is missing; and which commit the offered notebooks name."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bare import bare
from book_fixture import copy_of, executed_book, make_book, tool
from root import ROOT

from booktools.notebooks.install import commit_of_library, install_cell
from booktools.source.pages import Book

PROJECT = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n' + (
    '[project]\nname = "diffusion-lib"\nversion = "{}"\n[tool.setuptools]\npackages = ["diffusion_lib"]\n'
)
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
RUN = """
import sys
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
done = shell.run_cell(sys.stdin.read())
sys.exit(0 if done.success and shell.run_cell("import diffusion_lib; print(diffusion_lib.HERE)").success else 1)
"""
CELL = install_cell(Book(ROOT)).source


def library(root: Path) -> Path:
    """A project with the library's name that says which one it is."""
    (root / "diffusion_lib").mkdir(parents=True)
    (root / "diffusion_lib" / "__init__.py").write_text(f"HERE = 'the one of {root.name}'\n")
    (root / "pyproject.toml").write_text(PROJECT.format("1.0"))
    return root


def git(root: Path, *arguments: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@localhost"]
    done = subprocess.run(["git", "-C", root, *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def run(tmp_path):
    """Run a cell in an environment that has IPython and pip but no library of ours, and reaches no other machine."""
    python = bare(tmp_path / "env")

    def start(cell: str = CELL, **variables: str) -> subprocess.CompletedProcess:
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        # pip reads the 0 as "without isolation": it then builds with the setuptools that is here
        offline = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "GIT_ALLOW_PROTOCOL": "file"}
        env = kept | offline | {"HOME": str(tmp_path), "PIP_DISABLE_PIP_VERSION_CHECK": "1"} | variables
        command = [python, "-c", RUN]
        (tmp_path / "empty").mkdir(exist_ok=True)
        return subprocess.run(command, input=cell, env=env, cwd=tmp_path / "empty", capture_output=True, text=True)

    return start


def test_it_installs_a_wheel(run, tmp_path):
    project = library(tmp_path / "a wheel")
    subprocess.run([sys.executable, "-c", BUILD, project], cwd=project, check=True, capture_output=True)
    (wheel,) = project.glob("*.whl")
    done = run(DIFFUSION_LIB=str(wheel))
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "the one of a wheel"


def test_it_installs_a_folder(run, tmp_path):
    done = run(DIFFUSION_LIB=str(library(tmp_path / "a folder")))
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "the one of a folder"


def test_it_installs_a_commit_that_the_branch_has_left(run, tmp_path):
    """As the cell of a published notebook does, without a variable."""
    project = library(tmp_path / "repository")
    git(tmp_path, "init", "-q", "repository")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "old")
    book = Book(make_book(tmp_path / "book-root"))
    cell = install_cell(book, git(project, "rev-parse", "HEAD")).source
    (project / "diffusion_lib" / "__init__.py").write_text("HERE = 'a newer one'\n")
    git(project, "commit", "-q", "-a", "-m", "new")
    done = run(cell.replace(book.repository, project.as_uri()))
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "the one of repository"


@pytest.mark.parametrize("given", ["", "git+file:///nowhere/at-all", "missing-1.0-py3-none-any.whl"])
def test_where_pip_cannot_install_it_stops_and_says_what_to_do(run, given):
    done = run(DIFFUSION_LIB=given)
    assert done.returncode == 1
    source = given or f"git+{Book(ROOT).repository}@main"
    last = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout).strip().splitlines()[-1]
    assert last.startswith(f"ImportError: pip could not install {source}. Without a network: make a wheel")
    assert "`pip wheel --no-deps .`" in last and "`%env DIFFUSION_LIB=path-of-the-wheel`" in last
    assert "ModuleNotFoundError" not in done.stdout


def test_it_does_nothing_where_the_library_is(run, tmp_path):
    there = library(tmp_path / "there")
    done = run(PYTHONPATH=str(there), DIFFUSION_LIB="git+file:///nowhere")
    assert (done.returncode, done.stdout, done.stderr) == (0, "the one of there\n", "")


def test_it_is_short_leaves_other_packages_alone_and_names_no_commit():
    assert len(CELL.splitlines()) <= 15 and max(map(len, CELL.splitlines())) <= 120
    assert "%pip install --quiet --no-deps" in CELL
    assert CELL.startswith(
        "# Where the book's library is missing, as on Colab, install it: the newest one, of the branch"
    )
    assert not re.search(r"@[0-9a-f]{40}", CELL)


@pytest.fixture
def repository(tmp_path):
    """A book with a library, all of it committed."""
    library(make_book(tmp_path / "book root"))
    return committed(tmp_path / "book root")


def committed(root: Path) -> Path:
    git(root, "init", "-q", ".")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "all")
    return root


def test_a_clean_library_is_of_the_commit(repository):
    head = git(repository, "rev-parse", "HEAD")
    assert re.fullmatch("[0-9a-f]{40}", head) and commit_of_library(Book(repository)) == head
    (repository / "book" / "chapter.md").write_text("another page")  # pip does not take it
    (repository / "diffusion_lib" / "__init__.py").touch()
    assert commit_of_library(Book(repository)) == head


def ignored(root: Path) -> None:
    (root / ".gitignore").write_text("diffusion_lib\n")
    git(root, "rm", "-q", "-r", "--cached", "diffusion_lib")
    committed(root)


@pytest.mark.parametrize(
    "change",
    [
        ignored,
        lambda root: (root / "diffusion_lib" / "__init__.py").write_text("HERE = 'changed'\n"),
        lambda root: (root / "diffusion_lib" / "new.py").touch(),
        lambda root: (root / "diffusion_lib" / "__init__.py").unlink(),
        lambda root: (root / "pyproject.toml").write_text(PROJECT.format("2.0")),
        lambda root: git(root, "mv", "diffusion_lib/__init__.py", "diffusion_lib/other.py"),
        lambda root: shutil.rmtree(root / ".git"),
        lambda root: (shutil.rmtree(root / ".git"), committed(library(root.parent))),
        lambda root: (shutil.rmtree(root / ".git"), git(root, "init", "-q", ".")),
    ],
    ids=["ignored", "changed", "added", "removed", "package", "staged", "no-git", "a-folder-of-another", "no-commit"],
)
def test_what_no_commit_has_is_not_claimed_to_be_of_one(repository, change):
    change(repository)
    assert commit_of_library(Book(repository)) == ""


def test_without_git_no_commit_is_claimed(repository, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert commit_of_library(Book(repository)) == ""


def test_a_build_offers_notebooks_of_its_commit_and_otherwise_as_they_are(tmp_path):
    root = library(executed_book(tmp_path / "book-root"))
    (root / ".gitignore").write_text("_build\n")
    committed(root)
    head = git(root, "rev-parse", "HEAD")
    for place, expected in ((root, head), (copy_of(root, tmp_path / "dirty"), "main")):
        if expected == "main":
            (place / "diffusion_lib" / "new.py").touch()
        result = tool("build", place)
        assert result.returncode == 0, result.stderr
        for name in ("chapter", "second"):
            offered = nbformat.read(place / "_build" / "html" / "_sources" / "book" / f"{name}.ipynb", as_version=4)
            stored = nbformat.read(place / "notebooks" / f"{name}.ipynb", as_version=4)
            assert f"@{expected}" in offered.cells[0].source
            assert ("of the branch main" in offered.cells[0].source) == (expected == "main")
            offered.cells[0].source = stored.cells[0].source
            assert offered == stored
