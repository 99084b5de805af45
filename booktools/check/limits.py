"""What a page must keep, from ``limits.yaml``, and what was measured of each, in ``pages.json``."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import yaml

from ..source.pages import Book

FOLDER = Path(__file__).parent
STORED = FOLDER / "pages.json"
WORDS = {
    "height": "{:,} px tall, more than {:,}",
    "code": "{:.0%} of the page is open code, more than {:.0%}",
    "first_figure": "the first figure comes at {} px, after {}",
    "least_figures": "one figure for {:,} px, fewer than one for {:,}",
    "sideways": "{} cells scroll sideways at 1280 px, more than {}",
    "overflowing": "{} formulas overflow at 390 px, more than {}",
    "kilobytes": "{} kB to load, more than {}",
    "shift": "the layout shifts by {}, more than {}",
    "blocking": "{} files are waited for before anything is shown, more than {}",
}


@cache
def rules() -> dict:
    return yaml.safe_load((FOLDER / "limits.yaml").read_text(encoding="utf-8"))


def kind(book: Book, name: str) -> str:
    """``derivation``, ``experiment``, ``prose`` or ``list``."""
    kinds = rules()["kinds"]
    if name in kinds["lists"] or name.startswith("book/api/"):
        return "list"
    if not book.pages[name].is_notebook:
        return "prose"
    return "derivation" if name in kinds["derivations"] else "experiment"


def limits(of: str) -> dict[str, float]:
    return rules()["limits"][of] | rules()["limits"]["every"]


def broken(row: dict) -> dict[str, str]:
    """The limits that a measured page does not keep, each with a sentence; ``row`` has the page's ``kind``."""
    found = {}
    for name, limit in limits(row["kind"]).items():
        value = pixels_for_a_figure(row) if name == "least_figures" else row[name]
        if value is None:
            found[name] = "there is no figure"
        elif value > limit:
            found[name] = WORDS[name].format(value, limit)
    return found


def pixels_for_a_figure(row: dict) -> int | None:
    return round(row["height"] / row["figures"]) if row["figures"] else None


def pending(name: str) -> set[str]:
    return set((rules()["pending"] or {}).get(name, []))


def stored() -> dict[str, dict]:
    return json.loads(STORED.read_text(encoding="utf-8")) if STORED.is_file() else {}
