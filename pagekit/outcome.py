"""What became of a notebook that papermill ran: whole or not, with honest marks, without times, and what it showed.

papermill marks every cell as completed when the kernel is killed, and writes into each when it ran and for how long.
Without the times, and with ids that are not drawn, two runs of one notebook give the same bytes.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from .page import SENTINEL

if TYPE_CHECKING:
    from nbformat import NotebookNode

MEASURED = re.compile(r"^(.+) ≈ ([-.\w]+)$", re.MULTILINE)  # what notebook.measured prints
TIMES = ("start_time", "end_time", "duration", "execution")  # in metadata; they would differ in every run


def read(partial: Path, source: Path, target: Path, reason: str) -> tuple[str, str]:
    """The text of the finished notebook, with honest marks and without times, and why the run failed ("" or why)."""
    import nbformat

    try:
        nb = nbformat.read(partial, as_version=4)
    except Exception as error:  # the disk was full while papermill wrote
        return "", reason or f"{partial.name} is not a notebook: {type(error).__name__}: {str(error)[:80]}"
    if not reason and not _finished(nb):
        reason = f"the last code cell did not print {SENTINEL!r}: the chapter stopped early, or does not call finish()"
    if reason:
        _mark(nb, reason)
    nb.metadata.papermill.update(input_path=str(source), output_path=str(target))
    cells = [cell.metadata for cell in nb.cells]
    for metadata in (nb.metadata.papermill, *cells, *(cell.get("papermill", {}) for cell in cells)):
        for name in TIMES:
            metadata.pop(name, None)
    for number, cell in enumerate(nb.cells):
        if "id" in cell and {"injected-parameters", "failed"} & {*cell.metadata.get("tags", [])}:
            cell.id = f"added-{number}"  # papermill's own are random
    return nbformat.writes(nb) + "\n", reason


def shown(text: str) -> dict[str, str]:
    """What ``pagekit.value`` and ``pagekit.measured`` showed, by name; the second of a name is "name [2]"."""
    found: dict[str, str] = {}
    times: Counter[str] = Counter()

    def add(name: str, number: str) -> None:
        times[name] += 1
        found[name if times[name] == 1 else f"{name} [{times[name]}]"] = number

    for output in (output for cell in json.loads(text)["cells"] for output in cell.get("outputs", [])):
        if name := output.get("metadata", {}).get("diffusion_lib", {}).get("value"):
            add(name, "".join(output["data"]["text/plain"]))
        for label, number in MEASURED.findall("".join(output.get("text", ""))):
            add(label.strip(), number)
    return found


def _finished(nb: NotebookNode) -> bool:
    outputs = [cell.outputs for cell in nb.cells if cell.cell_type == "code"][-1:]
    return any(SENTINEL in output.get("text", "").splitlines() for cell in outputs for output in cell)


def _mark(nb: NotebookNode, reason: str) -> None:
    """Mark in the notebook what happened: cells are completed before the one that failed, and pending after it."""
    import nbformat

    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    started = [cell for cell in cells if cell.metadata.get("papermill", {}).get("start_time")]
    failed = started[-1] if started else None
    state = "completed"
    for cell in nb.cells:
        mark = cell.metadata.setdefault("papermill", {})
        mark.update(status="failed" if cell is failed else state, exception=cell is failed)
        if cell is failed:
            state = "pending"
    nb.metadata.papermill["exception"] = True
    banner = "**This run failed.**\n\n" + textwrap.indent(reason, "    ")  # indented: shown as it is, never rendered
    nb.cells.insert(0, nbformat.v4.new_markdown_cell(banner, metadata={"tags": ["failed"]}))
