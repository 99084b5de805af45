"""What a result was made from, beside the result: so that it is taken for what it is, or not at all.

A **record** is a JSON file with three entries of its own: ``made_from``, plain values on which the result depends
(data, weights, notebook, parameters, version); ``files``, the sha256 of each file that belongs to it; and ``sha256``,
that of the record itself.  A reader of the result states from what it should have been made.  A record of something
else is a ``CheckpointMismatch`` that lists what differs; a flipped bit or a missing end, in the record or in a file of
it, is a ``CheckpointCorrupt``.  The record is written last, so that what has one is whole.
"""

from __future__ import annotations

import hashlib
import json
import reprlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .. import PACKAGES, __version__
from ..errors import CheckpointCorrupt, CheckpointError, CheckpointMismatch, CheckpointUntrusted, ConfigError
from . import files

SHOWN = 5  # differences that a message lists
OWN = ("made_from", "files", "sha256")


def canonical(value: Any) -> bytes:
    """Return the one JSON text of a plain value, on which hashes and comparisons rest."""
    try:
        return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        remedy = "use numbers, strings, lists, dicts"
        raise ConfigError(f"config must hold only what JSON can, got {error}; {remedy}") from error


def sha256_of(value: Any) -> str:
    """The sha256 of a plain value, or of bytes, in hexadecimal digits."""
    return hashlib.sha256(value if isinstance(value, bytes) else canonical(value)).hexdigest()


def sha256_of_file(path: Path) -> str:
    """The sha256 of a file's content."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def library() -> str:
    """The library's version, and a hash of all files of its packages: between two releases the code changes, too."""
    root, total = Path(__file__).parents[2], hashlib.sha256()
    for path in sorted(path for package in PACKAGES for path in (root / package).rglob("*")):
        inside = path.relative_to(root)
        if path.is_file() and not any(part.startswith((".", "__pycache__")) for part in inside.parts):
            total.update(f"{inside.as_posix()} {sha256_of_file(path)}\n".encode())
    return f"{__version__}+{total.hexdigest()[:12]}"


def differences(found: Any, here: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield the path of each difference of two plain values, and both values there."""
    if isinstance(found, dict) and isinstance(here, dict):
        for key in sorted(found.keys() | here.keys()):
            yield from differences(found.get(key), here.get(key), f"{path} {key}".strip())
    elif found != here:
        yield path, found, here


def describe_differences(found: Any, here: Any, where: str) -> str:
    """The first differences in words: "T is 10 in the checkpoint and 20 here"; "" if there are none.

    Settings that both have come first, then those that one of them lacks, and lists, which follow from settings, last.
    """
    rows = sorted(differences(found, here), key=lambda row: (isinstance(row[1], list), None in row[1:]))
    texts = [f"{path} is {reprlib.repr(a)} in {where} and {reprlib.repr(b)} here" for path, a, b in rows]
    more = f"; and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return "; ".join(texts[:SHOWN]) + more


def write_record(path: Path, made_from: Mapping[str, Any], names: Iterable[str] = (), **content: Any) -> Path:
    """Write the record ``path`` of ``content`` and of the files ``names`` beside it."""
    if clash := set(content) & set(OWN):
        raise ConfigError(f"content of a record must not be named {', '.join(sorted(clash))}; rename it")
    hashes = {name: sha256_of_file(path.parent / name) for name in names}
    record = {"made_from": dict(made_from), "files": hashes, **content}
    return files.write(path, json.dumps(record | {"sha256": sha256_of(record)}, indent=1) + "\n")


def read_record(path: Path, made_from: Mapping[str, Any] | None = None, *, verify: bool = True) -> dict[str, Any]:
    """Return a record, verified, and its files unless ``verify`` is false; ``made_from`` is what must have made it.

    Raises ``FileNotFoundError`` if there is none, ``CheckpointCorrupt`` and ``CheckpointMismatch`` as described above.
    """
    data = path.read_bytes()
    try:
        record = json.loads(data)
        claimed, hashes = record.pop("sha256"), record["files"]
        whole = claimed == sha256_of(record) and isinstance(hashes, dict)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ConfigError) as error:
        raise CheckpointCorrupt(f"{path} ({len(data)} bytes) is not a record: {reprlib.repr(error)}") from error
    if not whole:
        raise CheckpointCorrupt(f"{path} ({len(data)} bytes) must have the sha256 that it names, got another one")
    if made_from is not None and (
        what := describe_differences(record["made_from"], json.loads(canonical(made_from)), "the record")
    ):
        raise CheckpointMismatch(f"{path} must be of this run, got {what}")
    for name, value in hashes.items() if verify else ():
        check_file(path.parent, name, value)
    return record


def read_kept(path: Path, made_from: Mapping[str, Any]) -> dict[str, Any] | None:
    """A record as ``read_record`` returns it; None for what must be made again, with a line on stderr if present."""
    try:
        return read_record(path, made_from)
    except FileNotFoundError:
        return None
    except CheckpointError as error:
        print(f"{path} is made again: {error}", file=sys.stderr)
        return None


def check_file(folder: Path, name: str, sha256: str) -> None:
    """Raise ``CheckpointCorrupt`` unless ``folder`` holds the file ``name`` with this sha256."""
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise CheckpointUntrusted(f"a record must name files beside it, got {name!r} in {folder}; discard it")
    if not path.is_file():
        raise CheckpointCorrupt(f"{path} is missing, and its record names it")
    if sha256_of_file(path) != sha256:
        what = f"got other content ({path.stat().st_size} bytes)"
        raise CheckpointCorrupt(f"{path} must have the sha256 {sha256[:12]}… of its record, {what}")
