"""The derivations of the chapters, loaded by running the chapters' own cells."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Container
from functools import cache
from pathlib import Path

from root import ROOT
from the_book import BOOK

from booktools.source.pages import Cell

COUNT = ".summary()"  # attacks every step with mutants: minutes for the book, and nbval runs it anyway


def code_cells(chapter: str) -> list[Cell]:
    """The code cells of a page, with their metadata; each page is read once, so leave them as they are."""
    return BOOK.pages[f"book/{chapter}"].code


def derivation_cells(chapter: str) -> list[str]:
    """The sources of the code cells with the tag ``derivation``."""
    return [cell.source for cell in code_cells(chapter) if "derivation" in cell.metadata.get("tags", [])]


@cache
def _pages() -> tuple[str, ...]:
    return tuple(Path(page.name).name for page in BOOK.notebooks)


def notebooks() -> list[str]:
    """The pages that run, in reading order."""
    return list(_pages())


def chapters() -> list[str]:
    """The pages with a derivation, in reading order."""
    return [name for name in notebooks() if derivation_cells(name)]


def run_cells(chapter: str, cells: list[str]) -> tuple[dict, list]:
    """Run cells in one namespace, all but the count; return it and what the cells show."""
    namespace: dict = {}
    shown = []
    for number, source in enumerate(cells, 1):
        tree = ast.parse(source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{chapter}.md, derivation cell {number}", "exec"), namespace)
        if last is not None and not ast.unparse(last).endswith(COUNT):
            shown.append(eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), namespace))
    return namespace, shown


@cache
def run_derivation(chapter: str) -> tuple[dict, list]:
    """Run a chapter's derivation; the same objects for all tests of a process, so leave them as they are."""
    return run_cells(chapter, derivation_cells(chapter))


def outputs(chapter: str) -> list[dict]:
    """Everything that the cells of the stored notebook show."""
    notebook = json.loads((ROOT / "notebooks" / f"{chapter}.ipynb").read_text())
    return [output for cell in notebook["cells"] for output in cell.get("outputs", [])]


def texts(chapter: str) -> dict[str, str]:
    """What the stored notebook computed for its text, as it is printed, by name."""
    marked = [(output.get("metadata", {}).get("diffusion_lib", {}), output) for output in outputs(chapter)]
    return {mark["value"]: "".join(output["data"]["text/plain"]) for mark, output in marked if "value" in mark}


def printed_text(chapter: str) -> str:
    """All that the stored notebook prints."""
    return "".join("".join(output.get("text", "")) for output in outputs(chapter))


def definitions(chapter: str, names: dict, wanted: Container[str] | None = None) -> dict:
    """``names``, and with them the imports of a page and its functions and classes, all or those that are wanted."""
    kept = [
        node
        for cell in code_cells(chapter)
        if "derivation" not in cell.metadata.get("tags", [])
        for node in ast.parse(cell.source).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.FunctionDef | ast.ClassDef) and (wanted is None or node.name in wanted))
    ]
    exec(compile(ast.Module(kept, []), f"{chapter}.md", "exec"), names)
    return names


def numbers(chapter: str) -> dict[str, float]:
    """What the stored notebook computed for its text: the numbers of ``value`` and ``measured`` by their names.

    A label that is printed more than once names nothing.
    """
    found: dict[str, list[str]] = {}
    for output in outputs(chapter):
        if name := output.get("metadata", {}).get("diffusion_lib", {}).get("value"):
            found.setdefault(name, []).append("".join(output["data"]["text/plain"]))
        for label, number in re.findall(r"^(.+?) +≈ (\S+)$", "".join(output.get("text", "")), re.MULTILINE):
            found.setdefault(" ".join(label.split()), []).append(number)
    once = {name: texts[0] for name, texts in found.items() if len(texts) == 1}
    return {name: float(text) for name, text in once.items() if re.fullmatch(r"-?[\d.]+(e[-+]\d+)?", text)}


def printed(chapter: str, start: str) -> list[list[str]]:
    """The words of the printed lines of the stored notebook that begin with ``start``, without it."""
    text = "\n".join("".join(output.get("text", "")) for output in outputs(chapter))
    return [line[len(start) :].split() for line in text.splitlines() if line.startswith(start)]
