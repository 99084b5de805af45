"""Run a chapter again with other parameters, and believe the result.

papermill runs a notebook with other values, but it marks every cell as completed when the kernel is killed or runs out
of time, and exits with success after ``sys.exit(0)``.  So names and types are checked before a kernel starts
(``parameters``); success needs the line that ``pagekit.finish`` prints in the last cell; and the notebook appears
under its name only when it is whole.  Beside it stands a status, the record (``fingerprint``) of what it was made
from: the chapter's file, the parameters and the library.  Two runs of the same three give the same bytes.  Ranges are
the chapter's to check: it knows them.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from diffusion_lib.errors import ConfigError, DiffusionLibError, check_choice, check_integer
from diffusion_lib.runtime import files, fingerprint
from diffusion_lib.runtime.signals import Stopped, stopping

from . import outcome, parameters
from .page import ENVIRONMENT
from .parameters import Literal, check, defaults, parse

TIMEOUT = 600  # seconds for one cell, as when the book is built
INCOMPLETE = "it has not come to its end: it is still running, or it was killed"


class RerunFailed(DiffusionLibError):
    """The chapter did not run to its end; the notebook and the status file show how far it came."""


def rerun(
    chapter: str | os.PathLike[str],
    values: Mapping[str, Literal] | None = None,
    out: str | os.PathLike[str] | None = None,
    timeout: int = TIMEOUT,
) -> Path:
    """Run ``chapter`` (a name, or the path of an ``.ipynb`` file) with ``values``; return the new notebook's path.

    The notebook and ``<chapter>.status.json`` go to the directory ``out``, whose parent must exist, by default
    ``_build/runs/<chapter>-<hash of what it is made from>``.  The status says what that is, how the run ended ("ok",
    "failed", or "incomplete" until it has ended), its seconds on the clock and of the processor, the numbers that the
    chapter showed, and the notebook's sha256; while it says "incomplete", a notebook beside it is an older one.
    ``timeout`` is in seconds for each cell.

    Raises ``ConfigError`` before a kernel starts, and ``RerunFailed`` for a chapter that did not run to its end.  A
    signal to stop is a failure too, and is raised again as ``Stopped`` when the status is written.
    """
    source = find(chapter)
    return _rerun(source, check(dict(values or {}), defaults(source)), out, timeout)


def _rerun(source: Path, checked: dict[str, Literal], out: str | os.PathLike[str] | None, timeout: int) -> Path:
    """``rerun`` of a notebook that was found, with values that were checked."""
    timeout = check_integer("timeout", timeout, 1, 86_400)
    made = made_from(source, checked)
    target = _directory(source, made, out) / source.name
    if target.resolve() == source.resolve():
        raise ConfigError(f"out must not hold the chapter itself, got {target.parent}; name another directory")
    target.parent.mkdir(parents=True, exist_ok=True)
    with _alone(target.parent):
        return _recorded(source, target, made, timeout)


def made_from(source: Path, values: Mapping[str, Literal]) -> dict[str, Any]:
    """All that a run depends on."""
    notebook, library = fingerprint.sha256_of_file(source), fingerprint.library()
    return {"chapter": source.stem, "notebook": notebook, "parameters": dict(values), "library": library}


def run_name(made: Mapping[str, Any]) -> str:
    """The name of a run's directory: the chapter's, without what a shell could read, and a hash of what it is of."""
    return f"{re.sub('[^a-zA-Z0-9._-]', '_', made['chapter'])}-{fingerprint.sha256_of(made)[:16]}"


def status_of(notebook: Path) -> Path:
    """The status file beside a run's notebook."""
    return notebook.with_suffix(".status.json")


def _recorded(source: Path, target: Path, made: dict[str, Any], timeout: int) -> Path:
    """Run the chapter, and write what became of it, whatever that is."""
    status, partial = status_of(target), target.with_suffix(".partial.ipynb")
    fingerprint.write_record(status, made, status="incomplete", reason=INCOMPLETE, notebook=target.name)
    started, computed, stopped = time.perf_counter(), _computed(), None
    try:
        with stopping(), _environment():
            reason = _run(source, partial, made["parameters"], timeout)
    except Stopped as signalled:
        stopped = signalled
        reason = f"stopped by {signal.Signals(signalled.args[0]).name}"
    if not reason and made != made_from(source, made["parameters"]):
        reason = "the chapter or the library changed while it ran; run it again"
    text, reason = outcome.read(partial, source, target, reason) if partial.exists() else ("", reason)
    partial.unlink(missing_ok=True)
    if text:
        files.write(target, text)
    shown = {} if reason else outcome.shown(text)
    end = {"status": "failed" if reason else "ok", "reason": reason, "notebook": target.name, "shown": shown}
    names = [target.name] if text else []
    end |= {"seconds": round(time.perf_counter() - started, 1), "cpu_seconds": round(_computed() - computed, 1)}
    fingerprint.write_record(status, made, names, **end)
    if stopped:
        raise stopped
    if reason:
        raise RerunFailed(f"{source.stem}: {reason}; see {target if text else status}")
    return target


def _computed() -> float:
    """Processor seconds of all kernels that this process started and that have ended."""
    return sum(os.times()[2:4])


@contextlib.contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Hold the only right to run into ``directory``, and remove what a run that was killed left there."""
    import filelock

    lock = filelock.FileLock(directory / ".lock", timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise ConfigError(f"out must not be in use by another re-run, got {directory}; wait for that one") from None
    try:
        for left in (*directory.glob(".*.tmp"), *directory.glob("*.partial.ipynb")):
            left.unlink(missing_ok=True)
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """What a kernel inherits that could change its outputs: one thread, no hash seed, no bars with times in them."""
    before = {name: os.environ.get(name) for name in (*ENVIRONMENT, "MPLBACKEND")}
    os.environ.update(ENVIRONMENT)
    os.environ.pop("MPLBACKEND", None)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def find(chapter: str | os.PathLike[str]) -> Path:
    """The notebook of a chapter: a path that ends in ``.ipynb``, or a name in the book's ``notebooks`` directory."""
    path = Path(chapter)
    if path.suffix == ".ipynb":
        if not path.is_file():
            raise ConfigError(f"chapter must be a notebook that exists, got {str(path)!r}; check the path")
        return path
    notebooks = {path.stem: path for path in sorted((root() / "notebooks").glob("*.ipynb"))}
    if not notebooks:
        raise ConfigError(f"chapter must be the path of a notebook, got {str(path)!r} outside of the book's directory")
    return notebooks[check_choice("chapter", str(path), tuple(notebooks))]


def root() -> Path:
    """The book's directory: the nearest one upwards that holds ``_toc.yml``; without a book, where we are."""
    here = Path.cwd()
    return next((path for path in (here, *here.parents) if (path / "_toc.yml").is_file()), here)


def _directory(source: Path, made: Mapping[str, Any], out: str | os.PathLike[str] | None) -> Path:
    if out is None:
        return root() / "_build" / "runs" / run_name(made)
    if not files.folder("out", out).parent.is_dir():
        raise ConfigError(f"out must be a directory, its parent must exist, got {str(out)!r}; create the parent")
    return Path(out)


def _run(source: Path, partial: Path, values: dict[str, Literal], timeout: int) -> str:
    """Run the notebook into ``partial``; return why it failed, or ""."""
    import papermill

    try:
        papermill.execute_notebook(
            *(str(path).replace("{", "{{").replace("}", "}}") for path in (source, partial)),  # papermill formats paths
            values,
            progress_bar=sys.stderr.isatty(),
            execution_timeout=timeout,
            shutdown_kernel="immediate",
            coalesce_streams=True,  # a text arrives in pieces, as the clock will have it
        )
    except papermill.PapermillExecutionError as error:
        return f"{error.ename}: {error.evalue}"
    except Exception as error:  # the kernel died, a cell ran out of time, no kernel started
        return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
    return ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("chapter", help="a chapter's name, such as forward-process, or the path of a notebook")
    parameters.add_argument(parser)
    parser.add_argument("--out", metavar="DIR", help="where the notebook goes (default: a directory in _build/runs)")
    parser.add_argument("--timeout", metavar="SECONDS", type=int, default=TIMEOUT, help="for one cell (default: 600)")


def main(args: argparse.Namespace) -> int:
    """Return 0 for a chapter that ran to its end, 1 for a failure, and 128 plus the number of a signal to stop."""
    source = find(args.chapter)
    known = defaults(source)
    try:
        print(_rerun(source, check(parse(args.p, known), known), args.out, args.timeout))
    except RerunFailed as error:
        print(f"{type(error).__name__}: {' '.join(str(error).split())}", file=sys.stderr)
        return 1
    except Stopped as stopped:
        return 128 + stopped.args[0]
    return 0
