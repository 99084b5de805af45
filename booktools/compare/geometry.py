"""Two curves are the same if no point of either lies further than a tolerance from the other."""

from __future__ import annotations

import re

import numpy as np
from scipy.spatial import cKDTree

POINTS = 0.1  # in the units of a drawing, which are points; the thinnest line of a figure is 0.6 wide
LETTER = re.compile("[A-DF-Za-df-z]")  # of a command; an e belongs to a number
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def difference(stored: str, shown: str, tolerance: float = POINTS) -> str | None:
    """Where two paths (the attribute ``d`` of SVG) differ, in words; ``None`` if they draw the same."""
    numbers, others = (np.array(NUMBER.findall(path), float) for path in (stored, shown))
    alike = LETTER.findall(stored) == LETTER.findall(shown) and len(numbers) == len(others)
    if alike and np.abs(numbers - others).max(initial=0) <= tolerance:
        return None
    ours, theirs = _segments(stored), _segments(shown)
    if ours is None or theirs is None or not ours.size or not theirs.size:
        return f"a path of {len(LETTER.findall(stored))} commands now has {len(LETTER.findall(shown))}"
    # matplotlib leaves out points that lie on the line through their neighbours, and rounding decides which; a closed
    # level set may begin anywhere
    furthest = max(_distance(ours, theirs, tolerance), _distance(theirs, ours, tolerance))
    if furthest > tolerance:
        return f"a curve of {len(ours)} segments now has {len(theirs)}, a point of them {furthest:.3g} away"
    return None


def _segments(path: str) -> np.ndarray | None:
    """The straight lines of a path, (n, 2, 2), begin and end; None if it has anything but absolute moves and lines."""
    found, start, place = [], None, None
    _, *rests = LETTER.split(path)
    for letter, rest in zip(LETTER.findall(path), rests, strict=True):
        numbers = [float(number) for number in NUMBER.findall(rest)]
        if letter == "M" and len(numbers) == 2:
            start = place = numbers
        elif letter in "Lz" and place is not None and len(numbers) == (2 if letter == "L" else 0):
            found.append((place, numbers or start))
            place = numbers or start
        else:
            return None
    return np.reshape(np.array(found, float), (-1, 2, 2))


def _distance(lines: np.ndarray, others: np.ndarray, near: float) -> float:
    """The largest distance of a point of ``lines`` from the nearest point of ``others``, by five points of each line.

    A point that has one of the others' within ``near`` counts as no distance, which saves nearly all the work.
    """
    points, known = _points(lines), _points(others)
    points = points[cKDTree(known).query(points)[0] > near]
    start, along = others[:, 0], others[:, 1] - others[:, 0]
    length = np.maximum((along**2).sum(1), 1e-30)
    furthest = 0.0
    for rows in np.array_split(points, len(points) // 256 + 1):  # a block of distances at a time
        away = rows[:, None] - start
        part = np.clip((away * along).sum(2) / length, 0, 1)
        distances = np.linalg.norm(away - part[..., None] * along, axis=2).min(1)
        furthest = max(furthest, float(distances.max(initial=0)))
    return furthest


def _points(lines: np.ndarray) -> np.ndarray:
    return (lines[:, 0] + np.linspace(0, 1, 5)[:, None, None] * (lines[:, 1] - lines[:, 0])).reshape(-1, 2)
