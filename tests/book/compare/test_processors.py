"""Another processor, imitated on this one: its results differ in their last bits, and the stored outputs hold."""

from __future__ import annotations

import re
import subprocess
import sys

from root import ROOT, environment

from booktools.compare.plugin import by_kind, differences
from booktools.notebooks.compose import code_cells
from booktools.notebooks.execute import execute
from booktools.source.pages import Book

SETS = dict(re.findall(r"^ISA_(\w+) := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
CHAPTER = "book/reverse-variance"  # short, and its figures differ
COMPUTE = """
import numpy, torch
from threadpoolctl import threadpool_info
torch.set_num_threads(1)
x = torch.arange(1, 20_001, dtype=torch.float32).reshape(200, 100).reciprocal()
results = x @ x.T, x.softmax(1), x.sum(), torch.linalg.svdvals(x), torch.from_numpy(numpy.exp(-x.numpy()))
kernels = {each["architecture"] for each in threadpool_info() if "architecture" in each}
print(torch.backends.cpu.get_cpu_capability(), *kernels)
print([float(each.double().mul(torch.arange(each.numel()).reshape(each.shape).sin()).sum()).hex() for each in results])
"""


def variables(name: str) -> dict[str, str]:
    return dict(pair.split("=") for pair in SETS[name].split())


def computed(name: str) -> tuple[str, str]:
    """Which instructions the libraries use under a set, and what they make of the same numbers."""
    result = subprocess.run(
        [sys.executable, "-c", COMPUTE], env=environment(**variables(name)), capture_output=True, text=True, check=True
    )
    return tuple(result.stdout.splitlines())


def test_the_sets_limit_what_the_libraries_use_and_results_differ():
    old, new = computed("sse4"), computed("avx2")
    assert (old[0], new[0]) == ("DEFAULT Nehalem", "AVX2 Haswell")
    assert old[1] != new[1]
    assert computed("sse4") == old


def test_a_chapter_says_the_same_on_another_processor(monkeypatch):
    for variable, content in variables("sse4").items():
        monkeypatch.setenv(variable, content)
    book = Book(ROOT)
    page = book.pages[CHAPTER]
    stored = [cell.outputs for cell in page.stored().cells if cell.cell_type == "code"]
    shown = execute(page, code_cells(book, page))
    assert [*map(by_kind, stored)] != [*map(by_kind, shown)]  # else nothing was imitated
    assert [found for one, other in zip(stored, shown, strict=True) for found in differences(one, other)] == []
