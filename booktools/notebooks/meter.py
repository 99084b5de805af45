"""Loaded into the kernel that runs a chapter: after each cell, it writes what the chapter has cost to ``BOOK_METER``.

Processor seconds and peak memory are those of the kernel.  A network call is a call of a ``torch.nn.Module`` that
is not made by another one: an epoch of a thousand steps makes a thousand, whatever layers the network has.
The files of our packages that were imported or opened are listed, too: ``closure`` must know of each.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path

from IPython import get_ipython

FILE = Path(os.environ["BOOK_METER"])
COUNT = {"calls": 0, "depth": 0}
OURS = tuple(os.environ["BOOK_PACKAGES"].split(os.pathsep))  # their folders; importing anything of ours would be noted
OPENED: set[str] = set()


def note(event: str, arguments: tuple) -> None:
    """An audit hook: note each file of the library that is opened; of a module, Python may open a cache instead."""
    if event == "open" and isinstance(arguments[0], str | Path):
        path = os.path.abspath(arguments[0])
        if path.startswith(OURS) and "__pycache__" not in path and os.path.isfile(path):
            OPENED.add(path)


def count_calls() -> None:
    """Count from now on.  Only once, and not before the chapter has imported PyTorch: many a page does not."""
    module = sys.modules["torch"].nn.modules.module

    def enter(network, arguments) -> None:
        COUNT["calls"] += COUNT["depth"] == 0
        COUNT["depth"] += 1

    def leave(network, arguments, result) -> None:
        COUNT["depth"] -= 1

    module.register_module_forward_pre_hook(enter)
    module.register_module_forward_hook(leave, always_call=True)  # also after an exception
    COUNT["counting"] = True


def peak_mib() -> int:
    """The largest resident memory so far; ``ru_maxrss`` would include the process that started this one on Linux."""
    try:
        return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) // 1024
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20  # bytes on macOS


def imported() -> set[str]:
    """The sources of the library's modules that are loaded."""
    paths = [getattr(module, "__file__", None) for module in list(sys.modules.values())]
    return {path for path in paths if path and path.startswith(OURS)}


def after_cell(result: object) -> None:
    COUNT["depth"] = 0  # what interrupts a call and is no ``Exception`` passes by the hooks
    if "torch" in sys.modules and "counting" not in COUNT:
        count_calls()
    cost = {"cpu_seconds": round(time.process_time(), 1), "peak_mib": peak_mib(), "network_calls": COUNT["calls"]}
    FILE.write_text(json.dumps(cost | {"used": sorted(OPENED | imported())}))


sys.addaudithook(note)
get_ipython().events.register("post_run_cell", after_cell)
