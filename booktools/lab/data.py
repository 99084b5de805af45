"""What the library tells the laboratories: tables, weights and texts, made anew at each build and never by hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path


def _train() -> dict:
    """The waves of the library's MLP, drawn once with a fixed seed: frequencies along the two axes."""
    from diffusion_lib.denoiser import MLP

    return {"frequencies": MLP(width=1, depth=1, features=16, T=1, prediction="eps").frequencies.tolist()}


def of_cell(page: str, mark: str, **given: object) -> dict:
    """What the cell of a page that contains ``mark`` defines: its functions, and its numbers that depend on nothing."""
    text = (Path(__file__).parents[2] / "book" / f"{page}.md").read_text(encoding="utf-8")
    (cell,) = (each for each in re.findall(r"```\{code-cell\}.*?\n(.*?)```", text, re.DOTALL) if mark in each)
    kept = [node for node in ast.parse(cell).body if isinstance(node, ast.Import | ast.FunctionDef) or _plain(node)]
    names = dict(given)
    exec(compile(ast.Module(kept, []), f"{page}.md", "exec"), names)
    return names


def _plain(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Assign):
        return False
    return all(isinstance(part, ast.Tuple | ast.Constant | ast.Load) for part in ast.walk(node.value))


@cache
def _descent() -> dict:
    """The spoilt line of the page sgd-vs-bgd, the map of its loss, and the bottoms of the two basins."""
    import torch

    page = of_cell("sgd-vs-bgd", "def exact_loss", torch=torch, points=512, seed=0)
    data = page["line"](0.1)
    (deep, shallow), _, surface = page["basins"](data)
    heights = [[round(height, 4) for height in row] for row in surface.tolist()]
    return {"data": data.tolist(), "surface": heights, "deep": deep[1:], "shallow": shallow[1:]}


DATA: dict[str, Callable[[], dict]] = {"descent": _descent, "train": _train}


def of(kind: str) -> dict:
    """The data of a laboratory, plain values for JSON; most need none."""
    return DATA[kind]() if kind in DATA else {}
