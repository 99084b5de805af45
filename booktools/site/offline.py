"""``offline.js`` at the root of the pages: with it a page that was seen once works whole without a network."""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx

WORKER = Path(__file__).with_name(
    "offline.js"
)  # it rules the folder that it is loaded from, so it cannot lie in _static


def write(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        shutil.copyfile(WORKER, Path(app.outdir, WORKER.name))


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write)
