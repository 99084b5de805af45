"""The first cell of a notebook: it installs the library where it is missing, which is on Colab.

A committed notebook cannot name the commit that holds it, so it names the branch.  The notebooks that a build offers
name the commit that it was made from, if that commit has the library as it lies here.
"""

from __future__ import annotations

import subprocess

from diffusion_lib.runtime.fingerprint import PACKAGES

from ..source.pages import Book, Cell

INSTALLED = (*PACKAGES, "pyproject.toml")  # what pip takes from the repository
# --no-deps leaves Colab's own PyTorch alone.  %pip does not raise, so the cell looks whether the library is there.
# A name that begins with _ is no parameter: without it, check_parameters would refuse what this cell has set.
SOURCE = """\
# Where the book's library is missing, as on Colab, install it: {what}.
# The environment variable DIFFUSION_LIB names another source: a wheel, a folder, an address.
import importlib.util
import os

if importlib.util.find_spec("diffusion_lib") is None:
    _source = os.environ.get("DIFFUSION_LIB") or "git+{repository}@{at}"
    %pip install --quiet --no-deps "{{_source}}"
    importlib.invalidate_caches()
    if importlib.util.find_spec("diffusion_lib") is None:
        raise ImportError(
            f"pip could not install {{_source}}. Without a network: make a wheel in a copy of the book by "
            "`pip wheel --no-deps .`, upload it, run `%env DIFFUSION_LIB=path-of-the-wheel`, then this cell again."
        )"""


def install_cell(book: Book, commit: str = "") -> Cell:
    """The cell that installs the library of a commit, or without one the newest of the branch."""
    what = "as it was when this page was built" if commit else f"the newest one, of the branch {book.branch}"
    source = SOURCE.format(what=what, repository=book.repository, at=commit or book.branch)
    return Cell("code", source, {"tags": ["remove-cell"]}, 0)


def commit_of_library(book: Book) -> str:
    """The full hash of the commit that has the library as it lies here; empty if none is known to."""
    at_top = _git(book, "rev-parse", "--show-prefix") == ""
    held = _git(book, "rev-parse", "--verify", "HEAD:diffusion_lib")
    if not at_top or not held or _git(book, "status", "--porcelain", "--untracked-files=all", "--", *INSTALLED) != "":
        return ""
    return _git(book, "rev-parse", "HEAD") or ""


def _git(book: Book, *arguments: str) -> str | None:
    """What git answers at the root of the book, or None if it cannot."""
    command = ["git", "--no-optional-locks", "-C", str(book.root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
