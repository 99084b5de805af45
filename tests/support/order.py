"""Which files of tests are long: they come after all others, the longest first, and so no worker waits at the end."""

from __future__ import annotations

import json
from pathlib import Path

from root import ROOT

# About how many seconds; only their order matters.  A file that takes less than half a minute need not stand here.
SECONDS = {
    "book/test_running.py": 340,
    "book/browser/test_pages.py": 300,
    "book/browser/test_measures.py": 160,
    "models/miniature/test_shipped_weights.py": 120,
    "models/miniature/test_artefact_metrics.py": 110,
    "test_accelerator.py": 90,
    "pagekit/test_sweep.py": 80,
    "pagekit/test_rerun.py": 60,
    "book/tools/test_build.py": 55,
    "repository/test_colab.py": 60,
    "derive/test_engine_mutants.py": 40,
}


def seconds(path: Path) -> float:
    """How long a file takes; of a notebook, what its last run took."""
    if path.suffix == ".ipynb":
        cost = path.with_suffix(".cost.json")
        return json.loads(cost.read_text(encoding="utf-8"))["seconds"] if cost.is_file() else 0
    return SECONDS.get(path.relative_to(ROOT / "tests").as_posix(), 0) if path.is_relative_to(ROOT / "tests") else 0
