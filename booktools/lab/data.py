"""The data that laboratories get from the library: tables, weights and texts, generated at each build, never by hand.

The data of a laboratory are what ``data()`` returns in the module of ``given`` that has its name.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

PAGES = Path(__file__).parents[2] / "book"
GIVEN = Path(__file__).with_name("given")


def of_cell(page: str, mark: str, **given: object) -> dict:
    """What the cell of a page that contains ``mark`` defines: its functions, and its numbers that depend on nothing."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    (cell,) = (each for each in re.findall(r"```\{code-cell\}.*?\n(.*?)```", text, re.DOTALL) if mark in each)
    kept = [node for node in ast.parse(cell).body if isinstance(node, ast.Import | ast.FunctionDef) or _plain(node)]
    names = dict(given)
    exec(compile(ast.Module(kept, []), f"{page}.md", "exec"), names)
    return names


def _plain(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign):
        return False
    return all(isinstance(part, ast.Tuple | ast.Constant | ast.Load) for part in ast.walk(node.value))


def of(kind: str) -> dict:
    """The data of a laboratory, plain values for JSON, made once; most need none."""
    return _made(kind) if kind in kinds() else {}


def live(kind: str) -> dict:
    """The data that its script holds: all except the images that the block on the page already contains."""
    return {name: value for name, value in of(kind).items() if name not in ("first", "turned")}


def scripts(kind: str) -> dict[str, str]:
    """What only a click loads, by name; most need none."""
    return _module(kind).scripts() if kind in kinds() and hasattr(_module(kind), "scripts") else {}


def files(kind: str) -> dict[str, Path]:
    """What a laboratory loads when the reader asks for it, by its place below ``_static/lab``; most need none."""
    return _module(kind).files() if paints(kind) else {}


def paints(kind: str) -> bool:
    """Whether a laboratory loads files: then its data come with networks, which take long to prepare."""
    return kind in kinds() and hasattr(_module(kind), "files")


@cache
def kinds() -> set[str]:
    """The laboratories that have data."""
    return {path.stem for path in GIVEN.glob("*.py")} - {"__init__"}


@cache
def _made(kind: str) -> dict:
    return _module(kind).data()


def _module(kind: str) -> ModuleType:
    """It may bring PyTorch and networks, and so is imported only where a page asks."""
    return import_module(f".given.{kind}", __package__)
