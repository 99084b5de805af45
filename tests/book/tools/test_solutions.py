"""The committed notebooks show no solution before it is opened, in JupyterLab, Notebook 7 and on Colab.

Seen in the first two: a text is hidden by <details>, a code cell by its metadata.  Of a hidden code cell they still
show the first line; for `grade("its-name", a * b)` this was the whole answer.  Colab shows a form, whose title is the
line `# @title`.  VS Code keeps no such state in a file; there the title is only what stands first.
"""

from __future__ import annotations

import re

import nbformat
import pytest
from the_book import BOOK

PAGES = [page for page in BOOK.notebooks if "{solution" in page.text]
GATE = re.compile(r"^`{3,}\{solution-(start|end)\}", flags=re.M)
NAME = r"(Solution to Exercise \d+)"
SUMMARY = re.compile(rf"<summary><b>{NAME}</b></summary>|\*\*{NAME}\*\*: in the next cell")
FOLDED = {"cellView": "form", "collapsed": True, "jupyter": {"outputs_hidden": True, "source_hidden": True}}


def inside(page) -> list[str]:
    """The sources of the code cells between the gates of solutions, read from the page itself."""
    found, gate = [], ""
    for cell in page.as_notebook.cells:
        if cell.cell_type == "markdown":
            gate = [gate, *GATE.findall(cell.source)][-1]
        elif gate == "start":
            found.append(cell.source)
    return found


def shown(nb) -> list[str]:
    """What is wrong: a line of a solution that a reader sees without opening anything."""
    found, title = [], ""
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            title = ([title] + [a or b for a, b in SUMMARY.findall(cell.source)])[-1]
        elif any(key in cell.metadata for key in ("cellView", "jupyter")):
            if {key: cell.metadata.get(key) for key in FOLDED} != FOLDED:
                found.append(f"half folded: {cell.source[:40]}")
            if not title or cell.source.splitlines()[0] != f"# @title {title}":
                found.append(cell.source.splitlines()[0])
    return found


def test_there_are_solutions_with_code():
    assert sum(bool(inside(page)) for page in PAGES) >= 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.notebook.stem)
def test_no_line_of_a_solution_is_shown(page):
    nb = page.stored()
    assert shown(nb) == []
    folded = [cell.source.partition("\n")[2] for cell in nb.cells if "cellView" in cell.metadata]
    assert folded == inside(page)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.notebook.stem)
def test_no_text_of_a_solution_is_shown(page):
    """No paragraph that the page has in a solution stands in the notebook outside of its <details>."""
    text = "\n\n".join(cell.source for cell in page.stored().cells if cell.cell_type == "markdown")
    outside = re.sub(r"<details>.*?</details>", "", text, flags=re.S)
    solutions = re.findall(r"^(`{3,})\{solution\}.*?\n(.*?)^\1", page.text, flags=re.M | re.S)
    gated = re.findall(r"^```\{solution-start\}.*?^```$(.*?)^```\{solution-end\}", page.text, flags=re.M | re.S)
    prose = re.sub(r"^(```+)\{.*?^\1", "", "\n\n".join([*(body for _, body in solutions), *gated]), flags=re.M | re.S)
    for paragraph in filter(str.strip, prose.split("\n\n")):
        assert paragraph.strip() not in outside


@pytest.mark.parametrize(
    "change",
    [
        lambda cell: cell.update(source=cell.source.partition("\n")[2]),
        lambda cell: cell.update(source=cell.source.partition("\n")[2] + "\n# @title Solution to Exercise 1"),
        lambda cell: cell.update(source=re.sub(r"\d+", "99", cell.source, count=1)),
        lambda cell: cell.metadata.update(jupyter={"source_hidden": True}),
        lambda cell: cell.metadata.pop("cellView"),
    ],
    ids=["no-title", "title-below", "title-of-another", "outputs-shown", "shown-on-Colab"],
)
def test_a_planted_fault_is_found(change):
    nb = nbformat.from_dict(next(page for page in PAGES if inside(page)).stored())
    change(next(cell for cell in nb.cells if "cellView" in cell.metadata))
    assert len(shown(nb)) == 1
