"""``pytest -p booktools.compare.plugin --nbval``: nbval runs the cells, and this compares what they show by meaning."""

from __future__ import annotations

import base64
from collections import defaultdict

from nbformat import NotebookNode
from nbval.plugin import IPyNbCell

from . import MEASURED, markup, text


def pytest_configure() -> None:
    IPyNbCell.compare_outputs = compare_outputs


def compare_outputs(cell: IPyNbCell, shown: list, stored: list, skip_compare: None = None) -> bool:
    """In place of nbval's method: whether the outputs agree; where they do not is told in ``comparison_traceback``."""
    cell.comparison_traceback = differences(stored, shown, MEASURED in cell.cell.metadata.get("tags", []))
    return not cell.comparison_traceback


def differences(stored: list[NotebookNode], shown: list[NotebookNode], measured: bool = False) -> list[str]:
    """What differs between the outputs of a cell, a line for each; empty if they say the same.

    The figures of a ``measured`` cell show results of a training: their sizes and words are compared, nothing else.
    """
    ours, theirs = by_kind(stored), by_kind(shown)
    found = []
    for kind in dict.fromkeys([*ours, *theirs]):
        if len(ours[kind]) != len(theirs[kind]):
            found.append(f"{kind}: {len(ours[kind])} outputs are now {len(theirs[kind])}")
        for one, other in zip(ours[kind], theirs[kind], strict=False):
            if one != other and (difference := _difference(kind, one, other, measured)):
                found.append(f"{kind}: {difference}")
    return found


def by_kind(outputs: list[NotebookNode]) -> dict[str, list]:
    """Outputs of one kind in their order; what is printed and what is displayed come in two streams, in any order."""
    found = defaultdict(list)
    for output in outputs:
        if output.output_type == "stream":
            found[output.name].append(output.text)
        elif output.output_type == "error":
            found["error"].append(f"{output.ename}: {output.evalue}")
        else:
            for kind, content in output.data.items():
                found[kind].append("".join(content) if isinstance(content, list) else content)
            found["metadata"].append(output.metadata.get("diffusion_lib"))
    return found


def _difference(kind: str, stored: str, shown: str, measured: bool) -> str | None:
    if kind == "text/html":
        return markup.difference(stored, shown, measured)
    if kind.startswith("image/"):
        files = (each.encode() if kind == "image/svg+xml" else base64.b64decode(each) for each in (stored, shown))
        return markup.of_image(kind.removeprefix("image/"), *files, measured)
    if kind == "metadata":
        return f"{stored} is now {shown}"
    return text.difference(stored, shown)
