r"""Several processes train as one: each takes its rows of the same batch, and their gradients are averaged.

The mean over a batch of B is the mean of the means over n parts of B / n.  So with parts of equal size, n processes
that draw from equal generators, take one part each and average the gradients make the step of a single process, up to
the order of a floating-point sum.  Every process draws the whole batch and keeps its part: noise is cheap beside a
network, no two processes can draw the same, and the random stream does not depend on n.

Hugging Face Accelerate connects the processes that ``accelerate launch``, ``torchrun`` or ``mpirun`` started, over NCCL
between GPUs and gloo between CPUs.  One process alone needs none of it.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor

from ..errors import ConfigError, DiffusionLibError

TIMEOUT = timedelta(minutes=10)  # for one that neither answers nor closes its connection
SIZES = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")  # set by torchrun, and by mpirun


class ProcessLost(DiffusionLibError, RuntimeError):
    """Another process of the run ended or went silent, so that this one cannot go on."""


@dataclass(frozen=True)
class Processes:
    """The processes of a run, seen from number ``rank`` of 0…size−1; by default, one process alone."""

    rank: int = 0
    size: int = 1

    def shard(self, batch: Tensor) -> Tensor:
        """Return this process's rows of a batch (B, …), shaped (B / size, …); ``size`` divides B."""
        return batch.chunk(self.size)[self.rank]

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its mean over the processes, in place, in one exchange; all get equal bits."""
        if self.size == 1:
            return
        means = self._reduce(torch.cat([tensor.flatten() for tensor in tensors]), "mean")
        for tensor, mean in zip(tensors, means.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(mean.view_as(tensor))

    def maximum(self, value: int, device: torch.device) -> int:
        """Return the largest of the processes' values, which all of them get."""
        return value if self.size == 1 else int(self._reduce(torch.tensor(value, device=device), "max"))

    def _reduce(self, tensor: Tensor, reduction: str) -> Tensor:
        from accelerate.utils import reduce

        try:
            return reduce(tensor, reduction)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:  # what gloo and NCCL raise for a closed connection, and for a silent one
            what = f"process {self.rank} lost another one"
            raise ProcessLost(f"all {self.size} processes must go on, {what}; start again with --resume") from error


@contextmanager
def join(device: torch.device) -> Iterator[Processes]:
    """Connect to the other processes of this launch and yield them all; yield one alone if nothing launched more.

    Raises ``ConfigError`` without Accelerate, and for a device that has no way to exchange gradients.
    """
    size = next((int(os.environ[name]) for name in SIZES if name in os.environ), 0)
    if size <= 1:
        if not size and "MASTER_ADDR" in os.environ:
            what = "accelerate launch needs --multi_gpu for several processes, also on CPUs"
            print(f"warning: this process is alone although MASTER_ADDR is set; {what}", file=sys.stderr)
        yield Processes()
        return
    if importlib.util.find_spec("accelerate") is None:
        raise ConfigError(f"{size} processes need accelerate, which is not installed; run: pip install accelerate")
    from accelerate import PartialState

    state = PartialState(cpu=device.type == "cpu", timeout=TIMEOUT)
    try:
        if state.num_processes != size:
            raise ConfigError(f"device must be cuda or cpu for {size} processes, got {device.type}; use --device cpu")
        yield Processes(state.process_index, size)
    finally:
        state.destroy_process_group()
