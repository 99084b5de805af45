"""``python -m booktools.notebooks.large [NAME …]``: run the long versions on a GPU, and write down what they cost.

Without names, all: each chapter with its file in ``book/gpu``, the two trainings, and the roofline of the U-Net's step.
A row is written when its command has ended well, into ``notebooks/gpu.json``; the page ``cost`` shows the rows, and
says so where there is none.  Without a GPU nothing is run: a row of a processor would be taken for one.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path

import yaml

from diffusion_lib.runtime import files
from diffusion_lib.runtime.machine import machine
from diffusion_lib.runtime.tables import markdown

ROOT = Path(__file__).resolve().parents[2]
GPU, ROWS = ROOT / "book" / "gpu", ROOT / "notebooks" / "gpu.json"
HEAD = ["run", "seconds", "GPU memory", "card", "measured"]
SMI = ["nvidia-smi", "--query-gpu=name,memory.used", "--format=csv,noheader,nounits"]
LIBRARY = [sys.executable, "-m", "diffusion_lib"]
ON_GPU = ["--device", "cuda", "--out"]
COMMANDS = {
    "train": [*LIBRARY, "train", "--data", "digits", *ON_GPU, "_build/runs/gpu-train"],
    "train-latent": [*LIBRARY, "train-latent", *ON_GPU, "_build/runs/gpu-train-latent"],
    "roofline": [sys.executable, "-m", "benchmarks.roofline", "CompVis/stable-diffusion-v1-4"],
}


def commands() -> dict[str, list[str]]:
    """Of each run its command: the chapters in the order of their names, then the others."""
    chapters = {}
    for path in sorted(GPU.glob("*.yaml")):
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        pairs = [word for name, value in values.items() for word in ("-p", name, str(value))]
        chapters[path.stem] = [*LIBRARY, "rerun", path.stem, *pairs, "--timeout", "36000"]
    return chapters | COMMANDS


def used() -> list[tuple[str, int]]:
    """The name of each NVIDIA card of this machine and the MiB in use on it; [] without one."""
    try:
        said = subprocess.run(SMI, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [(name.strip(), int(mib)) for name, mib in re.findall(r"(?m)^(.+),\s*(\d+)\s*$", said)]


def measured(command: list[str]) -> dict:
    """Run ``command``: seconds, the most memory of the first card above what was used before, looked at each half
    second, and what the command's last line said if it is JSON.  ``CalledProcessError`` where it fails."""
    (card, before), most, done = used()[0], 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.5):
            most = max([most, *(mib for _, mib in used()[:1])])

    watcher, start = threading.Thread(target=watch, daemon=True), time.monotonic()
    watcher.start()
    try:
        said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    finally:
        done.set()
        watcher.join()
    row = {"seconds": round(time.monotonic() - start, 1), "gpu_mib": max(most - before, 0), "card": card}
    row["peak_mib"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    last = (said.strip().splitlines() or [""])[-1]
    return row | ({"said": json.loads(last)} if last.startswith("{") else {})


def rows() -> dict[str, dict]:
    return json.loads(ROWS.read_text(encoding="utf-8")) if ROWS.is_file() else {}


def table() -> str:
    """The rows as a MyST table; a sentence where there is none."""
    found, known = rows(), commands()
    if not found:
        return f"No GPU has run the {len(known)} long versions yet, so there is nothing to show.\n"
    lines = [
        [f"`{name}`", f"{row['seconds']:.1f}", f"{row['gpu_mib']} MiB", row["card"], row["date"]]
        for name, row in found.items()
    ]
    told = {name: row["said"] for name, row in found.items() if "said" in row}
    said = [
        f"`{name}`: {', '.join(f'{what} {number}' for what, number in each.items())}." for name, each in told.items()
    ]
    left = [name for name in known if name not in found]
    absent = [f"Not run yet: {', '.join(left)}."] if left else []
    machines = f"Measured on: {'; '.join(sorted({row['machine'] for row in found.values()}))}."
    return "\n\n".join([markdown(HEAD, lines, "lrrll"), *said, *absent, machines]) + "\n"


def main(arguments: list[str] | None = None) -> int:
    known = commands()
    parser = argparse.ArgumentParser(prog="python -m booktools.notebooks.large", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; all if none is named")
    names = parser.parse_args(arguments).names or list(known)
    if unknown := [name for name in names if name not in known]:
        parser.error(f"NAME must be one of {', '.join(known)}, got {unknown[0]!r}")
    if not used():
        parser.error("an NVIDIA card is needed, nvidia-smi shows none; run it on a machine that has one")
    for name in names:
        print(f"{name}: running", flush=True)
        try:
            row = measured(known[name])
        except subprocess.CalledProcessError as error:
            print(f"{name}: failed with {error.returncode}, no row", flush=True)
            continue
        row |= {"date": date.today().isoformat(), "machine": machine(), "command": known[name][1:]}
        found = rows() | {name: row}
        files.write(ROWS, json.dumps({each: found[each] for each in known if each in found}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
