"""Two curves are the same if no point of either lies further than a tolerance from the other."""

from __future__ import annotations

import re

import numpy as np

POINTS = 0.1  # in the units of a drawing, which are points; the thinnest line of a figure is 0.6 wide
LETTER = re.compile("[A-DF-Za-df-z]")  # of a command; an e belongs to a number
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def difference(stored: str, shown: str, tolerance: float = POINTS) -> str | None:
    """Where two paths (the attribute ``d`` of SVG) differ, in words; ``None`` if they draw the same."""
    if LETTER.findall(stored) == LETTER.findall(shown):
        numbers, others = (np.array(NUMBER.findall(path), float) for path in (stored, shown))
        if len(numbers) != len(others):
            return f"a path of {len(numbers)} coordinates now has {len(others)}"
        furthest = float(np.abs(numbers - others).max(initial=0))
        return f"a point of a path is now {furthest:.3g} away" if furthest > tolerance else None
    ours, theirs = _commands(stored), _commands(shown)
    lines, others = _lines(ours), _lines(theirs)
    if lines is None or others is None or len(lines) != len(others):
        return f"a path of {len(ours)} commands now has {len(theirs)}"
    # matplotlib leaves out points that lie on the line through their neighbours, and rounding decides which
    furthest = max(max(_distance(a, b), _distance(b, a)) for a, b in zip(lines, others, strict=True))
    if furthest > tolerance:
        return f"a curve of {len(ours)} points now has {len(theirs)}, one of them {furthest:.3g} away"
    return None


def _commands(path: str) -> list[tuple[str, list[float]]]:
    _, *rests = LETTER.split(path)
    return [
        (letter, [float(number) for number in NUMBER.findall(rest)])
        for letter, rest in zip(LETTER.findall(path), rests, strict=True)
    ]


def _lines(commands: list[tuple[str, list[float]]]) -> list[np.ndarray] | None:
    """The polygonal lines of a path of absolute moves and straight lines; None if it has anything else."""
    lines = []
    for letter, numbers in commands:
        if letter == "M":
            lines.append([])
        elif letter == "z" and lines:
            numbers = lines[-1][:2]
        elif letter != "L" or not lines:
            return None
        lines[-1] += numbers
    return [np.reshape(line, (-1, 2)) for line in lines]


def _distance(points: np.ndarray, line: np.ndarray) -> float:
    """The largest distance of a point of ``points`` from ``line``; the two ends from the ends."""
    ends = np.linalg.norm(points[[0, -1]] - line[[0, -1]], axis=1).max()
    start, along = line[:-1], np.diff(line, axis=0)
    length = np.maximum((along**2).sum(1), 1e-30)
    furthest = 0.0
    for rows in np.array_split(points, len(points) // 256 + 1):  # a block of distances at a time
        away = rows[:, None] - start
        part = np.clip((away * along).sum(2) / length, 0, 1)
        near = np.linalg.norm(away - part[..., None] * along, axis=2).min(1, initial=np.inf)
        furthest = max(furthest, float(near.max(initial=0)))
    return max(float(ends), furthest if len(start) else 0.0)
