"""The forms of the synthetic images, as signed distances to their edges: eight shapes and four heads of animals.

Coordinates are in units of the form's radius: x to the right, y down, the centre at 0.  A distance is negative inside.
A form is five layers, from the back: ears, head, light (the face, or the pattern of a shape), ink (eyes and nose), hat.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

SHAPES = ("circle", "square", "triangle", "diamond", "star", "cross", "heart", "ring")
ANIMALS = ("dog", "cat", "rabbit", "bear")
FORMS = SHAPES + ANIMALS
PATTERNS = ("striped", "dotted", "shiny")
REACH, CELLS = 2.2, 177  # a table covers [−2.2, 2.2]² in steps of 0.025
TOP = 0.5  # how far the centre of a head lies below the centre of the whole
FAR = torch.tensor(REACH)


def distances(name: str, pattern: str | None = None) -> Tensor:
    """Return the table of the form, float32 (5 layers, 177, 177); a layer that it lacks is far away everywhere.

    ``pattern`` is for shapes: stripes, dots or a band of gloss that end where the shape does.
    """
    line = torch.linspace(-REACH, REACH, CELLS)
    y, x = torch.meshgrid(line, line, indexing="ij")
    p = torch.stack([x, y], -1)  # (S, S, 2)
    far = FAR.expand_as(x)
    if name in SHAPES:
        shape = _shape(name, p)
        light = far if pattern is None else torch.maximum(shape, _pattern(pattern, p))
        return torch.stack([far, shape, light, far, far])
    return torch.stack([_ears(name, p), _head(name, p), _light(name, p), _ink(name, p), _hat(p)])


def _shape(name: str, p: Tensor) -> Tensor:
    if name == "circle":
        return p.norm(dim=-1) - 1
    if name == "ring":
        return (p.norm(dim=-1) - 0.72).abs() - 0.28
    return polygon(p, torch.tensor(CORNERS[name]))


def _pattern(name: str, p: Tensor) -> Tensor:
    if name == "striped":  # as wide as the gaps between them
        return _period(p[..., 1], 0.56).abs() - 0.14
    if name == "dotted":
        return torch.stack([_period(p[..., 0], 0.6), _period(p[..., 1], 0.6)], -1).norm(dim=-1) - 0.17
    return ((p[..., 0] + p[..., 1]) / math.sqrt(2) + 0.3).abs() - 0.14  # shiny


def _period(x: Tensor, length: float) -> Tensor:
    """How far x is from the nearest multiple of the length."""
    return (x + length / 2) % length - length / 2


def _star() -> list[tuple[float, float]]:
    radii = [1.12 if k % 2 == 0 else 0.48 for k in range(10)]
    return [(r * math.sin(math.pi * k / 5), -r * math.cos(math.pi * k / 5) + 0.08) for k, r in enumerate(radii)]


def _heart() -> list[tuple[float, float]]:
    angles = [2 * math.pi * k / 48 for k in range(48)]
    heights = [13 * math.cos(a) - 5 * math.cos(2 * a) - 2 * math.cos(3 * a) - math.cos(4 * a) for a in angles]
    return [(math.sin(a) ** 3 * 1.08, -w / 15.5 - 0.1) for a, w in zip(angles, heights, strict=True)]


def _cross(long: float = 1.0, wide: float = 0.36) -> list[tuple[float, float]]:
    quarter = [(wide, -long), (wide, -wide), (long, -wide)]
    return [point for turn in range(4) for point in (_turn(q, turn) for q in quarter)]


def _turn(point: tuple[float, float], quarters: int) -> tuple[float, float]:
    for _ in range(quarters):
        point = (-point[1], point[0])
    return point


CORNERS = {
    "square": [(-0.86, -0.86), (0.86, -0.86), (0.86, 0.86), (-0.86, 0.86)],
    "triangle": [(0.0, -1.0), (1.05, 0.85), (-1.05, 0.85)],
    "diamond": [(0.0, -1.1), (0.84, 0.0), (0.0, 1.1), (-0.84, 0.0)],
    "star": _star(),
    "cross": _cross(),
    "heart": _heart(),
}


def polygon(p: Tensor, corners: Tensor) -> Tensor:
    """Signed distance (…) of points p (…, 2) to a closed polygon with corners (k, 2).

    The distance is that to the nearest edge.  A point is inside if a ray from it crosses an odd number of edges.
    """
    d, crossings = torch.full(p.shape[:-1], math.inf), torch.zeros(p.shape[:-1])
    for a, b in zip(corners, corners.roll(-1, 0), strict=True):
        along = ((p - a) @ (b - a) / (b - a).square().sum()).clamp(0, 1)
        d = torch.minimum(d, (p - a - along[..., None] * (b - a)).norm(dim=-1))
        spans = (a[1] > p[..., 1]) != (b[1] > p[..., 1])
        crossings += spans & (p[..., 0] < a[0] + (p[..., 1] - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
    return torch.where(crossings % 2 == 1, -d, d)


def _oval(p: Tensor, x: float, y: float, a: float, b: float, tilt: float = 0.0) -> Tensor:
    """An ellipse with half axes a, b around (x, y), turned by ``tilt``; the distance is exact to first order."""
    q, c, s = p - torch.tensor([x, y]), math.cos(tilt), math.sin(tilt)
    q = torch.stack([c * q[..., 0] + s * q[..., 1], -s * q[..., 0] + c * q[..., 1]], -1)
    half = torch.tensor([a, b])
    k = (q / half).norm(dim=-1)
    return k * (k - 1) / (q / half**2).norm(dim=-1).clamp(min=1e-6)


def _both(p: Tensor, x: float, y: float, a: float, b: float, tilt: float = 0.0) -> Tensor:
    """The same oval on the left and on the right."""
    mirrored = torch.stack([p[..., 0].abs(), p[..., 1]], -1)
    return _oval(mirrored, x, y, a, b, tilt)


def _ears(name: str, p: Tensor) -> Tensor:
    mirrored = torch.stack([p[..., 0].abs(), p[..., 1]], -1)
    if name == "dog":  # hanging
        return _both(p, 0.98, 0.02, 0.34, 0.72, -0.25)
    if name == "cat":  # pointed
        return polygon(mirrored, torch.tensor([(0.28, -0.8), (0.98, -1.42), (1.02, -0.2)]))
    if name == "rabbit":  # upright and long
        return _both(p, 0.62, -1.2, 0.27, 0.82, 0.22)
    return _both(p, 0.82, -0.72, 0.42, 0.42)  # bear: round


def _head(name: str, p: Tensor) -> Tensor:
    width = {"dog": 0.88, "cat": 1.05, "rabbit": 0.86, "bear": 1.0}[name]
    return _oval(p, 0, 0.02, width, 0.94)


def _light(name: str, p: Tensor) -> Tensor:
    face = {"dog": (0.56, 0.7), "cat": (0.74, 0.6), "rabbit": (0.54, 0.66), "bear": (0.62, 0.62)}[name]
    return _oval(p, 0, 0.14, *face)


def _ink(name: str, p: Tensor) -> Tensor:
    eyes = _both(p, 0.3, -0.1, 0.14, 0.17)
    nose = {"dog": (0.26, 0.2), "cat": (0.14, 0.12), "rabbit": (0.13, 0.13), "bear": (0.2, 0.16)}[name]
    return torch.minimum(eyes, _oval(p, 0, 0.4, *nose))


def _hat(p: Tensor) -> Tensor:
    """A brim and a crown that narrows downwards, on top of the head."""
    brim = polygon(p, torch.tensor([(-1.0, -0.84), (1.0, -0.84), (1.0, -0.56), (-1.0, -0.56)]))
    crown = polygon(p, torch.tensor([(-0.6, -1.75), (0.6, -1.75), (0.54, -0.7), (-0.54, -0.7)]))
    return torch.minimum(brim, crown)
