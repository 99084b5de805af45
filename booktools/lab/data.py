"""What the library tells the laboratories: tables, weights and texts, made anew at each build and never by hand."""

from __future__ import annotations

from collections.abc import Callable

DATA: dict[str, Callable[[], dict]] = {}


def of(kind: str) -> dict:
    """The data of a laboratory, plain values for JSON; most need none."""
    return DATA[kind]() if kind in DATA else {}
