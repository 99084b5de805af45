"""Where the repository lies, and what a program that a test starts must know to find it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def environment(**more: str) -> dict[str, str]:
    """This process's variables, and the way to the library of this tree and to what the tests share."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, Path(__file__).parent)))} | more
