"""Files that are whole or not there, and paths that are tried before the work and not after it.

``write`` goes through a temporary file and a rename: whoever reads the path sees the old content or the new one, never
a part.  A write that fails leaves nothing behind, and its error names the file, what it needs and what is free; the
operating system's own "No space left on device" names neither.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from ..errors import ConfigError, SaveError


def write(path: str | os.PathLike[str], content: str | bytes) -> Path:
    """Write a text in UTF-8, or bytes, whole or not at all; ``SaveError`` leaves what was there before."""
    path = Path(path)
    data = content.encode() if isinstance(content, str) else content
    temporary = _temporary(path)
    with named(path, len(data)):
        try:
            with open(temporary, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    return path


@contextlib.contextmanager
def named(path: Path, needed: int | None = None) -> Iterator[None]:
    """Raise what the operating system refuses as a ``SaveError`` that names the file; ``needed`` is in bytes."""
    try:
        yield
    except SaveError:  # of another file, inside
        raise
    except OSError as error:
        size = "" if needed is None else f"{needed} bytes needed, "
        what = f"{error.strerror or error}; {size}{_free(path)} free there"
        raise SaveError(f"{path} was not written: {what}; make room, or name another path") from error


def target(name: str, path: str | os.PathLike[str], suffixes: Collection[str]) -> Path:
    """Return ``path`` if a file can be written there, and try it; ``ConfigError`` names the argument ``name``."""
    path = Path(path)
    if path.suffix not in suffixes or not path.parent.is_dir() or path.is_dir():
        allowed = f"{name} must be a {' or '.join(suffixes)} file in a directory that exists"
        raise ConfigError(f"{allowed}, got {str(path)!r}; correct it, or create {path.parent}")
    _try(name, path.parent)
    return path


def regular(name: str, path: str | os.PathLike[str]) -> Path:
    """Return ``path`` unless something else than a file is there: a pipe may never end, and /dev/zero does not."""
    path = Path(path)
    if path.exists() and not path.is_file():
        found = "directory" if path.is_dir() else "pipe or device"
        raise ConfigError(f"{name} must be a regular file, got the {found} {str(path)!r}; write it to a file first")
    return path


def folder(name: str, path: str | os.PathLike[str]) -> Path:
    """Return ``path`` if it is a directory that can be written to, or can become one; nothing is created."""
    if not str(path):
        raise ConfigError(f"{name} must be a directory, got ''; '.' is the one where you are")
    path = Path(path).absolute()
    if path.exists() and not path.is_dir():
        raise ConfigError(f"{name} must be a directory, got the file {str(path)!r}; use another name")
    nearest = next(parent for parent in (path, *path.parents) if parent.exists())
    if not nearest.is_dir():
        raise ConfigError(f"{name} must be a directory, got {str(path)!r} below the file {nearest}; use another name")
    _try(name, nearest)
    return path


def _try(name: str, directory: Path) -> None:
    """The right to write is seen by writing: permissions do not tell of a disk that is mounted for reading only."""
    trial = directory / f".diffusion_lib-{os.getpid()}.tmp"
    try:
        trial.touch()
        trial.unlink()
    except OSError as error:
        what = f"got {str(directory)!r} ({error.strerror or error})"
        raise ConfigError(f"{name} must be in a directory that can be written to, {what}; use another one") from error


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.tmp")


def _free(path: Path) -> str:
    with contextlib.suppress(OSError):
        return f"{shutil.disk_usage(path.absolute().parent).free}"
    return "an unknown number"
