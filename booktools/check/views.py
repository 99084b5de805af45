"""Which built pages are as they were when they last passed their views in a browser: `make test` leaves these out.

``pages.json`` holds one hash of each page that passed: of its HTML, of every file of the build that a browser loads
with it, and of the code that looks at it.  ``python -m booktools.check.measure --write`` stores it after the views.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from diffusion_lib.runtime.fingerprint import sha256_of_file

from .limits import FOLDER, stored

ROOT = FOLDER.parents[1]
HTML = ROOT / "_build" / "html"
KEY = "viewed_sha256"
TESTS = "tests/book/browser/test_pages.py"
LOOKS = (
    *(ROOT / name for name in (TESTS, "tests/support/browser.py", "tests/support/axe/axe.min.js")),
    *(FOLDER / name for name in ("measure.py", "measure.js", "limits.yaml")),
)
# Images and scripts of the page, and what the head links to; a notebook that the page offers is loaded by nobody.
LOADED = re.compile(r'\bsrc="([^"#?:]+)|<link rel="(?:stylesheet|icon)" href="([^"#?:]+)')
FROM_CSS = re.compile(r"url\(\"?([^)\"#?:]+)")
LABORATORY = re.compile(r'class="lab"[^>]* data-kind="(\w+)"')
# What the library computes for a laboratory; another processor gives other last digits, which nobody sees.
DECIMAL = re.compile(r"-?\d*\.\d{7,}(?:e-?\d+)?")


@cache  # most pages load the same files
def sha256(path: Path) -> str:
    """The hash of a file; of a decimal number in a script, five digits count."""
    if path.suffix != ".js":
        return sha256_of_file(path)
    text = DECIMAL.sub(lambda found: f"{float(found[0]):.5g}", path.read_text(encoding="utf-8"))
    return hashlib.sha256(text.encode()).hexdigest()


def files(page: Path, html: Path) -> list[Path]:
    """The files of the build ``html`` that a browser loads to show ``page``, sorted; the page is one of them."""
    text = page.read_text(encoding="utf-8")
    found = {page, *(page.parent / (source or link) for source, link in LOADED.findall(text))}
    for sheet in [path for path in found if path.suffix == ".css" and path.is_file()]:
        found |= {sheet.parent / name for name in FROM_CSS.findall(sheet.read_text(encoding="utf-8"))}
    if kinds := set(LABORATORY.findall(text)):
        found |= {html / "_static" / "lab" / "made" / f"{kind}.js" for kind in {"shell", *kinds}}
    return sorted({path.resolve() for path in found if path.is_file()})


def digest(name: str, html: Path = HTML) -> str | None:
    """One hash of what the views of a page depend on; None if the page is not built."""
    page, html = html.resolve() / f"{name}.html", html.resolve()
    if not page.is_file():
        return None
    total = hashlib.sha256()
    for path in files(page, html):
        total.update(f"{path.relative_to(html).as_posix()} {sha256(path)}\n".encode())
    for path in LOOKS:
        total.update(f"{path.name} {sha256(path)}\n".encode())
    return total.hexdigest()


def unchanged(name: str, html: Path = HTML) -> bool:
    """Whether a page passed its views exactly as it is built now."""
    return (kept := stored().get(name, {}).get(KEY)) is not None and kept == digest(name, html)


def passed(names: Iterable[str]) -> bool:
    """Whether the tests that view pages pass for those of ``names`` that changed; what they find is printed."""
    if not (changed := [f"{name}.html" for name in names if not unchanged(name)]):
        return True
    command = [sys.executable, "-m", "pytest", TESTS, "-q", "-k", " or ".join(changed)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0
