"""Where the boxes and arrows of a diagram stand; ``diagram`` draws them.

A position is (along the reading direction, across it); halves are allowed.  Columns and rows are as wide as their
texts, the gaps between them as wide as the labels need.  A box's or arrow's ``kind`` is a key of ``KINDS``, a colour.

An arrow's ``route`` is ``straight``, ``elbow`` (along, then across), ``drop`` (across, then along), ``step`` (along,
across between two columns, along), ``over`` or ``under`` (around the boxes of a row, also from a box to itself), or
``before`` or ``after`` (the same around a column).  Steps and detours run in lanes of their own; two arrows may use the
same lane where they do not meet.  Two straight arrows between the same boxes, there and back, stand side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from diffusion_lib.errors import ConfigError, check_choice

from .page import COLOURS

KINDS = dict(zip(("learned", "fixed", "data", "condition", "result", "other", "noise"), COLOURS, strict=True))
KINDS["plain"] = "#666666"
AROUND = {"over": (1, 0), "under": (1, 1), "before": (0, 0), "after": (0, 1)}  # (axis, side)
ROUTES = ("straight", "elbow", "drop", "step", *AROUND)
SIZE, LEAST_PX, PHONE_PX = 9.5, 10.0, 358.0  # points of a text; its pixels on a phone of 390; those without margins
# Points: around a text, between boxes, of an arrow, between arrows side by side, around it all
PAD, GAP, ROOM, LANE, MARGIN = 6.0, 24.0, 16.0, 7.0, 14.4


@dataclass(frozen=True)
class Box:
    text: str
    at: tuple[float, float]  # (along, across)
    kind: str = "plain"


@dataclass(frozen=True)
class Arrow:
    start: str
    end: str
    label: str = ""
    route: str = "straight"
    kind: str = "plain"
    dashed: bool = False


@dataclass(frozen=True)
class Group:
    caption: str
    members: Sequence[str]
    kind: str = "plain"


@dataclass
class Layout:
    """Rectangles (x0, y0, x1, y1) and polylines (n, 2) in points, y downwards; ``size`` is that of the whole."""

    boxes: dict[str, np.ndarray] = field(default_factory=dict)
    paths: list[np.ndarray] = field(default_factory=list)
    labels: list[np.ndarray | None] = field(default_factory=list)
    frames: list[np.ndarray] = field(default_factory=list)
    size: np.ndarray = field(default_factory=lambda: np.zeros(2))

    @property
    def phone_px(self) -> float:
        """How large the texts are on a phone, in pixels; the page shrinks what is too wide for it."""
        return SIZE * 96 / 72 * min(1.0, PHONE_PX / ((self.size[0] + MARGIN) * 96 / 72))


def extent(text: str) -> np.ndarray:
    """Width and height of a text of one or more lines, mathematics between dollars, in points."""
    if not text:
        return np.zeros(2)
    font, lines = FontProperties(size=SIZE), text.split("\n")
    widths = [text_to_path.get_text_width_height_descent(line, font, line.count("$") > 1)[0] for line in lines]
    return np.array([max(widths), 1.25 * SIZE * len(lines)])


def layout(
    boxes: Mapping[str, Box],
    arrows: Sequence[Arrow] = (),
    groups: Sequence[Group] = (),
    *,
    down: bool = False,
    even: bool = False,
    gap: float = GAP,
) -> Layout:
    """Where everything stands; ``ConfigError`` for an unknown name, kind or route, and where boxes overlap."""
    _check(boxes, arrows, groups)
    turn = [1, 0] if down else [0, 1]  # (along, across) ↔ (x, y)
    at = {name: np.array(box.at, float) for name, box in boxes.items()}
    half = {name: extent(box.text)[turn] / 2 + PAD for name, box in boxes.items()}
    if even:
        widest = {at[n][turn[0]]: max(half[m][turn[0]] for m in at if at[m][turn[0]] == at[n][turn[0]]) for n in at}
        half = {n: np.where(np.arange(2) == turn[0], widest[at[n][turn[0]]], h) for n, h in half.items()}
    need = [extent(arrow.label)[turn] for arrow in arrows]
    lines = [int(max(np.ceil(position[i]) for position in at.values())) + 1 for i in (0, 1)]
    thick = [[max([2 * half[n][i] for n in at if at[n][i] == k], default=0) for k in range(lines[i])] for i in (0, 1)]
    before = [np.array([0.0, *[gap] * (n - 1), 0.0]) for n in lines]  # the last: after the last line
    for arrow, label in zip(arrows, need, strict=True):  # a label needs its length between two neighbours
        a, b = at[arrow.start], at[arrow.end]
        for i in (0, 1):
            wanted = {"straight": a[1 - i] == b[1 - i], "step": i == 0}.get(arrow.route, False)
            if arrow.label and wanted and 0 < abs(a[i] - b[i]) <= 1:
                k = int(np.ceil(max(a[i], b[i])))
                before[i][k] = max(before[i][k], label[i] + ROOM)
    lanes = _lanes(arrows, at, need, before)
    trunks = _trunks(arrows, at, before[0])
    for group in groups:
        for i in (0, 1):
            positions = [at[name][i] for name in group.members]
            before[i][int(min(positions))] += PAD + (1.5 * SIZE if turn[i] == 1 else 0)  # the caption is above
            before[i][int(np.ceil(max(positions))) + 1] += PAD
    middle = [np.cumsum(before[i][:-1] + thick[i]) - np.array(thick[i]) / 2 for i in (0, 1)]
    centre = {n: np.array([np.interp(p[i], range(lines[i]), middle[i]) for i in (0, 1)]) for n, p in at.items()}
    there = {(arrow.start, arrow.end) for arrow in arrows if arrow.route == "straight"}
    found = Layout({n: np.concatenate([(c - half[n])[turn], (c + half[n])[turn]]) for n, c in centre.items()})
    for i, arrow in enumerate(arrows):
        ends = (centre[arrow.start], half[arrow.start], centre[arrow.end], half[arrow.end])
        if i in lanes:
            axis, side, line, depth = lanes[i]
            sign = 1 if side else -1
            points = _around(*ends, middle[axis][line] + sign * (thick[axis][line] / 2 + depth), axis, sign)
        else:
            both = arrow.route == "straight" and (arrow.end, arrow.start) in there
            points = _direct(arrow.route, *ends, shift=5.0 * both, trunk=trunks.get(i, 0.0))
            way = np.sign(centre[arrow.end] - centre[arrow.start])
            sign = int(way[1] - way[0]) if both else -1  # there and back have their labels on their outer sides
        found.paths.append(points[:, turn])
        found.labels.append(_beside(points, need[i], sign)[list(np.array([turn, [2 + t for t in turn]]).flat)])
    for group in groups:
        held = [i for i, arrow in enumerate(arrows) if {arrow.start, arrow.end} <= set(group.members)]
        corners = [found.boxes[name].reshape(2, 2) for name in group.members]
        corners += [thing for i in held for thing in (found.paths[i], found.labels[i].reshape(2, 2))]
        low, high = np.concatenate(corners).min(0) - PAD, np.concatenate(corners).max(0) + PAD
        high[0] = max(high[0], low[0] + extent(group.caption)[0] + 2 * PAD)
        found.frames.append(np.concatenate([low - [0, 1.5 * SIZE], high]))
    return _trimmed(found, arrows)


def _check(boxes: Mapping[str, Box], arrows: Sequence[Arrow], groups: Sequence[Group]) -> None:
    for name in [*(n for a in arrows for n in (a.start, a.end)), *(n for g in groups for n in g.members)]:
        check_choice("box", name, boxes)
    for thing in (*boxes.values(), *arrows, *groups):
        check_choice("kind", thing.kind, KINDS)
        check_choice("route", getattr(thing, "route", ROUTES[0]), ROUTES)


def _lanes(arrows: Sequence[Arrow], at: Mapping, need: Sequence, before: Sequence[np.ndarray]) -> dict[int, tuple]:
    """Lanes for what goes around, short ones inside: (axis, side, line, distance); ``before`` grows."""
    found, taken, bundles, stretch = {}, {}, {}, {}
    for i, arrow in enumerate(arrows):
        if arrow.route in AROUND:  # arrows without labels from one box use the same lane
            bundles.setdefault((arrow.route, arrow.start, i if arrow.label else -1), []).append(i)
    for (route, *_), bundle in bundles.items():
        axis, side = AROUND[route]
        ends = np.array([at[end] for i in bundle for end in (arrows[i].start, arrows[i].end)])
        line = int(np.ceil(ends[:, axis].max())) if side else int(ends[:, axis].min())
        stretch[tuple(bundle)] = (axis, side, line), ends[:, 1 - axis].min(), ends[:, 1 - axis].max()
    for bundle, (key, low, high) in sorted(stretch.items(), key=lambda entry: (entry[1][2] - entry[1][1], entry[0])):
        (axis, side, line), room = key, need[bundle[0]][key[0]]
        beside = taken.setdefault(key, [])
        inner = max((end for one, other, end in beside if one <= high and low <= other), default=0.0)
        depth = inner + (LANE if inner and not room else 0.8 * ROOM)
        before[axis][line + side] += max(0.0, depth + room + 2 - max((end for *_, end in beside), default=0.0))
        beside.append((low, high, depth + room))
        found |= {i: (*key, depth) for i in bundle}
    return found


def _trunks(arrows: Sequence[Arrow], at: Mapping, before: np.ndarray) -> dict[int, float]:
    """How far before its end a step turns: arrows from one box have one trunk, and others do where they do not meet."""
    found, bundles, taken = {}, {}, {}
    for i, arrow in enumerate(arrows):
        if arrow.route == "step":
            a, b = at[arrow.start][0], at[arrow.end][0]
            bundles.setdefault((int(np.ceil(b)) if a < b else int(b) + 1, a < b, arrow.start), []).append(i)
    for (line, way, start), bundle in bundles.items():
        ends = [at[start][1], *(at[arrows[i].end][1] for i in bundle)]
        beside, (low, high) = taken.setdefault((line, way), []), (min(ends), max(ends))
        hit = {number for number, one, other in beside if one < other and low < high and one <= high and low <= other}
        trunk = min(set(range(len(hit) + 1)) - hit)
        beside.append((trunk, low, high))
        before[line] = max(before[line], 1.5 * ROOM + LANE * trunk)
        found |= dict.fromkeys(bundle, 0.75 * ROOM + LANE * trunk)
    return found


def _direct(
    route: str, a: np.ndarray, half_a: np.ndarray, b: np.ndarray, half_b: np.ndarray, *, shift: float, trunk: float
):
    """The points of a path from border to border, in (along, across)."""
    way = np.sign(b - a)
    if route == "elbow":
        return np.array([[a[0] + way[0] * half_a[0], a[1]], [b[0], a[1]], [b[0], b[1] - way[1] * half_b[1]]])
    if route == "drop":
        return np.array([[a[0], a[1] + way[1] * half_a[1]], [a[0], b[1]], [b[0] - way[0] * half_b[0], b[1]]])
    if route == "step":
        start, end = a[0] + way[0] * half_a[0], b[0] - way[0] * half_b[0]
        turn = end - way[0] * trunk
        return np.array([[start, a[1]], [turn, a[1]], [turn, b[1]], [end, b[1]]])
    aside = shift * np.array([way[1], -way[0]])
    out, back = (min(h[i] / abs((b - a)[i]) for i in (0, 1) if abs(b - a)[i] > 1e-9) for h in (half_a, half_b))
    return np.array([a + out * (b - a) + aside, b - back * (b - a) + aside])


def _around(
    a: np.ndarray, half_a: np.ndarray, b: np.ndarray, half_b: np.ndarray, lane: float, axis: int, sign: int
) -> np.ndarray:
    """Out of one side and in at the same side; incoming and outgoing arrows have positions of their own there."""
    toward = 1.0 if np.allclose(a, b) else np.sign((b - a)[1 - axis])
    points = np.array([a, a, b, b])
    points[:2, 1 - axis] += toward * half_a[1 - axis] * 0.4
    points[2:, 1 - axis] -= toward * half_b[1 - axis] * 0.4
    points[1:3, axis] = lane
    points[[0, 3], axis] += sign * np.array([half_a[axis], half_b[axis]])
    return points


def _beside(points: np.ndarray, need: np.ndarray, sign: int) -> np.ndarray:
    """The rectangle of a label beside the longest stretch of a path, before it or (``sign`` 1) after it."""
    legs = np.abs(np.diff(points, axis=0)).sum(1)
    k = 1 if len(points) == 4 and legs[1] >= legs.max() / 2 else int(legs.argmax())
    axis = int(np.argmin(np.abs(points[k + 1] - points[k])))
    middle = (points[k] + points[k + 1]) / 2
    middle[axis] += sign * (need[axis] / 2 + 2)
    return np.concatenate([middle - need / 2, middle + need / 2])


def _trimmed(found: Layout, arrows: Sequence[Arrow]) -> Layout:
    """Moved so that everything begins at a small margin; boxes that overlap are refused."""
    for one, other in combinations(found.boxes, 2):
        p, q = found.boxes[one], found.boxes[other]
        if min(p[2], q[2]) > max(p[0], q[0]) and min(p[3], q[3]) > max(p[1], q[1]):
            raise ConfigError(f"boxes {one!r} and {other!r} overlap; give them other positions")
    labels = [label for label, arrow in zip(found.labels, arrows, strict=True) if arrow.label]
    everything = np.concatenate([np.reshape([*found.boxes.values(), *found.frames, *labels], (-1, 2)), *found.paths])
    low = everything.min(0) - 2
    shift = np.tile(low, 2)
    return Layout(
        {name: box - shift for name, box in found.boxes.items()},
        [path - low for path in found.paths],
        [label - shift for label in found.labels],
        [frame - shift for frame in found.frames],
        everything.max(0) + 2 - low,
    )
