"""``python -m benchmarks [ROW …]``: measure all rows, and write the file of the run.

Rows that are named are measured again, and put among the published ones if those are of the same machine and versions.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from dataclasses import asdict
from datetime import date
from pathlib import Path

import torch

from diffusion_lib.errors import ConfigError, DiffusionLibError

from . import record
from .clock import median
from .options import Options

ROWS = ("ring", "loop", "sampling", "training", "latent", "images", "levers", "shapes", "frechet")  # as they are shown


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all if none is named")
    parser.add_argument("--seconds", type=float, help="processor seconds of training, where a row has such a budget")
    parser.add_argument("--seeds", type=int, help="runs of each contestant")
    parser.add_argument("--rounds", type=int, help="turns of each contestant")
    parser.add_argument("--quick", action="store_true", help="everything tiny, to see that it works")
    parser.add_argument("--without-peers", action="store_true", help="measure diffusion_lib alone")
    parser.add_argument(
        "--out", type=Path, help="the file; without options a draft in _build/, published when complete"
    )
    given = parser.parse_args(arguments)
    try:
        return _run(given)
    except DiffusionLibError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _run(given: argparse.Namespace) -> int:
    for name in given.rows:
        if name not in ROWS:
            raise ConfigError(f"row must be one of {', '.join(ROWS)}, got {name!r}; leave it out for all of them")
    options = Options(given.seconds, given.seeds, given.rounds, given.quick, not given.without_peers)
    torch.set_num_threads(1)
    whole = given.out is None and options == Options()
    path, head = given.out or (record.DRAFT if whole else record.TRIAL), record.header(asdict(options))
    run = record.load(path, head)
    if whole and given.rows and not run["rows"]:
        run = record.load(record.PUBLISHED, head)
        run["rows"] = {name: row for name, row in run["rows"].items() if name not in given.rows}
    for name in given.rows or ROWS:
        if name in run["rows"]:
            print(f"{name}: done before in this run", flush=True)
            continue
        print(f"{name}: measuring", flush=True)
        load = os.getloadavg()[0]
        row = importlib.import_module(f"benchmarks.{name}").measure(options)
        run["rows"][name] = row | {"date": date.today().isoformat(), "load": [load, os.getloadavg()[0]]}
        run["rows"] = {name: run["rows"][name] for name in ROWS if name in run["rows"]}
        record.save(path, run)
        print(table(row), flush=True)
    left = [name for name in ROWS if name not in run["rows"]]
    if whole and left:
        print(f"kept in {path.relative_to(record.ROOT)}, not published: {', '.join(left)} not measured yet")
    elif whole:
        record.publish(run)
        print(f"published in {record.PUBLISHED.relative_to(record.ROOT)}; now run: make notebooks")
    return 0


def table(row: dict) -> str:
    """A row as text: median, least and greatest of each line, then the targets."""
    lines = [f"  {row['title']}"]
    for entry in row["lines"]:
        where = " ".join(str(entry[key]) for key in ("density", "seconds") if isinstance(entry.get(key), (str, float)))
        values = entry["values"]
        spread = f"{median(values):10.4g} ({min(values):.4g} to {max(values):.4g})"
        lines.append(f"  {entry['name']:34} {where:18} {spread} {entry['unit']}")
    for aim in row["targets"]:
        value = "not measured" if aim["value"] is None else f"{aim['value']:.4g}"
        lines.append(f"  target: {aim['text']}: {value}, wanted {'≤' if aim['less'] else '≥'} {aim['bound']:g}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
