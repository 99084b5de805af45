"""The map of the introduction: the chapters as boxes, with an arrow from each to those that need it.

The map leaves out what follows from the rest: who needs the bound needs what the bound needs.
"""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from ..diagram import draw
from ..layout import Arrow, Box
from .registry import MAP_PARTS, Chapter, direct_needs, registry

COLOURS = dict(zip(MAP_PARTS, ("learned", "fixed", "data", "result"), strict=True))
ROWS = 8.0  # points between them


def places(chapters: Mapping[str, Chapter]) -> dict[str, tuple[int, int]]:
    """(column, row) of each chapter, no higher than what it needs; experiments and latent diffusion stand right."""
    found: dict[str, tuple[int, int]] = {}
    free = [0, 0]
    for name, chapter in chapters.items():
        column = int(chapter.part in ("experiments", "latent"))
        row = max([free[column], *(found[need][1] for need in chapter.needs if need in found)])
        found[name] = (column, row)
        free[column] = row + 1
    return found


def diagram(chapters: Mapping[str, Chapter]) -> tuple[dict[str, Box], list[Arrow]]:
    """The boxes and arrows of the map: inside a column beside it, from one to the other between them.

    What is beyond the article has no arrows: they come from everywhere, and would make the map too wide for a phone.
    """
    at = places(chapters)
    boxes = {name: Box(chapter.title, at[name], COLOURS[chapter.part]) for name, chapter in chapters.items()}
    arrows = []
    for name in (name for name, chapter in chapters.items() if chapter.part != "beyond"):
        for need in direct_needs(name, chapters):
            (here, above), (there, below) = at[need], at[name]
            route = "step" if here != there else "straight" if below == above + 1 else ("before", "after")[here]
            arrows.append(Arrow(need, name, route=route, kind=COLOURS[chapters[need].part]))
    return boxes, arrows


def chapter_map() -> Figure:
    """The map of the registry's chapters as a figure."""
    return draw(*diagram(registry().map), even=True, gap=ROWS)
