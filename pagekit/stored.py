"""Results of sweeps that are too long for a page: read from the library, and checked to be what the page is about.

A sweep writes ``results.json``, a record of what its runs were made from, showed and cost.  A copy of it lies in the
folder ``sweeps`` beside this module, under the name of the chapter, and the chapter reads it there.  A changed byte is
refused.  ``Stored.unlike`` tells whether the runs had the parameters and the functions that the page has now: a reader
who changes one of them asks another question, which the stored results do not answer.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from diffusion_lib.errors import CheckpointCorrupt
from diffusion_lib.runtime import fingerprint

FOLDER = Path(str(files(__package__) / "sweeps"))


def program(*functions: Callable[..., Any]) -> str:
    """Twelve hexadecimal digits of the sha256 of the source of some functions: what a result was computed with."""
    return fingerprint.sha256_of([inspect.getsource(function) for function in functions])[:12]


@dataclass(frozen=True)
class Stored:
    """A finished sweep: ``runs``, each with ``parameters``, ``shown`` and ``cpu_seconds``; its command and machine."""

    runs: list[dict[str, Any]]
    command: str
    machine: str

    @property
    def cpu_seconds(self) -> float:
        """CPU seconds of all runs together."""
        return sum(run["cpu_seconds"] for run in self.runs)

    def numbers(self, name: str, **parameters: Any) -> list[float]:
        """What the runs with these parameters showed under ``name``, in their order."""
        wanted = parameters.items()
        return [float(run["shown"][name]) for run in self.runs if wanted <= run["parameters"].items()]

    def unlike(self, parameters: Mapping[str, Any], program: str) -> str:
        """What differs here from the runs, in words; "" if nothing does.  A parameter that no run names is not asked.

        ``parameters`` are those of the page; of one that the sweep varies, any of its values will do.
        """
        for name, here in {**parameters, "program": program}.items():
            there = {run["shown"]["program"] if name == "program" else run["parameters"].get(name) for run in self.runs}
            if there != {None} and here not in there:
                return f"{name} is {', '.join(map(str, sorted(there)))} in the stored runs and {here} here"
        return ""


def read(chapter: str, folder: Path = FOLDER) -> Stored:
    """The stored sweep of a chapter; ``CheckpointCorrupt`` if a byte of it has changed, or a run did not end well."""
    path = folder / f"{chapter}.json"
    record = fingerprint.read_record(path)
    if bad := [run["parameters"] for run in record["runs"] if run["status"] != "ok"]:
        raise CheckpointCorrupt(f"{path} must hold runs that ended well, got {len(bad)} that did not, such as {bad[0]}")
    return Stored(record["runs"], record["command"], record["machine"])
