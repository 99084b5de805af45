"""The tests of the library are left out only where nothing that they read has changed since they passed."""

from __future__ import annotations

import json
import re

import pytest
from root import ROOT

from booktools.check import library_tests
from booktools.check.library_tests import FOLDERS, RECORD, arguments, digest, passed

PAGES = re.compile(r"""["'](?:book|notebooks|_build)["'/]|^ *(?:from|import) (?:pagekit|booktools(?!\.check))""", re.M)
READ = ["diffusion_lib/schedule.py", "derive/kernel.py", "models/weights.safetensors"]
READ += ["tests/support/worlds.py", "tests/conftest.py", "tests/process/test_schedule.py", "pagekit/benchmarks.json"]
READ += ["booktools/check/engine.py", "booktools/check/mutants.py", "booktools/check/engine.json"]
UNREAD = ["booktools/check/pages.json", "booktools/build.py", "book/intro.md"]


@pytest.fixture
def project(tmp_path):
    """A project with a file in each folder, whose library passed its tests."""
    for name in (*READ, *UNREAD):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one")
    (tmp_path / RECORD).write_text(json.dumps({"sha256": digest(tmp_path)}))
    return tmp_path


@pytest.mark.parametrize("name", [*UNREAD, "book/new.md"])
def test_a_changed_page_leaves_them_out(project, name):
    (project / name).write_text("two")
    assert passed(project) and arguments(passed(project)) == [
        "tests",
        *(f"--ignore=tests/{folder}" for folder in FOLDERS),
    ]


@pytest.mark.parametrize("name", [*READ, "diffusion_lib/new.py"])
def test_any_other_change_runs_them(project, name):
    (project / name).write_text("two")
    assert not passed(project) and arguments(passed(project)) == ["tests"]


def test_so_do_a_lost_file_a_lost_record_and_another_version(project, monkeypatch):
    monkeypatch.setattr(library_tests, "versions", lambda: ["torch 99"])
    assert not passed(project)
    monkeypatch.undo()
    assert passed(project)
    (project / "derive" / "kernel.py").unlink()
    assert not passed(project)
    (project / RECORD).unlink()
    assert not passed(project)


def test_a_failure_stores_nothing(project):
    """The folders of the project have no tests, with which pytest ends as with an error."""
    (project / RECORD).unlink()
    assert library_tests.run(project) != 0 and not (project / RECORD).exists()


def test_they_read_no_page():
    """Nor do the modules of ``tests/support`` that they import, directly or not."""
    files = {path for folder in FOLDERS for path in (ROOT / "tests" / folder).rglob("*.py")}
    waiting = list(files)
    while waiting:
        for name in re.findall(r"(?m)^ *(?:from|import) (\w+)", waiting.pop().read_text(encoding="utf-8")):
            path = ROOT / "tests" / "support" / f"{name}.py"
            if path.is_file() and path not in files:
                files.add(path)
                waiting.append(path)
    found = {path.relative_to(ROOT): PAGES.findall(path.read_text(encoding="utf-8")) for path in files}
    assert len(files) > 80 and {path: words for path, words in found.items() if words} == {}
