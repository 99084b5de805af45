r"""Boxes and arrows from data: texts, their positions on a small grid, and what leads where; the rest is computed.

    from .diagram import Arrow, Box, Group, draw

    draw(
        {
            "x_0": Box("$x_0$", (0, 0), "data"),
            "x_t": Box("$x_t$", (1, 0)),
            "x_T": Box("$x_T$", (2, 0), "noise"),
        },
        [
            Arrow("x_0", "x_t", "$q$"),
            Arrow("x_t", "x_T"),
            Arrow("x_T", "x_0", "learned", route="under", kind="learned"),
        ],
        [Group("noisy", ("x_t", "x_T"))],
    )

As the last line of a cell this shows an SVG.  A position is (step along the reading direction, lane across it), and may
be a half, such as 0.5.  With ``down=True`` the same diagram reads from top to bottom, which suits a phone; one whose
texts a phone would make too small is refused.  ``even=True`` makes the boxes above each other of one width.  Where
things stand, and the routes of arrows, are the work of ``layout``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, PathPatch
from matplotlib.path import Path

from diffusion_lib.errors import ConfigError

from .layout import KINDS, LEAST_PX, PAD, SIZE, Arrow, Box, Group, Layout, layout

__all__ = ["Arrow", "Box", "Group", "Layout", "draw", "layout"]


def draw(
    boxes: Mapping[str, Box], arrows: Sequence[Arrow] = (), groups: Sequence[Group] = (), **options: object
) -> Figure:
    """The diagram as a figure; ``options`` are those of ``layout``."""
    found = layout(boxes, arrows, groups, **options)
    if found.phone_px < LEAST_PX:
        raise ConfigError(
            f"boxes make a diagram {found.size[0] / 72:.1f} in wide: on a phone its texts are {found.phone_px:.1f} px,"
            f" allowed are {LEAST_PX:g} or more; break its texts, or turn it by down={not options.get('down', False)}"
        )
    figure = Figure(figsize=tuple(found.size / 72), layout="none")
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, found.size[0]), ylim=(found.size[1], 0))
    axes.set_axis_off()
    for group, (x0, y0, x1, y1) in zip(groups, found.frames, strict=True):
        axes.add_patch(_rectangle(x0, y0, x1, y1, KINDS[group.kind], alpha=0.0, linestyle=(0, (4, 3)), linewidth=0.9))
        axes.text(x0 + PAD, y0 + SIZE, group.caption, size=SIZE, color=KINDS[group.kind], va="center")
    for arrow, path, label in zip(arrows, found.paths, found.labels, strict=True):
        color, dashes = KINDS[arrow.kind], (0, (4, 2)) if arrow.dashed else "-"
        neck = path[-1] - 4 * (path[-1] - path[-2]) / np.linalg.norm(path[-1] - path[-2])
        axes.add_patch(
            PathPatch(Path([*path[:-1], neck]), fill=False, edgecolor=color, linestyle=dashes, linewidth=1.3)
        )
        head = {"arrowstyle": "-|>", "mutation_scale": 9, "shrinkA": 0, "shrinkB": 0}
        axes.add_patch(FancyArrowPatch(neck, path[-1], color=color, linewidth=1.3, **head))
        if arrow.label:
            axes.text(*label.reshape(2, 2).mean(0), arrow.label, size=SIZE, color="#444444", ha="center", va="center")
    for name, (x0, y0, x1, y1) in found.boxes.items():
        axes.add_patch(_rectangle(x0, y0, x1, y1, KINDS[boxes[name].kind], alpha=0.14, linewidth=1.2))
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        axes.text(*middle, boxes[name].text, size=SIZE, color="#222222", ha="center", va="center", linespacing=1.25)
    return figure


def _rectangle(
    x0: float, y0: float, x1: float, y1: float, color: str, *, alpha: float, **style: object
) -> FancyBboxPatch:
    """Rounded, with a border of the colour and a ground of a shade of it."""
    shape = "round,pad=0,rounding_size=3"
    return FancyBboxPatch(
        (x0, y0), x1 - x0, y1 - y0, boxstyle=shape, facecolor=(color, alpha), edgecolor=color, **style
    )
