"""A re-run is refused before a kernel starts, or believed, or called failed."""

from __future__ import annotations

import math
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import filelock
import nbformat
import numpy as np
import papermill
import pytest
from root import ROOT

from diffusion_lib.cli import parser
from diffusion_lib.errors import CheckpointCorrupt, ConfigError
from diffusion_lib.runtime import fingerprint
from pagekit import parameters
from pagekit import rerun as module
from pagekit.page import ENVIRONMENT
from pagekit.rerun import RerunFailed, rerun

PARAMETERS = "T = 5  # steps\nrate = 0.5\nflag = True\nname = 'a'\nshift = -1"
CHECK = (
    "from pagekit.page import boolean, check_parameters, choice, finish, integer, real\n"
    "check_parameters(globals(), T=integer(1, 9), rate=real(0, 1), flag=boolean(), name=choice('a', 'b'),\n"
    "                 shift=integer(-9, 9))"
)


def write_chapter(path: Path, work: str = "print(T, rate, flag, name)", last: str = "finish()", parameters=PARAMETERS):
    code = nbformat.v4.new_code_cell
    tagged = code(parameters, metadata={"tags": ["parameters"]})
    cells = [nbformat.v4.new_markdown_cell("# A chapter"), tagged, code(CHECK), code(work), code("T + 1"), code(last)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)
    return path


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A book with one chapter, and a kernel that finds the library from there."""
    (tmp_path / "_toc.yml").touch()
    (tmp_path / "notebooks").mkdir()
    write_chapter(tmp_path / "notebooks" / "small-chapter.ipynb")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return tmp_path


def command(*words: str) -> int:
    try:
        return parser.main(["rerun", *words])
    except SystemExit as stop:  # argparse
        return stop.code


def status(path: Path) -> dict:
    return fingerprint.read_record(module.status_of(path))


def marks(path: Path) -> list[str]:
    nb = nbformat.read(path, as_version=4)
    return [cell.metadata.papermill.status for cell in nb.cells if "papermill" in cell.metadata and "id" in cell]


def failed_run(book: Path, work: str, **options) -> tuple[Path, str]:
    """Run a chapter that does ``work``, which must fail; return the notebook and the reason in the status file."""
    write_chapter(book / "notebooks" / "small-chapter.ipynb", work)
    with pytest.raises(RerunFailed) as caught:
        rerun("small-chapter", out=book / "out", **options)
    path = book / "out" / "small-chapter.ipynb"
    assert status(path)["status"] == "failed" and status(path)["reason"] in str(caught.value)
    nb = nbformat.read(path, as_version=4)
    assert nb.metadata.papermill.exception is True and nb.cells[0].source.startswith("**This run failed.**")
    code = [cell.metadata.papermill.status for cell in nb.cells if cell.cell_type == "code"]
    assert code == ["completed", "completed", "failed", "pending", "pending"]
    return path, status(path)["reason"]


def nothing_ran(book: Path) -> bool:
    return sorted(path.name for path in book.iterdir()) == ["_toc.yml", "notebooks"]


def test_a_run_with_other_values_is_whole_and_beside_its_status(book):
    chapter = book / "notebooks" / "small-chapter.ipynb"
    work = "from pagekit.page import measured, value\nprint(T, rate, flag, name)\nvalue('twice', 2 * T)"
    write_chapter(chapter, f"{work}\nmeasured('a third', T / 3)\nprint('pixels ≈ 0af3')")
    before = chapter.read_bytes()
    path = rerun("small-chapter", {"T": 7, "rate": 1, "flag": False, "name": "b"})
    assert path.name == "small-chapter.ipynb" and path.parent.parent == book / "_build" / "runs"
    nb = nbformat.read(path, as_version=4)
    assert any("7 1 False b\n" in out.get("text", "") for cell in nb.cells for out in cell.get("outputs", []))
    assert {cell.metadata.papermill.status for cell in nb.cells} == {"completed"}
    assert nb.metadata.papermill.output_path == str(path)
    found = status(path)
    assert 0 < found.pop("seconds") < 60 and 0 < found.pop("cpu_seconds") < 60
    assert found == {
        "made_from": {
            "chapter": "small-chapter",
            "notebook": fingerprint.sha256_of(before),
            "parameters": {"T": 7, "rate": 1, "flag": False, "name": "b"},
            "library": fingerprint.library(),
        },
        "files": {"small-chapter.ipynb": fingerprint.sha256_of(path.read_bytes())},
        "status": "ok",
        "reason": "",
        "notebook": "small-chapter.ipynb",
        "shown": {"twice": "14", "a third": "2.333", "pixels": "0af3"},
    }
    assert chapter.read_bytes() == before
    names = [".lock", "small-chapter.ipynb", "small-chapter.status.json"]
    assert sorted(entry.name for entry in path.parent.iterdir()) == names


def test_the_command_reads_values_by_their_defaults(book, capsys):
    words = "-p", "T", "8", "-p", "rate", "1e-4", "-p", "flag", "False", "-p", "name", "b", "-p", "shift", "-3"
    assert command("small-chapter", *words, "--out", "out") == 0
    assert capsys.readouterr().out == f"{Path('out', 'small-chapter.ipynb')}\n"
    expected = {"T": 8, "rate": 1e-4, "flag": False, "name": "b", "shift": -3}
    assert status(book / "out" / "small-chapter.ipynb")["made_from"]["parameters"] == expected


def test_what_a_run_is_made_from_decides_its_directory(book, monkeypatch):
    """Other parameters, another notebook of the same name, another library: each has a directory of its own."""
    source = book / "notebooks" / "small-chapter.ipynb"

    def name(**values):
        return module.run_name(module.made_from(source, values))

    assert name(T=7, rate=1) == name(rate=1, T=7)
    names = {name(), name(T=7), name(T=8)}
    write_chapter(source, "print('another')")
    names |= {name(T=7)}
    monkeypatch.setattr(fingerprint, "library", lambda: "0.1.0+another")
    names |= {name(T=7)}
    assert len(names) == 5 and all(re.fullmatch("small-chapter-[0-9a-f]{16}", each) for each in names)


@pytest.mark.parametrize("name", ["api_token", "KEY", "client_secret", "password", "credentials"])
def test_secrets_are_refused(book, name):
    write_chapter(book / "notebooks" / "small-chapter.ipynb", parameters=f"{name} = ''")
    with pytest.raises(ConfigError, match=f"{name} must not be passed, the notebook would store it"):
        rerun("small-chapter", {name: "hunter2"})
    assert nothing_ran(book)


def test_a_killed_kernel_is_a_failure(book):
    _, reason = failed_run(book, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)")
    assert "Kernel died" in reason


def test_a_time_out_is_a_failure(book):
    _, reason = failed_run(book, "import time\ntime.sleep(60)", timeout=1)
    assert "timed out" in reason and "1 seconds" in reason


def test_leaving_early_with_success_is_a_failure(book):
    _, reason = failed_run(book, "import sys\nsys.exit(0)")
    assert "did not print 'chapter complete'" in reason


def test_a_chapter_that_does_not_say_it_is_complete_is_a_failure(book):
    write_chapter(book / "notebooks" / "small-chapter.ipynb", work="finish()", last="print('not yet chapter complete')")
    with pytest.raises(RerunFailed, match="did not print 'chapter complete'"):
        rerun("small-chapter")


def test_an_exception_is_a_failure_and_its_text_is_shown_as_text(book):
    path, reason = failed_run(book, "raise RuntimeError('<script>alert(1)</script>')")
    assert reason == "RuntimeError: <script>alert(1)</script>"
    assert "\n    RuntimeError: <script>" in nbformat.read(path, as_version=4).cells[0].source


def test_a_failure_replaces_an_older_success_and_the_other_way_round(book):
    chapter = book / "notebooks" / "small-chapter.ipynb"
    assert command("small-chapter", "--out", "out") == 0
    write_chapter(chapter, "1 / 0")
    assert command("small-chapter", "--out", "out") == 1
    assert status(book / "out" / "small-chapter.ipynb")["reason"] == "ZeroDivisionError: division by zero"
    write_chapter(chapter)
    assert command("small-chapter", "--out", "out") == 0
    assert status(book / "out" / "small-chapter.ipynb")["status"] == "ok"


def wait_for(condition, seconds: float = 120.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def start_and_signal(code, condition, number, seconds: float = 120.0):
    """Run Python code in a child, send it the signal when the condition holds, and see it end in any case."""
    with subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(condition, seconds)
            process.send_signal(number)
        except BaseException:
            process.kill()  # leaving the block waits for the child
            raise
    return process.returncode


def test_a_child_that_is_waited_for_in_vain_is_killed():
    start = time.monotonic()
    with pytest.raises(AssertionError, match="waited too long"):
        start_and_signal("import time; time.sleep(60)", lambda: False, signal.SIGTERM, seconds=0.1)
    assert time.monotonic() - start < 50


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z"


SLOW = "import os, time\nopen('part', 'w').write(str(os.getpid()))\nos.rename('part', 'pid')\ntime.sleep(60)"
COMMAND = (
    "import sys; from diffusion_lib.cli.parser import main; sys.exit(main(['rerun', 'small-chapter', '--out', 'out']))"
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_run_that_is_asked_to_stop_reports_it(book, number):
    write_chapter(book / "notebooks" / "small-chapter.ipynb", SLOW)
    assert start_and_signal(COMMAND, (book / "pid").exists, number) == 128 + number
    path = book / "out" / "small-chapter.ipynb"
    found = status(path)
    assert (found["status"], found["reason"]) == ("failed", f"stopped by {number.name}")
    nb = nbformat.read(path, as_version=4)
    assert nb.cells[0].source.startswith("**This run failed.**") and f"stopped by {number.name}" in nb.cells[0].source
    names = [".lock", "small-chapter.ipynb", "small-chapter.status.json"]
    assert sorted(entry.name for entry in path.parent.iterdir()) == names
    wait_for(lambda: is_gone(int((book / "pid").read_text())))


def test_a_killed_run_never_says_that_it_is_whole_or_running(book):
    """Nothing can be written after SIGKILL; so what stands there before is true of a killed run, too."""
    write_chapter(book / "notebooks" / "small-chapter.ipynb", SLOW)
    assert start_and_signal(COMMAND, (book / "pid").exists, signal.SIGKILL) == -signal.SIGKILL
    path = book / "out" / "small-chapter.ipynb"
    assert not path.exists()
    found = status(path)
    assert found["status"] == "incomplete" and "it is still running, or it was killed" in found["reason"]
    assert not found["files"] and "shown" not in found
    wait_for(lambda: is_gone(int((book / "pid").read_text())))
    (path.parent / ".small-chapter.status.json.tmp").write_text("cut")
    write_chapter(book / "notebooks" / "small-chapter.ipynb")  # the next run clears up what the killed one left
    assert rerun("small-chapter", out="out") == Path("out", "small-chapter.ipynb")
    names = [".lock", "small-chapter.ipynb", "small-chapter.status.json"]
    assert sorted(entry.name for entry in path.parent.iterdir()) == names and status(path)["status"] == "ok"


def test_two_runs_into_one_directory_are_refused(book):
    (book / "out").mkdir()
    with filelock.FileLock(book / "out" / ".lock"), pytest.raises(ConfigError, match="in use by another re-run"):
        rerun("small-chapter", out="out")
    assert rerun("small-chapter", out="out")


def test_two_runs_give_the_same_bytes_also_with_bars_and_sets(book, monkeypatch):
    """A bar shows seconds, the order of a set of texts depends on a seed of the process, papermill draws an id."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    work = "from tqdm import tqdm\nimport os, sys\nfor _ in tqdm(range(3), desc='Loading weights'): pass\n"
    work += "print('piece', flush=True)\nimport time\ntime.sleep(0.5)\nprint({str(i) for i in range(50)})"
    write_chapter(book / "notebooks" / "small-chapter.ipynb", work)
    first = rerun("small-chapter", {"T": 7}).read_bytes()
    assert rerun("small-chapter", {"T": 7}).read_bytes() == first
    (printed,) = nbformat.reads(first, as_version=4).cells[4].outputs
    assert printed.text.startswith("piece\n{'")
    assert b"Loading weights" not in first.replace(b"desc='Loading weights'", b"") and b"start_time" not in first
    assert "TQDM_DISABLE" not in os.environ


@pytest.mark.parametrize("changed", ["notebook", "library"])
def test_what_changes_while_it_runs_is_noticed(book, monkeypatch, changed):
    source = book / "notebooks" / "small-chapter.ipynb"
    execute = papermill.execute_notebook

    def meanwhile(*arguments, **options):
        execute(*arguments, **options)
        if changed == "notebook":
            write_chapter(source, "print('another')")
        else:
            monkeypatch.setattr(fingerprint, "library", lambda: "0.1.0+another")

    monkeypatch.setattr(papermill, "execute_notebook", meanwhile)
    with pytest.raises(RerunFailed, match="the chapter or the library changed while it ran"):
        rerun("small-chapter", out="out")
    assert status(book / "out" / "small-chapter.ipynb")["status"] == "failed"


def test_values_shown_in_a_loop_are_all_there(book):
    work = "from pagekit.page import measured, value\n"
    work += "for k in range(3):\n    value('double', 2 * k)\n    measured('half', k / 2)"
    write_chapter(book / "notebooks" / "small-chapter.ipynb", work)
    shown = status(rerun("small-chapter"))["shown"]
    assert shown == {
        "double": "0",
        "half": "0.000",
        "double [2]": "2",
        "half [2]": "0.500",
        "double [3]": "4",
        "half [3]": "1.000",
    }


@pytest.mark.parametrize("where", ["status", "notebook"])
@pytest.mark.parametrize("damage", ["flipped", "cut", "empty"])
def test_a_damaged_result_is_noticed(book, where, damage):
    path = rerun("small-chapter")
    file = path if where == "notebook" else module.status_of(path)
    data = bytearray(file.read_bytes())
    if damage == "flipped":
        data[data.index(b"small" if where == "status" else b"T + 1")] ^= 1
    file.write_bytes({"flipped": bytes(data), "cut": bytes(data[:-20]), "empty": b""}[damage])
    with pytest.raises(CheckpointCorrupt):
        status(path)


@pytest.mark.parametrize("full", ["small-chapter.status.json", "small-chapter.ipynb"])
def test_a_full_disk_leaves_nothing_and_names_the_file(book, monkeypatch, capsys, full):
    replace = os.replace

    def no_room(source, target):
        if Path(target).name == full and "incomplete" not in Path(source).read_text():
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", no_room)
    assert command("small-chapter", "--out", "out") == 2
    err = capsys.readouterr().err
    assert err.startswith(f"SaveError: {Path('out', full)} was not written: No space left on device; ")
    assert err.count("\n") == 1 and not list((book / "out").glob(".*.tmp"))
    assert not list((book / "out").glob("*.partial.ipynb"))
    assert status(book / "out" / "small-chapter.ipynb")["status"] != "ok"


@pytest.mark.parametrize("output", ["", "notebooks/small-chapter.ipynb/out", "/sys/out"])
def test_a_place_that_cannot_be_written_is_refused_before_the_kernel(book, monkeypatch, capsys, output):
    monkeypatch.setattr(papermill, "execute_notebook", lambda *_, **__: pytest.fail("it ran"))
    assert command("small-chapter", "--out", output) == 2
    assert capsys.readouterr().err.startswith("ConfigError: out must be ")
    assert nothing_ran(book)


def test_a_notebook_is_replaced_by_renaming(book):
    path = rerun("small-chapter", out="out")
    before = path.read_bytes()
    os.link(path, book / "same-file")
    assert rerun("small-chapter", {"T": 7}, out="out") == path
    assert (book / "same-file").read_bytes() == before != path.read_bytes()


def test_an_unknown_name_is_refused_with_the_nearest(book, capsys):
    assert command("small-chapter", "-p", "TT", "5") == 2
    message = capsys.readouterr().err
    allowed = "T, rate, flag, name, shift"
    assert f"TT = '5' is not a parameter of this chapter, allowed: {allowed}; did you mean 'T'?" in message
    assert nothing_ran(book)


NO_WHOLE = ["nan", "inf", "1e3", "5.0", "1_000", "0x10", "None", "", " 5", "٥", "True"]
NO_NUMBER = ["nan", "inf", "infinity", "1e999", "1_0.5", "0x1p-2", "None", "", ".", "1e", "0,5", "5%"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [("flag", text, "True or False, got {!r} of type str") for text in ["true", "false", "TRUE", "yes", "1", "0", ""]]
    + [("T", text, "a whole number in digits, such as 1000, got {!r} of type str") for text in NO_WHOLE]
    + [pytest.param("T", "9" * 5000, "a whole number in digits, such as 1000, got {!r}", id="5000-digits")]
    + [("rate", text, "a finite number in decimal notation") for text in NO_NUMBER],
)
def test_texts_that_are_no_values_are_refused(book, capsys, name, text, message):
    assert command("small-chapter", "-p", name, text) == 2
    assert f"{name} must be {message.format(text)}" in capsys.readouterr().err
    with pytest.raises(ConfigError, match=f"{name} must be"):
        rerun("small-chapter", {name: text})
    assert nothing_ran(book)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"T": value}, id=f"T-{value!r:.20}")
        for value in (math.nan, math.inf, 1e3, 5.0, True, "5", None, [5], {"a": 5})
    ]
    + [
        pytest.param({"rate": value}, id=f"rate-{value!r:.20}")
        for value in (math.nan, math.inf, -math.inf, 10**400, True, "0.5", None)
    ]
    + [pytest.param({"name": value}, id=f"name-{value!r}") for value in ("\ud800", b"a", 5, None)],
)
def test_values_of_another_type_are_refused(book, given):
    ((name, _),) = given.items()
    with pytest.raises(ConfigError, match=rf"^{name} must be .*, got .* of type .*; the chapter's own value is"):
        rerun("small-chapter", given)
    assert nothing_ran(book)


@pytest.mark.parametrize("name", ["T=open('canary', 'w');U", "T\nimport os", "T ", "class", "_", "T, rate", ""])
def test_a_name_must_stand_in_the_parameters_cell(book, name):
    with pytest.raises(ConfigError, match="is not a parameter of this chapter, allowed: T, "):
        rerun("small-chapter", {name: 5})
    assert nothing_ran(book)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"T": np.int64(5)}, id="numpy-int"),
        pytest.param({"rate": np.float64(0.5)}, id="numpy-float"),
        pytest.param({"flag": np.bool_(True)}, id="numpy-bool"),
        pytest.param({"name": np.str_("a")}, id="numpy-text"),
        pytest.param({"T": np.array([5])}, id="array"),
        pytest.param({"T": (5,)}, id="tuple"),
        pytest.param({"T": {5}}, id="set"),
        pytest.param({"T": object()}, id="object"),
    ],
)
def test_values_that_are_no_json_are_refused(book, given):
    with pytest.raises(ConfigError, match=r"of type (int64|float64|bool|str_|ndarray|tuple|set|object)"):
        rerun("small-chapter", given)
    assert nothing_ran(book)


@pytest.mark.parametrize("output", ["missing/out", "notebooks/small-chapter.ipynb"])
def test_a_directory_whose_parent_is_missing_is_refused(book, output):
    with pytest.raises(ConfigError, match=r"out must be a directory, (its parent must exist, got|got the file)"):
        rerun("small-chapter", out=output)
    assert nothing_ran(book)


def test_never_in_place(book):
    with pytest.raises(ConfigError, match="out must not hold the chapter itself"):
        rerun("small-chapter", out=book / "notebooks")
    assert nothing_ran(book)


def test_a_value_out_of_range_is_refused_by_the_chapter_before_its_work(book, capsys):
    assert command("small-chapter", "-p", "T", "10", "--out", "out") == 1
    assert "ConfigError: T must be an integer in 1..9, got 10" in capsys.readouterr().err
    assert marks(book / "out" / "small-chapter.ipynb")[-4:] == ["failed", "pending", "pending", "pending"]


def test_a_name_given_twice_is_refused(book, capsys):
    assert command("small-chapter", "-p", "T", "5", "-p", "T", "6") == 2
    assert "T must be given once, got 5 and '6'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["-1e-5", "-.5", "-3", "--out", "-p", "-", "a=b"])
def test_a_value_may_begin_like_an_option(book, text, capsys):
    name, kind = ("rate", float) if text[1:2].isdigit() or "." in text else ("name", str)
    assert parameters.parse(parser.parser().parse_args(
        parameters.join_pairs(["rerun", "c", "-p", name, text, "--out", "x"])).p, {name: kind()}
    ) == {name: kind(text)}  # fmt: skip


@pytest.mark.parametrize("words", [["-p"], ["-p", "T"], ["-pT=5"], ["-p", "T", "5", "6"]])
def test_half_a_parameter_is_one_line(book, capsys, words):
    assert command("small-chapter", *words) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and ("-p" in err or "unrecognized arguments: 6" in err)
    assert nothing_ran(book)


@pytest.mark.parametrize("timeout", [0, -1, True, math.nan, "10", 10**9])
def test_a_time_limit_that_is_none_is_refused(book, timeout):
    with pytest.raises(ConfigError, match="timeout must be an integer in 1"):
        rerun("small-chapter", timeout=timeout)


def test_chapters_are_found_from_any_directory_of_the_book(book, monkeypatch):
    (book / "book" / "images").mkdir(parents=True)
    monkeypatch.chdir(book / "book" / "images")
    assert module.find("small-chapter") == book / "notebooks" / "small-chapter.ipynb"
    with pytest.raises(
        ConfigError, match=r"chapter must be one of .*, got 'smal-chapter'; did you mean 'small-chapter'"
    ):
        module.find("smal-chapter")


def test_without_a_book_a_path_is_needed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="outside of the book's directory"):
        module.find("small-chapter")
    with pytest.raises(ConfigError, match="chapter must be a notebook that exists"):
        module.find("small-chapter.ipynb")
    path = write_chapter(tmp_path / "small-chapter.ipynb")
    assert module.find(path) == path


@pytest.mark.parametrize(
    "cell",
    ["T = 5\nU = 2 * T", "T: int = 5", "import math", "T = U = 5", "T = None", "T = [1]", "T, U = 1, 2", "%time"],
)
def test_a_parameters_cell_that_is_not_plain_is_refused(tmp_path, cell):
    path = write_chapter(tmp_path / "chapter.ipynb", parameters=cell)
    with pytest.raises(ConfigError, match=r"the parameters cell of chapter.ipynb must"):
        rerun(path)


def test_a_chapter_without_parameters_takes_none(tmp_path):
    path = write_chapter(tmp_path / "chapter.ipynb", parameters="")
    with pytest.raises(ConfigError, match="T must not be passed, the chapter has no parameters"):
        rerun(path, {"T": 5})


@pytest.mark.parametrize("content", [b"", b"not a notebook", b"\x89PNG\xff", b"[]", b"{}"])
def test_a_file_that_is_no_notebook_is_refused(tmp_path, content):
    (tmp_path / "chapter.ipynb").write_bytes(content)
    with pytest.raises(ConfigError, match="chapter must be a notebook, got"):
        rerun(tmp_path / "chapter.ipynb")


def test_braces_in_a_path_are_not_formatted(book):
    (book / "{T}").mkdir()
    path = write_chapter(book / "{T}" / "chapter.ipynb")
    assert rerun(path, {"T": 7}, out=book / "{T}" / "out") == book / "{T}" / "out" / "chapter.ipynb"


def test_without_papermill_the_remedy_is_named(book, monkeypatch):
    monkeypatch.setattr(parameters.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="rerun needs papermill, which is not installed; run: pip install"):
        rerun("small-chapter")
