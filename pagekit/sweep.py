"""Run a chapter on every combination of some parameters, and put the numbers that it shows into one table.

A sweep is a YAML file: ``chapter`` (a name, or a notebook's path) and ``grid`` (for each parameter one value, or a list
of values); ``timeout`` in seconds for a cell of the notebook may follow, and ``keep``, how the names of the numbers
begin that the table holds (without it: all).  All combinations are checked as ``rerun`` checks one, before anything
runs.  Snakemake does the running: on the cores of this machine, or through one of its
executor plugins (``slurm``, ``kubernetes``, …), which a Snakemake profile configures.  All files are in one directory,
which every machine must see under the same path.

A run has its name from all that it is made from: the notebook's file, the parameters, the library.  What is finished
under that name, and whole, is not repeated; nothing else is taken for it, whatever the files' times are.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import io
import itertools
import json
import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from diffusion_lib.errors import CheckpointError, ConfigError, check_choice, check_integer
from diffusion_lib.runtime import files, fingerprint, tables
from diffusion_lib.runtime.machine import machine

from . import parameters, rerun
from .parameters import Literal
from .rerun import RerunFailed
from .yaml_file import read_yaml

KEYS = ("chapter", "grid", "timeout", "keep")
MAX_RUNS = 10_000
REMEDY = "run: pip install snakemake PyYAML papermill ipykernel"  # the extra of that name
WORKFLOW = """\
# Written by `python -m diffusion_lib sweep`: one job for each combination of parameters in sweep.json.
import json
import shlex
import sys

SWEEP = json.load(open("sweep.json"))


def command(wildcards):  # no user-supplied name reaches a shell unquoted
    pairs = [word for name, value in SWEEP["runs"][wildcards.run].items() for word in ("-p", name, str(value))]
    words = [SWEEP["source"], *pairs, "--out", f"runs/{wildcards.run}", "--timeout", str(SWEEP["timeout"])]
    return shlex.join([sys.executable, "-m", "diffusion_lib", "rerun", *words])


rule all:
    input: expand("runs/{run}/done", run=SWEEP["runs"])


rule run:
    output: touch("runs/{run}/done")
    log: "runs/{run}/log.txt"
    params: command=command
    shell: "{params.command} > {log:q} 2>&1"
"""


def sweep(
    path: str | os.PathLike[str], out: str | os.PathLike[str] | None = None, jobs: int = 0, executor: str = "local"
) -> tuple[list[dict[str, Any]], Path]:
    """Run what the YAML file ``path`` asks for, at most ``jobs`` at a time (0: one for each core of this machine).

    Returns the rows of the table, whose ``status`` is "ok" for a run that ended well, and the directory ``out``, by
    default ``_build/sweeps/<name of the file>``, with ``results.csv`` and ``results.md``, and with ``results.json``,
    which also says what the runs were made from and what they cost, for ``stored``.  Called again, it does the rest.
    Raises ``ConfigError`` before anything runs, and ``RerunFailed`` if Snakemake failed but no run did.
    """
    jobs = check_integer("jobs", jobs, 0, MAX_RUNS) or os.cpu_count() or 1
    source, runs, timeout, keep = plan(path)
    _check_installed(executor)
    default = rerun.root() / "_build" / "sweeps" / Path(path).stem
    directory = files.folder("out", default if out is None else out)
    _check_own(directory, of := _name_of(path))
    directory.mkdir(parents=True, exist_ok=True)
    import filelock

    try:
        with filelock.FileLock(directory / "lock", timeout=0):
            files.write(directory / "Snakefile", WORKFLOW)
            values = {name: made["parameters"] for name, made in runs.items()}
            jobs_of = {"file": of, "source": str(source.resolve()), "timeout": timeout, "runs": values}
            files.write(directory / "sweep.json", json.dumps(jobs_of, indent=1))
            for name, made in runs.items():  # a sweep that is killed may leave one of the two without the other
                done = directory / "runs" / name / "done"
                if _status(directory / "runs" / name / source.name, made)["status"] == "ok":
                    done.touch()
                else:
                    done.unlink(missing_ok=True)
            code = run_snakemake(directory, jobs, executor)
            ended = [(made, _status(directory / "runs" / name / source.name, made)) for name, made in runs.items()]
            rows = [_row(made, status, keep) for made, status in ended]
            write_table(directory, rows)
            _write_record(directory, Path(path), ended, keep)
    except filelock.Timeout:
        raise ConfigError(f"out must not be in use by another sweep, got {directory}; wait for that one") from None
    if code and all(row["status"] == "ok" for row in rows):
        raise RerunFailed(f"snakemake ended with status {code}; see {directory / '.snakemake' / 'log'}")
    return rows, directory


def _name_of(path: str | os.PathLike[str]) -> str:
    """Which file a sweep is: its path within the book, else the whole path."""
    path, book = Path(path).resolve(), rerun.root().resolve()
    return str(path.relative_to(book) if path.is_relative_to(book) else path)


def _check_own(directory: Path, of: str) -> None:
    """Raise ``ConfigError`` if the directory holds the results of another file, which they would replace."""
    try:
        other = json.loads((directory / "sweep.json").read_text(encoding="utf-8")).get("file", of)
    except (OSError, ValueError, AttributeError):
        return  # there is none, or it was not whole
    if other != of:
        what = f"got {directory}, which holds those of {other}"
        raise ConfigError(f"out must be without the results of another sweep, {what}; name a directory by --out")


def plan(path: str | os.PathLike[str]) -> tuple[Path, dict[str, dict[str, Any]], int, tuple[str, ...]]:
    """Read and check a sweep: the notebook, what each run is made from by its name, the time limit, what is kept."""
    content = read_yaml(path)
    if not isinstance(content, dict) or not isinstance(content.get("grid"), dict) or not content["grid"]:
        raise ConfigError(f"{path} must have `chapter: NAME` and `grid:` with `parameter: [values]` lines; add them")
    for key in content:
        check_choice(f"key in {path}", key, KEYS)
    timeout = parameters.parse([["timeout", str(content.get("timeout", rerun.TIMEOUT))]], {"timeout": 0})["timeout"]
    timeout = check_integer("timeout", timeout, 1, 86_400)
    keep = content.get("keep", [""])
    if not isinstance(keep, list) or not keep or not all(isinstance(start, str) for start in keep):
        raise ConfigError(f"keep must be a list of how names begin, got {keep!r}; write it as keep: [name]")
    source = rerun.find(str(content.get("chapter", "")))
    known, grid = parameters.defaults(source), {}
    for name, values in content["grid"].items():
        values = values if isinstance(values, list) else [values]
        grid[name] = [_checked(name, value, known) for value in values]
        if not values or len(set(map(repr, grid[name]))) < len(values):
            raise ConfigError(f"{name} must have values that differ, got {values}; remove doubles, or the line")
    if (count := math.prod(map(len, grid.values()))) > MAX_RUNS:
        raise ConfigError(f"grid must have at most {MAX_RUNS} combinations, got {count}; split the sweep")
    alike = rerun.made_from(source, {})
    combinations = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    runs = [alike | {"parameters": values} for values in combinations]
    return source, {rerun.run_name(made): made for made in runs}, timeout, tuple(keep)


def _checked(name: str, value: object, known: Mapping[str, Literal]) -> Literal:
    """A value as ``rerun -p`` takes it; YAML's own spelling of a flag is understood, too."""
    if isinstance(value, str) and isinstance(known.get(name), bool) and value in ("true", "false"):
        value = value.capitalize()
    given = parameters.parse([[name, value]], known) if isinstance(value, str) else {name: value}
    return parameters.check(given, known)[name]


def _check_installed(executor: str) -> None:
    if importlib.util.find_spec("snakemake") is None:
        raise ConfigError(f"sweep needs snakemake, which is not installed; {REMEDY}")
    if not re.fullmatch("[a-z0-9]+([-_][a-z0-9]+)*", executor):  # it becomes the name of a module
        raise ConfigError(f"executor must be a name such as 'local' or 'slurm', got {executor!r}; correct it")
    plugin = f"snakemake_executor_plugin_{executor.replace('-', '_')}"
    if executor != "local" and importlib.util.find_spec(plugin) is None:
        remedy = f"run: pip install {plugin.replace('_', '-')}"
        raise ConfigError(f"executor must be 'local' or that of an installed plugin, got {executor!r}; {remedy}")


def run_snakemake(directory: Path, jobs: int, executor: str) -> int:
    """Run the workflow and return Snakemake's exit status.

    It runs in this process, so that whoever kills this one kills Snakemake, too; our lock stands for its own, and the
    status of each run for Snakemake's marks of what it began.
    """
    from snakemake.cli import main

    words = ["--directory", str(directory), "--snakefile", str(directory / "Snakefile")]
    words += f"--jobs {jobs} --executor {executor} --scheduler greedy --keep-going --nolock".split()
    words += ["--ignore-incomplete", "--rerun-triggers", "mtime", "--quiet", "rules", "host"]
    try:
        main(words)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _status(notebook: Path, made: dict[str, Any]) -> dict[str, Any]:
    """The status of a run, if it is whole and of what it should be; else one that says what is wrong with it."""
    try:
        return fingerprint.read_record(rerun.status_of(notebook), made)
    except FileNotFoundError:
        return {"status": "not run", "reason": ""}
    except CheckpointError as error:
        return {"status": "damaged", "reason": str(error)}


def _kept(status: dict[str, Any], keep: tuple[str, ...]) -> dict[str, str]:
    """What ``value`` and ``measured`` showed in a run, if its name begins so."""
    return {name: shown for name, shown in status.get("shown", {}).items() if name.startswith(keep)}


def _row(made: dict[str, Any], status: dict[str, Any], keep: tuple[str, ...]) -> dict[str, Any]:
    """A line of the table: the parameters, how the run ended, and what it showed."""
    row = made["parameters"] | {"status": f"{status['status']}: {status['reason'][:200]}".removesuffix(": ")}
    return row | {name: shown for name, shown in _kept(status, keep).items() if name not in row}


def _write_record(directory: Path, path: Path, ended: list, keep: tuple[str, ...]) -> None:
    """Write ``results.json``: every run with its parameters, numbers and cost, and what all were made from."""
    made = {name: ended[0][0][name] for name in ("chapter", "notebook", "library")}
    runs = [
        {
            "parameters": each["parameters"],
            "status": status["status"],
            "cpu_seconds": status.get("cpu_seconds"),
            "shown": _kept(status, keep),
        }
        for each, status in ended
    ]
    command = f"python -m diffusion_lib sweep {path.as_posix()}"
    fingerprint.write_record(directory / "results.json", made, command=command, machine=machine(), runs=runs)


def write_table(directory: Path, rows: list[dict[str, Any]]) -> None:
    """Write ``results.csv`` and ``results.md``; a run without some number has an empty cell there."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    lines = [[str(row.get(name, "")) for name in columns] for row in rows]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *lines])
    files.write(directory / "results.csv", text.getvalue())
    files.write(directory / "results.md", tables.markdown(columns, lines) + "\n")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="a YAML file with chapter, grid and, if need be, timeout")
    parser.add_argument("--out", metavar="DIR", help="where everything goes (default: a directory in _build/sweeps)")
    parser.add_argument("--jobs", metavar="N", type=int, default=0, help="runs at a time (default: one for each core)")
    parser.add_argument("--executor", metavar="NAME", default="local", help="of Snakemake (default: local)")


def main(args: argparse.Namespace) -> int:
    """Return 0 when all runs ended well, 1 when some did not; what is refused raises ``ConfigError``."""
    rows, directory = sweep(args.file, args.out, args.jobs, args.executor)
    good = sum(row["status"] == "ok" for row in rows)
    print(f"{good} of {len(rows)} runs are complete: {directory / 'results.md'}")
    return 0 if good == len(rows) else 1
