"""The file of a run: rows are written when they are done, and a run that was interrupted goes on with the next one.

While a run is unfinished it lies in ``_build/benchmarks.json``; with its last row it moves to where the chapter reads
it.  A file of another machine, other versions or other settings is not continued: they are the same for all rows of a
file.  A single row may be measured again; each says on which day it was.
"""

from __future__ import annotations

import json
import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from diffusion_lib.runtime.machine import machine

ROOT = Path(__file__).parents[1]
DRAFT = ROOT / "_build" / "benchmarks.json"
TRIAL = ROOT / "_build" / "benchmarks-trial.json"  # with options, which are never published
PUBLISHED = ROOT / "pagekit" / "benchmarks.json"
PEERS = ("smalldiffusion", "denoising-diffusion-pytorch", "diffusers")
SHOWN = ROOT / "notebooks" / "benchmarks.ipynb"
DIGITS = 5  # significant ones that are kept


def header(settings: dict) -> dict:
    """What is common to all rows of a run."""
    versions = {}
    for name in ("torch", *PEERS):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = None
    return {"machine": machine(), "threads": 1, "python": platform.python_version(), "versions": versions, **settings}


def load(path: Path, head: dict) -> dict:
    """The run in ``path`` if it has this header, otherwise an empty one that begins today."""
    if path.is_file():
        run = json.loads(path.read_text(encoding="utf-8"))
        if {name: run.get(name) for name in head} == head:
            return run
    return {"date": date.today().isoformat(), **head, "rows": {}}


def save(path: Path, run: dict) -> None:
    """Replace the file in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(_rounded(run), indent=1) + "\n", encoding="utf-8")
    os.replace(draft, path)


def publish(run: dict) -> None:
    """Put the run where the chapter reads it, and remove what the chapter showed of an older one."""
    save(PUBLISHED, run)
    SHOWN.unlink(missing_ok=True)  # then `make notebooks` runs the chapter, although its code is the same
    DRAFT.unlink()


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(inner) for inner in value]
    return value
