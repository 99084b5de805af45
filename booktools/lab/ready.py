"""Whether the library could be packed for the page, and how large it is: asked by each block, answered once a build."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path

from sphinx.util import logging

from ..source.pages import BookError
from . import pack

LOGGER = logging.getLogger(__name__)
PLACE = "_static/lab/made/vendor/pyodide"


@dataclass(frozen=True)
class Told:
    """``size`` in bytes; ``missing`` says why there is nothing to load, or is empty."""

    size: int = 0
    missing: str = ""

    @property
    def megabytes(self) -> str:
        return f"{self.size / 2**20:.0f}"


@functools.cache
def told() -> Told:
    """Where it cannot be had, a page says so, and the book is built without it; but not where CI is set."""
    try:
        return Told(size=sum(map(len, pack.wanted().values())))
    except BookError as error:
        if os.environ.get("CI"):
            raise
        LOGGER.info("the library was not packed for the pages: %s", error)
        return Told(missing=str(error))


def install(output: Path) -> None:
    """Put what is loaded beside the pages of a build, if there is anything."""
    if not told().missing:
        pack.install(output / PLACE)
