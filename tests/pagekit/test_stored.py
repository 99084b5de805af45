"""Stored sweeps: whole or refused, taken for what they are, and those in the library fit their chapters."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from gpu_files import cells
from root import ROOT

from diffusion_lib.errors import CheckpointCorrupt
from diffusion_lib.runtime import fingerprint
from pagekit import stored

SWEEPS = sorted(path.stem for path in (ROOT / "book" / "sweeps").glob("*.yaml"))


def asked_by(sweep):
    """What the file of a sweep says."""
    return yaml.safe_load((ROOT / "book" / "sweeps" / f"{sweep}.yaml").read_text())


def run(repeat, number, status="ok", program="abc"):
    shown = {"distance": number, "program": program}
    return {"parameters": {"T": 5, "repeat": repeat}, "status": status, "cpu_seconds": 1.5, "shown": shown}


def write(folder, *runs):
    return fingerprint.write_record(folder / "some-chapter.json", {}, command="run it", machine="a machine", runs=runs)


def test_numbers_of_the_runs_with_these_parameters(tmp_path):
    write(tmp_path, run(0, "1.25"), run(1, "2.5"))
    kept = stored.read("some-chapter", tmp_path)
    assert kept.numbers("distance") == [1.25, 2.5] and kept.numbers("distance", repeat=1) == [2.5]
    assert kept.numbers("distance", T=6) == [] and kept.cpu_seconds == 3
    assert (kept.command, kept.machine) == ("run it", "a machine")


def test_what_differs_is_named_and_nothing_else(tmp_path):
    write(tmp_path, run(0, "1"), run(1, "2"))
    kept = stored.read("some-chapter", tmp_path)
    assert kept.unlike({"T": 5, "repeat": 1, "not varied": 3}, "abc") == ""
    assert kept.unlike({"T": 6}, "abc") == "T is 5 in the stored runs and 6 here"
    assert kept.unlike({"repeat": 7}, "abc") == "repeat is 0, 1 in the stored runs and 7 here"
    assert kept.unlike({"T": 5}, "abd") == "program is abc in the stored runs and abd here"


def test_a_changed_digit_is_refused(tmp_path):
    path = write(tmp_path, run(0, "1.25"))
    path.write_text(path.read_text().replace("1.25", "1.24"))
    with pytest.raises(CheckpointCorrupt, match="must have the sha256 that it names"):
        stored.read("some-chapter", tmp_path)


def test_a_sweep_with_a_run_that_failed_is_refused(tmp_path):
    write(tmp_path, run(0, "1"), run(1, "2", status="failed"))
    with pytest.raises(CheckpointCorrupt, match="must hold runs that ended well, got 1 that did not"):
        stored.read("some-chapter", tmp_path)


def test_the_program_is_the_source_of_all_functions():
    def one(x):
        return x + 1

    def other(x):
        return x + 2

    assert re.fullmatch("[0-9a-f]{12}", stored.program(one))
    assert stored.program(one) == stored.program(one) != stored.program(one, other) != stored.program(other)


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_stored_sweep_is_that_of_its_file(sweep):
    """The same chapter, parameters and number of runs, made by the command that names the file."""
    asked, kept = asked_by(sweep), stored.read(sweep)
    assert sweep in (asked["chapter"], f"{asked['chapter']}-{sweep.rpartition('-')[2]}")
    assert kept.command == f"python -m diffusion_lib sweep book/sweeps/{sweep}.yaml" and "cores" in kept.machine
    lists = {name: value if isinstance(value, list) else [value] for name, value in asked["grid"].items()}
    assert all(one["parameters"][name] in values for one in kept.runs for name, values in lists.items())
    count = 1
    for values in lists.values():
        count *= len(values)
    assert len(kept.runs) == len({json.dumps(one["parameters"]) for one in kept.runs}) == count


@pytest.mark.parametrize("sweep", SWEEPS)
def test_the_page_that_reads_it_says_that_nothing_differs(sweep):
    """The page compares functions and parameters when it runs; its result is in the notebook.

    Of a second sweep, such as transformers-longer, it says so as ``longer-unlike``.
    """
    chapter = asked_by(sweep)["chapter"]
    notebook = json.loads((ROOT / "notebooks" / f"{chapter}.ipynb").read_text())
    shown = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    shown = {
        output["metadata"]["diffusion_lib"]["value"]: "".join(output["data"]["text/plain"])
        for output in shown
        if "value" in output.get("metadata", {}).get("diffusion_lib", {})
    }
    name = "stored" if sweep == chapter else sweep.removeprefix(f"{chapter}-")
    assert shown[f"{name}-unlike"] == "nothing differs"


@pytest.mark.parametrize("sweep", SWEEPS)
def test_the_chapter_takes_the_parameters_of_its_sweep(sweep):
    asked = asked_by(sweep)
    (parameters, check), names = cells(asked["chapter"]), {}
    exec(parameters, names)
    assert asked["grid"].keys() <= names.keys()
    last = {name: value[-1] if isinstance(value, list) else value for name, value in asked["grid"].items()}
    exec(check, names | last)


def test_every_stored_sweep_has_a_file():
    assert sorted(path.stem for path in Path(stored.FOLDER).glob("*.json")) == SWEEPS
