"""The tests of the library, which no change of a page can break: they run again when what they may read has changed.

``python -m booktools.check.library_tests`` prints what ``make test`` gives to pytest: all tests, or those of the book
alone.  ``--write`` runs the tests of the library and, if they pass, stores in ``tests/library.json`` on which files and
versions of packages they did.  As for notebooks, the whole suite runs in ``make test-full``, under a limited set of
instructions, and every week.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

from diffusion_lib.runtime.fingerprint import sha256_of_file

from ..notebooks.closure import versions

FOLDERS = ("data", "derive", "evaluate", "models", "networks", "process", "runtime", "sample", "train")
READ = ["diffusion_lib", "derive", "models", "benchmarks", "tests/support", "tests/conftest.py"]
READ += ["booktools/check/engine.py", "booktools/check/engine.json", "booktools/check/mutants.py"]
READ += ["pagekit/benchmarks.json"]
RECORD = Path("tests") / "library.json"


def digest(root: Path) -> str:
    """One hash of all files that these tests may read, and of the versions of the packages in use."""
    tops = [root / name for name in (*READ, *(f"tests/{folder}" for folder in FOLDERS))]
    found = {path for top in tops for path in (top.rglob("*") if top.is_dir() else [top])}
    found = {path for path in found if path.is_file() and "__pycache__" not in path.parts}
    lines = [f"{path.relative_to(root).as_posix()} {sha256_of_file(path)}" for path in found]
    return hashlib.sha256("\n".join([*sorted(lines), *versions()]).encode()).hexdigest()


def passed(root: Path) -> bool:
    """Did the tests of the library pass on today's files?"""
    path = root / RECORD
    return path.is_file() and json.loads(path.read_text(encoding="utf-8"))["sha256"] == digest(root)


def arguments(passed: bool) -> list[str]:
    """What pytest is to run, if the tests of the library have ``passed``, or have not."""
    return ["tests", *(f"--ignore=tests/{folder}" for folder in FOLDERS if passed)]


def run(root: Path) -> int:
    """Run the tests of the library; store that they passed."""
    before = digest(root)
    command = [sys.executable, "-m", "pytest", *(f"tests/{folder}" for folder in FOLDERS), "-m", "not slow", "-n", "3"]
    done = subprocess.run([*command, "--dist", "loadscope", "-q"], cwd=root, check=False)
    if done.returncode == 0 and digest(root) == before:
        (root / RECORD).write_text(
            json.dumps({"folders": FOLDERS, "sha256": before}, indent=1) + "\n", encoding="utf-8"
        )
    return done.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="run the tests of the library, and store that they passed")
    root = Path.cwd()
    if parser.parse_args().write:
        return run(root)
    known = passed(root)
    print(*arguments(known))
    what = "did not change since its tests passed" if known else "changed: its tests run, too"
    print(f"The library {what}.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
