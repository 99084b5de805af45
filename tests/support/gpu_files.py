"""The files of parameters for large machines, and the cells of a page that take and check them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from root import ROOT
from the_book import BOOK

FILES = {path.stem: path for path in sorted((ROOT / "book" / "gpu").glob("*.yaml"))}


@cache
def cells(chapter):
    """The parameters of a page, and the cell that checks them."""
    (page,) = (page for page in BOOK.notebooks if Path(page.name).name == chapter)
    code = [cell.source for cell in page.code]
    (place,) = (number for number, cell in enumerate(page.code) if "parameters" in cell.metadata.get("tags", []))
    return code[place], code[place + 1]
