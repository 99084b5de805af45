"""An environment that has the packages of this one, but not the library: as on Colab before the first cell."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

OURS = re.compile(r"diffusion[-_]lib|__editable__|\.pth$")


def bare(folder: Path) -> Path:
    """Make the environment in ``folder``, and return its Python; packages are links, and none is the library's."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (others := folder / "others").mkdir()
    for place in map(Path, sys.path):
        if place.name in ("site-packages", "dist-packages"):
            for path in place.iterdir():
                if not OURS.search(path.name) and not (others / path.name).is_symlink():  # the first is imported
                    (others / path.name).symlink_to(path)
    (packages_of(folder) / "others.pth").write_text(f"{others}\n")
    return folder / "bin" / "python"


def packages_of(folder: Path) -> Path:
    """Where pip installs in an environment of ``bare``."""
    (packages,) = folder.glob("lib/python*/site-packages")
    return packages
