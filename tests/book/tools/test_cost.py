"""The ledger: written by the run, of the code that ran, marked when it is not, and shown by the page."""

from __future__ import annotations

import json

from book_fixture import HEADER, make_book, tool
from root import ROOT

from booktools.notebooks import cost
from booktools.notebooks.execute import execute
from booktools.source.pages import Book, Cell

WORK = """
import time
import torch
net = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())
"""
CALLS = """
for _ in range(5):
    net(torch.zeros(1, 2))
for _ in range(3):  # a call that fails inside is one call, too
    try:
        net(torch.zeros(1, 3))
    except RuntimeError:
        pass
weights = dict(net.named_parameters())
torch.func.functional_call(net, weights, (torch.zeros(1, 2),))
torch.vmap(lambda x: torch.func.functional_call(net, weights, (x,)))(torch.zeros(7, 2))
net[0](torch.zeros(1, 2))
ballast = torch.ones(25_000_000)
end = time.process_time() + 0.5
while time.process_time() < end:
    pass
"""
PAGE = HEADER + "# A chapter\n\n```{code-cell} ipython3\n:tags: [parameters]\n\nn = 3\n```\n\nText.\n"
COST = "# Costs\n\n```{costs}\n```\n"


def test_every_row_of_the_book_is_of_the_code_that_stands_there():
    stale = [page.name for page in Book(ROOT).notebooks if not (row := cost.read(page)) or not row["current"]]
    assert stale == [], "run python -m booktools.notebooks.update"


def test_the_meter_counts_calls_from_outside_and_sees_memory_and_time(tmp_path):
    page = next(iter(Book(make_book(tmp_path, {"chapter": PAGE})).pages.values()))
    costs = {}
    execute(page, [Cell("code", WORK, {}, 0), Cell("code", CALLS, {}, 0)], costs)
    without = {}
    execute(page, [Cell("code", WORK, {}, 0)], without)
    assert costs["network_calls"] == 5 + 3 + 1 + 1 + 1 and without["network_calls"] == 0
    assert costs["cpu_seconds"] > 0.5 and costs["peak_mib"] > without["peak_mib"] + 80


def test_a_run_leaves_no_name_in_the_chapter(tmp_path):
    page = next(iter(Book(make_book(tmp_path, {"chapter": PAGE})).pages.values()))
    names = "print([name for name in globals() if 'meter' in name.lower() or 'book' in name.lower()])"
    assert execute(page, [Cell("code", names, {}, 0)], {})[0][0].text == "[]\n"


def test_the_row_belongs_to_the_code_and_prose_does_not_change_it(tmp_path):
    root = make_book(tmp_path, {"chapter": PAGE, "ledger": COST})
    assert tool("notebooks", root).returncode == 0
    chapter, file = root / "book" / "chapter.md", root / "notebooks" / "chapter.cost.json"
    first = file.read_text()
    assert {"seconds", "cpu_seconds", "peak_mib", "network_calls", "machine", "date"} <= json.loads(first).keys()
    chapter.write_text(PAGE.replace("Text", "Other text"))
    assert "running" not in tool("notebooks", root).stdout and file.read_text() == first
    chapter.write_text(PAGE.replace("n = 3", "n = 4"))
    page = next(iter(Book(root).pages.values()))
    assert not cost.read(page)["current"] and "of older code" in cost.table(Book(root))
    file.unlink()
    assert "not yet" in cost.table(Book(root))
    assert "running" in tool("notebooks", root).stdout and cost.read(page)["current"]


def test_the_page_shows_the_table_and_the_bars_of_each_chapter(tmp_path):
    root = make_book(tmp_path, {"chapter": PAGE, "ledger": COST})
    assert tool("notebooks", root).returncode == 0
    built = tool("build", root)
    assert built.returncode == 0, built.stderr + built.stdout
    text = (root / "_build" / "html" / "book" / "ledger.html").read_text()
    row = json.loads((root / "notebooks" / "chapter.cost.json").read_text())
    assert f"{row['peak_mib']} MiB" in text and row["machine"] in text and "A chapter" in text
    assert text.count("<rect") == 3 and 'aria-label="Processor seconds, s: chapter' in text
    assert f'aria-label="Peak memory, MiB: chapter {row["peak_mib"]}"' in text
