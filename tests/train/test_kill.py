"""kill −9 at random moments of training: the latest checkpoint always loads, and the run ends as an undisturbed one.

Run as a program, this file is the driver: it imports PyTorch once and forks children, each of which runs the real
``train --resume`` command and saves every few steps.  Every other kill waits for a save to begin, since how often a
random moment lies in one depends on the disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from root import environment

STEPS = 200
LONGEST_LIFE = 0.25  # from the fork to the kill, uniform from 0; in units of what an undisturbed run takes here and now
TRAIN = f"train --data ring --T 50 --batch-size 16 --steps {STEPS} --save-every 2 --seed 7 --device cpu --resume --out"


@pytest.mark.parametrize("kills", [60, pytest.param(240, marks=pytest.mark.slow)])
def test_killed_runs_resume_bit_for_bit(tmp_path, kills):
    command = [sys.executable, __file__, str(tmp_path), str(kills)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=500)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["kills"] >= kills
    assert report["finished"] >= 1  # runs that reached the last step, each equal to the uninterrupted one
    assert report["in a save"] >= kills // 10  # kills that left something incomplete: the test tests what it says


# --- the driver ------------------------------------------------------------------------------------------------------


def child(directory: Path, acknowledge: int, attempt: str) -> None:
    """Never returns: run the command in this forked process, and report each save that it reports as done."""
    from diffusion_lib.cli import parser
    from diffusion_lib.train import checkpoint

    output = os.open(directory.parent / f"{attempt}.txt", os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    save = checkpoint.save

    def reported(where, state, config):
        path = save(where, state, config)
        os.write(acknowledge, f"{state.step}\n".encode())
        return path

    checkpoint.save = reported
    code = 99
    try:
        code = parser.main([*TRAIN.split(), str(directory)])
    finally:
        sys.stdout.flush()
        os._exit(code)


def run_child(directory: Path, attempt: int, life: float | None) -> tuple[int, int, bool]:
    """Fork a child, kill it after ``life`` seconds unless it ends before, every other one in its next save.

    Return its wait status, its last save, and whether it left a save that was cut off.
    """
    before = cut_off(directory)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        child(directory, writer, f"attempt{attempt}")
    os.close(writer)
    if life is not None:
        time.sleep(life)
        ends = os.WEXITED | os.WNOHANG | os.WNOWAIT
        while attempt % 2 and not cut_off(directory) - before and os.waitid(os.P_PID, pid, ends) is None:
            pass
        os.kill(pid, signal.SIGKILL)  # a child that has ended is a zombie until waited for, and ignores this
    _, status = os.waitpid(pid, 0)
    with os.fdopen(reader) as acknowledged:
        steps = [int(line) for line in acknowledged.read().split()]
    return status, max(steps, default=-1), bool(cut_off(directory) - before)


def check(directory: Path, known: int) -> int:
    """Return the latest step, whose checkpoint loads, is not older than ``known``, and has its lines in the log."""
    from diffusion_lib.cli import commands as cli
    from diffusion_lib.train import checkpoint

    if known < 0 and (not directory.is_dir() or not checkpoint.list_checkpoints(directory)):
        return -1
    state, _, _ = cli.restore(directory)
    assert state.step >= known, f"{directory}: step {state.step} after step {known}"
    log = (directory / "log.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["step"] for line in log[: state.step]] == list(range(1, state.step + 1))
    return state.step


def finish(directory: Path, reference: Path) -> None:
    """Equal bytes: parameters, EMA, moments, generator, every loss."""
    for name in (f"step-{STEPS:09d}.safetensors", f"step-{STEPS:09d}.json", "log.jsonl"):
        assert (directory / name).read_bytes() == (reference / name).read_bytes(), f"{directory}: {name} differs"


def cut_off(directory: Path) -> set[str]:
    """What a save left that did not come to its end: temporary files, and payloads without their manifests."""
    names = {path.name for path in directory.glob("step-*")}
    alone = {name for name in names if name.endswith(".safetensors") and f"{Path(name).stem}.json" not in names}
    return alone | {name for name in names if name.endswith(".tmp")}


def undisturbed(directory: Path) -> float:
    """Run the command to its end in this process, and return the seconds that it took."""
    from diffusion_lib.cli import parser

    start = time.monotonic()
    with contextlib.redirect_stdout(sys.stderr):
        assert parser.main([*TRAIN.split(), str(directory)]) == 0
    return time.monotonic() - start


def drive(root: Path, kills: int) -> dict[str, int]:
    rng, report, known = random.Random(0), {"kills": 0, "finished": 0, "in a save": 0, "resumed": 0}, -1
    reference = root / "reference"
    undisturbed(root / "first")  # in this process: children inherit all that it imports,
    seconds = undisturbed(reference)  # so that the second run takes as long as theirs
    finish(reference, root / "first")
    attempt = 0
    while report["kills"] < kills or report["finished"] == 0:
        attempt += 1
        directory = root / f"run{report['finished']}"
        life = rng.uniform(0, LONGEST_LIFE * seconds) if report["kills"] < kills else None
        status, acknowledged, unfinished = run_child(directory, attempt, life)
        report["in a save"] += unfinished
        report["resumed"] += known > 0
        known = check(directory, max(known, acknowledged))
        if os.WIFSIGNALED(status):
            assert os.WTERMSIG(status) == signal.SIGKILL
            report["kills"] += 1
        else:
            assert status == 0, (root / f"attempt{attempt}.txt").read_text()
            finish(directory, reference)
            report["finished"] += 1
            known = -1
    return report


if __name__ == "__main__":
    print(json.dumps(drive(Path(sys.argv[1]), int(sys.argv[2]))))
