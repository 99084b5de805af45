"""From pages to committed notebooks: what runs, what is stale, and what nbval does not see."""

from __future__ import annotations

import json
import os
import sys

import nbformat
import pytest
from book_fixture import PAGES, copy_of, edit, executed_book, make_book, tool

from booktools.check.rules import clock_faults, notebook_problems
from booktools.notebooks.closure import changed
from booktools.notebooks.compose import stale
from booktools.notebooks.cost import path_of
from booktools.notebooks.execute import execute
from booktools.notebooks.update import update
from booktools.source.pages import Book, BookError, Cell, report


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return executed_book(tmp_path_factory.mktemp("executed") / "book-root")


@pytest.fixture
def book(executed, tmp_path):
    return copy_of(executed, tmp_path / "book root")  # a path with a space must do


def replace_in_page(root, old, new, page="chapter"):
    path = root / "book" / f"{page}.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def contents(root):
    return {path.name: path.read_bytes() for path in (root / "notebooks").glob("*.ipynb")}


def test_a_fresh_book_is_not_stale_and_passes_the_check(book):
    assert stale(Book(book)) == []
    result = tool("check", book)
    # Its formulas are typed by hand, and its block F.1 is an imitation: these are refused.
    assert result.returncode == 1 and "the rows of F.1 are not its LaTeX" in result.stderr
    assert result.stderr.count("display mathematics that nothing checked") == 6


def test_running_everything_again_gives_the_same_bytes(book):
    before = contents(book)
    for path in (book / "notebooks").glob("*.ipynb"):
        path.unlink()
    assert update(Book(book)) == []
    assert contents(book) == before
    assert update(Book(book), everything=True) == []
    assert contents(book) == before


def test_prose_alone_does_not_run_a_cell(book, monkeypatch):
    monkeypatch.setattr("booktools.notebooks.update.execute", lambda *_: pytest.fail("a kernel was started"))
    replace_in_page(book, "{ref}`ex-add` asks.", "Do {ref}`ex-add`.")
    assert "its text is not that of book/chapter.md; run `make notebooks`" in stale(Book(book))[0]
    assert update(Book(book)) == []
    assert "Do Exercise 1." in (book / "notebooks" / "chapter.ipynb").read_text(encoding="utf-8")
    assert stale(Book(book)) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("executable-diffusion/executable-diffusion", "someone/fork", id="another-address"),
        pytest.param("branch: main", "branch: trunk", id="another-branch"),
        pytest.param("A black diagonal line", "A line", id="the-text-of-a-picture"),
    ],
)
def test_what_changes_no_run_does_not_run_a_cell(book, monkeypatch, old, new):
    """The first cell does nothing where the library is, and only tags change how a cell runs."""
    monkeypatch.setattr("booktools.notebooks.update.execute", lambda *_: pytest.fail("a kernel was started"))
    path = next(path for path in (book / "_config.yml", book / "book" / "chapter.md") if old in path.read_text())
    path.write_text(path.read_text().replace(old, new))
    assert "its text is not that of book/chapter.md; run `make notebooks`" in stale(Book(book))[0]
    assert update(Book(book)) == []
    assert new.removeprefix("branch: ") in (book / "notebooks" / "chapter.ipynb").read_text(encoding="utf-8")
    assert stale(Book(book)) == []


def test_a_tag_changes_the_code(book):
    replace_in_page(book, "tags: [hide-input]", "tags: [raises-exception]")
    assert "its code is not that of book/chapter.md" in stale(Book(book))[0]


def test_changed_code_runs_that_page_only(book):
    second = contents(book)["second.ipynb"]
    replace_in_page(book, "n = 3  # how many", "n = 4  # how many")
    assert "its code is not that of book/chapter.md; run `make notebooks`" in stale(Book(book))[0]
    result = tool("notebooks", book)
    assert result.returncode == 0
    assert "second" not in result.stdout
    assert contents(book)["second.ipynb"] == second
    assert "was computed: 56, as" in (book / "notebooks" / "chapter.ipynb").read_text(encoding="utf-8")


def test_one_page_alone_is_brought_up_to_date(book):
    """The other page is stale, and stays so."""
    replace_in_page(book, "n = 3  # how many", "n = 4  # how many")
    before = contents(book)
    (book / "notebooks" / "second.ipynb").unlink()
    with pytest.raises(BookError, match=r"--only must name a page of _toc\.yml that is a notebook, got 'book/second'"):
        update(Book(book), only="book/second")
    assert tool("notebooks", book, "--only", "second").returncode == 0
    assert contents(book) == before


def test_a_page_whose_outputs_were_not_stored_stays_stale(book, monkeypatch):
    """The library changed, and the run was ended before its notebook was written, as by a signal."""

    def ended(*_):
        raise KeyboardInterrupt

    page = Book(book).pages["book/chapter"]
    row = json.loads(path_of(page).read_text(encoding="utf-8"))
    path_of(page).write_text(json.dumps(row | {"closure_sha256": "that of older code"}), encoding="utf-8")
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("booktools.notebooks.update.compose", ended)
        update(Book(book))
    assert changed(page) == "its code imports something that changed"
    assert update(Book(book)) == [] and changed(page) is None


def test_a_notebook_without_a_page_is_named(book):
    (book / "notebooks" / "stray.ipynb").write_bytes(contents(book)["chapter.ipynb"])
    assert "notebooks/stray.ipynb: no page of _toc.yml makes this notebook" in stale(Book(book))[0]


def test_cells_run_in_an_empty_directory_with_one_thread_and_this_interpreter(book):
    page = Book(book).pages["book/second"]
    source = "import os, sys\nprint(os.listdir(), os.environ['OMP_NUM_THREADS'], sys.executable)"
    ((output,),) = execute(page, [Cell("code", source, {}, 0)])
    assert output.text == f"[] 1 {sys.executable}\n"


def test_a_kernel_ends_with_its_page(book):
    page = Book(book).notebooks[0]
    ((output,),) = execute(page, [Cell("code", "import os\nos.getpid()", {}, 0)])
    with pytest.raises(ProcessLookupError):
        os.kill(int(output.data["text/plain"]), 0)


def test_what_a_cell_prints_in_pieces_is_one_output(book):
    page = Book(book).pages["book/second"]
    source = "import time\nfor i in range(3):\n    print(i, flush=True)\n    time.sleep(0.3)"
    assert [output.text for output in execute(page, [Cell("code", source, {}, 0)])[0]] == ["0\n1\n2\n"]


def test_a_cell_that_is_skipped_is_an_error(book):
    page = Book(book).pages["book/second"]
    with pytest.raises(BookError, match=r"book/second.md:8: code cell 1 failed"):
        execute(page, [Cell("code", "1", {"tags": ["skip-execution"]}, 7)])


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param("1 / 0", "ZeroDivisionError", id="a-cell-raises"),
        pytest.param("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "Kernel died", id="kernel-killed"),
        pytest.param("import sys; sys.exit(0)", "code cell 3 failed", id="exit-0-in-the-middle"),
    ],
)
def test_a_page_that_does_not_finish_writes_no_notebook(tmp_path, code, words):
    page = PAGES["second"].replace("print(sum(range(n)))", code) + "\n```{code-cell} ipython3\nprint(1)\n```\n"
    page = page.replace("{step}`closed-form` of {doc}`chapter` and on [the chapter](chapter.md)", "it")
    page = page.replace("{eq}`one`", "x").replace("[](prose.md)", "x")
    root = make_book(tmp_path / "book-root", {"second": page})
    result = tool("notebooks", root)
    assert result.returncode == 1
    assert "book/second.md:" in result.stderr
    assert words in result.stderr
    assert list((root / "notebooks").iterdir()) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(lambda nb: nb.cells[3].update(outputs=[], execution_count=None), "not all run", id="cleared-cell"),
        pytest.param(lambda nb: nb.cells[3].update(outputs=[]), "outputs were changed", id="cleared-outputs"),
        pytest.param(
            lambda nb: nb.cells[4].outputs[0].data.update({"image/svg+xml": "<svg/>"}),
            "outputs were changed",
            id="another-picture",
        ),
        pytest.param(lambda nb: nb.cells[3].update(execution_count=9), "not all run", id="out-of-order"),
        pytest.param(lambda nb: nb.cells.clear(), "its code is not that", id="empty-notebook"),
        pytest.param(lambda nb: nb.cells[2].update(source="n = 5"), "its code is not that", id="edited-code"),
        pytest.param(lambda nb: nb.cells[0].update(source="n = 5"), "its text is not that", id="edited-first-cell"),
        pytest.param(lambda nb: nb.cells.pop(0), "its code is not that", id="no-first-cell"),
        pytest.param(lambda nb: nb.cells[1].update(source="# Edited"), "its text is not that", id="edited-text"),
    ],
)
def test_a_notebook_changed_by_hand_is_stale_and_named(book, change, words):
    edit(book / "notebooks" / "chapter.ipynb", change)
    result = tool("check", book)
    assert result.returncode == 1
    assert "notebooks/chapter.ipynb: " in result.stderr
    assert words in result.stderr
    assert "run `make notebooks`" in result.stderr


def shown(kind, content, **metadata):
    output = nbformat.v4.new_output("display_data", data={kind: content})
    cell = nbformat.v4.new_code_cell("x", execution_count=1, outputs=[output], metadata=metadata)
    return nbformat.v4.new_notebook(cells=[cell])


def cell_with(**fields):
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(**{"source": "x", "execution_count": 1} | fields)])


ALT = {"mystnb": {"image": {"alt": "dots"}}}
ERROR = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
STDERR = nbformat.v4.new_output("stream", name="stderr", text="careful")


@pytest.mark.parametrize(
    ("nb", "words"),
    [
        pytest.param(nbformat.v4.new_notebook(), "no code cell", id="empty-notebook"),
        pytest.param(cell_with(execution_count=None), "execution count None", id="never-run"),
        pytest.param(cell_with(execution_count=2), "execution count 2", id="out-of-order"),
        pytest.param(cell_with(source="# NBVAL_IGNORE_OUTPUT\nx"), "NBVAL_IGNORE_OUTPUT", id="comment"),
        pytest.param(cell_with(metadata={"tags": ["nbval-skip"]}), "nbval-skip", id="tag"),
        pytest.param(cell_with(metadata={"tags": ["raises-exception"]}), "raises-exception", id="raises"),
        pytest.param(cell_with(metadata={"tags": ["measured"]}), "the tag measured", id="figure-without-number"),
        pytest.param(cell_with(outputs=[ERROR]), "failed with ValueError: no", id="stored-error"),
        pytest.param(cell_with(outputs=[STDERR]), "wrote to stderr", id="stderr"),
        pytest.param(shown("application/javascript", "1"), "application/javascript", id="javascript"),
        pytest.param(shown("text/markdown", "[x](javascript:alert(1))"), "text/markdown", id="markdown"),
        pytest.param(shown("text/html", "<script>1</script>"), "<script>", id="script"),
        pytest.param(shown("image/svg+xml", "<svg onload='x()'/>", **ALT), "onload", id="svg-handler"),
        pytest.param(shown("text/latex", r"$\href{javascript:x()}{y}$"), r"\href", id="link-in-a-formula"),
        pytest.param(shown("image/png", '"><script>1</script>', **ALT), "not base64", id="picture"),
        pytest.param(
            shown("text/html", "<img src='data:image/png;base64,AA'>"),
            "without an alternative text",
            id="html-without-alt",
        ),
        pytest.param(shown("image/png", "AA"), "without an alternative text", id="picture-without-alt"),
    ],
)
def test_what_nbval_does_not_see_is_found(nb, words):
    (problem,) = notebook_problems("notebooks/x.ipynb", nb)
    assert problem.startswith("notebooks/x.ipynb: ")
    assert words in problem


def test_what_may_stand_in_a_notebook_is_not_found():
    slider = '<style>p {color: red}</style><input type="radio" checked><img alt="t" src="data:image/png;base64,A">'
    assert notebook_problems("n", shown("image/png", "AA", **ALT)) == []
    assert notebook_problems("n", shown("text/html", slider)) == []
    assert notebook_problems("n", cell_with(metadata={"tags": ["measured"]}, source="measured('x', x)")) == []


def test_a_notebook_of_a_megabyte_is_too_large():
    assert "1000000 bytes" in notebook_problems("n", cell_with(), 1_000_000)[0]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("n = 3  # how many", "n: int = 3", "without annotation"),
        ("n = 3  # how many", "n = 3 * x", "no parameter"),
        (":tags: [parameters]\n", "", "first code cell"),
        ("{numref}`fig-line` shows", "<p>raw</p>\n\n{numref}`fig-line` shows", "raw HTML"),
        ("{numref}`fig-line` shows", "#### Deep\n\n{numref}`fig-line` shows", "heading of level 4 after level 1"),
        ("{numref}`fig-line` shows", "## By {eq}`one`\n\n{numref}`fig-line` shows", "a role in a heading"),
        ("{numref}`fig-line` shows", "{ref}`fig-line` shows", "shows its whole caption"),
    ],
)
def test_the_rules_for_pages(tmp_path, old, new, words):
    root = make_book(tmp_path / "book-root")
    replace_in_page(root, old, new)
    assert words in tool("check", root).stderr


UPDATE_COST = """\
from time import process_time


def seconds(batch, repeats=40):
    tries = []
    for _ in range(repeats):
        begin = process_time()
        sum(range(batch))
        tries.append(process_time() - begin)
    return min(tries)


worth = seconds(1) / ((seconds(2000) - seconds(1)) / 1999)
if not 1000 / 10 < worth < 10 * 1000:
    raise ArithmeticError(f"an update is worth {worth:.0f} gradients, not 1000")"""
CLOCKS = {
    "a check of the chapter sgd-vs-batch in 2026": (UPDATE_COST, "time"),
    "a sentence that the clock chooses": (
        "import time as clock\nprint('equal' if clock.perf_counter() < 1 else 'not')",
        "time",
    ),
    "inside of a function": ("def seconds():\n    import timeit\n    return timeit.timeit('1')", "timeit"),
    "the date": ("from datetime import datetime\ndatetime.now()", "datetime"),
    "the second of a line": ("import math, time\ntime.sleep(0)", "time"),
}


@pytest.mark.parametrize("name", CLOCKS)
def test_a_page_reads_no_clock(tmp_path, name):
    source, module = CLOCKS[name]
    page = PAGES["second"] + f"\n```{{code-cell}} ipython3\n{source}\n```\n"
    message = tool("check", make_book(tmp_path / "book-root", {"second": page})).stderr
    assert f"a cell imports the clock {module!r}; count operations, or make the time a parameter" in message
    assert "book/second.md:" in message


def test_a_name_that_only_sounds_like_a_clock_is_none():
    assert list(clock_faults("import torch\nfrom mytime import x\nfor time in [1]:\n    print(time)")) == []


@pytest.mark.parametrize(("faults", "status"), [([], 0), (["one", "two"], 1)])
def test_a_tool_prints_what_is_wrong_and_its_status_says_so(tmp_path, capsys, faults, status):
    root = make_book(tmp_path / "book-root")
    assert report(lambda book: faults if book.root == root.resolve() else ["another book"], root) == status
    assert capsys.readouterr() == ("", "".join(f"{fault}\n" for fault in faults))


def test_a_tool_that_is_stopped_prints_why(tmp_path, capsys):
    def stopped(book):
        raise BookError("chapter.md:3: wrong")

    assert report(stopped, make_book(tmp_path / "book-root")) == 1
    assert capsys.readouterr() == ("", "chapter.md:3: wrong\n")
