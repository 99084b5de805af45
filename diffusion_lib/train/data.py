r"""What ``train`` may be given as data, and how each step gets its batch from it.

A **tensor** (n, …) stays on the device.  Each step draws indices 0…n − 1 with replacement, t and ε from the state's
generator.

A **Dataset**, anything with ``len(data)`` and ``data[i]``, is read by the same indices.  So one that holds the samples
of a tensor trains as this tensor does, bit for bit, and since the generator's state is in the checkpoint, a resumed run
sees the samples that the uninterrupted one does.  Before an item is read, PyTorch's global CPU generator is set by
(seed, step, place in the batch), and set back afterwards: a random transform that draws from it repeats too, whatever
the number of processes.  One that draws from elsewhere, such as ``random`` or NumPy, does not.

A folder of images is the Dataset ``data.ImageFolder``.

A **DataLoader** decides itself what it yields; when it is exhausted, it starts again.  Only t and ε come from the
state's generator.  A resumed run goes on with the first batch that the loader then yields, and is not equal to an
uninterrupted one.

An item is x_0, or a pair (x_0, condition).  A condition that is an integer is a label: one in ten is withheld, by
chance, and is −1.  Any other is handed to the network as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, default_collate

from ..data import ImageFolder, check_data, check_values
from ..errors import ConfigError
from ..runtime.processes import Processes
from .batch import check_labels, draw_batch, draw_noise, withhold
from .config import TrainConfig

PROBED = 16  # items of a Dataset that are looked at before the first step
Draw = Callable[[Tensor], tuple[Tensor, ...]]  # from p_t to (x_0, t, ε) or (x_0, t, ε, condition), on the device


def batches(data: Any, labels: Tensor | None, state: Any, config: TrainConfig, processes: Processes) -> Draw:
    """The function that draws the next batch of ``data`` for a ``TrainState``; ``ConfigError`` if that cannot be."""
    classes = getattr(state.model, "classes", None)
    if isinstance(data, str | os.PathLike):
        data = ImageFolder(data)
    indexed = hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, np.ndarray)
    if labels is not None and not isinstance(data, Tensor):
        raise ConfigError("labels must be None unless data is a tensor; let each item be a pair (x_0, label)")
    if isinstance(data, DataLoader):
        return _Loader(data, classes, state, config, processes)
    if isinstance(data, IterableDataset):
        raise ConfigError(f"data must have a length, got {type(data).__name__}; pass a DataLoader of it")
    if indexed and not isinstance(data, Tensor):
        return _Items(data, classes, state, config, processes)
    check_data(data)
    check_labels(labels, data, classes)
    like = state.parameters
    x_0, labels = data.to(like.device, like.dtype), None if labels is None else labels.to(like.device)
    return lambda p: draw_batch(x_0, p, config.batch_size, state.generator, processes, labels)


class _Items:
    """Batches of a Dataset."""

    def __init__(self, data: Any, classes: int | None, state: Any, config: TrainConfig, processes: Processes) -> None:
        self.data, self.classes, self.state, self.config, self.processes = data, classes, state, config, processes
        if not len(data):
            raise ConfigError(f"data must hold at least one sample, got an empty {type(data).__name__}")
        probed = torch.linspace(0, len(data) - 1, min(len(data), PROBED)).long()
        parts = self._read(probed, range(len(probed)))
        self.shape, self.labelled = parts[0].shape[1:], _labelled(parts)

    def __call__(self, p: Tensor) -> tuple[Tensor, ...]:
        n, state = self.config.batch_size, self.state
        index = torch.randint(0, len(self.data), (n,), generator=state.generator)
        drawn = draw_noise((n, *self.shape), state.parameters.dtype, p, state.generator, self.labelled)
        places = range(n)[n // self.processes.size * self.processes.rank :][: n // self.processes.size]
        x_0, *condition = self._read(self.processes.shard(index), places)
        return _assembled(x_0, condition, [self.processes.shard(part) for part in drawn], state.parameters)

    def _read(self, index: Tensor, places: range) -> list[Tensor]:
        """The items, checked, as a batch: those of the given ``places`` in the whole batch of this step."""
        source = [self.config.seed, self.state.step]
        seeds = np.random.SeedSequence(source).generate_state(places.stop, np.uint64)[places.start :] >> np.uint64(1)
        items = []
        with torch.random.fork_rng(devices=[]):
            for i, seed in zip(index.tolist(), seeds.tolist(), strict=True):
                torch.default_generator.manual_seed(seed)
                items.append(self.data[i])
        try:
            return _checked(default_collate(items), self.classes)
        except (RuntimeError, TypeError) as error:  # of another shape, or no numbers
            what = str(error).partition("\n")[0][:200]
            raise ConfigError(f"items of data must be tensors of one shape, or pairs with them, got {what}") from error


class _Loader:
    """Batches of a DataLoader, epoch after epoch."""

    def __init__(self, data: DataLoader, classes: int | None, state: Any, config: TrainConfig, processes: Processes):
        if processes.size > 1:
            what = f"with {processes.size} processes, got a DataLoader; pass its Dataset"
            raise ConfigError(f"data must be a tensor or a Dataset {what}")
        if data.batch_size not in (None, config.batch_size):
            what = f"{data.batch_size}, got {config.batch_size}; use TrainConfig(batch_size={data.batch_size}, …)"
            raise ConfigError(f"batch_size must be that of the DataLoader, {what}")
        self.classes, self.state, self.batches = classes, state, _endless(data)

    def __call__(self, p: Tensor) -> tuple[Tensor, ...]:
        x_0, *condition = parts = _checked(next(self.batches), self.classes)
        like = self.state.parameters
        drawn = draw_noise(tuple(x_0.shape), like.dtype, p, self.state.generator, _labelled(parts))
        return _assembled(x_0, condition, drawn, like)


def _endless(loader: DataLoader) -> Iterator[Any]:
    while True:
        batch = None
        for batch in loader:
            yield batch
        if batch is None:
            raise ConfigError("data must yield batches, got an empty DataLoader; look at its Dataset, and at drop_last")


def _checked(batch: Any, classes: int | None) -> list[Tensor]:
    """A batch as [x_0] or [x_0, condition], or ``ConfigError``."""
    parts = list(batch) if isinstance(batch, list | tuple) else [batch]
    if not 1 <= len(parts) <= 2 or not all(isinstance(part, Tensor) for part in parts):
        got = f"({', '.join(type(part).__name__ for part in parts)})" if len(parts) > 1 else type(parts[0]).__name__
        raise ConfigError(f"data must give tensors x_0 or pairs (x_0, condition), got {got}; wrap it in a Dataset")
    check_values(parts[0])
    if len(parts) == 2 and len(parts[1]) != len(parts[0]):
        raise ConfigError(f"each x_0 must have one condition, got {len(parts[0])} and {len(parts[1])} in a batch")
    if _labelled(parts):
        check_labels(parts[1], parts[0], classes)
    return parts


def _labelled(parts: list[Tensor]) -> bool:
    return len(parts) == 2 and not (parts[1].is_floating_point() or parts[1].is_complex())


def _assembled(x_0: Tensor, condition: list[Tensor], drawn: Any, like: Tensor) -> tuple[Tensor, ...]:
    """(x_0, t, ε[, condition]) on the device of the parameters, x_0 and ε in their dtype."""
    t, eps, *withheld = (part.to(like.device) for part in drawn)
    given = [part.to(like.device) for part in condition]
    if withheld:
        given = [withhold(given[0], withheld[0])]
    return x_0.to(like.device, like.dtype), t, eps, *given
