"""One Maxima process reads all goals; it is restarted after a goal that takes too long."""

from __future__ import annotations

import os
import selectors
import subprocess
import tempfile
import time
from pathlib import Path

TIMEOUT = 15  # seconds of Maxima's own time for one goal
PRELUDE = Path(__file__).with_name("crosscheck.mac")
NO_QUESTIONS = ':lisp (defun retrieve (&rest r) (declare (ignore r)) (merror "a question"))\n'


def ask(programs: dict[int, str], timeout: float = TIMEOUT) -> dict[int, str]:
    """The verdict on each goal: "confirmed", "contradicted" or "unknown"."""
    answers: dict[int, str] = {}
    while waiting := [number for number in programs if number not in answers]:
        answers |= _session({number: programs[number] for number in waiting}, timeout)
        stuck = next((number for number in waiting if number not in answers), None)
        if stuck is not None:
            answers[stuck] = "unknown"
    return answers


def _session(programs, timeout):
    with tempfile.TemporaryFile("w+") as script:
        script.write(NO_QUESTIONS + PRELUDE.read_text(encoding="utf-8") + "".join(programs.values()))
        script.seek(0)
        process = subprocess.Popen(
            ["maxima", "--very-quiet"], stdin=script, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            return dict(_answers(process, timeout))
        finally:
            process.kill()
            process.wait()


def _answers(process, timeout):
    """The lines ``@@ number verdict``, until the end or until none comes for so long."""
    pending, last = b"", _spent(process.pid)
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while _spent(process.pid) - last < timeout:
            if not selector.select(timeout=1):
                continue
            data = os.read(process.stdout.fileno(), 65536)
            if not data:
                return
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                words = line.decode(errors="replace").split()
                if words[:1] == ["@@"]:
                    last = _spent(process.pid)
                    yield int(words[1]), words[2]


def _spent(pid: int) -> float:
    """The seconds that a process has computed; where the system does not say, the seconds on the clock."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
