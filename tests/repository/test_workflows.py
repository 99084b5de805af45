"""What hosted machines run: pinned, read-only, strict, the same commands as at home; and the project's own facts."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import jupytext
import nbformat
import pytest
import yaml

import diffusion_lib
from booktools.notebooks import papermill_sets
from booktools.source.pages import PUBLISHED
from pagekit import rerun
from pagekit.chapters.registry import Chapter, Registry, registry

ROOT = Path(diffusion_lib.__file__).parent.parent
PATHS = sorted((ROOT / ".github" / "workflows").glob("*"))
WORKFLOWS = {
    path.name: yaml.load(path.read_text(), Loader=yaml.BaseLoader) for path in PATHS
}  # BaseLoader: `on` is a text
JOBS = {(name, job): body for name, flow in WORKFLOWS.items() for job, body in flow["jobs"].items()}
STEPS = [(name, job, step) for (name, job), body in JOBS.items() for step in body["steps"]]
ALLOWED_WRITES = {
    ("pages.yml", "notebooks"): {"contents": "write"},
    ("pages.yml", "deploy"): {"pages": "write", "id-token": "write"},
}


def commands(name: str, job: str | None = None) -> list[str]:
    return [step["run"] for flow, key, step in STEPS if flow == name and job in (None, key) and "run" in step]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.name)
def test_actions_are_pinned_with_their_version(path):
    lines = [line for line in path.read_text().splitlines() if "uses:" in line]
    assert len(lines) == sum(name == path.name and "uses" in step for name, _, step in STEPS) > 0
    for line in lines:
        assert re.search(r"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_one_version_of_each_action():
    pins = {step["uses"] for _, _, step in STEPS if "uses" in step}
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_read_only_and_end(name):
    flow = WORKFLOWS[name]
    assert flow["permissions"] == {"contents": "read"}
    assert "group" in flow["concurrency"]
    assert flow["defaults"] == {"run": {"shell": "bash"}}, "the default shell of a runner has no pipefail"
    assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(flow["on"])


@pytest.mark.parametrize("key", JOBS, ids="/".join)
def test_jobs_read_only_and_end(key):
    job = JOBS[key]
    assert job.get("permissions", {}) == ALLOWED_WRITES.get(key, {})
    assert 0 < int(job["timeout-minutes"]) <= (120 if key == ("weekly.yml", "test") else 60)
    if "permissions" in job:  # it runs no code of the repository: it has none, and git alone
        assert not any("checkout" in step.get("uses", "") for step in job["steps"])
        lines = [line for step in job["steps"] for line in step.get("run", "").splitlines()]
        assert all(re.match(r"git (-c \S+ )*(init|add|commit|push) ", line) for line in lines)
        assert not re.search(r"[;&|<>`]|\$\(", "".join(lines)), "nothing but git"


def test_nothing_from_outside_reaches_a_shell_or_stays_behind():
    for name, _, step in STEPS:
        assert "${{" not in step.get("run", ""), f"{name}: pass it through env"
        assert "shell" not in step and "continue-on-error" not in step
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": "false"}
    assert not any("secrets." in path.read_text() for path in PATHS)


def test_they_run_the_same_commands_as_at_home():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.M))
    used = {command.split()[1] for name in WORKFLOWS for command in commands(name) if command.startswith("make ")}
    assert used == {"book", "test", "test-full"} and used <= targets
    assert [line for line in commands("weekly.yml", "test") if line.startswith("make ")] == [
        "make book",
        "make test-full",
    ]
    assert commands("pull-request.yml", "test") == ["make book", "make test"]
    assert JOBS["pull-request.yml", "test"]["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert commands("pull-request.yml", "script") == ["bash .ci/run"]
    assert any(command.startswith("actionlint") for command in commands("pull-request.yml", "workflows"))
    assert commands("pages.yml", "build")[0] == "make book"
    assert commands("processors.yml") == ["make book", "make test"]
    assert JOBS["processors.yml", "test"]["steps"][-1]["env"]["ISA"] == "${{ matrix.isa }}"
    sets = re.findall(r"^ISA_(\w+) :=", (ROOT / "Makefile").read_text(), flags=re.M)
    assert JOBS["processors.yml", "test"]["strategy"]["matrix"]["isa"] == sets == ["sse4", "avx2", "avx512"]


SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("contents", "code"),
    [
        pytest.param({"a": f"git+https://x@{SHA}", "b": f"git+https://y@{SHA}"}, 0, id="all"),
        pytest.param({"a": f"git+https://x@{SHA}", "b": "git+https://x@main"}, 1, id="one-of-the-branch"),
        pytest.param({"a": f"git+https://x@{SHA[::-1]}"}, 1, id="another-commit"),
    ],
)
def test_no_notebook_is_published_that_does_not_name_the_commit(tmp_path, contents, code):
    (test,) = (command for command in commands("pages.yml", "build") if command.startswith("test "))
    folder = tmp_path / "_build" / "html" / "_sources" / "book"
    folder.mkdir(parents=True)
    for name, text in contents.items():
        (folder / f"{name}.ipynb").write_text(text)
    env = os.environ | {"GITHUB_SHA": SHA}
    assert subprocess.run(["bash", "-eo", "pipefail", "-c", test], cwd=tmp_path, env=env).returncode == code


def test_the_notebooks_of_the_newest_build_are_all_that_their_branch_holds(tmp_path):
    """Twice: the second build has lost a chapter. The branch has the name that the pages link to."""
    (push,) = commands("pages.yml", "notebooks")
    steps = [step.get("with", {}) for _, job, step in STEPS if job in ("build", "notebooks")]
    assert {step["path"] for step in steps if step.get("name") == "notebooks"} == {
        "_build/html/_sources/book/*.ipynb",
        "notebooks",
    }
    remote = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", remote], check=True)
    for number, names in enumerate((["a", "b"], ["a"])):
        here = tmp_path / f"runner {number}"
        (here / "notebooks").mkdir(parents=True)
        for name in names:
            (here / "notebooks" / f"{name}.ipynb").write_text(f"{name} {number}")
        env = os.environ | {"REMOTE": str(remote), "GITHUB_SHA": SHA}
        subprocess.run(["bash", "-eo", "pipefail", "-c", push], cwd=here, env=env, check=True)
        look = ["git", "-C", remote, "ls-tree", "-r", "--name-only", PUBLISHED]
        listed = subprocess.run(look, capture_output=True, text=True, check=True).stdout
        assert listed.split() == [f"notebooks/{name}.ipynb" for name in names]
    log = ["git", "-C", remote, "log", "--format=%s", PUBLISHED]
    assert subprocess.run(log, capture_output=True, text=True, check=True).stdout == f"Notebooks of {SHA}\n"


def test_pages_go_live_after_the_notebooks_that_they_link_to():
    assert JOBS["pages.yml", "deploy"]["needs"] == ["build", "notebooks"]


def test_the_weekly_run_keeps_two_upper_bounds_only(tmp_path):
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    strip = next(command for command in commands("weekly.yml") if command.startswith("sed "))
    before = (tmp_path / "requirements.txt").read_text().splitlines()
    subprocess.run(["bash", "-euo", "pipefail", "-c", strip], cwd=tmp_path, check=True)
    after = (tmp_path / "requirements.txt").read_text().splitlines()
    assert len(after) == len(before)
    requirements = [line for line in after if not line.startswith("#")]
    assert sorted(line.partition(">")[0] for line in requirements if "<" in line) == ["jupyter-book", "sphinx"]


def test_the_weekly_run_tries_the_chapters_with_the_versions_that_colab_ships():
    install, *_, run = commands("weekly.yml", "colab")[1:]
    python = next(
        step["with"]["python-version"]
        for step in JOBS["weekly.yml", "colab"]["steps"]
        if "with" in step and "python-version" in step["with"]
    )
    (constraints,) = re.findall(r" -c (\S+) ", install)
    assert f"# Python {python}" in (ROOT / constraints).read_text().splitlines()
    assert run == '.venv/bin/pytest tests/repository/test_colab.py -m "slow or not slow"'


SETS = {job["chapter"]: job["sets"].splitlines() for job in papermill_sets.jobs(registry())}
# What the job that reads the registry has is Python and PyYAML: everything else is missing.
BARE = """
import runpy, sys

class Missing:
    def find_spec(name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in {*sys.stdlib_module_names, "yaml", "_yaml", "booktools", "pagekit", "diffusion_lib"}:
            raise ModuleNotFoundError(f"the job has no {top}")

sys.meta_path.insert(0, Missing)
runpy.run_module(sys.argv[1], run_name="__main__")
"""


def test_the_matrix_of_the_chapters_comes_from_the_registry(tmp_path):
    """The job's own commands, with a ``python`` that has no more than the runner's."""
    install, read = commands("papermill.yml", "sets")
    assert install == "python -m pip install PyYAML"
    python, output = tmp_path / "python", tmp_path / "output"
    (tmp_path / "bare.py").write_text(BARE)
    python.write_text(f'#!/bin/sh\n[ "$1" = -m ] && exec {sys.executable} {tmp_path / "bare.py"} "$2"\n')
    python.chmod(0o755)
    env = os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "GITHUB_OUTPUT": str(output),
        "PYTHONPATH": str(ROOT),
    }
    subprocess.run(["bash", "-eo", "pipefail", "-c", read], cwd=ROOT, env=env, check=True)
    name, _, matrix = output.read_text().partition("=")
    assert name == "matrix" and json.loads(matrix) == {"include": papermill_sets.jobs(registry())}
    assert matrix.count("\n") == 1, "an output of a job is one line"
    job, (step, *_) = (
        JOBS["papermill.yml", "rerun"],
        [each for each in JOBS["papermill.yml", "sets"]["steps"] if each.get("run") == read],
    )
    assert JOBS["papermill.yml", "sets"]["outputs"] == {"matrix": f"${{{{ steps.{step['id']}.outputs.matrix }}}}"}
    assert job["needs"] == "sets" and job["strategy"]["matrix"] == "${{ fromJSON(needs.sets.outputs.matrix) }}"


def test_a_job_runs_each_set_once_with_its_words(tmp_path):
    """What ``xargs`` hands over; a value may have spaces, quotes, or nothing in it."""
    values = [{"prompt": "a cat's hat", "g": "0.0"}, {"prompt": ""}, {"prompt": 'say "no" \\ $HOME', "steps": "10"}]
    known = Registry({"latent-pipeline": Chapter(reruns=values)}, {})
    (run,) = (command for command in commands("papermill.yml", "rerun") if "xargs" in command)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    told = f"#!{sys.executable}\nimport json, sys\nprint(json.dumps(sys.argv[1:]), file=open('called', 'a'))\n"
    (tmp_path / ".venv" / "bin" / "python").write_text(told)
    (tmp_path / ".venv" / "bin" / "python").chmod(0o755)
    (job,) = papermill_sets.jobs(known)
    env = os.environ | {"CHAPTER": job["chapter"], "SETS": job["sets"]}
    subprocess.run(["bash", "-eo", "pipefail", "-c", run], cwd=tmp_path, env=env, check=True)
    called = [json.loads(line) for line in (tmp_path / "called").read_text().splitlines()]
    start = ["-m", "diffusion_lib", "rerun", "latent-pipeline"]
    assert called == [start + [word for pair in each.items() for word in ("-p", *pair)] for each in values]


def test_every_chapter_with_parameters_runs_with_others():
    pages = {path.stem: jupytext.read(path).cells for path in (ROOT / "book").glob("*.md")}
    cells = {
        name: [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])] for name, cells in pages.items()
    }
    assert set(SETS) == {name for name, found in cells.items() if any("=" in cell.source for cell in found)}
    assert [
        c
        for c in commands("papermill.yml")
        if c.endswith('| xargs -L 1 .venv/bin/python -m diffusion_lib rerun "$CHAPTER"')
    ]


@pytest.mark.parametrize("chapter", SETS)
def test_the_papermill_sets_change_parameters_of_the_chapter(chapter, tmp_path):
    nbformat.write(jupytext.read(ROOT / "book" / f"{chapter}.md"), tmp_path / "chapter.ipynb")
    known = rerun.defaults(tmp_path / "chapter.ipynb")
    sets = []
    for words in map(shlex.split, SETS[chapter]):
        assert words[::3] == ["-p"] * (len(words) // 3)
        values = rerun.check(rerun.parse(list(zip(words[1::3], words[2::3], strict=True)), known), known)
        assert all(value != known[name] for name, value in values.items())
        sets.append(tuple(sorted(values.items())))
    assert len(set(sets)) == len(sets) >= 1


SCRIPT = ROOT / ".ci" / "run"


@pytest.fixture
def clone(tmp_path):
    """The script in an otherwise empty clone; programs only note that they were called. FAIL names one that fails."""
    (tmp_path / ".ci").mkdir()
    shutil.copy(SCRIPT, tmp_path / ".ci" / "run")
    (tmp_path / "bin").mkdir()
    for name in ("bash", "dirname", "cat"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name))
    fake(tmp_path, "id", "echo ${WHO:-0}")
    for name in ("apt-get", "make"):
        fake(tmp_path, name, f'echo "{name} $* CI=$CI stdin=$(cat)" >> called; [[ ${{FAIL:-}} != {name} ]]')
    return tmp_path


def fake(root: Path, name: str, body: str) -> None:
    path = root / "bin" / name
    path.write_text(f"#!{shutil.which('bash')}\n{body}\n")
    path.chmod(0o755)


def run(clone: Path, **variables: str) -> tuple[int, list[str], str]:
    env = {"PATH": str(clone / "bin"), **variables}
    done = subprocess.run(
        ["bash", clone / ".ci" / "run"], env=env, cwd="/", capture_output=True, text=True, input="a question's answer"
    )
    called = clone / "called"
    return done.returncode, called.read_text().splitlines() if called.exists() else [], done.stderr


MAKE = "make test CI=true stdin="
UPDATE, INSTALL = "apt-get -qq update", "apt-get -qq install --yes --no-install-recommends"
SHELL = "chromium-headless-shell"
ALL = f"{SHELL} firefox-esr coq libcoq-coquelicot"
APT = [UPDATE, f"{INSTALL} {ALL}"]


@pytest.mark.parametrize(
    ("browser", "fox"),
    [
        (SHELL, "firefox-esr"),
        ("chromium", "firefox-esr"),
        ("chromium-browser", "firefox"),
        ("google-chrome", "firefox"),
    ],
)
def test_the_script_runs_the_tests_and_nothing_else(clone, browser, fox):
    fake(clone, browser, "exit 1")
    fake(clone, fox, "exit 1")
    fake(clone, "coqc", "exit 1")
    assert run(clone) == (0, [MAKE], "")


@pytest.mark.parametrize(
    ("present", "missing"),
    [("coqc", f"{SHELL} firefox-esr"), ("chromium", ALL.removeprefix(f"{SHELL} ")), ("", ALL)],
)
def test_the_script_installs_what_is_missing(clone, present, missing):
    if present:
        fake(clone, present, "exit 1")
    code, called, _ = run(clone)
    assert code == 0 and [line.partition(" CI=")[0] for line in called] == [UPDATE, f"{INSTALL} {missing}", "make test"]


def test_the_script_asks_sudo_only_if_it_does_not_ask_back(clone):
    fake(clone, "sudo", '[[ $1 == -n ]] && shift && "$@"')
    fake(clone, "true", "exit 0")
    code, called, _ = run(clone, WHO="1000")
    assert code == 0 and [line.partition(" CI=")[0] for line in called] == [*APT, "make test"]


@pytest.mark.parametrize("sudo", [False, True], ids=["no-sudo", "sudo-with-password"])
def test_the_script_says_what_it_may_not_install_and_goes_on(clone, sudo):
    if sudo:
        fake(clone, "sudo", "exit 1")
    code, called, message = run(clone, WHO="1000")
    assert (code, called) == (0, [MAKE])
    assert f"install Debian's packages {ALL}" in message


@pytest.mark.parametrize("program", ["apt-get", "make"])
def test_the_script_fails_with_what_it_calls(clone, program):
    code, called, _ = run(clone, FAIL=program)
    assert code != 0 and called[-1].startswith(program) and len(called) == (1 if program == "apt-get" else 3)


@pytest.mark.parametrize("line", ["exit 3 | cat", "exit 3", 'echo "$NEVER_SET"'], ids=str)
def test_canary_a_masked_failure_stops_the_script(clone, line):
    path = clone / ".ci" / "run"
    text = path.read_text()
    assert text.count("\nmake test") == 1
    path.write_text(text.replace("\nmake test", f"\n({line})\nmake test"))
    fake(clone, "chromium", "exit 1")
    fake(clone, "firefox-esr", "exit 1")
    fake(clone, "coqc", "exit 1")
    code, called, _ = run(clone)
    assert code != 0 and called == []


def test_the_script_is_executable_and_strict_from_its_first_command():
    lines = [line for line in SCRIPT.read_text().splitlines() if line and not line.startswith("#")]
    assert SCRIPT.stat().st_mode & stat.S_IXUSR
    assert SCRIPT.read_text().startswith("#!/usr/bin/env bash\n") and lines[0] == "set -euo pipefail"


def test_version_and_licence_are_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    newest = re.search(r"^## \[(.+?)\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text(), flags=re.M)
    assert project["version"] == citation["version"] == diffusion_lib.__version__ == newest[1]
    assert str(citation["date-released"]) == newest[2]
    assert project["license"] == citation["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n")
    assert citation["cff-version"] == "1.2.0" and citation["message"] and citation["title"]
    assert citation["authors"] == [{"name": "The authors of Executable Diffusion"}]


def test_the_address_of_the_repository_stands_in_one_place_or_is_compared_with_it():
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    address = config["repository"]["url"]
    owner, name = address.split("/")[-2:]
    site = f"https://{owner}.github.io/{name}/"
    written = [*PATHS, SCRIPT, *ROOT.glob("*.md"), ROOT / "Makefile"]
    written += [*(ROOT / "book").glob("*.md"), *ROOT.glob("diffusion_lib/**/*.py"), *ROOT.glob("booktools/**/*.py")]
    assert [path.name for path in written if address.removeprefix("https://") in path.read_text()] == ["README.md"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for url in project["urls"].values():  # package indexes and citations cannot look it up
        assert url in (address, site) or url.startswith(f"{address}/")
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["repository-code"] == address


def test_the_metadata_name_the_python_versions_that_are_tested():
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["classifiers"]
    named = {line.rpartition(" ")[2] for line in classifiers if re.search(r":: 3\.\d+$", line)}
    tested = {step["with"]["python-version"] for _, _, step in STEPS if "python-version" in step.get("with", {})}
    matrix = set(JOBS["pull-request.yml", "test"]["strategy"]["matrix"]["python"])
    assert named == {version for version in tested | matrix if "$" not in version}


def test_a_vulnerability_is_reported_in_private():
    text = (ROOT / "SECURITY.md").read_text()
    assert "Report a vulnerability" in text and f"{diffusion_lib.__version__.rpartition('.')[0]}.x" in text
