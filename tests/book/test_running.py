"""Every command on the page about running the book is run, in a copy of the repository, as its reader would run it."""

from __future__ import annotations

import csv
import itertools
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import pytest
import torch
import yaml
from bs4 import BeautifulSoup
from root import ROOT

from diffusion_lib.errors import ConfigError
from pagekit.rerun import RerunFailed, rerun

BLOCKS = re.findall(r"^```bash\n(.*?)^```", (ROOT / "book" / "running.md").read_text(), flags=re.M | re.S)
COMMANDS = [line for block in BLOCKS for line in block.splitlines()]
# These two run this test, so that it cannot run them.
OUTER = ["make book", "make test"]
ACTIVATE = "source .venv/bin/activate"
INNER = [command for command in COMMANDS if command not in (*OUTER, ACTIVATE)]
LONG = [command for command in INNER if "rerun first-model" in command][1:]  # each trains for most of a minute
RAN: list[str] = []


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what the repository tracks or would track, with this environment as its .venv."""
    copy = tmp_path_factory.mktemp("a reader's clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


def run(command, checkout):
    environment = {key: value for key, value in os.environ.items() if key not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment["PYTHONPATH"] = str(checkout)  # the library of the copy, whatever the environment has installed
    script = f"set -euo pipefail; {ACTIVATE}; {command}"
    return subprocess.run(
        ["bash", "-c", script],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )


def test_page_has_commands_for_each_way_to_run_the_book():
    assert set(OUTER) <= set(COMMANDS) and ACTIVATE in COMMANDS
    for way in ("doctor", "jupyter execute", "rerun", "papermill", "train", "sample", "sweep book/", "accelerate"):
        assert any(way in command for command in COMMANDS), way
    for chapter in ("forward-process", "first-model"):
        assert sum(f"rerun {chapter} -p" in command for command in COMMANDS) == 3


def test_page_says_how_to_get_a_copy_with_the_address_of_the_book():
    address = yaml.safe_load((ROOT / "_config.yml").read_text())["repository"]["url"]
    page = BeautifulSoup((ROOT / "_build" / "html" / "book" / "running.html").read_text(), "html.parser")
    assert f"git clone {address}" in [code.get_text() for code in page.select("code")]


@pytest.mark.parametrize(
    "command", [pytest.param(each, marks=pytest.mark.slow) if each in LONG else each for each in INNER]
)
def test_command(command, checkout):
    RAN.append(command)
    result = run(command, checkout)
    if "refused" in command:
        assert result.returncode == 2
        assert "TT" in result.stderr and "'T'" in result.stderr and "Traceback" not in result.stderr
    else:
        assert result.returncode == 0, result.stderr[-3000:]


BEFORE_A_KERNEL = [
    ("T=5x", {"T": "5x"}, "T"),
    ("TT", {"TT": 100}, "TT"),
    ("text-for-number", {"T": "true"}, "T"),
    ("nan", {"T": float("nan")}, "T"),
    ("float-for-integer", {"T": 1e3}, "T"),
]


@pytest.mark.parametrize("chapter", ["forward-process", "first-model"])
@pytest.mark.parametrize(
    ("given", "name"), [case[1:] for case in BEFORE_A_KERNEL], ids=[case[0] for case in BEFORE_A_KERNEL]
)
def test_a_chapter_refuses_bad_names_and_types_before_a_kernel_starts(chapter, given, name, tmp_path):
    with pytest.raises(ConfigError, match=rf"\b{name}\b") as refusal:
        rerun(ROOT / "notebooks" / f"{chapter}.ipynb", given, out=tmp_path / "run")
    assert str(given[name]) in str(refusal.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("chapter", "given", "allowed"),
    [
        ("forward-process", {"T": 0}, "1..4000"),
        ("forward-process", {"noise_schedule": "cosin"}, "did you mean 'cosine'"),
        ("first-model", {"point_steps": -1}, "10..100000"),
        ("first-model", {"density": "torus"}, "'moons'"),
    ],
)
def test_a_chapter_refuses_what_is_out_of_range_before_any_work(chapter, given, allowed, tmp_path):
    ((name, value),) = given.items()
    with pytest.raises(RerunFailed, match=re.escape(f"{name} must be")) as refusal:
        rerun(ROOT / "notebooks" / f"{chapter}.ipynb", given, out=tmp_path / "run")
    assert repr(value) in str(refusal.value) and allowed in str(refusal.value)
    cells = json.loads((tmp_path / "run" / f"{chapter}.ipynb").read_text())["cells"]
    done = [cell["metadata"].get("papermill", {}).get("status") for cell in cells if cell["cell_type"] == "code"]
    assert done.count("completed") <= 3  # installing, the parameters, the injected parameters


def test_the_lines_of_python_about_own_data_run_one_after_the_other(tmp_path, monkeypatch):
    page = (ROOT / "book" / "running.md").read_text()
    blocks = [block for block in re.findall(r"^```python\n(.*?)^```", page, flags=re.M | re.S) if "import" in block]
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    names = {}
    for block in blocks:
        exec(block, names)
    assert names["x_0"].shape == (16, 2) and (tmp_path / "my-pipeline" / "unet").is_dir()
    assert torch.equal(names["again"].model.conv_in.weight, names["state"].ema["model.conv_in.weight"])


def test_the_sweep_of_the_page_makes_a_table_of_numbers(checkout):
    """After the commands: all that the introduction shows, in a row for each combination."""
    block = re.search(r"^```yaml\n(chapter.*?)^```", (ROOT / "book" / "running.md").read_text(), flags=re.M | re.S)[1]
    sweep = (checkout / "book" / "sweep.yaml").read_text()
    assert yaml.safe_load(block) == yaml.safe_load(sweep)
    with open(checkout / "_build" / "sweeps" / "sweep" / "results.csv") as table:
        rows = list(csv.DictReader(table))
    values = yaml.safe_load(sweep)["grid"]
    assert [(int(row["T"]), int(row["n"])) for row in rows] == list(itertools.product(*values.values()))
    for row in rows:
        least, distance, noise = (float(row[name]) for name in ("least-of-draws", "distance", "distance-of-noise"))
        assert row["status"] == "ok" and 0 < least < noise and 0 < distance < noise


def test_the_profile_of_the_page_is_the_one_beside_it_and_snakemake_takes_it(checkout):
    """Its resources reach the jobs; that runs are tried again is tested in test_sweep."""
    block = re.search(r"^```yaml\n(retries.*?)^```", (ROOT / "book" / "running.md").read_text(), flags=re.M | re.S)[1]
    profile = yaml.safe_load((ROOT / "book" / "profile" / "config.yaml").read_text())
    assert yaml.safe_load(block) == profile
    directory = checkout / "_build" / "sweeps" / "sweep"
    words = ["snakemake", "--directory", directory, "--snakefile", directory / "Snakefile", "--dry-run", "--forceall"]
    shown = run(f"SNAKEMAKE_PROFILE=book/profile {shlex.join(map(str, words))}", checkout)
    for name, value in profile["default-resources"].items():
        assert f"{name}={value}" in shown.stdout + shown.stderr


def test_runs_left_their_notebooks_and_honest_statuses(checkout):
    """Runs after the commands: all of them succeeded, none in place."""
    statuses = [
        json.loads(path.read_text()) for path in (checkout / "_build" / "runs").rglob("*.json") if "status" in path.name
    ]
    assert set(INNER) - set(LONG) <= set(RAN)
    assert len(statuses) == sum("rerun" in command and "refused" not in command for command in RAN)
    assert {status["status"] for status in statuses} == {"ok"}
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert (checkout / "notebooks" / notebook.name).read_bytes() == notebook.read_bytes()
