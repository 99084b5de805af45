"""A disk that is full when one file is moved into its place."""

from __future__ import annotations

import os
from pathlib import Path


def fill_disk(monkeypatch, name: str) -> None:
    """From now on, moving a file to a path of this name fails as on a full disk."""
    replace = os.replace

    def full(source, target):
        if Path(target).name == name:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
