"""What looks like a proved line, and no derivation's cell has shown, does not pass `make check`."""

from __future__ import annotations

import copy

import pytest
from root import ROOT

from booktools.check import displays
from booktools.source.pages import Book, Cell, Page

BOOK = Book(ROOT)
PAGE = next(page for page in BOOK.notebooks if page.short == "forward-process")
IMITATION = r"\begin{aligned}1&=0&&{\small\text{algebra}}\end{aligned}\tag{F.99}"


def faults(monkeypatch, text):
    page = Page(ROOT, "book/imitation")
    monkeypatch.setitem(vars(page), "text", text)
    monkeypatch.setitem(vars(page), "code", [])
    return list(displays.page_problems(page))


def test_the_book_shows_no_other():
    assert displays.problems(BOOK) == []


@pytest.mark.parametrize(
    "text",
    [
        f"$${IMITATION}$$",
        f"$$\n{IMITATION}\n$$",
        f"A sentence with $${IMITATION}$$ in it.",
        f"$${IMITATION}$$ (F.99)",
        f"```{{math}}\n{IMITATION}\n```",
        f":::{{math}}\n:label: one\n{IMITATION}\n:::",
        f"````{{admonition}} One\n```{{math}}\n{IMITATION}\n```\n````",
        f":::{{exercise}}\n$${IMITATION}$$\n:::",
        f"```{{eval-rst}}\n.. math:: {IMITATION}\n```",
        r"$1 = 0 \tag{F.9}$",
        r"$\displaystyle 1 = 0$",
        r"- $\begin{aligned} 1 &= 0 \end{aligned}$",
        r"> $$1 = 0$$",
    ],
)
def test_an_imitation_is_told(monkeypatch, text):
    (told,) = faults(monkeypatch, f"# One\n\nA word.\n\n{text}\n")
    assert told.startswith("book/imitation.md:") and "nothing checked" in told and "tag derivation" in told


@pytest.mark.parametrize(
    "text", ["At $t = 1$", "`$$1 = 0$$`", r"```text\n$$1 = 0$$\n```".replace(r"\n", "\n"), "It costs \\$\\$."]
)
def test_formulas_in_sentences_and_code_are_none(monkeypatch, text):
    assert faults(monkeypatch, f"# One\n\n{text}\n") == []


@pytest.mark.parametrize(
    "source",
    [
        "from derive.kernel.theorem import prove",
        "import derive.page.chain",
        "from IPython.display import Math",
        "F.chain('a', a)._steps = ()",
        "object.__setattr__(a, 'left', b)",
        "setattr(F, 'blocks', {})",
        "exec('1')",
    ],
)
def test_a_derivation_speaks_to_the_checker_as_an_author_does(source):
    assert list(displays.cell_problems(Cell("code", source, {"tags": ["derivation"]}, 1)))


def first_block(nb):
    return next(
        (cell, output)
        for cell in nb.cells
        for output in cell.get("outputs", [])
        if "text/latex" in output.get("data", {})
    )


def untagged(cell, output):
    cell.metadata["tags"] = []


def unmarked(cell, output):
    output["metadata"] = {}


def other_rows(cell, output):
    output["metadata"]["diffusion_lib"]["rows"][0]["right"] = "0"
    output["metadata"]["diffusion_lib"]["rows"][0]["left"] = "17"


def other_latex(cell, output):
    output["data"]["text/latex"] += " "


def html(cell, output):
    output["data"] = {"text/html": f"<div>$${IMITATION}$$</div>"}
    output["metadata"] = {}


def markdown(cell, output):
    output["data"] = {"text/markdown": f"$${IMITATION}$$"}
    output["metadata"] = {}


@pytest.mark.parametrize("change", [untagged, unmarked, other_rows, other_latex, html, markdown])
def test_a_changed_output_is_told(change):
    nb = copy.deepcopy(PAGE.stored())
    assert list(displays.notebook_problems("n", nb)) == []
    change(*first_block(nb))
    assert list(displays.notebook_problems("n", nb))
