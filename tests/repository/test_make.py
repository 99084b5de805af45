"""The Makefile: it lists its targets, refuses an old Python, and fails when any command under it fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time

import order
import pytest
import yaml
from book_fixture import ROOT

TOOLS = {
    "ruff-check": "ruff check benchmarks",
    "ruff-format": "ruff format --check benchmarks",
    "imports": "lint-imports",
    "types": "mypy",
    "book-check": "python -m booktools.check.rules",
    "proofs": "python -m booktools.check.proofs",
    "steps": "python -m booktools.certificates --failed",
    "assumptions": "python -m booktools.certificates --satisfiable",
    "book-build": "python -m booktools.site.build",
    "changed-notebooks": "python -m booktools.notebooks.closure",
    "changed-library": "python -m booktools.check.library_tests",
    "tests": "python -m pytest -p booktools.compare.plugin --nbval",
}


def make(root, *arguments):
    ours = ("VENV", "PYTHON", "ISA", "FULL")  # of whoever runs the tests
    env = {key: value for key, value in os.environ.items() if not key.startswith("MAKE") and key not in ours}
    return subprocess.run(["make", *arguments], cwd=root, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path):
    """The Makefile over an environment whose programs only note how they were called; FAIL names one that fails."""
    root = tmp_path / "a project"
    for folder in ("book", "diffusion_lib", "derive", "models", "pagekit", "notebooks", ".venv/bin", "_build/html"):
        (root / folder).mkdir(parents=True)
    for name in ("requirements.txt", "pyproject.toml", "_config.yml", "_toc.yml"):
        (root / name).touch()
    shutil.copy(ROOT / "Makefile", root)
    for program in ("ruff", "lint-imports", "mypy", "python", "pytest"):
        path = root / ".venv" / "bin" / program
        path.write_text(f'#!/bin/sh\necho "{program} $*" >> called\ncase "{program} $*" in "$FAIL"*) exit 7 ;; esac\n')
        path.chmod(0o755)
    (root / ".venv" / "ready").touch()
    return root


def called(root):
    return [line.strip() for line in (root / "called").read_text().splitlines()]


def test_make_alone_lists_the_targets_with_what_each_costs():
    result = make(ROOT)
    head, *lines = result.stdout.splitlines()
    assert result.returncode == 0 and "two cores" in head
    assert [line for line in lines if not re.match(r"make [\w-]+ +\d+(:\d\d)? (s|min|h)  +\w", line)] == []
    targets = re.findall(r"^([a-z-]+):(?!=)", (ROOT / "Makefile").read_text(), flags=re.M)
    assert {line.split()[1] for line in lines} == set(targets) - {"help"} != set()


def test_make_test_runs_every_part_and_the_dear_one_last(project, monkeypatch):
    monkeypatch.setenv("FAIL", "nothing")
    result = make(project, "test")
    assert result.returncode == 0, result.stderr
    lines = called(project)
    assert len(lines) == len(TOOLS)
    assert all(sum(line.startswith(start) for line in lines) == 1 for start in TOOLS.values())
    assert lines[-1].startswith(TOOLS["tests"]) and "--ignore" not in lines[-1]


@pytest.mark.parametrize("command", [pytest.param(start, id=name) for name, start in TOOLS.items()])
def test_a_failing_part_fails_make_test(project, monkeypatch, command):
    """No test begins after a part that is cheaper and fails; what runs beside that part may come to its end."""
    monkeypatch.setenv("FAIL", command)
    assert make(project, "test").returncode == 2
    lines = called(project)
    assert any(line.startswith(command) for line in lines)
    assert not any(line.startswith(TOOLS["tests"]) for line in lines if command != TOOLS["tests"])


def test_make_test_runs_what_changed_and_test_full_all(project, monkeypatch):
    monkeypatch.setenv("FAIL", "nothing")
    changed = "case $2 in booktools.notebooks.closure) echo notebooks/a.ipynb; echo notebooks/b.ipynb ;;"
    changed += " booktools.check.library_tests) echo tests --ignore=tests/process ;; esac\n"
    with (project / ".venv" / "bin" / "python").open("a") as program:
        program.write(changed + "exit 0\n")
    for target, paths, chosen in (
        ("test", "tests --ignore=tests/process notebooks/a.ipynb notebooks/b.ipynb", False),
        ("test-full", "tests notebooks", True),
    ):
        assert make(project, target).returncode == 0
        (tests,) = (line for line in called(project) if line.startswith("python -m pytest"))
        assert tests.startswith(f"python -m pytest {paths} -p booktools.compare.plugin")
        assert ("-m not slow " in tests) == chosen  # also pages marked `viewed`, which pyproject.toml leaves out
        (project / "called").unlink()


def test_an_instruction_set_reaches_the_tests_and_an_unknown_one_is_refused(project, monkeypatch):
    (project / ".venv" / "bin" / "python").write_text('#!/bin/sh\necho "$* $ATEN_CPU_CAPABILITY" >> called\n')
    monkeypatch.setenv("FAIL", "nothing")
    assert make(project, "test", "ISA=avx2").returncode == 0
    tests = called(project)[-1]
    assert tests.startswith("-m pytest tests notebooks ") and "-m not slow " in tests and tests.endswith(" avx2")
    assert not any("closure" in line for line in called(project))
    refused = make(project, "test", "ISA=avx3")
    assert refused.returncode == 2 and "ISA must be sse4, avx2 or avx512, got avx3" in refused.stderr


def test_the_longest_files_of_tests_begin():
    assert all((ROOT / "tests" / name).is_file() for name in order.SECONDS)
    names = ("notebooks/first-model.ipynb", "notebooks/intro.ipynb", "tests/repository/test_make.py")
    long, short, unknown = (order.seconds(ROOT / name) for name in names)
    assert long > short > unknown == 0


def test_make_test_fast_checks_and_runs_cheap_tests_and_one_chapter(project, monkeypatch):
    monkeypatch.setenv("FAIL", "nothing")
    assert make(project, "test-fast").returncode == 0
    *check, tests, notebook = called(project)
    assert [line for line in check if "check" not in line] == ["lint-imports", "mypy"] and len(check) == 5
    paths = re.findall(r"tests/[\w/.]+", tests)
    assert paths and all((ROOT / path).exists() for path in paths)
    assert re.match(r"python -m pytest notebooks/[\w-]+\.ipynb -p booktools.compare.plugin --nbval ", notebook)
    assert (ROOT / notebook.split()[3]).is_file()
    monkeypatch.setenv("FAIL", tests)
    assert make(project, "test-fast").returncode == 2


def test_the_commands_before_a_commit_are_those_of_make_check(project, monkeypatch):
    monkeypatch.setenv("FAIL", "nothing")
    assert make(project, "check").returncode == 0
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    hooks = repository["hooks"]
    assert [hook["entry"].removeprefix(".venv/bin/") for hook in hooks] == called(project)
    assert {(hook["language"], hook["pass_filenames"]) for hook in hooks} == {("system", False)}
    assert repository["repo"] == "local"  # the versions are the environment's; nothing is fetched


def test_a_failure_at_the_head_of_a_pipe_is_a_failure(project):
    (project / "canary.mk").write_text("include Makefile\ncanary:\n\tfalse | cat\n")
    assert make(project, "-f", "canary.mk", "canary").returncode == 2


def test_an_old_python_is_refused_with_a_remedy(project):
    (project / "python3.9").write_text("#!/bin/sh\necho 'Python 3.11 or newer is needed' >&2\nexit 1\n")
    old = "import sys; sys.version_info = (3, 10, 2); sys.version = '3.10.2 (main)'; exec(sys.argv[1])"
    (project / "python3.9").write_text(f'#!/bin/sh\nshift\nexec python3 -c "{old}" "$@"\n')
    (project / "python3.9").chmod(0o755)
    (project / ".venv" / "ready").unlink()
    result = make(project, "book", "PYTHON=./python3.9")
    assert result.returncode == 2
    assert "Python 3.11 or newer is needed, this is 3.10.2; try: make book PYTHON=python3.12" in result.stderr


def test_the_environment_is_made_by_one_pip_call_and_once(project, monkeypatch):
    monkeypatch.setenv("FAIL", "nothing")
    (project / "python3.12").write_text('#!/bin/sh\necho "made $*" >> called\n')
    (project / "python3.12").chmod(0o755)
    (project / ".venv" / "ready").unlink()
    for _ in range(2):
        assert make(project, "notebooks", "PYTHON=./python3.12").returncode == 0
    made = [line for line in called(project) if " pip " in line or " compileall " in line]
    assert made == [
        "python -m pip install --no-compile -r requirements.txt -e .",
        "python -m compileall -qq -j 0 .venv/lib",
    ]


@pytest.mark.parametrize(("module", "made"), [("pip", False), ("compileall", True)])
def test_a_package_that_is_missing_spoils_an_environment_and_a_file_for_another_python_does_not(
    project, monkeypatch, module, made
):
    monkeypatch.setenv("FAIL", f"python -m {module}")
    (project / ".venv" / "ready").unlink()
    assert (make(project, "notebooks", "PYTHON=true").returncode == 0) == made
    assert (project / ".venv" / "ready").exists() == made


@pytest.mark.parametrize("name", [".venv313", "env313", "my env", "deep/env", "/inside"])
def test_an_environment_may_have_any_name(project, monkeypatch, name):
    """Also a path with a space, and one from the root of the disk; its twin for the benchmarks is beside it."""
    monkeypatch.setenv("FAIL", "nothing")
    path = str(project) + name if name.startswith("/") else name
    place = project / path
    place.parent.mkdir(exist_ok=True)
    shutil.copytree(project / ".venv", project / f"{path}-bench")
    (project / ".venv").rename(place)
    for folder in (place, project / f"{path}-bench"):
        (folder / "ready").unlink()
    (project / "benchmarks").mkdir()
    (project / "benchmarks" / "requirements.txt").touch()
    (project / "python3.12").write_text("#!/bin/sh\n")
    (project / "python3.12").chmod(0o755)
    for target in ("test", "notebooks", "bench"):
        result = make(project, target, f"VENV={path}", "PYTHON=./python3.12")
        assert result.returncode == 0, result.stderr
    assert sum(" pip " in line for line in called(project)) == 2
    for folder in (place, project / f"{path}-bench"):
        assert (folder / ".gitignore").read_text() == "*\n"  # git and ruff pass it by


def test_an_environment_is_neither_linted_nor_committed(tmp_path):
    """The linter is given folders: all that have code, and not the root, where environments lie."""
    tracked = subprocess.run(["git", "ls-files", "*.py", "*.ipynb"], cwd=ROOT, capture_output=True, text=True).stdout
    folders = sorted({line.split("/")[0] for line in tracked.splitlines()})
    text = (ROOT / "Makefile").read_text()
    assert re.search(r"^CODE := (.*)$", text, flags=re.M)[1].split() == folders
    assert text.count("$(CODE)") == 2 == len(re.findall(r"\$\(BIN\)/ruff ", text))
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    shutil.copy(ROOT / ".gitignore", tmp_path)
    for name in (".venv", ".venv313", ".venv-bench"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.py").touch()
    command = ["git", "status", "--porcelain", "--untracked-files=all"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert found == "?? .gitignore\n"


def test_the_benchmarks_have_an_environment_of_their_own_and_get_their_options(project, monkeypatch):
    monkeypatch.setenv("FAIL", "nothing")
    (project / "benchmarks").mkdir()
    (project / "benchmarks" / "requirements.txt").touch()
    shutil.copytree(project / ".venv", project / ".venv-bench")
    (project / ".venv-bench" / "ready").unlink()
    (project / "python3.12").write_text("#!/bin/sh\n")
    (project / "python3.12").chmod(0o755)
    assert make(project, "bench", "PYTHON=./python3.12", "BENCH=ring --quick").returncode == 0
    install = "python -m pip install -r benchmarks/requirements.txt -e ."
    assert called(project) == [install, "python -m benchmarks ring --quick"]


def builds(root):
    """How many builds `make book` has started so far, after one more `make book`."""
    result = make(root, "book")
    assert result.returncode == 0, result.stderr
    return sum("booktools.site.build" in line for line in called(root))


def later(path, seconds):
    """As if written ``seconds`` from now: make compares times, and a file system may count them coarsely."""
    now = time.time() + seconds
    os.utime(path, (now, now))


def test_an_edit_is_built_once_even_if_it_does_not_change_the_first_page(project, monkeypatch):
    monkeypatch.setenv("FAIL", "nothing")
    index = project / "_build" / "html" / "index.html"
    index.touch()
    later(index, -50)  # the build that this project only notes leaves it as it is
    (project / "book" / "a page.md").touch()
    assert [builds(project) for _ in range(3)] == [1, 1, 1]
    later(index, -50)
    assert [builds(project) for _ in range(2)] == [2, 2]


def test_a_failed_build_is_tried_again(project, monkeypatch):
    monkeypatch.setenv("FAIL", "python -m booktools.site.build")
    assert [make(project, "book").returncode for _ in range(2)] == [2, 2]
    assert len(called(project)) == 2


@pytest.mark.parametrize(
    "name", ["book/a page.md", "book/page.md", "notebooks/page.ipynb", "diffusion_lib/new module.py"]
)
def test_every_source_is_followed(project, monkeypatch, name):
    monkeypatch.setenv("FAIL", "nothing")
    (project / name).touch()
    assert builds(project) == 1
    later(project / name, 50)
    assert builds(project) == 2


@pytest.mark.parametrize(
    "name",
    ["book/.venv/a page.md", "book/.ipynb_checkpoints/a page.md", "notebooks/page.tmp", "book/__pycache__/x.pyc"],
)
def test_what_no_build_reads_is_not_followed(project, monkeypatch, name):
    monkeypatch.setenv("FAIL", "nothing")
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).touch()
    assert builds(project) == 1
    later(project / name, 50)
    assert builds(project) == 1


def test_the_book_is_served_to_this_machine_only(project, monkeypatch):
    monkeypatch.setenv("FAIL", "nothing")
    assert make(project, "serve").returncode == 0
    assert called(project)[-1] == "python -m http.server --bind 127.0.0.1 --directory _build/html 8000"


def test_check_and_proofs_give_way_to_the_book(project):
    """Else its first build, on two cores beside them, took 115 s in place of 93."""
    shown = subprocess.run(
        ["make", "-n", "book", "check", "proofs"], cwd=project, capture_output=True, text=True
    ).stdout
    lines = [line.strip() for line in shown.splitlines() if ".venv" in line and "ready" not in line]
    assert {line.startswith("nice ") for line in lines if "booktools.site.build" not in line} == {True}
    assert not any(line.startswith("nice ") for line in lines if "booktools.site.build" in line) and len(lines) > 3
