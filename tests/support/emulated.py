"""The library and the chapters on the emulated accelerator, each part in a fork of one process that has imported all.

    python tests/support/emulated.py NAME ...        prints the faults of each program or chapter, as JSON

``planted:CHAPTER`` runs a chapter from which every ``.to(`` was removed, up to its first fault.  The parameters of a
chapter are the smallest that it takes, so that claims about numbers may fail: an ``ArithmeticError`` is no fault here.
Whatever else is raised is one, and the statements behind it run all the same.

``bug:NAME`` runs a program with one of the bugs of ``planted``, where PyTorch's ``FakeTensorMode`` alone looks for it.
``waits`` is no fault, but what ``on_accelerator.waits`` counts.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import linecache
import os
import re
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMALL = {  # the chapters that take a device, with what makes them quick
    "adapting": {"lora_steps": 1, "word_steps": 1, "steps": 4, "images": 4},
    "autoencoder": {"images": 8, "crop": 128, "sweep_steps": 10},
    "ddpm-experiments": {"T": 25, "table_steps": 10, "long_steps": 10},
    "editing": {"steps": 10, "seeds": 2, "pairs": 2},
    "exact-oracle": {"T": 10, "training_steps": 10, "digit_steps": 10, "digit_T": 10},
    "few-steps": {"training_steps": 20, "samples": 100, "images": 1},
    "latent-experiments": {
        **{"images": 256, "pixel_steps": 8, "folded_steps": 8, "latent_steps": 8, "coder_steps": 2},
        **{"factor_steps": 4, "sampling_steps": 2},
    },
    "latent-pipeline": {"steps": 1, "save_int": 0, "samples": 2},
    "toy-ddpm": {"T": 10, "point_steps": 10, "comparison_steps": 10, "clothes_steps": 10, "images": 70},
    "unet-and-scheduler": {"images": 4, "steps": 5},
}
PLANTED, BUG = "planted:", "bug:"
MOVE = re.compile(r"\.to\((where|parts\.device|vae\.device|unet\.device|miniature\.device)[^()]*\)")


def faults(*names: str) -> dict[str, list[str]]:
    """What is found in programs and chapters, all in one process, which is thrown away."""
    from root import environment

    command = [sys.executable, __file__, *names]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-3000:])
    return json.loads(done.stdout)


def prepare() -> None:
    """Register the accelerator, and let ``auto`` mean it."""
    os.environ |= {"DIFFUSION_LIB_DEVICE": "emulated", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    os.environ |= {"TQDM_DISABLE": "1", "HF_HUB_OFFLINE": "1"}
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
    os.chdir(ROOT)
    import accelerator

    from diffusion_lib import runtime
    from diffusion_lib.runtime import device

    accelerator.install()
    device.DEVICES = runtime.DEVICES = (accelerator.NAME, *device.DEVICES)
    device.available = lambda: {accelerator.NAME: "", "cpu": ""}


def run(chapter: str, values: dict[str, object], planted: bool = False) -> Iterator[str]:
    """Run the cells of a chapter statement by statement; yield where it failed, and how."""
    from the_book import BOOK

    names = {"__name__": "__main__"}
    for number, cell in enumerate(BOOK.pages[f"book/{chapter}"].code, 1):
        source, file = MOVE.sub("", cell.source) if planted else cell.source, f"<{chapter}, code cell {number}>"
        linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
        for statement in ast.parse(source).body:
            try:
                exec(compile(ast.Module([statement], []), file, "exec"), names)
            except (ArithmeticError, NameError):
                continue  # a claim, or a name that an earlier fault has left undefined
            except Exception as error:
                frames = traceback.extract_tb(error.__traceback__)
                place = " ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-4:])
                yield f"{file} line {statement.lineno}: {type(error).__name__}: {error} ({place})"
        if "parameters" in cell.metadata.get("tags", []):
            names |= values


def faults_of(name: str) -> list[str]:
    """What is wrong with a program of ``on_accelerator``, or with a chapter; or what is counted."""
    import accelerator
    import on_accelerator
    import planted

    if name == "waits":
        return on_accelerator.waits(accelerator.NAME)
    if name.startswith(BUG):
        accelerator.refuse_mixtures = lambda *_: None
        bug = planted.BUGS[name.removeprefix(BUG)]
        planted.plant(bug)
        name = bug.program
    if name in on_accelerator.PROGRAMS:
        return [what] if (what := on_accelerator.fault(name, accelerator.NAME)) else []
    chapter = name.removeprefix(PLANTED)
    found = run(chapter, SMALL[chapter], planted=chapter != name)
    return list(found) if chapter == name else [next(found, "")]


def main(names: list[str]) -> None:
    out, sys.stdout = sys.stdout, io.StringIO()  # what chapters print is not looked at
    prepare()
    import forks
    import on_accelerator  # noqa: F401

    found = {}
    for name in names:
        with tempfile.NamedTemporaryFile("w+") as file:

            def program(name=name, file=file):
                with contextlib.redirect_stdout(io.StringIO()):
                    Path(file.name).write_text(json.dumps([*faults_of(name)]))

            done = forks.forked(program)
            text = Path(file.name).read_text()
        found[name] = json.loads(text) if text else [f"ended with {done.returncode}: {done.stderr[-2000:]}"]
    print(json.dumps(found), file=out)


if __name__ == "__main__":
    main(sys.argv[1:])
