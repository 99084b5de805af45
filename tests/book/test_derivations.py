"""What holds for every derivation of the book: the reader sees what the engine checked, and a false step fails."""

from __future__ import annotations

import ast
import re
from collections import Counter

import jupytext
import pytest
from bs4 import BeautifulSoup
from chapters import COUNT, chapters, code_cells, derivation_cells, notebooks, outputs, run_cells
from root import ROOT

from booktools.source.pages import Book
from booktools.source.steps import steps
from derive.errors import DerivationError, Refuted
from derive.language.goal import has_densities
from derive.numeric.refute import refute_late
from derive.page.summary import WORDS

RELATIONS = {"=", "≔", "<", "≤", "∼"}
CHAPTERS = chapters()


def marks(chapter, key):
    """The marks of the library on the outputs of a stored notebook that hold ``key``."""
    found = [output.get("metadata", {}).get("diffusion_lib", {}) for output in outputs(chapter)]
    return [mark for mark in found if key in mark]


def displayed(chapter):
    """The display mathematics of a built page: (number, rows that begin with a relation, whether a cell shows it)."""
    page = ROOT / "_build" / "html" / "book" / f"{chapter}.html"
    html = BeautifulSoup(page.read_text(), "html.parser")
    for block in html.select("div.derivation"):
        starts = [right.select_one("mo") for right in block.select(".row > .right")]
        related = sum(sign is not None and sign.get_text() in RELATIONS for sign in starts)
        number = block.select_one(".number")
        yield number and number.get_text().strip("()"), related, block.find_parent(class_="cell_output") is not None


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_all_displayed_relations_come_from_checked_steps(chapter):
    blocks, page = marks(chapter, "tag"), list(displayed(chapter))
    assert all(from_cell for *_, from_cell in page), "display mathematics outside of a cell's output"
    assert [number for number, *_ in page] == [block["tag"] for block in blocks]
    assert [related for _, related, _ in page] == [block["steps"] for block in blocks]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_block_is_shown_once_and_in_order(chapter):
    tags = [block["tag"] for block in marks(chapter, "tag")]
    letter = tags[0].split(".")[0]
    assert tags == [f"{letter}.{number}" for number in range(1, len(tags) + 1)]
    (count,) = (mark["count"] for mark in marks(chapter, "count"))
    assert count["relations"] == sum(block["steps"] for block in marks(chapter, "tag")), "a block is not shown"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_step_is_a_theorem_and_every_mutant_is_killed(chapter):
    assert COUNT in "".join(derivation_cells(chapter)), "the chapter has no count"
    (count,) = (mark["count"] for mark in marks(chapter, "count"))
    assert count["steps"] == sum(count[word] for word in WORDS) > 0 and count["numbers"] == 0
    assert count["looked"] > 0.9 * count["steps"], "counterexamples were sought for few steps"
    assert count["killed"] == count["total"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_no_goal_about_densities_is_refuted_at_later_times(chapter):
    """The kernel proves for all T; counterexamples are sought at T = 1 … 5 on the page, and here at 6, 7 and 8."""
    page = next(page for page in Book(ROOT).notebooks if page.short == chapter)
    goals = [goal for goal in steps(page) if has_densities(goal.left, goal.right)]
    searched = [refute_late(goal) for goal in goals]
    assert not goals or any(searched)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_canary_was_refuted_with_a_witness(chapter):
    shown = [
        " ".join("".join(output["data"].get("text/plain", "")).split())
        for output in outputs(chapter)
        if "data" in output
    ]
    canaries = [text for text in shown if text.startswith("refuted, as it must be: ")]
    assert canaries and all("left is " in text and ": step '" in text for text in canaries)


def spoiled(source):
    """A cell with the right side of its first ``equals`` doubled, and the name of its chain."""
    tree = ast.parse(source)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "equals":
            inner = call.func.value
            while isinstance(inner, ast.Call) and getattr(inner.func, "attr", "") == "equals":
                call, inner = inner, inner.func.value
            if isinstance(inner, ast.Call) and getattr(inner.func, "attr", "") == "chain":
                call.args[0] = ast.BinOp(ast.Constant(2), ast.Mult(), call.args[0])
                return ast.unparse(ast.fix_missing_locations(tree)), inner.args[0].value
    return None


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_planted_false_step_stops_the_chapter_and_names_itself(chapter):
    cells = derivation_cells(chapter)
    number, (planted, name) = next((n, spoiled(cell)) for n, cell in enumerate(cells) if spoiled(cell))
    with pytest.raises(DerivationError) as error:
        run_cells(chapter, [*cells[:number], planted])
    message = str(error.value)
    assert isinstance(error.value, Refuted)
    assert f"step '{name}, line 1'" in message and "justification '" in message
    assert " is false at " in message and "left is " in message


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_network_is_a_function_and_no_letter(chapter):
    """A letter under a mean, an integral or a derivative stands still; a network moves with its state."""
    declared = re.findall(r"\.(\w+)\(\s*[\"'](?:eps_hat|network)[\"']", "\n".join(derivation_cells(chapter)))
    assert set(declared) <= {"function"}


def test_names_and_letters_are_those_of_one_chapter():
    """``{step}`name` `` points into one chapter only."""
    blocks = [(chapter, mark) for chapter in CHAPTERS for mark in marks(chapter, "tag")]
    names = Counter(mark["name"] for _, mark in blocks)
    letters = Counter(letter for letter, _ in {(mark["tag"].split(".")[0], chapter) for chapter, mark in blocks})
    assert [name for name, times in (names + letters).items() if times > 1] == []


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_source_stands_under_its_block_and_says_what_was_changed(chapter):
    cells = jupytext.read(ROOT / "book" / f"{chapter}.md").cells
    sources = 0
    for before, cell in zip([None, *cells], cells, strict=False):
        paragraphs = [text for text in cell.source.split("\n\n") if text.lstrip().startswith("*Source")]
        if cell.cell_type == "markdown" and paragraphs:
            sources += 1
            assert cell.source.lstrip().startswith("*Source: "), "a source stands directly under its block"
            assert "derivation" in before.metadata.get("tags", []) and len(paragraphs) == 1
            assert "{cite" in paragraphs[0] or "Gumaan (2024): " in paragraphs[0], paragraphs[0]
            if "Gumaan" in paragraphs[0]:
                assert re.search(r"verbatim|corrected", paragraphs[0]), paragraphs[0]
    assert sources >= 1


def test_every_chapter_that_derives_is_checked():
    assert [name for name in notebooks() if any("Derivation(" in cell.source for cell in code_cells(name))] == CHAPTERS
