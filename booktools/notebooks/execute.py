"""Run the code cells of one page, so that a second run on the same machine gives the same bytes."""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path

import nbformat
from ipykernel.kernelspec import get_kernel_dict
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from diffusion_lib import PACKAGES
from pagekit.page import ENVIRONMENT

from ..source.index import Outputs
from ..source.pages import BookError, Cell, Page

LIBRARY = Path(__file__).resolve().parents[2]  # where diffusion_lib lies
TIMEOUT = 600  # seconds for one cell


class ThisInterpreter(KernelSpecManager):
    """Every kernel is the Python that runs this module, whatever kernels the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        return KernelSpec(**get_kernel_dict())


def environment(scratch: str) -> dict[str, str]:
    """What a kernel inherits: one thread, no hash seed, no progress bars, no start-up files of the user."""
    env = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}
    env |= ENVIRONMENT | {"DIFFUSION_LIB_DEVICE": "cpu", "HF_HUB_OFFLINE": "1", "IPYTHONDIR": f"{scratch}/ipython"}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(LIBRARY), os.environ.get("PYTHONPATH")]))
    return env


def execute(page: Page, cells: list[Cell], costs: dict | None = None) -> Outputs:
    """The outputs of ``cells``, one list each, from a fresh kernel in an empty directory.

    What the run cost by ``meter`` is added to ``costs``.
    """
    nb = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell.source, metadata=cell.metadata) for cell in cells]
    )
    manager = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisInterpreter())
    with tempfile.TemporaryDirectory() as scratch:
        (empty := Path(scratch, "run")).mkdir()
        (startup := Path(scratch, "ipython", "profile_default", "startup")).mkdir(parents=True)
        (startup / "meter.py").write_text('__import__("booktools.notebooks.meter")\n')  # leaves no name behind
        meter = Path(scratch, "meter.json")
        client = NotebookClient(
            nb,
            km=manager,
            timeout=TIMEOUT,
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(empty)}},
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
        )
        try:
            # The manager is ours, and nbclient would leave its kernel running, with all its memory, until we end.
            client.execute(env=environment(scratch) | _metered(meter), cleanup_kc=True)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise _failure(page, cells, nb, error) from None
        if costs is not None and meter.is_file():
            costs |= json.loads(meter.read_text())
    if any(cell.execution_count is None for cell in nb.cells):
        raise _failure(page, cells, nb, "the kernel left before the last cell")
    return [cell.outputs for cell in nb.cells]


def _metered(meter: Path) -> dict[str, str]:
    """Where ``meter`` writes, and the folders of ours of which it notes what is used."""
    ours = os.pathsep.join(f"{LIBRARY / name}{os.sep}" for name in PACKAGES)
    return {"BOOK_METER": str(meter), "BOOK_PACKAGES": ours}


def _failure(page: Page, cells: list[Cell], nb: nbformat.NotebookNode, error: object) -> BookError:
    """Name the first cell that did not finish, and its line in the page."""
    failed = next((i for i, cell in enumerate(nb.cells) if cell.execution_count is None or _has_error(cell)), 0)
    report = re.sub(r"\x1b\[[0-9;]*m", "", str(error))
    return BookError(f"{page.name}.md:{cells[failed].line + 1}: code cell {failed + 1} failed\n{report}")


def _has_error(cell: nbformat.NotebookNode) -> bool:
    return any(output.output_type == "error" for output in cell.outputs)
