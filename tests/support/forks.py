"""A program in a fork of this process: what is imported is imported already, and what it changes is thrown away."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import NoReturn

from root import ROOT


def forked(program: Callable[[], object], cwd: Path = ROOT) -> CompletedProcess:
    """Call ``program``, which returns or exits with a status as a program does; return that, and what it printed."""
    sys.stdout.flush()
    sys.stderr.flush()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        if (child := os.fork()) == 0:
            _run(program, cwd, (out.fileno(), err.fileno()))
        try:
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        except BaseException:  # the test is out of time
            os.kill(child, signal.SIGKILL)
            raise
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode())
    return CompletedProcess(program, status, *texts)


def _run(program: Callable[[], object], cwd: Path, places: tuple[int, int]) -> NoReturn:
    """The child: nothing of the test's own is closed, flushed or torn down here."""
    status: object = 1
    try:
        for number, place in enumerate(places, 1):
            os.dup2(place, number)
        sys.stdout, sys.stderr = (os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))
        os.chdir(cwd)
        status = program()
    except SystemExit as stop:
        status = stop.code
    except BaseException:
        traceback.print_exc()
    finally:
        if isinstance(status, str):
            print(status, file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1 if status else 0)
