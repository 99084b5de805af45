"""The gradient of a batch's loss, taken in parts where the batch does not fit into memory.

The loss is a mean over the batch, so that it is the mean of the losses of its parts, weighed by their sizes, and so is
its gradient.  The noise is drawn before: a batch that is split, and tried again, is the same batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from .errors import ConfigError


def batch_gradient(
    loss: Callable[..., Tensor], layers: Sequence[nn.Parameter], batch: Sequence[Tensor], parts: int = 1
) -> tuple[Tensor, Tensor, int]:
    """Return ``loss(*batch)``, its gradient as one vector (P,), and the number of parts in which it was computed.

    The tensors of ``batch`` (B, …) are split into ``parts``, one after the other; when the device is out of memory,
    into twice as many.  Raises ``ConfigError`` when one sample does not fit.
    """
    n = len(batch[0])
    while True:
        try:
            return *_in_parts(loss, layers, batch, parts), parts
        except torch.OutOfMemoryError as error:
            if parts >= n:
                what = f"one sample does not fit: {str(error).splitlines()[0]}"
                raise ConfigError(f"batch_size must leave room for a step, {what}; use a smaller network") from error
        parts = min(2 * parts, n)  # outside of the handler, which would hold the tensors of the failed try


def _in_parts(loss, layers, batch, parts) -> tuple[Tensor, Tensor]:
    total = gradient = None
    for part in zip(*(drawn.chunk(parts) for drawn in batch), strict=True):
        value = loss(*part) if parts == 1 else loss(*part) * (len(part[0]) / len(batch[0]))
        vector = torch.cat([g.flatten() for g in torch.autograd.grad(value, layers, materialize_grads=True)])
        total = value.detach() if total is None else total + value.detach()
        gradient = vector if gradient is None else gradient.add_(vector)
    return total, gradient
