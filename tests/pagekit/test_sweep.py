"""A sweep: refused before anything runs, run once for each combination, resumed without repeating what is finished."""

from __future__ import annotations

import base64
import csv
import importlib.util
import itertools
import os
import signal
import subprocess
import sys
import time

import filelock
import nbformat
import pytest
from full_disk import fill_disk
from root import ROOT

from diffusion_lib.cli import parser
from diffusion_lib.errors import ConfigError
from diffusion_lib.runtime import fingerprint
from pagekit import sweep as module
from pagekit.sweep import plan, sweep

PARAMETERS = "T = 5\nrate = 0.5\nflag = True\nname = 'a'"
WORK = """\
import pathlib, time
from pagekit.page import finish, measured, value
book = pathlib.Path({book!r})
with open(book / "ran", "a") as ran:
    print(T, name, file=ran)
end = time.monotonic() + 60
while (T, name) == (2, "b") and (book / "wait").exists() and time.monotonic() < end:
    time.sleep(0.05)
1 / (T - 9)
value("double", 2 * T)
measured("the half", T / 2)
value("ends-with", f"|{{name}}")"""


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book with a chapter of a second, which notes in the file ``ran`` that it runs."""
    (tmp_path / "_toc.yml").touch()
    (tmp_path / "notebooks").mkdir()
    write_chapter(tmp_path / "notebooks" / "small-chapter.ipynb", f"{WORK.format(book=str(tmp_path))}\nfinish()")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def write(book, text):
    (book / "sweep.yaml").write_text(text)
    return book / "sweep.yaml"


def runs_of(book):
    return sorted((book / "ran").read_text().splitlines())


GRID = "chapter: small-chapter\ngrid:\n  T: [1, 2]\n  name: [a, b]\n"


def command(*words):
    """Run the real command, as Snakemake gives its jobs the output of the process."""
    words = [sys.executable, "-m", "diffusion_lib", "sweep", *words]
    return subprocess.run(words, capture_output=True, text=True, timeout=300)


def test_a_killed_sweep_goes_on_without_repeating_what_is_finished(book):
    write(book, GRID)
    (book / "wait").touch()  # the run (2, b) lasts until this file is gone
    words = [sys.executable, "-m", "diffusion_lib", "sweep", "sweep.yaml", "--jobs", "2"]
    results = book / "_build" / "sweeps" / "sweep"
    with subprocess.Popen(words, stdout=-1, stderr=-1, start_new_session=True) as process:
        try:
            end = time.monotonic() + 200
            while len(list(results.glob("runs/*/done"))) < 3 or not (book / "ran").read_text().count("2 b"):
                assert process.poll() is None and time.monotonic() < end, process.communicate()
                time.sleep(0.05)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    (book / "wait").unlink()
    assert runs_of(book) == ["1 a", "1 b", "2 a", "2 b"]
    _, whole, begun, cut = [f"runs/{name}/done" for name in plan(book / "sweep.yaml")[1]]
    (results / whole).unlink()  # as if the kill had come between the end of this run and Snakemake's file
    marks = results / ".snakemake" / "incomplete"
    mark = (marks / base64.urlsafe_b64encode(cut.encode()).decode()).read_bytes()
    (marks / base64.urlsafe_b64encode(begun.encode()).decode()).write_bytes(mark)  # or before Snakemake noted it
    done = command("sweep.yaml", "--jobs", "1")
    assert done.returncode == 0 and f"4 of 4 runs are complete: {results / 'results.md'}" in done.stdout, done.stderr
    assert runs_of(book) == ["1 a", "1 b", "2 a", "2 b", "2 b"]
    with open(results / "results.csv") as table:
        rows = list(csv.DictReader(table))
    assert [(row["T"], row["name"], row["status"], row["double"]) for row in rows] == [
        ("1", "a", "ok", "2"),
        ("1", "b", "ok", "2"),
        ("2", "a", "ok", "4"),
        ("2", "b", "ok", "4"),
    ]
    lines = (results / "results.md").read_text().splitlines()
    assert lines[:2] == ["| T | name | status | double | the half | ends-with |", "|" + " --- |" * 6]
    assert lines[5] == r"| 2 | b | ok | 4 | 1.000 | \|b |"


def test_a_failure_is_in_the_table_and_the_other_runs_go_on(book):
    write(book, "chapter: notebooks/small-chapter.ipynb\ngrid:\n  T: [9, 3]\n  rate: 1e-4\n")
    done = command("sweep.yaml", "--out", "here")
    assert done.returncode == 1 and "1 of 2 runs are complete" in done.stdout, done.stderr
    rows = list(csv.DictReader((book / "here" / "results.csv").read_text().splitlines()))
    assert [row["status"] for row in rows] == ["failed: ZeroDivisionError: division by zero", "ok"]
    assert [row["rate"] for row in rows] == ["0.0001"] * 2 and rows[0]["double"] == ""


def test_the_record_holds_what_is_kept_and_what_it_cost(book):
    path = write(book, "chapter: small-chapter\ngrid: {T: [3, 4]}\nkeep: [the, double]\n")
    work = "x = [k**0.5 for k in range(6 * 10**6)]\n" + WORK.format(book=str(book))
    write_chapter(book / "notebooks" / "small-chapter.ipynb", work + "\nfinish()")
    _, directory = sweep(path)
    record = fingerprint.read_record(directory / "results.json")
    assert record["made_from"].keys() == {"chapter", "notebook", "library"}
    assert record["made_from"]["notebook"] == fingerprint.sha256_of_file(book / "notebooks" / "small-chapter.ipynb")
    assert record["command"] == f"python -m diffusion_lib sweep {path.as_posix()}" and "cores" in record["machine"]
    assert [run["parameters"] for run in record["runs"]] == [{"T": 3}, {"T": 4}]
    assert record["runs"][0]["shown"] == {"double": "6", "the half": "1.500"}
    assert all(0.3 < run["cpu_seconds"] < 120 and run["status"] == "ok" for run in record["runs"])
    assert "ends-with" not in (directory / "results.csv").read_text()


REFUSED = {
    "name": ("grid: {TT: [1, 2]}", "TT = '1' is not a parameter of this chapter, allowed: T, rate, flag, name"),
    "type": ("grid: {T: [1, 2.5]}", "T must be a whole number in digits, such as 1000, got '2.5'"),
    "text": ("grid: {T: [1, 1e3x]}", "T must be a whole number .* got '1e3x'"),
    "no-flag": ("grid: {flag: [no, yes]}", "flag must be True or False, got 'no'"),
    "null": ("grid: {T: }", "T must be a whole number .* got ''"),
    "nan": ("grid: {rate: [.nan]}", "rate must be a finite number .* got '.nan'"),
    "list": ("grid: {T: [[1, 2]]}", "T must be a whole number"),
    "secret": ("grid: {api_key: [a]}", "api_key must not be passed"),
    "double": ("grid: {T: [1, 1]}", "T must have values that differ"),
    "empty": ("grid: {T: []}", "T must have values that differ"),
    "no-grid": ("timeout: 5", "must have `chapter: NAME` and `grid:`"),
    "key": ("grid: {T: 1}\nparameter: {T: 1}", "key in .* must be one of 'chapter', 'grid', 'timeout', 'keep'"),
    "keep": ("grid: {T: 1}\nkeep: double", "keep must be a list of how names begin, got 'double'"),
    "keep-nothing": ("grid: {T: 1}\nkeep: []", "keep must be a list"),
    "keep-numbers": ("grid: {T: 1}\nkeep: [[1]]", "keep must be a list"),
    "timeout": ("grid: {T: 1}\ntimeout: 0", "timeout must be an integer in 1..86400"),
    "many": (f"grid: {{T: {list(range(200))}, rate: {[i / 64 for i in range(64)]}}}", "at most 10000 combinations"),
    "yaml": ("grid: [", "must be a YAML file"),
    "key-twice": ("grid: {T: 1}\ngrid: {T: 2}", "line 3 of .* must not repeat the key 'grid'; remove one"),
    "value-twice": ("grid:\n  T: 1\n  rate: 2\n  T: 3", "line 5 of .* must not repeat the key 'T'"),
    "chapter-twice": ("grid: {T: 1}\nchapter: other", "must not repeat the key 'chapter'"),
    "alias": ("grid: {T: &a [1, 2], rate: *a}", "line 2 of .* must not use an anchor or alias, got 'a'"),
    "merge": ("a: &a {T: 1}\ngrid:\n  <<: *a", "must not use an anchor or alias"),
    "tag": ("grid: {T: !!python/object/apply:os.system [ls]}", "must not use a tag, got 'tag:yaml.org,2002:python"),
    "deep": (f"grid: {{T: {'[' * 5000}{']' * 5000}}}", "must not lie deeper than 8 lists"),
    "deep-block": ("grid:\n" + "".join(f"{' ' * k}a:\n" for k in range(1, 300)), "must not lie deeper than 8 lists"),
    "digits": (f"grid: {{T: {'9' * 5000}}}", "T must be a whole number"),
    "digits-timeout": (f"grid: {{T: 1}}\ntimeout: {'9' * 5000}", "timeout must be an integer"),
    "date": ("grid: {T: 2020-99-99}", "T must be a whole number .* got '2020-99-99'"),
    "list-for-a-key": ("grid: {[1, 2]: 3}", "must have a text for a key"),
    "documents": ("grid: {T: 1}\n---\nchapter: x", "must be a YAML file"),
    "control": ('grid: {name: "\x01"}', "must be a YAML file"),
}


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_a_sweep_is_refused_before_anything_runs(book, text, message):
    with pytest.raises(ConfigError, match=message):
        sweep(write(book, f"chapter: small-chapter\n{text}\n"))
    assert not (book / "_build").exists() and not (book / "ran").exists()


BOMB = "a: &a [lol]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in itertools.pairwise("abcdefghi")
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB.encode(), "must not use an anchor or alias"),
        (b"\xff\xfe\x00", "must be a YAML file"),
        (b"", "must have `chapter: NAME`"),
        (b"- 1", "must have `chapter: NAME`"),
        (b"x" * 1_000_001, "must have at most 1000000 bytes, got 1000001"),
    ],
)
def test_a_file_that_is_no_small_yaml_is_refused_before_it_grows(book, content, message):
    (book / "sweep.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        sweep("sweep.yaml")


PROFILES = {  # the file, and how often a chapter that fails each time is run
    "none": (None, 1),
    "retries": ("retries: 2", 3),
    "an option of ours is stronger": ("retries: 1\njobs: 1\nexecutor: nonsense", 2),
}


@pytest.mark.parametrize(("text", "runs"), PROFILES.values(), ids=PROFILES)
def test_a_profile_of_snakemake_takes_effect(book, monkeypatch, text, runs):
    write(book, "chapter: small-chapter\ngrid: {T: 9}")
    if text:
        (book / "profile").mkdir()
        (book / "profile" / "config.yaml").write_text(text)
        monkeypatch.setenv("SNAKEMAKE_PROFILE", "profile")
    done = command("sweep.yaml")
    assert done.returncode == 1 and "0 of 1 runs are complete" in done.stdout, done.stderr
    assert runs_of(book) == ["9 a"] * runs
    assert ("Using profile profile" in done.stderr) == bool(text)


def test_nothing_in_a_notebook_s_name_is_executed_or_read_as_a_pattern(book):
    """The shell would run what follows a semicolon, and Snakemake takes braces for a wildcard."""
    name = "a b;touch PWNED;'$(touch PWNED)`touch PWNED`{T}"
    (book / "notebooks" / "small-chapter.ipynb").rename(book / "notebooks" / f"{name}.ipynb")
    quoted = name.replace("'", "''")
    write(book, f"chapter: '{quoted}'\ngrid: {{T: [1, 2], name: 'x; touch PWNED {{}}'}}\n")
    done = command("sweep.yaml", "--jobs", "1")
    assert done.returncode == 0 and "2 of 2 runs are complete" in done.stdout, done.stderr
    assert runs_of(book) == ["1 x; touch PWNED {}", "2 x; touch PWNED {}"]
    assert not [*book.rglob("PWNED*")]


def test_two_sweeps_of_one_name_do_not_share_a_directory(book, monkeypatch):
    monkeypatch.setattr(module, "run_snakemake", lambda *_: 0)
    for folder in ("one", "two"):
        (book / folder).mkdir()
        (book / folder / "sweep.yaml").write_text(GRID)
    _, directory = sweep("one/sweep.yaml")
    record = (directory / "results.json").read_bytes()
    with pytest.raises(ConfigError, match=r"out must be without .* which holds those of one/sweep.yaml; name a dir"):
        sweep("two/sweep.yaml")
    assert (directory / "results.json").read_bytes() == record
    assert sweep("two/sweep.yaml", "other")[1] != directory == sweep("one/sweep.yaml")[1]


def test_a_pipe_or_a_device_is_refused_and_not_waited_for(book):
    os.mkfifo(book / "pipe.yaml")
    for path in (book / "pipe.yaml", "/dev/zero"):
        with pytest.raises(ConfigError, match=r"file must be a regular file, got the pipe or device '.*'; write it"):
            sweep(path)


def test_other_refusals(book, monkeypatch):
    with pytest.raises(ConfigError, match="did you mean 'small-chapter'"):
        sweep(write(book, "chapter: smal-chapter\ngrid: {T: 1}"))
    path = write(book, GRID)
    with pytest.raises(ConfigError, match="run: pip install snakemake-executor-plugin-slrm"):
        sweep(path, executor="slrm")
    for executor in ("a.b", "", "os/path", "a b", "--help", "a" * 10 + ".b.c"):
        with pytest.raises(ConfigError, match="executor must be a name"):
            sweep(path, executor=executor)
    with pytest.raises(ConfigError, match="jobs must be"):
        sweep(path, jobs=-1)
    for output in ("", "/sys/out"):
        with pytest.raises(ConfigError, match="out must be "):
            sweep(path, output)
    assert not (book / "_build").exists()
    (book / "out").mkdir()
    with filelock.FileLock(book / "out" / "lock"), pytest.raises(ConfigError, match="in use by another sweep"):
        sweep(path, "out")
    with pytest.raises(ConfigError, match="must be a directory"):
        sweep(path, path)
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None if name == "snakemake" else name)
    with pytest.raises(ConfigError, match=r"sweep needs snakemake.* run: pip install snakemake PyYAML"):
        sweep(path)


def test_values_are_read_as_rerun_reads_them(book):
    path = write(book, "chapter: small-chapter\ngrid: {T: ['7', 8], rate: [1e-4, 2], flag: true, name: [x y, '3']}")
    _, runs, timeout, keep = plan(path)
    assert (
        timeout == 600 and keep == ("",) and len(runs) == 8 and all(name.startswith("small-chapter-") for name in runs)
    )
    first, *_, last = (made["parameters"] for made in runs.values())
    assert first == {"T": 7, "rate": 1e-4, "flag": True, "name": "x y"}
    assert last == {"T": 8, "rate": 2, "flag": True, "name": "3"}


def write_chapter(path, work):
    nb = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    )
    code = nbformat.v4.new_code_cell
    nb.cells = [code(PARAMETERS, metadata={"tags": ["parameters"]}), code(work)]
    nbformat.write(nb, path)


def table(directory):
    return list(csv.DictReader((directory / "results.csv").read_text().splitlines()))


def test_a_result_of_something_else_is_never_taken(book):
    """Another notebook of the same name in the same folder, other content, another library, a damaged status."""
    path = write(book, "chapter: notebooks/small-chapter.ipynb\ngrid: {T: [1, 2]}\n")
    assert command("sweep.yaml", "--out", "here").returncode == 0 and len(runs_of(book)) == 2
    results = book / "here"
    assert [row["double"] for row in table(results)] == ["2", "4"]

    os.utime(book / "notebooks" / "small-chapter.ipynb")  # a newer time is no other content
    assert command("sweep.yaml", "--out", "here").returncode == 0 and len(runs_of(book)) == 2

    (book / "other").mkdir()
    note = "open('{}', 'a').write(f'other {{T}} a\\n')".format(book / "ran")
    shown = "from pagekit.page import finish, value\nvalue('triple', 3 * T)\nfinish()"
    write_chapter(book / "other" / "small-chapter.ipynb", f"{note}\n{shown}")
    write(book, "chapter: other/small-chapter.ipynb\ngrid: {T: [1, 2]}\n")
    done = command("sweep.yaml", "--out", "here")
    assert done.returncode == 0 and runs_of(book)[2:] == ["other 1 a", "other 2 a"], table(results)
    assert [(row["triple"], row.get("double")) for row in table(results)] == [("3", None), ("6", None)]

    write(book, path and "chapter: notebooks/small-chapter.ipynb\ngrid: {T: [1, 2]}\n")
    (status, *_) = sorted(results.glob("runs/*/small-chapter.status.json"), key=lambda p: "triple" in p.read_text())
    status.write_text(status.read_text().replace('"double": "', '"double": "9'))
    assert command("sweep.yaml", "--out", "here").returncode == 0 and len(runs_of(book)) == 5
    assert [row["double"] for row in table(results)] == ["2", "4"]


def test_another_library_is_another_run(book, monkeypatch):
    path = write(book, GRID)
    before = plan(path)[1]
    monkeypatch.setattr(module.fingerprint, "library", lambda: "0.1.0+another")
    assert len(before) == 4 and not before.keys() & plan(path)[1].keys()


def test_a_run_of_another_library_is_not_in_the_table(book, monkeypatch):
    """As when a machine of the cluster has another version installed."""
    monkeypatch.setattr("snakemake.cli.main", lambda words: None)
    path = write(book, "chapter: small-chapter\ngrid: {T: 1}\n")
    ((name, made),) = plan(path)[1].items()
    status = book / "out" / "runs" / name / "small-chapter.status.json"
    status.parent.mkdir(parents=True)
    (status.parent / "done").touch()
    other = made | {"library": "0.0.9"}
    module.fingerprint.write_record(status, other, status="ok", reason="", shown={"double": "7"})
    ((row,), _) = sweep(path, "out")
    assert row["status"].startswith("damaged: ") and "library is '0.0.9'" in row["status"] and "double" not in row
    assert not (status.parent / "done").exists()


def test_a_full_disk_names_the_table(book, monkeypatch, capsys):
    monkeypatch.setattr("snakemake.cli.main", lambda words: None)
    fill_disk(monkeypatch, "results.csv")
    write(book, GRID)
    assert parser.main(["sweep", "sweep.yaml", "--out", "out"]) == 2
    assert f"SaveError: {book / 'out' / 'results.csv'} was not written: No space left" in capsys.readouterr().err
    assert not list((book / "out").glob(".results*"))


def test_the_executor_and_the_number_of_jobs_reach_snakemake(book, monkeypatch):
    """Cluster plugins are not installed here; what they would be asked for is what Snakemake is called with."""
    called = []
    find = importlib.util.find_spec
    monkeypatch.setattr(
        module.importlib.util, "find_spec", lambda name: find("snakemake" if name.startswith("snakemake_") else name)
    )
    monkeypatch.setattr("snakemake.cli.main", lambda words: called.extend(words))
    _, directory = sweep(write(book, GRID), "out", jobs=50, executor="slurm")
    rows = list(csv.DictReader((directory / "results.csv").read_text().splitlines()))
    assert len(rows) == 4 and {row["status"] for row in rows} == {"not run"}
    pairs = dict(itertools.pairwise(called))
    assert pairs["--executor"] == "slurm" and pairs["--jobs"] == "50" and pairs["--directory"] == str(directory)


@pytest.mark.parametrize("text", ["a\nb", "a\r\n\tb", "\n"])
def test_a_text_of_several_lines_is_one_row_of_the_table(tmp_path, text):
    module.write_table(tmp_path, [{"name": text, "status": "ok"}, {"name": "c", "status": "ok"}])
    lines = (tmp_path / "results.md").read_text().splitlines()
    assert len(lines) == 4 and lines[2] == f"| {' '.join(text.split())} | ok |"
    with open(tmp_path / "results.csv", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == [text, "c"]
